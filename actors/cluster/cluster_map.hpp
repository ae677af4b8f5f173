#pragma once

#include "messages/cluster_view.hpp"

#include <memory>
#include <mutex>
#include <string>

namespace aops::actors {

/// What this node believes of the cluster: a hint for routing, never a right to write. The
/// membership publishes it; any thread reads it.
class cluster_map {
public:
  using view_ptr = std::shared_ptr<const schedule::cluster_view>;

  view_ptr get() const {
    std::lock_guard guard{mutex_};
    return view_;
  }

  void set(view_ptr view) {
    std::lock_guard guard{mutex_};
    view_.swap(view);
  }

  /// Owner of a slot; empty when nobody's, or nothing is known yet.
  std::string owner_of(uint16_t slot) const {
    auto view = get();
    return slot < view->slots.size() ? view->slots[slot].node : std::string{};
  }

private:
  mutable std::mutex mutex_;
  view_ptr view_ = std::make_shared<schedule::cluster_view>();
};

} // namespace aops::actors
