#include "runtime/base/digest.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

namespace digest_test {

namespace base = aops::base;

BOOST_AUTO_TEST_SUITE(digests)

BOOST_AUTO_TEST_CASE(sha256_gives_the_published_digests) {
  // FIPS 180-4 examples.
  BOOST_TEST(base::sha256_hex("") ==
             "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  BOOST_TEST(base::sha256_hex("abc") ==
             "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  BOOST_TEST(base::sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
             "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

BOOST_AUTO_TEST_CASE(hex_digits_read_back_in_either_case) {
  BOOST_TEST(base::from_hex("00fFa5").value() == std::string("\x00\xff\xa5", 3));
  BOOST_TEST(base::from_hex("").value().empty());
  BOOST_TEST(!base::from_hex("abc"));
  BOOST_TEST(!base::from_hex("0g"));
}

BOOST_AUTO_TEST_CASE(random_texts_have_the_asked_length_and_never_repeat) {
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    auto text = base::random_hex(16);
    BOOST_TEST(text.size() == 32u);
    seen.insert(text);
  }
  BOOST_TEST(seen.size() == 200u);
  BOOST_TEST(base::random_hex(0).empty());
}

BOOST_AUTO_TEST_CASE(secrets_are_equal_only_when_every_byte_is) {
  BOOST_TEST(base::same_secret("", ""));
  BOOST_TEST(base::same_secret("token", "token"));
  BOOST_TEST(!base::same_secret("token", "tokem"));
  BOOST_TEST(!base::same_secret("token", "token "));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace digest_test
