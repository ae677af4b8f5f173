#pragma once

#include "runtime/core/topology/picture.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace aops::topology {

/// What is stored of a host that has told.
struct past_host {
  std::string host_id, machine_id, hostname;
  std::vector<std::string> addresses;
  int64_t first_ms = 0, seen_ms = 0; ///< When its first and its newest batch came, about.
};

/// What is stored of a link: from when to when a host saw it.
struct past_link {
  std::string host_id;
  link_ends ends;
  int64_t begin_ms = 0;
  int64_t end_ms = 0; ///< When it was seen last; 0: it goes on while its host is seen.

  friend bool operator==(const past_link&, const past_link&) = default;
};

/// How much older than what a host told last that may be which is stored of it.
inline constexpr int64_t stored_behind_ms = 60'000;

/// The silence after which a host counts as silent, by what is stored.
constexpr int64_t silence_of(const topology_rules& rules) {
  return rules.stale_ms + stored_behind_ms;
}

/// What a link is known by in the store: 32 hexadecimal digits of a digest.
std::string key_of(const link_ends& e);

/// When it ended: told, or with the silence of its host. 0: it goes on.
/// @param silence_ms Of a host, after which it counts as silent.
int64_t end_of(const past_link& x, const past_host& of, int64_t silence_ms, int64_t now_ms);

/// Windows as they were at a moment, without figures. Of hosts that had told by then.
std::vector<host_window> windows_then(const std::vector<past_host>& hosts,
                                      const std::vector<past_link>& links,
                                      int64_t at_ms,
                                      int64_t now_ms,
                                      const topology_rules& rules);

struct changes_wanted {
  std::string host_id; ///< Empty: all of the viewer.
  int64_t from_ms = 0, to_ms = 0, now_ms = 0;
  size_t most = 5000;
};

/// What began and ended. A link that both of its ends tell of is told once, by its client.
topology_changes changes_of(const std::vector<past_host>& hosts,
                            const std::vector<past_link>& links,
                            const viewer& who,
                            const changes_wanted& q,
                            const topology_rules& rules);

/// Hosts of an address, of those that somebody sees.
using address_owners = std::map<std::string, std::vector<std::string>>;
address_owners owners_of(const std::vector<past_host>& hosts, const viewer& who);

/// Finds which hosts a host needed, level by level: the links of the hosts of `wanted` are read and
/// given, until nothing more is wanted.
class dependency_walk {
public:
  /// @param owners Outlives it, as `who` does: many walks share what is made of all hosts.
  dependency_walk(const address_owners& owners,
                  const viewer& who,
                  const std::string& host_id,
                  int64_t depth);

  /// Hosts whose links come next; empty: it is over.
  const std::vector<std::string>& wanted() const { return wanted_; }
  /// Of these hosts, within the stretch of time.
  void give(const std::vector<past_link>& links);
  dependencies result() const;

  static constexpr size_t most_hosts = 1000;

private:
  struct step {
    std::string from, process; ///< Who calls.
    std::string to, ip;        ///< Whom.
    int32_t port = 0;
  };

  std::string host_at(const link_ends& e, const std::string& from) const;
  std::string shown(const step& x) const;

  const viewer& who_;
  const address_owners& owners_;
  int64_t left_;
  bool is_last_ = false; ///< The links that come say only who serves.
  bool is_cut_ = false;
  std::string root_;
  std::vector<std::string> wanted_, order_; ///< `order_`: hosts that were found, nearest first.
  std::map<std::string, step> by_;          ///< How a host was found.
  std::map<std::pair<std::string, std::pair<std::string, int32_t>>, std::string>
    servers_; ///< Processes by host, address and port.
};

} // namespace aops::topology
