#include "runtime/core/task/line_diff.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <sstream>
#include <vector>

namespace line_diff_test {

using aops::task::line_diff;

namespace {

std::string numbers(int from, int to, int without = -1, int doubled = -1) {
  std::string out;
  for (int i = from; i < to; ++i)
    if (i != without)
      out += std::to_string(i) + (i == doubled ? " twice\n" : "\n");
  return out;
}

/// What `patch` would make of it.
std::string patched(const std::string& from, const std::string& diff) {
  std::vector<std::string> old;
  std::istringstream lines{from};
  for (std::string line; std::getline(lines, line);)
    old.push_back(line);
  std::string out, line;
  size_t at = 0;
  std::istringstream in{diff};
  while (std::getline(in, line)) {
    if (line.starts_with("--- ") || line.starts_with("+++ "))
      continue;
    if (line.starts_with("@@")) {
      auto first = std::stoul(line.substr(4));
      bool is_insertion = line.find(",0 ", 3) < line.find('+');
      while (at + (is_insertion ? 0 : 1) < first)
        out += old.at(at++) + "\n";
      continue;
    }
    if (line[0] != '+')
      BOOST_REQUIRE(old.at(at++) == line.substr(1));
    if (line[0] != '-')
      out += line.substr(1) + "\n";
  }
  while (at < old.size())
    out += old[at++] + "\n";
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(differences_of_texts)

BOOST_AUTO_TEST_CASE(look_as_diff_shows_them) {
  BOOST_TEST(line_diff("a\nb\n", "a\nb\n", "1", "2") == "");
  BOOST_TEST(line_diff("a\nb\nc\n", "a\nB\nc\n", "1", "2") ==
             "--- 1\n+++ 2\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n");
  BOOST_TEST(line_diff("", "a\n", "1", "2") == "--- 1\n+++ 2\n@@ -0,0 +1 @@\n+a\n");
  BOOST_TEST(line_diff("a\n", "", "1", "2") == "--- 1\n+++ 2\n@@ -1 +0,0 @@\n-a\n");
  BOOST_TEST(line_diff(numbers(1, 30), numbers(1, 30, 5, 20), "1", "2") ==
             "--- 1\n+++ 2\n@@ -2,7 +2,6 @@\n 2\n 3\n 4\n-5\n 6\n 7\n 8\n"
             "@@ -17,7 +16,7 @@\n 17\n 18\n 19\n-20\n+20 twice\n 21\n 22\n 23\n");
}

BOOST_AUTO_TEST_CASE(lead_from_one_to_the_other) {
  uint32_t seed = 7;
  auto next = [&](uint32_t n) {
    return (seed = seed * 1664525 + 1013904223) >> 16 & 0xFFFF ? seed % n : 0;
  };
  for (int round = 0; round < 300; ++round) {
    std::string a, b;
    for (uint32_t i = 0, n = next(40); i < n; ++i) {
      auto line = std::to_string(next(6)) + "\n";
      if (next(5) != 0)
        a += line;
      if (next(5) != 0)
        b += line;
    }
    BOOST_REQUIRE(patched(a, line_diff(a, b, "1", "2")) == b);
  }
}

BOOST_AUTO_TEST_CASE(are_found_in_fair_time_when_all_differs) {
  auto a = numbers(0, 100'000), b = numbers(100'000, 200'000);
  BOOST_TEST((patched(a, line_diff(a, b, "1", "2")) == b));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace line_diff_test
