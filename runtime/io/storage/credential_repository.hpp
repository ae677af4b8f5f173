#pragma once

#include "runtime/io/storage/database.hpp"

namespace aops::storage {

/// Keeps what the vault sealed: opaque blobs that begin with a format number. Never a key or a
/// plain credential. See docs/reference/rest.md#host-credentials.
class credential_repository {
public:
  explicit credential_repository(database& db) : db_(db) {}

  expected<void> save(std::string_view host_id, std::string_view sealed);       ///< ec::not_found.
  expected<std::string> find(std::string_view owner, std::string_view host_id); ///< ec::not_found.

  struct entry {
    std::string host_id, sealed;
  };
  expected<std::vector<entry>> of_owner(std::string_view owner);
  expected<std::vector<entry>> of_hosts(std::string_view owner,
                                        const std::vector<std::string>& host_ids);

  /// What tells whether a key is the owner's. Made with the first credentials; later ones keep it.
  expected<std::optional<std::string>> verifier(std::string_view owner);
  /// The same, locked until the transaction ends.
  expected<std::optional<std::string>> lock_verifier(std::string_view owner);
  /// Without credentials there is nothing that the old key opens: the owner may choose another, and
  /// his sessions hold none any more. In a transaction, after they were deleted.
  expected<void> drop_empty_vault(std::string_view owner);
  expected<void> save_verifier(std::string_view owner, std::string_view verifier);
  /// ec::conflict when it is another one than `was` by now.
  expected<void>
  replace_verifier(std::string_view owner, std::string_view was, std::string_view verifier);

private:
  database& db_;
};

} // namespace aops::storage
