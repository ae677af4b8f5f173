#include "runtime/io/plugin/spawn.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace aops::line_programs {

namespace {

constexpr rlim_t most_files = 256;

void limit_to(__rlimit_resource what, rlim_t soft, rlim_t hard) {
  rlimit x{soft, hard};
  ::setrlimit(what, &x);
}

/// In the child, where only what is safe after `fork` may be called.
[[noreturn]] void become(char* const* words,
                         char* const* environment,
                         const std::array<int, 3>& ends,
                         const spawn_limits& limits,
                         pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent)
    ::_exit(127);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  std::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (int score = ::open("/proc/self/oom_score_adj", O_WRONLY); score >= 0) {
    // When memory is short it goes before the node.
    [[maybe_unused]] auto n = ::write(score, "1000", 4);
  }
  for (int i = 0; i < 3; ++i)
    ::dup2(ends[static_cast<size_t>(i)], i);
  ::close_range(STDERR_FILENO + 1, ~0U, 0);
  [[maybe_unused]] int nice = ::setpriority(PRIO_PROCESS, 0, limits.nice);
  limit_to(RLIMIT_CORE, 0, 0);
  limit_to(RLIMIT_NOFILE, most_files, most_files);
  if (limits.cpu_seconds > 0)
    limit_to(RLIMIT_CPU,
             static_cast<rlim_t>(limits.cpu_seconds),
             static_cast<rlim_t>(limits.cpu_seconds) + 5);
  if (limits.memory_bytes > 0)
    limit_to(RLIMIT_AS,
             static_cast<rlim_t>(limits.memory_bytes),
             static_cast<rlim_t>(limits.memory_bytes));
  ::execve(words[0], words, environment);
  ::_exit(127);
}

/// A pipe; `mine` does not block. False when there is none left.
bool open_pipe(bool writes, base::descriptor& mine, base::descriptor& its) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return false;
  mine = base::descriptor{ends[writes ? 1 : 0]};
  its = base::descriptor{ends[writes ? 0 : 1]};
  ::fcntl(mine.get(), F_SETFL, O_NONBLOCK);
  return true;
}

} // namespace

expected<spawned> spawn(const std::vector<std::string>& command, const spawn_limits& limits) {
  if (command.empty() || ::access(command[0].c_str(), X_OK) != 0)
    return fail(ec::not_found,
                fmt::format("{}: {}",
                            command.empty() ? "no command" : command[0],
                            command.empty() ? "" : std::strerror(errno)));
  spawned out;
  base::descriptor input, output, errors;
  if (!open_pipe(true, out.input, input) || !open_pipe(false, out.output, output) ||
      !open_pipe(false, out.errors, errors))
    return fail(ec::internal, fmt::format("pipe: {}", std::strerror(errno)));
  std::vector<char*> words;
  for (const auto& word : command)
    words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  char language[] = "LC_ALL=C.UTF-8";
  char* environment[] = {path, language, nullptr};
  auto parent = ::getpid();
  out.pid = ::fork();
  if (out.pid == 0)
    become(words.data(), environment, {input.get(), output.get(), errors.get()}, limits, parent);
  if (out.pid < 0)
    return fail(ec::internal, fmt::format("fork: {}", std::strerror(errno)));
  ::setpgid(out.pid, out.pid); // Whoever comes first.
  out.life = base::descriptor{static_cast<int>(::syscall(SYS_pidfd_open, out.pid, 0))};
  if (!out.life) {
    auto why = fmt::format("pidfd_open: {}", std::strerror(errno));
    ::kill(-out.pid, SIGKILL);
    ::waitpid(out.pid, nullptr, 0);
    return fail(ec::internal, why);
  }
  return out;
}

} // namespace aops::line_programs
