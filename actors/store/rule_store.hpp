#pragma once

#include "actors/store/store_access.hpp"
#include "messages/return_code.hpp"
#include "messages/roles/check.hpp"

namespace aops::actors {

struct rule_store_state {
  explicit rule_store_state() = default;
  static inline const char* name = rule_store_name.data();
  store_ptr store;
};

/// Keeps check rules; refuses illegal ones by name with position and reason. Tells `hosts` whose
/// rules changed.
rule_store_actor::behavior_type
rule_store(rule_store_actor::stateful_pointer<checked_state<rule_store_state>> self,
           store_ptr store);

} // namespace aops::actors
