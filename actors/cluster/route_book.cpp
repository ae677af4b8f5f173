#include "actors/cluster/route_book.hpp"

#include "actors/support/ask.hpp"
#include "actors/support/ask_message.hpp"
#include "messages/names.hpp"
#include "runtime/base/metrics.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

using namespace std::chrono_literals;

constexpr auto retry_every = 20ms;
constexpr auto look_every = 100ms;
constexpr auto moved_pause = 50ms;
/// How long an actor may be missing whose slot was here all the time: it is being started, or
/// started again.
constexpr auto usual_grace = 500ms;
/// And after the slot came: its region reads the store first.
constexpr auto gain_grace = 5s;
constexpr int64_t most_patience_ms = 600'000;

metrics::gauge parked() {
  return metrics::gauge_of("aops_parcels_waiting",
                           "Parcels that wait for an actor or for the slot map.");
}

void tell_actor(const caf::strong_actor_ptr& whom,
                caf::message news,
                caf::execution_unit* context) {
  if (whom)
    whom->enqueue(nullptr, caf::make_message_id(), std::move(news), context);
}

} // namespace

route_book::route_book(router_pointer self, cluster_services_ptr services)
    : self_(self), services_(std::move(services)) {
  notice_gains();
}

bool route_book::owns(uint16_t slot) const {
  return services_->single || services_->ownership->owns(slot);
}

void route_book::notice_gains() {
  auto now = steady::now();
  for (uint16_t slot = 0; slot < schedule::slot_count; ++slot) {
    bool is_ours = owns(slot);
    if (is_ours && !owned_[slot])
      gained_[slot] = now;
    owned_[slot] = is_ours;
  }
}

route_book::steady::time_point route_book::missing_until(uint16_t slot,
                                                         steady::time_point now) const {
  return std::max(now + usual_grace, gained_[slot] + gain_grace);
}

// -- taking in

caf::result<parcel> route_book::take(parcel& x) {
  if (x.slot >= schedule::slot_count)
    return refuse(ec::bad_request, "no such slot");
  if (x.node == every_node) {
    spread(x);
    return parcel{};
  }
  if (x.patience_ms <= 0)
    return refuse(ec::timed_out, "no patience is left");
  auto now = steady::now();
  auto i = std::make_shared<item>(foreign_promise<parcel>{self_});
  i->due = now + std::chrono::milliseconds{std::min(x.patience_ms, most_patience_ms)};
  if (auto with = errand_of(self_); with.due_ms != base::never_ms) // It may have waited for us.
    i->due = std::min(i->due, steady::time_point{std::chrono::milliseconds{with.due_ms}});
  i->until = missing_until(x.slot, now);
  i->is_from_gate = x.node == services_->this_node->id() && x.epoch != 0;
  i->is_for_slot = x.node.empty() || i->is_from_gate;
  i->what = std::move(x);
  if (route(i, now) == way::wait)
    park(i);
  return i->promise;
}

void route_book::spread(const parcel& x) {
  auto* context = self_->context();
  tell_actor(services_->names->find(x.to), x.body, context);
  if (services_->single)
    return;
  const auto& me = services_->this_node->id();
  auto view = services_->map->get();
  for (const auto& member : view->members) {
    if (member.node == me || member.state == schedule::member_state::gone)
      continue;
    auto one = x;
    one.node = member.node;
    one.is_one_way = true;
    tell_actor(services_->names->find(link_name_of(member.node)),
               caf::make_message(std::move(one)),
               context);
  }
}

void route_book::park(const item_ptr& x) {
  auto& in_slot = waiting_per_slot_[x->what.slot];
  if (waiting_.size() >= most_waiting || in_slot >= most_waiting_per_slot)
    return x->promise.fail(ec::overloaded, "too many requests wait for " + x->what.to);
  ++in_slot;
  waiting_.push_back(x);
  parked().set(static_cast<double>(waiting_.size()));
  if (!std::exchange(ticks_, true))
    self_->delayed_send(self_, retry_every, atom::tick_v);
}

// -- deciding

