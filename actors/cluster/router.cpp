#include "actors/cluster/router.hpp"

#include "actors/cluster/route_book.hpp"
#include "actors/support/prepare.hpp"

#include <caf/all.hpp>

namespace aops::actors {

router_state::router_state() = default;
router_state::~router_state() = default;

router_actor::behavior_type router(router_pointer self, cluster_services_ptr services) {
  prepare(self);
  self->state.book = std::make_unique<route_book>(self, std::move(services));
  auto* book = self->state.book.get();
  return {
    [book](parcel& x) { return book->take(x); },
    [book](const map_changed&) { book->on_map(); },
    [book](atom::tick) { book->on_tick(); },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
