#pragma once

#include "messages/error.hpp"
#include "messages/rounds.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace aops::check {

/// Rounds of a stretch of time by series, packed: who reads one series pays nothing for the others.
/// Immutable, so any number of threads may read it.
class round_columns {
public:
  /// ec::corrupt for a row that `decode_round` refuses.
  /// @param rows Stored rounds, in ascending time.
  /// @param only Slots that will be asked for, ascending; null: all.
  static expected<round_columns> of(std::span<const sample_row> rows,
                                    const std::vector<uint32_t>* only = nullptr);

  /// Of the rounds; what follows is of the round with the same index.
  std::span<const int64_t> times() const { return times_; }
  bool answered(size_t round) const { return answered_[round] != 0; }
  double duration_s(size_t round) const { return durations_[round]; }

  /// The values of a series, for the rounds that have it; those of `is_there` that are not 0 stay
  /// as they are. Both have as many items as there are rounds.
  /// @returns Whether any round has it.
  bool read(uint32_t slot, std::span<double> values, std::span<uint8_t> is_there) const;

  /// Memory that it takes, in bytes.
  size_t bytes() const;

private:
  struct column {
    uint32_t slot, offset;
  };
  void add_column(uint32_t slot, std::span<const double> values, std::span<const uint8_t> is_there);

  std::vector<int64_t> times_;
  std::vector<uint8_t> answered_;
  std::vector<double> durations_;
  std::vector<column> columns_; ///< By slot.
  std::string packed_;
};

} // namespace aops::check
