#include "tests/cli/aops/support/command_fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace commands_test {

using namespace aops;
using namespace aops::cli;
using tests::id1;

BOOST_FIXTURE_TEST_SUITE(cli_commands, tests::command_fixture)

BOOST_AUTO_TEST_CASE(account_login_prints_the_reply_with_the_token) {
  node.answer("/manage/account/login", {{"access_token", "abc"}});
  variables.erase("AOPS_ACCESS_TOKEN");
  BOOST_TEST(run({"account", "--action", "login", "--username", "admin", "--password", "x"}) == 0);
  BOOST_TEST(out.str() ==
             "{\"code\":200,\"msg\":\"operation succeed\",\"access_token\":\"abc\"}\n");
  BOOST_TEST(run({"account", "--action", "login", "--password", "x"}) == 2);
  BOOST_TEST(told("login needs --username"));
  BOOST_TEST(run({"account", "--action", "change", "--password", "x"}) == 2); // Without a token.
}

BOOST_AUTO_TEST_CASE(account_change_sends_only_the_new_password) {
  node.answer(
    "/manage/account/change",
    {{"code", 1205}, {"msg", "the new password is the same as old password, change fail"}});
  BOOST_TEST(run({"account", "--action", "change", "--password", "x"}) == 1);
  BOOST_TEST(sent("/manage/account/change") == json({{"password", "x"}}));
  BOOST_TEST(told("1205"));
}

BOOST_AUTO_TEST_CASE(group_commands_send_what_the_contract_says) {
  node.answer("/manage/host/group/add", {{"host_group_id", "1"}});
  BOOST_TEST(run({"group", "--action", "add", "--host_group_name", "web"}) == 0);
  BOOST_TEST(sent("/manage/host/group/add") ==
             json({{"host_group_name", "web"}, {"description", "This is a host group."}}));
  BOOST_TEST(run({"group", "--action", "add", "--host_group_name", "a,b"}) == 1);
  BOOST_TEST(run({"group", "--action", "add"}) == 2);
  node.answer("/manage/host/group/delete", {{"deleted", json::array({"web"})}});
  BOOST_TEST(run({"group", "--action", "delete", "--host_group_list", "web,db"}) == 0);
  BOOST_TEST(node.last("/manage/host/group/delete").method == "DELETE");
  BOOST_TEST(sent("/manage/host/group/delete") == json({{"host_group_list", {"web", "db"}}}));
  BOOST_TEST(run({"group", "--action", "delete", "--host_group_list", "web,,db"}) == 1);
  node.answer(
    "/manage/host/group/get",
    {{"total_count", 1},
     {"total_page", 1},
     {"host_group_infos",
      json::array({{{"host_group_name", "web"}, {"description", "d"}, {"host_count", 2}}})}});
  BOOST_TEST(run({"group", "--action", "query", "--sort", "host_count", "--direction", "desc"}) ==
             0);
  BOOST_TEST(sent("/manage/host/group/get") ==
             json({{"sort", "host_count"}, {"direction", "desc"}, {"page", 1}, {"per_page", 20}}));
  BOOST_TEST(
    shown("{\"code\":200,\"msg\":\"operation succeed\",\"total_count\":1,\"total_page\":1}\n+--"));
  BOOST_TEST(shown("| web             | d           |          2 |"));
  BOOST_TEST(run({"group", "--action", "query", "-o", "json"}) == 0);
  BOOST_TEST(printed()["host_group_infos"][0]["host_count"] == 2);
  BOOST_TEST(run({"group", "--action", "query", "-o", "yaml"}) == 0);
  BOOST_TEST(shown("  - host_group_name: web\n"));
  BOOST_TEST(run({"group", "--action", "query", "-o", "table"}) == 0);
  BOOST_TEST(out.str().starts_with("+--"));
}

