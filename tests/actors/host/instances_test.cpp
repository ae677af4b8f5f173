#include "messages/names.hpp"
#include "runtime/base/json_library.hpp"
#include "tests/actors/host/host_fixture.hpp"

namespace aops::actors::instances_test {

namespace {

using nlohmann::json;

/// How much is free on file systems, by round; those that are not there are left out.
struct instances_fixture : tests::host_fixture {
  instances_fixture() {
    page = [this](int64_t k) {
      std::string text;
      for (const auto& [mount, free] : free_at(k))
        text += "fs_free{mountpoint=\"" + mount + "\"} " + std::to_string(free) + "\n";
      return text;
    };
    disk.data_list.front().match.emplace();
  }
  ~instances_fixture() { end_all(); }

  std::function<std::map<std::string, int>(int64_t)> free_at = [](int64_t k) {
    std::map<std::string, int> out{{"/", 50}, {"/var", k >= 2 && k <= 5 ? 5 : 60}};
    if (k >= 4)
      out["/home"] = 3;
    return out;
  };
  check_rule disk = tests::rule_on("disk", "fs_free", "$0<10");

  json detail_of(const std::string& tree, int64_t from_round, int64_t until_round) {
    unit_to_diagnose x;
    x.job = "j";
    x.owner = record.owner;
    x.host_id = record.host_id;
    x.trees.push_back({"t", "digest of " + tree, tree});
    x.bounds_ms = {time_of(from_round), time_of(until_round)};
    x.deadline_ms = now->now_ms() + 30'000;
    auto reports = tests::ok(ask<unit_diagnosed>(host, x)).reports;
    BOOST_REQUIRE(reports.size() == 1u);
    BOOST_TEST(reports[0].error == "");
    return json::parse(reports[0].detail);
  }

  static std::string leaf(const std::string& more) {
    return R"({"node name":"r","condition":"full","children":[{"node name":"full","check item":"disk")" +
           more + "}]}";
  }

  std::string verdict(const std::string& more, int64_t from_round, int64_t until_round) {
    return detail_of(leaf(more), from_round, until_round).at("verdict");
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(instances, instances_fixture)

BOOST_AUTO_TEST_CASE(each_instance_has_rows_of_its_own_also_over_a_restart) {
  set_rules({disk});
  begin();
  to_round(4);
  BOOST_TEST(found() == "disk{mountpoint=\"/var\"} 30-60 Abnormal; "
                        "disk{mountpoint=\"/home\"} 60-60 Abnormal");
  restart();
  to_round(8);
  BOOST_TEST(found() == "disk{mountpoint=\"/var\"} 30-75 Abnormal; "
                        "disk{mountpoint=\"/home\"} 60-120 Abnormal");
}

BOOST_AUTO_TEST_CASE(a_new_rule_finds_its_instances_in_the_past) {
  keep_list->insert("fs_free");
  begin();
  to_round(6);
  set_rules({disk});
  to_round(8);
  BOOST_TEST(found() == "disk{mountpoint=\"/var\"} 30-75 Abnormal; "
                        "disk{mountpoint=\"/home\"} 60-120 Abnormal");
  BOOST_TEST(deviations() == "");
}

BOOST_AUTO_TEST_CASE(an_explicit_check_replaces_rows_per_instance) {
  set_rules({disk});
  begin();
  to_round(8);
  auto before = found();
  unit_to_check x;
  x.job = "c";
  x.owner = record.owner;
  x.host_id = record.host_id;
  x.unit = 1;
  x.start_ms = time_of(0);
  x.end_ms = time_of(7);
  tests::ok(ask<unit_checked>(host, x));
  BOOST_TEST(found() == before);
}

BOOST_AUTO_TEST_CASE(a_leaf_means_any_instance_some_or_all) {
  set_rules({disk});
  begin();
  to_round(10);
  BOOST_TEST(verdict("", 1, 4) == "true");
  BOOST_TEST(verdict(R"(,"match":{"mountpoint":"/var"})", 1, 4) == "true");
  BOOST_TEST(verdict(R"(,"match":{"mountpoint":"/home"})", 1, 3) == "false");
  BOOST_TEST(verdict(R"(,"match":{"mountpoint":"=~/v.*"})", 7, 9) == "false");
  BOOST_TEST(verdict(R"(,"instances":"all")", 4, 5) == "false"); // `/` is well.
  BOOST_TEST(verdict(R"(,"instances":"all","match":{"mountpoint":"!=/"})", 4, 5) == "true");
  BOOST_TEST(verdict(R"(,"instances":"all","match":{"mountpoint":"!=/"})", 7, 9) == "false");
  // `/home` was not there yet.
  BOOST_TEST(verdict(R"(,"instances":"all","match":{"mountpoint":"!=/"})", 2, 3) == "true");
}

BOOST_AUTO_TEST_CASE(evidence_is_of_each_instance_that_was_abnormal) {
  set_rules({disk});
  begin();
  to_round(8);
  auto detail = detail_of(leaf(""), 3, 6);
  const auto& evidence = detail.at("evidence");
  BOOST_REQUIRE(evidence.size() == 2u);
  for (const auto& one : evidence) {
    BOOST_REQUIRE(one.contains("judged"));
    BOOST_TEST(one.at("judged")[0].at("values").size() > 0u);
  }
  BOOST_TEST(evidence[0].at("instance") == "disk{mountpoint=\"/home\"}");
  BOOST_TEST(evidence[0].at("samples").size() == 3u);
  BOOST_TEST(evidence[0].at("samples")[0][1] == 3);
  BOOST_TEST(evidence[1].at("labels").at("mountpoint") == "/var");
  BOOST_TEST(evidence[1].at("samples")[0][1] == 5);
  BOOST_TEST(detail.at("root_causes")[0].at("instances").size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_tree_expands_over_the_instances_of_a_rule) {
  set_rules({disk});
  begin();
  to_round(8);
  auto tree =
    R"({"node name":"r","condition":"{id} full","children":[{"node name":"{id} full","check item":"disk",
        "match":{"mountpoint":"{id}"},
        "expand":{"by":"instance","check item":"disk","label":"mountpoint"}}]})";
  auto detail = detail_of(tree, 3, 4);
  BOOST_TEST(detail.at("verdict") == "true");
  BOOST_TEST(detail.at("evidence").size() == 2u);
  BOOST_TEST(detail.at("missing").empty());
}

BOOST_AUTO_TEST_CASE(a_host_that_does_not_answer_has_one_row_for_the_rule) {
  auto before = page;
  page = [before](int64_t k) { return k == 6 || k == 7 ? std::string{} : before(k); };
  set_rules({disk});
  begin();
  to_round(7);
  auto text = found();
  BOOST_TEST(text.find("disk 90-105 No data") != std::string::npos, text);
  auto detail = detail_of(leaf(R"(,"match":{"mountpoint":"/var"})"), 6, 7);
  BOOST_TEST(detail.at("verdict") == "unknown");
  BOOST_TEST(detail.at("missing")[0].at("detail") == "exporter refused the connection");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors::instances_test
