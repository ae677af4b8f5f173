#include "actors/support/ask_node.hpp"

#include "actors/support/ask.hpp"
#include "messages/cluster.hpp"
#include "messages/names.hpp"
#include "messages/roles/cluster.hpp"

#include <caf/all.hpp>

namespace aops::actors {

void ask_node_message(caf::scheduled_actor* self,
                      const directory& names,
                      std::string node,
                      std::string name,
                      std::chrono::milliseconds deadline,
                      caf::message request,
                      std::function<void(expected<caf::message>)> then) {
  parcel x;
  x.to = std::move(name);
  x.node = std::move(node);
  x.patience_ms = deadline.count();
  x.body = std::move(request);
  ask<router_actor>(
    self,
    names,
    router_name,
    deadline,
    [then = std::move(then)](expected<parcel> back) mutable {
      then(back.map([](parcel& x) { return std::move(x.body); }));
    },
    std::move(x));
}

} // namespace aops::actors
