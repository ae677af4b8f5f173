#include "cli/aops/net/target.hpp"

#include <boost/test/unit_test.hpp>

namespace target_test {

using namespace aops::cli;

BOOST_AUTO_TEST_SUITE(cli_target)

BOOST_AUTO_TEST_CASE(urls_are_read_and_nonsense_is_refused) {
  BOOST_TEST(parse_url("https://node1")->port == 443);
  BOOST_TEST(parse_url("node1")->origin() == "https://node1:11111");
  BOOST_TEST(parse_url("http://[::1]:80/api/")->origin() == "http://[::1]:80");
  BOOST_TEST(parse_url("http://[::1]:80/api/")->prefix == "/api");
  for (const auto* url : {"",
                          "ftp://x",
                          "https://",
                          "https://x:0",
                          "https://x:70000",
                          "https://x:8y",
                          "https://u:p@x",
                          "https://a b"})
    BOOST_TEST(!parse_url(url), url);
  BOOST_TEST(is_loopback("127.3.2.1"));
  BOOST_TEST(is_loopback("::1"));
  BOOST_TEST(is_loopback("localhost"));
  BOOST_TEST(!is_loopback("192.0.2.1"));
  BOOST_TEST(!is_loopback("localhost.example.org"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace target_test
