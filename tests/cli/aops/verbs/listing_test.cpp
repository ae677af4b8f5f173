/// What all lists have in common: `-o name`, `-o csv`, `--filter`.
#include "cli/aops/command/session.hpp"
#include "cli/aops/text/csv.hpp"
#include "messages/check.hpp"
#include "messages/host.hpp"
#include "runtime/base/json_codec.hpp"
#include "tests/cli/aops/support/command_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

namespace listing_test {

using namespace aops;
using namespace aops::cli;

namespace {

check_rule rule_of(const json& body) {
  auto rule = base::decode_text<check_rule>(body.dump());
  BOOST_REQUIRE_MESSAGE(rule, (rule ? "" : rule.error().detail));
  return *rule;
}

/// As the node shows it.
template <class T>
json row_of(const T& message) {
  return json::parse(base::encode(message).dump());
}

struct fixture : tests::command_fixture {
  void know_hosts() {
    node.answer(
      "/manage/host/get",
      {{"total_count", 3},
       {"total_page", 1},
       {"host_infos",
        json::array(
          {{{"host_id", "1"}, {"host_name", "web1"}, {"status", "online"}, {"created", 1709290800}},
           {{"host_id", "2"}, {"host_name", "web2"}, {"status", "offline"}},
           {{"host_id", "3"}, {"host_name", "a \"b\", c"}, {"status", "offline"}}})}});
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_listings, fixture)

BOOST_AUTO_TEST_CASE(names_stand_one_a_line) {
  know_hosts();
  BOOST_TEST(run({"host", "list", "-o", "name"}) == 0);
  BOOST_TEST(out.str() == "web1\nweb2\na \"b\", c\n");
  BOOST_TEST(run({"host", "--action", "query", "-o", "name", "--filter", "status=offline"}) == 0);
  BOOST_TEST(out.str() == "web2\na \"b\", c\n");
}

BOOST_AUTO_TEST_CASE(csv_is_what_a_reader_of_csv_reads) {
  know_hosts();
  BOOST_TEST(run({"host", "list", "-o", "csv"}) == 0);
  auto records = parse_csv(out.str());
  BOOST_REQUIRE(records);
  BOOST_REQUIRE(records->size() == 4u);
  auto titles = (*records)[0].cells;
  auto at = [&](std::string_view title) {
    return static_cast<size_t>(std::find(titles.begin(), titles.end(), title) - titles.begin());
  };
  BOOST_TEST((*records)[3].cells.at(at("host_name")) == "a \"b\", c");
  BOOST_TEST((*records)[1].cells.at(at("created")) == "2024-03-01T11:00:00Z");
  BOOST_TEST((*records)[2].cells.at(at("created")).empty());
}

BOOST_AUTO_TEST_CASE(a_filter_looks_at_all_rows_and_a_page_is_of_those_that_match) {
  know_hosts();
  BOOST_TEST(run({"host", "list", "--filter", "status=offline", "-o", "json"}) == 0);
  BOOST_TEST(!sent("/manage/host/get").contains("page"));
  BOOST_TEST(printed()["host_infos"].size() == 2u);
  BOOST_TEST(printed()["total_count"] == 2);
  BOOST_TEST(run({"host",
                  "list",
                  "--filter",
                  "status=offline",
                  "--page",
                  "2",
                  "--per_page",
                  "1",
                  "-o",
                  "json"}) == 0);
  BOOST_TEST(printed()["host_infos"].size() == 1u);
  BOOST_TEST(printed()["host_infos"][0]["host_id"] == "3");
  BOOST_TEST(printed()["total_page"] == 2);
  BOOST_TEST(run({"host", "list", "--filter", "host_name=nobody", "-o", "name"}) == 0);
  BOOST_TEST(out.str().empty());
}

BOOST_AUTO_TEST_CASE(a_wrong_filter_is_a_wrong_command_line) {
  know_hosts();
  BOOST_TEST(run({"host", "list", "--filter", "status"}) == 2);
  BOOST_TEST(node.seen().empty());
  BOOST_TEST(run({"host", "list", "--filter", "staus=offline"}) == 2);
  BOOST_TEST(told("did you mean status?"));
  BOOST_TEST(out.str().empty());
}

BOOST_AUTO_TEST_CASE(what_shows_no_list_takes_none_of_it) {
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"host", "add", "a", "192.0.2.1", "-o", "csv"},
                                             {"group", "delete", "a", "-o", "name"},
                                             {"group", "delete", "a", "--filter", "a=b"},
                                             {"stat", "count", "host", "-o", "csv"},
                                             {"report", "show", "5f0c2d1e", "-o", "csv"},
                                             {"diag", "t", "h", "--last", "1h", "-o", "csv"},
                                             {"cluster", "nodes", "--watch", "-o", "csv"},
                                             {"status", "--watch", "-o", "csv"}}) {
    BOOST_TEST_CONTEXT(fmt::format("{}", fmt::join(words, " "))) {
      BOOST_TEST(run(words) == 2);
      BOOST_TEST(out.str().empty());
      BOOST_TEST(!err.str().empty());
    }
  }
  BOOST_TEST(node.seen().empty());
}

