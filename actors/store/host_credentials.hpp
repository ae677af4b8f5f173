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
  std::string verifier;     ///< As it was; empty: the user had none.
  std::string new_verifier; ///< To be stored with the first credentials, where he had none.
};

/// Opens the user's vault, or makes one with this key when there is none. Takes as long as scrypt's
/// cost says. ec::vault_key when the key is another than the one his hosts were sealed with.
expected<vault_keys> open_or_make_vault(std::string_view user,
                                        std::string_view key,
                                        const std::optional<std::string>& verifier,
                                        const base::config& config);

/// The verifier that opens with another vault key from now on; what is sealed stays. ec::vault_key
/// when the key of today is wrong.
expected<std::string> rewrap_vault(std::string_view user,
                                   std::string_view key,
                                   std::string_view new_key,
                                   std::string_view verifier,
                                   const base::config& config);

/// The sealed record of a host's credentials.
expected<std::string> seal_credentials(const vault::secret_bytes& data_key,
                                       std::string_view user,
                                       std::string_view host_id,
                                       const std::string& username,
                                       const sealed_text& password,
                                       const sealed_text& sudo_password);

/// Those of a request that has some.
template <class Request>
expected<std::string> seal_credentials(const vault::secret_bytes& data_key,
                                       std::string_view user,
                                       std::string_view host_id,
                                       const Request& x) {
  return seal_credentials(data_key, user, host_id, *x.username, *x.password, *x.sudo_password);
}

} // namespace aops::actors
