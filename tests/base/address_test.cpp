#include "runtime/base/address.hpp"

#include <boost/test/unit_test.hpp>

namespace address_test {

using namespace aops;

BOOST_AUTO_TEST_SUITE(addresses)

BOOST_AUTO_TEST_CASE(names_are_labels_of_which_the_last_is_no_number) {
  for (auto name : {"web1",
                    "localhost",
                    "a.b.example.com",
                    "Web-1.Example.COM.",
                    "db_1.internal",
                    "1and1.example",
                    "3com",
                    "xn--nxasmq6b.example"})
    BOOST_TEST(base::is_dns_name(name), name);
  for (auto wrong : {"",
                     ".",
                     "a..b",
                     ".a",
                     "a.b..",
                     "-a",
                     "a-.b",
                     "web 1",
                     "web1:9100",
                     "http://web1",
                     "web1/x",
                     "192.0.2.300",
                     "192.0.2",
                     "1",
                     "a.0x7f",
                     "büro.example",
                     "[::1]",
                     "a@b"})
    BOOST_TEST(!base::is_dns_name(wrong), wrong);
  auto labels_of = [](std::initializer_list<size_t> lengths) {
    std::string out;
    for (auto n : lengths) {
      out.append(n, 'a');
      out += '.';
    }
    return out + "b";
  };
  BOOST_TEST(base::is_dns_name(labels_of({63})));
  BOOST_TEST(!base::is_dns_name(labels_of({64})));
  BOOST_TEST(base::is_dns_name(labels_of({62, 62, 62, 62})));
  BOOST_TEST(!base::is_dns_name(labels_of({62, 62, 62, 63})));
}

BOOST_AUTO_TEST_CASE(an_address_has_one_form) {
  BOOST_TEST(base::canonical_address("Web1.Example.COM.") == "web1.example.com");
  BOOST_TEST(base::canonical_address("2001:DB8:0::1") == "2001:db8::1");
  BOOST_TEST(base::canonical_address("192.0.2.1") == "192.0.2.1");
  BOOST_TEST(base::canonical_address("No Name.") == "No Name.");
}

BOOST_AUTO_TEST_CASE(networks_are_addresses_with_their_first_bits) {
  for (const std::string network :
       {"10.0.0.0/8", "192.0.2.1", "0.0.0.0/0", "2001:db8::/32", "::1/128"})
    BOOST_TEST(base::is_network(network), network);
  for (const std::string wrong :
       {"", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "::1/129", "web1/8", "10.0.0/8"})
    BOOST_TEST(!base::is_network(wrong), wrong);
  auto in = [](const std::string& address, const std::string& network) {
    return base::is_in_networks(address, {"203.0.113.0/24", network});
  };
  BOOST_TEST(in("10.255.0.1", "10.0.0.0/8"));
  BOOST_TEST(!in("11.0.0.1", "10.0.0.0/8"));
  BOOST_TEST(in("192.0.2.127", "192.0.2.0/25"));
  BOOST_TEST(!in("192.0.2.128", "192.0.2.0/25"));
  BOOST_TEST(in("::ffff:10.0.0.1", "10.0.0.0/8"));
  BOOST_TEST(in("2001:db8:ffff::1", "2001:db8::/32"));
  BOOST_TEST(!in("2001:db9::1", "2001:db8::/32"));
  BOOST_TEST(!in("::1", "0.0.0.0/0"));
  BOOST_TEST(!in("web1", "0.0.0.0/0"));
  BOOST_TEST(!base::is_in_networks("10.0.0.1", {}));
}

BOOST_AUTO_TEST_CASE(ipv6_stands_in_brackets_before_a_port) {
  BOOST_TEST(base::with_port("2001:db8::1", 9100) == "[2001:db8::1]:9100");
  BOOST_TEST(base::with_port("192.0.2.1", 80) == "192.0.2.1:80");
  BOOST_TEST(base::with_port("web1", 80) == "web1:80");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace address_test