BOOST_AUTO_TEST_CASE(host_add_sends_one_host_and_its_secrets) {
  node.answer("/manage/host/add", {{"host_list", json::array({id1})}});
  lines = {"pw", "root-pw"};
  variables["AOPS_VAULT_KEY"] = "key";
  BOOST_TEST(run({"host",
                  "--action",
                  "add",
                  "--host_name",
                  "web1",
                  "--host_group_name",
                  "web",
                  "--public_ip",
                  "192.0.2.7",
                  "--username",
                  "ops",
                  "--password",
                  "-",
                  "--sudo_password",
                  "-",
                  "--exporter_port",
                  "9200"}) == 0);
  json host = {{"host_name", "web1"},
               {"host_group_name", "web"},
               {"public_ip", "192.0.2.7"},
               {"ssh_port", 22},
               {"management", false},
               {"username", "ops"},
               {"password", "pw"},
               {"sudo_password", "root-pw"},
               {"exporter_port", 9200}};
  BOOST_TEST(sent("/manage/host/add") ==
             json({{"host_list", json::array({host})}, {"key", "key"}}));
  BOOST_TEST(run({"host", "--action", "add", "--host_name", "web1"}) == 2);
  BOOST_TEST(told("add needs --public_ip"));
}

BOOST_AUTO_TEST_CASE(host_delete_takes_names_and_ids) {
  know_hosts();
  node.answer("/manage/host/delete",
              {{"code", 206}, {"msg", "partial succeed"}, {"fail_list", {"nobody"}}});
  BOOST_TEST(run({"host", "--action", "delete", "--host_list", "web1,nobody"}) == 1);
  BOOST_TEST(sent("/manage/host/delete") == json({{"host_list", {id1, "nobody"}}}));
  BOOST_TEST(err.str() == "aops: no host is called nobody\n");
  BOOST_TEST(printed()["code"] == 206); // The contract's.
  BOOST_TEST(
    run({"host", "--action", "delete", "--host_list", "web1,nobody", "--ignore-missing"}) == 0);
  BOOST_TEST(err.str().empty());
  BOOST_TEST(run({"host", "--action", "delete"}) == 2);
}

BOOST_AUTO_TEST_CASE(host_query_filters_and_adds_infos_when_verbose) {
  know_hosts();
  node.answer(
    "/manage/host/info/query",
    {{"host_infos", json::array({{{"host_id", id1}, {"infos", {{"os", {{"name", "Debian"}}}}}}})}});
  BOOST_TEST(run({"host",
                  "--action",
                  "query",
                  "--host_group_name",
                  "web,db",
                  "--management",
                  "True",
                  "--verbose",
                  "True"}) == 0);
  BOOST_TEST(sent("/manage/host/get") == json({{"host_group_list", {"web", "db"}},
                                               {"management", true},
                                               {"host_list", json::array()},
                                               {"page", 1},
                                               {"per_page", 20}}));
  BOOST_TEST(sent("/manage/host/info/query") == json({{"host_list", {id1}}, {"basic", false}}));
  BOOST_TEST(shown("| infos"));
  BOOST_TEST(shown("Debian"));
}

BOOST_AUTO_TEST_CASE(stat_counts_three_things) {
  node.answer("/manage/host/count", {{"host_count", 3}});
  node.answer("/check/rule/count", {{"rule_count", 4}});
  node.answer("/check/result/count",
              {{"results", json::array({{{"host_id", id1}, {"count", 7}}})}});
  BOOST_TEST(run({"stat", "count", "host"}) == 0);
  BOOST_TEST(printed()["host_count"] == 3);
  BOOST_TEST(run({"stat", "--action", "count", "--field", "check_rule"}) == 0);
  BOOST_TEST(sent("/check/rule/count") == json::object());
  BOOST_TEST(run({"stat", "--action", "count", "--field", "check_result"}) == 0);
  BOOST_TEST(sent("/check/result/count") == json({{"host_list", json::array()}}));
  BOOST_TEST(shown("|     7 |"));
}

