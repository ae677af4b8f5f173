#pragma once

#include "messages/check.hpp"
#include "messages/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace aops::check {

/// A condition as it stands in a rule, and the items it is about.
struct typed_condition {
  std::string condition;            ///< `$0 / $1 < 0.1`
  std::vector<data_item> data_list; ///< In the order they stand there; with a `match`, but for
                                    ///< the host's own series.
};

/// Reads a condition as people type it, without a rule around it: series stand in it by name, with
/// braces as in Prometheus: `node_load1 > 2 * cpu_count`, `a{mountpoint="/var"}.max(5m) > b`. The
/// first one is `$0`. See docs/rules.md#choosing-thresholds.
/// @return ec::bad_request `line L, position P: reason`, counted in what was typed.
expected<typed_condition> read_typed(std::string_view text);

/// A text over these items, such as a part of the condition, with the series in place of `$i`.
std::string typed_again(std::string_view text, const std::vector<data_item>& items);

} // namespace aops::check
