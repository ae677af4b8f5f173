// What a diagnosis finds on hosts that the judged one depends on.
#include "actors/support/prepare.hpp"
#include "messages/roles/topology.hpp"
#include "runtime/base/json_library.hpp"
#include "tests/actors/host/host_fixture.hpp"

#include <caf/all.hpp>

namespace aops::actors::upstream_test {

namespace {

using nlohmann::json;

struct upstream_fixture;

/// Answers what the test wants.
topology_actor::behavior_type canned_topology(topology_actor::pointer self,
                                              upstream_fixture* fixture);

struct upstream_fixture : tests::host_fixture {
  upstream_fixture() {
    page = [](int64_t) { return std::string{"full 10\n"}; };
    start_as(topology_name, canned_topology, this);
    set_rules({tests::rule_on("disk full", "full", "$0>90")});
    begin();
    to_round(13);
    db1.host_id = "id of db1";
    db1.host_name = "db1";
    db1.since_ms = time_of(-10);
    db1.until_ms = time_of(12);
  }
  ~upstream_fixture() { end_all(); }

  upstream_found told() {
    upstream_found out;
    for (size_t i = 0; i + 1 < asked_for.bounds_ms.size(); ++i) {
      auto& slice = out.slices.emplace_back();
      slice.is_known = is_known;
      slice.cut_from = cut_from;
      std::vector<std::string> path(static_cast<size_t>(away),
                                    "web1 nginx -> db1 mysqld 10.0.0.2:3306");
      if (i != nobody_in)
        slice.hosts.push_back({db1.host_id, path});
    }
    out.hosts.push_back(db1);
    return out;
  }

  void found_on_db1(int64_t from_round, int64_t until_round, const std::string& value) {
    db1.results.push_back(
      {"disk full", {time_of(from_round), time_of(until_round), value, "why"}, "digest", {}});
  }

  /// Of slices of four rounds from round 0 on.
  std::vector<json> details(size_t slices, const std::string& more = R"(,"scope":"upstream")") {
    unit_to_diagnose x;
    x.job = "j";
    x.owner = record.owner;
    x.host_id = record.host_id;
    auto tree = R"({"node name":"slow","condition":"full","children":[
                    {"node name":"full","check item":"disk full")" +
                more + "}]}";
    x.trees.push_back({"t", "digest of " + tree, tree});
    for (size_t i = 0; i <= slices; ++i)
      x.bounds_ms.push_back(time_of(static_cast<int64_t>(i) * 4));
    x.deadline_ms = now->now_ms() + 30'000;
    std::vector<json> out;
    for (const auto& report : tests::ok(ask<unit_diagnosed>(host, x)).reports)
      out.push_back(json::parse(report.detail));
    return out;
  }

  static std::string verdicts(const std::vector<json>& all) {
    std::string text;
    for (const auto& x : all)
      text += (text.empty() ? "" : " ") + x.at("verdict").get<std::string>();
    return text;
  }

