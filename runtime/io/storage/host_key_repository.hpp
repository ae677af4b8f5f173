#pragma once

#include "runtime/io/storage/database.hpp"
#include "runtime/io/storage/rows_by_text.hpp"

namespace aops::storage {

/// Keeps the SSH keys that hosts are known by, `type base64` each, one of a type.
class host_key_repository {
public:
  explicit host_key_repository(database& db) : db_(db) {}

  /// By host id; hosts without keys are left out.
  expected<by_text<std::vector<std::string>>> of(const std::vector<std::string>& host_ids);

  /// Those seen at first use: what is known already stays. A host that is gone is no error.
  expected<void>
  remember(std::string_view host_id, const std::vector<std::string>& keys, int64_t now_ms);

  /// The host is known by these keys from now on, and by no other. ec::not_found when the owner has
  /// no such host. In a transaction.
  expected<void> replace(std::string_view owner,
                         std::string_view host_id,
                         const std::vector<std::string>& keys,
                         int64_t now_ms);

private:
  expected<void> add(int64_t host, const std::vector<std::string>& keys, int64_t now_ms);
  database& db_;
};

} // namespace aops::storage
