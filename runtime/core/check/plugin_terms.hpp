#pragma once

#include "messages/error.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace aops::check {

/// Parameters of a plug-in as a rule's condition has them: `name=value` words, parted by blanks or
/// commas.
using plugin_parameters = std::map<std::string, std::string>;

/// Parameters of one rule at most.
inline constexpr size_t most_parameters = 32;

/// ec::bad_request with what cannot be read: `alpha: needs a value, alpha=…`.
expected<plugin_parameters> read_parameters(std::string_view condition);

/// The built-in plug-in that learns how a week, or a day, usually is.
inline constexpr std::string_view seasonal_plugin = "seasonal";

/// What a `seasonal` rule says. See docs/plugins.md#seasonal.
struct seasonal_terms {
  enum class side : uint8_t { both, above, below };

  int64_t season_ms = int64_t{7} * 24 * 3600 * 1000; ///< A week, or a day.
  int64_t cycles = 4;                                ///< Seasons looked back on, 1 to 12.
  int64_t min_cycles = 2;                            ///< Fewer are not judged by, 1 to `cycles`.
  double mads = 5;     ///< So many deviations away are abnormal, above 0.
  double floor = 0.05; ///< The deviation is at least this share of the expected value, 0 to 10.
  side which = side::both;

  /// How far back it sees.
  int64_t lookback_ms() const;
};

/// ec::bad_request with the parameter: `weeks: unknown parameter; there are season, …`.
expected<seasonal_terms> read_seasonal(std::string_view condition);

/// What a rule says that a program of the configuration judges.
struct outside_terms {
  std::string plugin;
  plugin_parameters parameters;     ///< Without `history`.
  int64_t history_ms = 3600 * 1000; ///< How much the program is shown before it judges: `history`.
};

/// History that a program may ask for, of a rule.
inline constexpr int64_t most_outside_history_ms = int64_t{24} * 3600 * 1000;

/// ec::bad_request as above.
expected<outside_terms> read_outside(std::string_view plugin, std::string_view condition);

} // namespace aops::check
