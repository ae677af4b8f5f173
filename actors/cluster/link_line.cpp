#include "actors/cluster/link_line.hpp"

#include "actors/cluster/port_probe.hpp"
#include "actors/cluster/transport.hpp"
#include "actors/support/ask.hpp"
#include "actors/support/ask_message.hpp"
#include "messages/caf_inside.hpp"
#include "messages/names.hpp"
#include "messages/roles/changes.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"

#include <caf/all.hpp>

#include <cstring>

namespace aops::actors {

namespace {

constexpr std::chrono::seconds probe_deadline{1};
constexpr std::chrono::seconds connect_deadline{5};
constexpr std::chrono::seconds greet_deadline{8};
constexpr int64_t missed_news_patience_ms = 1000;
constexpr backoff redial{100, 2000, 2, 0.3, 0};

metrics::gauge links_up() {
  return metrics::gauge_of("aops_links_up", "Links to other nodes that carry parcels.");
}
metrics::counter parcels() {
  return metrics::counter_of("aops_parcels_sent_total", "Parcels sent to other nodes.");
}

uint64_t random_seed() {
  uint64_t x = 0;
  uint8_t bytes[sizeof x];
  base::fill_random(bytes);
  std::memcpy(&x, bytes, sizeof x);
  return x;
}

} // namespace

link_line::link_line(link_pointer self,
                     cluster_services_ptr services,
                     std::shared_ptr<executor> dialer,
                     std::string node)
    : self_(self), services_(std::move(services)), dialer_(std::move(dialer)),
      node_(std::move(node)), jitter_(random_seed()) {}

void link_line::begin() { on_map(); }

// -- dialling

void link_line::on_map() {
  auto view = services_->map->get();
  const auto* member = view->find(node_);
  if (member == nullptr)
    return;
  bool is_new = member->incarnation != incarnation_ || member->address != address_;
  incarnation_ = member->incarnation;
  address_ = member->address;
  if (phase_ == phase::up) {
    // The hello may have come before our reading of the map: then we have met already.
    if (met_ < incarnation_)
      lost("it joined anew");
    return;
  }
  if (!is_new)
    return;
  failures_ = 0;
  if (dials())
    dial();
}

void link_line::dial() {
  ++attempt_;
  // A second connection to a node that CAF is connected with would only be closed as redundant.
  if (reached_)
    return greet(reached_);
  phase_ = phase::probing;
  auto probe = [address = address_, attempt = attempt_, me = caf::actor_cast<caf::actor>(self_)] {
    auto at = probe_port(address, probe_deadline);
    caf::anon_send(me,
                   at ? port_probed{attempt, at->address, at->port, {}}
                      : port_probed{attempt, {}, 0, at.error().detail});
  };
  if (!dialer_->post(std::move(probe)))
    dial_later("too many dial at once");
}

void link_line::dial_later(const std::string& why) {
  phase_ = phase::down;
  if (!dials())
    return;
  if (std::exchange(last_reason_, why) != why)
    log::info("link-down", "Node {} at {} is not reached: {}", node_, address_, why);
  ++failures_;
  auto delay = restart_delay_ms(redial, std::min<size_t>(failures_, 16), jitter_.next());
  self_->delayed_send(self_, std::chrono::milliseconds{delay}, dial_due{++attempt_});
}

void link_line::on_dial(const dial_due& x) {
  if (x.attempt == attempt_ && phase_ == phase::down)
    dial();
}

void link_line::on_probed(const port_probed& x) {
  if (x.attempt != attempt_ || phase_ != phase::probing)
    return;
  if (x.address.empty())
    return dial_later(x.reason);
  connect(x);
}

void link_line::connect(const port_probed& at) {
  phase_ = phase::connecting;
  auto is_void = [this, attempt = attempt_] {
    return attempt != attempt_ || phase_ != phase::connecting;
  };
  self_
    ->request(connector_of(self_->system(), *services_->config),
              connect_deadline,
              caf::connect_atom_v,
              at.address,
              at.port)
    .then(
      [this, is_void](
        const caf::node_id& who, const caf::strong_actor_ptr& gate, const std::set<std::string>&) {
        if (is_void())
          return;
        if (!gate)
          return dial_later("it offers no gate");
        if (who == self_->node())
          return dial_later(
            "it counts as this very process: CAF derives a node's identity from MAC "
            "addresses, the root file system and the process id");
        reached_ = gate;
        self_->monitor(reached_);
        greet(gate);
      },
      [this, is_void](const caf::error& e) {
        if (!is_void())
          dial_later(from_caf(e).detail);
      });
}

void link_line::greet(const caf::strong_actor_ptr& gate) {
  phase_ = phase::greeting;
  auto then = [this, attempt = attempt_](const expected<done>& greeted) {
    // When both are convinced, `link_opened` came before.
    if (!greeted && attempt == attempt_ && phase_ == phase::greeting)
      dial_later(greeted.error().detail);
  };
  ask<own_gate_actor>(
    self_, *services_->names, gate_name, greet_deadline, then, greet_peer{node_, gate});
}

// -- up and down

void link_line::on_opened(const link_opened& x) {
  if (phase_ == phase::up && gate_ != x.gate)
    lost("it comes anew");
  bool was_up = phase_ == phase::up;
  ++attempt_;
  phase_ = phase::up;
  failures_ = 0;
  last_reason_.clear();
  met_ = x.incarnation;
  heard_ = steady::now();
  if (!was_up) {
    gate_ = x.gate;
    if (gate_ != reached_)
      self_->monitor(gate_);
    links_up().add(1);
    log::info("link-up", "Node {} is linked, incarnation {}", node_, met_);
    tell_missed_news();
  }
  tell_membership(true);
  // What waits for this link goes on.
  tell<router_actor>(*services_->names, router_name, map_changed{0});
  if (!std::exchange(ticks_, true))
    on_tick();
}

void link_line::on_down(const caf::down_msg& x) {
  auto is_source = [&x](const caf::strong_actor_ptr& gate) {
    return gate && x.source == caf::actor_cast<caf::actor_addr>(gate);
  };
  bool is_lost = is_source(gate_);
  if (is_source(reached_))
    reached_ = nullptr;
  if (is_lost)
    lost("the connection broke");
  else if (phase_ == phase::greeting && !reached_)
    dial_later("the connection broke");
}

void link_line::lost(const std::string& why) {
  if (phase_ != phase::up)
    return;
  log::warn("link-down", "Node {}: {}; {} parcels were under way", node_, why, open_.size());
  links_up().add(-1);
  phase_ = phase::down;
  if (gate_ != reached_)
    self_->demonitor(caf::actor_cast<caf::actor_addr>(gate_));
  gate_ = nullptr;
  bytes_ = 0;
  for (auto& [number, x] : std::exchange(open_, {}))
    x.promise.fail(ec::unreachable, "the link to node " + node_ + " broke: " + why);
  services_->pulses->forget(node_);
  tell_gate_closed();
  tell_membership(false);
  failures_ = 0;
  dial_later(why);
}

void link_line::end(const std::string& why) {
  lost(why);
  ++attempt_; // Nobody dials any more.
}

void link_line::tell_membership(bool is_connected) {
  tell<membership_actor>(*services_->names, membership_name, peer_seen{node_, met_, is_connected});
}

/// What this node changed while there was no link was told to nobody there.
void link_line::tell_missed_news() {
  parcel news;
  news.to = changes_name;
  news.node = node_;
  news.patience_ms = missed_news_patience_ms;
  news.is_one_way = true;
  news.body = caf::make_message(lists_to_show{(uint64_t{1} << followed_names.size()) - 1});
  tell<link_actor>(*services_->names, link_name_of(node_), std::move(news));
}

void link_line::tell_gate_closed() {
  tell<own_gate_actor>(*services_->names, gate_name, link_closed{node_});
}

void link_line::on_tick() {
  if (phase_ != phase::up) {
    ticks_ = false;
    return;
  }
  const auto& c = services_->config->cluster;
  if (steady::now() - heard_ > c.suspect_after.chrono()) {
    ticks_ = false;
    return lost("it does not answer");
  }
  pulse_once();
  self_->delayed_send(self_, c.heartbeat.chrono(), atom::tick_v);
}

void link_line::pulse_once() {
  auto is_void = [this, gate = gate_] { return phase_ != phase::up || gate != gate_; };
  auto then = [this, is_void](const expected<pulse_seen>& x) {
    if (is_void())
      return;
    if (!x) {
      if (x.error() != ec::timed_out) // Silence is for `on_tick` to judge.
        lost("it refuses a pulse: " + x.error().detail);
      return;
    }
    heard_ = steady::now();
    services_->pulses->set_mailboxes(node_, x->mailboxes);
  };
  ask_actor(self_,
            caf::actor_cast<gate_actor>(gate_),
            services_->config->cluster.suspect_after.chrono(),
            then,
            pulse{++pulses_});
}

// -- parcels

caf::result<parcel> link_line::carry(parcel& x) {
  if (phase_ != phase::up)
    return refuse(ec::moved, "no link to node " + node_ + " now; nothing was sent");
  if (x.patience_ms <= 0)
    return refuse(ec::timed_out, "no patience is left");
  auto bytes = caf_inside::serialized_size(self_->system(), x.body);
  if (bytes > static_cast<size_t>(services_->config->cluster.max_message.bytes))
    return refuse(ec::bad_request,
                  "a message to " + x.to + " has " + std::to_string(bytes) +
                    " bytes, more than cluster.max_message");
  if (open_.size() >= most_parcels_under_way || bytes_ + bytes > most_bytes_under_way)
    return refuse(ec::overloaded, "too many parcels are under way to node " + node_);
  auto number = ++next_number_;
  bytes_ += bytes;
  auto [i, is_in] = open_.emplace(number, under_way{foreign_promise<parcel>{self_}, bytes});
  auto promise = i->second.promise;
  std::chrono::milliseconds patience{std::min<int64_t>(x.patience_ms, 600'000)};
  parcels().add();
  ask_message(
    self_,
    gate_,
    patience,
    caf::make_message(std::move(x)),
    [this, number](expected<caf::message> answer) { done_with(number, std::move(answer)); });
  return promise;
}

void link_line::done_with(uint64_t number, expected<caf::message> answer) {
  auto i = open_.find(number);
  if (i == open_.end())
    return; // Failed with the link.
  bytes_ -= i->second.bytes;
  auto promise = std::move(i->second.promise);
  open_.erase(i);
  if (answer)
    heard_ = steady::now(); // Any answer shows that it lives.
  promise.answer(value_of<parcel>(std::move(answer)));
}

} // namespace aops::actors