BOOST_AUTO_TEST_CASE(check_asks_for_the_last_hour_by_default) {
  node.answer("/check/result/get",
              {{"total_count", 0}, {"total_page", 0}, {"check_result", json::array()}});
  BOOST_TEST(run({"check"}) == 0);
  json wanted = {{"time_range", {1709290800, 1709294400}},
                 {"check_items", json::array()},
                 {"host_list", json::array()},
                 {"page", 1},
                 {"per_page", 20}};
  BOOST_TEST(sent("/check/result/get") == wanted);
  BOOST_TEST(printed()["check_result"] == json::array());
  BOOST_TEST(run({"check", "--end", "20240301-10:00:00", "--chek_items", "a,b", "--sort", "end"}) ==
             0);
  BOOST_TEST(sent("/check/result/get")["time_range"] == json({1709283600, 1709287200}));
  BOOST_TEST(sent("/check/result/get")["check_items"] == json({"a", "b"}));
  BOOST_TEST(run({"check", "--start", "20240301-11:00:00", "--end", "20240301-10:00:00"}) == 1);
  BOOST_TEST(told("lies after"));
  BOOST_TEST(run({"check", "--start", "yesterday"}) == 1);
  BOOST_TEST(told("20240301-10:15:30"));
}

BOOST_AUTO_TEST_CASE(check_execute_waits_and_shows_the_results) {
  know_hosts();
  node.answer("/check/execute", {{"task_id", "k1"}, {"expected_result_num", 2}});
  node.stream("/diag/progress/stream",
              "event: done\ndata: {\"task_id\":\"k1\",\"progress\":2,\"state\":\"done\"}\n\n");
  node.answer("/check/result/get",
              {{"check_result",
                json::array({{{"host_id", id1},
                              {"check_item", "cpu"},
                              {"value", "Abnormal"},
                              {"start", 1709290800},
                              {"end", 1709290860}}})}});
  BOOST_TEST(run({"check", "--execute", "--last", "10m", "-o", "table"}) == 0);
  BOOST_TEST(sent("/check/execute") == json({{"host_list", {id1}},
                                             {"time_range", {1709293800, 1709294400}},
                                             {"check_items", json::array()}}));
  BOOST_TEST(shown("| web1      | cpu        | Abnormal | 2024-03-01 11:00:00 |"));
  BOOST_TEST(!told("not judged"));
}

BOOST_AUTO_TEST_CASE(check_names_the_instance_of_a_rule_that_has_several) {
  know_hosts();
  node.answer("/check/result/get",
              {{"check_result",
                json::array({{{"host_id", id1},
                              {"check_item", "disk"},
                              {"labels", {{"mountpoint", "/var"}, {"fstype", "ext4"}}},
                              {"value", "Abnormal"},
                              {"start", 1709290800},
                              {"end", 1709290860}}})}});
  BOOST_TEST(run({"check", "-o", "table"}) == 0);
  BOOST_TEST(shown("| disk{fstype=\"ext4\",mountpoint=\"/var\"} | Abnormal |"));
  BOOST_TEST(run({"check", "-o", "json"}) == 0);
  BOOST_TEST(printed()["check_result"][0]["check_item"] == "disk");
}

BOOST_AUTO_TEST_CASE(check_execute_tells_what_was_not_judged) {
  know_hosts();
  node.answer("/check/execute", {{"task_id", "k1"}, {"expected_result_num", 2}});
  node.stream("/diag/progress/stream",
              "event: done\ndata: {\"task_id\":\"k1\",\"progress\":2,\"state\":\"done\"}\n\n");
  node.answer("/diag/progress/get",
              {{"result",
                json::array({{{"task_id", "k1"},
                              {"progress", 2},
                              {"expected_report_num", 2},
                              {"state", "done"},
                              {"failed", 1}}})}});
  node.answer("/check/result/get", {{"check_result", json::array()}});
  BOOST_TEST(run({"check", "--execute", "--last", "10m", "-o", "table"}) == 0);
  BOOST_TEST(told("1 of 2 were not judged"));
}

BOOST_AUTO_TEST_CASE(checkrule_add_posts_the_rules_of_the_file) {
  node.answer(
    "/check/rule/import",
    {{"succeed_list", {"cpu"}}, {"update_list", json::array()}, {"fail_list", json::array()}});
  auto rules =
    file("rules.json",
         R"({"check_items":[{"check_item":"cpu","data_list":[{"name":"x"}],"condition":"$0>1"}]})");
  BOOST_TEST(run({"checkrule", "--action", "add", "--conf", rules}) == 0);
  BOOST_TEST(sent("/check/rule/import")["check_items"][0]["condition"] == "$0>1");
  BOOST_TEST(run({"checkrule", "--action", "add"}) == 2);
  BOOST_TEST(run({"checkrule", "--action", "add", "--conf", folder + "/none.json"}) == 1);
  BOOST_TEST(told("No such file"));
}

