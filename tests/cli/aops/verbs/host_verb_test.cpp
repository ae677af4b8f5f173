#include "tests/cli/aops/support/command_fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace host_verb_test {

using namespace aops;
using namespace aops::cli;
using tests::id1;

namespace {

struct host_fixture : tests::command_fixture {
  host_fixture() { node.answer("/manage/host/add", {{"host_list", json::array({id1})}}); }

  /// What the node says of the new host, when it is asked again and again.
  void look(std::vector<json> rows) {
    for (auto& row : rows) {
      row["host_id"] = id1;
      row["host_name"] = "web1";
      row["public_ip"] = "192.0.2.7";
      node.answer("/manage/host/get",
                  {{"total_count", 1}, {"total_page", 1}, {"host_infos", json::array({row})}});
    }
  }

  static json plain() {
    return {{"host_name", "web1"},
            {"host_group_name", "default"},
            {"public_ip", "192.0.2.7"},
            {"ssh_port", 22},
            {"management", false}};
  }

  json added() { return sent("/manage/host/add"); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(host_verb, host_fixture)

BOOST_AUTO_TEST_CASE(a_name_and_an_address_are_all_it_takes) {
  look({{{"status", "unknown"}}, {{"status", "online"}, {"first_online", 1}}});
  BOOST_TEST(run({"host", "add", "web1", "192.0.2.7"}) == 0);
  BOOST_TEST(added() == json({{"host_list", json::array({plain()})}}));
  BOOST_TEST(sent("/manage/host/get")["host_list"] == json::array({id1}));
  BOOST_TEST(told("the host answers"));
  BOOST_TEST(waited_ms > 0);
  BOOST_TEST(run({"host", "add", "web1", "[2001:db8::1]:9200", "--group", "web"}) == 0);
  BOOST_TEST(added()["host_list"][0]["public_ip"] == "2001:db8::1");
  BOOST_TEST(added()["host_list"][0]["exporter_port"] == 9200);
  BOOST_TEST(added()["host_list"][0]["host_group_name"] == "web");
  BOOST_TEST(run({"host", "add", "web1"}) == 2);
  BOOST_TEST(told("add needs --public_ip"));
  BOOST_TEST(run({"host", "add", "web1", "192.0.2.7:1", "--exporter_port", "2"}) == 1);
  BOOST_TEST(told("--exporter_port too"));
}

BOOST_AUTO_TEST_CASE(a_host_that_was_never_reached_says_so_and_why_at_once) {
  look({{{"status", "unknown"}},
        {{"status", "unknown"},
         {"scrape_error", "exporter refused the connection at 192.0.2.7:9100"}}});
  BOOST_TEST(run({"host", "add", "web1", "192.0.2.7"}) == 0);
  BOOST_TEST(told("web1: never reached: exporter refused the connection at 192.0.2.7:9100"));
  BOOST_TEST(!told("answers"));
  BOOST_TEST(run({"host", "query", "-o", "table"}) == 0);
  BOOST_TEST(shown("never reached: exporter refused the connection"));
}

BOOST_AUTO_TEST_CASE(the_wait_for_a_first_look_is_bounded_and_may_be_none) {
  look({{{"status", "unknown"}}});
  BOOST_TEST(run({"host", "add", "web1", "192.0.2.7"}) == 0);
  BOOST_TEST(waited_ms <= 5000);
  BOOST_TEST(told("not looked at yet"));
  waited_ms = 0;
  auto asked = node.seen().size();
  BOOST_TEST(run({"host", "add", "web1", "192.0.2.7", "--wait", "0"}) == 0);
  BOOST_TEST(node.seen().size() == asked + 1);
  BOOST_TEST(waited_ms == 0);
}

BOOST_AUTO_TEST_CASE(many_come_from_a_file) {
  look({{{"status", "online"}, {"first_online", 1}}});
  auto path = file("hosts.csv", "name,address,group\na,192.0.2.1,web\nb,b.example.org:9200,\n");
  BOOST_TEST(run({"host", "import", path, "--group", "rest", "--ssh_port", "2222"}) == 0);
  auto rows = added()["host_list"];
  BOOST_REQUIRE(rows.size() == 2u);
  BOOST_TEST(rows[0]["host_group_name"] == "web");
  BOOST_TEST(rows[1]["host_group_name"] == "rest");
  BOOST_TEST(rows[1]["exporter_port"] == 9200);
  BOOST_TEST(rows[1]["ssh_port"] == 2222);
  BOOST_TEST(!added().contains("key"));
  BOOST_TEST(run({"host", "add", "--file", path}) == 0);
  BOOST_TEST(run({"host", "import", file("none.yaml", "[]")}) == 1);
  BOOST_TEST(told("holds no hosts"));
  std::string many = "name,address\n";
  for (int i = 0; i < 1500; ++i)
    many += "h" + std::to_string(i) + ",h" + std::to_string(i) + "\n";
  BOOST_TEST(run({"host", "import", file("many.csv", many), "--wait", "0"}) == 0);
  BOOST_TEST(added()["host_list"].size() == 500u);
}

BOOST_AUTO_TEST_CASE(hosts_that_are_refused_do_not_keep_the_others_out) {
  std::string many = "name,address\n";
  for (int i = 0; i < 2001; ++i)
    many += "h" + std::to_string(i) + ",h" + std::to_string(i) + "\n";
  node.answer("/manage/host/add",
              {{"code", 1105}, {"msg", "data has existed"}, {"host_list", json::array()}});
  node.answer("/manage/host/add", {{"host_list", json::array({id1})}}); // The third time.
  BOOST_TEST(run({"host", "import", file("many.csv", many), "--wait", "0"}) == 1);
  BOOST_TEST(added()["host_list"].size() == 1u);
  BOOST_TEST(node.seen().size() == 3u);
}

BOOST_AUTO_TEST_CASE(what_is_typed_unseen_is_asked_for_twice) {
  look({{{"status", "online"}, {"first_online", 1}}});
  answers = {"pw", "pw", "root", "rot", "root", "root", "key", "key"};
  BOOST_TEST(run({"host", "add", "web1", "192.0.2.7", "--username", "ops"}) == 0);
  BOOST_TEST(questions.size() == 8u);
  BOOST_TEST(told("the two differ"));
  auto host = added()["host_list"][0];
  BOOST_TEST(host["password"] == "pw");
  BOOST_TEST(host["sudo_password"] == "root");
  BOOST_TEST(added()["key"] == "key");
  answers = {"a", "b", "a", "b", "a", "b"};
  BOOST_TEST(run({"host", "add", "web1", "192.0.2.7", "--username", "ops"}) == 1);
  BOOST_TEST(run({"host", "add", "web1", "192.0.2.7", "--key", "k"}) == 1);
  BOOST_TEST(told("--username is needed"));
}

BOOST_AUTO_TEST_CASE(a_host_is_renamed_and_changed_by_name) {
  look({{{"status", "online"}, {"first_online", 1}}});
  node.answer("/manage/host/update", json::object());
  BOOST_TEST(run({"host", "rename", "web1", "front1"}) == 0);
  BOOST_TEST(sent("/manage/host/update") == json({{"host_id", id1}, {"host_name", "front1"}}));
  BOOST_TEST(!told("answers")); // It is where it was.
  BOOST_TEST(run({"host", "update", "web1", "192.0.2.9:9200", "--group", "db"}) == 0);
  BOOST_TEST(sent("/manage/host/update") == json({{"host_id", id1},
                                                  {"host_group_name", "db"},
                                                  {"public_ip", "192.0.2.9"},
                                                  {"exporter_port", 9200}}));
  BOOST_TEST(told("the host answers"));
  lines = {"pw", "root"};
  variables["AOPS_VAULT_KEY"] = "key";
  BOOST_TEST(
    run(
      {"host", "update", "web1", "--username", "ops", "--password", "-", "--sudo_password", "-"}) ==
    0);
  BOOST_TEST(sent("/manage/host/update") == json({{"host_id", id1},
                                                  {"username", "ops"},
                                                  {"password", "pw"},
                                                  {"sudo_password", "root"},
                                                  {"key", "key"}}));
  auto asked = node.seen().size();
  BOOST_TEST(run({"host", "rename", "nobody", "x"}) == 1);
  BOOST_TEST(told("nobody"));
  BOOST_TEST(node.seen().size() == asked + 1); // Nothing was changed.
  BOOST_TEST(run({"host", "rename", "web1"}) == 2);
  BOOST_TEST(run({"host", "update"}) == 2);
}

BOOST_AUTO_TEST_CASE(a_query_may_be_about_some_hosts) {
  look({{{"status", "online"}, {"first_online", 1}}});
  BOOST_TEST(run({"host", "query", "web1"}) == 0);
  BOOST_TEST(sent("/manage/host/get")["host_list"] == json::array({id1}));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace host_verb_test
