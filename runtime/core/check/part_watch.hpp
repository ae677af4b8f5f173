#pragma once

#include "runtime/core/check/run.hpp"
#include "runtime/core/expr/evaluator.hpp"

#include <map>
#include <span>
#include <string>
#include <vector>

namespace aops::check {

/// Notes what the parts of a condition come to, point by point, for each instance: up to a number
/// of values in all.
class part_watch {
public:
  part_watch(const compiled_rule& rule, size_t most_values);

  std::vector<std::string> texts() const;
  bool wants_more() const { return left_ > 0; }
  /// At the newest point of `$0`.
  void note(const label_set& labels,
            std::span<const expr::series* const> windows,
            int64_t t_ms,
            std::vector<part_values>& to);
  /// At a point of `$0`.
  void note_at(const label_set& labels,
               std::span<const expr::series* const> windows,
               uint64_t index,
               std::vector<part_values>& to);

private:
  struct instance_parts {
    std::vector<const expr::series*> windows;
    std::vector<expr::evaluator> parts;
  };
  std::vector<expr::condition_part> parts_;
  std::map<label_set, instance_parts> instances_;
  size_t left_;
};

} // namespace aops::check
