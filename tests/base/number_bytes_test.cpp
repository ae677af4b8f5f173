#include "runtime/base/number_bytes.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>

namespace number_bytes_test {

using namespace aops::base;

BOOST_AUTO_TEST_SUITE(number_bytes)

BOOST_AUTO_TEST_CASE(numbers_come_back_in_their_order) {
  std::string out;
  for (auto x : {uint64_t{0}, uint64_t{127}, uint64_t{128}, UINT64_MAX})
    put_varint(out, x);
  BOOST_TEST(out.size() == 1u + 1 + 2 + 10);
  put_fixed(out, 0x0102030405060708);
  out += "text";
  byte_reader in{out};
  for (auto x : {uint64_t{0}, uint64_t{127}, uint64_t{128}, UINT64_MAX})
    BOOST_TEST(in.varint() == x);
  BOOST_TEST(in.fixed() == 0x0102030405060708u);
  BOOST_TEST(in.byte() == 't');
  BOOST_TEST(in.bytes(3) == "ext");
  BOOST_TEST((in.ok() && in.at_end()));
}

BOOST_AUTO_TEST_CASE(small_numbers_of_either_sign_are_short) {
  for (auto x : {int64_t{0}, int64_t{-1}, int64_t{63}, int64_t{-64}, INT64_MAX, INT64_MIN})
    BOOST_TEST(unzigzag(zigzag(x)) == x);
  BOOST_TEST(zigzag(-64) == 127u);
}

BOOST_AUTO_TEST_CASE(what_is_not_whole_ends_it) {
  auto is_refused = [](std::string_view bytes, auto take) {
    byte_reader in{bytes};
    take(in);
    return !in.ok() && in.at_end() && in.varint() == 0 && in.bytes(1).empty();
  };
  BOOST_TEST(is_refused("", [](byte_reader& in) { in.byte(); }));
  BOOST_TEST(is_refused("1234567", [](byte_reader& in) { in.fixed(); }));
  BOOST_TEST(is_refused("123", [](byte_reader& in) { in.bytes(4); }));
  BOOST_TEST(is_refused("123", [](byte_reader& in) { in.bytes(UINT64_MAX); }));
  BOOST_TEST(is_refused("\xFF", [](byte_reader& in) { in.varint(); }));
  BOOST_TEST(is_refused(std::string(11, '\xFF'), [](byte_reader& in) { in.varint(); }));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace number_bytes_test
