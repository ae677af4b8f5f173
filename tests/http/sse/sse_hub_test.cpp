#include "tests/http/sse/sse_fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace sse_hub_test {

using namespace aops;
using namespace std::chrono_literals;
using http::json;
using tests::from_to;
using tests::report_ids;

namespace {

using clock_type = std::chrono::steady_clock;

constexpr std::string_view end_of_stream = "0\r\n\r\n";

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_stream, tests::sse_fixture)

BOOST_AUTO_TEST_CASE(it_shows_progress_reports_and_the_end) {
  jobs.add("j1", 3);
  auto c = open("j1");
  BOOST_REQUIRE(c.read_until(
    "event: progress\ndata: {\"expected_report_num\":3,\"progress\":0,\"task_id\":\"j1\"}\n\n"));
  BOOST_TEST(c.received().find("Content-Type: text/event-stream") != std::string::npos);
  hub.publish(jobs.store_until("j1", 2));
  BOOST_REQUIRE(c.read_until("\"progress\":2"));
  BOOST_TEST(c.received().find("event: report\nid: 2\ndata: {\"report_id\":\"report-2\"}\n\n") !=
             std::string::npos);
  hub.publish(jobs.store_until("j1", 3));
  BOOST_REQUIRE(c.read_until(
    "event: done\ndata: {\"expected_report_num\":3,\"progress\":3,\"task_id\":\"j1\"}\n\n"));
  BOOST_TEST(c.read_until(end_of_stream));
  BOOST_TEST(report_ids(c.received()) == from_to(1, 3));
}

