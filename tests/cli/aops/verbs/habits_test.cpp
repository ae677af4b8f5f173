/// What people expect of any command line, for all commands at once.
#include "cli/aops/command/command_line.hpp"
#include "cli/aops/text/files.hpp"
#include "tests/cli/aops/support/command_fixture.hpp"
#include "tests/cli/aops/support/sample_report.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace habits_test {

using namespace aops;
using namespace aops::cli;
using tests::id1;

namespace {

constexpr const char* id2 = "00000000000000000000000000000fff";

struct fixture : tests::command_fixture {
  expected<command> parse(std::vector<std::string> words) const {
    return parse_command_line("aops", verbs, words);
  }
  void know_two_hosts() {
    node.answer(
      "/manage/host/get",
      {{"host_infos",
        json::array({{{"host_id", id1}, {"host_name", "web1"}, {"public_ip", "192.0.2.7"}},
                     {{"host_id", id2}, {"host_name", "web2"}, {"public_ip", "192.0.2.8"}}})}});
  }
  void know_groups() {
    node.answer(
      "/manage/host/group/get",
      {{"total_count", 1},
       {"host_group_infos",
        json::array({{{"host_group_name", "web"}, {"description", "d"}, {"host_count", 2}}})}});
  }
};

struct line {
  std::vector<std::string> words;
  std::string_view told;
};

std::string text(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, " "));
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_habits, fixture)

BOOST_AUTO_TEST_CASE(a_slip_is_named_with_what_was_meant_and_ends_with_2) {
  for (const auto& [words, what] : {
         line{{"host", "add", "--ssh_prt", "22"},
              "unknown option --ssh_prt, did you mean --ssh_port?"},
         line{{"check", "--hostlist", "a"}, "did you mean --host_list?"},
         line{{"hots", "query"}, "`hots` is no command; did you mean host?"},
         line{{"host", "qeury"}, "did you mean query?"},
         line{{"host", "--action", "delte"}, "did you mean delete?"},
         line{{"group", "query", "--sort", "host_cuont"}, "did you mean host_count?"},
         line{{"stat", "count", "hots"}, "did you mean host?"},
         line{{"help", "faulttree"}, "did you mean faultree?"},
         line{{"diag", "t", "--interval", "soon"}, "`soon` is no duration"},
         line{{"group", "query", "--page", "two"}, "--page: `two` is no whole number"},
         line{{"checkrule", "get", "--check_items"}, "a value is missing"},
         line{{"host"}, "--action is required: add"},
       }) {
    BOOST_TEST_CONTEXT(text(words)) {
      BOOST_TEST(run(words) == 2);
      BOOST_TEST(told(what), err.str());
      auto lines = err.str();
      BOOST_TEST(std::count(lines.begin(), lines.end(), '\n') == 1);
      BOOST_TEST(out.str().empty());
    }
  }
  BOOST_TEST(node.seen().empty());
}

BOOST_AUTO_TEST_CASE(every_list_accumulates_and_what_is_a_list_says_so) {
  for (const auto& v : verbs)
    for (const auto& o : all_options(v)) {
      BOOST_TEST_CONTEXT(fmt::format("{} --{}", v.name, o.name)) {
        bool is_many = o.value.size() > 3 && o.value.ends_with('S') && !o.value.ends_with("SS") &&
                       o.value.find('/') == o.value.npos;
        if (is_many)
          BOOST_TEST(o.is_list);
        if (!o.is_list || !o.choices.empty())
          continue;
        std::vector<std::string> words{std::string{v.name}};
        if (!v.actions.empty() && !v.run)
          words.emplace_back(v.actions.front().name);
        auto option = fmt::format("--{}", o.name);
        words.insert(words.end(), {option, "a", option, "b,c"});
        for (const auto& other : v.options)
          if (other.is_required)
            words.insert(words.end(),
                         {fmt::format("--{}", other.name),
                          other.choices.empty() ? "x" : std::string{other.choices.front()}});
        auto c = parse(words);
        BOOST_REQUIRE_MESSAGE(c, (c ? "" : c.error().detail));
        BOOST_TEST(c->args.text(o.name) == "a,b,c");
      }
    }
}

