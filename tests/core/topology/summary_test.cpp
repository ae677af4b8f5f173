// The picture by hosts and by groups.
#include "runtime/core/topology/summary.hpp"
#include "tests/core/topology/hosts_told.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <ctime>

namespace summary_test {

using namespace aops;
using namespace aops::tests;
using namespace aops::topology;

namespace {

const std::string A = "10.0.0.1", B = "10.0.0.2", C = "10.0.0.3";

struct three_hosts : told_world {
  three_hosts() {
    who.add("a", {"host-a", A, "web"});
    who.add("b", {"host-b", B, "web"});
    who.add("c", {"host-c", C, "db"});
  }
  topology_summary summary(summary_query q = {}) const {
    q.now_ms = now;
    return summary_of(world, who, q, rules);
  }
  /// `a VM 1 hosts 2 links`; `a>b 2 NO`.
  static std::string lines(const topology_summary& x) {
    std::string out;
    for (const auto& n : x.nodes)
      out += fmt::format("{} {} {} {}\n", n.id, n.hosts, n.links, n.state.substr(8));
    for (const auto& p : x.pairs)
      out += fmt::format("{}>{} {} {}\n", p.from, p.to, p.links, p.state.substr(8));
    return out;
  }
  void tell_all() {
    auto slow = calls("java", B, C, 3306);
    slow.figures[static_cast<size_t>(figure::rx_bytes)] = 500;
    slow.figures[static_cast<size_t>(figure::rtt)] = 700;
    slow.count = 3;
    tell("a",
         told_by(A,
                 {calls("nginx", A, B, 8080),
                  calls("nginx", A, B, 8081),
                  calls("nginx", A, "192.0.2.9", 443)}));
    tell("b", told_by(B, {serves("java", A, B, 8080), serves("java", A, B, 8081), slow}));
    tell("c", told_by(C, {serves("mysqld", B, C, 3306)}));
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(summaries, three_hosts)

BOOST_AUTO_TEST_CASE(links_between_two_hosts_are_one_pair_with_their_sums) {
  tell_all();
  auto all = summary();
  BOOST_TEST(lines(all) == "a 1 3 NO\nb 1 3 NO\nexternal 1 1 NO\nc 1 1 NO\n"
                           "a>b 2 NO\na>external 1 NO\nb>c 1 NO\n");
  const auto& p = all.pairs.at(2);
  BOOST_TEST(p.connections == 3);
  BOOST_TEST(*p.rx_bytes_per_s == 500.0);
  BOOST_TEST(!p.tx_bytes_per_s);
  BOOST_TEST(*p.rtt == 700);
  BOOST_TEST(*p.rtt_max == 700);
  BOOST_TEST(all.nodes.at(1).name == "host-b");
  BOOST_TEST(all.nodes.at(1).processes == 1);
  BOOST_TEST(all.total_links == 4);
  BOOST_TEST(all.timestamp == now);
  BOOST_TEST(!all.is_cut);
}

BOOST_AUTO_TEST_CASE(groups_are_nodes_and_open_one_by_one) {
  tell_all();
  summary_query by_group;
  by_group.is_by_group = true;
  BOOST_TEST(lines(summary(by_group)) ==
             "group.web 2 4 NO\ngroup.db 1 1 NO\nexternal 1 1 NO\n"
             "group.web>group.web 2 NO\ngroup.web>external 1 NO\ngroup.web>group.db 1 NO\n");
  summary_query of_db;
  of_db.group = "db";
  auto db = summary(of_db);
  BOOST_TEST(lines(db) == "c 1 1 NO\ngroup.web 2 1 NO\ngroup.web>c 1 NO\n");
  BOOST_TEST(db.total_links == 1); // What others do among themselves is left out.
}

BOOST_AUTO_TEST_CASE(what_is_not_well_comes_first_and_pages_follow_each_other) {
  tell_all();
  now += 1000;
  tell("a", told_by(A, {calls("nginx", A, B, 8080)})); // The other two lack… or were seen once.
  now += 1000;
  tell("b", told_by(B, {serves("java", A, B, 8080)}));
  now += 5000; // c is silent by now, a and b tell on.
  tell("a", told_by(A, {calls("nginx", A, B, 8080)}));
  tell("b", told_by(B, {serves("java", A, B, 8080)}));
  auto all = summary();
  BOOST_REQUIRE(all.nodes.size() >= 3u);
  BOOST_TEST(all.nodes.front().state != "ANOMALY_NO");
  const auto c =
    std::find_if(all.nodes.begin(), all.nodes.end(), [](const auto& x) { return x.id == "c"; });
  BOOST_REQUIRE((c != all.nodes.end()));
  BOOST_TEST(c->stale_hosts == 1);
  BOOST_TEST(c->state != "ANOMALY_NO");
  std::string paged;
  for (size_t at = 0; at < all.nodes.size(); ++at) {
    summary_query one;
    one.limit = 1;
    one.offset = at;
    auto page = summary(one);
    BOOST_REQUIRE(page.nodes.size() == 1u);
    BOOST_TEST(page.total_nodes == all.total_nodes);
    paged += page.nodes.front().id + " ";
  }
  std::string whole;
  for (const auto& x : all.nodes)
    whole += x.id + " ";
  BOOST_TEST(paged == whole);
  summary_query beyond;
  beyond.offset = 100;
  BOOST_TEST(summary(beyond).nodes.empty());
}

BOOST_AUTO_TEST_CASE(hosts_of_others_are_addresses) {
  tell_all();
  viewer ann;
  ann.add("a", {"host-a", A, "web"});
  summary_query q;
  q.now_ms = now;
  auto seen = summary_of(world, ann, q, rules);
  BOOST_TEST(lines(seen) == "external 2 3 NO\na 1 3 NO\na>external 3 NO\n");
}

BOOST_AUTO_TEST_CASE(a_balanced_link_leads_over_its_balancer) {
  tell("a", told_by(A, {calls("curl", A, B, 80)}));
  auto balancer = told_by(B, {hands_on(A, B, 80, C, 8080)});
  tell("b", balancer);
  tell("c", told_by(C, {serves("nginx", A, C, 8080)}));
  auto all = summary();
  std::string pairs;
  for (const auto& p : all.pairs)
    pairs += p.from + ">" + p.to + " ";
  BOOST_TEST(pairs.find("b>c") != std::string::npos);
  BOOST_TEST(pairs.find("a>b") != std::string::npos);
  BOOST_TEST(pairs.find("a>c") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_thousand_hosts_with_a_hundred_links_each_are_summed_up_in_no_time) {
  constexpr int hosts = 1000, links = 100;
  rules.most_links = 4096;
  auto address = [](int i) { return fmt::format("10.1.{}.{}", i / 250, i % 250 + 1); };
  for (int i = 0; i < hosts; ++i) {
    auto id = fmt::format("h{:04}", i);
    who.add(id, {id, address(i), fmt::format("g{}", i % 20)});
    std::vector<link_record> all;
    for (int k = 1; k <= links / 2; ++k) {
      all.push_back(calls("app", address(i), address((i + k * 7) % hosts), 80));
      all.push_back(serves("app", address((i + hosts - k * 7 % hosts) % hosts), address(i), 80));
    }
    tell(id, told_by(address(i), std::move(all)));
  }
  const auto before = std::clock(); // Of the processor: whatever else the machine does.
  auto all = summary();
  const auto took_s = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  BOOST_TEST_MESSAGE("summary: " << took_s << " s");
  BOOST_TEST(all.total_nodes == hosts);
  BOOST_TEST(all.total_links == hosts * links / 2);
  BOOST_TEST(all.nodes.size() == 300u);
  BOOST_TEST(all.pairs.size() <= 5000u);
  summary_query by_group;
  by_group.is_by_group = true;
  auto groups = summary(by_group);
  BOOST_TEST(groups.nodes.size() == 20u);
  BOOST_TEST(groups.pairs.size() <= 400u);
  BOOST_TEST(took_s < 5.0); // Also with sanitizers; else well below a second.
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace summary_test
