#include "cli/agent/probes.hpp"

#include "runtime/base/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace aops::agent {

namespace {

constexpr size_t most_checked = 4096;
/// Of one probe at one time: others have their turn, too.
constexpr size_t most_read = size_t{256} << 10U;

void signal_group(pid_t pid, int signal) {
  if (::kill(-pid, signal) != 0)
    ::kill(pid, signal); // It is not yet a group.
}

std::string ending(int status) {
  return WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status))
                             : fmt::format("exit code {}", WEXITSTATUS(status));
}

} // namespace

probes::probes(const std::vector<probe_config>& all, int64_t now_ms) {
  for (const auto& x : all)
    if (x.enabled != "off")
      all_.push_back({x,
                      probe_plan{x.enabled == "auto", now_ms},
                      sockets::probe_lines{x.tables},
                      {},
                      false,
                      0,
                      {},
                      {}});
}

probes::~probes() { stop(std::chrono::milliseconds{0}); }

void probes::begin(probe& x, bool is_check, int64_t now_ms) {
  x.is_checking = is_check;
  x.kill_ms = now_ms + probe_plan::check_patience_ms;
  x.checked.clear();
  auto made = start_child(is_check ? x.config.check : x.config.command);
  if (made) {
    x.child = std::move(*made);
    x.plan.began(now_ms);
    return;
  }
  if (std::exchange(x.told, made.error().detail) != x.told)
    log::warn("probe-not-started", "{}: {}", x.config.name, x.told);
  if (is_check)
    x.plan.checked(now_ms, 0);
  else
    x.plan.ended(now_ms);
}

void probes::act(int64_t now_ms) {
  for (auto& x : all_) {
    if (x.child && x.is_checking && now_ms >= x.kill_ms)
      signal_group(x.child->pid, SIGKILL);
    auto step = x.child ? probe_plan::step::nothing : x.plan.next(now_ms);
    if (step != probe_plan::step::nothing)
      begin(x, step == probe_plan::step::check, now_ms);
  }
}

std::optional<int64_t> probes::due_ms() const {
  std::optional<int64_t> out;
  for (const auto& x : all_) {
    auto due = x.child && x.is_checking ? std::optional{x.kill_ms} : x.plan.due_ms();
    if (due && (!out || *due < *out))
      out = due;
  }
  return out;
}

void probes::watch(std::vector<pollfd>& to) const {
  for (const auto& x : all_)
    if (x.child && x.child->output)
      to.push_back({x.child->output.get(), POLLIN, 0});
}

void probes::read(int64_t now_ms) {
  for (auto& x : all_)
    if (x.child && x.child->output)
      read_from(x, now_ms);
}

void probes::read_from(probe& x, int64_t now_ms) {
  char some[16'384];
  for (size_t read = 0; read < most_read;) {
    auto n = ::read(x.child->output.get(), some, sizeof some);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && errno == EAGAIN)
      return;
    if (n <= 0) { // It prints no more; that it ended comes by itself.
      x.child->output = base::descriptor{};
      return;
    }
    std::string_view piece(some, static_cast<size_t>(n));
    read += piece.size();
    if (!x.is_checking)
      x.lines.take(piece, now_ms);
    else if (x.checked.size() < most_checked)
      x.checked.append(piece.substr(0, most_checked - x.checked.size()));
  }
}

void probes::reap(int64_t now_ms) {
  for (auto& x : all_) {
    int status = 0;
    if (x.child && ::waitpid(x.child->pid, &status, WNOHANG) == x.child->pid)
      ended(x, status, now_ms);
  }
}

void probes::ended(probe& x, int status, int64_t now_ms) {
  if (x.child->output)
    read_from(x, now_ms);              // Its last words.
  signal_group(x.child->pid, SIGKILL); // What it started itself.
  x.child.reset();
  if (x.is_checking) {
    x.plan.checked(now_ms, counted_by_check(x.checked));
    return;
  }
  x.lines.end();
  x.plan.ended(now_ms);
  log::warn("probe-ended",
            "{} ended with {}; it is started again in {} s",
            x.config.name,
            ending(status),
            (*x.plan.due_ms() - now_ms) / 1000);
}

void probes::stop(std::chrono::milliseconds patience) {
  for (auto& x : all_)
    if (x.child)
      signal_group(x.child->pid, SIGTERM);
  auto until = std::chrono::steady_clock::now() + patience;
  for (auto& x : all_) {
    if (!x.child)
      continue;
    while (::waitpid(x.child->pid, nullptr, WNOHANG) == 0) {
      if (std::chrono::steady_clock::now() >= until)
        signal_group(x.child->pid, SIGKILL);
      ::poll(nullptr, 0, 10);
    }
    signal_group(x.child->pid, SIGKILL);
    x.child.reset();
  }
}

void probes::records(int64_t now_ms, std::vector<sockets::probe_record>& to) {
  for (auto& x : all_)
    x.lines.records(now_ms, to);
}

probe_figures probes::figures() const {
  probe_figures out;
  for (const auto& x : all_) {
    out.running += x.child && !x.is_checking ? 1 : 0;
    out.restarts += x.plan.restarts();
    out.lines += x.lines.taken();
    out.refused += x.lines.refused();
  }
  return out;
}

} // namespace aops::agent
