#pragma once

#include "messages/remote.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace aops::actors {

/// What commands print while they run, for those who follow them: in the memory of the node that
/// does the work. Bounded: what is too much is dropped, and that is told; what ended is forgotten
/// after a while, or when others need the room. Any thread.
class live_outputs {
public:
  static constexpr size_t most_commands = 64, most_bytes = 1 << 20;
  static constexpr size_t page_bytes = 256 << 10;
  static constexpr int64_t kept_ms = 600'000; ///< After its end.

  /// @param node Where it runs: ids begin with it.
  explicit live_outputs(std::string node) : node_(std::move(node)) {}

  /// A command of a user begins. @returns Its id. ec::overloaded when too many are followed.
  expected<std::string> begin(const std::string& user, int64_t now_ms);
  void tell(const std::string& id, const std::string& host, const std::string& text);
  void end(const std::string& id, command_executed how, int64_t now_ms);

  /// What comes after a number. ec::bad_request when there is no such command of that user.
  expected<command_outputs>
  read(const std::string& id, const std::string& user, int64_t after) const;
  /// All that was kept of a host.
  std::string of_host(const std::string& id, const std::string& host) const;

  /// The node of an id; empty: it is none.
  static std::string node_of(const std::string& id);

private:
  struct command {
    std::string user;
    std::vector<command_output> told;
    size_t bytes = 0;
    std::optional<command_executed> how;
    int64_t ended_ms = 0;
  };
  void forget(int64_t now_ms);

  const std::string node_;
  mutable std::mutex mutex_;
  std::map<std::string, command> commands_;
};

} // namespace aops::actors
