#include "actors/jobs/job_intake.hpp"
#include "actors/task/run_job.hpp"
#include "runtime/base/json_values.hpp"

#include <caf/all.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

/// The part of `run_job` that starts plays and takes what they tell.
namespace aops::actors {

namespace {

using ansible::host_outcome;
using task::host_state;

constexpr std::chrono::seconds look_again_in{1};

/// To open the credentials of a thousand hosts and start a process, on a busy machine.
constexpr std::chrono::seconds start_patience{60};

/// And to fetch and unpack a long package, which this node has not had yet.
constexpr std::chrono::minutes fetch_patience{10};

/// The list of plays of a template. Some templates are one play.
std::string playbook_of(const std::string& content) {
  auto document = base::json::parse(content, nullptr, false);
  return document.is_object() ? "[" + content + "]" : content;
}

/// The members of both objects; those of the second win.
std::string over(const std::string& defaults, const std::string& vars) {
  using base::json;
  auto all = json::parse(defaults, nullptr, false);
  auto more = json::parse(vars, nullptr, false);
  if (!all.is_object() || all.empty() || !more.is_object())
    return vars;
  all.update(more);
  return all.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool is_over(host_state x) {
  return x != host_state::pending && x != host_state::running && x != host_state::interrupted;
}

} // namespace

// -- what comes from the player's threads

bool play_inbox::put(std::vector<ansible::play_event> events) {
  std::lock_guard held{mutex_};
  auto& all = content_.events;
  if (all.empty())
    all = std::move(events);
  else
    all.insert(
      all.end(), std::make_move_iterator(events.begin()), std::make_move_iterator(events.end()));
  return !std::exchange(is_told_, true);
}

bool play_inbox::put(ansible::play_result result) {
  std::lock_guard held{mutex_};
  content_.result = std::move(result);
  return !std::exchange(is_told_, true);
}

play_inbox::content play_inbox::take() {
  std::lock_guard held{mutex_};
  is_told_ = false;
  return std::exchange(content_, {});
}

// -- beginning

std::string run_job::play_name(std::string_view what) const {
  return id_ + "-" + std::string{what};
}

void run_job::begin_batch(const machine::begin_batch& x) {
  // What is begun here ends here: the slot moves before, or afterwards.
  hold_ = services_->holds->take(schedule::slot_of(id_));
  if (!hold_)
    return wake_in(look_again_in);
  auto now = now_ms();
  const auto& name = plan().steps[x.step].name;
  auto c = change();
  c.step = static_cast<int64_t>(x.step);
  auto& step = steps_[x.step];
  if (step.state != "running")
    log_.step_is(now, name, "running", {});
  step.state = "running";
  // A batch that was cut off goes on in the time it has left.
  const bool goes_on = step.begun_worked_ms >= 0 && step.batches == x.number + 1 &&
                       std::any_of(x.hosts.begin(), x.hosts.end(), [&](auto host) {
                         return hosts_[x.step][host].attempts > 0;
                       });
  if (!goes_on)
    step.begun_worked_ms = worked_ms();
  step.batches = x.number + 1;
  if (step.started_ms == 0)
    step.started_ms = now;
  c.steps.push_back(step);
  for (auto host : x.hosts) {
    auto& row = hosts_[x.step][host];
    auto attempts = row.attempts;
    row = {};
    row.step = static_cast<int64_t>(x.step);
    row.number = static_cast<int64_t>(host);
    row.state = "running";
    row.attempts = attempts + 1;
    row.started_ms = now;
    c.hosts.push_back(row);
    log_.host_is(now, name, plan().hosts[host].id, "running", {});
  }
  store(std::move(c), [this, x] { begun(x); });
}

/// It is stored that the hosts may be acted on from now on; nothing has been started.
void run_job::begun(const machine::begin_batch& x) {
  machine_->began(x);
  batch_.emplace();
  batch_->step = x.step;
  batch_->hosts = x.hosts;
  batch_->inbox = std::make_shared<play_inbox>();
  // Time has passed, and the lease with it, perhaps.
  if (!services_->is_sure() || when_wound_up_ || wish_ == "stop")
    return put_back();
  if (step_time_left(x.step).count() <= 0) {
    ansible::play_result none;
    none.how = fail(ec::timed_out);
    return batch_ended(std::move(none));
  }
  start_play(order_of(*batch_));
}

/// Of a batch of a step, wherever it began.
std::chrono::milliseconds run_job::step_time_left(size_t step) const {
  return std::chrono::milliseconds{plan().steps[step].timeout_ms -
                                   (worked_ms() - steps_[step].begun_worked_ms)};
}

/// Nothing has been started on these hosts.
void run_job::put_back() {
  auto c = change();
  for (auto host : batch_->hosts) {
    auto& row = hosts_[batch_->step][host];
    --row.attempts;
    row.state = "pending";
    row.started_ms = 0;
    machine_->ended(batch_->step, host, host_state::pending);
    c.hosts.push_back(row);
    log_.host_is(now_ms(), plan().steps[batch_->step].name, plan().hosts[host].id, "pending", {});
  }
  batch_.reset();
  is_busy_ = true; // For a moment: the store, or the lease, comes back.
  store(std::move(c), [this] {
    self_->delayed_send(self_, look_again_in, atom::tick_v);
    is_busy_ = false;
  });
}

ansible::play_order run_job::order_of(const batch& x) const {
  const auto& step = plan().steps[x.step];
  ansible::play_order order;
  int64_t attempt = 1;
  for (auto host : x.hosts)
    attempt = std::max(attempt, hosts_[x.step][host].attempts);
  order.run = play_name(fmt::format("{}-{}-{}", x.step, steps_[x.step].batches, attempt));
  for (const auto& t : templates_)
    if (t.tree_name == step.name)
      order.playbook = playbook_of(t.content);
  order.vars = over(step.defaults, plan().vars);
  order.forks = plan().forks;
  order.check = plan().is_check;
  order.diff = plan().shows_diff;
  auto timeout = std::max(step_time_left(x.step), std::chrono::milliseconds{1});
  if (plan().timeout_ms > 0) {
    std::chrono::milliseconds left{plan().timeout_ms - worked_ms()};
    timeout = std::clamp(left, std::chrono::milliseconds{1}, timeout);
  }
  order.timeout = timeout;
  order.event_bytes = static_cast<size_t>(services_->config->tasks.event_bytes.bytes);
  return order;
}

void run_job::start_play(ansible::play_order order) {
  auto inbox = batch_->inbox;
  // Not a handle that keeps the actor alive: it owns the play.
  auto wake = [addr = caf::actor_cast<caf::actor_addr>(self_)] {
    if (auto to = caf::actor_cast<caf::strong_actor_ptr>(addr))
      caf::anon_send(caf::actor_cast<caf::actor>(to), atom::tick_v);
  };
  play_to_start x;
  x.owner = job_.owner;
  x.key = key_;
  for (auto host : batch_->hosts)
    x.hosts.push_back(plan().hosts[host].id);
  x.order = std::move(order);
  x.ends_remnants = batch_->is_clean_up;
  if (!x.ends_remnants) {
    x.sealed_vars = plan().sealed_vars;
    x.sealed_for = plan().sealed_for;
    x.package = plan().steps[batch_->step].package;
  }
  x.happened = [inbox, wake](std::vector<ansible::play_event> events) {
    if (inbox->put(std::move(events)))
      wake();
  };
  x.ended = [inbox, wake](ansible::play_result result) {
    if (inbox->put(std::move(result)))
      wake();
  };
  auto then = [this, inbox](expected<play_started> play) {
    if (batch_ && batch_->inbox == inbox)
      started(std::move(play));
  };
  auto patience = x.package.empty() ? start_patience : start_patience + fetch_patience;
  ask<run_book_actor>(self_, *services_->names, run_book_name, patience, then, std::move(x));
}

void run_job::started(expected<play_started> play) {
  if (!play) {
    auto& why = play.error();
    bool is_of_store = why == ec::store_unreachable || why == ec::overloaded;
    if (is_of_store)
      return batch_->is_clean_up ? clean_up_later() : put_back();
    ansible::play_result none;
    // Without an answer it may have been started, and ended with the answer that nobody took.
    batch_->may_have_acted = why == ec::timed_out;
    bool is_unknown = batch_->may_have_acted && !batch_->is_clean_up;
    none.how = is_unknown ? fail(ec::fenced) : fail(std::move(why));
    return batch_ended(std::move(none));
  }
  for (auto& x : play->closed)
    batch_->closed.emplace(std::move(x.host_id), std::move(x.reason));
  batch_->play = std::move(play->play);
  if (!batch_->play)
    return batch_ended({});
  batch_->may_have_acted = true;
  look_after_batch();
}

// -- what is told

void run_job::drain() {
  if (!batch_)
    return;
  auto news = batch_->inbox->take();
  if (!batch_->is_clean_up)
    log_.add(plan().steps[batch_->step].name, news.events);
  if (news.result)
    batch_ended(std::move(*news.result));
}

void run_job::batch_ended(ansible::play_result result) {
  batch_->is_clean_up ? cleaned_up(result) : hosts_ended(result);
}

/// What became of a host that the play does not tell of.
host_state run_job::state_without_result(const expected<void>& how) const {
  if (how)
    return host_state::skipped;
  if (how.error() != ec::cancelled && how.error() != ec::fenced)
    return host_state::failed;
  bool is_wanted = wish_ == "stop" && !batch_->is_cut_off && how.error() == ec::cancelled;
  if (is_wanted)
    return host_state::left_out;
  return plan().steps[batch_->step].is_idempotent ? host_state::pending : host_state::interrupted;
}

storage::run_host_row
run_job::result_of(const ansible::host_result* x, size_t host, const expected<void>& how) {
  auto row = hosts_[batch_->step][host];
  auto state = state_without_result(how);
  auto closed = batch_->closed.find(plan().hosts[host].id);
  if (closed != batch_->closed.end()) {
    state = host_state::unreachable;
    row.message = closed->second;
  } else if (x && x->outcome != host_outcome::not_run) {
    state = x->outcome == host_outcome::ok       ? host_state::ok
            : x->outcome == host_outcome::failed ? host_state::failed
                                                 : host_state::unreachable;
    row.action = x->action;
    row.message = x->message;
  } else if (!how && state == host_state::failed) {
    const auto& why = how.error();
    bool is_of_run = is_past_timeout();
    auto most_ms = is_of_run ? plan().timeout_ms : plan().steps[batch_->step].timeout_ms;
    row.message =
      why == ec::timed_out
        ? fmt::format(
            "{}: its {} has {} s", not_in_time, is_of_run ? "run" : "step", most_ms / 1000)
      : why.detail.empty() ? to_string(why)
                           : why.detail;
  } else if (state == host_state::skipped) {
    row.message = "the playbook leaves it out";
  } else if (state == host_state::left_out) {
    row.message = "the run was stopped";
  } else if (state == host_state::interrupted && services_->holds->is_cut_off()) {
    row.message = "its node ended";
  }
  if (x) {
    row.ok = x->ok;
    row.changed = x->changed;
    row.failed = x->failed;
    row.skipped = x->skipped;
  }
  row.state = text_of(state);
  row.ended_ms = is_over(state) ? now_ms() : 0;
  machine_->ended(batch_->step, host, state);
  bool is_at_end = closed != batch_->closed.end() || (x && x->outcome != host_outcome::not_run);
  if (!how && batch_->may_have_acted && !is_at_end)
    remnants_.try_emplace(host);
  if (is_over(state)) {
    ++finished_;
    failed_ += state == host_state::failed || state == host_state::unreachable ? 1 : 0;
  }
  return row;
}

void run_job::hosts_ended(const ansible::play_result& result) {
  std::unordered_map<std::string_view, const ansible::host_result*> told;
  for (const auto& x : result.hosts)
    told.emplace(x.host, &x);
  const auto step = batch_->step;
  const auto& name = plan().steps[step].name;
  auto c = change();
  for (auto host : batch_->hosts) {
    const auto& id = plan().hosts[host].id;
    auto x = told.find(id);
    auto row = result_of(x == told.end() ? nullptr : x->second, host, result.how);
    log_.host_is(now_ms(), name, id, row.state, row.message);
    hosts_[step][host] = row;
    c.hosts.push_back(std::move(row));
  }
  if (!result.how && result.how.error() == ec::task_failed) {
    steps_[step].message = result.how.error().detail;
    c.steps.push_back(steps_[step]);
  }
  batch_.reset();
  c.also = [hosts = result.hosts, now = now_ms()](storage::database& db) {
    return keep_host_keys(db, hosts, now);
  };
  store(std::move(c), [this] { go_on(); });
}

} // namespace aops::actors
