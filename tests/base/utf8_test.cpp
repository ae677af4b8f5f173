#include "runtime/base/utf8.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

namespace utf8_test {

using namespace aops::base;
using namespace std::string_view_literals;

namespace {

std::string made(uint32_t point) {
  std::string out;
  append_utf8(out, point);
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(utf8)

BOOST_AUTO_TEST_CASE(each_length_has_its_first_and_last_character) {
  BOOST_TEST(made(0) == "\0"sv);
  BOOST_TEST(made(0x7F) == "\x7F");
  BOOST_TEST(made(0x80) == "\xC2\x80");
  BOOST_TEST(made(0x7FF) == "\xDF\xBF");
  BOOST_TEST(made(0x800) == "\xE0\xA0\x80");
  BOOST_TEST(made(0xFFFF) == "\xEF\xBF\xBF");
  BOOST_TEST(made(0x10000) == "\xF0\x90\x80\x80");
  BOOST_TEST(made(0x10FFFF) == "\xF4\x8F\xBF\xBF");
}

BOOST_AUTO_TEST_CASE(what_is_made_is_read) {
  size_t right = 0, all = 0;
  for (uint32_t point = 0; point <= 0x10FFFF; ++point) {
    if (point >= 0xD800 && point < 0xE000)
      continue;
    size_t length = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    right += utf8_length(made(point) + "x") == length;
    ++all;
  }
  BOOST_TEST(right == all);
}

BOOST_AUTO_TEST_CASE(what_is_no_character_has_no_length) {
  const std::vector<std::string_view> bad = {// Empty, or begins nothing.
                                             ""sv,
                                             "\x80"sv,
                                             "\xBF x"sv,
                                             "\xFF"sv,
                                             // Cut off, or goes on otherwise.
                                             "\xC3"sv,
                                             "\xE2\x82"sv,
                                             "\xF0\x9F\x98"sv,
                                             "\xC3x"sv,
                                             "\xE2\x82x"sv,
                                             "\xE2x\x82"sv,
                                             "\xF0\x9F\x98\xC0"sv,
                                             // Longer than need be.
                                             "\xC0\x80"sv,
                                             "\xC1\xBF"sv,
                                             "\xE0\x9F\xBF"sv,
                                             "\xF0\x8F\xBF\xBF"sv,
                                             // Surrogates, and what is beyond the last.
                                             "\xED\xA0\x80"sv,
                                             "\xED\xBF\xBF"sv,
                                             "\xF4\x90\x80\x80"sv,
                                             "\xF5\x80\x80\x80"sv};
  for (auto x : bad)
    BOOST_TEST(utf8_length(x) == 0u, x);
  BOOST_TEST(utf8_length("\xED\x9F\xBF") == 3u);
  BOOST_TEST(utf8_length("\xEE\x80\x80") == 3u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace utf8_test
