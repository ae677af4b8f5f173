#pragma once

#include "actors/query/alert_series.hpp"
#include "actors/query/piece_cache.hpp"
#include "messages/host.hpp"
#include "messages/rounds.hpp"
#include "runtime/core/check/host_labels.hpp"
#include "runtime/core/promql/source.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace aops::actors {

using check::labels_of_host;
using check::labels_of_series;

/// A host whose series are looked at.
struct queried_host {
  std::string host_id;
  promql::labels labels;
};

/// Reads stored rounds; waits for them.
using piece_reading = std::function<expected<pieces_found>(const pieces_query&)>;

/// What one query may read.
struct source_limits {
  size_t most_points = 10'000'000; ///< Samples of the series it selects.
  size_t hosts_at_once = 32;       ///< Read together.
  int64_t hours_at_once = 1024;    ///< Of all of them.
};

/// The stored samples of hosts as series. `up` and `scrape_duration_seconds` are made from how
/// rounds went; a series that a round lacks ended there, as every series of a host that did not
/// answer. For one thread, which waits for what is read.
class store_source : public promql::source {
public:
  /// @param cache What queries read before; must live longer.
  /// @param cancelled Looked at before each reading: ec::cancelled.
  store_source(std::vector<queried_host> hosts,
               piece_reading read,
               piece_cache& cache,
               const std::atomic<bool>& cancelled,
               source_limits limits = {});

  /// From now on there are `ALERTS` and `ALERTS_FOR_STATE`, too.
  void know_alerts(std::string owner, alert_reading read, int64_t now_ms);

  /// ec::overloaded when it would hold more samples than it may; errors of the store.
  expected<std::vector<promql::series>> select(const promql::selection& wanted) override;

  /// Hands out the label set of each known series that one of these finds, or of all, whether it
  /// has samples at any time or not. Until `take` returns false.
  expected<void> list(const std::vector<std::vector<promql::matcher>>& any_of,
                      const std::function<bool(const promql::labels&)>& take);

  const std::vector<queried_host>& hosts() const { return hosts_; }

private:
  using matcher_list = std::vector<promql::matcher>;
  class host_reading;
  struct reading_plan;

  expected<void> read_group(std::span<host_reading> group, const reading_plan& plan);
  expected<void> take(host_reading& reading,
                      host_pieces found,
                      std::vector<piece_cache::item> known,
                      const reading_plan& plan);
  expected<pieces_found> ask(const pieces_query& q);
  expected<alert_history>
  ask_alerts(const std::vector<matcher_list>& any_of, int64_t from_ms, int64_t until_ms);
  expected<void> select_alerts(const promql::selection& wanted, std::vector<promql::series>& out);

  std::vector<queried_host> hosts_;
  piece_reading read_;
  piece_cache& cache_;
  const std::atomic<bool>& cancelled_;
  source_limits limits_;
  size_t points_ = 0; ///< Held so far.

  struct alerts_known {
    std::string owner;
    alert_reading read;
    int64_t now_ms = 0;
  };
  std::optional<alerts_known> alerts_;
};

} // namespace aops::actors
