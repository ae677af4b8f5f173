#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace aops::sockets {

/// A number of a record.
struct probe_number {
  std::string name, value; ///< The value as JSON has it.
  bool is_label = false;   ///< A key or a label, such as a port.
  bool is_counter = false;
};

/// A record of an external probe.
struct probe_record {
  std::string table;
  /// Of `ipvs_link`, `nginx_link`, `haproxy_link`, which are sent; others are only exported.
  bool is_link = false;
  std::vector<std::pair<std::string, std::string>> texts; ///< Keys and labels, in their order.
  std::vector<probe_number> numbers;
};

} // namespace aops::sockets
