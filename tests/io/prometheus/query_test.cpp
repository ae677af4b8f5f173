#include "runtime/io/prometheus/query.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

namespace query_test {

using namespace aops;
using prometheus_api::ask;
using prometheus_api::query;

namespace {

const series_key up{"up", {}};
const series_key load{"node_load1", {}};

series_key cpu(const std::string& core, const std::string& mode) {
  return {"node_cpu_seconds_total", {{"cpu", core}, {"mode", mode}}};
}

std::vector<std::string> hosts(size_t n) {
  std::vector<std::string> result;
  for (size_t i = 0; i < n; ++i)
    result.push_back("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1) +
                     ":9100");
  return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(query_suite)

BOOST_AUTO_TEST_CASE(series_with_the_same_label_names_share_one_query) {
  ask what{{up, load, cpu("0", "idle"), cpu("1", "user")},
           {"10.0.0.1:9100", "10.0.0.2:9100"},
           1'000'000,
           1'015'000};
  auto queries = prometheus_api::plan(what, {});
  BOOST_REQUIRE(queries.size() == 2u);
  BOOST_TEST(
    prometheus_api::expression_of(queries[0]) ==
    R"({__name__=~"node_load1|up",instance=~"10\\.0\\.0\\.1:9100|10\\.0\\.0\\.2:9100"}[15001ms])");
  BOOST_TEST(prometheus_api::expression_of(queries[1]) ==
             R"({__name__="node_cpu_seconds_total",cpu=~"0|1",mode=~"idle|user",)"
             R"(instance=~"10\\.0\\.0\\.1:9100|10\\.0\\.0\\.2:9100"}[15001ms])");
  BOOST_TEST(queries[0].until_ms == 1'015'000);
}

BOOST_AUTO_TEST_CASE(a_match_asks_for_all_that_fits_by_the_same_operators) {
  ask what{{}, {"10.0.0.1:9100"}, 0, 0, {}};
  what.matches = {{"fs", {{"a", "=x"}, {"b", "!=x"}, {"c", "=~x|y"}, {"d", "!~x.*"}, {"e", "\"x"}}},
                  {"fs", {}},
                  {"fs", {{"no name", "x"}}}};
  auto queries = prometheus_api::plan(what, {});
  BOOST_REQUIRE(queries.size() == 3u);
  BOOST_TEST(
    prometheus_api::expression_of(queries[0]) ==
    R"({__name__="fs",a="x",b!="x",c=~"x|y",d!~"x.*",e="\"x",instance="10.0.0.1:9100"}[1ms])");
  BOOST_TEST(prometheus_api::expression_of(queries[1]) ==
             R"({__name__="fs",instance="10.0.0.1:9100"}[1ms])");
  BOOST_TEST(queries[2].matchers == queries[1].matchers);
  BOOST_TEST(queries[0].is_match);
}

BOOST_AUTO_TEST_CASE(a_match_over_many_hosts_and_long_times_is_asked_for_in_parts) {
  ask what{{}, hosts(400), 0, 24 * 3600 * 1000, {{"fs", {}}}};
  auto queries = prometheus_api::plan(what, {});
  BOOST_TEST(queries.size() > 400u);
  int64_t covered = 0;
  for (const auto& q : queries)
    if (q.instances.front() == "10.0.0.1:9100") {
      BOOST_TEST(q.from_ms == covered);
      covered = q.until_ms + 1;
    }
  BOOST_TEST(covered == what.until_ms + 1);
}

BOOST_AUTO_TEST_CASE(nothing_asked_makes_no_query) {
  BOOST_TEST(prometheus_api::plan({{}, hosts(1), 0, 1}, {}).empty());
  BOOST_TEST(prometheus_api::plan({{up}, {}, 0, 1}, {}).empty());
  BOOST_TEST(prometheus_api::plan({{up}, hosts(1), 1, 0}, {}).empty());
}

BOOST_AUTO_TEST_CASE(special_characters_are_matched_literally) {
  ask what{
    {{"m", {{"path", "a|b\\c\"(d)\n"}}}, {"m", {{"path", "plain"}}}}, {"10.0.0.1:9100"}, 0, 0};
  BOOST_TEST(
    prometheus_api::expression_of(prometheus_api::plan(what, {}).at(0)) ==
    R"({__name__="m",path=~"a\\|b\\\\c\"\\(d\\)\x0a|plain",instance="10.0.0.1:9100"}[1ms])");
  what.series.pop_back();
  BOOST_TEST(prometheus_api::expression_of(prometheus_api::plan(what, {}).at(0)) ==
             R"({__name__="m",path="a|b\\c\"(d)\x0a",instance="10.0.0.1:9100"}[1ms])");
}