BOOST_AUTO_TEST_CASE(names_may_stand_without_their_options) {
  struct row {
    std::vector<std::string> words;
    std::string_view option;
    std::string_view value;
  };
  for (const auto& [words, option, value] : {
         row{{"host", "delete", "web1", "web2"}, "host_list", "web1,web2"},
         row{{"group", "add", "web"}, "host_group_name", "web"},
         row{{"group", "delete", "web", "db"}, "host_group_list", "web,db"},
         row{{"series", "web1"}, "host", "web1"},
         row{{"checkrule", "add", "r.yaml"}, "conf", "r.yaml"},
         row{{"checkrule", "delete", "a", "b"}, "check_items", "a,b"},
         row{{"checkrule", "get", "a,b", "c"}, "check_items", "a,b,c"},
         row{{"checkrule", "test", "r.json", "web1"}, "host", "web1"},
         row{{"faultree", "add", "t.json"}, "conf", "t.json"},
         row{{"faultree", "show", "slow"}, "tree_list", "slow"},
         row{{"faultree", "get", "slow", "--export", "dot", "t.dot"}, "file", "t.dot"},
         row{{"faultree", "remove", "a", "b"}, "tree_list", "a,b"},
         row{{"report", "show", "5f0c", "5f0d"}, "report_list", "5f0c,5f0d"},
         row{{"report", "get", "--export", "html", "out.html"}, "file", "out.html"},
         row{{"report", "get", "5f0c", "--export", "html", "./out"}, "file", "./out"},
         row{{"report", "delete", "5f0c"}, "report_list", "5f0c"},
         row{{"diag", "slow", "web1", "web2"}, "host_list", "web1,web2"},
         row{{"diag", "slow,hot", "web1"}, "tree_list", "slow,hot"},
         row{{"remote", "push", "a.conf", "/etc/a.conf", "web1", "web2"}, "host_list", "web1,web2"},
         row{{"remote", "run", "web1,web2", "restart", "unit=nginx"}, "command", "restart"},
         row{{"diag", "follow", "k1", "k2"}, "task_id", "k1,k2"},
         row{{"diag", "cancel", "k1"}, "cancel", "k1"},
         row{{"stat", "count", "host"}, "field", "host"},
         row{{"account", "login", "ann"}, "username", "ann"},
       }) {
    BOOST_TEST_CONTEXT(text(words)) {
      auto c = parse(words);
      BOOST_REQUIRE_MESSAGE(c, (c ? "" : c.error().detail));
      BOOST_TEST(c->args.text(option) == value);
    }
  }
}

BOOST_AUTO_TEST_CASE(words_that_mean_the_same_are_the_same) {
  size_t tried = 0;
  for (const auto& v : verbs)
    for (const auto& kind : {std::vector<std::string>{"get", "query", "list"},
                             std::vector<std::string>{"delete", "remove"}})
      for (const auto& own : kind) {
        bool is_own = std::any_of(
          v.actions.begin(), v.actions.end(), [&](const auto& a) { return a.name == own; });
        for (const auto& word : kind) {
          bool is_another =
            word != own && std::any_of(v.actions.begin(), v.actions.end(), [&](const auto& a) {
              return a.name == word;
            });
          if (!is_own || is_another)
            continue;
          BOOST_TEST_CONTEXT(fmt::format("{} {}", v.name, word)) {
            for (const auto& words :
                 {std::vector<std::string>{std::string{v.name}, word},
                  std::vector<std::string>{std::string{v.name}, "--action", word}}) {
              auto c = parse(words);
              BOOST_REQUIRE_MESSAGE(c, (c ? "" : c.error().detail));
              BOOST_TEST(c->args.text("action") == own);
            }
            ++tried;
          }
        }
      }
  BOOST_TEST(tried > 15u);
}

BOOST_AUTO_TEST_CASE(an_action_without_what_it_needs_is_a_wrong_command_line) {
  size_t tried = 0;
  for (const auto& v : verbs)
    for (const auto& a : v.actions)
      if (!a.needs.empty()) {
        BOOST_TEST(run({std::string{v.name}, std::string{a.name}}) == 2);
        BOOST_TEST(told(fmt::format("{} needs --{}", a.name, a.needs.front())), err.str());
        ++tried;
      }
  BOOST_TEST(tried > 8u);
  BOOST_TEST(node.seen().empty());
}

BOOST_AUTO_TEST_CASE(help_is_asked_for_in_three_ways) {
  for (const auto& v : verbs) {
    std::string name{v.name};
    BOOST_TEST(run({name, "--help"}) == 0);
    auto text = out.str();
    BOOST_TEST(text.find(name) != text.npos);
    BOOST_TEST(run({"help", name}) == 0);
    BOOST_TEST(out.str() == text);
    if (name != "diag") // Where a word may be a tree.
      continue;
    BOOST_TEST(run({name, "help"}) == 0);
    BOOST_TEST(out.str() == text);
  }
  BOOST_TEST(run({"help", "group"}) == 0);
  BOOST_TEST(shown("Usage: aops group add [NAME] [OPTIONS]\n       aops group update [NAME] [NEW] "
                   "[OPTIONS]\n       aops group delete [NAMES...] [OPTIONS]\n"));
  BOOST_TEST(run({"help"}) == 0);
  BOOST_TEST(shown("130 interrupted"));
}

