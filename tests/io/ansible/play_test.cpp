#include "tests/io/ansible/stage.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>
#include <sys/resource.h>

namespace play_test {

using namespace aops;
using namespace aops::tests;
using namespace std::chrono_literals;
using ansible::event_kind;
using ansible::host_outcome;

namespace {

std::string content_of(const std::string& path) {
  std::ifstream file{path};
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

bool is_ones_own(const std::string& path) {
  using std::filesystem::perms;
  auto others = perms::group_all | perms::others_all;
  return (std::filesystem::status(path).permissions() & others) == perms::none;
}

bool has_folder(const std::string& path) { return std::filesystem::exists(path); }

} // namespace

BOOST_AUTO_TEST_CASE(a_play_tells_what_happens_in_order_and_leaves_nothing) {
  stage s;
  s.start(local_play("plain",
                     R"({"name": "say", "ansible.builtin.command": {"argv": ["echo", "hello"]}},
                        {"name": "skip", "ansible.builtin.command": {"argv": ["true"]}, "when": false},
                        {"name": "loop", "ansible.builtin.command": {"argv": ["echo", "{{ item }}"]}, "loop": ["a", "b"]},
                        {"name": "break", "ansible.builtin.command": {"argv": ["false"]}, "ignore_errors": true},
                        {"name": "fail", "ansible.builtin.fail": {"msg": "on purpose"},
                         "when": "aops_host_name == 'name-of-h2'"})",
                     {"h1", "h2"}));
  auto result = s.end();
  BOOST_REQUIRE_MESSAGE(result.how.has_value(), why(result.how));
  BOOST_REQUIRE(result.hosts.size() == 2);
  BOOST_TEST((result.hosts[0].outcome == host_outcome::ok));
  BOOST_TEST((result.hosts[1].outcome == host_outcome::failed));
  BOOST_TEST(result.hosts[0].ok == 3);
  BOOST_TEST(result.hosts[0].ignored == 1);
  BOOST_TEST(result.hosts[1].action == "fail");
  BOOST_TEST(result.hosts[1].message == "on purpose");
  auto events = s.events();
  for (size_t i = 0; i < events.size(); ++i)
    BOOST_TEST(events[i].number == static_cast<int64_t>(i + 1));
  auto said =
    s.wait_for([](const auto& e) { return e.kind == event_kind::ok && e.action == "say"; });
  BOOST_TEST(said.output == "hello");
  BOOST_TEST(said.module == "ansible.builtin.command");
  BOOST_TEST(said.is_changed);
  BOOST_TEST(said.time_ms > 1'700'000'000'000);
  BOOST_TEST(said.result.empty());
  s.wait_for(event_kind::skipped);
  s.wait_for([](const auto& e) { return e.kind == event_kind::item && e.message == "b"; });
  s.wait_for([](const auto& e) { return e.kind == event_kind::failed && e.is_ignored; });
  BOOST_TEST(!has_folder(s.run_folder("plain")));
  BOOST_TEST(s.processes("plain") == 0u);
}

BOOST_AUTO_TEST_CASE(nothing_of_a_cancelled_play_goes_on) {
  stage s;
  auto& play = s.start(local_play("cancelled", endless));
  s.wait_for(event_kind::host_began);
  BOOST_TEST(s.processes("cancelled") > 1u);
  play.cancel();
  auto result = s.end();
  BOOST_REQUIRE(!result.how);
  BOOST_TEST((result.how.error() == ec::cancelled));
  BOOST_TEST((result.hosts.at(0).outcome == host_outcome::not_run));
  BOOST_TEST(s.processes("cancelled") == 0u);
  BOOST_TEST(!has_folder(s.run_folder("cancelled")));
}

BOOST_AUTO_TEST_CASE(
  who_lets_go_of_a_play_does_not_wait_for_its_end_and_the_next_on_its_host_does) {
  stage s;
  s.start(local_play("first", R"({"name": "wait", "ansible.builtin.shell":
                                  "trap '' TERM; while true; do sleep 1; done"})"));
  s.wait_for(event_kind::host_began);
  auto began = std::chrono::steady_clock::now();
  s.let_go();
  BOOST_TEST((std::chrono::steady_clock::now() - began < 1s));
  BOOST_TEST(s.processes("first") > 0u);
  s.start(local_play("elsewhere", R"({"ansible.builtin.meta": "noop"})", {"h2"})); // At once.
  s.start(local_play("second", R"({"ansible.builtin.meta": "noop"})"));
  BOOST_TEST(s.processes("first") == 0u);
}

BOOST_AUTO_TEST_CASE(who_hears_of_the_end_of_a_play_may_begin_another_on_its_host) {
  stage s;
  auto noop = R"({"ansible.builtin.meta": "noop"})";
  std::promise<expected<std::unique_ptr<ansible::play>>> next;
  std::mutex mutex;
  std::unique_ptr<ansible::play> first;
  {
    std::lock_guard lock{mutex};
    auto started = s.player().start(
      local_play("first", noop),
      [](std::vector<ansible::play_event>) {},
      [&](ansible::play_result) {
        std::lock_guard lock{mutex};
        first.reset();
        next.set_value(s.player().start(
          local_play("second", noop),
          [](std::vector<ansible::play_event>) {},
          [](ansible::play_result) {}));
      });
    BOOST_REQUIRE_MESSAGE(started.has_value(), why(started));
    first = std::move(*started);
  }
  auto second = next.get_future();
  BOOST_REQUIRE((second.wait_for(60s) == std::future_status::ready));
  auto begun = second.get();
  BOOST_TEST(begun.has_value(), why(begun));
}

BOOST_AUTO_TEST_CASE(a_play_that_takes_too_long_is_ended) {
  stage s;
  auto order = local_play("slow", endless);
  order.timeout = 6s;
  s.start(std::move(order));
  auto result = s.end();
  BOOST_REQUIRE(!result.how);
  BOOST_TEST((result.how.error() == ec::timed_out));
  BOOST_TEST(s.processes("slow") == 0u);
}

BOOST_AUTO_TEST_CASE(what_left_its_process_group_is_ended_too) {
  stage s;
  auto& play = s.start(local_play(
    "escaped",
    fmt::format(
      R"({{"name": "leave", "ansible.builtin.command": {{"argv": ["setsid", "--fork", "env", "-i", "sleep", "978"]}}}}, {})",
      endless)));
  s.wait_for([](const auto& e) { return e.kind == event_kind::host_began && e.action == "wait"; });
  play.cancel();
  s.end();
  BOOST_TEST(eventually([] { return std::system("pgrep -f '^sleep 978$' >/dev/null") != 0; }, 1s));
}

BOOST_AUTO_TEST_CASE(a_play_ends_when_its_node_may_no_longer_act) {
  stage s;
  auto& play = s.start(local_play("late", endless));
  play.may_run_until(std::chrono::steady_clock::now() + 60s);
  s.wait_for(event_kind::host_began);
  play.may_run_until(std::chrono::steady_clock::now() + 200ms);
  auto result = s.end();
  BOOST_REQUIRE(!result.how);
  BOOST_TEST((result.how.error() == ec::fenced));
  BOOST_TEST(s.processes("late") == 0u);
  BOOST_TEST(!has_folder(s.run_folder("late")));
}

BOOST_AUTO_TEST_CASE(a_play_and_its_secrets_end_with_the_node) {
  temp_folder folder;
  process node{{ANSIBLE_TEST_NODE, folder / "runs"}};
  BOOST_REQUIRE(node.wait_for_line("began", 60s) == "began");
  auto marker = ansible::folder_marker(folder / "runs/killed");
  BOOST_TEST(ansible::marked(marker).size() > 1u);
  node.signal(SIGKILL);
  BOOST_TEST(eventually([&] { return ansible::marked(marker).empty(); }));
  BOOST_TEST(eventually([&] { return !has_folder(folder / "runs/killed"); }));
}

BOOST_AUTO_TEST_CASE(a_play_ends_when_its_guard_is_killed) {
  stage s;
  s.start(local_play("unguarded", endless));
  s.wait_for(event_kind::host_began);
  for (auto pid : ansible::marked(s.marker("unguarded")))
    if (content_of(fmt::format("/proc/{}/cmdline", pid)).find(ansible::guard_mode) !=
        std::string::npos)
      ::kill(pid, SIGKILL);
  auto result = s.end();
  BOOST_REQUIRE(!result.how);
  BOOST_TEST((result.how.error() == ec::task_failed));
  BOOST_TEST(eventually([&] { return s.processes("unguarded") == 0; })); // Nobody waits for them.
  BOOST_TEST(!has_folder(s.run_folder("unguarded")));
}

BOOST_AUTO_TEST_CASE(what_a_dead_guard_and_node_left_is_cleaned_up_at_the_next_start) {
  temp_folder folder;
  auto marker = ansible::folder_marker(folder / "runs/killed");
  process node{{ANSIBLE_TEST_NODE, folder / "runs"}};
  BOOST_REQUIRE(node.wait_for_line("began", 60s) == "began");
  for (auto pid : ansible::marked(marker))
    if (content_of(fmt::format("/proc/{}/cmdline", pid)).find(ansible::guard_mode) !=
        std::string::npos) {
      ::kill(node.id(), SIGSTOP); // So that it cannot do what a guard's death asks for.
      ::kill(pid, SIGKILL);
    }
  node.signal(SIGKILL);
  node.wait();
  BOOST_TEST(has_folder(folder / "runs/killed"));
  ansible::player_options options;
  options.directory = folder / "runs";
  auto next = ansible::make_player(options);
  auto cleaned = next->clean_up();
  BOOST_REQUIRE(cleaned.has_value());
  BOOST_TEST(*cleaned == 1u);
  BOOST_TEST(ansible::marked(marker).empty());
  BOOST_TEST(!has_folder(folder / "runs/killed"));
  BOOST_TEST(*next->clean_up() == 0u);
}

BOOST_AUTO_TEST_CASE(secrets_are_in_no_argument_environment_or_event_and_their_files_are_ones_own) {
  stage s;
  const std::string secret = "pa{{ss}} wörd'4711\"x";
  auto order = local_play(
    "secret",
    fmt::format(
      R"({{"name": "say", "ansible.builtin.command": {{"argv": ["echo", "{{{{ ansible_password }}}}", "{{{{ ansible_password | b64encode }}}}", "{{{{ other }}}}"]}}}},
                   {{"name": "say {{{{ other }}}}", "ansible.builtin.debug": {{"var": "ansible_password"}}}}, {})",
      endless));
  order.hosts[0].password.text = order.hosts[0].sudo_password.text = secret;
  order.vars = R"({"other": "plain-other-secret"})";
  order.secrets.push_back(sealed_text{"plain-other-secret"});
  auto& play = s.start(std::move(order));
  s.wait_for([](const auto& e) { return e.kind == event_kind::host_began && e.action == "wait"; });
  auto folder = s.run_folder("secret");
  BOOST_TEST(is_ones_own(folder));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && content_of(entry.path()).find("4711") != std::string::npos)
      BOOST_TEST(is_ones_own(entry.path()), entry.path());
  auto them = ansible::marked(s.marker("secret"));
  BOOST_TEST(them.size() > 1u);
  for (auto pid : them)
    for (const char* file : {"cmdline", "environ"}) {
      auto text = content_of(fmt::format("/proc/{}/{}", pid, file));
      BOOST_TEST(text.find("4711") == std::string::npos);
    }
  play.cancel();
  s.end();
  bool has_masked = false;
  for (const auto& event : s.events())
    for (const auto& text : {event.action, event.message, event.output}) {
      has_masked = has_masked || text.find("********") != std::string::npos;
      BOOST_TEST(text.find("4711") == std::string::npos, text);
      BOOST_TEST(text.find("plain-other-secret") == std::string::npos, text);
      BOOST_TEST(text.find("cGF7e3Nz") == std::string::npos, text);
    }
  BOOST_TEST(has_masked);
}

