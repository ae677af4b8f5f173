#include "cli/vectors/vectors.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <string>

BOOST_AUTO_TEST_CASE(every_golden_expression_yields_what_it_should) {
  std::ifstream in(AOPS_SOURCE_DIR "/tests/golden/expressions.jsonl");
  size_t count = 0;
  for (std::string line; std::getline(in, line); ++count) {
    auto vector = aops::vectors::json::parse(line);
    auto j = aops::vectors::judge_expression(vector);
    BOOST_TEST(j.passed,
               vector["id"] << " " << vector["condition"] << ": expected " << j.expected << ", got "
                            << j.got);
  }
  BOOST_TEST(count == 757u);
}

BOOST_AUTO_TEST_CASE(vectors_compare_numbers_by_value_and_tell_booleans_from_numbers) {
  using aops::vectors::json;
  using aops::vectors::same;
  BOOST_TEST(same(json(2), json(2.0)));
  BOOST_TEST(same(json(1.0), json(1.0 + 1e-10)));
  BOOST_TEST(!same(json(1.0), json(1.0 + 1e-8)));
  BOOST_TEST(same(json(0.0), json(1e-13)));
  BOOST_TEST(!same(json(1), json(true)));
  BOOST_TEST(!same(json(int64_t{-1}), json(UINT64_MAX)));
  BOOST_TEST(!same(json(1'630'430'000), json(1'630'430'001)));
  BOOST_TEST(
    same(json::parse(R"({"a":[1,null],"b":"x"})"), json::parse(R"({"b":"x","a":[1.0,null]})")));
  BOOST_TEST(!same(json::parse(R"({"a":null})"), json::parse("{}")));
  BOOST_TEST(!same(json::parse("[1,2]"), json::parse("[2,1]")));
}
