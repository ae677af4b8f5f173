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

  const std::string& name() const { return main_.name; }
  /// Whether the rule can have instances that labels tell apart.
  bool has_match() const { return main_.match.has_value(); }

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
