#pragma once

#include "messages/error.hpp"
#include "runtime/core/fault/slice.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace aops::fault {

/// Default of how many reports one task may ask for.
inline constexpr uint64_t max_reports = 100'000;

/// What a user asks to diagnose.
struct plan_request {
  std::vector<std::string> host_list, tree_list;
  int64_t start_ms = 0, end_ms = 0, interval_ms = 0;
};

/// What will be diagnosed: every host with every tree in every slice.
struct diagnosis_plan {
  std::vector<std::string> hosts, trees;
  std::vector<std::string> ignored_hosts, ignored_trees; ///< Asked for, but unknown; each once.
  std::vector<slice> slices;
  uint64_t expected_reports() const { return hosts.size() * trees.size() * slices.size(); }
};

/// See docs/reference/diagnosis.md#tasks-and-slices.
/// @param known_hosts What the host lookup found, in the order in which the plan shall name them.
/// @param known_trees Names of the user's trees.
/// @return ec::bad_request with `Time range is not valid.`, `No valid host.`, `No valid fault
/// tree.` (checked in this order) or the number of reports when it exceeds `limit`.
expected<diagnosis_plan> make_plan(const plan_request& request,
                                   const std::vector<std::string>& known_hosts,
                                   const std::vector<std::string>& known_trees,
                                   uint64_t limit = max_reports);

/// A piece of a plan for one request to the host's owner: a host, all trees, some neighbouring
/// slices.
struct plan_unit {
  uint32_t host = 0;
  uint32_t first_slice = 0, slice_count = 0;
  friend bool operator==(const plan_unit&, const plan_unit&) = default;
};

/// Cuts a plan into units, hosts outermost, none with more than `reports_per_unit` reports (but one
/// slice at least).
std::vector<plan_unit> units_of(const diagnosis_plan& plan, size_t reports_per_unit);

} // namespace aops::fault
