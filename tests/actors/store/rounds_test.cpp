#include "messages/names.hpp"
#include "tests/support/store_fixture.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

/// A writer that lets rounds wait for each other.
struct gathering_fixture : tests::store_fixture {
  gathering_fixture() {
    storage::group_writer_config config;
    config.node = "n1";
    start_as(store_writer_name, store_writer, pool, config, 50ms);
  }
  ~gathering_fixture() { end_all(); }

  host_record host = add_host("h1");
  round_store_actor rounds = of<round_store_actor>(round_store_name);

  tests::later_answer<done> commit(int64_t until_ms) {
    round_to_commit x;
    x.held = slots->fence_of(host.host_id);
    x.owner = host.owner;
    x.host_id = host.host_id;
    x.until_ms = until_ms;
    return ask_later<done>(rounds, rounds_to_commit{{std::move(x)}});
  }

  int64_t commits() { return count("select sum(seq) from slot"); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(gathered_rounds, gathering_fixture)

BOOST_AUTO_TEST_CASE(rounds_wait_a_little_to_share_a_commit) {
  auto first = commit(1000);
  pass(30ms);
  auto second = commit(2000);
  pass(19ms);
  BOOST_TEST(!first.is_there());
  pass(1ms);
  tests::ok(first.get());
  tests::ok(second.get());
  BOOST_TEST(commits() == 1);
}

BOOST_AUTO_TEST_CASE(a_write_that_somebody_waits_for_takes_waiting_rounds_along) {
  auto first = commit(1000);
  BOOST_TEST(!first.is_there());
  results_to_replace write;
  write.held = slots->fence_of(host.host_id);
  write.owner = host.owner;
  write.host_id = host.host_id;
  tests::ok(ask<done>(rounds, write));
  tests::ok(first.get());
  BOOST_TEST(commits() == 1);
  // The flush that was to come for the first one does not cut the next gathering short.
  pass(30ms);
  auto second = commit(2000);
  pass(30ms);
  auto third = commit(3000);
  BOOST_TEST(!second.is_there());
  pass(20ms);
  tests::ok(second.get());
  tests::ok(third.get());
  BOOST_TEST(commits() == 2);
}

BOOST_AUTO_TEST_CASE(a_round_that_cannot_be_stored_does_not_hold_up_others) {
  auto good = commit(1000);
  host.host_id = "nobody";
  auto bad = commit(1000);
  host.host_id = "h1";
  auto next = commit(2000);
  pass(50ms);
  tests::ok(good.get());
  BOOST_TEST(tests::failure_of(bad.get()) == ec::not_found);
  tests::ok(next.get());
  BOOST_TEST(count("select until_ms from host_cursor") == 2000);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
