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

bool run_machine::has_begun(size_t step) const {
  const auto& hosts = steps_[step].hosts;
  return std::any_of(
    hosts.begin(), hosts.end(), [](host_state x) { return x != host_state::pending; });
}

std::optional<size_t> run_machine::last_failed() const {
  for (auto step = steps_.size(); step-- > 0;) {
    const auto& hosts = steps_[step].hosts;
    if (std::any_of(hosts.begin(), hosts.end(), has_failed))
      return step;
  }
  return std::nullopt;
}

/// The canary is a batch by itself; then come batches of the sizes asked for. Of a batch that was
/// cut off the rest is next.
run_machine::begin_batch run_machine::batch_of(size_t step,
                                               const std::vector<size_t>& waiting) const {
  begin_batch out{step, {}, 0};
  for (auto host : waiting)
    if (is_canary_[host])
      out.hosts.push_back(host);
  if (!out.hosts.empty())
    return out;
  int64_t done = 0; // Hosts that batches have behind them.
  bool has_canary = false;
  for (size_t host = 0; host < plan_.hosts.size(); ++host) {
    if (!takes_part(step, host))
      continue;
    has_canary = has_canary || is_canary_[host];
    done += at(step, host) != host_state::pending && !is_canary_[host] ? 1 : 0;
  }
  out.number = has_canary ? 1 : 0;
  out.hosts = waiting;
  if (plan_.serial.empty())
    return out;
  auto size_at = [&](size_t i) {
    const auto& x = plan_.serial[std::min(i, plan_.serial.size() - 1)];
    if (x.count > 0)
      return x.count;
    return std::max<int64_t>(1, static_cast<int64_t>(plan_.hosts.size()) * x.percent / 100);
  };
  size_t i = 0;
  for (; done >= size_at(i); ++i)
    done -= size_at(i);
  out.number += static_cast<int64_t>(i);
  out.hosts.resize(std::min(waiting.size(), static_cast<size_t>(size_at(i) - done)));
  return out;
}

bool run_machine::needs_approval(const begin_batch& x) const {
  const auto& step = plan_.steps[x.step];
  bool is_asked_for = x.number == 0 ? step.needs_approval || (plan_.approves_batches && x.step > 0)
                                    : plan_.approves_batches;
  return is_asked_for && !(approved_step_ == x.step && approved_batch_ == x.number);
}

run_machine::decision run_machine::next_of(size_t step) const {
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
  auto batch = batch_of(step, waiting);
  if (needs_approval(batch))
    return need_approval{step, batch.number};
  return batch;
}

/// All steps are over.
run_machine::decision run_machine::end_at_last() const {
  const auto hosts = plan_.hosts.size();
  size_t left = 0;
  for (size_t host = 0; host < hosts; ++host)
    left += takes_part(steps_.size(), host) ? 1 : 0;
  if (left == 0)
    return end_run{true, "no host came through", last_failed()};
  if (left == hosts)
    return end_run{};
  return end_run{
    false, fmt::format("{} of {} hosts did not come through", hosts - left, hosts), last_failed()};
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
    if (step < steps_.size() && has_begun(step)) {
      const auto& here = steps_[step].hosts;
      if (std::none_of(
            here.begin(), here.end(), [](host_state x) { return x == host_state::interrupted; }))
        return end_step{step, true};
    }
    return end_run{
      true,
      fmt::format(
        "{} of {} hosts failed, more than {} %", failed, hosts, *plan_.max_fail_percentage),
      last_failed()};
  }
  // A step that failed and must not ends the run.
  for (size_t i = 0; i < step && !plan_.max_fail_percentage; ++i) {
    const auto& there = steps_[i].hosts;
    if (!plan_.steps[i].goes_on && std::any_of(there.begin(), there.end(), has_failed))
      return end_run{true, fmt::format("step {} failed", plan_.steps[i].name), i};
  }
  if (step == steps_.size())
    return end_at_last();
  return next_of(step);
}

} // namespace aops::task
