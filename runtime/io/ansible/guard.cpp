#include "runtime/io/ansible/guard.hpp"

#include "runtime/base/descriptor.hpp"
#include "runtime/io/ansible/process_tree.hpp"
#include "runtime/io/ansible/run_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace aops::ansible {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// How long what is ended has to end by itself, and how long killing goes on.
constexpr milliseconds grace{2000}, killing{10'000};
constexpr size_t most_order_bytes = 64;

enum class reason { ended, cancelled, late, node_gone };

class guard {
public:
  explicit guard(pid_t child) : child_(child) {}

  /// Until the child has ended or must be.
  reason watch(int signals) {
    base::descriptor timer(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
    timer_ = timer.get();
    std::array<pollfd, 3> watched{
      {{guard_orders_fd, POLLIN, 0}, {signals, POLLIN, 0}, {timer_, POLLIN, 0}}};
    while (!reap()) {
      if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR)
        return reason::cancelled;
      if (watched[1].revents != 0 && must_stop(signals))
        return reason::cancelled;
      if (watched[0].revents != 0)
        if (auto why = obey())
          return *why;
      // Only here: a later time that came together with the end of the old one counts.
      if (watched[2].revents != 0 && until_ <= boot_ms())
        return reason::late;
    }
    return reason::ended;
  }

  /// Ends whatever descends from here.
  void end_all() {
    auto kill_from = steady_clock::now() + grace;
    auto until = kill_from + killing;
    signal_all(SIGTERM);
    while (has_children() && steady_clock::now() < until) {
      ::poll(nullptr, 0, 10);
      if (steady_clock::now() < kill_from)
        continue;
      signal_all(SIGSTOP); // What stands still makes no children.
      signal_all(SIGKILL);
    }
  }

  std::string news(reason why) const {
    if (why == reason::cancelled)
      return "cancelled\n";
    if (why == reason::late)
      return "late\n";
    return WIFSIGNALED(status_) ? fmt::format("signal {}\n", WTERMSIG(status_))
                                : fmt::format("exit {}\n", WEXITSTATUS(status_));
  }

private:
  /// Buries the dead. @returns Whether the child is among them.
  bool reap() {
    int status = 0;
    for (pid_t pid; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;)
      if (pid == child_) {
        status_ = status;
        has_ended_ = true;
      }
    return has_ended_;
  }

  bool has_children() {
    reap();
    return ::waitid(P_ALL, 0, nullptr, WEXITED | WNOHANG | WNOWAIT) == 0;
  }

  static void signal_all(int signal) {
    for (auto pid : descendants())
      ::kill(pid, signal);
  }

  /// Whether somebody wants the guard to end, not only told that a child did.
  static bool must_stop(int signals) {
    signalfd_siginfo told;
    while (::read(signals, &told, sizeof told) == sizeof told)
      if (told.ssi_signo != SIGCHLD)
        return true;
    return false;
  }

  std::optional<reason> obey() {
    char some[256];
    auto n = ::read(guard_orders_fd, some, sizeof some);
    if (n == 0)
      return reason::node_gone;
    if (n < 0)
      return errno == EAGAIN || errno == EINTR ? std::nullopt : std::optional{reason::node_gone};
    orders_.append(some, static_cast<size_t>(n));
    for (size_t end; (end = orders_.find('\n')) != std::string::npos; orders_.erase(0, end + 1)) {
      std::string_view line(orders_.data(), end);
      if (line == "cancel")
        return reason::cancelled;
      if (line.starts_with("until ")) {
        std::from_chars(line.data() + 6, line.data() + line.size(), until_);
        set_timer();
      }
    }
    if (orders_.size() > most_order_bytes)
      return reason::cancelled; // Whoever writes so is no node.
    return std::nullopt;
  }

  void set_timer() const {
    itimerspec at{};
    auto ms = std::max<int64_t>(until_, 1);
    at.it_value = {ms / 1000, ms % 1000 * 1'000'000};
    ::timerfd_settime(timer_, TFD_TIMER_ABSTIME, &at, nullptr);
  }

  pid_t child_;
  int timer_ = -1, status_ = 0;
  int64_t until_ = 0;
  bool has_ended_ = false;
  std::string orders_;
};

/// A playbook that takes all memory, or fills the disk, must not take the node with it.
void limit() {
  for (auto [what, most] :
       {std::pair{RLIMIT_AS, most_play_memory}, std::pair{RLIMIT_FSIZE, most_play_file}}) {
    rlimit now{};
    ::getrlimit(what, &now);
    const rlimit less{std::min<rlim_t>(now.rlim_cur, most), std::min<rlim_t>(now.rlim_max, most)};
    ::setrlimit(what, &less);
  }
  base::descriptor score(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  if (score) // Where there is none, nothing is ended by it.
    (void)!::write(score.get(), "1000", 4);
}

[[noreturn]] void become(char** argv, pid_t guard) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != guard)
    ::_exit(127);
  ::setsid();
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  limit();
  ::execvp(argv[0], argv);
  fmt::print(stderr, "{}: {}\n", argv[0], std::strerror(errno));
  ::_exit(127);
}

int caught_signals() {
  sigset_t caught;
  sigemptyset(&caught);
  for (int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP})
    sigaddset(&caught, signal);
  ::sigprocmask(SIG_BLOCK, &caught, nullptr);
  return ::signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK);
}

} // namespace

int64_t boot_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

std::string folder_marker(const std::string& folder) { return "AOPS_RUN_FOLDER=" + folder; }

int run_guard(int argc, char** argv) {
  if (argc < 4)
    return 2;
  const std::string folder = argv[2];
  for (int fd : {guard_orders_fd, guard_news_fd})
    if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
      return 2;
  ::close_range(guard_news_fd + 1, ~0U, 0);
  ::fcntl(guard_orders_fd, F_SETFL, O_NONBLOCK);
  ::signal(SIGPIPE, SIG_IGN);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  base::descriptor signals(caught_signals());
  auto self = ::getpid();
  auto child = ::fork();
  if (child == 0) {
    ::signal(SIGPIPE, SIG_DFL);
    become(argv + 3, self);
  }
  if (child < 0)
    return 2;
  guard it(child);
  auto why = it.watch(signals.get());
  it.end_all();
  if (why == reason::node_gone || why == reason::late)
    remove_run_folder(folder); // A node that lives removes it, too.
  auto news = it.news(why);
  (void)!::write(guard_news_fd, news.data(), news.size());
  return 0;
}

} // namespace aops::ansible
