#pragma once

#include "runtime/base/seldom.hpp"
#include "runtime/core/check/firing.hpp"
#include "runtime/core/check/own_series.hpp"
#include "runtime/core/check/rule_set.hpp"
#include "runtime/core/expr/evaluator.hpp"
#include "runtime/core/expr/series.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aops::check {

/// Why there is no data, where nobody knows it better.
inline constexpr std::string_view no_answer = "the host did not answer";

/// What one instance of a rule says of one round of one host on the grid: the one judgement that
/// live detection, replay and explicit runs on stored samples share.
///
/// All samples of a round carry its grid time, so alignment is the identity: a series either has a
/// sample at t or has none there. Nothing is filled in for `$0`; another item that lacks a sample
/// gives its latest one that is not older than the rule's horizon (look-back and one period).
class rule_judge {
public:
  /// @param windows `windows[i]` is `$i`; must outlive this, and hold no point older than the
  /// rule's horizon when asked. Null: joined by `join`.
  rule_judge(rule_set::rule_ptr rule, std::span<const expr::series* const> windows);

  /// An item may mean any of these series: at each round the one that has a sample then, or else
  /// the one that has any. More than one are an error.
  void join(size_t item, std::vector<const expr::series*> windows);

  /// `no_data` when the host did not answer and the rule needs more than its own series, when `$0`
  /// has no point at `t_ms`, or when another item has no point at all. `error` when the condition
  /// fails there or the rule was refused; `unknown` when it only lacks history.
  point_state at(int64_t t_ms, bool answered, int64_t period_ms);
  /// Whether `recover` holds where `at` was asked last; an error does not.
  bool recovers();

  /// Why `at` came to `error`.
  std::string reason() const;
  /// The first item for whose lack of points `at` came to `no_data` in an answered round.
  std::optional<size_t> lacking(int64_t t_ms) const;

  const compiled_rule& rule() const { return *rule_; }
  std::span<const expr::series* const> windows() const { return windows_.all(); }
  size_t memory_bytes() const;

private:
  struct joined_item {
    size_t item = 0;
    std::vector<const expr::series*> windows;
  };
  /// What few rules need.
  struct extras {
    std::vector<joined_item> joined;
    std::optional<size_t> ambiguous; ///< An item that meant several series in the last round.
    std::optional<expr::evaluator> evaluator, recover; ///< Made when they are asked.
  };
  extras& more();
  bool only_own_series() const;
  expr::judgement judged(uint64_t index, int64_t period_ms);
  bool choose(int64_t t_ms);
  bool has_data(int64_t t_ms) const;
  void look_at(size_t item, const expr::series* window);

  base::short_list<const expr::series*> windows_;
  std::unique_ptr<extras> extras_;
  rule_set::rule_ptr rule_;
  const char* why_ = nullptr; ///< `at` came to an error.
};

} // namespace aops::check