BOOST_AUTO_TEST_CASE(rules_read_as_csv_can_be_added_again) {
  auto rule = [](const char* name) {
    check_rule x;
    x.check_item = name;
    x.condition = "$0 > 1";
    return x;
  };
  using names = std::vector<std::string>;
  auto full = rule("a \"b\", c;d");
  full.data_list.resize(2);
  full.data_list[0].name = "node_load1";
  full.data_list[0].match.emplace()["mode"] = "=~a;b|\"c\"";
  full.data_list[1].name = "x";
  full.condition = "max(1m) >\n  8";
  full.description = "two lines,\nor \"more\" ";
  full.severity = "critical";
  full.host_group_list = names{"web", "db"};
  full.for_ = "5m";
  full.keep_firing_for = "10m";
  full.recover = "$0 < 3";
  full.no_data = "alert";
  auto odd = rule("odd"), nobody = rule("nobody"), one = rule("one");
  odd.host_group_list = names{"a;b", " c", "[d]"};
  nobody.host_group_list.emplace(); // Not the same as none: those are all hosts.
  one.host_group_list = names{"[1]"};
  auto rules = json::array();
  for (const auto& x : {full, rule("bare"), odd, nobody, one})
    rules.push_back(row_of(x));
  node.answer("/check/rule/get", {{"total_count", 5}, {"total_page", 1}, {"check_items", rules}});
  node.answer("/check/rule/import", {{"succeed_list", json::array()}});
  BOOST_REQUIRE(run({"checkrule", "list", "-o", "csv"}) == 0);
  BOOST_REQUIRE(run({"checkrule", "add", "--conf", file("rules.csv", out.str())}) == 0);
  auto added = sent("/check/rule/import")["check_items"];
  BOOST_REQUIRE(added.size() == rules.size());
  for (size_t i = 0; i < rules.size(); ++i)
    BOOST_TEST((rule_of(added[i]) == rule_of(rules[i])), added[i].dump());
}

BOOST_AUTO_TEST_CASE(hosts_read_as_csv_json_or_yaml_can_be_added_again) {
  host_info full, bare;
  full.host_id = tests::id1;
  full.host_name = "a \"b\", c";
  full.host_group_name = "web";
  full.public_ip = "2001:db8::17";
  full.ssh_port = 2222;
  full.management = true;
  full.status = "online";
  full.exporter_port = 9200;
  full.source = source_push;
  full.status_since = full.first_online = moment{1709290800};
  full.scrape_error = "no route, it says";
  full.host_keys = {"SHA256:a", "SHA256:b"};
  bare.host_id = "2";
  bare.host_name = bare.public_ip = "b";
  bare.host_group_name = "default";
  node.answer("/manage/host/get",
              {{"total_count", 2},
               {"total_page", 1},
               {"host_infos", json::array({row_of(full), row_of(bare)})}});
  node.answer("/manage/host/info/query", {{"host_infos", json::array()}});
  node.answer("/manage/host/add", {{"host_list", json::array()}});
  for (const std::string form : {"csv", "json", "yaml"})
    BOOST_TEST_CONTEXT(form) {
      BOOST_REQUIRE(run({"host", "list", "-o", form, "--verbose", "true"}) == 0);
      BOOST_REQUIRE(run({"host", "add", "--file", file("hosts." + form, out.str())}) == 0);
      auto added = sent("/manage/host/add")["host_list"];
      BOOST_REQUIRE(added.size() == 2u);
      auto text = [](const json& x) { return x.is_string() ? x.get<std::string>() : x.dump(); };
      for (const auto& [field, value] :
           std::map<std::string, std::string>{{"host_name", "a \"b\", c"},
                                              {"host_group_name", "web"},
                                              {"public_ip", "2001:db8::17"},
                                              {"ssh_port", "2222"},
                                              {"management", "true"},
                                              {"exporter_port", "9200"},
                                              {"source", "push"}})
        BOOST_TEST(text(added[0][field]) == value);
      BOOST_TEST(added[0].size() == 7u);
      BOOST_TEST(!added[1].contains("exporter_port"));
    }
}

