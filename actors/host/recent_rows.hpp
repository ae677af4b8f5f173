#pragma once

#include "messages/rounds.hpp"
#include "runtime/core/check/results.hpp"

#include <map>
#include <string>
#include <vector>

namespace aops::actors {

/// The newest stored rows of each instance of each rule of one host, so that live changes join
/// their neighbours, back-filled ones too, without asking the store. The host's only writer keeps
/// it, so it is always right.
class recent_rows {
public:
  explicit recent_rows(int64_t period_ms) : period_ms_(period_ms) {}

  /// Rows as read from the store: the newest of each instance.
  void load(const std::vector<last_result>& rows);

  /// Appends what the store must do for a judgement at the end of an instance's rows; remembered as
  /// done.
  void apply(const check::rule_change& judged, std::vector<result_change>& to);

  /// The same for a judgement of the past.
  /// @param existing All stored rows of the instance from `check::rows_needed` to the newest.
  void apply_to(std::vector<check::stored_row> existing,
                const check::rule_change& judged,
                std::vector<result_change>& to);

  size_t size() const { return rows_.size(); } ///< Instances.

private:
  static constexpr size_t most_rows = 4;
  int64_t period_ms_;
  void forget_old(int64_t now_ms);

  /// Instances with labels that are remembered before the first look for old ones.
  static constexpr size_t few_instances = 64;

  using key = std::pair<std::string, label_set>;       ///< Rule and instance.
  std::map<key, std::vector<check::stored_row>> rows_; ///< By start, ascending.
  size_t look_again_ = few_instances;                  ///< As soon as there are so many.
};

/// Those of the rows that are the instance's, in the engine's words.
std::vector<check::stored_row> rows_of(const std::vector<last_result>& rows,
                                       const std::string& check_item,
                                       const label_set& labels = {});

/// Labels of the rule's instances among the rows, each once; of rows without labels not.
std::vector<label_set> instances_of(const std::vector<last_result>& rows,
                                    const std::string& check_item);

} // namespace aops::actors
