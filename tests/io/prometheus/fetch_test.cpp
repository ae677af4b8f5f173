#include "runtime/io/prometheus/fetch.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

namespace fetch_test {

using namespace aops;
using prometheus_api::fetch;

namespace {

const series_key up{"up", {}};

net::reply answered(std::string body, int status = 200) {
  return {net::response{status, "application/json", std::move(body)}};
}

/// An answer with one point of one series.
net::reply point(const std::string& name, int64_t second) {
  return answered(fmt::format(
    R"({{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{"__name__":"{}","instance":"h:1"}},"values":[[{},"1"]]}}]}}}})",
    name,
    second));
}

net::reply too_large() { return {fail(ec::query_failed, "large"), {}, true}; }

prometheus_api::source two_at_once(size_t hosts_per_query = 1) {
  prometheus_api::source s;
  s.url = "http://prometheus:9090/";
  s.concurrency = 2;
  s.limits.max_instances = hosts_per_query;
  return s;
}

prometheus_api::ask ask_for(std::vector<std::string> instances) {
  return {{up}, std::move(instances), 1000, 9000};
}

} // namespace

BOOST_AUTO_TEST_SUITE(fetch_suite)

BOOST_AUTO_TEST_CASE(small_queries_are_gets_and_large_ones_posts) {
  prometheus_api::source s;
  s.url = "http://prometheus:9090/prefix/";
  s.headers = {"Authorization: Bearer x"};
  s.timeout = std::chrono::milliseconds(3000);
  auto get = prometheus_api::request_of({"__name__=\"up\"", {"h:1"}, 0, 1000}, s);
  BOOST_TEST(!get.post);
  BOOST_TEST(get.url == "http://prometheus:9090/prefix/api/v1/"
                        "query?query=%7B__name__%3D%22up%22%2Cinstance%3D%22h%3A1%22%7D%5B1001ms%"
                        "5D&time=1.000&timeout=3000ms");
  BOOST_TEST(get.headers.front() == "Authorization: Bearer x");
  BOOST_TEST(get.total_timeout.count() == 3000);
  auto post = prometheus_api::request_of(
    {"__name__=\"up\"", std::vector<std::string>(200, "10.0.0.1:9100"), 0, 1000}, s);
  BOOST_TEST(post.post);
  BOOST_TEST(post.url == "http://prometheus:9090/prefix/api/v1/query");
  BOOST_TEST(post.body.starts_with("query=%7B__name__"));
}

BOOST_AUTO_TEST_CASE(parts_come_in_the_order_of_the_plan_and_few_queries_run_at_once) {
  fetch f(ask_for({"a:1", "b:1", "c:1"}), two_at_once());
  auto first = f.next();
  BOOST_REQUIRE(first.size() == 2u);
  BOOST_TEST(f.next().empty());
  BOOST_TEST(f.on_reply(first[1].id, point("up", 2)).empty());
  auto second = f.next();
  BOOST_REQUIRE(second.size() == 1u);
  auto parts = f.on_reply(first[0].id, point("up", 3));
  BOOST_REQUIRE(parts.size() == 2u);
  BOOST_TEST(parts[0].instances.at(0) == "a:1");
  BOOST_TEST(parts[1].instances.at(0) == "b:1");
  BOOST_TEST(parts[1].result->found.at(0).points.at(0).time_ms == 2000);
  BOOST_TEST(!f.finished());
  BOOST_TEST(f.on_reply(second[0].id, point("up", 4)).size() == 1u);
  BOOST_TEST(f.finished());
}

BOOST_AUTO_TEST_CASE(a_failed_part_does_not_end_the_others_and_strange_replies_are_ignored) {
  fetch f(ask_for({"a:1", "b:1"}), two_at_once());
  auto out = f.next();
  BOOST_TEST(f.on_reply(77, point("up", 2)).empty());
  auto parts = f.on_reply(out[0].id, {fail(ec::timed_out, "slow")});
  BOOST_REQUIRE(parts.size() == 1u);
  BOOST_TEST(bool(parts[0].result.error() == ec::timed_out));
  BOOST_TEST(f.on_reply(out[0].id, point("up", 2)).empty());
  parts = f.on_reply(out[1].id, point("up", 2));
  BOOST_TEST(parts.at(0).result.has_value());
  BOOST_TEST(f.finished());
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_too_large_becomes_two_queries) {
  fetch f(ask_for({"a:1", "b:1"}), two_at_once(2));
  auto out = f.next();
  BOOST_REQUIRE(out.size() == 1u);
  BOOST_TEST(f.on_reply(out[0].id, too_large()).empty());
  out = f.next();
  BOOST_REQUIRE(out.size() == 2u);
  auto many =
    R"({"status":"error","errorType":"execution","error":"query processing would load too many samples into memory"})";
  BOOST_TEST(f.on_reply(out[0].id, answered(many, 422)).empty()); // Its time is halved now.
  auto more = f.next();
  BOOST_REQUIRE(more.size() == 1u);
  BOOST_TEST(f.on_reply(more[0].id, point("up", 2)).size() == 1u);
  more = f.next();
  BOOST_REQUIRE(more.size() == 1u);
  auto parts = f.on_reply(more[0].id, point("up", 8));
  BOOST_REQUIRE(parts.size() == 1u);
  BOOST_TEST((parts[0].from_ms == 5001 && parts[0].until_ms == 9000));
  BOOST_TEST(f.on_reply(out[1].id, point("up", 3)).at(0).instances.at(0) == "b:1");
  BOOST_TEST(f.finished());
}

BOOST_AUTO_TEST_CASE(a_single_point_that_is_too_large_is_an_error) {
  fetch f({{up}, {"a:1"}, 5, 5}, two_at_once());
  auto parts = f.on_reply(f.next().at(0).id, too_large());
  BOOST_REQUIRE(parts.size() == 1u);
  BOOST_TEST(bool(parts[0].result.error() == ec::query_failed));
}

BOOST_AUTO_TEST_CASE(series_that_nobody_asked_for_are_left_out) {
  fetch f(ask_for({"a:1"}), two_at_once());
  auto parts = f.on_reply(f.next().at(0).id, point("down", 2));
  BOOST_TEST(parts.at(0).result->found.empty());
}

BOOST_AUTO_TEST_CASE(nothing_to_ask_is_finished_at_once) {
  fetch f({{}, {"a:1"}, 0, 1}, two_at_once());
  BOOST_TEST(f.finished());
  BOOST_TEST(f.next().empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace fetch_test
