#include "actors/plugin/outside_errand.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <future>
#include <unistd.h>

namespace outside_errand_test {

using namespace aops;
using namespace aops::actors;

namespace {

/// A plug-in that is a shell script: answers `describe`, then each line with what the script makes
/// of it.
base::plugin_program scripted_plugin(std::string name, const std::string& then) {
  base::plugin_program x;
  x.name = std::move(name);
  x.command = {
    "/bin/sh", "-c", R"(read -r l; echo '{"protocol":1,"name":"t","parameters":["a"]}'; )" + then};
  x.memory.bytes = int64_t{1} << 32;
  return x;
}

struct errand_fixture {
  std::shared_ptr<base::health> health = std::make_shared<base::health>();
  std::shared_ptr<plugin_pool> pool;

  void start(std::vector<base::plugin_program> all) {
    auto begun = plugin_pool::start(all, health);
    BOOST_REQUIRE(begun.has_value());
    pool = *begun;
  }
  expected<plugin::judged_batch> run(outside_errand errand) {
    errand.patience = std::chrono::seconds{60};
    auto said = std::make_shared<std::promise<expected<plugin::judged_batch>>>();
    run_errand(pool.get(), std::move(errand), [said](expected<plugin::judged_batch> x) {
      said->set_value(std::move(x));
    });
    return said->get_future().get();
  }
};

outside_errand errand_of(std::string name, size_t past, size_t fresh) {
  outside_errand x;
  x.plugin = std::move(name);
  x.host_id = "h";
  x.check_item = "r";
  x.metric = "m";
  x.period_ms = 1000;
  auto& s = x.series.emplace_back();
  s.key = "k";
  s.is_new = true;
  for (size_t i = 0; i < past + fresh; ++i)
    (i < past ? s.past : s.fresh).emplace_back(static_cast<int64_t>(i) * 1000, 1.0);
  return x;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(outside_errands, errand_fixture)

BOOST_AUTO_TEST_CASE(without_such_a_plug_in_it_fails_at_once) {
  auto said = run(errand_of("ewma", 1, 1));
  BOOST_TEST((said.error().code == ec::not_found));
  BOOST_TEST(said.error().detail == "plug-in ewma: is not in the configuration of this node");
}

BOOST_AUTO_TEST_CASE(it_learns_in_one_line_and_judges_in_as_many_as_it_takes) {
  std::string file = "/tmp/aops-errand-" + std::to_string(::getpid());
  auto program = scripted_plugin("t", "");
  program.command = {"/usr/bin/python3",
                     "-c",
                     "import sys\n"
                     "sys.stdin.readline()\n"
                     "print('{\"protocol\":1}', flush=True)\n"
                     "for line in sys.stdin:\n"
                     "  print(line[:60], file=open('" +
                       file +
                       "', 'a'))\n"
                       "  print('{\"series\":[]}', flush=True)\n"};
  start({program});
  auto said = run(errand_of("t", 3, 2 * most_line_samples));
  BOOST_REQUIRE_MESSAGE(said.has_value(), (said ? "" : said.error().detail));
  std::ifstream lines{file};
  std::string all, line;
  while (std::getline(lines, line))
    all += line.find("\"learn\"") != line.npos   ? "L"
           : line.find("\"judge\"") != line.npos ? "J"
                                                 : "?";
  ::unlink(file.c_str());
  BOOST_TEST(all.substr(0, 3) == "LJJ");
  BOOST_TEST(std::count(all.begin(), all.end(), 'L') == 1);
}

BOOST_AUTO_TEST_CASE(an_answer_that_does_not_read_is_an_error_with_its_name) {
  start({scripted_plugin("t", "while read -r l; do echo '{\"error\":\"no model\"}'; done")});
  auto said = run(errand_of("t", 0, 1));
  BOOST_TEST((said.error().code == ec::query_failed));
  BOOST_TEST(said.error().detail == "plug-in t: no model");
}

BOOST_AUTO_TEST_CASE(an_import_hears_what_the_program_does_not_take) {
  start({scripted_plugin("t", "cat")});
  check_rule rule;
  rule.plugin = "t";
  rule.condition = "a=1";
  (void)run(errand_of("t", 0, 1)); // It has answered by then.
  BOOST_TEST(pool->why_not(rule) == "");
  rule.condition = "b=1";
  BOOST_TEST(pool->why_not(rule) == "condition: b: unknown parameter; there are history, a");
  rule.plugin = "promql";
  BOOST_TEST(pool->why_not(rule) == "");
  BOOST_TEST(health->problems().empty());
}

BOOST_AUTO_TEST_CASE(one_that_is_not_there_is_said_in_health) {
  base::plugin_program x;
  x.name = "gone";
  x.command = {"/no/such/program"};
  start({x});
  (void)run(errand_of("gone", 0, 1));
  check_rule rule;
  rule.plugin = "gone";
  BOOST_TEST(pool->why_not(rule) == "plugin: gone: /no/such/program: No such file or directory");
  BOOST_TEST(health->problems().at(0) ==
             "plugin gone: /no/such/program: No such file or directory");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace outside_errand_test
