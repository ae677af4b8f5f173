#include "actors/store/saved_store.hpp"
#include "tests/support/store_fixture.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

struct saved_fixture : tests::store_fixture {
  saved_fixture() {
    it = start_as(saved_store_name, saved_store, store);
    add_host("h1");
  }
  ~saved_fixture() { end_all(); }

  saved_store_actor it;
  caller service = [] {
    caller x;
    x.role = rights::administrator;
    return x;
  }();

  static saved_result result(const std::string& host, int64_t start, int64_t end) {
    saved_result x;
    x.host_id = host;
    x.data_list = {{"load1"}};
    x.start.ms = start;
    x.end.ms = end;
    x.check_item = "high";
    x.condition = "$0 > 1";
    x.value = "Abnormal";
    return x;
  }

  static saved_result of_user(saved_result x, const std::string& username) {
    x.username.emplace(username);
    return x;
  }

  results_saved save(const caller& who, std::vector<saved_result> rows) {
    return tests::ok(ask<results_saved>(it, who, results_to_save{std::move(rows)}));
  }

  std::vector<check_result> stored() {
    return tests::ok(
             ask<results_page>(of<result_store_actor>(result_store_name), admin, results_query{}))
      .check_result;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(saved, saved_fixture)

BOOST_AUTO_TEST_CASE(a_user_is_acted_for_as_what_he_is) {
  auto who = tests::ok(ask<caller>(it, user_to_act_for{"admin"}));
  BOOST_TEST(who.owner == "admin");
  BOOST_TEST((who.role == rights::administrator));
  who = tests::ok(ask<caller>(it, user_to_act_for{"nobody"}));
  BOOST_TEST(who.user == "nobody");
  BOOST_TEST(who.owner == "");
  BOOST_TEST((who.role == rights::ordinary));
}

BOOST_AUTO_TEST_CASE(saved_results_are_shown_with_their_rule) {
  auto reply = save(admin, {result("h1", 1000, 2000), result("unknown", 1, 2)});
  BOOST_TEST(reply.code == 206);
  BOOST_REQUIRE(reply.fail_list.size() == 1u);
  BOOST_TEST(reply.fail_list[0].index == 1);
  BOOST_REQUIRE(stored().size() == 1u);
  BOOST_TEST(stored()[0].data_list.at(0).name == "load1");
  BOOST_TEST(save(admin, {result("unknown", 1, 2)}).code == 1102);
  BOOST_TEST(save(admin, {}).code == 200);
}

BOOST_AUTO_TEST_CASE(a_known_key_gets_another_value) {
  save(admin, {result("h1", 1000, 2000)});
  auto other = result("h1", 1000, 2000);
  other.value = "No data";
  save(admin, {other});
  BOOST_REQUIRE(stored().size() == 1u);
  BOOST_TEST(stored()[0].value == "No data");
}

BOOST_AUTO_TEST_CASE(a_service_says_whose_each_row_is) {
  auto reply = save(service,
                    {of_user(result("h1", 1, 2), "admin"),
                     of_user(result("h1", 3, 4), "nobody"),
                     result("h1", 5, 6)});
  BOOST_TEST(reply.code == 206);
  BOOST_TEST(reply.fail_list.size() == 2u);
  BOOST_TEST(stored().size() == 1u);
}

BOOST_AUTO_TEST_CASE(results_of_others_are_neither_overwritten_nor_deleted) {
  save(admin, {result("h1", 1000, 2000)});
  BOOST_TEST(save(other, {result("h1", 1000, 2000)}).code == 1102);
  results_to_delete all;
  BOOST_TEST(tests::ok(ask<rows_deleted>(it, other, all)).count == 0);
  BOOST_TEST(stored().size() == 1u);
  BOOST_TEST(tests::ok(ask<rows_deleted>(it, admin, all)).count == 1);
  BOOST_TEST(stored().empty());
  BOOST_TEST(count("select count(*) from audit_log where action = 'result.delete'") == 2);
}

BOOST_AUTO_TEST_CASE(a_report_from_elsewhere_is_shown_as_it_came) {
  saved_report x;
  x.host_id = "h1";
  x.tree_name = "t";
  x.task_id = "task1";
  x.report_id = "ssda1222x";
  x.report.text = R"({"node name":"t","value":true})";
  BOOST_TEST(tests::ok(ask<reports_saved>(it, admin, reports_to_save{{x}})).code == 200);
  auto reports = of<report_store_actor>(report_store_name);
  auto found = tests::ok(ask<reports_found>(reports, admin, report_list_query{{"ssda1222x"}}));
  BOOST_REQUIRE(found.result.size() == 1u);
  BOOST_TEST(found.result[0].report.text == x.report.text);
  BOOST_TEST(found.result[0].verdict == "true");
  found = tests::ok(ask<reports_found>(reports, other, report_list_query{{"ssda1222x"}}));
  BOOST_TEST(found.result.empty());
  auto progress = tests::ok(ask<progress_found>(reports, admin, progress_query{{"task1"}}));
  BOOST_TEST(progress.result.at(0).progress == 1);
}

BOOST_AUTO_TEST_CASE(samples_that_a_prometheus_keeps_are_not_deleted) {
  samples_to_delete x;
  x.time_range = {{0}, {1000}};
  BOOST_TEST(tests::ok(ask<rows_deleted>(it, admin, x)).count == 0);
  settings->samples.source = "prometheus";
  BOOST_TEST((ask<rows_deleted>(it, admin, x).error() == ec::delete_failed));
}

BOOST_AUTO_TEST_CASE(only_a_service_deletes_samples_of_all) {
  tests::ok(
    db().run("insert into sample (host, time_ms, bytes, body) select n, 5, 1, 'x' from host"));
  samples_to_delete x;
  x.time_range = {{0}, {1000}};
  caller nobody;
  nobody.user = "nobody";
  BOOST_TEST(tests::ok(ask<rows_deleted>(it, nobody, x)).count == 0);
  BOOST_TEST(tests::ok(ask<rows_deleted>(it, other, x)).count == 0);
  x.of_all = true;
  BOOST_TEST(tests::ok(ask<rows_deleted>(it, service, x)).count == 1);
}

BOOST_AUTO_TEST_CASE(hosts_keep_the_ids_they_come_with) {
  host_to_add host;
  host.host_name = "kept";
  host.public_ip = "192.0.2.77";
  auto hosts = of<host_store_actor>(host_store_name);
  auto reply = tests::ok(ask<hosts_added>(hosts, admin, hosts_to_keep{{{host}, {}}, {"id-7"}}));
  BOOST_TEST(reply.host_list.at(0) == "id-7");
  host.host_name = "other";
  host.public_ip = "192.0.2.78";
  reply = tests::ok(ask<hosts_added>(hosts, admin, hosts_to_keep{{{host}, {}}, {"id-7"}}));
  BOOST_TEST(reply.code == 1105);
  BOOST_TEST(reply.fail_list.at(0).reason == "host_id: in use");
  reply = tests::ok(ask<hosts_added>(hosts, admin, hosts_to_keep{{{host}, {}}, {""}}));
  BOOST_TEST(reply.host_list.at(0).size() == 32u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
