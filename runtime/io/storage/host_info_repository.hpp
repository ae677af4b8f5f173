#pragma once

#include "messages/host_info.hpp"
#include "runtime/io/storage/database.hpp"

namespace aops::storage {

/// Keeps what is known of hosts' hardware and system.
class host_info_repository {
public:
  explicit host_info_repository(database& db) : db_(db) {}

  /// Whose hosts are meant.
  struct scope {
    std::string owner;                        ///< Empty: anybody's.
    maybe<std::vector<std::string>> groups{}; ///< Only hosts of these groups; absent: of all.
  };

  /// What is known of hosts, in the order asked, each once; unknown ids are left out.
  /// ec::bad_request when it is more than one answer takes.
  expected<std::vector<host_facts>> facts(const scope& of, const std::vector<std::string>& ids);

  /// The same of what their rows say.
  expected<std::vector<host_facts>> basics(const scope& of, const std::vector<std::string>& ids);

  /// Replaces what is known of a host. @returns Whether there is such a host. In a transaction.
  expected<bool>
  save(const scope& of, std::string_view host_id, std::string_view infos, int64_t now_ms);

  /// Why collecting failed; what is known stays. A host that is gone is no error. In a transaction.
  expected<void> note_failure(std::string_view host_id, std::string_view why, int64_t now_ms);

  /// Hosts of an owner that can be logged in to, of which nothing was collected since then, nor
  /// tried to: at most so many.
  expected<std::vector<std::string>> due(std::string_view owner, int64_t before_ms, int64_t most);

  /// Unknown ids are ignored. @returns Hosts of which something was known.
  expected<int64_t> remove(const scope& of, const std::vector<std::string>& ids);

private:
  database& db_;
};

} // namespace aops::storage
