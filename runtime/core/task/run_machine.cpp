#include "runtime/core/task/run_machine.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::task {

namespace {

/// Whether a host takes no part in later steps.
bool drops_out(host_state x) {
  return x == host_state::failed || x == host_state::unreachable || x == host_state::left_out;
}

bool has_failed(host_state x) { return x == host_state::failed || x == host_state::unreachable; }

} // namespace

std::string_view text_of(host_state x) {
  switch (x) {
  case host_state::pending:
    return "pending";
  case host_state::running:
    return "running";
  case host_state::ok:
    return "ok";
  case host_state::failed:
    return "failed";
  case host_state::unreachable:
    return "unreachable";
  case host_state::skipped:
    return "skipped";
  case host_state::interrupted:
  case host_state::left_out:
    return "interrupted";
  }
  return "interrupted";
}

run_machine::run_machine(run_plan plan)
    : plan_(std::move(plan)), steps_(plan_.steps.size()), is_canary_(plan_.hosts.size()) {
  for (auto& x : steps_)
    x.hosts.resize(plan_.hosts.size());
  for (auto i : plan_.canary)
    is_canary_[static_cast<size_t>(i)] = true;
}

int64_t run_machine::most_results() const {
  int64_t n = 0;
  for (const auto& host : plan_.hosts)
    n += std::max<int64_t>(0, static_cast<int64_t>(steps_.size()) - host.first_step);
  return n;
}

// -- what was stored

void run_machine::restore_step(size_t step, int64_t batches, bool is_over) {
  steps_[step].batches = batches;
  steps_[step].is_over = is_over;
}

host_state run_machine::restore_host(size_t step, size_t host, host_state stored) {
  if (stored == host_state::running)
    stored = plan_.steps[step].is_idempotent ? host_state::pending : host_state::interrupted;
  return at(step, host) = stored;
}

void run_machine::approve(size_t step, int64_t batch) {
  approved_step_ = step;
  approved_batch_ = batch;
}

// -- what happens

void run_machine::began(const begin_batch& x) {
  ++steps_[x.step].batches;
  for (auto host : x.hosts)
    at(x.step, host) = host_state::running;
}

void run_machine::ended(size_t step, size_t host, host_state how) { at(step, host) = how; }

bool run_machine::takes_part(size_t step, size_t host) const {
  if (plan_.hosts[host].first_step > static_cast<int64_t>(step))
    return false;
  for (size_t before = 0; before < step; ++before)
    if (drops_out(at(before, host)))
      return false;
  return true;
}

size_t run_machine::count_failed() const {
  size_t n = 0;
  for (const auto& step : steps_) // A host fails once at most.
    n += static_cast<size_t>(std::count_if(step.hosts.begin(), step.hosts.end(), has_failed));
  return n;
}

/// The canary is a batch by itself; then come batches of the sizes asked for.
std::vector<size_t> run_machine::batch_of(const std::vector<size_t>& waiting, int64_t begun) const {
  std::vector<size_t> canary;
  for (auto host : waiting)
    if (is_canary_[host])
      canary.push_back(host);
  if (!canary.empty())
    return canary;
  if (plan_.serial.empty())
    return waiting;
  auto before = begun - (plan_.canary.empty() ? 0 : 1);
  auto last = static_cast<int64_t>(plan_.serial.size()) - 1;
  auto size = plan_.serial[static_cast<size_t>(std::clamp<int64_t>(before, 0, last))];
  auto count = size.count;
  if (count == 0)
    count = std::max<int64_t>(1, static_cast<int64_t>(plan_.hosts.size()) * size.percent / 100);
  auto some = waiting;
  some.resize(std::min(some.size(), static_cast<size_t>(count)));
  return some;
}

bool run_machine::needs_approval(size_t step) const {
  const auto& now = steps_[step];
  bool is_asked_for = now.batches == 0
                        ? plan_.steps[step].needs_approval || (plan_.approves_batches && step > 0)
                        : plan_.approves_batches;
  return is_asked_for && !(approved_step_ == step && approved_batch_ == now.batches);
}

run_machine::decision run_machine::next_of(size_t step) const {
  const auto& now = steps_[step];
  std::vector<size_t> waiting, interrupted;
  size_t failed = 0;
  for (size_t host = 0; host < plan_.hosts.size(); ++host) {
    if (!takes_part(step, host))
      continue;
    auto state = at(step, host);
    if (state == host_state::pending)
      waiting.push_back(host);
    else if (state == host_state::interrupted)
      interrupted.push_back(host);
    failed += has_failed(state) ? 1 : 0;
  }
  if (!interrupted.empty())
    return need_decision{step, std::move(interrupted)};
  bool is_failed = !plan_.max_fail_percentage && failed > 0;
  if (waiting.empty() || (is_failed && !plan_.steps[step].goes_on))
    return end_step{step, is_failed};
  if (needs_approval(step))
    return need_approval{step};
  return begin_batch{step, batch_of(waiting, now.batches)};
}

run_machine::decision run_machine::next() const {
  auto failed = count_failed();
  const auto hosts = plan_.hosts.size();
  size_t step = 0;
  while (step < steps_.size() && steps_[step].is_over)
    ++step;
  bool is_too_many = plan_.max_fail_percentage &&
                     failed * 100 > hosts * static_cast<size_t>(*plan_.max_fail_percentage);
  if (is_too_many) {
    // The step they failed in says so, too.
    if (step < steps_.size() && steps_[step].batches > 0) {
      const auto& here = steps_[step].hosts;
      if (std::none_of(
            here.begin(), here.end(), [](host_state x) { return x == host_state::interrupted; }))
        return end_step{step, true};
    }
    return end_run{
      true,
      fmt::format(
        "{} of {} hosts failed, more than {} %", failed, hosts, *plan_.max_fail_percentage)};
  }
  // A step that failed and must not ends the run.
  for (size_t i = 0; i < step && !plan_.max_fail_percentage; ++i) {
    const auto& there = steps_[i].hosts;
    if (!plan_.steps[i].goes_on && std::any_of(there.begin(), there.end(), has_failed))
      return end_run{true, fmt::format("step {} failed", plan_.steps[i].name)};
  }
  if (step == steps_.size()) {
    bool is_anybody_left = false;
    for (size_t host = 0; host < hosts; ++host)
      is_anybody_left = is_anybody_left || takes_part(steps_.size(), host);
    return is_anybody_left ? end_run{} : end_run{true, "no host came through"};
  }
  return next_of(step);
}

} // namespace aops::task