BOOST_AUTO_TEST_CASE(a_playbook_that_cannot_run_says_why) {
  stage s;
  s.start(local_play("broken", R"({"name": "x", "no.such.module_at_all": {}})"));
  auto result = s.end();
  BOOST_REQUIRE(!result.how);
  BOOST_TEST((result.how.error() == ec::task_failed));
  BOOST_TEST(result.how.error().detail.find("no.such.module_at_all") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_missing_program_is_an_error_of_the_play) {
  stage s;
  auto options = s.options();
  options.runner = "/nonexistent/runner";
  auto player = ansible::make_player(options);
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<ansible::play_result> result;
  auto play = player->start(
    local_play("missing", endless),
    [](const auto&) {},
    [&](ansible::play_result x) {
      std::lock_guard lock{mutex};
      result = std::move(x);
      changed.notify_all();
    });
  BOOST_REQUIRE(play.has_value());
  std::unique_lock lock{mutex};
  BOOST_REQUIRE(changed.wait_for(lock, 30s, [&] { return result.has_value(); }));
  BOOST_REQUIRE(!result->how);
  BOOST_TEST(result->how.error().detail.find("/nonexistent/runner") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_left_of_a_long_complaint_holds_no_part_of_a_secret) {
  temp_folder folder;
  const std::string secret(100, 's');
  for (size_t before : {1000, 20'000, 50'000}) {
    // Its end is kept: of the secret, a half of it.
    std::ofstream{folder / "text"} << std::string(before, 'a') << secret << std::string(8142, 'b');
    std::ofstream{folder / "runner"} << "#!/bin/sh\ncat '" << folder / "text"
                                     << "' >&2\nexit 1\n";
    std::filesystem::permissions(folder / "runner", std::filesystem::perms::owner_all);
    stage s;
    auto options = s.options();
    options.runner = folder / "runner";
    s.replace(ansible::make_player(options));
    auto order = local_play("complaint", endless);
    order.secrets.push_back({secret});
    s.start(std::move(order));
    auto result = s.end();
    BOOST_REQUIRE(!result.how);
    auto why = result.how.error().detail;
    BOOST_TEST(why.find('s') == std::string::npos);
    BOOST_TEST(why.ends_with("********" + std::string(8142, 'b')));
  }
}

BOOST_AUTO_TEST_CASE(results_are_kept_when_asked_for) {
  stage s;
  auto order =
    local_play("results", R"({"name": "look", "ansible.builtin.stat": {"path": "/etc/passwd"}})");
  order.keeps_results = true;
  s.start(std::move(order));
  s.end();
  auto told = s.wait_for([](const auto& e) { return e.kind == event_kind::ok; });
  BOOST_TEST(told.result.find("\"exists\":true") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_dry_run_changes_nothing_and_shows_the_difference) {
  stage s;
  auto file = s.folder() / "changed";
  auto order = local_play(
    "dry",
    fmt::format(
      R"({{"name": "write", "ansible.builtin.copy": {{"content": "first line\n", "dest": "{}"}}}})",
      file));
  order.check = order.diff = true;
  s.start(std::move(order));
  BOOST_TEST(s.end().how.has_value());
  auto told = s.wait_for([](const auto& e) { return e.kind == event_kind::ok; });
  BOOST_TEST(told.is_changed);
  BOOST_TEST(told.output.find("+first line") != std::string::npos, told.output);
  BOOST_TEST(!has_folder(file));
}

BOOST_AUTO_TEST_CASE(what_a_play_left_running_on_a_host_is_found_and_ended_by_another) {
  stage s;
  // Put where neither the guard nor the folder's name finds it, as on another machine.
  s.start(local_play("exec1-step1", R"({"name": "leave", "ansible.builtin.shell":
    "env -u AOPS_RUN_FOLDER setsid -f sleep 979 </dev/null >/dev/null 2>&1; sleep 0.1"})"));
  process left{{"env", "AOPS_RUN=exec1-step1", "sleep", "980"}};
  process other{{"env", "AOPS_RUN=exec2-step1", "sleep", "981"}};
  s.end();
  auto order = ansible::remnants_order("exec1", {local_host("h1")});
  BOOST_REQUIRE(order.has_value());
  order->hosts[0].vars =
    R"({"ansible_connection": "local", "ansible_python_interpreter": "/usr/bin/python3", "ansible_become": false})";
  stage second;
  BOOST_REQUIRE(eventually([&] { return ansible::marked("AOPS_RUN=exec1-step1").size() == 1; }));
  second.start(std::move(*order));
  BOOST_TEST(second.end().how.has_value());
  BOOST_TEST(left.wait(1s) == 128 + SIGTERM);
  BOOST_TEST(other.running());
  BOOST_TEST(!ansible::remnants_order("a*", {}).has_value());
}

BOOST_AUTO_TEST_CASE(what_a_play_starts_is_limited_and_ended_before_the_node) {
  stage s;
  s.start(local_play("limited", endless));
  s.wait_for([](const auto& e) { return e.kind == event_kind::host_began && e.action == "wait"; });
  size_t found = 0;
  for (auto pid : ansible::marked(s.marker("limited"))) {
    if (content_of(fmt::format("/proc/{}/cmdline", pid)).find(ansible::guard_mode) !=
        std::string::npos)
      continue;
    auto score = content_of(fmt::format("/proc/{}/oom_score_adj", pid));
    if (score.empty())
      continue; // It has ended meanwhile.
    ++found;
    BOOST_TEST(score == "1000\n");
    rlimit memory{}, file{};
    ::prlimit(pid, RLIMIT_AS, nullptr, &memory);
    ::prlimit(pid, RLIMIT_FSIZE, nullptr, &file);
    BOOST_TEST(memory.rlim_max <= ansible::most_play_memory);
    BOOST_TEST(file.rlim_max <= ansible::most_play_file);
  }
  BOOST_TEST(found > 0u);
}

BOOST_AUTO_TEST_CASE(what_links_of_a_run_folder_lead_to_stays) {
  namespace fs = std::filesystem;
  temp_folder folder;
  auto runs = folder / "runs", kept = folder / "kept";
  fs::create_directories(runs + "/deep");
  fs::create_directories(kept);
  std::ofstream{kept + "/file"} << "x";
  char outside[] = "/tmp/aops-run-XXXXXX";
  BOOST_REQUIRE(::mkdtemp(outside));
  // It begins as a folder for sockets does, and leads elsewhere.
  fs::create_symlink(fmt::format("{}/../..{}", outside, kept), runs + "/deep/sockets");
  fs::create_symlink(kept, runs + "/link");
  ansible::player_options options;
  options.directory = runs;
  BOOST_TEST(*ansible::make_player(options)->clean_up() == 2u);
  BOOST_TEST(fs::is_empty(runs));
  BOOST_TEST(has_folder(kept + "/file"));
  fs::create_directories(runs + "/right");
  fs::create_symlink(outside, runs + "/right/sockets");
  ansible::make_player(options)->clean_up();
  BOOST_TEST(!has_folder(outside));
}

} // namespace play_test