BOOST_AUTO_TEST_CASE(a_terminal_sees_a_table_and_a_pipe_gets_json) {
  know_groups();
  BOOST_TEST(run({"group", "list"}) == 0);
  BOOST_TEST(printed()["host_group_infos"][0]["host_group_name"] == "web");
  BOOST_TEST(run({"group", "--action", "query"}) == 0); // As the contract has it.
  BOOST_TEST(out.str().starts_with("{\"code\":200,"));
  BOOST_TEST(shown("\n| host_group_name | description | host_count |\n"));
  io.out_is_terminal = true;
  for (const auto& words :
       {std::vector<std::string>{"group", "list"}, {"group", "--action", "query"}}) {
    BOOST_TEST(run(words) == 0);
    BOOST_TEST(out.str().starts_with("+--"));
    BOOST_TEST(!shown("\"code\""));
  }
  BOOST_TEST(run({"group", "list", "-o", "json"}) == 0);
  BOOST_TEST(shown("\"host_group_infos\""));
}

BOOST_AUTO_TEST_CASE(a_terminal_is_told_in_words_what_a_simple_command_did) {
  io.out_is_terminal = true;
  variables["NO_COLOR"] = "1";
  node.answer("/manage/host/group/delete", {{"deleted", {"web", "db"}}});
  BOOST_TEST(run({"group", "delete", "web", "db"}) == 0);
  BOOST_TEST(out.str() == "deleted: web, db\n");
  know_groups();
  node.answer("/manage/host/group/delete", {{"deleted", json::array()}});
  run({"group", "delete", "nope"}); // The answer of before is given once more.
  BOOST_TEST(run({"group", "delete", "nope"}) == 1);
  BOOST_TEST(out.str().empty());
  node.answer("/manage/account/change", json::object());
  BOOST_TEST(run({"account", "change", "--password", "x"}) == 0);
  BOOST_TEST(out.str() == "done\n");
  node.answer("/manage/host/count", {{"code", 1201}, {"msg", "the session is invalid"}});
  BOOST_TEST(run({"stat", "count", "host"}) == 1);
  BOOST_TEST(out.str().empty());
  BOOST_TEST(err.str() == "aops: the session is invalid; run: aops login (1201)\n");
}

BOOST_AUTO_TEST_CASE(a_table_fits_the_terminal) {
  io.out_is_terminal = true;
  io.width = 60;
  json rule = {
    {"check_item", "cpu"},
    {"condition", "avg(10m) - min(10m) > 3 && $1 > 5 || $2 < 7 && $3 != 0 || $4 == 12345"},
    {"severity", "high"},
    {"description", "says at length what this is about and what to do then"}};
  node.answer("/check/rule/get", {{"total_count", 1}, {"check_items", json::array({rule})}});
  BOOST_TEST(run({"checkrule", "list"}) == 0);
  std::string rest = out.str(), all;
  for (size_t at = 0; at < rest.size(); at = rest.find('\n', at) + 1) {
    auto shown_line = rest.substr(at, rest.find('\n', at) - at);
    BOOST_TEST(shown_line.size() <= 60u, shown_line);
    all += shown_line;
  }
  BOOST_TEST(shown("12345"));
  BOOST_TEST(shown("then"));
  BOOST_TEST(!shown("..."));
}

BOOST_AUTO_TEST_CASE(times_in_tables_are_local) {
  node.answer(
    "/manage/host/get",
    {{"host_infos",
      json::array({{{"host_id", id1}, {"host_name", "web1"}, {"status_since", 1709290800}}})}});
  BOOST_TEST(run({"host", "list", "-o", "wide"}) == 0);
  BOOST_TEST(shown("2024-03-01 11:00:00"));
  BOOST_TEST(!shown("1709290800"));
}

