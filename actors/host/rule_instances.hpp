#pragma once

#include "messages/check.hpp"
#include "runtime/core/check/selector.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace aops::actors {

/// Which series are the main data of a rule, and which of its instances each belongs to.
class rule_instances {
public:
  explicit rule_instances(const check_rule& rule);

  /// Empty for a rule that is a query: its instances are no series.
  const std::string& name() const { return main_.name; }
  /// What selects its series; null: they are named by all their labels.
  const std::shared_ptr<const check::selector>& match() const { return match_; }

  /// The labels of the instance that a series of `name` belongs to; nothing for one that is not of
  /// the rule.
  std::optional<label_set> instance_of(const label_set& series) const;

  /// What the rule sees of samples of one instance at one time, not none: their aggregate.
  number value_of(const std::vector<number>& samples) const;

private:
  data_item main_;
  std::shared_ptr<const check::selector> match_;
};

} // namespace aops::actors
