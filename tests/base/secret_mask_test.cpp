#include "runtime/base/json_library.hpp"
#include "runtime/base/secret_mask.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <vector>

namespace secret_mask_test {

using namespace aops::base;

namespace {

std::string masked(std::vector<std::string_view> secrets, std::string text) {
  secret_mask{secrets}.apply(text);
  return text;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_secret_is_masked_wherever_it_stands) {
  BOOST_TEST(masked({"hunter2!"}, "xhunter2!y hunter2!") == "x********y ********");
  BOOST_TEST(masked({"one", "onetwo"}, "one onetwo") == "******** ********");
  BOOST_TEST(masked({"abcd", "abcdefgh"}, "abcdefgh abcd") == "******** ********");
  BOOST_TEST(masked({"", "abcd"}, "") == "");
  BOOST_TEST(masked({}, "nothing to hide") == "nothing to hide");
}

BOOST_AUTO_TEST_CASE(a_secret_is_masked_as_programs_write_it) {
  const std::string_view secret = "p\"a'ss\\w\xC3\xB6rd &?";
  for (const char* text : {
         R"({"password": "p\"a'ss\\w\u00f6rd &?"})",
         "{\"password\": \"p\\\"a'ss\\\\w\xC3\xB6rd &?\"}",
         R"(p%22a%27ss%5Cw%C3%B6rd%20%26%3F)",
         R"(p%22a%27ss%5cw%c3%b6rd%20%26%3f)",
         R"(p%22a%27ss%5Cw%C3%B6rd+%26%3F)",
         "'p\"a'\"'\"'ss\\w\xC3\xB6rd &?'",
         "70226127737"
         "35c77c3b67264"
         "20263f",
       })
    BOOST_TEST(masked({secret}, text).find("********") != std::string::npos, text);
  auto twice = nlohmann::json(nlohmann::json(std::string{secret}).dump()).dump();
  BOOST_TEST(masked({secret}, twice).find("********") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_secret_is_masked_inside_of_base64_at_each_offset) {
  // base64 of "hunter2!", "xhunter2!y", "xyhunter2!z"
  for (const char* text : {"aHVudGVyMiE=", "eGh1bnRlcjIheQ==", "eHlodW50ZXIyIXo="})
    BOOST_TEST(masked({"hunter2!"}, text).find("********") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(short_secrets_are_masked_as_words_only) {
  BOOST_TEST(masked({"a"}, "a cat and a dog") == "******** cat and ******** dog");
}

BOOST_AUTO_TEST_CASE(lines_of_a_key_are_masked_one_by_one) {
  std::string_view key = "-----BEGIN KEY-----\nabcdefghijklmnop\r\nqrstuvwxyz\n-----END KEY-----\n";
  BOOST_TEST(masked({key}, "key: abcdefghijklmnop") == "key: ********");
  BOOST_TEST(masked({key}, "qrstuvwxyz") == "********");
  BOOST_TEST(masked({key}, "-----BEGIN KEY-----") == "-----BEGIN KEY-----");
}

BOOST_AUTO_TEST_CASE(secrets_of_a_thousand_hosts_are_looked_for_at_once) {
  std::vector<std::string> texts;
  for (int i = 0; i < 2000; ++i)
    texts.push_back("Secret-of-host-" + std::to_string(i) + "!");
  std::vector<std::string_view> secrets(texts.begin(), texts.end());
  secret_mask mask{secrets};
  std::string text = "begin Secret-of-host-1999! end";
  mask.apply(text);
  BOOST_TEST(text == "begin ******** end");
}

BOOST_AUTO_TEST_CASE(keys_of_hundreds_of_hosts_are_masked_and_nothing_else_is) {
  std::mt19937 random{7};
  auto digits = [&](size_t n) {
    constexpr std::string_view all =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    while (out.size() < n)
      out += all[random() % all.size()];
    return out;
  };
  std::vector<std::string> keys;
  for (int i = 0; i < 300; ++i) {
    std::string key =
      "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAA\n";
    for (int line = 0; line < 20; ++line)
      key += digits(70) + "\n";
    keys.push_back(key + "-----END OPENSSH PRIVATE KEY-----\n");
  }
  secret_mask mask{std::vector<std::string_view>(keys.begin(), keys.end())};
  std::string plain;
  while (plain.size() < 1 << 20)
    plain += digits(60) + "\n";
  auto text = plain;
  mask.apply(text);
  BOOST_TEST((text == plain));
  for (const auto& key : {keys.front(), keys[150], keys.back()}) {
    auto line = key.substr(key.size() - 200, 70);
    text = "x" + key + "y " + line.substr(0, 10);
    mask.apply(text);
    BOOST_TEST(text == "x********y " + line.substr(0, 10));
  }
}

BOOST_AUTO_TEST_CASE(of_secrets_that_begin_alike_the_longest_is_masked) {
  std::vector<std::string_view> all{"abcd", "abcdefgh", "abcdefxy", "abcdz", "abcdefghijkl"};
  BOOST_TEST(masked(all, "abcdefghijk") == "********ijk");
  BOOST_TEST(masked(all, "abcdefghijkl") == "********");
  BOOST_TEST(masked(all, "abcdefxz") == "********efxz");
  BOOST_TEST(masked(all, "abcdefxyz") == "********z");
  BOOST_TEST(masked(all, "abc abcda abcdz") == "abc ********a ********");
  BOOST_TEST(masked({"a#", "#b"}, "a#c x#b a# a#") == "********c x******** a# a#");
}

} // namespace secret_mask_test
