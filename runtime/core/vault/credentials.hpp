#pragma once

#include "messages/error.hpp"
#include "runtime/base/sealing.hpp"
#include "runtime/core/vault/password.hpp"

#include <string>
#include <string_view>

/// Envelope encryption of host credentials: a random data key per user, wrapped by a key that
/// scrypt derives from the vault key the user types. What is stored opens only with that key.
/// See docs/reference/rest.md#host-credentials.
namespace aops::vault {

using base::secret_bytes;

inline constexpr size_t data_key_bytes = base::sealing_key_bytes;
inline constexpr size_t nonce_bytes = base::sealing_nonce_bytes;
inline constexpr size_t salt_bytes = 16;

/// Wraps a new data key under a vault key. @return The record to store; it begins with a format
/// number, tells the cost, and doubles as verifier. @param randomness `salt_bytes + nonce_bytes`
/// random bytes.
expected<std::string> make_vault(std::string_view user,
                                 std::string_view vault_key,
                                 const secret_bytes& data_key,
                                 std::string_view randomness,
                                 scrypt_cost cost);

/// The data key. ec::vault_key when the vault key is another, ec::corrupt when the record is none.
expected<secret_bytes>
open_vault(std::string_view user, std::string_view vault_key, std::string_view record);

/// Seals the plain text for (user, host): AES-256-GCM with both names as associated data, so that
/// records cannot be swapped. @param nonce `nonce_bytes` random bytes, never used twice with this
/// key.
expected<std::string> seal(const secret_bytes& data_key,
                           std::string_view user,
                           std::string_view host_id,
                           std::string_view nonce,
                           std::string_view plain);

/// What `seal` sealed. ec::vault_key when key, user or host are others; ec::corrupt when it is no
/// sealed text.
expected<secret_bytes> unseal(const secret_bytes& data_key,
                              std::string_view user,
                              std::string_view host_id,
                              std::string_view sealed);

} // namespace aops::vault
