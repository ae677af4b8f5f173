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

BOOST_AUTO_TEST_CASE(a_line_of_the_older_form_is_read) {
  // severity, facility, cut; source, program, pid, message; one field.
  std::string bytes{"\x01\x03\x17\x01\x02/a\x01p\x01"
                    "1\x02"
                    "hi\x01\x01"
                    "f\x01"
                    "v",
                    19};
  auto x = decode_record(bytes);
  BOOST_REQUIRE(x);
  BOOST_TEST((x->severity == 3 && x->facility == 23 && x->is_cut));
  BOOST_TEST(x->source + x->program + x->pid + x->message == "/ap1hi");
  BOOST_TEST((x->fields == std::vector<std::pair<std::string, std::string>>{{"f", "v"}}));
  record now = *x;
  BOOST_TEST(same_message(bytes, encode_record(now))); // Known again when it is sent once more.
  BOOST_TEST(!decode_record(bytes.substr(0, 18)));
}

BOOST_AUTO_TEST_CASE(a_message_may_have_any_bytes) {
  record x;
  x.message = std::string{"a\0b\0", 4};
  x.source = std::string(200, 's');
  BOOST_TEST((decode_record(encode_record(x)).value() == x));
  BOOST_TEST((decode_record(encode_record(record{})).value() == record{}));
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
