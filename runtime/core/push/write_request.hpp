#pragma once

#include "messages/error.hpp"
#include "messages/push.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// What Prometheus' `remote_write` 1.0 sends: a protobuf `WriteRequest`, packed as one block of
/// snappy. Source: https://prometheus.io/docs/specs/prw/remote_write_spec/.
namespace aops::push {

struct write_limits {
  size_t most_bytes = 32 << 20;   ///< Unpacked.
  size_t most_samples = 100'000;  ///< Of all series; and as many series.
  size_t longest_name = 512;      ///< Of a series.
  size_t longest_labels = 16'384; ///< Names and values of a series together.
  size_t most_labels = 128;
};

/// Series of a request, their name and labels as they were written.
struct written_series {
  std::string name; ///< `__name__`.
  label_set labels; ///< The others.
  std::vector<int64_t> times_ms;
  std::vector<int64_t> bits; ///< Of doubles.
};

struct write_request {
  std::vector<written_series> series;
  size_t samples = 0;
  // What is left out: it can never be stored.
  size_t bad_samples = 0;          ///< Of series that do not read; native histograms.
  std::vector<std::string> causes; ///< Why, a few.
};

/// How many causes are named.
inline constexpr size_t most_causes = 8;

/// Unpacks one block of snappy. ec::bad_request when it is none, or longer than that.
expected<std::string> unpack_block(std::string_view packed, size_t most_bytes);

/// Reads what was unpacked. Metadata and exemplars are passed over. ec::bad_request when it is no
/// `WriteRequest`, or has more than it may; a series that does not fit is only left out.
expected<write_request> read_write_request(std::string_view plain, const write_limits& limits);

} // namespace aops::push
