#pragma once

#include "messages/rounds.hpp"
#include "runtime/io/storage/database.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace aops::storage {

/// A host whose agent has told, as stored.
struct topology_host_row {
  std::string host_id, machine_id, hostname;
  std::string addresses; ///< Separated by commas.
  int64_t first_ms = 0, seen_ms = 0;
};

/// A link as one host saw it. `key`: a digest of what makes it this link, 32 characters.
struct topology_link_row {
  std::string host_id, key, kind, side, process, client_ip, virtual_ip;
  int64_t virtual_port = 0;
  std::string local_ip, server_ip;
  int64_t server_port = 0;
  int64_t begin_ms = 0, end_ms = 0; ///< `end_ms` 0: it goes on.
};

/// What a host told since it was stored last.
struct topology_news {
  topology_host_row host;
  /// Whether `began` is all that there is: what is stored as going on and not among it has ended.
  bool is_all = false;
  std::vector<topology_link_row> began;
  std::vector<std::pair<std::string, int64_t>> ended; ///< Keys, and when they were seen last.
};

/// How far the rules of a host have judged it: from then to then, but for the deviations. 0: never.
struct judged_time {
  int64_t since_ms = 0, until_ms = 0;
  std::vector<deviation> deviations;
};

/// Keeps which links there were. Several nodes may store news of one host: a link that goes on is
/// stored once.
class topology_repository {
public:
  explicit topology_repository(database& db) : db_(db) {}

  /// In a transaction. News of hosts that are no more is dropped.
  /// @param silence_ms After that much silence, links that went on have ended with it.
  expected<void> keep(const topology_news& x, int64_t silence_ms);
  /// When hosts told last. In a transaction.
  expected<void> note_seen(const std::vector<std::pair<std::string, int64_t>>& hosts);

  expected<std::vector<topology_host_row>> hosts_of(std::string_view owner);
  /// Links of an owner's hosts that were there at some time from `from_ms` to before `to_ms`.
  /// @param most Of more the rest is left out.
  expected<std::vector<topology_link_row>>
  links_of(std::string_view owner, int64_t from_ms, int64_t to_ms, int64_t most);
  /// The same of one host.
  expected<std::vector<topology_link_row>>
  links_of_host(std::string_view host_id, int64_t from_ms, int64_t to_ms, int64_t most);

  /// Of a host that another one needed: what counts of it. Deviations that touch [from, until].
  expected<judged_time> judged(std::string_view host_id, int64_t from_ms, int64_t until_ms);

  /// Forgets, in portions, links that ended, and hosts that told last, before a time. @returns How
  /// many links; 0: nothing is left.
  expected<int64_t> expire(int64_t before_ms);

private:
  expected<void> begin(const topology_link_row& x);
  expected<void> end(std::string_view host_id, std::string_view key, int64_t end_ms);

  database& db_;
};

} // namespace aops::storage
