#include "runtime/core/plugin/plugin_lines.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

namespace plugin_lines_test {

using namespace aops;
using namespace aops::plugin;

namespace {

sent_batch two_series() {
  sent_batch x;
  x.host_id = "h1";
  x.check_item = "unusual";
  x.metric = "load";
  x.period_ms = 15'000;
  x.parameters = {{"alpha", "0.3"}};
  x.series = {{"a", {}, {{1000, 1.5}, {2000, 2}}}, {"b", {{"cpu", "0"}}, {{2000, std::nan("")}}}};
  return x;
}

std::string why_bad(const std::string& line) {
  auto read = read_judged(line, two_series());
  return read ? "none" : read.error().detail;
}

} // namespace

BOOST_AUTO_TEST_SUITE(plugin_lines)

BOOST_AUTO_TEST_CASE(requests_are_one_line_each) {
  BOOST_TEST(describe_line() == R"({"method":"describe","protocol":1})");
  BOOST_TEST(judge_line(two_series()) ==
             R"({"host":"h1","method":"judge","metric":"load","parameters":{"alpha":"0.3"},)"
             R"("period_ms":15000,"rule":"unusual","series":[{"key":"a","labels":{},)"
             R"("points":[[1000,1.5],[2000,2.0]]},{"key":"b","labels":{"cpu":"0"},"points":[]}]})");
  auto odd = two_series();
  odd.series[0].labels["x"] = "\xff\n";
  BOOST_TEST(learn_line(odd).find('\n') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_program_describes_itself) {
  auto x = read_description(R"({"protocol":1,"name":"ewma","version":"2","parameters":["alpha"]})");
  BOOST_REQUIRE(x.has_value());
  BOOST_TEST(x->name == "ewma");
  BOOST_TEST(why_not_taken(*x, {{"alpha", "1"}}) == "");
  BOOST_TEST(why_not_taken(*x, {{"alfa", "1"}}) ==
             "alfa: unknown parameter; there are history, alpha");
  BOOST_TEST(why_not_taken(*read_description(R"({"protocol":1})"), {{"any", "1"}}) == "");
  auto why = [](const char* line) { return read_description(line).error().detail; };
  BOOST_TEST(why("{}") == "its answer: protocol: is missing");
  BOOST_TEST(why(R"({"protocol":2})") == "its answer: protocol: is 2, this node speaks 1");
  BOOST_TEST(why(R"({"protocol":1,"name":3})") == "its answer: name: is no text");
  BOOST_TEST(why(R"([1])") == "its answer: is no JSON object");
  BOOST_TEST(why(R"({"error":"no\nmodel"})") == "no model");
}

BOOST_AUTO_TEST_CASE(judgements_are_read) {
  auto x = read_judged(R"({"series":[{"key":"a","points":[
    {"time":1000,"state":"ok"},
    {"time":2000,"state":"abnormal","expected":1,"low":0,"high":1.5,"reason":"jump"}]}],
    "unknown":["b"]})",
                       two_series());
  BOOST_REQUIRE_MESSAGE(x.has_value(), (x ? "" : x.error().detail));
  BOOST_REQUIRE(x->series.size() == 1u);
  BOOST_REQUIRE(x->series[0].points.size() == 2u);
  BOOST_TEST((x->series[0].points[0].state == judgement_state::well));
  BOOST_TEST(!x->series[0].points[0].high.has_value());
  BOOST_TEST((x->series[0].points[1].state == judgement_state::abnormal));
  BOOST_TEST(*x->series[0].points[1].high == 1.5);
  BOOST_TEST(x->series[0].points[1].reason == "jump");
  BOOST_TEST(x->unknown.at(0) == "b");
}

BOOST_AUTO_TEST_CASE(what_was_not_asked_or_does_not_read_is_refused) {
  BOOST_TEST(why_bad("").starts_with("its answer: "));
  BOOST_TEST(why_bad("{").starts_with("its answer: "));
  BOOST_TEST(why_bad(std::string(100, '[')).starts_with("its answer: "));
  BOOST_TEST(why_bad("{}") == "its answer: series: is no list");
  BOOST_TEST(why_bad(R"({"series":[{"key":"c","points":[]}]})") ==
             "its answer: key: was not sent, or is there twice");
  BOOST_TEST(why_bad(R"({"series":[{"key":"a","points":[]},{"key":"a","points":[]}]})") ==
             "its answer: key: was not sent, or is there twice");
  auto with = [](const std::string& point) {
    return R"({"series":[{"key":"a","points":[)" + point + "]}]}";
  };
  BOOST_TEST(why_bad(with(R"({"time":1500,"state":"ok"})")) ==
             "its answer: time: 1500 was not sent");
  BOOST_TEST(why_bad(with(R"({"time":1000,"state":"fine"})")) ==
             "its answer: state: is none of ok, abnormal, unknown");
  BOOST_TEST(why_bad(with(R"({"time":1e3,"state":"ok"})")) ==
             "its answer: time: is no whole number of milliseconds");
  BOOST_TEST(why_bad(with(R"({"time":1000,"state":"ok","low":"1"})")) ==
             "its answer: low: is no number");
  BOOST_TEST(why_bad(with(R"({"time":2000,"state":"ok"},{"time":1000,"state":"ok"})")) ==
             "its answer: points: not in the order of time");
  BOOST_TEST(why_bad(R"({"series":[],"unknown":["z"]})") ==
             "its answer: unknown: is no list of keys that were sent");
  BOOST_TEST(why_bad(R"({"error":5})") == "its answer: error: is no text");
  auto complaint = read_judged("{\"error\":\"" + std::string(5000, 'x') + "\"}", two_series());
  BOOST_TEST(complaint.error().detail.size() == most_reason);
  BOOST_TEST((complaint.error().code == ec::query_failed));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace plugin_lines_test
