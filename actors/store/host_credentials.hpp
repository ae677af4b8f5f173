#pragma once

#include "messages/host.hpp"
#include "runtime/base/config.hpp"
#include "runtime/core/vault/credentials.hpp"

#include <optional>
#include <string>

namespace aops::actors {

/// An opened vault.
struct vault_keys {
  vault::secret_bytes data_key;
  std::string new_verifier; ///< To be stored with the first host; empty: the user has one.
};

/// Opens the user's vault, or makes one with this key when there is none. Takes as long as scrypt's
/// cost says. ec::vault_key when the key is another than the one his hosts were sealed with.
expected<vault_keys> open_or_make_vault(std::string_view user,
                                        std::string_view key,
                                        const std::optional<std::string>& verifier,
                                        const base::config& config);

/// The sealed record of a host's credentials.
expected<std::string> seal_credentials(const vault::secret_bytes& data_key,
                                       std::string_view user,
                                       std::string_view host_id,
                                       const host_to_add& host);

} // namespace aops::actors
