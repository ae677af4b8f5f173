#pragma once

#include "messages/rounds.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace aops::actors {

/// Reasons of deviations beside those of `check::deviation_reason`.
inline constexpr std::string_view late_rule =
  "late_rule"; ///< Imported after these rounds; can be evaluated.

/// What of a host's time its rules have judged: from where its coverage began to its cursor, less
/// the deviations.
class coverage {
public:
  void load(int64_t since_ms, int64_t until_ms, std::vector<deviation> deviations);

  int64_t since_ms() const { return since_ms_; } ///< 0: never sampled.
  int64_t until_ms() const { return until_ms_; } ///< The committed cursor.
  void begin(int64_t since_ms);
  void advance(int64_t until_ms);
  void add(const deviation& x);

  /// Whether the rule was judged all over [from, until]. @param period_ms A cursor counts for the
  /// time to the next round.
  bool
  covers(std::string_view check_item, int64_t from_ms, int64_t until_ms, int64_t period_ms) const;

  /// The parts of [from, until] that came before the rule did and can still be judged.
  struct range {
    int64_t from_ms, until_ms;
  };
  /// Such a part, or one that is there already, reaches over [from, until]; to be stored.
  /// @param join_ms How far before `from_ms` one may end that goes on.
  deviation
  note_late(std::string_view check_item, int64_t from_ms, int64_t until_ms, int64_t join_ms);
  std::vector<range>
  late_parts(std::string_view check_item, int64_t from_ms, int64_t until_ms) const;

  /// [from, until] of a late rule has been judged. @returns The deviations as they are to be stored
  /// now; those of which nothing is left end before their start, which takes them out of the store.
  std::vector<deviation> judged(std::string_view check_item, int64_t from_ms, int64_t until_ms);

private:
  int64_t since_ms_ = 0, until_ms_ = 0;
  std::vector<deviation> deviations_;
};

} // namespace aops::actors