BOOST_AUTO_TEST_CASE(the_reason_of_every_refused_rule_is_told) {
  node.answer("/check/rule/import",
              {{"code", 1000},
               {"msg", "request parameter error"},
               {"fail_list", {"cpu"}},
               {"fail_reasons", {{"cpu", "position 5: unknown function `foo`"}}}});
  auto rules = file("rules.json", R"([{"check_item":"cpu","condition":"foo"}])");
  BOOST_TEST(run({"checkrule", "--action", "add", "--conf", rules}) == 1);
  BOOST_TEST(err.str() == "aops: cpu: position 5: unknown function `foo`\n");
  BOOST_TEST(printed()["code"] == 1000);
}

BOOST_AUTO_TEST_CASE(an_export_of_rules_holds_all_of_them_and_can_be_imported_again) {
  json rule = {
    {"check_item", "cpu"}, {"data_list", json::array({{{"name", "x"}}})}, {"condition", "$0>1"}};
  node.answer("/check/rule/get", {{"total_count", 1}, {"check_items", json::array({rule})}});
  node.answer("/check/rule/import", {{"update_list", {"cpu"}}});
  BOOST_TEST(run({"checkrule", "--action", "get", "--export", folder}) == 0);
  BOOST_TEST(sent("/check/rule/get") == json({{"check_items", json::array()}})); // Not paged.
  BOOST_TEST(told("wrote " + folder + "/check_rule.json"));
  BOOST_TEST(run({"checkrule", "--action", "add", "--conf", folder + "/check_rule.json"}) == 0);
  BOOST_TEST(sent("/check/rule/import")["check_items"][0] == rule);
  BOOST_TEST(run({"checkrule", "--action", "get", "--check_items", "cpu"}) == 0);
  BOOST_TEST(printed()["check_items"][0]["check_item"] == "cpu");
}

BOOST_AUTO_TEST_CASE(checkrule_cost_shows_the_dearest_rule_and_nodes_that_did_not_tell) {
  node.answer("/check/rule/cost/get",
              {{"code", 206},
               {"seconds", 2.5},
               {"missing_nodes", {"n3"}},
               {"rule_costs",
                json::array({{{"check_item", "deep"},
                              {"evaluations", 1000},
                              {"seconds", 2},
                              {"share", 0.8},
                              {"mean_us", 2000}},
                             {{"check_item", ""},
                              {"evaluations", 10},
                              {"seconds", 0.5},
                              {"share", 0.2},
                              {"mean_us", 50000}}})}});
  BOOST_TEST(run({"checkrule", "cost", "--check_items", "deep", "-o", "table"}) == 0);
  BOOST_TEST(sent("/check/rule/cost/get") == json({{"check_items", {"deep"}}}));
  BOOST_TEST(shown("| deep "));
  BOOST_TEST(shown(" 80.0 % |"));
  BOOST_TEST(shown("| (others) "));
  BOOST_TEST(shown(" 2000.00 |"));
  BOOST_TEST(told("node n3 did not tell"));
  BOOST_TEST(run({"checkrule", "cost", "-o", "json"}) == 0);
  BOOST_TEST(printed()["rule_costs"][0]["share"] == 0.8);
}

