#include "runtime/io/ansible/process_tree.hpp"

#include "runtime/base/descriptor.hpp"

#include <charconv>
#include <csignal>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <map>
#include <memory>
#include <string>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

namespace aops::ansible {

namespace {

/// Environments are no longer than what a process is given at most.
constexpr size_t most_table_bytes = 4 << 20;
constexpr std::chrono::milliseconds look_every{20};

template <class Use>
void each_process(Use use) {
  std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc"), ::closedir);
  if (!folder)
    return;
  while (auto* entry = ::readdir(folder.get())) {
    pid_t pid = 0;
    const char* end = entry->d_name + std::strlen(entry->d_name);
    if (auto [rest, fault] = std::from_chars(entry->d_name, end, pid);
        fault == std::errc{} && rest == end)
      use(pid);
  }
}

/// Empty when it is gone, or somebody else's.
std::string file_of(pid_t pid, const char* name) {
  auto path = "/proc/" + std::to_string(pid) + "/" + name;
  base::descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string out;
  char some[16384];
  while (file && out.size() < most_table_bytes) {
    auto n = ::read(file.get(), some, sizeof some);
    if (n <= 0)
      break;
    out.append(some, static_cast<size_t>(n));
  }
  return out;
}

/// 0 when it is gone. The name in brackets may hold anything.
pid_t parent_of(pid_t pid) {
  auto stat = file_of(pid, "stat");
  auto at = stat.rfind(") ");
  pid_t parent = 0;
  if (at != std::string::npos && at + 4 < stat.size())
    std::from_chars(stat.data() + at + 4, stat.data() + stat.size(), parent);
  return parent;
}

bool is_marked(pid_t pid, std::string_view marker) {
  auto environment = file_of(pid, "environ");
  for (size_t at = 0; at < environment.size();) {
    auto end = std::min(environment.find('\0', at), environment.size());
    if (std::string_view{environment}.substr(at, end - at) == marker)
      return true;
    at = end + 1;
  }
  return false;
}

/// Signals it only while it is the one that is meant: numbers are given out again.
void signal_marked(pid_t pid, std::string_view marker, int signal) {
  base::descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (process && is_marked(pid, marker))
    ::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0);
}

} // namespace

std::vector<pid_t> descendants() {
  std::multimap<pid_t, pid_t> children;
  each_process([&](pid_t pid) { children.emplace(parent_of(pid), pid); });
  std::vector<pid_t> out, open{::getpid()};
  while (!open.empty()) {
    auto [first, last] = children.equal_range(open.back());
    open.pop_back();
    for (; first != last; ++first) {
      out.push_back(first->second);
      open.push_back(first->second);
    }
  }
  return out;
}

std::vector<pid_t> marked(std::string_view marker) {
  std::vector<pid_t> out;
  each_process([&](pid_t pid) {
    if (pid != ::getpid() && is_marked(pid, marker))
      out.push_back(pid);
  });
  return out;
}

size_t end_marked(std::string_view marker, std::chrono::milliseconds grace) {
  using clock = std::chrono::steady_clock;
  auto them = marked(marker);
  auto found = them.size();
  auto kill_from = clock::now() + grace, until = kill_from + grace;
  for (auto pid : them)
    signal_marked(pid, marker, SIGTERM);
  while (!them.empty() && clock::now() < until) {
    std::this_thread::sleep_for(look_every);
    them = marked(marker);
    if (clock::now() >= kill_from)
      for (auto pid : them)
        signal_marked(pid, marker, SIGKILL);
  }
  return found;
}

} // namespace aops::ansible
