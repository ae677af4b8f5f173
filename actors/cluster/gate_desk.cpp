#include "actors/cluster/gate_desk.hpp"

#include "actors/cluster/transport.hpp"
#include "actors/support/ask.hpp"
#include "actors/support/ask_message.hpp"
#include "messages/caf_inside.hpp"
#include "messages/names.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

constexpr std::chrono::seconds hello_deadline{2};
constexpr std::chrono::seconds check_every{2};
constexpr size_t most_challenges = 64;

metrics::counter refused() {
  return metrics::counter_of("aops_gate_refused_total",
                             "Messages of peers that were not, or not yet, introduced.");
}

} // namespace

gate_desk::gate_desk(gate_pointer self, cluster_services_ptr services)
    : self_(self), services_(std::move(services)), proof_(*services_->config) {}

// -- hello ---------------------------------------------------------------------------------------

expected<node_hello> gate_desk::introduce() const {
  const auto& me = *services_->this_node;
  if (me.incarnation() == 0)
    return fail(ec::unreachable, "this node has not joined yet");
  node_hello x;
  x.cluster = me.cluster();
  x.node = me.id();
  x.incarnation = me.incarnation();
  x.protocol = cluster_protocol;
  x.version = me.version();
  x.nonce = base::random_hex(32);
  if (auto shown = proof_.show(x); !shown)
    return fail(shown.error());
  return x;
}

/// Whether they are who we believe them to be; everything but the signature.
expected<void> gate_desk::check(const node_hello& theirs, const node_hello& mine) {
  if (auto good = peer_proof::check_kind(theirs, mine); !good)
    return good;
  auto view = services_->map->get();
  const auto* member = view->find(theirs.node);
  if (member == nullptr || member->incarnation != theirs.incarnation) {
    look_at_map();
    return fail(ec::unreachable, "not a member as far as this node has read");
  }
  return proof_.check_certificate(theirs, member->address);
}

caf::result<node_hello> gate_desk::on_hello(const node_hello& x) {
  const auto& from = self_->current_sender();
  if (!from || from->node() == self_->node())
    return refuse(ec::permission_denied, "hello of nobody");
  expected<node_hello> answer = fail(ec::internal);
  auto i = challenges_.find(from->node());
  if (i != challenges_.end() && i->second.theirs.nonce == x.nonce) {
    auto c = std::move(i->second);
    challenges_.erase(i);
    answer = second_hello(std::move(c), x);
  } else {
    answer = first_hello(x);
  }
  if (!answer) {
    refused().add();
    if (answer.error() == ec::permission_denied)
      log_refusal(x.node.substr(0, 64), answer.error().detail);
  }
  return to_result(std::move(answer));
}

expected<node_hello> gate_desk::first_hello(const node_hello& x) {
  auto mine = introduce();
  if (!mine)
    return mine;
  if (auto good = check(x, *mine); !good)
    return fail(good.error());
  auto now = steady::now();
  std::erase_if(challenges_, [&](const auto& c) { return now - c.second.since > hello_deadline; });
  if (challenges_.size() >= most_challenges)
    return fail(ec::overloaded, "too many introductions at once");
  auto signature = proof_.sign(*mine, x);
  if (!signature)
    return fail(signature.error());
  mine->signature = std::move(*signature);
  challenges_.insert_or_assign(self_->current_sender()->node(), challenge{x, *mine, now});
  return mine;
}

expected<node_hello> gate_desk::second_hello(challenge x, const node_hello& again) {
  if (steady::now() - x.since > hello_deadline)
    return fail(ec::timed_out, "the introduction took too long");
  x.theirs.signature = again.signature; // The rest was checked as it came first.
  if (auto good = proof_.check_signature(x.theirs, x.mine); !good)
    return fail(good.error());
  if (auto in = admit(x.theirs, self_->current_sender()); !in)
    return fail(in.error());
  return std::move(x.mine);
}

/// From here on messages of this peer are taken.
void gate_desk::trust(const node_hello& theirs, const caf::strong_actor_ptr& gate) {
  auto& x = peers_[gate->node()];
  if (x.gate != gate)
    self_->monitor(gate);
  x = {theirs, gate, steady::now()};
}