BOOST_AUTO_TEST_CASE(checkrule_test_judges_without_storing) {
  know_hosts();
  node.answer(
    "/check/rule/test",
    {{"points", 240},
     {"check_result",
      json::array({{{"value", "Abnormal"}, {"start", 1709290800}, {"end", 1709290860}}})}});
  auto rules =
    file("rules.json",
         R"([{"check_item":"a","condition":"$0>1"},{"check_item":"b","condition":"$0>2"}])");
  BOOST_TEST(run({"checkrule",
                  "test",
                  "--conf",
                  rules,
                  "--host",
                  "web1",
                  "--last",
                  "1h",
                  "--check_items",
                  "b"}) == 0);
  json wanted = {{"rule", {{"check_item", "b"}, {"condition", "$0>2"}}},
                 {"host_id", id1},
                 {"time_range", {1709290800, 1709294400}}};
  BOOST_TEST(sent("/check/rule/test") == wanted);
  BOOST_TEST(
    shown("b on web1, 2024-03-01 11:00:00 to 2024-03-01 12:00:00: 240 points judged, 1 found"));
  BOOST_TEST(shown("| Abnormal | 2024-03-01 11:00:00 |"));
  node.answer(
    "/check/rule/test",
    {{"code", 1000}, {"msg", "request parameter error"}, {"detail", "unknown function foo"}});
  run({"checkrule", "test", "--conf", rules, "--host", id1});
  BOOST_TEST(run({"checkrule", "test", "--conf", rules, "--host", id1}) == 1);
  BOOST_TEST(told("unknown function foo"));
  BOOST_TEST(run({"checkrule", "test", "--conf", rules}) == 2);
}

BOOST_AUTO_TEST_CASE(series_lists_what_a_rule_must_name) {
  know_hosts();
  node.answer("/check/series/get",
              {{"total_count", 1},
               {"series",
                json::array({{{"name", "node_load1"},
                              {"type", "kpi"},
                              {"label", {{"cpu", "0"}}},
                              {"time", 1709290800},
                              {"value", "1.5"}}})}});
  BOOST_TEST(run({"series", "--host", "web1", "-o", "table"}) == 0);
  BOOST_TEST(sent("/check/series/get") == json({{"host_id", id1}}));
  BOOST_TEST(shown("| node_load1 | kpi  | {\"cpu\":\"0\"} | 2024-03-01 11:00:00 |   1.5 |"));
}

BOOST_AUTO_TEST_CASE(faultree_add_tells_warnings_and_get_exports_pictures) {
  node.answer(
    "/diag/tree/import",
    {{"succeed_list", {"t"}},
     {"warnings",
      json::array({{{"tree_name", "t"}, {"path", "root"}, {"message", "mixes && and ||"}}})}});
  auto conf = file(
    "t.json",
    R"({"node name":"root","condition":"a","children":[{"node name":"a","check item":"cpu"}]})");
  BOOST_TEST(
    run(
      {"faultree", "--action", "add", "--conf", conf, "--tree_list", "t", "--descriptipn", "d"}) ==
    0);
  BOOST_TEST(sent("/diag/tree/import")["trees"][0]["tree_name"] == "t");
  BOOST_TEST(sent("/diag/tree/import")["trees"][0]["description"] == "d");
  BOOST_TEST(told("warning: t, root: mixes && and ||"));
  json tree = sent("/diag/tree/import")["trees"][0];
  node.answer("/diag/tree/get", {{"trees", json::array({tree})}});
  BOOST_TEST(run({"faultree", "--action", "get"}) == 0);
  BOOST_TEST(printed()["trees"][0]["tree_content"]["node name"] == "root");
  BOOST_TEST(run({"faultree", "--action", "get", "--export", folder}) == 0);
  BOOST_TEST(run({"faultree", "--action", "add", "--conf", folder + "/fault_tree.json"}) == 0);
  BOOST_TEST(sent("/diag/tree/import")["trees"][0] == tree);
  BOOST_TEST(run({"faultree", "--action", "get", "--export", "dot"}) == 0);
  BOOST_TEST(out.str().starts_with("digraph \"t\" {"));
  BOOST_TEST(run({"faultree", "--action", "get", "-o", "wide"}) == 0);
  BOOST_TEST(shown("t\n[ ] root  = a\n`- [ ] a  [cpu]\n"));
  node.answer("/diag/tree/delete", json::object());
  BOOST_TEST(run({"faultree", "--action", "delete", "--tree_list", "t"}) == 0);
  BOOST_TEST(sent("/diag/tree/delete") == json({{"tree_list", {"t"}}}));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace commands_test
