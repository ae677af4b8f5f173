#include "runtime/io/plugin/line_program.hpp"

#include "runtime/base/descriptor.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"
#include "runtime/base/thread.hpp"
#include "runtime/io/plugin/spawn.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace aops::line_programs {

namespace {

using std::chrono::milliseconds;
using steady = std::chrono::steady_clock;
using when = steady::time_point;

constexpr size_t read_at_once = 64 << 10;
/// Reads of one turn: what floods stderr must not keep its answers waiting.
constexpr int most_reads = 16;

struct request {
  std::string line;
  when due;
  line_program::answered then;
};

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status))
    return fmt::format(
      "was ended by signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  return fmt::format("ended with {}", WEXITSTATUS(status));
}

/// The figures of one program.
struct program_figures {
  explicit program_figures(const std::string& name)
      : up(metrics::gauge_of(
          "aops_plugin_up", "Whether the program of a plug-in answers.", {{"plugin", name}})),
        starts(metrics::counter_of(
          "aops_plugin_starts_total", "Starts of the program of a plug-in.", {{"plugin", name}})),
        answers(counter(name, "answered")), refusals(counter(name, "refused")),
        failures(counter(name, "failed")),
        seconds(metrics::histogram_of("aops_plugin_answer_seconds",
                                      "How long the program of a plug-in took to answer.",
                                      metrics::second_bounds(),
                                      {{"plugin", name}})),
        waiting(metrics::gauge_of("aops_plugin_waiting_requests",
                                  "Requests that wait for the program of a plug-in.",
                                  {{"plugin", name}})) {}

  static metrics::counter counter(const std::string& name, const char* outcome) {
    return metrics::counter_of("aops_plugin_requests_total",
                               "Requests to the program of a plug-in.",
                               {{"plugin", name}, {"outcome", outcome}});
  }

  metrics::gauge up;
  metrics::counter starts, answers, refusals, failures;
  metrics::histogram seconds;
  metrics::gauge waiting;
};

/// Lines of stderr on their way into the log.
class error_lines {
public:
  explicit error_lines(const std::string& name) : name_(name) {}

  void take(std::string_view bytes, when now) {
    for (char c : bytes) {
      if (c == '\n')
        end_line(now);
      else if (line_.size() < most_logged_bytes)
        line_ += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
  }
  void end_line(when now) {
    if (line_.empty())
      return;
    if (now - began_ >= std::chrono::minutes{1}) {
      if (left_out_ > 0)
        log::warn("plugin-said", "{}: {} more lines", name_, left_out_);
      began_ = now;
      logged_ = left_out_ = 0;
    }
    if (logged_ < most_logged_lines) {
      ++logged_;
      log::warn("plugin-said", "{}: {}", name_, line_);
    } else {
      ++left_out_;
    }
    line_.clear();
  }

private:
  const std::string& name_;
  std::string line_;
  when began_{};
  size_t logged_ = 0, left_out_ = 0;
};

class runner final : public line_program {
public:
  explicit runner(options o)
      : options_(std::move(o)), figures_(options_.name), errors_(options_.name),
        pause_(options_.first_pause), wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

  ~runner() override { stop(); }

  void stop() override {
    {
      std::lock_guard guard{mutex_};
      is_over_ = true;
    }
    wake();
    if (thread_.joinable())
      thread_.join();
  }

  expected<void> begin() {
    if (!wake_)
      return fail(ec::internal, fmt::format("eventfd: {}", std::strerror(errno)));
    auto thread = base::start_thread("plugin", [this] { run(); });
    if (!thread)
      return fail(thread.error());
    thread_ = std::move(*thread);
    return {};
  }

  void ask(std::string line, milliseconds patience, answered then) override {
    if (line.size() > options_.max_line)
      return then(fail(ec::bad_request,
                       fmt::format("a request of {} bytes to {}, the limit is {}",
                                   line.size(),
                                   options_.name,
                                   options_.max_line)));
    {
      std::unique_lock guard{mutex_};
      if (queue_.size() >= options_.max_queue || is_over_) {
        guard.unlock();
        figures_.refusals.add();
        return then(fail(ec::overloaded, "too many requests wait for plug-in " + options_.name));
      }
      line += '\n';
      queue_.push_back({std::move(line), steady::now() + patience, std::move(then)});
    }
    wake();
  }