BOOST_AUTO_TEST_CASE(a_job_that_ended_is_shown_from_its_beginning) {
  jobs.add("j1", 100);
  jobs.store_until("j1", 100);
  auto c = open("j1");
  BOOST_REQUIRE(c.read_until(end_of_stream));
  BOOST_TEST(report_ids(c.received()) == from_to(1, 100));
  BOOST_TEST(c.received().find("event: done") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(it_resumes_behind_the_last_event) {
  jobs.add("j1", 50);
  hub.publish(jobs.store_until("j1", 30));
  std::string last;
  {
    auto c = open("j1");
    BOOST_REQUIRE(c.read_until("id: 21\n"));
    last = std::to_string(report_ids(c.received()).back());
  }
  hub.publish(jobs.store_until("j1", 50));
  auto c = open("j1", last);
  BOOST_REQUIRE(c.read_until(end_of_stream));
  BOOST_TEST(report_ids(c.received()) == from_to(std::stoll(last) + 1, 50));
}

BOOST_AUTO_TEST_CASE(resuming_behind_the_last_report_shows_only_the_end) {
  jobs.add("j1", 5);
  jobs.store_until("j1", 5);
  auto c = open("j1", "5");
  BOOST_REQUIRE(c.read_until(end_of_stream));
  BOOST_TEST(report_ids(c.received()).empty());
  BOOST_TEST(c.received().find("event: done") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(deleted_reports_are_skipped) {
  jobs.add("j1", 40);
  jobs.store_until("j1", 40);
  for (int64_t seq = 3; seq <= 40; ++seq)
    if (seq != 20)
      jobs.erase_report("j1", seq);
  auto c = open("j1");
  BOOST_REQUIRE(c.read_until(end_of_stream));
  BOOST_TEST(report_ids(c.received()) == (std::vector<int64_t>{1, 2, 20}));
}

BOOST_AUTO_TEST_CASE(what_a_source_has_not_looked_at_yet_is_not_taken_for_deleted) {
  jobs.looks_at = 3; // Fewer than are asked for.
  jobs.add("j1", 60);
  jobs.store_until("j1", 40);
  for (int64_t seq = 5; seq <= 15; ++seq)
    jobs.erase_report("j1", seq);
  auto c = open("j1");
  BOOST_REQUIRE(c.read_until("id: 40\n"));
  hub.publish(jobs.store_until("j1", 60)); // Fetched for all streams of the job.
  BOOST_REQUIRE(c.read_until(end_of_stream));
  auto wanted = from_to(16, 60);
  wanted.insert(wanted.begin(), {1, 2, 3, 4});
  BOOST_TEST(report_ids(c.received()) == wanted);
}

BOOST_AUTO_TEST_CASE(progress_never_falls) {
  jobs.add("j1", 10);
  auto c = open("j1");
  auto late = jobs.store_until("j1", 4);
  hub.publish(jobs.store_until("j1", 6));
  BOOST_REQUIRE(c.read_until("\"progress\":6"));
  hub.publish(late);
  hub.publish(jobs.store_until("j1", 10));
  BOOST_REQUIRE(c.read_until(end_of_stream));
  auto after = c.received().substr(c.received().find("\"progress\":6"));
  BOOST_TEST(after.find("\"progress\":4") == after.npos);
}

BOOST_AUTO_TEST_CASE(a_quiet_stream_sends_comments) {
  jobs.add("j1", 3);
  auto c = open("j1");
  BOOST_REQUIRE(c.read_until("event: progress"));
  BOOST_TEST(c.read_until("\n:\n\n") | c.read_until(":\n\n"));
}

BOOST_AUTO_TEST_CASE(errors_are_http_statuses_with_the_envelope) {
  jobs.add("j1", 3);
  auto status = [&](const std::string& request, int wanted, int code) {
    tests::raw_client c{server->port()};
    auto r = c.ask(request);
    BOOST_TEST(r.status == wanted);
    BOOST_TEST(json::parse(r.body)["code"] == code);
  };
  status(request("nowhere"), 404, 1000);
  status(request("j1", {}, sessions.open("stranger")), 404, 1000);
  status(request("j1", {}, "nonsense"), 401, 1201);
  status(request("j1", {}, sessions.open("admin", rights::administrator, true)), 403, 1204);
  status(request("j1", "seven"), 400, 1000);
  status(request("j1", "-1"), 400, 1000);
  status(tests::get_request("/test/stream", token), 400, 1000);
  status(tests::get_request("/test/stream?task_id=j1&x=1", token), 400, 1000);
  status(tests::json_request("POST", "/test/stream", "{}", token), 405, 1000);
  BOOST_TEST(hub.streams() == 0u);
}

BOOST_AUTO_TEST_CASE(it_ends_on_log_out) {
  jobs.add("j1", 3);
  auto c = open("j1");
  BOOST_REQUIRE(c.read_until("event: progress"));
  sessions.close(token);
  BOOST_TEST(c.read_until(end_of_stream, 5s));
}

BOOST_AUTO_TEST_CASE(it_ends_when_its_client_goes) {
  jobs.add("j1", 3);
  auto c = open("j1");
  BOOST_REQUIRE(c.read_until("event: progress"));
  BOOST_TEST(hub.streams() == 1u);
  c.close();
  auto deadline = clock_type::now() + 5s;
  while (hub.streams() > 0 && clock_type::now() < deadline)
    std::this_thread::yield();
  BOOST_TEST(hub.streams() == 0u);
  BOOST_TEST(jobs.subscribed == 1);
  BOOST_TEST(jobs.unsubscribed == 1);
}

BOOST_AUTO_TEST_CASE(it_ends_when_its_job_is_forgotten) {
  auto limits = tests::quick_limits();
  limits.refresh = 50ms;
  tests::sse_fixture other{limits};
  other.jobs.add("j1", 3);
  auto c = other.open("j1");
  BOOST_REQUIRE(c.read_until("event: progress"));
  other.jobs.forget("j1");
  BOOST_TEST(c.read_until(end_of_stream, 5s));
}

BOOST_AUTO_TEST_CASE(it_ends_cleanly_and_at_once_when_the_server_stops) {
  jobs.add("j1", 3);
  std::vector<tests::raw_client> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(open("j1"));
    BOOST_REQUIRE(clients.back().read_until("event: progress"));
  }
  auto began = clock_type::now();
  server->stop();
  BOOST_TEST((clock_type::now() - began < 2s));
  for (auto& c : clients)
    BOOST_TEST(c.read_until(end_of_stream, 1s));
}

BOOST_AUTO_TEST_CASE(news_that_got_lost_are_found_in_the_store) {
  auto limits = tests::quick_limits();
  limits.refresh = 50ms;
  tests::sse_fixture other{limits};
  other.jobs.add("j1", 3);
  auto c = other.open("j1");
  BOOST_REQUIRE(c.read_until("event: progress"));
  other.jobs.store_until("j1", 3); // Nobody publishes.
  BOOST_TEST(c.read_until(end_of_stream, 5s));
  BOOST_TEST(report_ids(c.received()) == from_to(1, 3));
}

BOOST_AUTO_TEST_CASE(a_store_that_is_down_only_delays) {
  jobs.add("j1", 3);
  auto c = open("j1");
  BOOST_REQUIRE(c.read_until("event: progress"));
  jobs.is_down = true;
  hub.publish(jobs.store_until("j1", 3));
  BOOST_REQUIRE(c.read_until("\n:\n\n") | c.read_until(":\n\n")); // Still there.
  jobs.is_down = false;
  BOOST_REQUIRE(c.read_until(end_of_stream, 5s));
  BOOST_TEST(report_ids(c.received()) == from_to(1, 3));
}

BOOST_AUTO_TEST_CASE(streams_of_one_job_share_fetches_and_a_subscription) {
  jobs.add("j1", 6);
  std::vector<tests::raw_client> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(open("j1"));
    BOOST_REQUIRE(clients.back().read_until("event: progress"));
  }
  hub.publish(jobs.store_until("j1", 6));
  for (auto& c : clients) {
    BOOST_REQUIRE(c.read_until(end_of_stream));
    BOOST_TEST(report_ids(c.received()) == from_to(1, 6));
  }
  BOOST_TEST(jobs.fetches == 1);
  BOOST_TEST(jobs.subscribed == 1);
}

BOOST_AUTO_TEST_CASE(fast_late_and_resumed_streams_all_see_every_report_once) {
  constexpr int64_t last = 400;
  jobs.add("j1", last);
  std::vector<tests::raw_client> clients;
  std::vector<int64_t> behind;
  for (int64_t seq = 0; seq < last; seq += 20) {
    hub.publish(jobs.store_until("j1", seq));
    clients.push_back(open("j1", std::to_string(seq / 2)));
    behind.push_back(seq / 2);
  }
  hub.publish(jobs.store_until("j1", last));
  for (size_t i = 0; i < clients.size(); ++i) {
    BOOST_REQUIRE(clients[i].read_until(end_of_stream));
    BOOST_TEST(report_ids(clients[i].received()) == from_to(behind[i] + 1, last));
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(streams)

BOOST_AUTO_TEST_CASE(beyond_the_cap_they_are_refused_with_429) {
  auto limits = tests::quick_limits();
  limits.max_streams = 2;
  tests::sse_fixture s{limits};
  s.jobs.add("j1", 3);
  auto one = s.open("j1"), two = s.open("j1");
  BOOST_REQUIRE(one.read_until("event: progress") && two.read_until("event: progress"));
  tests::raw_client third{s.server->port()};
  auto r = third.ask(s.request("j1"));
  BOOST_TEST(r.status == 429);
  BOOST_TEST(r.says("Retry-After: 1"));
  BOOST_TEST(json::parse(r.body)["code"] == 1001);
}

BOOST_AUTO_TEST_CASE(at_most_one_write_per_interval_whatever_is_published) {
  auto limits = tests::quick_limits();
  limits.write_interval = 250ms;
  tests::sse_fixture s{limits};
  s.jobs.add("j1", 1000);
  auto c = s.open("j1");
  auto began = clock_type::now();
  BOOST_REQUIRE(c.read_until("event: progress"));
  for (int64_t n = 1; n <= 20 || clock_type::now() < began + 1s; ++n)
    s.hub.publish(s.jobs.store_until("j1", std::min<int64_t>(n, 900)));
  auto passed =
    std::chrono::duration_cast<std::chrono::milliseconds>(clock_type::now() - began).count();
  s.server->stop();
  c.is_closed_within(1s);
  size_t progress = 0;
  const auto& text = c.received();
  for (size_t at = 0; (at = text.find("event: progress", at)) != text.npos; ++at)
    ++progress;
  BOOST_TEST(progress <= static_cast<size_t>(passed / 250 + 2));
}

BOOST_AUTO_TEST_CASE(a_thousand_of_them_leave_room_for_other_requests) {
  http::sse_limits limits;
  limits.refresh = 60s;
  tests::sse_fixture s{limits};
  constexpr int64_t expected = 500;
  s.jobs.add("j1", expected);
  std::vector<tests::raw_client> clients;
  for (int i = 0; i < 1000; ++i)
    clients.push_back(s.open("j1"));
  for (auto& c : clients)
    BOOST_REQUIRE(c.read_until("event: progress"));
  BOOST_TEST(s.hub.streams() == 1000u);
  tests::raw_client other{s.server->port()};
  for (int64_t seq = 1; seq <= expected; seq += 10) {
    s.hub.publish(s.jobs.store_until("j1", seq));
    BOOST_REQUIRE(other.ask(tests::json_request("POST", "/test/open", R"({"text":"hi"})")).status ==
                  200);
  }
  s.hub.publish(s.jobs.store_until("j1", expected));
  for (auto& c : clients) {
    BOOST_REQUIRE(c.read_until(end_of_stream));
    BOOST_REQUIRE(report_ids(c.received()) == from_to(1, expected));
  }
  BOOST_TEST(s.jobs.fetches <= 100);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace sse_hub_test
