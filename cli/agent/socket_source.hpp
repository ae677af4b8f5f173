#pragma once

#include "messages/error.hpp"
#include "runtime/base/descriptor.hpp"
#include "runtime/core/sockets/socket_row.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace aops::agent {

/// How many sockets are looked at; what is more is left out.
inline constexpr size_t most_sockets = 131'072;

/// Reads the TCP sockets of the network namespace this process is in: by socket diagnosis, and
/// where the kernel does not allow that, from /proc/net without figures.
class socket_source {
public:
  explicit socket_source(std::string proc = "/proc", bool may_ask_kernel = true)
      : proc_(std::move(proc)), asks_kernel_(may_ask_kernel) {}

  /// @param rows What was in it is gone.
  /// @returns Whether all of them are there. An error when nothing can be read at all.
  expected<bool> read(std::vector<sockets::socket_row>& rows);

  /// Whether the kernel tells figures; known after the first reading.
  bool has_figures() const { return asks_kernel_; }

private:
  expected<bool> ask_kernel(std::vector<sockets::socket_row>& rows);
  expected<void> ask_family(uint8_t family, std::vector<sockets::socket_row>& rows, bool& is_whole);
  expected<bool> read_files(std::vector<sockets::socket_row>& rows) const;

  std::string proc_;
  bool asks_kernel_;
  base::descriptor netlink_;
  std::vector<std::byte> buffer_;
};

/// The text of a file, up to so many bytes; nothing when it cannot be read.
expected<std::string> read_some(const std::string& file, size_t most);

} // namespace aops::agent