  std::string problem() const override {
    std::lock_guard guard{mutex_};
    return problem_;
  }
  bool is_away() const override { return is_away_; }
  int process() const override { return pid_; }

private:
  enum class stage : uint8_t { resting, greeting, serving, ending };

  void wake() {
    uint64_t one = 1;
    [[maybe_unused]] auto n = ::write(wake_.get(), &one, sizeof one);
  }

  bool is_over() const {
    std::lock_guard guard{mutex_};
    return is_over_;
  }

  // -- the thread

  void run() {
    start_again_ = steady::now();
    while (!is_over()) {
      auto now = steady::now();
      if (stage_ == stage::resting && now >= start_again_)
        begin_life(now);
      look_at_time(now);
      begin_requests(now);
      wait_for_news(now);
    }
    end_for_good();
  }

  void begin_life(when now) {
    figures_.starts.add();
    spawn_limits limits{options_.memory_bytes, options_.cpu_seconds, options_.nice};
    auto child = spawn(options_.command, limits);
    if (!child)
      return rest(child.error().detail, now);
    child_ = std::move(*child);
    pid_ = child_.pid;
    began_ = now;
    stage_ = stage::greeting;
    output_.clear();
    send({options_.greeting + "\n", now + options_.timeout, {}}, now);
  }

  /// Until it is started again.
  void rest(const std::string& why, when now) {
    pid_ = 0;
    child_ = {};
    stage_ = stage::resting;
    if (now - began_ >= options_.settled && began_ != when{})
      pause_ = options_.first_pause;
    start_again_ = now + pause_;
    tell(why);
    log::debug("plugin-rests", "{}: {} ms, {}", options_.name, pause_.count(), why);
    pause_ = std::min(pause_ * 2, options_.longest_pause);
    fail_current(error{ec::unreachable, text_of(why)});
  }

  std::string text_of(const std::string& why) const {
    return fmt::format("plug-in {}: {}", options_.name, why);
  }

  /// Says once that it does not serve, and once that it does.
  void tell(const std::string& why) {
    std::string before;
    {
      std::lock_guard guard{mutex_};
      before = std::exchange(problem_, why);
    }
    is_away_ = !why.empty();
    figures_.up.set(why.empty() ? 1 : 0);
    bool is_news = before.empty() != why.empty() || (is_first_ && !why.empty());
    if (is_news && !why.empty())
      log::warn("plugin-away", "{}: {}; it is started again", options_.name, why);
    else if (is_news)
      log::info("plugin-serves", "{}: process {}", options_.name, child_.pid);
    if (is_news || before != why)
      if (options_.changed)
        options_.changed(why);
    is_first_ = false;
  }

  // -- requests

  void begin_requests(when now) {
    std::deque<request> late;
    {
      std::lock_guard guard{mutex_};
      figures_.waiting.set(static_cast<double>(queue_.size()));
      bool is_away = stage_ == stage::resting || stage_ == stage::ending;
      if (is_away) {
        late.swap(queue_);
      } else {
        for (auto i = queue_.begin(); i != queue_.end();)
          if (i->due <= now) {
            late.push_back(std::move(*i));
            i = queue_.erase(i);
          } else {
            ++i;
          }
      }
    }
    for (auto& x : late) {
      figures_.failures.add();
      if (x.due <= now)
        x.then(fail(ec::timed_out, text_of("its turn did not come in time")));
      else
        x.then(fail(ec::unreachable, text_of(problem())));
    }
    if (stage_ != stage::serving || current_)
      return;
    request next;
    {
      std::lock_guard guard{mutex_};
      if (queue_.empty())
        return;
      next = std::move(queue_.front());
      queue_.pop_front();
    }
    send(std::move(next), now);
  }

