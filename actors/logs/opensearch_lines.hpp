#pragma once

#include "actors/logs/line_store.hpp"
#include "runtime/base/health.hpp"
#include "runtime/io/opensearch/search_client.hpp"

namespace aops::actors {

struct opensearch_lines_config {
  opensearch::search_place where;
  std::string stream; ///< Name of the data stream and its index template.
  int64_t replicas = 1;
  int64_t keep_ms = 0, max_bytes = 0;
  std::chrono::milliseconds patience{10'000}; ///< Of a batch, attempts included.
  std::shared_ptr<base::health> health = std::make_shared<base::health>();

  size_t bulk_lines = 5'000, bulk_bytes = 4 << 20; ///< About so much in one request.
  size_t most_waiting_bytes = 32 << 20;            ///< Of lines that wait to be stored.
  size_t page_lines = 500;                         ///< That are looked at with one request.
  /// Between attempts; doubled from the first to the last.
  std::chrono::milliseconds first_pause{100}, last_pause{5'000};
};

/// The store in an OpenSearch or Elasticsearch that all nodes share. Opens whether it is there or
/// not; while it is away `health` says so. ec::internal.
expected<std::shared_ptr<line_store>> open_opensearch_lines(opensearch_lines_config config);

} // namespace aops::actors
