// One stream for many topics, over real sockets.
#include "tests/http/sse/sse_fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace sse_topics_test {

using namespace aops;
using namespace std::chrono_literals;
using http::json;

namespace {

constexpr std::string_view end_of_stream = "0\r\n\r\n";

struct event {
  std::string name, id;
  json data;
};

/// The whole events in what came.
std::vector<event> events_in(const std::string& text) {
  std::vector<event> all;
  for (size_t at = 0; (at = text.find("event: ", at)) != text.npos;) {
    auto end = text.find("\n\n", at);
    if (end == text.npos)
      break;
    event e;
    for (auto line = at; line < end;) {
      auto stop = text.find('\n', line);
      auto colon = text.find(": ", line);
      auto field = text.substr(line, colon - line),
           value = text.substr(colon + 2, stop - colon - 2);
      if (field == "event")
        e.name = value;
      else if (field == "id")
        e.id = value;
      else if (field == "data")
        e.data = json::parse(value);
      line = stop + 1;
    }
    all.push_back(std::move(e));
    at = end;
  }
  return all;
}

/// `report report-1` of one topic, in order.
std::vector<std::string> reports_of(const std::vector<event>& all, const std::string& topic) {
  std::vector<std::string> out;
  for (const auto& e : all)
    if (e.name == "report" && e.data["topic"] == topic)
      out.push_back(e.data["report_id"]);
  return out;
}

std::vector<std::string> reports(int first, int last) {
  std::vector<std::string> out;
  for (int i = first; i <= last; ++i)
    out.push_back("report-" + std::to_string(i));
  return out;
}

bool has(const std::vector<event>& all, const std::string& name, const std::string& topic) {
  return std::any_of(all.begin(), all.end(), [&](const event& e) {
    return e.name == name && e.data["topic"] == topic;
  });
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(many_topics, tests::sse_fixture)

BOOST_AUTO_TEST_CASE(a_topic_says_what_its_progress_is_called) {
  jobs.add("j1", 20);
  jobs.add("j9", 20);
  auto c = open_many("19");
  BOOST_REQUIRE(c.read_until("diag:j1"));
  BOOST_REQUIRE(c.read_until("diag:j9"));
  hub.publish(jobs.store_until("j9", 1));
  BOOST_REQUIRE(c.read_until("report-1"));
  auto seen = events_in(c.received());
  BOOST_TEST(has(seen, "change", "diag:j9"));
  BOOST_TEST(!has(seen, "progress", "diag:j9"));
  BOOST_TEST(has(seen, "progress", "diag:j1"));
  BOOST_TEST(has(seen, "report", "diag:j9"));
}

BOOST_AUTO_TEST_CASE(one_stream_shows_several_jobs_until_all_have_ended) {
  jobs.add("j1", 20);
  jobs.add("j2", 3);
  auto c = open_many("12");
  BOOST_REQUIRE(c.read_until("diag:j1"));
  BOOST_REQUIRE(c.read_until("diag:j2"));
  BOOST_TEST(hub.streams() == 1u);
  hub.publish(jobs.store_until("j2", 3));
  BOOST_REQUIRE(c.read_until("event: done"));
  hub.publish(jobs.store_until("j1", 20));
  BOOST_REQUIRE(c.read_until(end_of_stream));
  auto all = events_in(c.received());
  BOOST_TEST(reports_of(all, "diag:j1") == reports(1, 20), boost::test_tools::per_element());
  BOOST_TEST(reports_of(all, "diag:j2") == reports(1, 3), boost::test_tools::per_element());
  BOOST_TEST(has(all, "done", "diag:j1"));
  BOOST_TEST(has(all, "done", "diag:j2"));
  BOOST_TEST(all.back().id == "20!.3!");
}

BOOST_AUTO_TEST_CASE(any_id_resumes_all_topics_where_they_stood) {
  jobs.add("j1", 15);
  jobs.add("j2", 9);
  jobs.store_until("j1", 15);
  jobs.store_until("j2", 9);
  auto whole = open_many("12");
  BOOST_REQUIRE(whole.read_until(end_of_stream));
  auto all = events_in(whole.received());
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].id.empty() || all[i].id == all.back().id)
      continue;
    auto c = open_many("12", all[i].id);
    BOOST_REQUIRE(c.read_until(end_of_stream));
    auto rest = events_in(c.received());
    std::vector<event> before{all.begin(), all.begin() + static_cast<std::ptrdiff_t>(i) + 1};
    for (const std::string topic : {"diag:j1", "diag:j2"}) {
      auto seen = reports_of(before, topic);
      for (auto& x : reports_of(rest, topic))
        seen.push_back(x);
      BOOST_TEST(seen == reports_of(all, topic), boost::test_tools::per_element());
      BOOST_TEST((has(before, "done", topic) != has(rest, "done", topic)));
    }
  }
}