  upstream_host db1;
  bool is_known = true;
  int64_t cut_from = 0, away = 1;
  size_t nobody_in = 99; ///< In this slice the host depended on nobody.
  int times_asked = 0;
  caller asked_by;
  upstream_query asked_for;
};

topology_actor::behavior_type canned_topology(topology_actor::pointer self,
                                              upstream_fixture* fixture) {
  prepare(self, "canned topology");
  return {
    [](const batch_to_take&) { return batch_taken{}; },
    [](const caller&, const topology_query&) { return topology_entities{}; },
    [](const caller&, const topology_summary_query&) { return topology_summary{}; },
    [](const caller&, const topology_status_query&) { return topology_status{}; },
    [](const caller&, const topology_changes_query&) { return topology_changes{}; },
    [](const caller&, const dependencies_query&) { return dependencies{}; },
    [fixture](const caller& who, const upstream_query& q) {
      ++fixture->times_asked;
      fixture->asked_by = who;
      fixture->asked_for = q;
      return fixture->told();
    },
    [](const node_windows_query&) { return node_windows{}; },
    [](atom::ping) {},
  };
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(upstream, upstream_fixture)

BOOST_AUTO_TEST_CASE(what_is_wrong_with_another_host_is_the_cause) {
  found_on_db1(5, 6, "Abnormal");
  auto all = details(3);
  BOOST_TEST(verdicts(all) == "false true false");
  const auto& evidence = all[1].at("evidence").at(0);
  BOOST_TEST(evidence.at("instance").get<std::string>() == "disk full on db1");
  BOOST_TEST(evidence.at("host_id").get<std::string>() == "id of db1");
  BOOST_TEST(evidence.at("path").dump() == R"(["web1 nginx -> db1 mysqld 10.0.0.2:3306"])");
  BOOST_TEST(evidence.at("first").get<double>() * 1000 == static_cast<double>(time_of(5)));
  BOOST_TEST(all[1].at("root_causes").at(0).at("instances").dump() == R"(["disk full on db1"])");
  BOOST_TEST(all[1].at("rule_versions").contains("disk full"));
  BOOST_TEST(times_asked == 1);
  BOOST_TEST(asked_by.owner == record.owner);
  BOOST_TEST(asked_for.host_id == record.host_id);
  BOOST_TEST(asked_for.check_items == std::vector<std::string>{"disk full"});
  BOOST_TEST(asked_for.bounds_ms.size() == 4u);
}

BOOST_AUTO_TEST_CASE(only_hosts_of_the_slice_count) {
  found_on_db1(0, 11, "Abnormal");
  nobody_in = 1;
  BOOST_TEST(verdicts(details(3)) == "true false true");
}

BOOST_AUTO_TEST_CASE(what_is_not_known_of_another_host_leaves_the_verdict_open) {
  found_on_db1(5, 6, "No data");
  db1.until_ms = time_of(9); // Nobody judged it since.
  auto all = details(3);
  BOOST_TEST(verdicts(all) == "false unknown unknown");
  BOOST_TEST(all[1].at("missing").at(0).at("detail").get<std::string>() == "why");
  BOOST_TEST(all[2].at("missing").at(0).at("reason").get<std::string>() == "Not evaluated");
  BOOST_TEST(all[2].at("missing").at(0).at("instances").dump() == R"(["disk full on db1"])");
  db1.deviations.push_back({"", time_of(1), time_of(2), "missed"});
  BOOST_TEST(verdicts(details(1)) == "unknown");
}

BOOST_AUTO_TEST_CASE(without_an_agent_nothing_is_known) {
  is_known = false;
  nobody_in = 0;
  auto all = details(1);
  BOOST_TEST(verdicts(all) == "unknown");
  BOOST_TEST(all[0].at("missing").at(0).at("detail").get<std::string>() ==
             "no agent told then which hosts this one depends on");
}

BOOST_AUTO_TEST_CASE(hosts_that_were_left_out_might_be_the_cause) {
  cut_from = 2;
  BOOST_TEST(verdicts(details(1)) == "unknown");
  found_on_db1(1, 2, "Abnormal");
  BOOST_TEST(verdicts(details(1)) == "true");
}

BOOST_AUTO_TEST_CASE(a_leaf_says_how_far_away_a_cause_may_be) {
  away = 3;
  found_on_db1(1, 2, "Abnormal");
  BOOST_TEST(verdicts(details(1)) == "false"); // Two links, unless it says.
  BOOST_TEST(asked_for.depth == 2);
  auto all = details(1, R"(,"scope":"upstream","depth":3)");
  BOOST_TEST(verdicts(all) == "true");
  BOOST_TEST(asked_for.depth == 3);
  BOOST_TEST(all[0].at("evidence").at(0).at("path").size() == 3u);
  // What is left out farther away than a leaf asks is nothing to it.
  cut_from = 3;
  BOOST_TEST(verdicts(details(1)) == "false");
  away = 4;
  BOOST_TEST(verdicts(details(1, R"(,"scope":"upstream","depth":3)")) == "unknown");
}

BOOST_AUTO_TEST_CASE(trees_that_ask_of_nobody_else_do_without) {
  take_away(topology_name);
  BOOST_TEST(verdicts(details(1, "")) == "false");
  BOOST_TEST(times_asked == 0);
  unit_to_diagnose x;
  x.job = "j";
  x.owner = record.owner;
  x.host_id = record.host_id;
  x.trees.push_back({"t", "d", R"({"node name":"slow","condition":"full","children":[
    {"node name":"full","check item":"disk full","scope":"upstream"}]})"});
  x.bounds_ms = {time_of(0), time_of(4)};
  x.deadline_ms = now->now_ms() + 30'000;
  BOOST_TEST(!ask<unit_diagnosed>(host, x)); // To be asked again: a guess would stay.
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors::upstream_test
