#include "tests/actors/host/prometheus_fixture.hpp"

namespace aops::actors::prometheus_test {

using tests::prometheus_fixture;

BOOST_FIXTURE_TEST_SUITE(prometheus, prometheus_fixture)

BOOST_AUTO_TEST_CASE(each_instance_has_rows_of_its_own_also_over_a_restart) {
  put("/", always(50));
  put("/var", high_in(2, 5));
  put("/home", [](int64_t k) { return k >= 4 ? std::optional<int64_t>(3) : std::nullopt; });
  set_rules({disk});
  begin();
  to_round(5); // It judges one round behind.
  BOOST_TEST(found() == "disk{mountpoint=\"/var\"} 30-60 Abnormal; "
                        "disk{mountpoint=\"/home\"} 60-60 Abnormal");
  BOOST_TEST(alerts() == "disk{} Abnormal warning; disk{} Abnormal warning");
  restart();
  to_round(9);
  BOOST_TEST(found() == "disk{mountpoint=\"/var\"} 30-75 Abnormal; "
                        "disk{mountpoint=\"/home\"} 60-120 Abnormal");
  BOOST_TEST(alerts() == "disk{} Abnormal warning");
}

BOOST_AUTO_TEST_CASE(further_series_join_and_are_aggregated) {
  auto share = tests::rule_on("share", "fs_free", "$0 / $1 < 0.1");
  share.data_list.push_back(share.data_list.front());
  share.data_list.back().name = "fs_size";
  auto sum = tests::rule_on("sum", "fs_free", "$0 < 10");
  sum = matching(std::move(sum));
  sum.data_list.front().agg = "sum";
  auto each = sum;
  each.check_item = "each";
  each.data_list.front().by = std::vector<std::string>{"pool"};
  for (const auto* disk : {"a", "b"})
    for (const auto* pool : {"x", "y"}) {
      label_set labels{{"disk", disk}, {"pool", pool}};
      bool is_low = *disk == 'a' && *pool == 'x';
      world[{"fs_free", labels}] = is_low ? high_in(2, 4, 50, 4) : high_in(3, 4, 50, 2);
      world[{"fs_size", labels}] = always(is_low ? 100 : 10);
    }
  set_rules({matching(share), sum, each});
  begin();
  to_round(7);
  BOOST_TEST(found() == "each{pool=\"x\"} 45-60 Abnormal; each{pool=\"y\"} 45-60 Abnormal; "
                        "share{disk=\"a\",pool=\"x\"} 30-60 Abnormal");
  world[{"fs_free", {{"disk", "a"}, {"pool", "x"}}}] = high_in(7, 8, 50, 1);
  for (const auto& labels : {label_set{{"disk", "a"}, {"pool", "y"}},
                             label_set{{"disk", "b"}, {"pool", "x"}},
                             label_set{{"disk", "b"}, {"pool", "y"}}})
    world[{"fs_free", labels}] = high_in(7, 8, 50, 2);
  to_round(10);
  BOOST_TEST(found().find("sum 105-120 Abnormal") != std::string::npos, found());
}

BOOST_AUTO_TEST_CASE(a_new_rule_finds_its_instances_in_the_past) {
  put("/", always(50));
  put("/var", high_in(2, 5));
  begin();
  to_round(8);
  BOOST_TEST(found() == "");
  set_rules({disk});
  to_round(9);
  BOOST_TEST(found() == "disk{mountpoint=\"/var\"} 30-75 Abnormal");
  BOOST_TEST(deviations() == "");
}

BOOST_AUTO_TEST_CASE(an_explicit_check_replaces_rows_per_instance_at_the_samples_own_times) {
  put("/", high_in(3, 3));
  put("/var", high_in(2, 5));
  set_rules({disk});
  begin();
  to_round(8);
  for (int again = 0; again < 2; ++again) {
    check(1, 7);
    BOOST_TEST(found() == "disk{mountpoint=\"/var\"} 31-76 Abnormal; "
                          "disk{mountpoint=\"/\"} 46-46 Abnormal");
  }
  // A series that is not there any more takes its rows along.
  world.erase({"fs_free", {{"mountpoint", "/"}}});
  check(1, 7);
  BOOST_TEST(found() == "disk{mountpoint=\"/var\"} 31-76 Abnormal");
}

BOOST_AUTO_TEST_CASE(series_beyond_the_limit_are_told_by_live_detection_and_by_checks) {
  settings->check.max_matched_series = 2;
  for (const auto* mount : {"/x", "/y"})
    put(mount, always(5));
  set_rules({disk});
  begin();
  to_round(2);
  for (const auto* mount : {"/a", "/b", "/c"})
    put(mount, [](int64_t k) { return k >= 2 ? std::optional<int64_t>(5) : std::nullopt; });
  to_round(6);
  auto kept = [](const std::string& text) {
    return text.find("{mountpoint=\"/x\"}") != std::string::npos &&
           text.find("{mountpoint=\"/y\"}") != std::string::npos;
  };
  BOOST_TEST(kept(found()), found());
  BOOST_TEST(found().find("disk 30-75 Internal error") != std::string::npos, found());
  // Those that live detection keeps are judged, though others come before them.
  check(1, 5);
  BOOST_TEST(kept(found()), found());
  BOOST_TEST(found().find("{mountpoint=\"/a\"}") != std::string::npos, found());
  BOOST_TEST(found().find("{mountpoint=\"/c\"}") == std::string::npos, found());
  BOOST_TEST(found().find("disk 15-75 Internal error") != std::string::npos, found());
  std::string why;
  for (const auto& x : state().last_rows)
    if (x.labels.empty())
      why = x.row.reason;
  BOOST_TEST(why.find("series that match are not kept (check.max_matched_series)") != why.npos,
             why);
  // A new rule over the same is told of it, too, where its past is judged.
  auto other = disk;
  other.check_item = "other";
  set_rules({disk, other});
  to_round(8);
  BOOST_TEST(found().find("other -15-105 Internal error") != std::string::npos, found());
}

BOOST_AUTO_TEST_CASE(what_began_and_ended_while_prometheus_was_away_is_told) {
  put("/var", high_in(3, 4));
  base::notify_receiver oncall;
  oncall.name = "oncall";
  settings->notify = {oncall};
  set_rules({disk});
  begin();
  to_round(2);
  take_away(prometheus_reader_name);
  to_round(8);
  BOOST_TEST(found() == "");
  give_back(prometheus_reader_name);
  to_round(10);
  BOOST_TEST(found() == "disk{mountpoint=\"/var\"} 45-60 Abnormal");
  BOOST_TEST(alerts() == "");
  BOOST_TEST(count("select count(*) from notice where ended_ms > 0") == 1);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors::prometheus_test
