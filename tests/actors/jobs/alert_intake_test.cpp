#include "actors/diag/alert_groups.hpp"
#include "actors/diag/alert_intake.hpp"
#include "actors/host/unit_reports.hpp"
#include "actors/jobs/jobs_region.hpp"
#include "actors/support/prepare.hpp"
#include "messages/rounds.hpp"
#include "runtime/base/json_codec.hpp"
#include "tests/actors/jobs/jobs_fixture.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

using base::json;

struct groups_fixture : tests::jobs_fixture {
  groups_fixture() {
    for (const auto* format : {"alertmanager", "feishu", "json"}) {
      base::notify_receiver to;
      to.name = to.format = format;
      settings->notify.push_back(to);
    }
    add_canned_host("h1");
    add_canned_host("h2");
    how = manner::stay_silent;
    start_as(progress_name, [](progress_actor::pointer self) -> progress_actor::behavior_type {
      prepare(self, "canned progress");
      return {
        [](const job_progress&) {}, [](const watch_job&) {}, [](atom::tick) {}, [](atom::ping) {}};
    });
    supervisor_config c;
    c.name = job_children_name;
    c.names = names;
    c.past_limit = give_up::leave_child;
    start_as(job_children_name, supervisor, std::move(c), std::vector<child_spec>{});
    start_as(jobs_name, jobs_region, job_services_ptr{services});
    start_as(alert_groups_name, alert_groups, store);
    start_as(alert_intake_name, alert_intake, job_services_ptr{services});
  }
  ~groups_fixture() {
    open.clear();
    end_all();
  }

  static grouped_alert alert(label_set labels, const std::string& status = "firing") {
    grouped_alert x;
    x.status = status;
    x.labels = std::move(labels);
    x.annotations = {{"summary", "as it was"}};
    x.startsAt = "2026-03-01T08:15:00.123456789Z";
    x.generatorURL = "http://prometheus/graph";
    return x;
  }

  expected<alert_group_taken> take(std::vector<grouped_alert> alerts, const caller& who) {
    alert_group x;
    x.version = "4";
    x.groupKey = "{}:{alertname=\"hot\"}";
    x.status = "firing";
    x.alerts = std::move(alerts);
    return ask<alert_group_taken>(of<alert_intake_actor>(alert_intake_name), who, x);
  }
  alert_group_taken take(std::vector<grouped_alert> alerts) {
    return tests::ok(take(std::move(alerts), admin));
  }

  /// Hosts answer what they are asked with a root cause.
  void find_cause() {
    for (int i = 0; i < 3; ++i) {
      for (auto& [unit, promise] : std::exchange(open, {}))
        promise.answer(unit_diagnosed{unit.unit, reports_with_cause(unit)});
      pass(1s);
    }
    pass(2s);
  }

  static std::vector<report_to_store> reports_with_cause(const unit_to_diagnose& unit) {
    auto reports = failed_reports(unit, "x");
    for (auto& x : reports) {
      auto detail = json::parse(x.detail);
      detail["verdict"] = "true";
      detail.erase("error");
      detail["root_causes"] = json::array({{{"path", {"slow", "cpu"}},
                                            {"description", "Every core is busy."},
                                            {"advice", ""},
                                            {"evidence", json::array()}}});
      x.detail = detail.dump();
      x.error.clear();
    }
    return reports;
  }

  /// A round of h1 in which `hot` becomes an alert.
  void fire() {
    auto host = tests::ok(ask<host_records>(of<host_store_actor>(host_store_name),
                                            find_hosts{"admin", {"h1"}, {}}))
                  .hosts.at(0);
    round_to_commit x;
    x.held = slots->fence_of(host.host_id);
    x.owner = host.owner;
    x.host_id = host.host_id;
    x.until_ms = now->now_ms() + 1;
    x.alerts = {{"hot", {}, "Abnormal", now->now_ms(), "critical", {}}};
    tests::ok(ask<done>(of<round_store_actor>(round_store_name), rounds_to_commit{{std::move(x)}}));
  }

