#include "actors/support/directory.hpp"

#include "messages/names.hpp"

#include <caf/all.hpp>

#include <mutex>

namespace aops::actors {

caf::strong_actor_ptr directory::find(std::string_view name) const {
  std::shared_lock lock{mutex_};
  auto i = entries_.find(name);
  return i == entries_.end() ? nullptr : i->second;
}

void directory::put(std::string_view name, caf::strong_actor_ptr who) {
  std::unique_lock lock{mutex_};
  // The former holder is released below, outside of the lock: its destructor may be long.
  auto& entry = entries_.try_emplace(std::string{name}).first->second;
  entry.swap(who);
  lock.unlock();
}

void directory::erase(std::string_view name, const caf::strong_actor_ptr& who) {
  std::unique_lock lock{mutex_};
  if (auto i = entries_.find(name); i != entries_.end() && i->second == who)
    entries_.erase(i); // `who` keeps the actor alive until the lock is released.
}

size_t directory::size() const {
  std::shared_lock lock{mutex_};
  return entries_.size();
}

error down_error(std::string_view name) {
  auto code = name.starts_with(store_prefix) ? ec::store_unreachable : ec::unreachable;
  return {code, std::string{name} + " is down"};
}

} // namespace aops::actors
