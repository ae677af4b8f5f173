// What agents tell, within bounds.
#include "runtime/core/topology/batch.hpp"
#include "tests/support/outcome.hpp"

#include <boost/test/unit_test.hpp>

namespace batch_test {

using namespace aops;
using namespace aops::topology;

namespace {

std::string batch_of(const std::string& members) {
  return R"({"machine_id":"ab12","hostname":"web1",)" + members + "}";
}

std::string refusal_of(const std::string& members, size_t most = 100) {
  auto read = parse_batch(batch_of(members), most);
  return read ? "none" : read.error().detail;
}

batch read_of(const std::string& members, size_t most = 100) {
  return aops::tests::ok(parse_batch(batch_of(members), most));
}

const std::string curl =
  R"({"process_name":"curl","role":"client","client_ip":"10.0.0.1","server_ip":"10.0.0.2",)"
  R"("server_port":80,"pids":[9,7],"link_count":2,"rx_bytes":100,"rtt":400,"unheard":{"of":1}})";

} // namespace

BOOST_AUTO_TEST_SUITE(batches_of_agents)

BOOST_AUTO_TEST_CASE(a_link_is_read) {
  auto x = read_of(R"("links":[)" + curl + R"(],"time_ms":5,"period_ms":1000,"agent":"a 1")");
  BOOST_TEST(x.machine_id == "ab12");
  BOOST_TEST(x.hostname == "web1");
  BOOST_TEST(x.time_ms == 5);
  BOOST_TEST(x.period_ms == 1000);
  BOOST_REQUIRE(x.links.size() == 1u);
  const auto& l = x.links[0];
  BOOST_TEST((l.ends.side == link_side::client));
  BOOST_TEST(l.ends.server_ip == "10.0.0.2");
  BOOST_TEST(l.ends.server_port == 80);
  BOOST_TEST(l.count == 2);
  BOOST_TEST(l.at(figure::rx_bytes) == 100);
  BOOST_TEST(l.at(figure::rtt) == 400);
  BOOST_TEST(l.at(figure::tx_bytes) == not_told);
  BOOST_REQUIRE(x.processes.size() == 1u); // Of the pids of its link.
  BOOST_TEST(x.processes[0].pids == (std::vector<int64_t>{7, 9}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(links_of_the_same_ends_are_one) {
  auto x = read_of(R"("links":[)" + curl + "," + curl + "]");
  BOOST_REQUIRE(x.links.size() == 1u);
  BOOST_TEST(x.links[0].count == 4);
  BOOST_TEST(x.links[0].at(figure::rx_bytes) == 200); // Counted.
  BOOST_TEST(x.links[0].at(figure::rtt) == 400);      // Of now.
}

BOOST_AUTO_TEST_CASE(addresses_have_one_form) {
  auto x = read_of(R"("addresses":["::ffff:10.0.0.1","FE80::1%eth0","127.0.0.1","10.0.0.1"],)"
                   R"("listening":[{"process_name":"nginx","address":"[::]","port":80}])");
  BOOST_TEST(x.addresses == (std::vector<std::string>{"10.0.0.1", "fe80::1"}),
             boost::test_tools::per_element());
  BOOST_TEST(x.listening.at(0).address == "::");
}

BOOST_AUTO_TEST_CASE(records_of_balancers_are_links) {
  auto x = read_of(
    R"("records":[{"table_name":"ipvs_link","client_ip":"10.0.0.1","virtual_ip":"10.0.0.9",)"
    R"("virtual_port":"80","local_ip":"10.0.0.8","server_ip":"10.0.0.2","server_port":8080},)"
    R"({"table_name":"dnsmasq_link","whatever":1}])");
  BOOST_REQUIRE(x.links.size() == 1u);
  const auto& e = x.links[0].ends;
  BOOST_TEST((e.kind == link_kind::ipvs));
  BOOST_TEST(e.process == "ipvs");
  BOOST_TEST(e.virtual_ip == "10.0.0.9");
  BOOST_TEST(e.virtual_port == 80);
  BOOST_TEST(e.local_ip == "10.0.0.8");
}

BOOST_AUTO_TEST_CASE(what_is_too_much_is_left_out_and_told) {
  std::string links;
  for (int i = 1; i <= 5; ++i)
    links += (i > 1 ? "," : "") +
             std::string{R"({"role":"server","process_name":"p","client_ip":"10.0.0.)"} +
             std::to_string(i) + R"(","server_ip":"10.0.0.9","server_port":1})";
  BOOST_TEST(!read_of(R"("links":[)" + links + "]", 5).is_cut);
  auto x = read_of(R"("links":[)" + links + "]", 4);
  BOOST_TEST(x.is_cut);
  BOOST_TEST(x.links.size() == 4u);
  BOOST_TEST(read_of(R"("is_cut":true)").is_cut);
  auto named = read_of(R"("processes":[{"process_name":")" + std::string(200, 'n') + R"("}])");
  BOOST_TEST(named.processes.at(0).name.size() == most_name);
}

BOOST_AUTO_TEST_CASE(what_does_not_read_is_named) {
  BOOST_TEST(refusal_of(R"("links":{})") == "links: must be a list");
  BOOST_TEST(refusal_of(R"("links":[1])") == "links[0]: must be an object");
  BOOST_TEST(refusal_of(R"("links":[)" + curl + R"(,{"role":"client"}])") ==
             "links[1].client_ip: is missing");
  auto with = [](const std::string& member) {
    return refusal_of(R"("links":[{"client_ip":"1.2.3.4","server_ip":"1.2.3.4",)" + member + "}]");
  };
  BOOST_TEST(with(R"("role":"client")") == "links[0].server_port: is missing");
  BOOST_TEST(with(R"("role":"client","server_port":70000)") ==
             "links[0].server_port: must be from 1 to 65535");
  BOOST_TEST(with(R"("role":"both","server_port":7)") == "links[0].role: must be server or client");
  BOOST_TEST(
    with(R"("role":"1","server_port":7,"rx_bytes":-1)").starts_with("links[0].rx_bytes: "));
  BOOST_TEST(with(R"("role":"1","server_port":7,"pids":[0])").starts_with("links[0].pids: "));
  BOOST_TEST(refusal_of(R"("addresses":["web1"])") == "addresses[0]: must be an IP address");
  BOOST_TEST(refusal_of(R"("period_ms":0)") == "period_ms: must be from 1 to 3600000");
  BOOST_TEST(parse_batch("{}", 9).error().detail == "machine_id: is missing");
  BOOST_TEST((parse_batch("[]", 9).error() == ec::bad_request));
  BOOST_TEST((parse_batch("{", 9).error() == ec::bad_request));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace batch_test
