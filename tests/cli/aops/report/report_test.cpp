#include "cli/aops/report/report_picture.hpp"
#include "cli/aops/report/report_text.hpp"
#include "tests/cli/aops/support/sample_report.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <ctime>

namespace report_test {

using namespace aops;
using namespace aops::cli;

namespace {

struct utc {
  utc() {
    ::setenv("TZ", "UTC0", 1);
    ::tzset();
  }
};

size_t count(const std::string& text, std::string_view what) {
  size_t n = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    ++n;
  return n;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_report, utc)

BOOST_AUTO_TEST_CASE(a_report_is_read_with_its_states_and_its_cause) {
  auto report = view_report(tests::sample_report());
  BOOST_REQUIRE(report);
  BOOST_TEST((report->root.state == node_state::is_true));
  BOOST_TEST(report->root.children[0].is_cause);
  BOOST_TEST((report->root.children[1].state == node_state::is_false));
  BOOST_TEST((report->root.children[1].children[0].state == node_state::missing));
  BOOST_TEST(verdict_of(*report) == "true");
}

BOOST_AUTO_TEST_CASE(the_text_of_a_report_names_cause_advice_and_evidence) {
  auto text = report_text(*view_report(tests::sample_report()), "web1", {});
  BOOST_TEST(text == R"(slow_host on web1: fault found
2024-03-01 11:00:00 to 2024-03-01 11:01:00

[x] slow  = cpu <hot> || disk
|- [x] cpu <hot>  = busy  <- root cause
|  `- [x] busy  [cpu_busy]
`- [ ] disk  = full
   `- [?] full  [disk_full]  No data

Root causes
1. slow > cpu <hot>
   description: the CPU is overloaded
   advice:      stop the biggest process
   evidence:    cpu_busy: max(1m) > 80, 2024-03-01 11:00:15 to 2024-03-01 11:00:45; 96.5 at
                11:00:15, 97 at 11:00:30, 98 at 11:00:45, 1 more
                max(1m) was 96.5 at 11:00:15, 99 at 11:01:00

Missing knowledge
   disk_full: No data

Would decide
   disk_full and disk_slow

report 00000000000000000000000000000100  hash ab54a98ceb1f0ad2
)");
}

BOOST_AUTO_TEST_CASE(true_nodes_are_red_and_missing_knowledge_is_yellow) {
  text_style style{{true}, true, 100};
  auto text = tree_text(view_report(tests::sample_report())->root, style);
  BOOST_TEST(text.find("\x1b[1;31m● busy\x1b[0m") != std::string::npos);
  BOOST_TEST(text.find("\x1b[33m◌ full\x1b[0m") != std::string::npos);
  BOOST_TEST(text.find("\n\x1b[2m└─ \x1b[0m○ disk") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_report_without_a_tree_says_why) {
  auto report =
    view_report({{"report_id", "x"}, {"report", json::object()}, {"error", "the tree is invalid"}});
  BOOST_REQUIRE(report);
  auto text = report_text(*report, "", {});
  BOOST_TEST(text.find("unknown") != std::string::npos);
  BOOST_TEST(text.find("not diagnosed: the tree is invalid") != std::string::npos);
  BOOST_TEST(to_html({{*report, "", true}}).find("the tree is invalid") != std::string::npos);
  BOOST_TEST(to_dot({{*report, "", true}}).find("digraph") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_leaf_that_nobody_judged_does_not_look_healthy) {
  auto row = tests::sample_report();
  auto& full = row["report"]["children"][1]["children"][0];
  full["value"] = false;
  full["msg"] = "";
  row["missing"][0]["reason"] = "Not evaluated";
  auto text = report_text(*view_report(row), "", {});
  BOOST_TEST(text.find("[?] full  [disk_full]  Not evaluated\n") != std::string::npos);
  row["missing"] = json::array({{{"path", {"slow", "disk"}}, {"reason", "No facts of this host"}}});
  text = report_text(*view_report(row), "", {});
  BOOST_TEST(text.find("   slow > disk: No facts of this host\n") != std::string::npos);
  BOOST_TEST(to_html({{*view_report(row), "", true}}).find("No facts of this host") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_tree_deeper_than_200_levels_is_refused_not_followed) {
  json node = {{"node name", "leaf"}, {"check item", "x"}};
  for (int i = 0; i < 300; ++i)
    node = {{"node name", "n"}, {"children", json::array({std::move(node)})}};
  BOOST_TEST(!view_tree(node));
  BOOST_TEST(!view_tree({{"children", json::array()}}));
  BOOST_TEST(!view_tree(json::array()));
}

BOOST_AUTO_TEST_CASE(dot_marks_true_nodes_and_causes_and_escapes_names) {
  auto row = tests::sample_report();
  row["report"]["children"][0]["node name"] = "a\"b\\c";
  row["root_causes"][0]["path"][1] = "a\"b\\c";
  auto dot = to_dot({{*view_report(row), "web1", true}});
  BOOST_TEST(
    dot.find(
      R"(n1 [label="a\"b\\c\nbusy", shape=box, fillcolor="#f8b4b0", color="#b3261e", peripheries=2)") !=
    std::string::npos);
  BOOST_TEST(dot.find("n0 -> n1 [color=\"#b3261e\", penwidth=2];") != std::string::npos);
  BOOST_TEST(dot.find("n0 -> n3;") != std::string::npos);
  BOOST_TEST(count(dot, "shape=ellipse") == 2u);
}

BOOST_AUTO_TEST_CASE(the_page_is_self_contained_and_escapes_names) {
  auto html = to_html({{*view_report(tests::sample_report()), "<web&1>", true}});
  BOOST_TEST(html.find("cpu &lt;hot&gt;") != std::string::npos);
  BOOST_TEST(html.find("&lt;web&amp;1&gt;") != std::string::npos);
  BOOST_TEST(html.find("<hot>") == std::string::npos);
  BOOST_TEST(html.find("<script") == std::string::npos);
  BOOST_TEST(html.find("src=") == std::string::npos);
  BOOST_TEST(count(html, "<rect ") == 5u);
  BOOST_TEST(count(html, "<g class=\"true cause\">") == 1u);
  BOOST_TEST(count(html, "<g class=\"missing\">") == 1u);
  BOOST_TEST(count(html, "class=\"edge true\"") == 2u);
  BOOST_TEST(html.find("<code>max(1m)</code><br>96.5 at 2024-03-01 11:00:15<br>99 at ") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(boxes_of_a_column_do_not_overlap) {
  json leaves = json::array();
  for (int i = 0; i < 30; ++i)
    leaves.push_back({{"node name", "a rather long name of a leaf number " + std::to_string(i)},
                      {"check item", "x"}});
  auto svg = to_svg(*view_tree({{"node name", "root"}, {"condition", "x"}, {"children", leaves}}));
  double bottom = 0;
  size_t at = svg.find("<rect x=\"300\"");
  BOOST_REQUIRE(at != std::string::npos);
  for (; at != std::string::npos; at = svg.find("<rect x=\"300\"", at + 1)) {
    auto y = std::stod(svg.substr(svg.find(" y=\"", at) + 4));
    BOOST_TEST(y >= bottom);
    bottom = y + std::stod(svg.substr(svg.find("height=\"", at) + 8));
  }
}

BOOST_AUTO_TEST_CASE(what_is_wrong_elsewhere_is_shown_with_the_way_to_it) {
  auto row = tests::sample_report();
  row["report"]["children"][0]["children"][0]["scope"] = "upstream";
  row["root_causes"][0]["instances"] = json::array({"cpu_busy on db1"});
  auto one = row["evidence"][0];
  one["instance"] = "cpu_busy on db1";
  one["host_name"] = "db1";
  one["path"] = json::array({"web1 nginx -> db1 mysqld 10.0.0.2:3306"});
  row["evidence"] = json::array({one});
  auto report = view_report(row);
  BOOST_REQUIRE(report);
  auto text = report_text(*report, "web1", {});
  for (auto part : {"[upstream cpu_busy]",
                    "cpu_busy on db1: max(1m) > 80",
                    "web1 nginx -> db1 mysqld 10.0.0.2:3306"})
    BOOST_TEST(text.find(part) != std::string::npos, part << " in " << text);
}

BOOST_AUTO_TEST_CASE(instances_of_rules_are_named_wherever_their_rule_is) {
  auto row = tests::sample_report();
  row["report"]["children"][0]["children"][0]["match"] = {{"core", "=~[01]"}, {"mode", "idle"}};
  row["report"]["children"][1]["children"][0]["instances"] = "all";
  row["root_causes"][0]["instances"] = json::array({"cpu_busy{core=\"1\"}"});
  auto one = row["evidence"][0], other = one;
  one["instance"] = "cpu_busy{core=\"1\"}";
  one["more_instances"] = 3;
  other["instance"] = "cpu_busy{core=\"7\"}";
  row["evidence"] = json::array({one, other});
  row["missing"] = json::array({{{"check_item", "disk_full"},
                                 {"leaf", "all disk_full"},
                                 {"reason", "No data"},
                                 {"detail", "exporter refused the connection"}}});
  auto report = view_report(row);
  BOOST_REQUIRE(report);
  auto text = report_text(*report, "web1", {});
  for (auto part : {"[cpu_busy{core=~\"[01]\",mode=\"idle\"}]",
                    "[all disk_full]  No data",
                    "cpu_busy{core=\"1\"}: max(1m) > 80",
                    "3 more instances",
                    "all disk_full: No data: exporter refused the connection"})
    BOOST_TEST(text.find(part) != std::string::npos, part << " in " << text);
  BOOST_TEST(text.find("core=\"7\"") == std::string::npos); // No cause rests on it.
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace report_test
