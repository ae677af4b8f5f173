#include "cli/agent/child_process.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace aops::agent {

namespace {

/// In the child, where only what is safe after `fork` may be called.
[[noreturn]] void become(char* const* words, char* const* environment, int output, pid_t parent) {
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
  int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::close_range(STDERR_FILENO + 1, ~0U, 0);
  ::execve(words[0], words, environment);
  ::_exit(127);
}

} // namespace

expected<child_process> start_child(const std::vector<std::string>& command) {
  if (::access(command.at(0).c_str(), X_OK) != 0)
    return fail(ec::not_found, command[0] + ": " + std::strerror(errno));
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return fail(ec::internal, fmt::format("pipe: {}", std::strerror(errno)));
  base::descriptor mine{ends[0]}, its{ends[1]};
  ::fcntl(mine.get(), F_SETFL, O_NONBLOCK);
  std::vector<char*> words;
  for (const auto& word : command)
    words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  char language[] = "LC_ALL=C";
  char* environment[] = {path, language, nullptr};
  auto parent = ::getpid();
  auto pid = ::fork();
  if (pid == 0)
    become(words.data(), environment, its.get(), parent);
  if (pid < 0)
    return fail(ec::internal, fmt::format("fork: {}", std::strerror(errno)));
  return child_process{pid, std::move(mine)};
}

} // namespace aops::agent
