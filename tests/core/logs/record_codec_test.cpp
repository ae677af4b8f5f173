#include "runtime/core/logs/record_codec.hpp"

#include <boost/test/unit_test.hpp>

using namespace aops;
using namespace aops::logs;

BOOST_AUTO_TEST_SUITE(log_record_codec)

BOOST_AUTO_TEST_CASE(a_line_is_the_same_after_being_kept) {
  record x;
  x.severity = 3;
  x.facility = 23;
  x.source = "/a";
  x.program = "p";
  x.pid = "1";
  x.message = std::string(300, 'm');
  x.fields = {{"a", ""}, {"b", "c"}};
  x.is_cut = true;
  auto bytes = encode_record(x);
  auto again = decode_record(bytes);
  BOOST_REQUIRE(again);
  BOOST_TEST((*again == x));
  for (size_t i = 0; i < bytes.size(); ++i)
    BOOST_TEST(!decode_record(bytes.substr(0, i)));
  BOOST_TEST(!decode_record(bytes + "x"));
}

BOOST_AUTO_TEST_CASE(lines_are_the_same_by_their_message) {
  record x, y;
  x.message = y.message = "m";
  y.severity = 1;
  BOOST_TEST(same_message(encode_record(x), encode_record(y)));
  y.message = "n";
  BOOST_TEST(!same_message(encode_record(x), encode_record(y)));
  BOOST_TEST(!same_message("", ""));
}

BOOST_AUTO_TEST_SUITE_END()
