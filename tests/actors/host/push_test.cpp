#include "tests/actors/host/host_fixture.hpp"

#include <bit>

namespace aops::actors::push_test {

using tests::ok;

namespace {

struct pushed_host : tests::host_fixture {
  pushed_host() {
    ok(storage::transact(db(), [&](storage::database& to) {
      return to.run("update host set source = 'push' where id = ?", record.host_id)
        .map([](int64_t) {});
    }));
    set_rules({tests::rule_on("hot", "busy", "$0>80")});
    begin();
  }

  samples_to_push load(int64_t round, double value) const {
    pushed_series x{{"busy", {}}, "node", {}, {}};
    x.times_ms = {time_of(round) + 1};
    x.bits = {std::bit_cast<int64_t>(value)};
    return {record.owner, record.host_id, {x}};
  }

  samples_pushed push(int64_t round, double value) {
    return ok(ask<samples_pushed>(host, load(round, value)));
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(pushed_samples, pushed_host)

BOOST_AUTO_TEST_CASE(what_is_acknowledged_is_stored_and_judged_after_a_restart) {
  to_round(0);
  BOOST_TEST(push(0, 90).taken == 1);
  auto kept = state();
  BOOST_TEST(kept.until_ms == 0);
  BOOST_REQUIRE(kept.pushed.size() == 1u);
  BOOST_TEST(kept.pushed[0].time_ms == origin_ms);
  restart();
  BOOST_TEST(push(0, 90).taken == 1); // Its own time is known no more; it is the same.
  to_round(2);
  auto judged = state();
  BOOST_TEST(judged.until_ms == origin_ms);
  BOOST_TEST(judged.samples.size() == 1u);
  BOOST_TEST(judged.pushed.empty());
  BOOST_TEST(status() == "online");
  BOOST_TEST(alerts().starts_with("hot Abnormal"));
  BOOST_TEST(push(0, 10).late == 1);
  BOOST_TEST(asked == 0); // Nobody asks its exporter.
}

BOOST_AUTO_TEST_CASE(a_host_that_falls_silent_is_so_after_a_while_and_its_rules_know_nothing) {
  to_round(0);
  push(0, 90);
  to_round(3);
  BOOST_TEST(state().until_ms == origin_ms);
  to_round(9);
  BOOST_TEST(status() == "offline");
  BOOST_TEST(info().scrape_error.starts_with("nothing was pushed since "));
  BOOST_TEST(info().source == "push");
  BOOST_TEST((found().find("No data") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(a_host_that_never_was_pushed_says_so) {
  to_round(6);
  BOOST_TEST(info().scrape_error == "nothing was pushed");
}

BOOST_AUTO_TEST_CASE(one_that_is_scraped_takes_nothing) {
  ok(storage::transact(db(), [&](storage::database& to) {
    return to.run("update host set source = 'scrape' where id = ?", record.host_id)
      .map([](int64_t) {});
  }));
  restart();
  BOOST_TEST((ask<samples_pushed>(host, load(0, 1)).error() == ec::bad_request));
  auto another = load(0, 1);
  another.owner = "another";
  BOOST_TEST((ask<samples_pushed>(host, another).error() == ec::not_found));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors::push_test
