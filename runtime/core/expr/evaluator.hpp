#pragma once

#include "runtime/core/expr/program.hpp"
#include "runtime/core/expr/series.hpp"
#include "runtime/core/expr/value.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace aops::expr {

struct machine;

/// Incremental state of one program over one set of series. Windowed functions cost amortised O(1)
/// per sample for increasing indexes; a jump backwards, or a first use in the middle, re-seeds from
/// the points present. A value depends only on the points in its windows, never on where evaluation
/// began. Not for two threads at once.
class evaluator {
public:
  /// @param data `data[i]` is `$i`; each must outlive the evaluator. A missing or null entry has no
  /// points.
  evaluator(std::shared_ptr<const program> p, std::vector<const series*> data);
  evaluator(evaluator&&) noexcept;
  evaluator& operator=(evaluator&&) noexcept;
  ~evaluator();

  /// Evaluates at a point of `$0`. @param index Absolute index into `$0`; outside of it:
  /// `verdict::error`.
  outcome at(uint64_t index);
  /// The same without the value; allocates nothing for numeric programs once windows have their
  /// size.
  verdict verdict_at(uint64_t index);
  /// The value alone; null for an error.
  value value_at(uint64_t index) { return at(index).result; }
  /// Why the last evaluation came to an error; null when it did not.
  const char* why() const;
  /// Whether that was because points are missing in a window that has one at each multiple of the
  /// period where nothing is missing: more of the past would have decided it.
  bool lacked_history(int64_t period_ms) const;
  /// Everything this evaluator holds, without the program and the series.
  size_t memory_bytes() const;

private:
  std::unique_ptr<machine> machine_;
};

/// What a program says of a point of `$0`.
struct judgement {
  verdict what = verdict::error;
  const char* why = nullptr;   ///< Of an error.
  bool lacked_history = false; ///< See `evaluator`.
};

/// The verdict of an evaluator that was made for this point only: windows are read from their
/// begin, and nothing is kept. For short windows, which cost less to read again than to remember.
/// @param data As for an evaluator; `index` as for `at`.
judgement judge_once(const program& p,
                     std::span<const series* const> data,
                     uint64_t index,
                     int64_t period_ms);

} // namespace aops::expr
