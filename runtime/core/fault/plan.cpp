#include "runtime/core/fault/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_set>

namespace aops::fault {
namespace {

using name_set = std::unordered_set<std::string_view>;

name_set set_of(const std::vector<std::string>& names) { return {names.begin(), names.end()}; }

/// Splits names into those that are known and those that are not, each once.
void sort_out(const std::vector<std::string>& names,
              const name_set& known,
              std::vector<std::string>* kept,
              std::vector<std::string>& ignored) {
  name_set seen;
  for (const auto& name : names) {
    if (!seen.insert(name).second)
      continue;
    if (!known.contains(name))
      ignored.push_back(name);
    else if (kept != nullptr)
      kept->push_back(name);
  }
}

} // namespace

expected<diagnosis_plan> make_plan(const plan_request& request,
                                   const std::vector<std::string>& known_hosts,
                                   const std::vector<std::string>& known_trees,
                                   uint64_t limit) {
  auto slice_total = slice_count(request.start_ms, request.end_ms, request.interval_ms);
  if (slice_total == 0)
    return fail(ec::bad_request, "Time range is not valid.");
  diagnosis_plan out;
  sort_out(request.host_list, set_of(known_hosts), nullptr, out.ignored_hosts);
  std::vector<std::string> unasked;
  sort_out(known_hosts, set_of(request.host_list), &out.hosts, unasked);
  if (out.hosts.empty())
    return fail(ec::bad_request, "No valid host.");
  sort_out(request.tree_list, set_of(known_trees), &out.trees, out.ignored_trees);
  if (out.trees.empty())
    return fail(ec::bad_request, "No valid fault tree.");
  uint64_t per_slice = out.hosts.size() * out.trees.size();
  if (slice_total > limit / per_slice)
    return fail(
      ec::bad_request,
      fmt::format("{} hosts x {} trees x {} slices are more than the {} reports a task may have",
                  out.hosts.size(),
                  out.trees.size(),
                  slice_total,
                  limit));
  auto cut = slices(request.start_ms, request.end_ms, request.interval_ms);
  if (!cut)
    return fail(std::move(cut.error()));
  out.slices = std::move(*cut);
  return out;
}

std::vector<plan_unit> units_of(const diagnosis_plan& plan, size_t reports_per_unit) {
  std::vector<plan_unit> out;
  auto total = static_cast<uint32_t>(plan.slices.size());
  auto per_unit = std::max<size_t>(1, reports_per_unit / std::max<size_t>(1, plan.trees.size()));
  auto step = static_cast<uint32_t>(std::min<size_t>(per_unit, std::max<uint32_t>(total, 1)));
  for (uint32_t host = 0; host < plan.hosts.size(); ++host)
    for (uint32_t first = 0; first < total; first += step)
      out.push_back({host, first, std::min(step, total - first)});
  return out;
}

} // namespace aops::fault
