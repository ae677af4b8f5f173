#pragma once

#include "messages/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace aops::vault {

/// What scrypt costs. The defaults need 32 MiB and about 0.26 s. Source: RFC 7914.
struct scrypt_cost {
  uint64_t n = 32768; ///< A power of two, 2 to 2^20.
  uint32_t r = 8;     ///< 1 to 32.
  uint32_t p = 3;     ///< 1 to 16.
};

/// 32 bytes derived from a secret. ec::internal when the cost is out of range or memory is short.
expected<std::string> derive_key(std::string_view secret, std::string_view salt, scrypt_cost cost);

/// The text form of a password: `scrypt$n,r,p$salt$hash` in hex; carries its cost.
/// @param salt 16 random bytes.
expected<std::string>
hash_password(std::string_view password, std::string_view salt, scrypt_cost cost);

/// Whether the password gives this text form; takes as long as its cost says. ec::corrupt when the
/// text is none.
expected<bool> verify_password(std::string_view password, std::string_view text_form);

/// What a user may choose: 8 to 128 characters, not the user name, not the default.
/// ec::change_password with the rule that is broken.
expected<void> judge_password(std::string_view password, std::string_view username);

/// The password of the first account, which must be changed before anything else.
inline constexpr std::string_view default_password = "changeme";

} // namespace aops::vault
