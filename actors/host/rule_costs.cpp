#include "actors/host/rule_costs.hpp"

#include "runtime/base/metrics.hpp"

#include <algorithm>

namespace aops::actors {

void rule_costs::add(const std::string& owner, const std::vector<check::rule_cost>& spent) {
  std::lock_guard guard{mutex_};
  for (const auto& x : spent) {
    key k{owner, x.check_item};
    if (costs_.size() >= most_rules && !costs_.contains(k))
      k.second.clear();
    auto& c = costs_[k];
    c.owner = k.first;
    c.check_item = k.second;
    c.evaluations += x.evaluations;
    auto seconds = static_cast<double>(x.nanoseconds) * 1e-9;
    c.seconds += seconds;
    metrics::counter_of("aops_rule_cost_seconds",
                        "Processor time of judging a rule, on all hosts of this node; rules that "
                        "are too many have no name.",
                        {{"owner", c.owner}, {"rule", c.check_item}})
      .add(seconds);
  }
}

std::vector<rule_costs::cost> rule_costs::of(const std::string& owner) const {
  std::vector<cost> out;
  {
    std::lock_guard guard{mutex_};
    for (const auto& [k, c] : costs_)
      if (k.first == owner)
        out.push_back(c);
  }
  std::stable_sort(
    out.begin(), out.end(), [](const cost& a, const cost& b) { return a.seconds > b.seconds; });
  return out;
}

} // namespace aops::actors
