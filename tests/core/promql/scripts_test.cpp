#include "cli/vectors/promql.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace scripts_test {

using namespace aops::vectors;

BOOST_AUTO_TEST_CASE(every_script_passes) {
  size_t scripts = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(AOPS_SOURCE_DIR "/tests/scripts/promql")) {
    std::ifstream in(file.path());
    auto outcome = run_promql_script(std::string(std::istreambuf_iterator<char>(in), {}));
    for (const auto& n : outcome.notes)
      BOOST_ERROR(file.path().filename().string()
                  << ":" << n.line << ": " << n.query << ": " << n.reason);
    BOOST_TEST(outcome.passed > 15u);
    ++scripts;
  }
  BOOST_TEST(scripts == 5u);
}

BOOST_AUTO_TEST_CASE(the_script_in_the_reference_passes) {
  std::ifstream in(AOPS_SOURCE_DIR "/docs/reference/promql.md");
  std::string page(std::istreambuf_iterator<char>(in), {}), begin = "```\nload ";
  auto from = page.find(begin);
  BOOST_REQUIRE(from != std::string::npos);
  auto script = page.substr(from + 4, page.find("\n```", from + 4) - from - 4);
  auto outcome = run_promql_script(script);
  for (const auto& n : outcome.notes)
    BOOST_ERROR(n.query << ": " << n.reason);
  BOOST_TEST(outcome.passed == 3u);
}

BOOST_AUTO_TEST_CASE(a_script_fails_where_it_should) {
  auto failed = [](const std::string& expected) {
    auto outcome = run_promql_script("load 1m\n  a{x=\"1\"} 1 2\n  a{x=\"2\"} 3 _\n\n" + expected);
    return outcome.failed;
  };
  BOOST_TEST(failed("eval instant at 0 a\n a{x=\"1\"} 1\n a{x=\"2\"} 3") == 0u);
  BOOST_TEST(failed("eval instant at 0 a\n a{x=\"1\"} 1") == 1u);
  BOOST_TEST(failed("eval instant at 0 a\n a{x=\"1\"} 1\n a{x=\"2\"} 3.001") == 1u);
  BOOST_TEST(failed("eval instant at 0 a{x=\"1\"}\n a{x=\"1\"} 1\n a{x=\"2\"} 3") == 1u);
  BOOST_TEST(failed("eval instant at 0 sort(a)\n expect ordered\n a{x=\"2\"} 3\n a{x=\"1\"} 1") ==
             1u);
  BOOST_TEST(failed("eval instant at 0 a\n expect fail") == 1u);
  BOOST_TEST(failed("eval_fail instant at 0 a") == 1u);
  BOOST_TEST(failed("eval instant at 0 -a + on () a\n expect fail msg: another") == 1u);
  BOOST_TEST(failed("eval instant at 0 sum(a)\n expect warn\n {} 4") == 1u);
  BOOST_TEST(failed("eval instant at 0 sum(rate(a[5m]))\n expect no_info") == 0u);
  BOOST_TEST(failed("eval instant at 1m sum(rate(a[5m]))\n expect no_info\n {} 0.005") == 1u);
  BOOST_TEST(failed("eval range from 0 to 1m step 1m sum(a)\n {} 4 5") == 0u);
  BOOST_TEST(failed("eval range from 0 to 1m step 1m sum(a)\n {} 4 _") == 1u);
  BOOST_TEST(failed("eval range from 0 to 1m step 1m sum(a)\n {} 4 5 6") == 1u);
  BOOST_TEST(failed("eval instant at 0 1\n 2") == 1u);
  BOOST_TEST(failed("eval instant at 0 \"a\"\n expect string \"b\"") == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_left_out_is_skipped_with_its_reason) {
  auto outcome = run_promql_script("load 1m\n  h {{schema:0 sum:1}}x3\n  a 1\n\n"
                                   "eval instant at 0 h\n  h {{schema:0 sum:1}}\n\n"
                                   "eval instant at 0 count({__name__=~\".+\"})\n  {} 2\n\n"
                                   "eval instant at 0 limitk(1, a)\n  a 1\n\n"
                                   "eval instant at 0 a\n  a 1\n");
  BOOST_TEST(outcome.passed == 1u);
  BOOST_TEST(outcome.failed == 0u);
  BOOST_REQUIRE(outcome.skipped == 3u);
  BOOST_TEST(outcome.notes[0].reason == "expects native histograms");
  BOOST_TEST(outcome.notes[1].reason == "reads native histograms");
  BOOST_TEST(outcome.notes[2].reason == "not supported: the experimental aggregation limitk");
}

BOOST_AUTO_TEST_CASE(a_script_that_does_not_read_is_told_by_line) {
  auto why = [](std::string_view script) {
    auto outcome = run_promql_script(script);
    BOOST_TEST(outcome.failed == 1u);
    return outcome.notes.at(0).reason;
  };
  BOOST_TEST(why("clear\nwhatever") == "line 2: no command: whatever");
  BOOST_TEST(why("load x\n") == "line 1: no time: x");
  BOOST_TEST(why("load 1m\n  a 1 b") == "line 2: no points of a series: b");
  BOOST_TEST(why("eval instant at 0 a\n  expect nothing") == "line 2: no expectation: nothing");
  auto rest =
    run_promql_script("load 1m\n  a 1 b\n  c 1\n\nwhat\n  ever\n\neval instant at 0 c\n  c 1\n");
  BOOST_TEST(rest.failed == 2u);
  BOOST_TEST(rest.passed == 1u);
}

} // namespace scripts_test
