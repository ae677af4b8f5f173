#include "actors/supervisor/supervision.hpp"

#include "actors/support/tell_changed.hpp"
#include "messages/caf_error.hpp"
#include "runtime/base/log.hpp"

#include <caf/all.hpp>

#include <random>

namespace aops::actors {

namespace {

bool is_normal(const caf::error& reason) {
  return !reason || reason == caf::exit_reason::user_shutdown;
}

std::string text_of(const caf::error& reason) {
  if (!reason)
    return "normal";
  if (reason.category() == caf::atom("exit"))
    return to_string(static_cast<caf::exit_reason>(reason.code()));
  return to_string(from_caf(reason));
}

uint64_t seed_of(const supervisor_config& config) {
  return config.seed != 0 ? config.seed : std::random_device{}();
}

template <class... Args>
void answer_all(std::vector<caf::response_promise>& waiters, const Args&... args) {
  for (auto& w : std::exchange(waiters, {}))
    w.deliver(args...);
}

} // namespace

supervision::supervision(supervisor_pointer self, supervisor_config config)
    : self_(self), config_(std::move(config)), jitter_(seed_of(config_)), window_(config_.limit),
      pacer_(config_.pace) {}

supervision::~supervision() {
  auto gone = refuse(ec::unreachable, "supervisor " + config_.name + " has ended");
  for (auto& c : children_) {
    answer_all(c.start_waiters, gone);
    answer_all(c.stop_waiters, gone);
    withdraw(c);
    if (c.actor)
      caf::anon_send_exit(c.actor, caf::exit_reason::kill);
  }
  answer_all(ready_waiters_, gone);
}

expected<void> supervision::begin(std::vector<child_spec> specs) {
  for (auto& spec : specs) {
    if (find(spec.name) != nullptr)
      return fail(ec::conflict, config_.name + " has two children named " + spec.name);
    add(std::move(spec)).is_waiting = true;
  }
  advance();
  return {};
}

// -- one incarnation

void supervision::start(child& c) {
  ++c.generation;
  c.state = child_state::starting;
  c.is_waiting = false;
  c.up_since_ms.reset();
  c.verdict.reset();
  try {
    c.actor = c.spec.start(*self_);
  } catch (const std::exception& e) {
    return ended(c, refuse(ec::internal, std::string{"not spawned: "} + e.what()));
  } catch (...) {
    return ended(c, refuse(ec::internal, "not spawned: unknown exception"));
  }
  if (!c.actor)
    return ended(c, refuse(ec::internal, "not spawned"));
  by_actor_[c.actor.id()] = by_number_.at(c.number);
  self_->monitor(c.actor);
  shake_hands(c);
}

void supervision::shake_hands(child& c) {
  auto up = [this, number = c.number, generation = c.generation] {
    if (auto* x = find(number, generation))
      started(*x);
  };
  auto failed = [this, number = c.number, generation = c.generation](caf::error& e) {
    if (auto* x = find(number, generation))
      not_ready(*x, e);
  };
  if (c.spec.ready == handshake::ping) {
    self_->request(c.actor, c.spec.start_deadline, atom::ping_v).then(up, failed);
    return;
  }
  // CAF itself answers this one for every actor, once the actor is initialised.
  self_->request(c.actor, c.spec.start_deadline, caf::sys_atom_v, caf::get_atom_v, "info")
    .then(
      [up](caf::ok_atom, const std::string&, const caf::strong_actor_ptr&, const std::string&) {
        up();
      },
      failed);
}

void supervision::started(child& c) {
  c.state = child_state::running;
  c.up_since_ms = now_ms();
  if (config_.names)
    config_.names->put(c.spec.name, caf::actor_cast<caf::strong_actor_ptr>(c.actor));
  if (c.restarts > 0) {
    log::info("child-restarted", "{}: {} runs again", config_.name, c.spec.name);
    tell_tree();
  } else
    log::debug("child-started", "{}: {} runs", config_.name, c.spec.name);
  answer_all(c.start_waiters, c.actor);
  advance();
}

void supervision::not_ready(child& c, const caf::error& e) {
  if (e == caf::sec::request_receiver_down)
    return; // Its end is reported in its own message.
  c.verdict =
    e == caf::sec::request_timeout
      ? refuse(ec::timed_out, fmt::format("not up after {} ms", c.spec.start_deadline.count()))
      : e;
  log::warn("child-not-up", "{} kills {}: {}", config_.name, c.spec.name, text_of(*c.verdict));
  self_->send_exit(c.actor, caf::exit_reason::kill);
}

void supervision::stop(child& c) {
  ++c.generation;
  c.state = child_state::stopping;
  withdraw(c);
  self_->send_exit(c.actor, caf::exit_reason::user_shutdown);
  set_timer(supervisor_timer::kind::kill, c.number, c.generation, c.spec.stop_deadline.count());
}

/// It ended because we wanted it to.
void supervision::stopped(child& c) {
  answer_all(c.start_waiters, refuse(ec::unreachable, c.spec.name + " was stopped"));
  answer_all(c.stop_waiters, caf::unit);
  bool comes_back =
    c.is_marked && phase_ != phase::shuts_down && c.spec.restart != restart_kind::temporary;
  c.is_marked = comes_back;
  c.state = comes_back ? child_state::backing_off : child_state::stopped;
  if (!comes_back && c.is_dynamic)
    forget(c);
  if (phase_ == phase::normal)
    advance();
  else if (phase_ != phase::group_waits && open_stops_ == 0)
    stop_marked();
}

/// It ended by itself, or did not even start.
void supervision::ended(child& c, const caf::error& reason) {
  c.last_reason = text_of(reason);
  answer_all(c.start_waiters, reason ? reason : refuse(ec::unreachable, c.spec.name + " ended"));
  auto told = is_crash(reason) ? "an exception" : c.last_reason; // The actor logged the exception.
  if (is_restarted(c.spec.restart, is_normal(reason)))
    return restart_later(c, told);
  bool ok = is_normal(reason);
  c.state = ok ? child_state::stopped : child_state::failed;
  if (ok)
    log::debug("child-ended", "{}: {} has ended", config_.name, c.spec.name);
  else
    log::warn("child-failed", "{} does not restart {}: {}", config_.name, c.spec.name, told);
  if (c.is_dynamic)
    forget(c);
  advance();
}

void supervision::restart_later(child& c, const std::string& reason) {
  auto now = now_ms();
  if (c.up_since_ms && now - *c.up_since_ms >= config_.delay.reset_after_ms)
    c.failures = 0;
  ++c.failures;
  auto& window = config_.past_limit == give_up::leave_child ? c.window : window_;
  if (!window.add(now))
    return past_limit(c, reason);
  auto delay = restart_delay_ms(config_.delay, c.failures, jitter_.next());
  bool alone =
    config_.how == strategy::one_for_one || (config_.how == strategy::rest_for_one && c.is_dynamic);
  if (alone && config_.pace.most != restart_limit::unlimited)
    delay = pacer_.admit(now, now + delay, jitter_.next()) - now;
  log::warn("child-failed",
            "{} restarts {} in {} ms, failure {}: {}",
            config_.name,
            c.spec.name,
            delay,
            c.failures,
            reason);
  c.state = child_state::backing_off;
  tell_tree();
  if (!alone)
    return restart_group(c, delay);
  ++c.generation;
  set_timer(supervisor_timer::kind::restart, c.number, c.generation, delay);
}

void supervision::tell_tree() const {
  if (config_.names)
    tell_changed(*config_.names, bit_of(followed_list::nodes));
}

void supervision::past_limit(child& c, const std::string& reason) {
  auto text = fmt::format("{} failed more than {} times within {} s; last: {}",
                          c.spec.name,
                          config_.limit.restarts,
                          static_cast<double>(config_.limit.within_ms) / 1000,
                          reason);
  c.state = child_state::failed;
  tell_tree();
  if (config_.past_limit == give_up::leave_child) {
    log::error("child-given-up", "{} leaves it down: {}", config_.name, text);
    return advance();
  }
  log::error("supervisor-gives-up", "{} ends: {}", config_.name, text);
  shut_down(refuse(ec::internal, std::move(text)));
}

// -- events

void supervision::on_down(const caf::down_msg& x) {
  auto i = by_actor_.find(x.source.id());
  if (i == by_actor_.end() || i->second->actor.address() != x.source)
    return;
  auto& c = *i->second;
  bool wanted = c.state == child_state::stopping || c.is_marked;
  release(c);
  if (wanted) {
    c.last_reason = text_of(x.reason);
    return stopped(c);
  }
  ended(c, c.verdict ? *c.verdict : x.reason);
}

void supervision::on_timer(const supervisor_timer& x) {
  using kind = supervisor_timer::kind;
  if (x.what == kind::group) {
    if (phase_ == phase::group_waits && x.generation == group_generation_)
      resume_group();
    return;
  }
  auto* c = find(x.child, x.generation);
  if (c == nullptr)
    return;
  if (x.what == kind::restart) {
    ++c->restarts;
    return start(*c);
  }
  log::warn("child-killed",
            "{} kills {}, which did not end within {} ms",
            config_.name,
            c->spec.name,
            c->spec.stop_deadline.count());
  self_->send_exit(c->actor, caf::exit_reason::kill);
}

caf::result<caf::actor> supervision::start_child(child_spec spec) {
  if (phase_ == phase::shuts_down)
    return refuse(ec::unreachable, config_.name + " is stopping");
  if (spec.name.empty() || !spec.start)
    return refuse(ec::bad_request, "a child needs a name and a start");
  auto* c = find(spec.name);
  bool is_over =
    c != nullptr && (c->state == child_state::stopped || c->state == child_state::failed);
  if (c != nullptr && !is_over)
    return refuse(ec::conflict, spec.name);
  if (is_over) {
    ++c->generation;
    c->spec = std::move(spec);
    c->failures = 0;
    c->window = restart_window{config_.limit};
    c->state = child_state::starting;
  } else {
    c = &add(std::move(spec));
    c->is_dynamic = true;
  }
  c->is_waiting = true;
  auto promise = self_->make_response_promise();
  c->start_waiters.push_back(promise);
  if (phase_ == phase::normal && is_settled_)
    start(*c);
  return promise;
}

caf::result<void> supervision::stop_child(const std::string& name) {
  auto* c = find(name);
  if (c == nullptr)
    return refuse(ec::not_found, name);
  c->is_marked = c->is_marked && phase_ == phase::shuts_down; // No group brings it back.
  if (c->actor) {
    auto promise = self_->make_response_promise();
    c->stop_waiters.push_back(promise);
    if (c->state != child_state::stopping)
      stop(*c);
    return promise;
  }
  ++c->generation;
  c->is_waiting = false;
  answer_all(c->start_waiters, refuse(ec::unreachable, name + " was stopped"));
  c->state = child_state::stopped;
  if (c->is_dynamic)
    forget(*c);
  advance();
  return caf::unit;
}

caf::result<caf::actor> supervision::resolve(const std::string& name) const {
  auto* c = find(name);
  if (c == nullptr)
    return refuse(ec::not_found, name);
  if (c->state != child_state::running)
    return refuse(ec::unreachable, fmt::format("{} is {}", name, to_string(c->state)));
  return c->actor;
}

caf::result<void> supervision::ready() {
  if (is_settled_)
    return caf::unit;
  auto promise = self_->make_response_promise();
  ready_waiters_.push_back(promise);
  return promise;
}

// -- book-keeping

supervision::child& supervision::add(child_spec spec) {
  auto number = next_number_++;
  auto i = children_.emplace(children_.end(), std::move(spec), number, config_.limit);
  by_name_.emplace(i->spec.name, i);
  by_number_.emplace(number, i);
  return *i;
}

void supervision::forget(child& c) {
  auto i = by_number_.at(c.number);
  by_name_.erase(c.spec.name);
  by_number_.erase(c.number);
  children_.erase(i);
}

supervision::child* supervision::find(uint64_t number, uint64_t generation) {
  auto i = by_number_.find(number);
  return i != by_number_.end() && i->second->generation == generation ? &*i->second : nullptr;
}

supervision::child* supervision::find(const std::string& name) const {
  auto i = by_name_.find(name);
  return i == by_name_.end() ? nullptr : &*i->second;
}

void supervision::release(child& c) {
  ++c.generation;
  withdraw(c);
  by_actor_.erase(c.actor.id());
  c.actor = nullptr;
  if (std::exchange(c.is_awaited, false))
    --open_stops_;
}

void supervision::withdraw(const child& c) {
  if (config_.names && c.actor)
    config_.names->erase(c.spec.name, caf::actor_cast<caf::strong_actor_ptr>(c.actor));
}

void supervision::set_timer(supervisor_timer::kind what,
                            uint64_t number,
                            uint64_t generation,
                            int64_t ms) {
  self_->delayed_send(
    self_, std::chrono::milliseconds{ms}, supervisor_timer{what, number, generation});
}

int64_t supervision::now_ms() const {
  auto since = self_->clock().now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

} // namespace aops::actors
