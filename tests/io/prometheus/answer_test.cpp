#include "runtime/io/prometheus/answer.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

namespace answer_test {

using namespace aops;
using prometheus_api::parse_answer;

namespace {

constexpr auto everything_from = std::numeric_limits<int64_t>::min();
constexpr auto everything_until = std::numeric_limits<int64_t>::max();

expected<prometheus_api::answer> parse(const std::string& body) {
  return parse_answer(body, everything_from, everything_until);
}

const std::string matrix = R"({"status":"success","data":{"resultType":"matrix","result":[
  {"metric":{"__name__":"node_load1","instance":"10.0.0.1:9100","job":"node"},
   "values":[[1700000000,"1"],[1700000015.123,"0.25"],[1700000030,"NaN"],[1700000045,"+Inf"],[1700000060,"1e+06"]]},
  {"metric":{"__name__":"node_cpu_seconds_total","cpu":"0","instance":"10.0.0.2:9100","job":"node","mode":"i\"d\u00e9l","empty":""},
   "values":[[1700000000.999,"9223372036854775807"]]}]}})";

net::reply answered(int status, std::string body) {
  return {net::response{status, "application/json", std::move(body)}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(answer_suite)

BOOST_AUTO_TEST_CASE(a_matrix_becomes_series_with_points) {
  auto a = parse(matrix);
  BOOST_REQUIRE(a.has_value());
  BOOST_REQUIRE(a->found.size() == 2u);
  const auto& load = a->found[0];
  BOOST_TEST(load.instance == "10.0.0.1:9100");
  BOOST_TEST(bool(load.key == series_key{"node_load1", {}}));
  BOOST_REQUIRE(load.points.size() == 5u);
  BOOST_TEST(
    bool(load.points[0] == prometheus_api::point{1'700'000'000'000, number::of(int64_t{1})}));
  BOOST_TEST(bool(load.points[1] == prometheus_api::point{1'700'000'015'123, number::of(0.25)}));
  BOOST_TEST(std::isnan(load.points[2].value.as_double()));
  BOOST_TEST(load.points[3].value.as_double() == INFINITY);
  BOOST_TEST(load.points[4].value.as_double() == 1e6);
  const auto& cpu = a->found[1];
  BOOST_TEST(bool(cpu.key ==
                  series_key{"node_cpu_seconds_total", {{"cpu", "0"}, {"mode", "i\"d\xC3\xA9l"}}}));
  BOOST_TEST(
    bool(cpu.points.at(0) == prometheus_api::point{1'700'000'000'999, number::of(INT64_MAX)}));
}

BOOST_AUTO_TEST_CASE(both_ends_of_the_range_are_inclusive_and_the_rest_is_dropped) {
  auto a = parse_answer(matrix, 1'700'000'015'123, 1'700'000'045'000);
  BOOST_REQUIRE(a.has_value());
  BOOST_REQUIRE(a->found.size() == 1u);
  BOOST_TEST(a->found[0].points.size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_vector_has_one_point_per_series) {
  auto a = parse(R"({"status":"success","data":{"resultType":"vector","result":[
    {"metric":{"__name__":"up","instance":"h:1"},"value":[1700000000.5,"1"]}]}})");
  BOOST_REQUIRE(a.has_value());
  BOOST_TEST(a->found.at(0).points.at(0).time_ms == 1'700'000'000'500);
}

BOOST_AUTO_TEST_CASE(warnings_are_handed_on_and_unknown_members_ignored) {
  auto a = parse(
    R"({"status":"success","isPartial":false,"data":{"resultType":"matrix","result":[],"stats":{"a":[1]}},
    "warnings":["half of it","is missing"],"infos":["x"]})");
  BOOST_REQUIRE(a.has_value());
  BOOST_TEST(a->found.empty());
  BOOST_TEST(a->warnings == (std::vector<std::string>{"half of it", "is missing"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(native_histograms_are_left_out) {
  auto a = parse(R"({"status":"success","data":{"resultType":"matrix","result":[
    {"metric":{"__name__":"h"},"histograms":[[1700000000,{"count":"1","sum":"2","buckets":[[0,"1","2","1"]]}]]},
    {"metric":{"__name__":"up"},"values":[[1700000000,"1"]]}]}})");
  BOOST_REQUIRE(a.has_value());
  BOOST_REQUIRE(a->found.size() == 1u);
  BOOST_TEST(a->found[0].key.name == "up");
}

BOOST_AUTO_TEST_CASE(errors_of_the_server_are_told_apart) {
  auto failed = parse(R"({"status":"error","errorType":"bad_data","error":"parse error"})");
  BOOST_REQUIRE(!failed.has_value());
  BOOST_TEST(bool(failed.error() == ec::query_failed));
  BOOST_TEST(failed.error().detail == "Prometheus: bad_data: parse error");
  BOOST_TEST(bool(parse(R"({"status":"error","errorType":"timeout","error":"slow"})").error() ==
                  ec::timed_out));
}

BOOST_AUTO_TEST_CASE(what_is_no_answer_is_corrupt) {
  for (
    auto body :
    {"",
     "null",
     "[]",
     "{}",
     "<html>",
     R"({"status":"odd"})",
     R"({"status":1})",
     R"({"status":"success","data":{"resultType":"string","result":[1,"x"]}})",
     R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"x"]]}]}})",
     R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1]]}]}})",
     R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[["1",1]]}]}})",
     R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":[],"values":1}]}})"}) {
    auto a = parse(body);
    BOOST_REQUIRE_MESSAGE(!a.has_value(), body);
    BOOST_TEST(bool(a.error() == ec::corrupt), body);
  }
}

BOOST_AUTO_TEST_CASE(every_beginning_of_an_answer_is_corrupt) {
  for (size_t n = 0; n + 1 < matrix.size(); ++n)
    BOOST_TEST(!parse(matrix.substr(0, n)).has_value(), n);
}

BOOST_AUTO_TEST_CASE(replies_that_are_no_answer_of_prometheus_tell_why) {
  auto code = [](net::reply r) {
    return prometheus_api::read_reply(std::move(r), everything_from, everything_until).error().code;
  };
  BOOST_TEST(bool(code({fail(ec::timed_out, "x")}) == ec::timed_out));
  BOOST_TEST(bool(code(answered(503, "Service Unavailable")) == ec::unreachable));
  BOOST_TEST(bool(code(answered(504, "<html>")) == ec::timed_out));
  BOOST_TEST(bool(code(answered(401, "who are you")) == ec::query_failed));
  BOOST_TEST(bool(code(answered(200, "<html>")) == ec::corrupt));
  BOOST_TEST(
    bool(code(answered(422, R"({"status":"error","errorType":"execution","error":"x"})")) ==
         ec::query_failed));
  BOOST_TEST(bool(code(answered(503, R"({"status":"error","errorType":"timeout","error":"x"})")) ==
                  ec::timed_out));
  BOOST_TEST(prometheus_api::read_reply(answered(200, matrix), everything_from, everything_until)
               .has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace answer_test
