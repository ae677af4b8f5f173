#pragma once

#include "messages/error.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_control_block.hpp>

#include <functional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace aops::actors {

/// Who answers to a name on this node now. Supervisors keep it: a child is in it from the moment it
/// runs until it goes down, so a handle changes with each restart; ask again rather than keep it.
/// Names are those of `child_spec` and must be unique on the node. Any thread.
class directory {
public:
  /// Null when nobody has the name now.
  caf::strong_actor_ptr find(std::string_view name) const;

  /// The same as a handle, which may be empty: `names.find_as<host_actor>(host_name_of(id))`.
  template <class Handle>
  Handle find_as(std::string_view name) const {
    return caf::actor_cast<Handle>(find(name));
  }

  /// Sets who has the name.
  void put(std::string_view name, caf::strong_actor_ptr who);

  /// Takes the name away, but only from the actor given: its successor may have it already.
  void erase(std::string_view name, const caf::strong_actor_ptr& who);

  size_t size() const;

private:
  struct text_hash {
    using is_transparent = void;
    size_t operator()(std::string_view x) const { return std::hash<std::string_view>{}(x); }
  };

  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, caf::strong_actor_ptr, text_hash, std::equal_to<>> entries_;
};

/// What is said of an actor that nobody is now: ec::store_unreachable for one of the store's, else
/// ec::unreachable.
error down_error(std::string_view name);

} // namespace aops::actors
