#include "cli/aops/text/host_file.hpp"

#include <boost/test/unit_test.hpp>

namespace host_file_test {

using namespace aops;
using namespace aops::cli;

namespace {

/// `address port`, `-` without one, or the reason.
std::string split(std::string_view text) {
  auto parts = split_address(text);
  if (!parts)
    return parts.error().detail;
  return parts->first + " " + (parts->second ? std::to_string(*parts->second) : "-");
}

std::string read(const std::string& name, std::string_view text) {
  auto hosts = read_hosts(name, text);
  return hosts ? to_line(*hosts) : hosts.error().detail;
}

} // namespace

BOOST_AUTO_TEST_SUITE(host_file)

BOOST_AUTO_TEST_CASE(a_port_may_stand_behind_an_address) {
  BOOST_TEST(split("192.0.2.7") == "192.0.2.7 -");
  BOOST_TEST(split("192.0.2.7:9200") == "192.0.2.7 9200");
  BOOST_TEST(split("web1.example.org:9200") == "web1.example.org 9200");
  BOOST_TEST(split("2001:db8::1") == "2001:db8::1 -");
  BOOST_TEST(split("[2001:db8::1]") == "2001:db8::1 -");
  BOOST_TEST(split("[2001:db8::1]:9200") == "2001:db8::1 9200");
  for (auto wrong :
       {"web1:", "web1:x", "web1:0", "web1:65536", "web1:-1", "[::1]9200", "web1:9100x"})
    BOOST_TEST(split(wrong).find("no port from 1 to 65535") != std::string::npos, wrong);
  BOOST_TEST(split("[::1").find("never closed") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(csv_has_a_header_in_any_of_both_spellings) {
  BOOST_TEST(read("h.csv",
                  "name,address,port,group\n"
                  "web1,192.0.2.7,,web\n"
                  "db1,[2001:db8::1]:9200,,\n") ==
             R"([{"host_name":"web1","public_ip":"192.0.2.7","host_group_name":"web"},)"
             R"({"host_name":"db1","public_ip":"2001:db8::1","exporter_port":9200}])");
  BOOST_TEST(read("h.csv", "host_name,public_ip,ssh_port,management\nweb1,web1,2222,true\n") ==
             R"([{"host_name":"web1","public_ip":"web1","ssh_port":"2222","management":"true"}])");
}

BOOST_AUTO_TEST_CASE(yaml_and_json_are_lists) {
  auto list = R"([{"host_name":"web1","public_ip":"192.0.2.7","exporter_port":9200}])";
  BOOST_TEST(read("h.yaml", "- {name: web1, address: \"192.0.2.7:9200\"}\n") == list);
  BOOST_TEST(
    read("h.yaml", "host_list:\n  - name: web1\n    address: 192.0.2.7\n    port: 9200\n") == list);
  BOOST_TEST(
    read("h.json", R"({"host_list":[{"host_name":"web1","public_ip":"192.0.2.7:9200"}]})") == list);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_with_its_place) {
  BOOST_TEST(read("h.csv", "") == "h.csv: is empty");
  BOOST_TEST(read("h.csv", "name,adress\n") ==
             "h.csv: line 1: unknown: `adress`; did you mean address?");
  BOOST_TEST(read("h.csv", "name,address\nweb1\n") ==
             "h.csv: line 2: 1 cells where the header has 2");
  BOOST_TEST(read("h.csv", "name,address\nweb1,\n") == "h.csv: line 2: public_ip is missing");
  BOOST_TEST(read("h.csv", "name,address\nweb1,web1:x\n").starts_with("h.csv: line 2: `web1:x`: "));
  BOOST_TEST(read("h.csv", "name,address,port\nweb1,web1:1,2\n") ==
             "h.csv: line 2: exporter_port is given twice");
  BOOST_TEST(read("h.csv", "name,host_name,address\na,b,c\n") ==
             "h.csv: line 2: host_name is given twice");
  BOOST_TEST(read("h.json", "[{\"name\": \"a\"}]") == "h.json: host 1: public_ip is missing");
  BOOST_TEST(read("h.json", "[{\"name\": \"a\", \"address\": \"b\", \"password\": \"c\"}]") ==
             "h.json: host 1: unknown: `password`");
  BOOST_TEST(read("h.json", "[1]") == "h.json: host 1: is no host with name and address");
  BOOST_TEST(read("h.json", "{}").find("holds no hosts") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace host_file_test
