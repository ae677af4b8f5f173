#pragma once

#include "messages/account.hpp"
#include "runtime/core/vault/credentials.hpp"
#include "runtime/io/ansible/play.hpp"
#include "runtime/io/storage/host_key_repository.hpp"

#include <string>
#include <vector>

namespace aops::actors {

/// A host that cannot be logged in to, and why.
struct closed_target {
  std::string host_id, reason;
};

struct opened_targets {
  std::vector<ansible::target> targets; ///< In the order asked; without `vars`; its group is one.
  std::vector<closed_target> closed;    ///< Without credentials, or gone.
};

/// Hosts of an owner with what opens them, for a play on this node. Blocks. ec::vault_key when
/// their credentials do not open with this key.
/// @param data_key Of the owner's vault.
expected<opened_targets> open_targets(storage::database& db,
                                      const std::string& owner,
                                      const vault::secret_bytes& data_key,
                                      const std::vector<std::string>& host_ids);

/// With their fingerprints, as they are stored.
std::vector<storage::known_key> known_keys(const std::vector<std::string>& keys);

/// Keeps the keys that were seen at first use. In a transaction.
expected<void> keep_host_keys(storage::database& db,
                              const std::vector<ansible::host_result>& hosts,
                              int64_t now_ms);

} // namespace aops::actors
