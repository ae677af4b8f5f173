#pragma once

#include "runtime/base/metrics.hpp"
#include "runtime/core/check/live.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aops::actors {

/// What the owners' rules cost this node: processor time of judging rounds as they come, without
/// jobs and back-fill. Also `aops_rule_cost_seconds`, for a bounded number of rules. Any thread.
class rule_costs {
public:
  /// Rules with figures of their own; what others cost goes to one of their owner, without a name.
  static constexpr size_t most_rules = 500;

  struct cost {
    std::string owner, check_item; ///< No name: those that found no room.
    int64_t evaluations = 0;
    double seconds = 0;
  };

  void add(const std::string& owner, const std::vector<check::rule_cost>& spent);
  /// Of one owner, the dearest first.
  std::vector<cost> of(const std::string& owner) const;

private:
  using key = std::pair<std::string, std::string>;            ///< Owner and rule.
  using name = std::pair<std::string_view, std::string_view>; ///< Of a key.
  struct by_name {
    using is_transparent = void;
    static name of(const key& x) { return {x.first, x.second}; }
    static name of(const name& x) { return x; }
    bool operator()(const auto& a, const auto& b) const { return of(a) < of(b); }
  };
  struct place {
    metrics::counter told;
    int64_t evaluations = 0;
    double seconds = 0;
  };
  place& place_of(const std::string& owner, const std::string& check_item);

  mutable std::mutex mutex_;
  std::map<key, place, by_name> costs_;
};

} // namespace aops::actors
