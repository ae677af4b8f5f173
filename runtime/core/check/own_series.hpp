#pragma once

#include "messages/check.hpp"

#include <string_view>

namespace aops::check {

/// Series that every round has, answered or not; made here, whatever the exporter says.
inline constexpr std::string_view up_series = "up";
inline constexpr std::string_view duration_series = "scrape_duration_seconds";

/// Whether an item names one of them.
inline bool is_own_series(const data_item& item) {
  return item.type == "kpi" && item.label.empty() && !item.match &&
         (item.name == up_series || item.name == duration_series);
}

} // namespace aops::check
