#pragma once

#include <string_view>

namespace aops::check {

/// Reasons of an `aops::deviation`: rounds that nobody judged although the cursor of the host lies
/// beyond them. Its `start_ms` and `end_ms` are the first and the last grid time concerned; an
/// empty `check_item` means all rules of the host.

/// No round took place, and its samples cannot be had any more.
inline constexpr std::string_view missed_not_sampled = "missed(not_sampled)";
/// The round did not keep a series that the rule needs.
inline constexpr std::string_view missed_not_collected = "missed(not_collected)";

} // namespace aops::check
