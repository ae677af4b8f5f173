#include "http/routes/routes.hpp"
#include "messages/run.hpp"
#include "messages/types/run.hpp"
#include "tests/support/outcome.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>

#include <algorithm>

namespace run_stream_test {

using namespace aops;

namespace {

/// A store with a run of five events.
expected<caf::message>
canned_store(std::string_view, std::chrono::milliseconds, caf::message request) {
  if (request.match_elements<caller, run_to_watch>()) {
    if (request.get_as<caller>(0).owner != "admin")
      return fail(ec::not_found, "execution_id: no such run");
    return caf::make_message(run_standing{"r", "timed_out", 3, 6, 5, true});
  }
  const auto& query = request.get_as<run_log_query>(1);
  run_log_page page;
  page.last = 5;
  page.next = *query.after;
  for (auto n = *query.after + 1; n <= 5 && page.events.size() < static_cast<size_t>(*query.limit);
       ++n) {
    run_event x;
    x.number = n;
    x.type = n % 2 ? "host" : "event";
    page.next = n;
    page.events.push_back(std::move(x));
  }
  return caf::make_message(std::move(page));
}

/// A store with a run of `last` events that looks at ten of them at once, and finds each tenth.
http::node_port sparse_store(int64_t last) {
  return [last](std::string_view,
                std::chrono::milliseconds,
                caf::message request) -> expected<caf::message> {
    const auto& query = request.get_as<run_log_query>(1);
    run_log_page page;
    page.last = last;
    page.next = std::min(last, *query.after + 10);
    run_event x;
    x.number = page.next;
    x.type = "event";
    page.events.push_back(std::move(x));
    return caf::make_message(std::move(page));
  };
}

http::request_context of_admin() {
  http::request_context x;
  x.who.owner = "admin";
  x.deadline = std::chrono::steady_clock::now() + std::chrono::seconds{5};
  return x;
}

} // namespace

BOOST_AUTO_TEST_SUITE(run_streams)

BOOST_AUTO_TEST_CASE(events_are_named_after_their_type_and_numbered) {
  auto source = http::run_source(&canned_store);
  auto some = aops::tests::ok(source.fetch_after(of_admin(), "r", 2, 2));
  BOOST_REQUIRE(some.events.size() == 2u);
  BOOST_TEST(some.events[0].seq == 3);
  BOOST_TEST(some.events[0].name == "host");
  BOOST_TEST(some.events[0].data["number"] == 3);
  BOOST_TEST(some.events[1].name == "event");
  BOOST_TEST(*some.until == 4);
}

BOOST_AUTO_TEST_CASE(a_page_with_few_events_is_not_the_last_one) {
  auto all =
    aops::tests::ok(http::run_source(sparse_store(40)).fetch_after(of_admin(), "r", 0, 5000));
  BOOST_TEST(all.events.size() == 4u);
  BOOST_TEST(*all.until == 40);
  // How far one fetch looks is bounded, and it says how far that was.
  auto long_run = http::run_source(sparse_store(10'000));
  auto some = aops::tests::ok(long_run.fetch_after(of_admin(), "r", 0, 5000));
  BOOST_TEST(some.events.size() < 1000u);
  BOOST_TEST(some.events.back().seq == *some.until);
  BOOST_TEST(
    aops::tests::ok(long_run.fetch_after(of_admin(), "r", *some.until, 5000)).events[0].seq ==
    *some.until + 10);
}

BOOST_AUTO_TEST_CASE(the_store_knows_how_a_run_ended) {
  auto source = http::run_source(&canned_store);
  auto news = aops::tests::ok(source.find(of_admin(), "r"));
  BOOST_TEST(news.is_done);
  BOOST_TEST(news.state == "timed_out");
  BOOST_TEST(news.max_seq == 5);
  BOOST_TEST(
    (source.show(news) == http::json{{"execution_id", "r"}, {"finished", 3}, {"expected", 6}}));
  http::request_context stranger;
  BOOST_TEST((source.find(stranger, "r").error() == ec::not_found));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace run_stream_test
