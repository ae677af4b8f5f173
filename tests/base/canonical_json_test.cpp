#include "runtime/base/canonical_json.hpp"

#include <boost/test/unit_test.hpp>

#include <bit>
#include <cstdlib>
#include <limits>
#include <random>

namespace canonical_json_test {

namespace base = aops::base;
using json = nlohmann::json;

namespace {

std::string canonical(std::string_view text) { return base::canonical_json(json::parse(text)); }

double from_bits(uint64_t bits) { return std::bit_cast<double>(bits); }

} // namespace

BOOST_AUTO_TEST_SUITE(canonical_texts)

BOOST_AUTO_TEST_CASE(numbers_print_as_ecmascript_prints_them) {
  // RFC 8785, appendix B.
  BOOST_TEST(base::shortest(from_bits(0x0000000000000000)) == "0");
  BOOST_TEST(base::shortest(from_bits(0x8000000000000000)) == "0");
  BOOST_TEST(base::shortest(from_bits(0x0000000000000001)) == "5e-324");
  BOOST_TEST(base::shortest(from_bits(0x8000000000000001)) == "-5e-324");
  BOOST_TEST(base::shortest(from_bits(0x7fefffffffffffff)) == "1.7976931348623157e+308");
  BOOST_TEST(base::shortest(from_bits(0xffefffffffffffff)) == "-1.7976931348623157e+308");
  BOOST_TEST(base::shortest(from_bits(0x4340000000000000)) == "9007199254740992");
  BOOST_TEST(base::shortest(from_bits(0xc340000000000000)) == "-9007199254740992");
  BOOST_TEST(base::shortest(from_bits(0x4430000000000000)) == "295147905179352830000");
  BOOST_TEST(base::shortest(from_bits(0x44b52d02c7e14af5)) == "9.999999999999997e+22");
  BOOST_TEST(base::shortest(from_bits(0x44b52d02c7e14af6)) == "1e+23");
  BOOST_TEST(base::shortest(from_bits(0x44b52d02c7e14af7)) == "1.0000000000000001e+23");
  BOOST_TEST(base::shortest(from_bits(0x444b1ae4d6e2ef4e)) == "999999999999999700000");
  BOOST_TEST(base::shortest(from_bits(0x444b1ae4d6e2ef4f)) == "999999999999999900000");
  BOOST_TEST(base::shortest(from_bits(0x444b1ae4d6e2ef50)) == "1e+21");
  BOOST_TEST(base::shortest(from_bits(0x3eb0c6f7a0b5ed8c)) == "9.999999999999997e-7");
  BOOST_TEST(base::shortest(from_bits(0x3eb0c6f7a0b5ed8d)) == "0.000001");
  BOOST_TEST(base::shortest(from_bits(0x41b3de4355555553)) == "333333333.3333332");
  BOOST_TEST(base::shortest(from_bits(0x41b3de4355555557)) == "333333333.33333343");
  BOOST_TEST(base::shortest(from_bits(0xbecbf647612f3696)) == "-0.0000033333333333333333");
  BOOST_TEST(base::shortest(from_bits(0x43143ff3c1cb0959)) == "1424953923781206.2");
}

BOOST_AUTO_TEST_CASE(what_is_no_json_number_becomes_a_text) {
  auto infinity = std::numeric_limits<double>::infinity();
  json list = {std::numeric_limits<double>::quiet_NaN(), infinity, -infinity};
  BOOST_TEST(base::canonical_json(list) == R"(["NaN","Infinity","-Infinity"])");
  BOOST_TEST(base::shortest(-infinity) == "-Infinity");
}

BOOST_AUTO_TEST_CASE(integers_keep_their_value_up_to_two_to_the_53rd) {
  BOOST_TEST(canonical("[9007199254740992,-9007199254740992,0,-0]") ==
             "[9007199254740992,-9007199254740992,0,0]");
  BOOST_TEST(canonical("[9007199254740993,9223372036854775807,18446744073709551615]") ==
             "[9007199254740992,9223372036854776000,18446744073709552000]");
}

BOOST_AUTO_TEST_CASE(the_sample_of_the_rfc_gives_its_published_text) {
  // RFC 8785, section 3.2.2.
  BOOST_TEST(canonical(R"({
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  })") == "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
          "\"string\":\"\xE2\x82\xAC$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

BOOST_AUTO_TEST_CASE(members_are_ordered_by_utf16_code_units) {
  // RFC 8785, section 3.2.3: the emoji (a surrogate pair) stands before U+FB33.
  BOOST_TEST(
    canonical(R"({"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7})") ==
    "{\"\\r\":2,\"1\":4,\"\xC2\x80\":6,\"\xC3\xB6\":7,\"\xE2\x82\xAC\":1,"
    "\"\xF0\x9F\x98\x80\":5,\"\xEF\xAC\xB3\":3}");
  BOOST_TEST(base::utf16_less("a", "ab"));
  BOOST_TEST(!base::utf16_less("ab", "ab"));
}

BOOST_AUTO_TEST_CASE(control_characters_are_escaped_and_ill_formed_bytes_replaced) {
  std::string out;
  base::append_canonical_text(out, std::string_view("\b\f\n\r\t\x01\x1f\x7f/\0", 10));
  BOOST_TEST(out == "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f/\\u0000\"");
  out.clear();
  base::append_canonical_text(out, "a\xC0\xAF\xED\xA0\x80z\xE2\x82");
  BOOST_TEST(nlohmann::json::accept(out));
  BOOST_TEST(out.starts_with("\"a\xEF\xBF\xBD"));
}

BOOST_AUTO_TEST_CASE(every_double_reads_back_the_same) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    auto x = from_bits(random());
    if (x != x || x - x != 0)
      continue;
    auto text = base::shortest(x);
    BOOST_REQUIRE_MESSAGE(std::strtod(text.c_str(), nullptr) == x, text);
    BOOST_REQUIRE_MESSAGE(json::accept(text), text);
  }
}

BOOST_AUTO_TEST_CASE(times_show_seconds_whole_when_whole) {
  BOOST_TEST(base::json_seconds(12'000).dump() == "12");
  BOOST_TEST(base::json_seconds(12'500).dump() == "12.5");
  std::string out;
  base::append_seconds(out, 1'700'000'000'001);
  BOOST_TEST(out == "1700000000.001");
  out.clear();
  base::append_seconds(out, -500);
  BOOST_TEST(out == "-0.5");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace canonical_json_test
