#include "actors/store/round_store.hpp"
#include "actors/support/errand.hpp"
#include "actors/support/prepare.hpp"
#include "messages/names.hpp"
#include "tests/support/store_fixture.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

using base::urgency;

/// Runs at once and remembers by what each read was queued.
struct remembering_executor final : executor {
  std::vector<base::ticket> seen;
  bool post(std::function<void()> task) override {
    task();
    return true;
  }
  void queue(base::ticket how, job work) override {
    seen.push_back(how);
    work({});
  }
};

struct classes_fixture : tests::store_fixture {
  std::shared_ptr<remembering_executor> readers = std::make_shared<remembering_executor>();
  host_record host = add_host("h1");

  classes_fixture() {
    auto s = std::make_shared<store_access>(*store);
    s->readers = readers;
    store = s;
    start_as(round_store_name, round_store, store);
  }
  ~classes_fixture() { end_all(); }

  template <class Reply, class Request>
  base::ticket ticket_of(Request request) {
    readers->seen.clear();
    tests::ok(ask<Reply>(of<round_store_actor>(round_store_name), std::move(request)));
    return readers->seen.at(0);
  }

  /// Asks with an errand; what came of it.
  expected<caf::message>
  ask_with(std::string_view name, std::chrono::milliseconds patience, caf::message request) {
    expected<caf::message> answer = fail(ec::internal, "none");
    start([&, whom = names->find(name)](caf::event_based_actor* self) -> caf::behavior {
      prepare(self, "asker");
      auto id = self->new_request_id(caf::message_priority::normal);
      self->add_multiplexed_response_handler(
        id.response_id(),
        caf::behavior{[&](const done& x) { answer = caf::make_message(x); },
                      [&](const host_state& x) { answer = caf::make_message(x); },
                      [&](caf::error& e) { answer = fail(from_caf(e)); }});
      enqueue(whom, self->ctrl(), id, request, errand{}.within(patience), self->context());
      return {[](atom::tick) {}};
    });
    run();
    return answer;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(classes_of_requests, classes_fixture)

BOOST_AUTO_TEST_CASE(what_hosts_need_for_their_rounds_goes_before_their_past) {
  auto state = ticket_of<host_state>(host_state_query{"admin", "h1", 0});
  BOOST_TEST((state.what == urgency::live));
  BOOST_TEST(state.owner == "admin");
  BOOST_TEST(state.host == "h1");
  auto past = ticket_of<sample_rows>(samples_query{"h1", 0, 1});
  BOOST_TEST((past.what == urgency::history));
  BOOST_TEST(past.host == "h1");
  auto results = ticket_of<host_results>(host_results_query{"admin", "h1", {}, 0, 1});
  BOOST_TEST((results.what == urgency::people));
  // At the latest when the store's own deadline is over.
  auto left = past.due_ms - store->time->steady_ms();
  BOOST_TEST(left > 0);
  BOOST_TEST(left <= settings->store.request_timeout.ms);
}

BOOST_AUTO_TEST_CASE(what_is_late_is_neither_read_nor_written) {
  auto s = std::make_shared<store_access>(*store);
  s->readers = std::make_shared<inline_executor>();
  start_as(round_store_name, round_store, store_ptr{s});
  auto state = caf::make_message(host_state_query{"admin", "h1", 0});
  BOOST_TEST(ask_with(round_store_name, 1h, state).has_value());
  BOOST_TEST(tests::failure_of(ask_with(round_store_name, 0ms, state)) == ec::timed_out);
  round_to_commit round;
  round.held = slots->fence_of("h1");
  round.owner = "admin";
  round.host_id = "h1";
  round.until_ms = 1000;
  auto commit = caf::make_message(rounds_to_commit{{round}});
  auto stored = [&] { return count("select count(*) from host_cursor where until_ms >= 1000"); };
  BOOST_TEST(tests::failure_of(ask_with(round_store_name, 0ms, commit)) == ec::timed_out);
  BOOST_TEST(stored() == 0);
  BOOST_TEST(ask_with(round_store_name, 1h, commit).has_value());
  BOOST_TEST(stored() == 1);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