BOOST_AUTO_TEST_CASE(after_the_last_event_there_is_nothing_more) {
  jobs.add("j1", 2);
  jobs.store_until("j1", 2);
  auto c = open_many("1");
  BOOST_REQUIRE(c.read_until(end_of_stream));
  auto last = events_in(c.received()).back().id;
  BOOST_TEST(last == "2!");
  BOOST_TEST(open_many("1", last).read_response().status == 204); // EventSource tries no more.
  BOOST_TEST(hub.streams() == 0u);
}

BOOST_AUTO_TEST_CASE(a_job_that_does_not_exist_is_gone_and_the_others_go_on) {
  jobs.add("j1", 3);
  auto c = open_many("19");
  BOOST_REQUIRE(c.read_until("event: gone\nid: 0.0!\ndata: {\"topic\":\"diag:j9\"}\n\n"));
  hub.publish(jobs.store_until("j1", 3));
  BOOST_REQUIRE(c.read_until(end_of_stream));
  BOOST_TEST(has(events_in(c.received()), "done", "diag:j1"));
}

BOOST_AUTO_TEST_CASE(a_job_that_is_forgotten_is_gone) {
  auto limits = tests::quick_limits();
  limits.refresh = 50ms;
  tests::sse_fixture other{limits};
  other.jobs.add("j1", 3);
  other.jobs.add("j2", 3);
  auto c = other.open_many("12");
  BOOST_REQUIRE(c.read_until("diag:j2"));
  other.jobs.forget("j2");
  BOOST_REQUIRE(c.read_until("event: gone"));
  other.hub.publish(other.jobs.store_until("j1", 3));
  BOOST_TEST(c.read_until(end_of_stream));
}

BOOST_AUTO_TEST_CASE(ids_of_other_topics_are_refused) {
  jobs.add("j1", 3);
  jobs.add("j2", 3);
  for (auto wrong :
       {"1", "1.2.3", "x", "1.x", "-1.0", "1.2.", ".1", "1!!.2", "1. 2", "99999999999999999999.1"})
    BOOST_TEST(open_many("12", wrong).read_response().status == 400);
  BOOST_TEST(hub.streams() == 0u);
}

BOOST_AUTO_TEST_CASE(the_cookie_opens_it_for_our_own_pages_only_and_log_out_ends_it) {
  jobs.add("j1", 3);
  tests::raw_client other{server->port()};
  auto r =
    other.ask("GET /test/many?task_id=1 HTTP/1.1\r\nHost: test\r\nCookie: aops-session=" + token +
              "\r\nSec-Fetch-Site: same-site\r\n\r\n");
  BOOST_TEST(r.status == 403);
  auto c = open_many("1");
  BOOST_REQUIRE(c.read_until("event: progress"));
  sessions.close(token);
  BOOST_TEST(c.read_until(end_of_stream, 5s));
}

BOOST_AUTO_TEST_CASE(a_source_that_fails_for_one_topic_is_asked_again) {
  jobs.add("j1", 3);
  auto c = open_many("1");
  BOOST_REQUIRE(c.read_until("event: progress"));
  jobs.is_down = true;
  hub.publish(jobs.store_until("j1", 3));
  BOOST_REQUIRE(c.read_until(":\n\n"));
  jobs.is_down = false;
  BOOST_REQUIRE(c.read_until(end_of_stream));
  BOOST_TEST(reports_of(events_in(c.received()), "diag:j1") == reports(1, 3),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace sse_topics_test
