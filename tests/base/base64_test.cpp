#include "runtime/base/base64.hpp"
#include "tests/support/outcome.hpp"

#include <boost/test/unit_test.hpp>

namespace base64_test {

using namespace aops;

BOOST_AUTO_TEST_SUITE(base64)

BOOST_AUTO_TEST_CASE(reads_back_what_it_wrote) {
  for (std::string bytes; bytes.size() < 20; bytes += static_cast<char>(bytes.size() * 37))
    BOOST_TEST(tests::ok(base::from_base64(base::to_base64(bytes))) == bytes);
  // RFC 4648, section 10.
  BOOST_TEST(base::to_base64("foob") == "Zm9vYg==");
  BOOST_TEST(base::to_base64("fooba") == "Zm9vYmE=");
  BOOST_TEST(base::to_base64("foobar") == "Zm9vYmFy");
}

BOOST_AUTO_TEST_CASE(is_refused_when_anything_else_is_in_it) {
  for (const auto* text : {"QUJD    ",
                           "    QUJD",
                           "QUJD\n\n\n\n",
                           "QUJ D   ",
                           "QUJDQ",
                           "QQ==QUJD",
                           "Q===",
                           "====",
                           "QU-_",
                           "QUJD----"})
    BOOST_TEST((tests::failure_of(base::from_base64(text)) == ec::bad_request), text);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace base64_test
