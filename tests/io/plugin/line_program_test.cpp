#include "runtime/base/descriptor.hpp"
#include "runtime/io/plugin/line_program.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <fstream>
#include <future>
#include <iterator>
#include <mutex>
#include <poll.h>
#include <sstream>
#include <sys/syscall.h>
#include <unistd.h>

namespace line_program_test {

using namespace aops;
using namespace aops::line_programs;
using namespace std::chrono_literals;

namespace {

/// Far more than anything here takes.
constexpr auto patience = 60s;

/// A program that is a shell script, and what became of it.
struct scripted {
  options o;
  std::mutex mutex;
  std::condition_variable news;
  std::vector<std::string> told; ///< By `changed`.
  std::string greeted_with;
  std::unique_ptr<line_program> program;

  explicit scripted(const std::string& script) {
    o.name = "test";
    o.command = {"/bin/sh", "-c", script};
    o.greeting = "hello";
    o.timeout = 30s;
    o.first_pause = 1ms;
    o.longest_pause = 50ms;
    o.grace = 200ms;
    o.memory_bytes = 0;
    o.cpu_seconds = 0;
    o.greeted = [this](std::string_view line) {
      std::lock_guard guard{mutex};
      greeted_with = line;
      return expected<void>{};
    };
    o.changed = [this](const std::string& problem) {
      std::lock_guard guard{mutex};
      told.push_back(problem);
      news.notify_all();
    };
  }
  void start() {
    auto begun = line_program::start(o);
    BOOST_REQUIRE(begun.has_value());
    program = std::move(*begun);
  }
  /// Waits until `changed` has told this, at or after a place; returns the place after it.
  size_t wait_for(const std::string& problem, size_t from = 0) {
    std::unique_lock guard{mutex};
    size_t at = from;
    bool is_there = news.wait_for(guard, patience, [&] {
      for (; at < told.size(); ++at)
        if (told[at] == problem)
          return true;
      return false;
    });
    std::ostringstream all;
    for (const auto& x : told)
      all << " [" << x << "]";
    BOOST_REQUIRE_MESSAGE(is_there, "never told: " + problem + "; told:" + all.str());
    return at + 1;
  }
  std::future<expected<std::string>> ask(std::string line, std::chrono::milliseconds due = 30s) {
    auto answer = std::make_shared<std::promise<expected<std::string>>>();
    program->ask(
      std::move(line), due, [answer](expected<std::string> x) { answer->set_value(std::move(x)); });
    return answer->get_future();
  }
  std::string answer_of(const std::string& line) {
    auto answer = ask(line);
    BOOST_REQUIRE(answer.wait_for(patience) == std::future_status::ready);
    auto x = answer.get();
    return x ? *x : x.error().detail;
  }
};

const char* const echo = "exec cat";

} // namespace

BOOST_AUTO_TEST_SUITE(line_program_cases)

BOOST_AUTO_TEST_CASE(each_line_is_answered_in_order) {
  scripted x(echo);
  x.start();
  std::vector<std::future<expected<std::string>>> answers;
  x.wait_for("");
  BOOST_TEST(x.greeted_with == "hello");
  for (int i = 0; i < 50; ++i)
    answers.push_back(x.ask(std::to_string(i)));
  for (int i = 0; i < 50; ++i)
    BOOST_TEST(*answers[static_cast<size_t>(i)].get() == std::to_string(i));
  BOOST_TEST(x.answer_of(std::string(1 << 20, 'x')).size() == size_t{1} << 20);
  BOOST_TEST(x.program->problem() == "");
}

BOOST_AUTO_TEST_CASE(it_runs_within_its_limits_and_without_our_environment) {
  scripted x("read -r l; echo \"$(ulimit -v) $(ulimit -t) $(nice) $HOME.\"; cat");
  x.o.memory_bytes = 512 << 20;
  x.o.cpu_seconds = 60;
  x.o.nice = 7;
  x.start();
  x.wait_for("");
  BOOST_TEST(x.greeted_with == "524288 60 7 .");
}

BOOST_AUTO_TEST_CASE(a_greeting_that_will_not_do_ends_it) {
  scripted x(echo);
  x.o.greeted = [](std::string_view) { return expected<void>{fail(ec::bad_request, "odd")}; };
  x.start();
  x.wait_for("odd");
  BOOST_TEST(x.answer_of("1").find("plug-in test: ") == 0u);
}

BOOST_AUTO_TEST_CASE(one_that_is_not_there_is_said_to_be_so) {
  scripted x("");
  x.o.command = {"/no/such/program"};
  x.start();
  x.wait_for("/no/such/program: No such file or directory");
  BOOST_TEST(x.answer_of("1") == "plug-in test: /no/such/program: No such file or directory");
}

BOOST_AUTO_TEST_CASE(what_ends_is_started_again) {
  scripted x("read -r l; echo hi; read -r l; echo \"$l\"; exit 3");
  x.start();
  auto at = x.wait_for("");
  BOOST_TEST(x.answer_of("1") == "1");
  at = x.wait_for("ended with 3", at);
  at = x.wait_for("", at);
  BOOST_TEST(x.answer_of("2") == "2");
}

BOOST_AUTO_TEST_CASE(what_crashes_all_the_time_is_started_ever_more_seldom) {
  std::string count = "/tmp/aops-crashes-" + std::to_string(::getpid());
  scripted x("echo >> " + count + "; exit 4");
  x.o.first_pause = 1ms;
  x.o.longest_pause = 1h;
  auto began = std::chrono::steady_clock::now();
  x.start();
  x.wait_for("ended with 4");
  for (int i = 0; i < 200; ++i)
    BOOST_TEST(x.answer_of("1") == "plug-in test: ended with 4");
  x.program.reset();
  auto took = std::chrono::steady_clock::now() - began;
  std::ifstream file{count};
  auto starts = std::count(std::istreambuf_iterator<char>{file}, {}, '\n');
  ::unlink(count.c_str());
  BOOST_TEST(starts >= 1);
  BOOST_TEST((1ms * ((int64_t{1} << (starts - 1)) - 1) <= took)); // Pauses of 1, 2, 4 … ms.
}

BOOST_AUTO_TEST_CASE(one_that_is_killed_fails_what_it_was_asked_and_comes_back) {
  scripted x("read -r l; echo hi; read -r l; sleep 1000");
  x.start();
  auto at = x.wait_for("");
  auto answer = x.ask("1");
  // It has the request, or will have it: either way it fails.
  ::kill(x.program->process(), SIGKILL);
  auto said = answer.get();
  BOOST_REQUIRE(!said.has_value());
  BOOST_TEST((said.error().code == ec::unreachable));
  BOOST_TEST(said.error().detail == "plug-in test: was ended by signal 9 (Killed)");
  x.wait_for("", at);
}

BOOST_AUTO_TEST_CASE(one_that_hangs_is_ended_though_it_ignores_being_asked_to) {
  scripted x("trap '' TERM; read -r l; echo hi; read -r l; while :; do sleep 1000; done");
  x.start();
  auto at = x.wait_for("");
  x.o.timeout = 30s;
  auto process = x.program->process();
  x.program.reset();
  BOOST_TEST(::kill(process, 0) == -1); // Gone, after the grace time.
  x.o.timeout = 300ms;
  x.start();
  at = x.wait_for("", at);
  auto said = x.ask("1").get();
  BOOST_REQUIRE(!said.has_value());
  BOOST_TEST(said.error().detail == "plug-in test: did not answer within 300 ms");
  x.wait_for("", at);
}

BOOST_AUTO_TEST_CASE(its_start_may_take_longer_than_an_answer) {
  scripted x("read -r l; sleep 1; echo hi; exec cat");
  x.o.timeout = 100ms;
  x.start();
  BOOST_TEST(x.wait_for("") == 1u); // Nothing was told before.
}

BOOST_AUTO_TEST_CASE(all_that_it_started_ends_with_it) {
  scripted x("sleep 1000 & read -r l; echo $!; cat");
  x.start();
  x.wait_for("");
  auto grandchild = std::stoi(x.greeted_with);
  base::descriptor life{static_cast<int>(::syscall(SYS_pidfd_open, grandchild, 0))};
  BOOST_REQUIRE(!!life);
  x.program.reset();
  pollfd end{life.get(), POLLIN, 0};
  BOOST_TEST(::poll(&end, 1, 60'000) == 1);
}

BOOST_AUTO_TEST_CASE(what_it_prints_for_people_cannot_keep_its_answers_waiting) {
  scripted x("yes flood >&2 & " + std::string{echo});
  x.start();
  x.wait_for("");
  for (int i = 0; i < 20; ++i)
    BOOST_TEST(x.answer_of(std::to_string(i)) == std::to_string(i));
}

BOOST_AUTO_TEST_CASE(a_line_without_end_ends_it) {
  scripted x("read -r l; echo hi; read -r l; yes | tr -d '\\n'");
  x.o.max_line = 100'000;
  x.start();
  x.wait_for("");
  BOOST_TEST(x.answer_of("1") == "plug-in test: printed a line of more than 100000 bytes");
  auto said = x.ask(std::string(100'001, 'x')).get();
  BOOST_TEST(said.error().detail == "a request of 100001 bytes to test, the limit is 100000");
}

BOOST_AUTO_TEST_CASE(what_nobody_asked_for_ends_it) {
  scripted x("read -r l; echo hi; echo more; cat");
  x.start();
  x.wait_for("printed a line that nobody asked for");
}

BOOST_AUTO_TEST_CASE(requests_wait_in_a_queue_that_has_an_end) {
  scripted x("read -r l; echo hi; read -r l; sleep 1000");
  x.o.max_queue = 2;
  x.start();
  x.wait_for("");
  std::vector<std::future<expected<std::string>>> answers;
  for (int i = 0; i < 10; ++i)
    answers.push_back(x.ask("1"));
  size_t refused = 0;
  for (auto& answer : answers)
    if (answer.wait_for(0s) == std::future_status::ready) {
      BOOST_TEST((answer.get().error().code == ec::overloaded));
      ++refused;
    }
  BOOST_TEST(refused >= 7u);   // One is with it at most, two wait.
  auto late = x.ask("1", 0ms); // Refused, or its turn never comes.
  x.program.reset();           // All others fail.
  BOOST_TEST(!late.get().has_value());
  for (auto& answer : answers)
    if (answer.valid())
      BOOST_TEST((answer.get().error().code == ec::unreachable));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace line_program_test
