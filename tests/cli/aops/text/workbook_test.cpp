#include "cli/aops/text/files.hpp"
#include "cli/aops/text/task_file.hpp"
#include "cli/aops/text/tree_file.hpp"
#include "cli/aops/text/workbook.hpp"
#include "cli/aops/text/workbook_grid.hpp"
#include "cli/aops/text/workbook_process.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <atomic>
#include <csignal>
#include <cstdlib>

namespace workbook_test {

using namespace aops;
using namespace aops::cli;

namespace {

std::string sample(const std::string& name) {
  return *read_file(std::string{AOPS_SOURCE_DIR} + "/tests/cli/aops/text/samples/" + name);
}

/// The sheet of both samples as CSV.
const std::string csv =
  "host slow\n"
  "Level 1,Level 2,Level 3,Resources,Priority,Progress,DateStart,DateFinish,Duration,Milestone\n"
  "cpu exhausted\n"
  ",all cores busy | cpu_core_busy,,,1\n"
  ",run queue long | run_queue_long\n"
  ",condition: all cores busy || run queue long\n"
  ",advice: 找出占用 CPU 的进程\n"
  "\n"
  "disk slow\n"
  ",await high | disk_await\n"
  "description: why a host answers slowly\n";

} // namespace

BOOST_AUTO_TEST_SUITE(cli_workbooks)

BOOST_AUTO_TEST_CASE(both_kinds_of_workbook_and_csv_hold_the_same_tree) {
  auto trees = read_trees("a.csv", csv, "", "d");
  BOOST_REQUIRE_MESSAGE(trees, (trees ? "" : trees.error().detail));
  const auto& content = (*trees)[0]["tree_content"];
  BOOST_TEST((*trees)[0]["tree_name"] == "host slow");
  BOOST_TEST((*trees)[0]["description"] == "d");
  BOOST_TEST(content["condition"] == "cpu exhausted || disk slow");
  BOOST_TEST(content["description"] == "why a host answers slowly");
  BOOST_TEST(content["children"][0]["advice"] == "找出占用 CPU 的进程");
  BOOST_TEST(content["children"][0]["condition"] == "all cores busy || run queue long");
  BOOST_TEST(content["children"][0]["children"][1]["check item"] == "run_queue_long");
  for (const auto* name : {"mind_map.xls", "mind_map.xlsx"}) {
    auto same = read_trees(name, sample(name), "", "d");
    BOOST_REQUIRE_MESSAGE(same, (same ? "" : same.error().detail));
    BOOST_TEST(*same == *trees, name);
    // By content: the name may be another.
    BOOST_TEST(*read_trees("-", sample(name), "mine", "d") != *trees);
    BOOST_TEST((*read_trees("-", sample(name), "mine", "d"))[0]["tree_name"] == "mine");
  }
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_with_sheet_and_cell) {
  for (const auto* name : {"mind_map.xls", "mind_map.xlsx"}) {
    auto wrong = read_sheet(sample(name), "tree");
    BOOST_REQUIRE(!wrong);
    BOOST_TEST(wrong.error().detail == "the workbook has no sheet `tree`; it has: notes, diag");
    auto other = read_sheet(sample(name), "notes");
    BOOST_REQUIRE(other);
    BOOST_TEST((*other)[0][0] == "other");
  }
  auto skipped = read_trees("a.csv", csv + ",,too deep\n", "", "");
  BOOST_REQUIRE(!skipped);
  BOOST_TEST(skipped.error().detail.starts_with("a.csv: row 12, column C: "),
             skipped.error().detail);
}

BOOST_AUTO_TEST_CASE(what_is_no_workbook_is_refused) {
  for (const auto& [name, bytes] : std::initializer_list<std::pair<const char*, std::string>>{
         {"a.xlsx", "{}"},
         {"a.xls", ""},
         {"a.xlsx", std::string{"PK\x03\x04 and then nothing", 22}},
         {"a.xls", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and then nothing"}}) {
    auto trees = read_trees(name, bytes, "", "");
    BOOST_REQUIRE_MESSAGE(!trees, name);
    BOOST_TEST(trees.error().detail.find("workbook") != std::string::npos, trees.error().detail);
  }
}

/// A text that stands in the file once may be that of every cell.
BOOST_AUTO_TEST_CASE(a_small_file_with_a_sheet_of_any_size_is_refused) {
  sheet_grid grid;
  std::string text(size_t{1} << 20, 'x');
  for (size_t i = 0; i < 64; ++i)
    BOOST_REQUIRE(grid.set(i, 0, text));
  auto more = grid.set(64, 0, text);
  BOOST_REQUIRE(!more);
  BOOST_TEST(more.error().detail == "a sheet may have 64 MiB of text");
  BOOST_TEST(!sheet_grid{}.set(sheet_grid::most_rows, 0, ""));
  BOOST_TEST(!sheet_grid{}.set(0, sheet_grid::most_columns, ""));
}

BOOST_AUTO_TEST_CASE(a_workbook_that_brings_its_reader_down_is_refused) {
  using namespace std::chrono_literals;
  auto refused = [](const std::function<expected<sheet_cells>()>& read) {
    auto found = read_apart(read, 1s);
    return found ? "" : found.error().detail;
  };
  auto damaged = damaged_workbook().detail;
  BOOST_TEST(refused([]() -> expected<sheet_cells> {
               std::raise(SIGSEGV);
               return sheet_cells{};
             }) == damaged);
  BOOST_TEST(refused([]() -> expected<sheet_cells> { std::abort(); }) == damaged);
  BOOST_TEST(refused([]() -> expected<sheet_cells> {
               std::atomic<unsigned> rounds = 0;
               while (true)
                 ++rounds;
             }) == damaged);
  BOOST_TEST(refused([] { return sheet_cells{{std::string(size_t{81} << 20, 'x')}}; }) == damaged);
  BOOST_TEST(refused([]() -> expected<sheet_cells> { return fail(ec::bad_request, "why"); }) ==
             "why");
  sheet_cells cells{{"a", ""}, {}, {std::string("\0b\n", 3)}};
  auto found = read_apart([&] { return cells; });
  BOOST_REQUIRE(found);
  BOOST_TEST((*found == cells));
}

/// Whatever becomes of a file on its way, it is read or refused.
BOOST_AUTO_TEST_CASE(a_damaged_workbook_is_read_or_refused) {
  for (const auto* name : {"mind_map.xls", "mind_map.xlsx"}) {
    auto whole = sample(name);
    for (size_t at = 0; at < whole.size(); at += 97) {
      auto flipped = whole;
      flipped[at] = static_cast<char>(flipped[at] ^ 0x55);
      (void)read_sheet(flipped, "diag");
      (void)read_sheet(std::string_view{whole}.substr(0, at), "diag");
    }
  }
}

BOOST_AUTO_TEST_CASE(steps_and_variables_come_as_csv_too) {
  auto steps = read_steps("s.csv", "step,enable,continue\nkafka,true,False\nzookeeper,,\n");
  BOOST_REQUIRE(steps);
  BOOST_TEST(*steps == json::array({{{"step", "kafka"}, {"enable", true}, {"continue", false}},
                                    {{"step", "zookeeper"}}}));
  BOOST_TEST(*read_steps("s.yml", "kafka: {enable: true}\n") ==
             json::array({{{"step", "kafka"}, {"enable", true}}}));
  BOOST_TEST(*read_steps("s.yml", "step_list:\n  kafka: {enable: true}\n") ==
             json::array({{{"step", "kafka"}, {"enable", true}}}));
  BOOST_TEST(*read_variables("v.csv", "value,name\n\"1, 2\",a\n8080,port\n") ==
             json({{"a", "1, 2"}, {"port", "8080"}}));
  BOOST_TEST(*read_variables("v.json", "{\"a\": 1}") == json({{"a", 1}}));
  for (const auto& [text, told] : std::initializer_list<std::pair<const char*, const char*>>{
         {"", "v.csv: is empty"},
         {"name\na,b\n", "v.csv: line 2: 2 cells where the header has 1"},
         {"value\na\n", "v.csv: line 1: column `name` is missing"},
         {"name,vlaue\n", "v.csv: line 1: unknown column `vlaue`"},
         {"name,value\na,1\na,2\n", "v.csv: line 3: a is given twice"}}) {
    auto wrong = read_variables("v.csv", text);
    BOOST_REQUIRE(!wrong);
    BOOST_TEST(wrong.error().detail == told);
  }
  BOOST_TEST(read_steps("s.csv", "step,enable\nkafka,perhaps\n").error().detail ==
             "s.csv: line 2: enable: `perhaps` is neither true nor false");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace workbook_test
