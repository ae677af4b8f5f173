#pragma once

#include "messages/rounds.hpp"

#include <vector>

namespace aops::check {

/// Changes of one instance that are told together, at most: two alerts from beginning to end.
inline constexpr size_t most_changes = 4;

/// Of an instance that changed more often, only its latest changes stay, in their order.
void keep_latest(std::vector<alert_change>& changes);

} // namespace aops::check