expected<void> gate_desk::admit(const node_hello& theirs, const caf::strong_actor_ptr& gate) {
  auto link = link_name_of(theirs.node);
  if (!services_->names->find(link)) {
    look_at_map();
    return fail(ec::unreachable, "no link for it yet");
  }
  trust(theirs, gate);
  refusals_.forget(theirs.node);
  tell<link_actor>(*services_->names, link, link_opened{theirs.incarnation, gate});
  return {};
}

caf::result<done> gate_desk::greet(const greet_peer& x) {
  auto mine = introduce();
  if (!mine)
    return to_caf(mine.error());
  auto g = std::make_shared<greeting>(greeting{x, *mine, foreign_promise<done>{self_}});
  auto then = [this, g](expected<node_hello> theirs) {
    if (theirs)
      on_reply(g, *theirs);
    else
      fail_greeting(*g, std::move(theirs.error()));
  };
  ask_actor(self_, caf::actor_cast<gate_actor>(x.gate), hello_deadline, then, *mine);
  return g->promise;
}

void gate_desk::on_reply(std::shared_ptr<greeting> g, const node_hello& theirs) {
  auto good = check(theirs, g->mine);
  if (good && theirs.node != g->peer.node)
    good = fail(ec::permission_denied, "another node answers at its address: " + theirs.node);
  if (good)
    good = proof_.check_signature(theirs, g->mine);
  auto signature = good ? proof_.sign(g->mine, theirs) : expected<std::string>{};
  if (good && !signature)
    good = fail(signature.error());
  if (!good) {
    if (good.error() == ec::permission_denied)
      log_refusal(g->peer.node, good.error().detail);
    return g->promise.fail(good.error());
  }
  // They are convincing. Their pulses may overtake their last answer.
  trust(theirs, g->peer.gate);
  auto again = g->mine;
  again.signature = std::move(*signature);
  auto then = [this, g, theirs](expected<node_hello> convinced) {
    if (!convinced)
      return fail_greeting(*g, std::move(convinced.error()));
    if (auto in = admit(theirs, g->peer.gate); in)
      g->promise.answer(done{});
    else
      g->promise.fail(in.error());
  };
  ask_actor(
    self_, caf::actor_cast<gate_actor>(g->peer.gate), hello_deadline, then, std::move(again));
}

void gate_desk::fail_greeting(const greeting& g, error why) {
  on_closed(g.peer.node);
  if (why == ec::permission_denied)
    log_refusal(g.peer.node, "it refuses this node: " + why.detail);
  g.promise.fail(std::move(why));
}

/// Whoever is refused tries again and again.
void gate_desk::log_refusal(const std::string& who, const std::string& why) {
  if (refusals_.is_due(who, why))
    log::warn("peer-refused", "No link with node {}: {}", who, why);
}

void gate_desk::look_at_map() const {
  tell<membership_actor>(*services_->names, membership_name, map_changed{0});
}

// -- the introduced ------------------------------------------------------------------------------

gate_desk::peer* gate_desk::sender() {
  const auto& from = self_->current_sender();
  if (!from)
    return nullptr;
  auto i = peers_.find(from->node());
  return i == peers_.end() ? nullptr : &i->second;
}

/// Certificates end and are revoked while links are up.
expected<void> gate_desk::check_again(peer& x) {
  auto now = steady::now();
  if (now - x.checked < check_every)
    return {};
  x.checked = now;
  auto view = services_->map->get();
  const auto* member = view->find(x.hello.node);
  if (member == nullptr)
    return {}; // The keeper ends its link.
  auto good = proof_.check_certificate(x.hello, member->address);
  return good || !(good.error() == ec::permission_denied) ? expected<void>{} : good;
}

caf::error gate_desk::refuse_stranger() {
  refused().add();
  const auto& from = self_->current_sender();
  auto who = from ? to_string(from->node()) : std::string{"nobody"};
  log_refusal(who, "it sends messages without an introduction");
  return refuse(ec::permission_denied, "no hello came before this");
}

