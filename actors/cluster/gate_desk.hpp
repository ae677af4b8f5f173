#pragma once

#include "actors/cluster/gate.hpp"
#include "actors/cluster/peer_proof.hpp"
#include "actors/cluster/repeated_news.hpp"
#include "actors/support/foreign_promise.hpp"

#include <caf/node_id.hpp>

#include <chrono>
#include <map>
#include <set>
#include <string>

namespace aops::actors {

/// Who has been introduced, and what comes from them. Lives in the gate's state.
class gate_desk {
public:
  gate_desk(gate_pointer self, cluster_services_ptr services);

  caf::result<done> greet(const greet_peer& x);
  caf::result<node_hello> on_hello(const node_hello& x);
  caf::result<parcel> on_parcel(parcel& x);
  caf::result<pulse_seen> on_pulse(const pulse& x);
  void on_closed(const std::string& node);
  void on_down(const caf::down_msg& x);
  caf::error refuse_stranger(); ///< Counts the sender of the current message, logs it once.

private:
  using steady = std::chrono::steady_clock;
  /// Where a conversation stands after its first hello.
  struct challenge {
    node_hello theirs, mine;
    steady::time_point since;
  };
  /// Whose messages are taken.
  struct peer {
    node_hello hello;
    caf::strong_actor_ptr gate;
    steady::time_point checked;
  };
  /// A greeting of ours on its way.
  struct greeting {
    greet_peer peer;
    node_hello mine;
    foreign_promise<done> promise;
  };

  expected<node_hello> introduce() const;
  expected<node_hello> first_hello(const node_hello& x);
  expected<node_hello> second_hello(challenge x, const node_hello& again);
  expected<void> check(const node_hello& theirs, const node_hello& mine);
  void on_reply(std::shared_ptr<greeting> g, const node_hello& theirs);
  void trust(const node_hello& theirs, const caf::strong_actor_ptr& gate);
  expected<void> admit(const node_hello& theirs, const caf::strong_actor_ptr& gate);
  void fail_greeting(const greeting& g, error why);
  void log_refusal(const std::string& who, const std::string& why);
  void look_at_map() const;
  peer* sender(); ///< Null: not introduced.
  expected<void> check_again(peer& x);
  caf::result<parcel> bring(parcel& x);
  parcel wrapped(caf::message body) const;

  gate_pointer self_;
  cluster_services_ptr services_;
  peer_proof proof_;
  std::map<caf::node_id, peer> peers_;
  std::map<caf::node_id, challenge> challenges_;
  repeated_news refusals_;
};

} // namespace aops::actors
