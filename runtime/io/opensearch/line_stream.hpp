#pragma once

#include "runtime/io/opensearch/search_client.hpp"

#include <cstdint>
#include <optional>

namespace aops::opensearch {

/// How lines are kept there.
struct stream_settings {
  std::string name;  ///< Of the data stream and its index template.
  std::string shape; ///< JSON: `settings` and `mappings` of its indices.
  int64_t keep_ms = 0, max_bytes = 0;
};

/// What a server says of itself.
struct server_told {
  std::string product, version; ///< `OpenSearch` or `Elasticsearch`; `2.18.0`.
};

/// Asks who is there. Errors of `call`; ec::query_failed when it is neither, or too old.
expected<server_told> greet(const search_client& at, std::chrono::milliseconds patience);

/// Puts the index template there; the stream itself begins with its first line. Errors of `greet`.
expected<server_told> prepare_stream(const search_client& at, const stream_settings& s);

/// An index of the stream, oldest first; the last one is written to.
struct stream_index {
  std::string name;
  int64_t created_ms = 0, bytes = 0;
};

/// None when nothing was written yet. Errors of `call`.
expected<std::vector<stream_index>> indices_of(const search_client& at, const stream_settings& s);

/// Which indices go, oldest first; never the last. An index goes when the next one began so long
/// ago that all its lines are too old, or when all are too much. Pure.
std::vector<std::string>
indices_to_drop(const std::vector<stream_index>& all, const stream_settings& s, int64_t now_ms);

struct stream_standing {
  int64_t bytes = 0, indices = 0, dropped = 0;
};

/// Begins another index when it is time, and drops what is too old or too much. Errors of `call`.
expected<stream_standing>
tidy_stream(const search_client& at, const stream_settings& s, int64_t now_ms);

} // namespace aops::opensearch
