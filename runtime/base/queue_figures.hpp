#pragma once

#include "runtime/base/fair_queue.hpp"
#include "runtime/base/metrics.hpp"

#include <functional>
#include <string>
#include <vector>

namespace aops::base {

/// Shows how a queue stands, per class, for as long as it lives:
/// `aops_queue_waiting`, `aops_queue_oldest_seconds` and `aops_queue_refused_total` with the labels
/// `queue`, `class` and, of the last, `reason`.
class queue_figures {
public:
  using look = std::function<queue_standing(urgency)>;

  /// @param classes Those that come in this queue.
  /// @param standing Called from any thread, while the figures are written.
  queue_figures(std::string queue, std::vector<urgency> classes, look standing);

private:
  struct figures;
  metrics::refresher refresher_;
};

} // namespace aops::base
