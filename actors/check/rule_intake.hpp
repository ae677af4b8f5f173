#pragma once

#include "actors/support/checked_state.hpp"
#include "actors/support/directory.hpp"
#include "messages/roles/check.hpp"
#include "runtime/base/config.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <memory>

namespace aops::actors {

struct rule_intake_parts {
  std::shared_ptr<const base::config> config;
  std::shared_ptr<directory> names;
  /// How long hosts have to tell what they have; those that do not are left out.
  std::chrono::milliseconds patience{2000};
};

struct rule_intake_state {
  explicit rule_intake_state() = default;
  static inline const char* name = "rule-intake";
  rule_intake_parts parts;
};

using rule_intake_pointer = rule_intake_actor::stateful_pointer<checked_state<rule_intake_state>>;

/// Takes rules in: has them stored, then looks whether anybody has the series they name. What is
/// stored of some hosts tells at once; what is not found there is asked of a few that are online.
rule_intake_actor::behavior_type rule_intake(rule_intake_pointer self, rule_intake_parts parts);

} // namespace aops::actors
