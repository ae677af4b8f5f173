#pragma once

#include "actors/host/host.hpp"
#include "runtime/core/check/rounds.hpp"
#include "runtime/core/check/run.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace aops::actors {

/// Rounds of one host in time order, and what the slots of their samples stand for.
struct history_portion {
  std::vector<series_entry> series;
  std::vector<check::round> rounds;
  /// Grid times of which the source knows nothing at all, not even that the host did not answer:
  /// asking again can help.
  std::vector<int64_t> silent;
};

/// Where the past of one host is read: the store's rounds, or a Prometheus. Callbacks come while
/// the host's actor works, never after its end.
class history_source {
public:
  using rule_list = std::vector<check::rule_set::rule_ptr>;
  using each_portion = std::function<void(const history_portion&)>;
  using done = std::function<void(expected<void>)>;
  using judged = std::function<void(expected<std::vector<check::run_result>>)>;
  using collected_from = std::function<int64_t(const data_item&)>;

  virtual ~history_source() = default;

  /// The times at which explicit checks judge.
  virtual check::time_basis job_basis() const = 0;

  /// Rounds in [from, until], in portions, in time order.
  /// @param wanted What is needed, each with the slot it shall have. A store has slots of its own
  /// and gives everything.
  virtual void read_rounds(std::vector<series_entry> wanted,
                           int64_t from_ms,
                           int64_t until_ms,
                           each_portion each,
                           done finished) = 0;

  /// Judges rules over the range of the request; one result per rule.
  virtual void run(rule_list rules, check::run_request request, collected_from since, judged then);
};

/// The rounds that the host sampled itself. @param host_id Must outlive it.
std::unique_ptr<history_source>
stored_rounds_of(host_pointer self, services_ptr services, const std::string& host_id);

/// Samples of the Prometheus that watches the host. @param record Must outlive it.
std::unique_ptr<history_source>
prometheus_history_of(host_pointer self, services_ptr services, const host_record& record);

/// How a Prometheus names the host: `IP:port`, or only the IP when the host names no port.
std::string instance_of(const host_record& record);

} // namespace aops::actors
