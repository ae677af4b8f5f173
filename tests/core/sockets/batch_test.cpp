#include "runtime/base/json_library.hpp"
#include "runtime/core/sockets/batch.hpp"
#include "runtime/core/sockets/exporter_text.hpp"
#include "tests/core/sockets/socket_rows.hpp"

#include <boost/test/unit_test.hpp>

namespace batch_test {

using namespace aops::sockets;
using aops::tests::address;
using nlohmann::json;

namespace {

batch filled_batch() {
  batch x;
  x.machine_id = "0123456789abcdef0123456789abcdef";
  x.hostname = "web1";
  x.agent = "aops-agent 0.1.0";
  x.addresses = {"10.0.0.1", "fe80::1"};
  x.time_ms = 1'638'316'800'000;
  x.period_ms = 5000;
  tcp_link one;
  one.process_name = "ngi\"nx\xff";
  one.pids = {811, 812};
  one.is_server = true;
  one.client = address("10.0.0.1");
  one.server = address("10.0.0.2");
  one.server_port = 3306;
  one.link_count = 4;
  one.known = 1U << rx_bytes | 1U << retran_packets;
  one.totals = {5120, 9, 9, 9, 2};
  one.sums = {99'999, 0, 0, 0, 7};
  one.knows_rtt = true;
  one.rtt_us = 404;
  one.rtt_max_us = 900;
  x.links = {one};
  x.ports = {{"nginx", {811}, address("0.0.0.0"), 80}, {"", {}, address("::"), 22}};
  x.processes = {{"nginx", "www-data", "nginx", {811, 812}}};
  x.balanced = {{address("10.0.0.1"), address("10.0.0.100"), address("10.0.0.2"), 80, 8080, 3}};
  x.records = {
    {"nginx_link", true, {{"client_ip", "10.0.0.1"}}, {{"link_count", "2", false, false}}},
    {"queue", false, {{"name", "a"}}, {{"depth", "1.5", false, false}}}};
  return x;
}

} // namespace

BOOST_AUTO_TEST_SUITE(batches)

BOOST_AUTO_TEST_CASE(it_is_told_as_agreed) {
  auto x = json::parse(to_json(filled_batch()));
  BOOST_TEST(x == json::parse(R"({
    "machine_id": "0123456789abcdef0123456789abcdef", "hostname": "web1", "addresses": ["10.0.0.1", "fe80::1"],
    "time_ms": 1638316800000, "period_ms": 5000, "agent": "aops-agent 0.1.0", "is_cut": false,
    "links": [{"table_name": "tcp_link", "process_name": "ngi\"nx\ufffd", "pids": [811, 812], "role": "server",
               "client_ip": "10.0.0.1", "server_ip": "10.0.0.2", "server_port": 3306, "protocol": 2, "link_count": 4,
               "rx_bytes": 5120, "retran_packets": 2, "rtt": 404, "rtt_max": 900}],
    "listening": [{"process_name": "nginx", "pids": [811], "address": "0.0.0.0", "port": 80},
                  {"pids": [], "address": "::", "port": 22}],
    "processes": [{"process_name": "nginx", "pids": [811, 812], "user": "www-data", "command": "nginx"}],
    "records": [{"table_name": "ipvs_link", "process_name": "ipvs", "client_ip": "10.0.0.1", "virtual_ip": "10.0.0.100",
                 "virtual_port": 80, "server_ip": "10.0.0.2", "server_port": 8080, "protocol": 2, "link_count": 3},
                {"table_name": "nginx_link", "client_ip": "10.0.0.1", "link_count": 2}]})"));
}

BOOST_AUTO_TEST_CASE(an_empty_one_is_told_too) {
  auto x = json::parse(to_json({}));
  BOOST_TEST(x["links"] == json::array());
  BOOST_TEST(x["records"] == json::array());
}

BOOST_AUTO_TEST_CASE(ipv6_is_family_10) {
  tcp_link x;
  x.client = address("2001:db8::1");
  x.server = address("2001:db8::2");
  BOOST_TEST(x.family() == 10);
}

BOOST_AUTO_TEST_CASE(a_page_has_sums_and_no_line_for_what_is_not_known) {
  auto text = exporter_text(filled_batch(), {{"sockets", false, "Sockets.", 12}});
  auto has = [&](std::string_view line) { return text.find(line) != std::string::npos; };
  std::string labels =
    R"({process_name="ngi\"nx)"
    "\xff"
    R"(",role="server",client_ip="10.0.0.1",server_ip="10.0.0.2",server_port="3306",protocol="2",)"
    R"(machine_id="0123456789abcdef0123456789abcdef",hostname="web1"})";
  BOOST_TEST(has("# TYPE gala_gopher_tcp_link_rx_bytes counter\ngala_gopher_tcp_link_rx_bytes" +
                 labels + " 99999\n"));
  BOOST_TEST(has("gala_gopher_tcp_link_rtt" + labels + " 404\n"));
  BOOST_TEST(!has("tx_bytes"));
  BOOST_TEST(!has("lost_packets"));
  BOOST_TEST(has(R"(gala_gopher_queue_depth{name="a",machine_id=)"));
  BOOST_TEST(has("gala_gopher_ipvs_link_link_count{"));
  BOOST_TEST(has("# TYPE aops_agent_sockets gauge\naops_agent_sockets 12\n"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace batch_test
