#pragma once

#include "messages/sample.hpp"
#include "messages/wire.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// Samples that senders push by Prometheus' `remote_write`, on their way to their hosts. Only
/// between actors. See docs/remote-write.md.
namespace aops {

/// Samples of one series.
struct pushed_series {
  series_key key;
  /// Where the sender had it from (`job` and `instance`): of two origins of one series one counts.
  std::string origin;
  std::vector<int64_t> times_ms;
  /// Of doubles, one for each time, in the same order; NaNs as they came: one of them ends a
  /// series.
  std::vector<int64_t> bits;
};
AOPS_WIRE(pushed_series, key, origin, times_ms, bits)

/// What was pushed for one host.
struct samples_to_push {
  std::string owner, host_id;
  std::vector<pushed_series> series;
};
AOPS_WIRE(samples_to_push, owner, host_id, series)

/// What became of samples; each counts once.
struct samples_pushed {
  int64_t taken = 0;      ///< Stored.
  int64_t duplicates = 0; ///< Known before, or older than another one of the same series and round.
  int64_t late = 0;       ///< Of rounds that are judged.
  int64_t early = 0;      ///< Too far in the future.
  int64_t unwanted = 0;   ///< Of series that nothing keeps.
  int64_t rivals = 0;     ///< Of series that come from another origin, too.
};
AOPS_WIRE(samples_pushed, taken, duplicates, late, early, unwanted, rivals)

/// A request as it came: a `WriteRequest`, packed by snappy.
struct write_to_take {
  std::string token_hash; ///< Of a host; empty where a caller is known.
  std::string body;
};
AOPS_WIRE(write_to_take, token_hash, body)

struct write_taken {
  samples_pushed samples;          ///< Of all hosts.
  int64_t refused = 0;             ///< Samples of unknown hosts, or that do not read.
  std::vector<std::string> causes; ///< Why, a few.
};
AOPS_WIRE(write_taken, samples, refused, causes)

} // namespace aops