/// Every list of every command: its rows are one member of the reply.
BOOST_AUTO_TEST_CASE(every_list_can_be_named_filtered_and_read_as_csv) {
  struct row {
    std::vector<std::string> words;
    const char *path, *member, *name;
  };
  for (const auto& [words, path, list, name] : {
         row{{"host", "query"}, "/manage/host/get", "host_infos", "host_name"},
         row{{"group", "query"}, "/manage/host/group/get", "host_group_infos", "host_group_name"},
         row{{"checkrule", "get"}, "/check/rule/get", "check_items", "check_item"},
         row{{"checkrule", "cost"}, "/check/rule/cost/get", "rule_costs", "check_item"},
         row{{"check"}, "/check/result/get", "check_result", "check_item"},
         row{{"check", "--firing"}, "/check/status/get", "alerts", "check_item"},
         row{{"faultree", "get"}, "/diag/tree/get", "trees", "tree_name"},
         row{{"diag", "list"}, "/diag/task/get", "task_infos", "task_id"},
         row{{"report", "get"}, "/diag/report/get_list", "result", "report_id"},
         row{{"stat", "count", "check_result"}, "/check/result/count", "results", "host_id"},
         row{{"template", "query"}, "/manage/template/get", "template_infos", "template_name"},
         row{{"task", "query"}, "/manage/task/get", "task_infos", "task_name"},
         row{{"user", "list"}, "/manage/account/user/get", "user_infos", "username"},
         row{{"session", "list"}, "/manage/account/session/get", "session_infos", "session_id"},
         row{{"token", "list"}, "/manage/account/token/get", "token_infos", "name"},
         row{{"audit", "list"}, "/manage/log/get", "records", "number"},
         row{{"notify", "list"}, "/notify/receivers", "receivers", "name"},
         row{{"silence", "list"}, "/check/silence/get", "silence_infos", "silence_id"},
         row{{"cluster", "nodes"}, "/cluster/nodes", "nodes", "node"},
         row{{"cluster", "slots"}, "/cluster/slots", "slots", "slot"},
       }) {
    BOOST_TEST_CONTEXT(fmt::format("{}", fmt::join(words, " "))) {
      json rows = json::array({{{name, "a1"}, {"extra", 1}}, {{name, "a2"}, {"extra", 2}}});
      node.answer(path, {{list, rows}});
      if (words.front() != "host") // Else names are asked for.
        node.answer("/manage/host/get", {{"host_infos", json::array()}});
      node.answer("/diag/report/get", {{"result", json::array()}});
      auto with = [&](std::vector<std::string> more) {
        auto all = words;
        all.insert(all.end(), more.begin(), more.end());
        return all;
      };
      BOOST_TEST(run(with({"-o", "name"})) == 0, err.str());
      BOOST_TEST(out.str() == "a1\na2\n");
      BOOST_TEST(run(with({"-o", "name", "--filter", "extra=2"})) == 0, err.str());
      BOOST_TEST(out.str() == "a2\n");
      BOOST_TEST(run(with({"-o", "csv", "--filter", "extra>1"})) == 0, err.str());
      auto records = parse_csv(out.str());
      BOOST_REQUIRE(records);
      BOOST_TEST(records->size() == 2u);
      BOOST_TEST(run(with({"--filter", "no_such_field=2"})) == 2);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace listing_test
