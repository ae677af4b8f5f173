#pragma once

#include "runtime/core/sockets/batch.hpp"

#include <string>
#include <utility>
#include <vector>

namespace aops::sockets {

/// A figure of the agent itself: name after `aops_agent_`, whether it only grows, what it means.
struct agent_figure {
  std::string_view name;
  bool is_counter = false;
  std::string_view help;
  double value = 0;
};

/// A batch as a page for Prometheus: `gala_gopher_TABLE_METRIC{keys,labels,machine_id,hostname}`.
/// What is counted are sums since a link was first seen; what the kernel does not tell has no line.
std::string exporter_text(const batch& x, const std::vector<agent_figure>& figures);

} // namespace aops::sockets
