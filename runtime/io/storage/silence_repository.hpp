#pragma once

#include "messages/silence.hpp"
#include "runtime/io/storage/database.hpp"
#include "runtime/io/storage/scope.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aops::storage {

/// A silence as it is stored. `terms.groups` has those that are there still.
struct stored_silence {
  int64_t key = 0;
  std::string id, owner, user;
  silence_terms terms;
  int64_t start_ms = 0, end_ms = 0, created_ms = 0;
  std::string ended_by;
  bool has_groups = false; ///< It names groups, whatever became of them.
};

/// Keeps when nobody is told of alerts.
class silence_repository {
public:
  explicit silence_repository(database& db) : db_(db) {}

  static constexpr int64_t most_silences = 500; ///< Of an owner that have not ended.

  /// The ids of hosts that words mean, by id or name. ec::bad_request: `host_list: …`.
  expected<std::vector<std::string>> hosts_of(const scope& of,
                                              const std::vector<std::string>& words);

  /// The keys of groups that words mean, by name or id. ec::bad_request: `group_list: …`.
  expected<std::vector<int64_t>> groups_of(const scope& of, const std::vector<std::string>& words);

  /// ec::bad_request when there are too many. In a transaction.
  expected<void> add(const stored_silence& x, int64_t now_ms);

  /// Those of some owners that end after a time.
  expected<std::vector<stored_silence>> of_owners(const std::vector<std::string>& owners,
                                                  int64_t after_ms);

  /// Of an owner, by id; unknown ones are left out. Locked. In a transaction.
  expected<std::vector<stored_silence>> find(std::string_view owner,
                                             const std::vector<std::string>& ids);

  /// Rows of a page, those that have not ended first, and how many match.
  expected<std::pair<std::vector<stored_silence>, int64_t>>
  page(std::string_view owner, const silences_query& q, int64_t now_ms);

  /// Ends one; what it holds back is due. In a transaction.
  expected<void> end(const stored_silence& x, std::string_view user, int64_t now_ms);

  /// Names of hosts and groups for those who see them.
  struct names {
    std::map<std::string, std::string> hosts; ///< By id.
    std::map<int64_t, std::string> groups;    ///< By key.
  };
  expected<names> names_for(const scope& of, const std::vector<stored_silence>& all);

  /// The groups of hosts, by their ids.
  expected<std::map<std::string, int64_t>> groups_of_hosts(const std::vector<std::string>& ids);

  /// Deletes those that ended before a time. @returns How many. In a transaction.
  expected<int64_t> expire(int64_t ended_before_ms);

private:
  expected<std::vector<stored_silence>> rows(std::string_view where_and_order,
                                             const std::vector<parameter>& values);
  database& db_;
};

} // namespace aops::storage
