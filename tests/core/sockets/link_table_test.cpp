#include "runtime/core/sockets/link_table.hpp"
#include "tests/core/sockets/socket_rows.hpp"

#include <boost/test/unit_test.hpp>

namespace link_table_test {

using namespace aops;
using namespace aops::sockets;
using tests::connection_row;
using tests::listener_row;

namespace {

struct fixture {
  tests::holders who;
  link_table table;
  batch out;

  const batch& look(const std::vector<socket_row>& rows) {
    out = {};
    table.next(rows, who.asked(), out);
    return out;
  }
};

/// `nginx server 10.0.0.1 10.0.0.2:80 x2`.
std::string shown(const tcp_link& x) {
  return x.process_name + (x.is_server ? " server " : " client ") + to_string(x.client) + " " +
         to_string(x.server) + ":" + std::to_string(x.server_port) + " x" +
         std::to_string(x.link_count);
}

socket_row told(socket_row row, uint64_t rx, uint64_t tx, uint32_t rtt = 0) {
  row.tell(rx_bytes, rx);
  row.tell(tx_bytes, tx);
  row.rtt_us = rtt;
  row.knows_rtt = rtt > 0;
  return row;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(link_tables, fixture)

BOOST_AUTO_TEST_CASE(who_listens_is_the_server_and_client_ports_are_no_difference) {
  who.add(1, 811, "nginx", "www-data");
  who.add(2, 812, "nginx", "www-data");
  who.add(3, 811, "nginx", "www-data");
  who.add(4, 900, "curl");
  const auto& got = look({listener_row(1, "0.0.0.0", 80),
                          connection_row(2, "10.0.0.2", 80, "10.0.0.1", 40'000),
                          connection_row(3, "10.0.0.2", 80, "10.0.0.1", 40'001),
                          connection_row(4, "10.0.0.2", 41'000, "10.0.0.9", 443)});
  BOOST_REQUIRE(got.links.size() == 2u);
  BOOST_TEST(shown(got.links[0]) == "nginx server 10.0.0.1 10.0.0.2:80 x2");
  BOOST_TEST(got.links[0].pids == (std::vector<int>{811, 812}), boost::test_tools::per_element());
  BOOST_TEST(shown(got.links[1]) == "curl client 10.0.0.2 10.0.0.9:443 x1");
  BOOST_REQUIRE(got.ports.size() == 1u);
  BOOST_TEST(got.ports[0].process_name == "nginx");
  BOOST_TEST(to_string(got.ports[0].address) == "0.0.0.0");
  BOOST_REQUIRE(got.processes.size() == 2u);
  BOOST_TEST(got.processes[1].user == "www-data");
  BOOST_TEST(!got.is_cut);
}

BOOST_AUTO_TEST_CASE(two_ports_of_one_server_are_two_links) {
  who.add(1, 7, "curl");
  who.add(2, 7, "curl");
  const auto& got = look({connection_row(1, "10.0.0.1", 40'000, "10.0.0.2", 80),
                          connection_row(2, "10.0.0.1", 40'001, "10.0.0.2", 8080)});
  BOOST_REQUIRE(got.links.size() == 2u);
  BOOST_TEST(got.links[0].server_port == 80);
  BOOST_TEST(got.links[1].server_port == 8080);
}

BOOST_AUTO_TEST_CASE(a_listener_takes_what_its_address_takes) {
  auto role = [&](socket_row listener, const std::string& local, const std::string& remote) {
    fixture x;
    x.who.add(1, 1, "a");
    x.who.add(2, 2, "b");
    return x.look({listener, connection_row(2, local, 80, remote, 1)}).links.at(0).is_server;
  };
  BOOST_TEST(role(listener_row(1, "10.0.0.2", 80), "10.0.0.2", "10.0.0.1"));
  BOOST_TEST(!role(listener_row(1, "10.0.0.3", 80), "10.0.0.2", "10.0.0.1"));
  BOOST_TEST(!role(listener_row(1, "0.0.0.0", 81), "10.0.0.2", "10.0.0.1"));
  BOOST_TEST(role(listener_row(1, "::", 80), "10.0.0.2", "10.0.0.1"));
  BOOST_TEST(role(listener_row(1, "::", 80), "2001:db8::2", "2001:db8::1"));
  BOOST_TEST(!role(listener_row(1, "0.0.0.0", 80), "2001:db8::2", "2001:db8::1"));
  auto six = listener_row(1, "::", 80);
  six.is_v6_only = true;
  BOOST_TEST(!role(six, "10.0.0.2", "10.0.0.1"));
  BOOST_TEST(role(six, "2001:db8::2", "2001:db8::1"));
}

BOOST_AUTO_TEST_CASE(mapped_and_plain_ipv4_are_one_link) {
  who.add(1, 1, "a");
  who.add(2, 1, "a");
  const auto& got = look({connection_row(1, "10.0.0.1", 1, "10.0.0.2", 80),
                          connection_row(2, "::ffff:10.0.0.1", 2, "::ffff:10.0.0.2", 80)});
  BOOST_REQUIRE(got.links.size() == 1u);
  BOOST_TEST(got.links[0].link_count == 2u);
  BOOST_TEST(got.links[0].family() == 2);
}

BOOST_AUTO_TEST_CASE(both_ends_on_this_host_are_two_links) {
  who.add(1, 1, "db");
  who.add(2, 1, "db");
  who.add(3, 2, "app");
  const auto& got = look({listener_row(1, "127.0.0.1", 3306),
                          connection_row(2, "127.0.0.1", 3306, "127.0.0.1", 40'000),
                          connection_row(3, "127.0.0.1", 40'000, "127.0.0.1", 3306)});
  BOOST_REQUIRE(got.links.size() == 2u);
  BOOST_TEST(shown(got.links[0]) == "app client 127.0.0.1 127.0.0.1:3306 x1");
  BOOST_TEST(shown(got.links[1]) == "db server 127.0.0.1 127.0.0.1:3306 x1");
}

BOOST_AUTO_TEST_CASE(counters_are_those_of_the_period) {
  who.add(1, 1, "a");
  who.add(2, 1, "a");
  auto one = connection_row(1, "10.0.0.1", 1, "10.0.0.2", 80);
  auto two = connection_row(2, "10.0.0.1", 2, "10.0.0.2", 80);
  // Nothing is known of the time before.
  BOOST_TEST(!look({told(one, 1000, 500)}).links[0].knows(rx_bytes));
  const auto& x = look({told(one, 1100, 500), told(two, 7, 3)}).links[0];
  BOOST_TEST(x.knows(rx_bytes));
  BOOST_TEST(x.totals[rx_bytes] == 107u); // The new one is of this period whole.
  BOOST_TEST(x.totals[tx_bytes] == 3u);
  BOOST_TEST(!x.knows(packets_in));
  BOOST_TEST(look({told(one, 1100, 500), told(two, 7, 3)}).links[0].totals[rx_bytes] == 0u);
}

BOOST_AUTO_TEST_CASE(a_counter_that_goes_back_began_anew) {
  who.add(1, 1, "a");
  auto row = connection_row(1, "10.0.0.1", 1, "10.0.0.2", 80);
  look({told(row, 1000, 0)});
  BOOST_TEST(look({told(row, 40, 0)}).links[0].totals[rx_bytes] == 40u);
}

BOOST_AUTO_TEST_CASE(an_inode_that_is_used_again_is_another_connection) {
  who.add(1, 1, "a");
  auto old = connection_row(1, "10.0.0.1", 1, "10.0.0.2", 80);
  look({told(old, 1000, 0)});
  auto reused = old;
  reused.cookie = 99;
  BOOST_TEST(look({told(reused, 1200, 0)}).links[0].totals[rx_bytes] == 1200u);
}

BOOST_AUTO_TEST_CASE(who_served_still_does_when_nobody_listens_any_more) {
  who.add(1, 1, "a");
  who.add(2, 1, "a");
  auto row = connection_row(2, "10.0.0.1", 80, "10.0.0.2", 40'000);
  BOOST_TEST(look({listener_row(1, "0.0.0.0", 80), row}).links[0].is_server);
  BOOST_TEST(look({row}).links[0].is_server);
  auto other = row;
  other.cookie = 77;
  BOOST_TEST(!look({other}).links[0].is_server);
}

BOOST_AUTO_TEST_CASE(what_was_not_accepted_yet_belongs_to_who_listens) {
  who.add(1, 5, "slow");
  auto row = connection_row(0, "10.0.0.1", 80, "10.0.0.2", 40'000);
  row.cookie = 12;
  const auto& got = look({listener_row(1, "0.0.0.0", 80), row});
  BOOST_REQUIRE(got.links.size() == 1u);
  BOOST_TEST(shown(got.links[0]) == "slow server 10.0.0.2 10.0.0.1:80 x1");
  row.state = state_last_ack; // Its process let go of it.
  BOOST_TEST(look({listener_row(1, "0.0.0.0", 80), row}).links.empty());
}

BOOST_AUTO_TEST_CASE(without_an_owner_there_is_no_link_and_it_is_counted) {
  const auto& got =
    look({listener_row(1, "0.0.0.0", 80), connection_row(2, "10.0.0.1", 80, "10.0.0.2", 40'000)});
  BOOST_TEST(got.links.empty());
  BOOST_TEST(got.ports.size() == 1u);
  BOOST_TEST(got.ports[0].process_name == "");
  BOOST_TEST(table.without_owner() == 1u);
}

BOOST_AUTO_TEST_CASE(what_moves_until_an_owner_is_found_counts_when_he_is) {
  auto row = connection_row(1, "10.0.0.1", 40'000, "10.0.0.2", 80);
  look({});
  look({told(row, 10, 100)});
  look({told(row, 20, 300)});
  who.add(1, 7, "curl");
  auto got = look({told(row, 25, 400)});
  BOOST_REQUIRE(got.links.size() == 1u);
  BOOST_TEST(got.links[0].totals[rx_bytes] == 25u);
  BOOST_TEST(got.links[0].totals[tx_bytes] == 400u);
  got = look({told(row, 26, 400)});
  BOOST_TEST(got.links[0].totals[rx_bytes] == 1u);
  BOOST_TEST(got.links[0].totals[tx_bytes] == 0u);
}

BOOST_AUTO_TEST_CASE(of_what_was_there_at_the_first_look_the_time_before_does_not_count) {
  auto row = connection_row(1, "10.0.0.1", 40'000, "10.0.0.2", 80);
  look({told(row, 10, 100)}); // Whose it is is not known yet.
  who.add(1, 7, "curl");
  const auto& got = look({told(row, 15, 100)});
  BOOST_REQUIRE(got.links.size() == 1u);
  BOOST_TEST(got.links[0].totals[rx_bytes] == 5u);
  BOOST_TEST(got.links[0].totals[tx_bytes] == 0u);
}

BOOST_AUTO_TEST_CASE(round_trips_are_the_mean_and_the_worst) {
  who.add(1, 1, "a");
  who.add(2, 1, "a");
  who.add(3, 1, "a");
  const auto& x = look({told(connection_row(1, "10.0.0.1", 1, "10.0.0.2", 80), 0, 0, 100),
                        told(connection_row(2, "10.0.0.1", 2, "10.0.0.2", 80), 0, 0, 300),
                        told(connection_row(3, "10.0.0.1", 3, "10.0.0.2", 80), 0, 0)})
                    .links[0];
  BOOST_TEST(x.knows_rtt);
  BOOST_TEST(x.rtt_us == 200u);
  BOOST_TEST(x.rtt_max_us == 300u);
}

BOOST_AUTO_TEST_CASE(what_is_excluded_is_not_told) {
  table = link_table{exclusions{{"ssh*", "cron", "10.9.0.0/16", "10.8.0.1"}}};
  who.add(1, 1, "sshd");
  who.add(2, 2, "crond");
  who.add(3, 3, "cron");
  who.add(4, 4, "a");
  who.add(5, 4, "a");
  const auto& got = look({listener_row(1, "0.0.0.0", 22),
                          connection_row(1, "10.0.0.1", 22, "10.0.0.2", 1),
                          connection_row(2, "10.0.0.1", 2, "10.0.0.2", 80),
                          connection_row(3, "10.0.0.1", 3, "10.0.0.2", 80),
                          connection_row(4, "10.0.0.1", 4, "10.9.3.2", 80),
                          connection_row(5, "10.0.0.1", 5, "10.8.0.1", 80)});
  BOOST_REQUIRE(got.links.size() == 1u);
  BOOST_TEST(got.links[0].process_name == "crond");
  BOOST_TEST(got.ports.empty());
}

BOOST_AUTO_TEST_CASE(the_links_with_most_connections_are_kept) {
  std::vector<socket_row> rows;
  uint32_t inode = 1;
  auto connect = [&](uint32_t client) {
    who.add(inode, 1, "a");
    auto row = connection_row(inode++, "10.0.0.1", 1, "10.1.0.0", 80);
    row.remote.bytes[14] = static_cast<uint8_t>(client >> 8U);
    row.remote.bytes[15] = static_cast<uint8_t>(client);
    rows.push_back(row);
  };
  for (uint32_t i = 0; i < most_links + 10; ++i)
    connect(i);
  for (uint32_t i = most_links; i < most_links + 10; ++i)
    connect(i);
  const auto& got = look(rows);
  BOOST_TEST(got.is_cut);
  BOOST_TEST(got.links.size() == most_links);
  for (size_t i = 0; i < 10; ++i)
    BOOST_TEST(got.links[i].link_count == 2u);
  BOOST_TEST(got.links[10].link_count == 1u);
}

BOOST_AUTO_TEST_CASE(many_processes_of_one_name_are_cut) {
  std::vector<socket_row> rows;
  for (uint32_t i = 1; i <= most_pids + 5; ++i) {
    who.add(i, static_cast<int>(i), "a");
    rows.push_back(connection_row(i, "10.0.0.1", static_cast<uint16_t>(i), "10.0.0.2", 80));
  }
  const auto& got = look(rows);
  BOOST_TEST(got.links[0].pids.size() == most_pids);
  BOOST_TEST(got.links[0].link_count == most_pids + 5);
}

BOOST_AUTO_TEST_CASE(sums_go_on_while_a_link_is_there) {
  table = link_table{exclusions{}, true};
  who.add(1, 1, "a");
  who.add(2, 1, "a");
  auto one = connection_row(1, "10.0.0.1", 1, "10.0.0.2", 80);
  auto two = connection_row(2, "10.0.0.1", 2, "10.0.0.2", 80);
  look({told(one, 1000, 0)});
  BOOST_TEST(look({told(one, 1010, 0)}).links[0].sums[rx_bytes] == 10u);
  BOOST_TEST(look({told(two, 5, 0)}).links[0].sums[rx_bytes] == 15u); // Another connection of it.
  look({});
  two.cookie = 3;
  BOOST_TEST(look({told(two, 6, 0)}).links[0].sums[rx_bytes] == 6u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace link_table_test
