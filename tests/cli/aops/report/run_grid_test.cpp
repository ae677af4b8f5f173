#include "cli/aops/report/run_grid.hpp"
#include "cli/aops/text/text.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace run_grid_test {

using namespace aops::cli;

namespace {

json run_of(size_t hosts, const std::vector<std::string>& steps) {
  json rows = json::array();
  for (const auto& step : steps)
    rows.push_back(
      {{"step", step}, {"state", "pending"}, {"hosts", {{"pending", hosts}}}, {"message", ""}});
  return {{"execution_id", "018e"},
          {"task_name", "first"},
          {"state", "running"},
          {"reason", ""},
          {"check", false},
          {"started", 1000.0},
          {"hosts", {{"pending", hosts}}},
          {"steps", rows}};
}

json host_event(const std::string& step,
                const std::string& id,
                const std::string& state,
                const std::string& action = {},
                const std::string& message = {}) {
  return {{"type", "host"},
          {"step", step},
          {"host_id", id},
          {"state", state},
          {"action", action},
          {"message", message}};
}

std::string text_of(const std::vector<std::string>& lines) {
  std::string all;
  for (const auto& line : lines)
    all += line + '\n';
  return all;
}

canvas plain(size_t width = 80, size_t height = 24) {
  canvas on;
  on.width = width;
  on.height = height;
  on.now_ms = 1'065'000;
  return on;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(cli_run_grid)

BOOST_AUTO_TEST_CASE(a_few_hosts_have_a_line_each_with_a_sign_for_each_step) {
  run_grid grid;
  grid.take_run(run_of(3, {"install", "start"}));
  grid.name_hosts({{"h1", "web1"}, {"h2", "web2"}});
  BOOST_TEST(
    grid.take_event({{"type", "step"}, {"step", "install"}, {"state", "running"}, {"time", 1005}}));
  BOOST_TEST(grid.take_event(host_event("install", "h1", "ok")));
  BOOST_TEST(grid.take_event(host_event("install", "h2", "failed", "apt", "no such package")));
  BOOST_TEST(grid.take_event(host_event("start", "h1", "running")));
  BOOST_TEST(grid.take_event({{"type", "event"},
                              {"outcome", "begun"},
                              {"step", "start"},
                              {"host_id", "h1"},
                              {"action", "service"}}));
  auto text = text_of(grid.draw(plain()));
  BOOST_TEST(has(text, "first  running  1:05"));
  BOOST_TEST(has(text, "install  running"));
  BOOST_TEST(has(text, "1:00  1 pending, 1 ok, 1 failed"));
  BOOST_TEST(has(text, "  web1  o>  service"));
  BOOST_TEST(has(text, "  web2  X.  apt: no such package"));
}

BOOST_AUTO_TEST_CASE(a_thousand_hosts_fit_with_those_that_failed_told_below) {
  run_grid grid;
  grid.take_run(run_of(1000, {"install", "start"}));
  grid.take_event({{"type", "step"}, {"step", "install"}, {"state", "running"}, {"time", 1005}});
  for (int i = 0; i < 1000; ++i)
    grid.take_event(host_event("install",
                               fmt::format("h{}", i),
                               i < 20    ? "failed"
                               : i < 900 ? "ok"
                                         : "running",
                               i < 20 ? "apt" : "",
                               i < 20 ? "broken" : ""));
  for (size_t height : {10u, 24u, 60u}) {
    auto lines = grid.draw(plain(100, height));
    BOOST_TEST(lines.size() <= height);
    for (const auto& line : lines)
      BOOST_TEST(columns(line) <= 100u);
    auto text = text_of(lines);
    BOOST_TEST(has(text, "100 running, 880 ok, 20 failed"));
    BOOST_TEST(has(text, "XXXXXXXXXXXXXXXXXXXXoooo"));
    BOOST_TEST(has(text, "h0 install failed: apt: broken"));
    BOOST_TEST(has(text, " more") == (height < 60)); // There all of them fit.
  }
  auto all = text_of(grid.draw(plain(100, 60)));
  BOOST_TEST(std::count(all.begin(), all.end(), 'o') >= 880);
  BOOST_TEST(std::count(all.begin(), all.end(), '>') == 100);
}

BOOST_AUTO_TEST_CASE(of_many_steps_those_around_the_current_one_are_shown) {
  std::vector<std::string> steps;
  for (int i = 0; i < 40; ++i)
    steps.push_back(fmt::format("step{:02}", i));
  run_grid grid;
  grid.take_run(run_of(2, steps));
  grid.take_event({{"type", "step"}, {"step", "step20"}, {"state", "running"}, {"time", 1005}});
  auto text = text_of(grid.draw(plain(80, 12)));
  BOOST_TEST(has(text, "step20  running"));
  BOOST_TEST(!has(text, "step02"));
}

BOOST_AUTO_TEST_CASE(colours_and_signs_follow_the_terminal_and_hostile_names_do_not_reach_it) {
  run_grid grid;
  grid.take_run(run_of(1, {"in\x1b[2Jstall"}));
  grid.name_hosts({{"h1", "we\x1b[31mb"}});
  grid.take_event(host_event("in\x1b[2Jstall", "h1", "ok"));
  auto on = plain();
  on.unicode = true;
  on.colours.on = true;
  auto text = text_of(grid.draw(on));
  BOOST_TEST(has(text, "\x1b[32m✓\x1b[0m"));
  BOOST_TEST(!has(text, "\x1b[2J"));
  BOOST_TEST(!has(text, "\x1b[31mb"));
}

BOOST_AUTO_TEST_CASE(the_end_and_what_it_waits_for_are_known) {
  run_grid grid;
  grid.take_run(run_of(1, {"install"}));
  BOOST_TEST(!grid.is_over());
  grid.take_event({{"type", "state"}, {"state", "waiting_for_key"}, {"message", "locked"}});
  BOOST_TEST(grid.waits_for_user());
  BOOST_TEST(grid.reason() == "locked");
  for (const auto* state : {"done", "failed", "cancelled", "timed_out"}) {
    grid.take_event({{"type", "state"}, {"state", state}, {"message", ""}, {"time", 1002}});
    BOOST_TEST(grid.is_over());
    BOOST_TEST(!grid.waits_for_user());
  }
}

BOOST_AUTO_TEST_CASE(who_sees_no_picture_reads_what_is_worth_a_line) {
  run_grid grid;
  grid.take_run(run_of(1, {"install"}));
  grid.name_hosts({{"h1", "web1"}});
  BOOST_TEST(grid.line_of(host_event("install", "h1", "running")).empty());
  BOOST_TEST(grid.line_of(host_event("install", "h1", "failed", "apt", "broken")) ==
             "host web1 step install failed: apt: broken");
  BOOST_TEST(grid.line_of({{"type", "step"}, {"step", "install"}, {"state", "ok"}}) ==
             "step install ok");
  BOOST_TEST(grid.line_of({{"type", "state"}, {"state", "failed"}, {"message", "1 host"}}) ==
             "run failed: 1 host");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace run_grid_test
