#include "actors/host/rule_costs.hpp"

#include "runtime/base/metrics.hpp"

#include <algorithm>

namespace aops::actors {

void rule_costs::add(const std::string& owner, const std::vector<check::rule_cost>& spent) {
  std::lock_guard guard{mutex_};
  for (const auto& x : spent) {
    auto& c = place_of(owner, x.check_item);
    c.evaluations += x.evaluations;
    auto seconds = static_cast<double>(x.nanoseconds) * 1e-9;
    c.seconds += seconds;
    c.told.add(seconds);
  }
}

rule_costs::place& rule_costs::place_of(const std::string& owner, const std::string& check_item) {
  if (auto known = costs_.find(name{owner, check_item}); known != costs_.end())
    return known->second;
  key k{owner, costs_.size() >= most_rules ? std::string{} : check_item};
  // Looked up by its labels once, not at each round of each host.
  auto told = metrics::counter_of("aops_rule_cost_seconds",
                                  "Processor time of judging a rule, on all hosts of this node; "
                                  "rules that are too many have no name.",
                                  {{"owner", k.first}, {"rule", k.second}});
  return costs_.try_emplace(std::move(k), place{told}).first->second;
}

std::vector<rule_costs::cost> rule_costs::of(const std::string& owner) const {
  std::vector<cost> out;
  {
    std::lock_guard guard{mutex_};
    for (const auto& [k, c] : costs_)
      if (k.first == owner)
        out.push_back({k.first, k.second, c.evaluations, c.seconds});
  }
  std::stable_sort(
    out.begin(), out.end(), [](const cost& a, const cost& b) { return a.seconds > b.seconds; });
  return out;
}

} // namespace aops::actors