BOOST_AUTO_TEST_CASE(a_host_without_a_port_matches_every_port_of_it) {
  query q{"__name__=\"up\"", {"10.0.0.1"}, 0, 0};
  BOOST_TEST(prometheus_api::expression_of(q) ==
             R"({__name__="up",instance=~"10\\.0\\.0\\.1(:[0-9]+)?"}[1ms])");
  q.instances = {"::1", "[::2]:9100"};
  BOOST_TEST(prometheus_api::expression_of(q) ==
             R"({__name__="up",instance=~"\\[::1\\](:[0-9]+)?|\\[::2\\]:9100"}[1ms])");
}

BOOST_AUTO_TEST_CASE(the_host_is_the_instance_before_its_port) {
  BOOST_TEST(prometheus_api::host_of("10.0.0.1:9100") == "10.0.0.1");
  BOOST_TEST(prometheus_api::host_of("10.0.0.1") == "10.0.0.1");
  BOOST_TEST(prometheus_api::host_of("[::1]:9100") == "::1");
  BOOST_TEST(prometheus_api::host_of("::1") == "::1");
  BOOST_TEST(prometheus_api::host_of("web-1:http") == "web-1:http");
  BOOST_TEST(prometheus_api::host_of("web-1:") == "web-1:");
  BOOST_TEST(prometheus_api::host_of("") == "");
}

BOOST_AUTO_TEST_CASE(many_values_of_a_label_are_not_listed) {
  ask what{{}, hosts(1), 0, 0};
  for (int i = 0; i < 300; ++i)
    what.series.push_back(cpu(std::to_string(i), "idle"));
  BOOST_TEST(prometheus_api::plan(what, {}).at(0).matchers ==
             R"(__name__="node_cpu_seconds_total",mode="idle")");
}

BOOST_AUTO_TEST_CASE(hosts_and_then_time_are_split_without_gap_or_overlap) {
  ask what{{up, load}, hosts(120), 0, 24 * 3'600'000};
  prometheus_api::query_limits limits;
  limits.max_answer_bytes = 100'000;
  auto queries = prometheus_api::plan(what, limits);
  BOOST_TEST(queries.size() > 120u);
  std::map<std::string, int64_t> covered;
  for (const auto& q : queries) {
    BOOST_REQUIRE(q.instances.size() == 1u);
    auto& until = covered.emplace(q.instances[0], -1).first->second;
    BOOST_TEST(q.from_ms == until + 1);
    BOOST_TEST(q.until_ms >= q.from_ms);
    until = q.until_ms;
  }
  BOOST_TEST(covered.size() == 120u);
  for (const auto& [host, until] : covered)
    BOOST_TEST(until == what.until_ms);

  what.until_ms = 15'000; // Now many hosts fit into one answer.
  queries = prometheus_api::plan(what, limits);
  BOOST_TEST(queries.size() == 1u);
  limits.max_instances = 50;
  queries = prometheus_api::plan(what, limits);
  BOOST_REQUIRE(queries.size() == 3u);
  BOOST_TEST(queries[2].instances.size() == 20u);
}

BOOST_AUTO_TEST_CASE(a_query_is_halved_by_hosts_then_by_time) {
  query q{"m", hosts(3), 10, 20};
  auto parts = prometheus_api::halves(q);
  BOOST_REQUIRE(parts.size() == 2u);
  BOOST_TEST(parts[0].instances.size() == 1u);
  BOOST_TEST(parts[1].instances.size() == 2u);
  parts = prometheus_api::halves(parts[0]);
  BOOST_REQUIRE(parts.size() == 2u);
  BOOST_TEST((parts[0].from_ms == 10 && parts[0].until_ms == 15));
  BOOST_TEST((parts[1].from_ms == 16 && parts[1].until_ms == 20));
  BOOST_TEST(prometheus_api::halves({"m", hosts(1), 10, 10}).empty());
}

BOOST_AUTO_TEST_CASE(a_form_is_url_encoded) {
  query q{"__name__=\"up\"", {"10.0.0.1:9100"}, 1'700'000'000'000, 1'700'000'000'007};
  BOOST_TEST(prometheus_api::form_of(q, 5000) ==
             "query=%7B__name__%3D%22up%22%2Cinstance%3D%2210.0.0.1%3A9100%22%7D%5B8ms%5D&time="
             "1700000000.007&timeout=5000ms");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace query_test
