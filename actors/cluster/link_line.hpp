#pragma once

#include "actors/cluster/link.hpp"
#include "actors/supervisor/restart_policy.hpp"
#include "actors/support/foreign_promise.hpp"

#include <chrono>
#include <map>
#include <string>

namespace aops::actors {

/// One link and where it stands. Lives in the link's state.
class link_line {
public:
  link_line(link_pointer self,
            cluster_services_ptr services,
            std::shared_ptr<executor> dialer,
            std::string node);

  void begin();
  caf::result<parcel> carry(parcel& x);
  void on_opened(const link_opened& x);
  void on_map();
  void on_tick();
  void on_probed(const port_probed& x);
  void on_dial(const dial_due& x);
  void on_down(const caf::down_msg& x);
  void end(const std::string& why); ///< The link is not wanted any more.

private:
  enum class phase : uint8_t { down, probing, connecting, greeting, up };
  using steady = std::chrono::steady_clock;
  struct under_way {
    foreign_promise<parcel> promise;
    size_t bytes = 0;
  };

  bool dials() const { return services_->this_node->id() < node_; }
  void dial();
  void dial_later(const std::string& why);
  void connect(const port_probed& at);
  void greet(const caf::strong_actor_ptr& gate);
  void lost(const std::string& why);
  void pulse_once();
  void tell_membership(bool is_connected);
  void tell_missed_news();
  void tell_gate_closed();
  void done_with(uint64_t number, expected<caf::message> answer);

  link_pointer self_;
  cluster_services_ptr services_;
  std::shared_ptr<executor> dialer_;
  const std::string node_;
  phase phase_ = phase::down;
  uint64_t attempt_ = 0; ///< Grows with each dialling; answers of an older one are void.
  size_t failures_ = 0;  ///< In a row.
  jitter_source jitter_;
  std::string address_, last_reason_;
  int64_t incarnation_ = 0;       ///< Of the member as the map has it.
  int64_t met_ = 0;               ///< Incarnation of the peer on the line.
  caf::strong_actor_ptr gate_;    ///< Of the peer, while up.
  caf::strong_actor_ptr reached_; ///< Of the peer, while connected; null when it dialled.
  int64_t pulses_ = 0;
  bool ticks_ = false;
  steady::time_point heard_;
  uint64_t next_number_ = 0;
  size_t bytes_ = 0;
  std::map<uint64_t, under_way> open_;
};

} // namespace aops::actors