  void send(request x, when now) {
    current_ = std::move(x);
    sent_ = 0;
    asked_ = now;
    write_on();
  }

  void fail_current(error why) {
    if (!current_)
      return;
    auto x = std::move(*current_);
    current_.reset();
    if (!x.then)
      return;
    figures_.failures.add();
    x.then(fail(std::move(why)));
  }

  void write_on() {
    while (current_ && sent_ < current_->line.size()) {
      auto n =
        ::write(child_.input.get(), current_->line.data() + sent_, current_->line.size() - sent_);
      if (n <= 0)
        return; // Full, or it ends: that is seen by its life.
      sent_ += static_cast<size_t>(n);
    }
  }

  // -- what it says

  void read_answers(when now) {
    std::array<char, read_at_once> bytes;
    for (int k = 0; k < most_reads; ++k) {
      auto n = ::read(child_.output.get(), bytes.data(), bytes.size());
      if (n == 0)
        return end_of_output(now);
      if (n < 0)
        return;
      std::string_view rest{bytes.data(), static_cast<size_t>(n)};
      while (!rest.empty()) {
        auto end = rest.find('\n');
        output_ += rest.substr(0, end);
        if (output_.size() > options_.max_line)
          return give_up(fmt::format("printed a line of more than {} bytes", options_.max_line),
                         now);
        if (end == rest.npos)
          break;
        rest.remove_prefix(end + 1);
        take_line(std::exchange(output_, {}), now);
        if (stage_ != stage::serving && stage_ != stage::greeting)
          return;
      }
    }
  }

  void take_line(std::string line, when now) {
    if (!line.empty() && line.back() == '\r')
      line.pop_back();
    if (!current_ || sent_ < current_->line.size())
      return give_up("printed a line that nobody asked for", now);
    if (stage_ == stage::greeting) {
      current_.reset();
      auto fine = options_.greeted ? options_.greeted(line) : expected<void>{};
      if (!fine)
        return give_up(fine.error().detail, now);
      stage_ = stage::serving;
      return tell({});
    }
    auto x = std::move(*current_);
    current_.reset();
    figures_.answers.add();
    figures_.seconds.observe(std::chrono::duration<double>(now - asked_).count());
    x.then(std::move(line));
  }

  /// What it prints for people; also at its end.
  void read_errors(when now) {
    std::array<char, 4096> bytes;
    for (int k = 0; k < most_reads; ++k) {
      auto n = ::read(child_.errors.get(), bytes.data(), bytes.size());
      if (n == 0)
        child_.errors = base::descriptor{};
      if (n <= 0)
        return;
      errors_.take({bytes.data(), static_cast<size_t>(n)}, now);
    }
  }

  // -- its end

  /// Asks it to end; what was asked of it fails.
  void give_up(const std::string& why, when now) {
    if (stage_ == stage::ending)
      return;
    stage_ = stage::ending;
    why_ = why;
    kill_at_ = now + options_.grace;
    tell(why);
    ::kill(-child_.pid, SIGTERM);
    fail_current(error{ec::unreachable, text_of(why)});
  }

  /// Mostly it is about to end by itself, and its end says more.
  void end_of_output(when now) {
    stage_ = stage::ending;
    why_.clear();
    kill_at_ = now + options_.grace;
  }

  milliseconds patience() const {
    return stage_ == stage::greeting ? std::max(options_.start, options_.timeout)
                                     : options_.timeout;
  }
  when answer_due() const { return current_ ? asked_ + patience() : when::max(); }

  void look_at_time(when now) {
    if ((stage_ == stage::serving || stage_ == stage::greeting) && now >= answer_due())
      give_up(fmt::format("did not answer within {} ms", patience().count()), now);
    if (stage_ == stage::ending && now >= kill_at_) {
      if (why_.empty())
        why_ = "closed its output";
      ::kill(-child_.pid, SIGKILL);
      kill_at_ = now + options_.grace; // Where the kernel holds it, its end takes longer.
    }
  }