  std::vector<json> told(const std::string& receiver) {
    return tests::ok(db().list(
      "select body from notice where receiver = ? order by n",
      [](const storage::row& r) { return json::parse(r.string(0)); },
      receiver));
  }
};

constexpr const char* found = "slow > cpu: Every core is busy.";

} // namespace

BOOST_FIXTURE_TEST_SUITE(alert_groups_of_alertmanager, groups_fixture)

BOOST_AUTO_TEST_CASE(a_group_is_one_diagnosis_however_often_it_comes) {
  auto first = take({alert({{"alertname", "hot"}, {"host", "name-h1"}}),
                     alert({{"alertname", "hot"}, {"instance", "name-h2:9100"}})});
  BOOST_TEST(first.is_new);
  BOOST_TEST((first.host_list == std::vector<std::string>{"h1", "h2"}));
  BOOST_TEST((first.tree_list == std::vector<std::string>{"t"}));
  BOOST_TEST(first.ignored.empty());
  pass(1s);
  BOOST_TEST(progress(first.task_id).expected_report_num == 2);
  auto again = take({alert({{"alertname", "hot"}, {"host", "name-h1"}})});
  BOOST_TEST(!again.is_new);
  BOOST_TEST(again.task_id == first.task_id);
  BOOST_TEST(count("select count(*) from job") == 1);
  find_cause();
  BOOST_TEST(reports(first.task_id) == 2);
  BOOST_TEST(count("select count(*) from alert_group") == 0);
  BOOST_TEST(take({alert({{"alertname", "hot"}, {"host", "name-h1"}})}).task_id == first.task_id);
  pass(3s);
  BOOST_TEST(told("feishu").size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_was_found_goes_to_chats_and_into_an_alert_of_another_system) {
  auto taken = take({alert({{"alertname", "hot"}, {"host", "name-h1"}, {"severity", "page"}})});
  pass(1s);
  find_cause();
  auto chats = told("feishu");
  BOOST_REQUIRE(chats.size() == 1u);
  BOOST_TEST(chats[0]["status"] == "diagnosed");
  BOOST_TEST(chats[0]["cause"] == found);
  BOOST_TEST(chats[0]["host_name"] == "name-h1");
  BOOST_TEST(chats[0]["alert_id"] == taken.task_id);
  auto alerts = told("alertmanager");
  BOOST_REQUIRE(alerts.size() == 1u);
  BOOST_TEST(alerts[0]["cause"] == found);
  BOOST_TEST(alerts[0]["labels"]["severity"] == "page");
  BOOST_TEST(alerts[0]["annotations"]["summary"] == "as it was");
  BOOST_TEST(alerts[0]["source"] == "http://prometheus/graph");
  BOOST_TEST(alerts[0]["since"] == 1772352900.123);
  BOOST_TEST(alerts[0].contains("until"));
  BOOST_TEST(told("json").empty());
}

BOOST_AUTO_TEST_CASE(of_an_alert_of_ours_the_notices_say_it_from_then_on) {
  fire();
  BOOST_TEST(told("alertmanager").size() == 1u);
  tests::ok(db().execute("update notice set times = 1, due_ms = 9000000000000000"));
  take({alert({{"alertname", "hot"}, {"host", "name-h1"}, {"host_id", "h1"}})});
  pass(1s);
  find_cause();
  auto alerts = told("alertmanager");
  BOOST_REQUIRE(alerts.size() == 1u);
  BOOST_TEST(alerts[0]["cause"] == found);
  BOOST_TEST(alerts[0]["status"] == "firing");
  BOOST_TEST(told("json").at(0)["cause"] == found);
  BOOST_TEST(count("select count(*) from notice where receiver = 'alertmanager' and due_ms < "
                   "9000000000000000") == 1);
  BOOST_TEST(count("select count(*) from notice where receiver = 'json' and due_ms < "
                   "9000000000000000") == 0);
  BOOST_TEST(told("feishu").size() == 2u); // The alert, and the cause.
}

BOOST_AUTO_TEST_CASE(what_leads_to_no_diagnosis_is_answered_with_the_reason) {
  auto ended = take({alert({{"alertname", "hot"}, {"host", "name-h1"}}, "resolved")});
  BOOST_TEST(ended.task_id.empty());
  BOOST_TEST(ended.ignored.at(0) == "all alerts have ended");
  BOOST_TEST(take({alert({{"alertname", "hot"}, {"host", "nobody"}})}).ignored.at(0) ==
             "no host has the labels of hot");
  BOOST_TEST(take({alert({{"alertname", "cold"}, {"host", "name-h1"}})}).ignored.at(0) ==
             "no tree is about cold");
  BOOST_TEST(take({alert({{"alertname", "hot"}, {"host", "name-h1"}})}, other)->ignored.at(0) ==
             "no host has the labels of hot");
  auto wrong = alert({{"alertname", "hot"}, {"host", "name-h1"}});
  wrong.startsAt = "yesterday";
  BOOST_TEST(tests::failure_of(take({wrong}, admin)) == ec::bad_request);
  BOOST_TEST(count("select count(*) from job") == 0);
}

BOOST_AUTO_TEST_CASE(the_configuration_binds_trees_to_alerts) {
  settings->alertmanager.trees = {"cold=t", "*=t"};
  auto one = take({alert({{"alertname", "cold"}, {"host", "name-h1"}})});
  BOOST_TEST((one.tree_list == std::vector<std::string>{"t"}));
  settings->alertmanager.trees = {"cold=gone"};
  BOOST_TEST(take({alert({{"alertname", "cold"}, {"instance", "name-h2"}})}).task_id ==
             one.task_id);
  auto later = alert({{"alertname", "cold"}, {"instance", "name-h2"}});
  later.startsAt = "2026-03-02T08:15:00Z";
  BOOST_TEST(take({later}).ignored.at(0) == "alertmanager.trees: there is no tree gone");
}

BOOST_AUTO_TEST_CASE(hosts_of_alerts_that_no_tree_is_about_are_left_alone) {
  auto one = take({alert({{"alertname", "hot"}, {"host", "name-h1"}}),
                   alert({{"alertname", "cold"}, {"host", "name-h2"}})});
  BOOST_TEST((one.host_list == std::vector<std::string>{"h1"}));
  BOOST_TEST(one.ignored.at(0) == "no tree is about cold");
}

BOOST_AUTO_TEST_CASE(an_alert_of_ours_that_ended_meanwhile_is_not_told_again) {
  tests::ok(db().execute("insert into check_rule (owner, check_item, content, created_ms, "
                         "updated_ms) values ('admin', 'hot', 1, 1, 1)"));
  fire();
  take({alert({{"alertname", "hot"}, {"host", "name-h1"}, {"host_id", "h1"}})});
  pass(1s);
  tests::ok(db().execute("delete from alert"));
  auto before = told("alertmanager").size();
  find_cause();
  BOOST_TEST(told("alertmanager").size() == before);
  BOOST_TEST(told("feishu").size() == 2u); // The alert, and the cause.
}

BOOST_AUTO_TEST_CASE(a_diagnosis_that_ended_while_nobody_looked_is_told_by_who_looks_next) {
  take({alert({{"alertname", "hot"}, {"host", "name-h1"}})});
  pass(1s);
  end(of<alert_intake_actor>(alert_intake_name));
  find_cause();
  start_as(alert_intake_name, alert_intake, job_services_ptr{services});
  pass(3s);
  BOOST_TEST(told("feishu").size() == 1u);
  BOOST_TEST(count("select count(*) from alert_group") == 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