route_book::way route_book::route(const item_ptr& x, steady::time_point now) {
  const auto& p = x->what;
  const auto& me = services_->this_node->id();
  if (!x->is_for_slot) {
    if (p.node == me)
      return route_here(x, now);
    return send_over(x, p.node);
  }
  if (owns(p.slot))
    return route_here(x, now);
  if (x->is_from_gate) {
    x->promise.fail(ec::moved, "this node lost slot " + std::to_string(p.slot));
    return way::done;
  }
  if (now < x->not_before)
    return way::wait;
  auto owner = services_->map->owner_of(p.slot);
  if (owner.empty() || owner == me) {
    look_at_map();
    return way::wait;
  }
  return send_over(x, owner);
}

route_book::way route_book::route_here(const item_ptr& x, steady::time_point now) {
  auto whom = services_->names->find(x->what.to);
  if (whom) {
    hand_over(x, whom);
    return way::done;
  }
  if (x->is_for_slot) {
    auto view = services_->map->get();
    auto slot = x->what.slot;
    bool is_leaving = slot < view->slots.size() && !view->slots[slot].target.empty();
    if (now < x->until || is_leaving)
      return way::wait;
  }
  x->promise.fail(ec::unreachable, x->what.to + " is not there");
  return way::done;
}

route_book::way route_book::send_over(const item_ptr& x, const std::string& node) {
  auto link = services_->names->find(link_name_of(node));
  if (!link) {
    if (x->is_for_slot)
      return way::wait;
    x->promise.fail(ec::unreachable, "no link to node " + node);
    return way::done;
  }
  auto left = std::chrono::duration_cast<std::chrono::milliseconds>(x->due - steady::now());
  auto p = x->what; // Kept: it may come back as moved.
  p.patience_ms = left.count();
  if (x->is_for_slot) {
    auto view = services_->map->get();
    p.epoch = view->slots[p.slot].epoch;
  }
  if (p.patience_ms <= 0)
    return way::wait; // The next look sees that patience is over.
  // News are asked for too: only so does the link bound them, and a moved slot is noticed.
  ask_message(
    self_, link, left, caf::make_message(std::move(p)), [this, x](expected<caf::message> answer) {
      on_answer(x, std::move(answer));
    });
  return way::done;
}

void route_book::hand_over(const item_ptr& x, const caf::strong_actor_ptr& whom) {
  auto& body = x->what.body;
  if (x->what.is_one_way) {
    tell_actor(whom, std::move(body), self_->context());
    return x->promise.answer(parcel{});
  }
  auto left = std::chrono::duration_cast<std::chrono::milliseconds>(x->due - steady::now());
  if (left.count() <= 0)
    return x->promise.fail(ec::timed_out, "nobody waits any more");
  ask_message(
    self_, whom, left, std::move(body), [promise = x->promise](expected<caf::message> answer) {
      if (!answer)
        return promise.fail(std::move(answer.error()));
      parcel back;
      back.body = std::move(*answer);
      promise.answer(std::move(back));
    });
}

void route_book::on_answer(const item_ptr& x, expected<caf::message> answer) {
  bool is_moved = !answer && answer.error() == ec::moved;
  if (!is_moved)
    return x->promise.answer(value_of<parcel>(std::move(answer)));
  if (!x->is_for_slot)
    return x->promise.fail(ec::unreachable, answer.error().detail);
  look_at_map();
  x->not_before = steady::now() + moved_pause;
  park(x);
}

void route_book::look_at_map() {
  auto now = steady::now();
  if (now - looked_ < look_every)
    return;
  looked_ = now;
  tell<membership_actor>(*services_->names, membership_name, map_changed{0});
}

// -- waiting

void route_book::retry() {
  auto now = steady::now();
  for (auto i = waiting_.begin(); i != waiting_.end();) {
    auto x = *i;
    bool is_over = now >= x->due;
    if (is_over)
      x->promise.fail(ec::timed_out, x->what.to + " could not be reached in time");
    if (!is_over && route(x, now) == way::wait) {
      ++i;
      continue;
    }
    --waiting_per_slot_[x->what.slot];
    i = waiting_.erase(i);
  }
  parked().set(static_cast<double>(waiting_.size()));
}

void route_book::on_map() {
  notice_gains();
  for (auto& x : waiting_) {
    x->not_before = {};
    x->until = std::max(x->until, gained_[x->what.slot] + gain_grace);
  }
  retry();
}

void route_book::on_tick() {
  retry();
  ticks_ = !waiting_.empty();
  if (ticks_)
    self_->delayed_send(self_, retry_every, atom::tick_v);
}

} // namespace aops::actors
