#pragma once

#include "messages/host.hpp"
#include "messages/rounds.hpp"
#include "runtime/core/promql/source.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace aops::actors {

/// The labels that tell the series of one host from those of others, by name.
/// @param default_port Of its exporter, where the host names none.
promql::labels labels_of_host(const host_record& host, int64_t default_port);

/// The labels of a series: those of its host, and its own. An own one with a name that the host's
/// have is `exported_NAME`.
promql::labels labels_of_series(const promql::labels& host, const series_key& key);

/// A host whose series are looked at.
struct queried_host {
  std::string host_id;
  promql::labels labels;
};

/// Reads stored rounds; waits for them.
using round_reading = std::function<expected<sample_rows>(const samples_query&)>;

/// What one query may read.
struct source_limits {
  size_t most_points = 10'000'000; ///< Samples of the series it selects.
  int64_t portion_ms = 3'600'000;  ///< Of a host, read at once.
};

/// The stored samples of hosts as series. `up` and `scrape_duration_seconds` are made from how
/// rounds went; a series that a round lacks ended there, as every series of a host that did not
/// answer. For one thread, which waits for what is read.
class store_source : public promql::source {
public:
  /// @param cancelled Looked at before each reading: ec::cancelled.
  store_source(std::vector<queried_host> hosts,
               round_reading read,
               const std::atomic<bool>& cancelled,
               source_limits limits = {});

  /// ec::overloaded when it would hold more samples than it may; errors of the store.
  expected<std::vector<promql::series>> select(const promql::selection& wanted) override;

  /// Hands out the label set of each known series that one of these finds, or of all, whether it
  /// has samples at any time or not. Until `take` returns false.
  expected<void> list(const std::vector<std::vector<promql::matcher>>& any_of,
                      const std::function<bool(const promql::labels&)>& take);

  const std::vector<queried_host>& hosts() const { return hosts_; }

private:
  class host_reading;

  expected<void> read_host(const queried_host& host,
                           const promql::selection& wanted,
                           std::vector<promql::series>& out);
  using series_list = std::shared_ptr<const std::vector<series_entry>>;
  /// Each host's are read once.
  expected<series_list> series_of(const queried_host& host);
  series_list keep_series(const queried_host& host, std::vector<series_entry> series);

  std::vector<queried_host> hosts_;
  round_reading read_;
  const std::atomic<bool>& cancelled_;
  source_limits limits_;
  size_t points_ = 0; ///< Held so far.
  std::map<std::string, series_list> known_;
};

} // namespace aops::actors
