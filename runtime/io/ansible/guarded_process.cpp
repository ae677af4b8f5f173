#include "runtime/io/ansible/guarded_process.hpp"

#include "runtime/io/ansible/guard.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace aops::ansible {

namespace {

struct pipe_ends {
  base::descriptor read, write;
};

/// Both ends above those that the guard is given: putting them into place closes none. Orders go
/// through sockets, which do not end who writes when nobody reads.
expected<pipe_ends> make_pipe(bool is_socket) {
  int ends[2];
  if ((is_socket ? ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)
                 : ::pipe2(ends, O_CLOEXEC)) != 0)
    return fail(ec::task_failed, fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  base::descriptor low[2] = {base::descriptor{ends[0]}, base::descriptor{ends[1]}};
  pipe_ends out{base::descriptor{::fcntl(ends[0], F_DUPFD_CLOEXEC, 10)},
                base::descriptor{::fcntl(ends[1], F_DUPFD_CLOEXEC, 10)}};
  if (!out.read || !out.write)
    return fail(ec::task_failed, fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  return out;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const auto& text : texts)
    out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

/// Owns what posix_spawn is told.
struct spawn_plan {
  spawn_plan() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setflags(&attributes,
                               POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
  }
  ~spawn_plan() {
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
  }
  spawn_plan(const spawn_plan&) = delete;
  spawn_plan& operator=(const spawn_plan&) = delete;

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

} // namespace

expected<void> guarded_process::start(const program& what) {
  pipe_ends ends[4]; // orders, output, errors, news
  for (auto& end : ends) {
    auto made = make_pipe(&end == ends);
    if (!made)
      return fail(std::move(made.error()));
    end = std::move(*made);
  }
  auto& [orders, output, errors, news] = ends;
  std::vector<std::string> argv{"aops-node", guard_mode, what.folder};
  argv.insert(argv.end(), what.argv.begin(), what.argv.end());
  spawn_plan plan;
  auto* actions = &plan.actions;
  ::posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(actions, output.write.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(actions, errors.write.get(), STDERR_FILENO);
  ::posix_spawn_file_actions_adddup2(actions, orders.read.get(), guard_orders_fd);
  ::posix_spawn_file_actions_adddup2(actions, news.write.get(), guard_news_fd);
  ::posix_spawn_file_actions_addchdir_np(actions, what.folder.c_str());
  if (auto fault = ::posix_spawn(&guard_,
                                 what.guard.c_str(),
                                 actions,
                                 &plan.attributes,
                                 pointers(argv).data(),
                                 pointers(what.environment).data());
      fault != 0)
    return fail(ec::task_failed,
                fmt::format("cannot start {}: {}", what.guard, std::strerror(fault)));
  for (int fd : {output.read.get(), errors.read.get(), news.read.get()})
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
  orders_ = std::move(orders.write);
  output_ = std::move(output.read);
  errors_ = std::move(errors.read);
  news_ = std::move(news.read);
  return {};
}

void guarded_process::order(const std::string& line) {
  auto text = line + "\n";
  std::lock_guard lock{mutex_};
  ::send(orders_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void guarded_process::bury() {
  using namespace std::chrono_literals;
  for (auto left = 2000ms; left > 0ms; left -= 10ms) {
    if (::waitpid(guard_, nullptr, WNOHANG) != 0)
      return;
    std::this_thread::sleep_for(10ms);
  }
  ::kill(guard_, SIGKILL);
  ::waitpid(guard_, nullptr, 0);
}

} // namespace aops::ansible