BOOST_AUTO_TEST_CASE(the_beginning_of_an_id_is_enough_when_it_is_the_only_one) {
  know_two_hosts();
  node.answer("/check/series/get", {{"series", json::array()}});
  BOOST_TEST(run({"series", "00000000000000000000000000000f"}) == 0);
  BOOST_TEST(sent("/check/series/get")["host_id"] == id2);
  BOOST_TEST(run({"series", "0000"}) == 1);
  BOOST_TEST(told(fmt::format("0000 may be 2 hosts: {}, {}", id1, id2)));
  node.answer("/diag/task/get",
              {{"task_infos",
                json::array({{{"task_id", "018e4c0a7b1f0d7c9a3e5b7f2c4d6e80"}},
                             {{"task_id", "018e4c0b7b1f0d7c9a3e5b7f2c4d6e80"}}})}});
  node.answer("/diag/task/cancel", json::object());
  BOOST_TEST(run({"diag", "cancel", "018E4C0B"}) == 0);
  BOOST_TEST(sent("/diag/task/cancel")["task_list"][0] == "018e4c0b7b1f0d7c9a3e5b7f2c4d6e80");
  BOOST_TEST(run({"diag", "cancel", "018e"}) == 1);
  BOOST_TEST(told("018e may be 2 tasks"));
  auto report = tests::sample_report();
  report["report_id"] = "5f0c2d1e8b7a69584736251403f2e1d0";
  node.answer("/diag/report/get", {{"result", json::array({report})}});
  node.answer("/diag/report/delete", json::object());
  BOOST_TEST(run({"report", "delete", "5f0c2d1e"}) == 0);
  BOOST_TEST(sent("/diag/report/delete")["report_list"][0] == "5f0c2d1e8b7a69584736251403f2e1d0");
}

BOOST_AUTO_TEST_CASE(names_that_nothing_has_fail_and_may_be_passed_over) {
  know_two_hosts();
  know_groups();
  node.answer("/manage/host/group/delete", {{"deleted", {"web"}}});
  auto one_rule = json::array({{{"check_item", "cpu"}}});
  node.answer("/check/rule/get", {{"total_count", 1}, {"check_items", one_rule}});
  node.answer("/check/rule/delete", json::object());
  node.answer("/check/result/get", {{"check_result", json::array()}});
  node.answer("/diag/tree/get", {{"trees", json::array({{{"tree_name", "slow"}}})}});
  node.answer("/diag/tree/delete", json::object());
  node.answer("/diag/report/get", {{"result", json::array()}});
  node.answer("/diag/report/delete", json::object());
  node.answer("/diag/report/get_list", {{"total_count", 0}, {"result", json::array()}});
  node.answer("/diag/task/get", {{"task_infos", json::array()}});
  node.answer("/diag/progress/get",
              {{"result", json::array({{{"task_id", "nope"}, {"expected_report_num", 0}}})}});
  node.answer("/diag/task/cancel", {{"cancelled", json::array()}, {"ignored", {"nope"}}});
  node.answer("/check/series/get", {{"series", json::array()}});
  node.answer("/manage/host/delete",
              {{"code", 1103}, {"msg", "delete data from database fail"}, {"fail_list", {"nope"}}});
  for (const auto& [words, what] : {
         line{{"group", "delete", "web", "nope"}, "no group is called nope"},
         line{{"checkrule", "delete", "cpu", "nope"}, "no rule is called nope"},
         line{{"checkrule", "get", "cpu", "nope"}, "no rule is called nope"},
         line{{"check", "--check_items", "nope"}, "no rule is called nope"},
         line{{"check", "nope"}, "no host is called nope"},
         line{{"faultree", "delete", "slow", "nope"}, "no fault tree is called nope"},
         line{{"faultree", "get", "slow", "nope"}, "no fault tree is called nope"},
         line{{"report", "delete", "nope"}, "no report is called nope"},
         line{{"report", "get", "nope"}, "no report is called nope"},
         line{{"report", "get", "--host_list", "nope"}, "no host is called nope"},
         line{{"diag", "t", "nope", "--last", "1h"}, "no host is called nope"},
         line{{"report", "get", "--task_id", "nope"}, "no task is called nope"},
         line{{"report", "get", "--tree_list", "nope"}, "no fault tree is called nope"},
         line{{"series", "nope"}, "no host is called nope"},
         line{{"diag", "follow", "nope"}, "no task is called nope"},
         line{{"diag", "cancel", "nope"}, "no running task is called nope"},
         line{{"host", "delete", "nope"}, "no host is called nope"},
       }) {
    BOOST_TEST_CONTEXT(text(words)) {
      BOOST_TEST(run(words) == 1);
      BOOST_TEST(err.str() == fmt::format("aops: {}\n", what));
      auto tolerant = words;
      tolerant.emplace_back("--ignore-missing");
      BOOST_TEST(run(tolerant) == 0, err.str());
      BOOST_TEST(err.str().empty());
    }
  }
  BOOST_TEST(run({"series", "wbe1"}) == 1);
  BOOST_TEST(told("no host is called wbe1; did you mean web1?"));
}

