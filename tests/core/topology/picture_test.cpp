// How both sides of links are joined.
#include "tests/core/topology/hosts_told.hpp"
#include "tests/support/outcome.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>

namespace picture_test {

using namespace aops;
using namespace aops::tests;
using namespace aops::topology;

namespace {

const std::string A = "10.0.0.1", B = "10.0.0.2", C = "10.0.0.3";

struct two_hosts : told_world {
  two_hosts() {
    see("a", A);
    see("b", B);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(pictures, two_hosts)

BOOST_AUTO_TEST_CASE(two_ports_of_a_server_are_two_links_with_figures_of_their_own) {
  auto first = calls("curl", A, B, 80), second = calls("curl", A, B, 81);
  first.figures[0] = 500;
  second.figures[0] = 7;
  tell("a", told_by(A, {first, second}));
  tell("b", told_by(B, {serves("nginx", A, B, 80), serves("nginx", A, B, 81)}));
  BOOST_TEST(drawn() == "a\nb\na.curl\nb.nginx\n"
                        "a.curl@10.0.0.1>b.nginx@10.0.0.2:80/tcp_link\n"
                        "a.curl@10.0.0.1>b.nginx@10.0.0.2:81/tcp_link\n");
  auto all = picture();
  auto x = entity_in(all, "a.curl@10.0.0.1>b.nginx@10.0.0.2:80/tcp_link");
  BOOST_TEST(x.name == "host-a.curl -> host-b.nginx 10.0.0.2:80");
  BOOST_TEST(attr_of(x, "rx_bytes") == "500");
  BOOST_TEST(attr_of(x, "rx_bytes_per_s") == "500");
  BOOST_TEST(attr_of(x, "tx_bytes") == "none");
  BOOST_TEST(attr_of(entity_in(all, all.entityids.back()), "rx_bytes") == "7");
  BOOST_TEST(x.anomaly->status == "ANOMALY_NO");
  BOOST_REQUIRE(x.dependingitems.size() == 1u);
  BOOST_TEST(x.dependingitems[0].calls.at(0).id == "b.nginx");
  BOOST_TEST(x.dependeditems[0].calls.at(0).type == "PROCESS");
  auto nginx = entity_in(all, "b.nginx");
  BOOST_TEST(nginx.dependeditems[0].calls.size() == 2u);
  BOOST_TEST(nginx.dependingitems[0].runOns.at(0).id == "b");
  BOOST_TEST(entity_in(all, "b").dependeditems[0].runOns.at(0).id == "b.nginx");
  BOOST_TEST(entity_in(all, "b").dependingitems.empty());
  BOOST_TEST(all.timestamp == now);
}

BOOST_AUTO_TEST_CASE(peers_that_nobody_watches_are_external) {
  tell("a", told_by(A, {calls("curl", A, "192.0.2.9", 443), serves("sshd", "192.0.2.8", A, 22)}));
  BOOST_TEST(drawn() == "a\na.curl\na.sshd\n"
                        "a.curl@10.0.0.1>external.192.0.2.9@192.0.2.9:443/tcp_link\n"
                        "external.192.0.2.8@192.0.2.8>a.sshd@10.0.0.1:22/tcp_link\n"
                        "external.192.0.2.8\nexternal.192.0.2.9\n");
  see("c", "192.0.2.9"); // Managed, without an agent.
  auto x = entity_in(picture(), "external.192.0.2.9");
  BOOST_TEST(attr_of(x, "host_id") == "\"c\"");
  BOOST_TEST(attr_of(x, "host_name") == "\"host-c\"");
  // Who is asked about is found by those that call it.
  BOOST_TEST(drawn("c") == "a\na.curl\na.curl@10.0.0.1>external.192.0.2.9@192.0.2.9:443/tcp_link\n"
                           "external.192.0.2.9\n");
}

BOOST_AUTO_TEST_CASE(a_host_that_talks_to_itself_is_shown_within) {
  tell("a",
       told_by(A,
               {calls("psql", "127.0.0.1", "127.0.0.1", 5432),
                serves("postgres", "127.0.0.1", "127.0.0.1", 5432),
                calls("curl", A, A, 80)}));
  BOOST_TEST(drawn() == "a\na.?\na.curl\na.postgres\na.psql\n"
                        "a.curl@10.0.0.1>a.?@10.0.0.1:80/tcp_link\n"
                        "a.psql@127.0.0.1>a.postgres@127.0.0.1:5432/tcp_link\n");
  BOOST_TEST(drawn("a", 0) == drawn());
}

BOOST_AUTO_TEST_CASE(who_listens_serves) {
  auto told = told_by(B, {});
  told.listening = {{"0.0.0.0", 80, "nginx"}, {B, 81, "apache2"}};
  tell("b", told);
  tell("a", told_by(A, {calls("curl", A, B, 80), calls("curl", A, B, 81)}));
  BOOST_TEST(drawn("a").find("b.nginx@10.0.0.2:80") != std::string::npos);
  BOOST_TEST(drawn("a").find("b.apache2@10.0.0.2:81") != std::string::npos);
  BOOST_TEST(attr_of(entity_in(picture(), "b.nginx"), "listening") == "\"0.0.0.0:80\"");
}

BOOST_AUTO_TEST_CASE(figures_that_only_the_server_tells_are_turned_round) {
  auto x = serves("nginx", "192.0.2.1", B, 80);
  x.figures = {1, 2, 3, 4, not_told, not_told, not_told, not_told};
  tell("b", told_by(B, {x}));
  auto link = picture().entities[2];
  BOOST_TEST(attr_of(link, "rx_bytes") == "2");
  BOOST_TEST(attr_of(link, "tx_bytes") == "1");
  BOOST_TEST(attr_of(link, "packets_in") == "4");
}

BOOST_AUTO_TEST_CASE(depth_goes_from_link_to_link) {
  see("c", C);
  tell("a", told_by(A, {calls("web", A, B, 80)}));
  tell("b", told_by(B, {serves("app", A, B, 80), calls("app", B, C, 5432)}));
  tell("c", told_by(C, {serves("db", B, C, 5432), calls("db", C, "192.0.2.9", 1)}));
  BOOST_TEST(drawn("a", 0) == "a\na.web\n");
  BOOST_TEST(drawn("a") == "a\nb\na.web\nb.app\na.web@10.0.0.1>b.app@10.0.0.2:80/tcp_link\n");
  BOOST_TEST(drawn("a", 2) == "a\nb\nc\na.web\nb.app\nc.db\n"
                              "a.web@10.0.0.1>b.app@10.0.0.2:80/tcp_link\n"
                              "b.app@10.0.0.2>c.db@10.0.0.3:5432/tcp_link\n");
  BOOST_TEST(drawn("a", 3) == drawn());
  // Also against the direction of links.
  BOOST_TEST(drawn("c", 3) == drawn());
}

BOOST_AUTO_TEST_CASE(a_picture_from_a_host_has_what_others_tell_of_it) {
  tell("a", told_by(A, {calls("curl", A, B, 80)}));
  tell("b", told_by(B, {})); // It sees none of it.
  BOOST_TEST(drawn("b") == "a\nb\na.curl\nb.?\na.curl@10.0.0.1>b.?@10.0.0.2:80/tcp_link\n");
}

BOOST_AUTO_TEST_CASE(hosts_of_others_are_addresses) {
  tell("a", told_by(A, {calls("curl", A, C, 80)}));
  tell("x", told_by(C, {serves("nginx", A, C, 80), calls("nginx", C, A, 22)}));
  BOOST_TEST(drawn() == "a\na.curl\na.curl@10.0.0.1>external.10.0.0.3@10.0.0.3:80/tcp_link\n"
                        "external.10.0.0.3\n");
  BOOST_TEST(drawn("a") == drawn());
  BOOST_TEST(status_of(world, who, now, rules).hosts == 1);
}

BOOST_AUTO_TEST_CASE(equal_names_stay_apart_and_equal_machines_are_told) {
  auto twin = told_by(A, {});
  tell("a", twin);
  twin.addresses = {B};
  tell("b", twin);
  BOOST_TEST(drawn() == "a\nb\n");
  BOOST_TEST(attr_of(entity_in(picture(), "a"), "hostname") == "\"same\"");
  BOOST_TEST(attr_of(entity_in(picture(), "a"), "same_machine_id") == "\"b\"");
  tell("b", told_by(B, {}));
  BOOST_TEST(attr_of(entity_in(picture(), "a"), "same_machine_id") == "none");
}

BOOST_AUTO_TEST_CASE(of_hosts_with_one_address_the_one_that_tells_of_the_link_is_meant) {
  see("c", C);
  tell("a", told_by(A, {calls("curl", A, "172.17.0.1", 80)}));
  auto with_bridge = [](const std::string& own, std::vector<link_record> links) {
    auto x = told_by(own, std::move(links));
    x.addresses = {own, "172.17.0.1"};
    return x;
  };
  tell("b", with_bridge(B, {}));
  tell("c", with_bridge(C, {}));
  BOOST_TEST(drawn("a").find("external.172.17.0.1") != std::string::npos); // Nothing is guessed.
  tell("c", with_bridge(C, {serves("nginx", A, "172.17.0.1", 80)}));
  BOOST_TEST(drawn("a").find("c.nginx@172.17.0.1:80") != std::string::npos);
  // An own address is meant by the host itself.
  tell("b", with_bridge(B, {calls("curl", B, "172.17.0.1", 80)}));
  BOOST_TEST(drawn("b", 0).find("b.curl@10.0.0.2>b.?@172.17.0.1:80") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(links_of_balancers_go_from_client_over_balancer_to_server) {
  const std::string L = "10.0.0.8", V = "10.0.0.9";
  see("c", C);
  see("l", L);
  tell("a", told_by(A, {calls("curl", A, V, 80)}));
  tell("l", told_by(L, {hands_on(A, V, 80, B, 8080), hands_on("192.0.2.1", V, 80, C, 8080)}));
  // One is called at its own address by the client, one has the virtual address, too.
  tell("b", told_by(B, {serves("nginx", A, B, 8080)}));
  tell("c", told_by(C, {serves("nginx", "192.0.2.1", C, 8080)}));
  BOOST_TEST(drawn() ==
             "a\nb\nc\nl\na.curl\nb.nginx\nc.nginx\nl.ipvs\n"
             "a.curl@10.0.0.1>l.ipvs@10.0.0.9:80/tcp_link\n"
             "a.curl@10.0.0.1>l.ipvs@10.0.0.9:80>b.nginx@10.0.0.2:8080/ipvs_link\n"
             "external.192.0.2.1@192.0.2.1>l.ipvs@10.0.0.9:80>c.nginx@10.0.0.3:8080/ipvs_link\n"
             "external.192.0.2.1\n");
  auto all = picture();
  auto x = entity_in(all, "a.curl@10.0.0.1>l.ipvs@10.0.0.9:80>b.nginx@10.0.0.2:8080/ipvs_link");
  BOOST_TEST(x.type == "IPVS_LINK");
  BOOST_TEST(x.dependingitems.at(0).runOns.at(0).id == "l.ipvs");
  BOOST_TEST(!x.anomaly);
  BOOST_TEST(entity_in(all, "l.ipvs").dependeditems.at(0).runOns.size() == 2u);
  BOOST_TEST(drawn("b").find("ipvs_link") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_picture_is_cut_when_it_is_too_large) {
  std::vector<link_record> links;
  for (int i = 0; i < 50; ++i)
    links.push_back(calls("curl", A, "192.0.2." + std::to_string(i), 80));
  tell("a", told_by(A, links));
  picture_query q;
  q.now_ms = now;
  q.most_entities = 20;
  auto all = picture_of(world, who, q, rules);
  BOOST_TEST(all.is_cut);
  BOOST_TEST(all.entities.size() <= 22u);
  BOOST_TEST(!picture().is_cut);
}

BOOST_AUTO_TEST_CASE(a_thousand_hosts_are_drawn_in_time) {
  told_world many;
  auto address = [](int i) {
    return "10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1);
  };
  std::vector<std::vector<link_record>> links(1000);
  for (int i = 0; i < 1000; ++i)
    for (int k = 1; k <= 50; ++k) {
      auto to = (i + k * 7) % 1000;
      links[static_cast<size_t>(i)].push_back(
        calls("c" + std::to_string(k % 5), address(i), address(to), 80));
      links[static_cast<size_t>(to)].push_back(serves("nginx", address(i), address(to), 80));
    }
  for (int i = 0; i < 1000; ++i) {
    many.see("h" + std::to_string(i), address(i));
    many.tell("h" + std::to_string(i), told_by(address(i), links[static_cast<size_t>(i)]));
  }
  auto ms_of = [](auto work) {
    auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
  };
  size_t drawn = 0;
  auto one = ms_of([&] { drawn = many.picture("h500").entities.size(); });
  auto all = ms_of([&] { drawn += many.picture().entities.size(); });
  BOOST_TEST_MESSAGE("one host " << one << " ms, all " << all << " ms");
  BOOST_TEST(drawn > 20'000u);
  BOOST_TEST(one < 200); // Far more than it takes: the machine may be busy.
  BOOST_TEST(all < 20'000);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace picture_test
