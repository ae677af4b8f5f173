#pragma once

#include "messages/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>

/// Authenticated encryption (AES-256-GCM), and bytes that must not stay in memory.
namespace aops::base {

/// Bytes that are wiped when they go.
class secret_bytes {
public:
  secret_bytes() = default;
  explicit secret_bytes(std::string bytes) : bytes_(std::move(bytes)) {}
  secret_bytes(secret_bytes&& other) noexcept : bytes_(std::move(other.bytes_)) { other.wipe(); }
  secret_bytes& operator=(secret_bytes&& other) noexcept;
  secret_bytes(const secret_bytes&) = delete;
  secret_bytes& operator=(const secret_bytes&) = delete;
  ~secret_bytes() { wipe(); }
  std::string_view view() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }

private:
  void wipe();
  std::string bytes_;
};

inline constexpr size_t sealing_key_bytes = 32;
inline constexpr size_t sealing_nonce_bytes = 12;
inline constexpr size_t sealing_tag_bytes = 16;

/// @param nonce Never used twice with this key.
/// @param aad What is not encrypted and must be the same when it is opened.
/// @return As many bytes as `plain` has, and a tag.
expected<std::string>
encrypt(std::string_view key, std::string_view nonce, std::string_view aad, std::string_view plain);

/// What `encrypt` made. ec::vault_key when key, nonce or `aad` are others or a byte has changed;
/// ec::corrupt when it is too short for having been made here.
expected<secret_bytes> decrypt(std::string_view key,
                               std::string_view nonce,
                               std::string_view aad,
                               std::string_view sealed);

/// A key from bytes that nobody can guess, such as those of a key file: HKDF with SHA-256.
/// @param salt Makes another key of the same bytes. @param purpose Likewise.
expected<secret_bytes>
key_from(std::string_view bytes, std::string_view salt, std::string_view purpose);

} // namespace aops::base