BOOST_AUTO_TEST_CASE(one_refused_of_many_is_a_failure_told_in_one_line) {
  node.answer("/check/rule/import",
              {{"code", 206},
               {"msg", "partial succeed"},
               {"succeed_list", {"a"}},
               {"fail_list", {"b"}},
               {"fail_reasons", {{"b", "position 5: unknown function `foo`"}}}});
  auto rules =
    file("r.yaml", "- {check_item: a, condition: $0 > 1}\n- {check_item: b, condition: foo}\n");
  BOOST_TEST(run({"checkrule", "add", rules}) == 1);
  BOOST_TEST(sent("/check/rule/import")["check_items"].size() == 2u);
  BOOST_TEST(printed()["code"] == 206); // The contract's code stays.
  BOOST_TEST(err.str() == "aops: b: position 5: unknown function `foo`\n");
  BOOST_TEST(run({"checkrule", "add", rules, "--ignore-missing"}) == 1);
}

BOOST_AUTO_TEST_CASE(an_export_has_the_form_that_its_name_says) {
  know_two_hosts();
  node.answer("/diag/report/get", {{"result", json::array({tests::sample_report()})}});
  auto tree = tests::sample_report()["report"];
  node.answer("/diag/tree/get",
              {{"trees", json::array({{{"tree_name", "t"}, {"tree_content", tree}}})}});
  node.answer("/check/rule/get",
              {{"total_count", 1}, {"check_items", json::array({{{"check_item", "cpu"}}})}});
  auto begins = [&](const std::string& name) {
    return read_file(folder + "/" + name)->substr(0, 8);
  };
  for (const auto& [name, beginning] : {std::pair{"r.html", "<!DOCTYP"},
                                        {"r.htm", "<!DOCTYP"},
                                        {"r.svg", "<svg xml"},
                                        {"r.dot", "digraph "},
                                        {"r.gv", "digraph "},
                                        {"r.json", "[\n  {\n  "},
                                        {"r.yaml", "- host_i"}}) {
    BOOST_TEST_CONTEXT(name) {
      BOOST_TEST(
        run({"report", "show", "x", "--export", folder + "/" + name, "--ignore-missing"}) == 0,
        err.str());
      BOOST_TEST(begins(name) == beginning);
      BOOST_TEST(run({"faultree", "show", "t", "--export", folder + "/" + name}) == 0, err.str());
    }
  }
  BOOST_TEST(read_file(folder + "/r.svg")->find(".true rect { fill:") != std::string::npos);
  auto asked = node.seen().size();
  for (const auto& words :
       {std::vector<std::string>{"report", "show", "x", "--export", folder + "/r.png"},
        {"report", "show", "x", "--export", folder + "/r"},
        {"report", "show", "x", "--export", "html", folder + "/r2.svg"},
        {"faultree", "show", "t", "--export", folder + "/t.pdf"},
        {"checkrule", "list", "--export", folder + "/rules.html"},
        {"report", "show", "x", "--file", folder + "/r3.html"}}) {
    BOOST_TEST_CONTEXT(text(words)) {
      BOOST_TEST(run(words) == 2);
      BOOST_TEST(
        (told("its name must say the form") || told("is no name for") || told("--file goes with")),
        err.str());
      BOOST_TEST(!std::filesystem::exists(words.back()));
    }
  }
  BOOST_TEST(node.seen().size() == asked);
  BOOST_TEST(run({"checkrule", "list", "--export", folder + "/rules.yml"}) == 0);
  BOOST_TEST(*read_file(folder + "/rules.yml") == "check_items:\n  - check_item: cpu\n");
  BOOST_TEST(run({"checkrule", "list", "--export", folder + "/rules"}) ==
             0); // The contract's: any path.
}

BOOST_AUTO_TEST_CASE(spans_are_written_as_people_say_them) {
  node.answer("/check/result/get", {{"check_result", json::array()}});
  BOOST_TEST(run({"check", "--last", "1h30m", "--timeout", "1m"}) == 0);
  BOOST_TEST(sent("/check/result/get")["time_range"] == json({1709289000, 1709294400}));
  BOOST_TEST(run({"check", "--last", "1w"}) == 0);
  BOOST_TEST(sent("/check/result/get")["time_range"][0] == 1709294400 - 604800);
  BOOST_TEST(run({"check", "--start", "2024-03-01T10:00Z", "--end", "2024-03-01T12:00:00+01:00"}) ==
             0);
  BOOST_TEST(sent("/check/result/get")["time_range"] == json({1709287200, 1709290800}));
  BOOST_TEST(parse({"diag", "t", "--interval", "1h30m"})->args.whole("interval") == 5400);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace habits_test
