#pragma once

#include "runtime/core/promql/memory_source.hpp"
#include "runtime/core/rulefile/alert_state.hpp"
#include "runtime/core/rulefile/rule_group.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace aops::rulefile {

/// What is the same for all rules of a server.
struct rule_context {
  std::map<std::string, std::string> external_labels;
  std::string external_url;
  promql::engine_options options = {};
};

/// What a rule came to: why it could not be evaluated, or nothing.
struct rule_problem {
  std::string rule, why;
};

/// A group of rules, evaluated at one time after the other, each rule after those before it.
class group_run {
public:
  /// @param group Outlives this, as `context` does.
  group_run(const rule_group& group, const rule_context& context);

  /// Evaluates all rules at a time, and puts what they record, `ALERTS` and `ALERTS_FOR_STATE` into
  /// `data`, a stale marker where a series is no more. Series are read, and written, the group's
  /// offset before that time; alerts are of the time itself. Returns what failed.
  std::vector<rule_problem> at(promql::memory_source& data, int64_t t_ms);

  const rule_group& group() const { return group_; }
  /// Of the rule of this place; null for one that records.
  const alert_state* alerts(size_t rule) const {
    return rules_[rule].state ? &*rules_[rule].state : nullptr;
  }

private:
  struct rule_state {
    std::optional<alert_state> state;
    std::set<promql::labels> wrote; ///< Last time.
  };
  using vector = std::vector<promql::instant_sample>;

  expected<vector> evaluate(size_t i, promql::memory_source& data, int64_t t_ms);
  expected<vector> record(const rule& r, vector found) const;
  expected<vector>
  raise(const rule& r, alert_state& state, const vector& found, int64_t t_ms) const;
  std::string expanded(const named_text& x, const template_data& data) const;

  const rule_group& group_;
  const rule_context& context_;
  std::vector<rule_state> rules_;
};

} // namespace aops::rulefile
