#pragma once

#include "actors/cluster/router.hpp"
#include "actors/support/foreign_promise.hpp"

#include <array>
#include <chrono>
#include <list>
#include <memory>
#include <string>

namespace aops::actors {

/// The parcels on their way through this node. Lives in the router's state.
class route_book {
public:
  route_book(router_pointer self, cluster_services_ptr services);

  caf::result<parcel> take(parcel& x);
  void on_map();
  void on_tick();

private:
  using steady = std::chrono::steady_clock;

  struct item {
    explicit item(foreign_promise<parcel> p) : promise(std::move(p)) {}
    parcel what;
    foreign_promise<parcel> promise;
    steady::time_point due;        ///< End of patience.
    steady::time_point until;      ///< When an actor that is not here counts as unknown.
    steady::time_point not_before; ///< After ec::moved: not again at once.
    bool is_for_slot = false;
    bool is_from_gate = false; ///< Came for a slot through the gate: is not sent on.
  };
  using item_ptr = std::shared_ptr<item>;
  enum class way : uint8_t { done, wait };

  way route(const item_ptr& x, steady::time_point now);
  way route_here(const item_ptr& x, steady::time_point now);
  way send_over(const item_ptr& x, const std::string& node);
  void hand_over(const item_ptr& x, const caf::strong_actor_ptr& whom);
  void on_answer(const item_ptr& x, expected<caf::message> answer);
  void spread(const parcel& x);
  void park(const item_ptr& x);
  void retry();
  void notice_gains();
  void look_at_map();
  bool owns(uint16_t slot) const;
  steady::time_point missing_until(uint16_t slot, steady::time_point now) const;

  router_pointer self_;
  cluster_services_ptr services_;
  std::list<item_ptr> waiting_;
  std::array<uint16_t, schedule::slot_count> waiting_per_slot_{};
  std::array<steady::time_point, schedule::slot_count> gained_{};
  std::array<bool, schedule::slot_count> owned_{};
  steady::time_point looked_;
  bool ticks_ = false;
};

} // namespace aops::actors
