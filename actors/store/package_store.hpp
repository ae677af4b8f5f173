#pragma once

#include "actors/store/store_access.hpp"
#include "messages/roles/package.hpp"

namespace aops::actors {

struct package_parts {
  store_ptr store;
  std::shared_ptr<executor> worker; ///< Checks archives, which takes long: one after the other.
};

struct package_store_state {
  explicit package_store_state() = default;
  static inline const char* name = package_store_name.data();
  package_parts parts;
};

/// Takes archives in pieces and keeps those that are good.
package_store_actor::behavior_type
package_store(package_store_actor::stateful_pointer<checked_state<package_store_state>> self,
              package_parts parts);

} // namespace aops::actors
