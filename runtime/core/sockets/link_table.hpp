#pragma once

#include "runtime/core/sockets/batch.hpp"
#include "runtime/core/sockets/socket_row.hpp"

#include <functional>
#include <span>
#include <unordered_map>

namespace aops::sockets {

/// Who holds a socket.
struct process {
  int pid = 0;
  std::string name; ///< Of its main thread, as the kernel has it: at most 15 bytes.
  std::string user, command;
};

/// What is not told: programs by name (`ssh*` too), peers by address or network.
class exclusions {
public:
  explicit exclusions(const std::vector<std::string>& all = {});
  bool names(std::string_view process_name) const;
  bool covers(const ip& peer) const;

private:
  std::vector<std::string> names_, networks_;
};

/// Makes links of sockets, look after look: what is counted is told as what came since the look
/// before.
class link_table {
public:
  /// Null: nobody who may be seen.
  using owner_of = std::function<const process*(uint32_t inode)>;

  /// @param keeps_sums Whether links have `sums`, for the exporter.
  explicit link_table(exclusions skip = exclusions{}, bool keeps_sums = false)
      : skip_(std::move(skip)), keeps_sums_(keeps_sums) {}

  /// Fills links, ports, processes and `is_cut` of a batch. At the first look nothing is known of
  /// the time before: links have no counters then.
  void next(std::span<const socket_row> rows, const owner_of& owner, batch& into);

  /// Connections of the last look that no process was seen to hold.
  size_t without_owner() const { return without_owner_; }

private:
  struct link_key {
    uint32_t name = 0; ///< Of `names` of this look.
    uint16_t port = 0;
    bool is_server = false;
    ip client, server;
    friend bool operator==(const link_key&, const link_key&) = default;
  };
  struct link_hash {
    size_t operator()(const link_key& x) const;
  };
  /// What the last look saw of a connection.
  struct known_before {
    uint64_t cookie = 0;
    std::array<uint64_t, counters> totals{};
    uint8_t known = 0;
    bool is_server = false;
  };
  class look;

  const known_before* before(uint64_t cookie) const;
  void keep_sums(std::vector<tcp_link>& links);

  exclusions skip_;
  bool keeps_sums_;
  bool is_first_ = true;
  std::vector<known_before> before_; ///< By cookie.
  std::unordered_map<std::string, std::array<uint64_t, counters>> sums_;
  size_t without_owner_ = 0;
};

} // namespace aops::sockets
