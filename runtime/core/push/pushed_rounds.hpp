#pragma once

#include "messages/push.hpp"
#include "messages/rounds.hpp"
#include "runtime/core/check/rounds.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

/// Samples of one host that are pushed, on their way into rounds.
namespace aops::push {

struct round_rules {
  int64_t period_ms = 15'000, offset_ms = 0; ///< Of the host's grid.
  int64_t delay_ms = 15'000;                 ///< From the first sample of a round to its judgement.
  int64_t patience_ms = 60'000; ///< From the end of a round without any to its judgement.
  int64_t begun_ms = 0;         ///< Since when the host is looked after here.
  int64_t ahead_ms = 600'000;   ///< Samples further in the future are no samples.
  size_t most_rounds = 64;      ///< That wait at once.
};

/// Puts samples that come in any order, some of them again, into the rounds of the host's grid, and
/// says when a round is to be judged. A sample belongs to the grid time at or before its own; of
/// several of one series in one round the newest counts. Rounds go in order of time; what comes for
/// one that has gone is late. Pure: time comes as arguments.
class pushed_rounds {
public:
  using slot_of = std::function<std::optional<uint32_t>(const series_key&)>;

  explicit pushed_rounds(round_rules rules) : rules_(rules) {}

  /// The last round that was judged before; 0: none.
  void begin(int64_t judged_ms);
  /// A row that was kept before a restart. False when it is damaged.
  bool adopt(const sample_row& row, int64_t now_ms);

  /// Takes samples in. @param slots The slot of a series that is kept; without one it is not
  /// wanted.
  /// @return Nothing when there are more rounds than may wait: nothing was taken then.
  std::optional<samples_pushed>
  take(const std::vector<pushed_series>& series, const slot_of& slots, int64_t now_ms);

  /// What was taken and is to be kept until its round is judged: one row for each round.
  std::vector<sample_row> take_new_rows();
  /// Slots that `take` gave samples since the last call.
  std::vector<uint32_t> take_touched();

  /// The next round whose time has come; it has gone then.
  std::optional<check::round> next(int64_t now_ms);

  /// When the newest sample was taken; 0: none.
  int64_t newest_ms() const { return newest_ms_; }
  int64_t late() const { return late_; } ///< Late samples since the last round that had some.
  size_t waiting() const { return rounds_.size(); }
  size_t samples() const { return samples_; } ///< Of the rounds that wait.

private:
  struct entry {
    int64_t time_ms = 0; ///< Of the sample; of those before a restart that of the round.
    number value;
    bool is_end = false; ///< The series ended.
  };
  struct waiting_round {
    int64_t came_ms = 0; ///< When its first sample came.
    std::unordered_map<uint32_t, entry> samples;
    std::vector<check::sample> fresh; ///< Not kept yet.
  };
  struct origin {
    size_t text = 0; ///< A hash.
    int64_t time_ms = 0;
  };

  int64_t round_of(int64_t time_ms) const;
  int64_t first_ms() const; ///< Rounds before are gone.
  bool is_rival(uint32_t slot, size_t text, int64_t time_ms);
  check::round made(int64_t time_ms, const waiting_round& from) const;
  check::round silent(int64_t time_ms) const;

  round_rules rules_;
  int64_t gone_ms_ = 0; ///< The last round that has gone; 0: none.
  std::map<int64_t, waiting_round> rounds_;
  std::unordered_map<uint32_t, origin> origins_; ///< By slot.
  std::vector<uint32_t> touched_;
  int64_t newest_ms_ = 0, late_ = 0;
  size_t samples_ = 0;
};

} // namespace aops::push
