#pragma once

#include "runtime/io/storage/database.hpp"
#include "runtime/io/storage/rows_by_text.hpp"

namespace aops::storage {

/// An SSH key of a host.
struct known_key {
  std::string key;         ///< `type base64`.
  std::string fingerprint; ///< As people see it, up to 64 characters.
};

/// Keeps the SSH keys that hosts are known by, one of a type.
class host_key_repository {
public:
  explicit host_key_repository(database& db) : db_(db) {}

  /// By host id, `type base64` each; hosts without keys are left out.
  expected<by_text<std::vector<std::string>>> of(const std::vector<std::string>& host_ids);

  /// The same as their fingerprints, in the same order.
  expected<by_text<std::vector<std::string>>>
  fingerprints_of(const std::vector<std::string>& host_ids);

  /// Those seen at first use: what is known already stays. A host that is gone is no error.
  expected<void>
  remember(std::string_view host_id, const std::vector<known_key>& keys, int64_t now_ms);

  /// The host is known by these keys from now on, and by no other. ec::not_found when the owner has
  /// no such host. In a transaction.
  expected<void> replace(std::string_view owner,
                         std::string_view host_id,
                         const std::vector<known_key>& keys,
                         int64_t now_ms);

private:
  expected<by_text<std::vector<std::string>>> texts_of(std::string_view columns,
                                                       const std::vector<std::string>& host_ids,
                                                       std::string (*text_of)(const row&));
  expected<void> add(int64_t host, const std::vector<known_key>& keys, int64_t now_ms);
  database& db_;
};

} // namespace aops::storage