  void bury(when now) {
    int status = 0;
    if (::waitpid(child_.pid, &status, WNOHANG) != child_.pid)
      return;
    ::kill(-child_.pid, SIGKILL); // What it started.
    read_errors(now);
    errors_.end_line(now);
    rest(stage_ == stage::ending && !why_.empty() ? why_ : how_it_ended(status), now);
  }

  void end_for_good() {
    if (stage_ != stage::resting) {
      ::kill(-child_.pid, SIGTERM);
      pollfd life{child_.life.get(), POLLIN, 0};
      if (::poll(&life, 1, static_cast<int>(options_.grace.count())) <= 0)
        ::kill(-child_.pid, SIGKILL);
      ::waitpid(child_.pid, nullptr, 0);
      ::kill(-child_.pid, SIGKILL);
    }
    pid_ = 0;
    figures_.up.set(0);
    error why{ec::unreachable, text_of("the node ends")};
    fail_current(why);
    std::deque<request> left;
    {
      std::lock_guard guard{mutex_};
      left.swap(queue_);
    }
    for (auto& x : left)
      x.then(fail(why));
  }

  // -- waiting

  /// When something is due whatever is heard.
  when next_due(when now) const {
    auto due = now + std::chrono::seconds{1};
    if (stage_ == stage::resting)
      due = std::min(due, start_again_);
    if (stage_ == stage::ending)
      due = std::min(due, kill_at_);
    if (current_)
      due = std::min(due, answer_due());
    return due;
  }

  void wait_for_news(when now) {
    std::array<pollfd, 5> all{};
    all[0] = {wake_.get(), POLLIN, 0};
    size_t count = 1;
    bool is_alive = stage_ != stage::resting;
    bool talks = stage_ == stage::serving || stage_ == stage::greeting;
    if (is_alive) {
      all[1] = {child_.life.get(), POLLIN, 0};
      all[2] = {child_.errors.get(), POLLIN, 0}; // Negative once it is closed: left out.
      all[3] = {talks ? child_.output.get() : -1, POLLIN, 0};
      bool has_more = talks && current_ && sent_ < current_->line.size();
      all[4] = {has_more ? child_.input.get() : -1, POLLOUT, 0};
      count = all.size();
    }
    auto wait = std::chrono::ceil<milliseconds>(next_due(now) - now).count();
    if (::poll(all.data(), count, static_cast<int>(std::max<int64_t>(wait, 0))) < 0)
      return;
    now = steady::now();
    if (all[0].revents != 0) {
      uint64_t sink = 0;
      [[maybe_unused]] auto n = ::read(wake_.get(), &sink, sizeof sink);
    }
    if (!is_alive)
      return;
    if (all[2].revents != 0)
      read_errors(now);
    if (all[4].revents != 0)
      write_on();
    if (all[3].revents != 0)
      read_answers(now);
    if (all[1].revents != 0)
      bury(now);
  }

  options options_;
  program_figures figures_;
  error_lines errors_;

  mutable std::mutex mutex_;
  std::deque<request> queue_;
  std::string problem_ = "has not answered yet";
  bool is_over_ = false;

  // Of the thread.
  stage stage_ = stage::resting;
  bool is_first_ = true;
  spawned child_;
  std::atomic<int> pid_ = 0;
  std::atomic<bool> is_away_ = false;
  std::optional<request> current_; ///< With the program.
  size_t sent_ = 0;                ///< Bytes of it.
  when asked_{}, began_{}, start_again_{}, kill_at_{};
  milliseconds pause_;
  std::string output_; ///< The begin of a line.
  std::string why_;    ///< It is being ended.
  base::descriptor wake_;
  std::thread thread_;
};

} // namespace

expected<std::unique_ptr<line_program>> line_program::start(options o) {
  auto out = std::make_unique<runner>(std::move(o));
  if (auto begun = out->begin(); !begun)
    return fail(begun.error());
  return out;
}

} // namespace aops::line_programs
