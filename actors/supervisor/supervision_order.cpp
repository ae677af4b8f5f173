#include "actors/supervisor/supervision.hpp"
#include "messages/caf_error.hpp"

#include <caf/all.hpp>

/// Who starts and stops when: ordered start, group restarts, ordered end.
namespace aops::actors {

/// Starts the next child whose turn has come. Called whenever something may have changed.
void supervision::advance() {
  if (phase_ != phase::normal)
    return;
  for (auto& c : children_) {
    if (c.is_dynamic)
      break;
    if (c.is_waiting)
      return start(c); // Its being up, or its end, calls us again.
    if (c.state == child_state::starting || c.state == child_state::backing_off ||
        c.state == child_state::stopping)
      return;
  }
  settle();
}

void supervision::settle() {
  if (std::exchange(is_settled_, true))
    return;
  for (auto& w : std::exchange(ready_waiters_, {}))
    w.deliver(caf::unit);
  start_waiting_dynamics();
}

void supervision::start_waiting_dynamics() {
  std::vector<std::pair<uint64_t, uint64_t>> due; // By number: a start may forget children.
  for (const auto& c : children_)
    if (c.is_dynamic && c.is_waiting)
      due.emplace_back(c.number, c.generation);
  for (auto [number, generation] : due)
    if (auto* c = find(number, generation); c != nullptr && phase_ == phase::normal)
      start(*c);
}

/// Marks whom the strategy restarts with `c`, and begins to stop them.
void supervision::restart_group(child& c, int64_t delay_ms) {
  auto position = static_cast<size_t>(std::distance(children_.begin(), by_number_.at(c.number)));
  auto range = restarted_with(config_.how, position, children_.size());
  auto i = std::next(children_.begin(), static_cast<std::ptrdiff_t>(range.first));
  for (auto n = range.first; n < range.last; ++n, ++i) {
    bool is_over = i->state == child_state::stopped || i->state == child_state::failed;
    bool is_leaving = i->state == child_state::stopping && !i->is_marked; // By `stop_child`.
    if (is_over || is_leaving)
      continue;
    i->is_marked = true;
    i->is_waiting = false;
    if (i->actor)
      continue;
    ++i->generation; // A restart of its own is void.
    i->state = child_state::backing_off;
  }
  is_settled_ = false;
  phase_ = phase::group_stops;
  group_delay_ms_ = delay_ms;
  ++group_generation_;
  stop_marked();
}

/// Stops those children whose turn has come: the dynamic ones together, then the others one by one
/// in reverse order. Called again when all that were asked to stop have ended.
void supervision::stop_marked() {
  for (auto i = children_.rbegin(); i != children_.rend(); ++i) {
    if (!i->is_marked || !i->actor)
      continue;
    if (!i->is_dynamic && open_stops_ > 0)
      return;
    if (i->state != child_state::stopping)
      stop(*i);
    if (!std::exchange(i->is_awaited, true))
      ++open_stops_;
    if (!i->is_dynamic)
      return;
  }
  if (open_stops_ == 0)
    all_stopped();
}

void supervision::all_stopped() {
  if (phase_ == phase::shuts_down)
    return self_->quit(end_reason_);
  phase_ = phase::group_waits;
  set_timer(supervisor_timer::kind::group, 0, group_generation_, group_delay_ms_);
}

void supervision::resume_group() {
  phase_ = phase::normal;
  for (auto& c : children_) {
    if (!std::exchange(c.is_marked, false))
      continue;
    c.is_waiting = true;
    c.state = child_state::starting;
    ++c.restarts;
  }
  advance();
}

void supervision::shut_down(caf::error reason) {
  if (phase_ == phase::shuts_down)
    return;
  phase_ = phase::shuts_down;
  end_reason_ = std::move(reason);
  auto ending = refuse(ec::unreachable, config_.name + " is stopping");
  for (auto& w : std::exchange(ready_waiters_, {}))
    w.deliver(ending);
  for (auto& c : children_) {
    c.is_waiting = false;
    c.is_marked = static_cast<bool>(c.actor);
    if (c.actor)
      continue;
    ++c.generation;
    if (c.state != child_state::failed)
      c.state = child_state::stopped;
    for (auto& w : std::exchange(c.start_waiters, {}))
      w.deliver(ending);
  }
  stop_marked();
}

} // namespace aops::actors
