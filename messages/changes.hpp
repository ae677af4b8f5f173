#pragma once

#include "messages/wire.hpp"

#include <array>
#include <cstdint>
#include <string_view>

/// What pages follow without asking again and again. See docs/reference/rest.md#streams.
namespace aops {

/// Lists that pages follow. That one has changed says nothing of what is new in it.
enum class followed_list : uint8_t {
  hosts,
  alerts,
  results,
  rules,
  diagnoses,
  runs,
  nodes,
  topology,
  samples, ///< Rounds of hosts were stored: all the time, where there are hosts.
  silences,
};

inline constexpr auto followed_names = std::to_array<std::string_view>({"hosts",
                                                                        "alerts",
                                                                        "results",
                                                                        "rules",
                                                                        "diagnoses",
                                                                        "runs",
                                                                        "nodes",
                                                                        "topology",
                                                                        "samples",
                                                                        "silences"});

constexpr uint64_t bit_of(followed_list x) { return uint64_t{1} << static_cast<unsigned>(x); }

/// This node changed them: the bit of each.
struct lists_changed {
  uint64_t lists = 0;
};
AOPS_WIRE(lists_changed, lists)

/// Some node gathered what it changed: whoever follows these lists looks again.
struct lists_to_show {
  uint64_t lists = 0;
};
AOPS_WIRE(lists_to_show, lists)

} // namespace aops
