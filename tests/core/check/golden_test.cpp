#include "cli/vectors/vectors.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <string>

BOOST_AUTO_TEST_CASE(every_golden_check_run_yields_what_it_should) {
  std::ifstream in(AOPS_SOURCE_DIR "/tests/golden/check_runs.jsonl");
  size_t count = 0;
  for (std::string line; std::getline(in, line); ++count) {
    auto vector = aops::vectors::json::parse(line);
    auto j = aops::vectors::judge_check_run(vector);
    BOOST_TEST(j.passed, vector["id"] << ": expected " << j.expected << ", got " << j.got);
  }
  BOOST_TEST(count == 66u);
}
