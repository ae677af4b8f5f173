#include "runtime/io/ansible/key_scan.hpp"

#include "runtime/base/descriptor.hpp"
#include "runtime/io/ansible/host_keys.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace aops::ansible {

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds patience{10};
constexpr size_t most_key_bytes = 65'536;

/// What it writes until its end, or until the time is over.
std::string read_all(int fd, steady_clock::time_point until) {
  std::string out;
  while (out.size() < most_key_bytes) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - steady_clock::now());
    pollfd watched{fd, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&watched, 1, static_cast<int>(left.count())) <= 0)
      break;
    char some[4096];
    auto n = ::read(fd, some, sizeof some);
    if (n <= 0)
      break;
    out.append(some, static_cast<size_t>(n));
  }
  return out;
}

} // namespace

expected<std::vector<std::string>> scan_host_keys(const std::string& address, int64_t port) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return fail(ec::internal, "cannot make a pipe");
  base::descriptor output{ends[0]}, input{ends[1]};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, input.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  auto port_text = std::to_string(port);
  std::array<const char*, 10> argv{"ssh-keyscan",
                                   "-T",
                                   "5",
                                   "-p",
                                   port_text.c_str(),
                                   "-t",
                                   "ed25519,ecdsa,rsa",
                                   "--",
                                   address.c_str(),
                                   nullptr};
  const char* environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", nullptr};
  pid_t pid = -1;
  auto fault = ::posix_spawnp(&pid,
                              argv[0],
                              &actions,
                              nullptr,
                              const_cast<char**>(argv.data()),
                              const_cast<char**>(environment));
  ::posix_spawn_file_actions_destroy(&actions);
  if (fault != 0)
    return fail(ec::internal, "ssh-keyscan cannot be started");
  input = base::descriptor{};
  auto keys = keys_of(read_all(output.get(), steady_clock::now() + patience));
  ::kill(pid, SIGKILL); // No matter when it has ended.
  ::waitpid(pid, nullptr, 0);
  if (keys.empty())
    return fail(ec::unreachable,
                fmt::format("no SSH server shows its key at {}:{}", address, port));
  return keys;
}

} // namespace aops::ansible