void gate_desk::on_closed(const std::string& node) {
  for (auto i = peers_.begin(); i != peers_.end();) {
    if (i->second.hello.node != node) {
      ++i;
      continue;
    }
    self_->demonitor(caf::actor_cast<caf::actor_addr>(i->second.gate));
    i = peers_.erase(i);
  }
}

void gate_desk::on_down(const caf::down_msg& x) {
  std::erase_if(peers_, [&](const auto& p) {
    return caf::actor_cast<caf::actor_addr>(p.second.gate) == x.source;
  });
}

caf::result<pulse_seen> gate_desk::on_pulse(const pulse& x) {
  auto* from = sender();
  if (from == nullptr)
    return refuse_stranger();
  if (auto good = check_again(*from); !good) {
    auto node = from->hello.node;
    log_refusal(node, good.error().detail);
    on_closed(node);
    return to_caf(good.error());
  }
  auto own = static_cast<int64_t>(self_->mailbox().size());
  return pulse_seen{x.number, own + services_->pulses->mailboxes(services_->this_node->id())};
}

caf::result<parcel> gate_desk::on_parcel(parcel& x) {
  if (sender() == nullptr)
    return refuse_stranger();
  if (!is_open_to_peers(*services_, x.to))
    return refuse(ec::permission_denied, "peers cannot reach " + x.to.substr(0, 64));
  if (x.body.empty()) // What was cut or of an unknown type on the way arrives so.
    return refuse(ec::corrupt, "the parcel for " + x.to.substr(0, 64) + " is empty");
  if (x.patience_ms <= 0)
    return refuse(ec::timed_out, "no patience is left");
  if (!x.node.empty()) {
    if (x.node != services_->this_node->id())
      return refuse(ec::moved, "this is not node " + x.node.substr(0, 64));
    return bring(x);
  }
  if (x.slot >= schedule::slot_count)
    return refuse(ec::bad_request, "no such slot");
  auto view = services_->map->get();
  bool is_behind = x.slot < view->slots.size() && view->slots[x.slot].epoch < x.epoch;
  if (!services_->ownership->owns(x.slot) || is_behind) {
    if (is_behind)
      look_at_map();
    return refuse(ec::moved, "this node does not own slot " + std::to_string(x.slot));
  }
  return bring(x);
}

/// To the actor, or to the router when it may yet appear.
caf::result<parcel> gate_desk::bring(parcel& x) {
  bool may_appear = x.node.empty();
  auto whom = services_->names->find(x.to);
  caf::message content = std::move(x.body);
  if (!whom && may_appear) {
    whom = services_->names->find(router_name);
    x.body = std::move(content);
    x.node = services_->this_node->id();
    x.epoch = std::max<uint64_t>(x.epoch, 1); // Says that it came for a slot.
    content = caf::make_message(x);
  }
  if (!whom)
    return refuse(ec::unreachable, x.to + " is down");
  if (x.is_one_way) {
    whom->enqueue(nullptr, caf::make_message_id(), std::move(content), self_->context());
    return wrapped({});
  }
  foreign_promise<parcel> promise{self_};
  std::chrono::milliseconds patience{std::min<int64_t>(x.patience_ms, 600'000)};
  ask_message(self_,
              whom,
              patience,
              std::move(content),
              [this, promise, to = x.to](expected<caf::message> answer) {
                if (!answer)
                  return promise.fail(answer.error());
                auto body = answer->match_elements<parcel>()
                              ? std::move(answer->get_mutable_as<parcel>(0).body)
                              : std::move(*answer);
                auto most = static_cast<size_t>(services_->config->cluster.max_message.bytes);
                if (auto size = caf_inside::serialized_size(self_->system(), body); size > most)
                  return promise.fail(ec::internal,
                                      "the answer of " + to + " has " + std::to_string(size) +
                                        " bytes, more than cluster.max_message");
                promise.answer(wrapped(std::move(body)));
              });
  return promise;
}

parcel gate_desk::wrapped(caf::message body) const {
  parcel x;
  x.body = std::move(body);
  return x;
}

} // namespace aops::actors
