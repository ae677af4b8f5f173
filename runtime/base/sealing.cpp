#include "runtime/base/sealing.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <array>
#include <memory>

namespace aops::base {

namespace {

using cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

unsigned char* raw(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }
const unsigned char* raw(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}

/// OpenSSL's parameters are not const, and it does not write to them.
void* octets(std::string_view s) { return const_cast<char*>(s.data()); }

} // namespace

secret_bytes& secret_bytes::operator=(secret_bytes&& other) noexcept {
  if (this != &other) {
    wipe();
    bytes_ = std::move(other.bytes_);
    other.wipe(); // A short text is copied by a move.
  }
  return *this;
}

void secret_bytes::wipe() {
  // A short text stays behind in one that it was moved out of, whose size says nothing of it.
  bytes_.resize(bytes_.capacity());
  OPENSSL_cleanse(bytes_.data(), bytes_.size());
  bytes_.clear();
}

expected<std::string> encrypt(std::string_view key,
                              std::string_view nonce,
                              std::string_view aad,
                              std::string_view plain) {
  cipher c{EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free};
  std::string out(plain.size() + sealing_tag_bytes, '\0');
  int n = 0;
  if (key.size() != sealing_key_bytes || nonce.size() != sealing_nonce_bytes || !c ||
      EVP_EncryptInit_ex(c.get(), EVP_aes_256_gcm(), nullptr, raw(key), raw(nonce)) != 1 ||
      EVP_EncryptUpdate(c.get(), nullptr, &n, raw(aad), static_cast<int>(aad.size())) != 1 ||
      EVP_EncryptUpdate(c.get(), raw(out), &n, raw(plain), static_cast<int>(plain.size())) != 1 ||
      EVP_EncryptFinal_ex(c.get(), raw(out) + n, &n) != 1 ||
      EVP_CIPHER_CTX_ctrl(
        c.get(), EVP_CTRL_GCM_GET_TAG, sealing_tag_bytes, raw(out) + plain.size()) != 1)
    return fail(ec::internal, "encryption failed");
  return out;
}

expected<secret_bytes> decrypt(std::string_view key,
                               std::string_view nonce,
                               std::string_view aad,
                               std::string_view sealed) {
  if (sealed.size() < sealing_tag_bytes || key.size() != sealing_key_bytes ||
      nonce.size() != sealing_nonce_bytes)
    return fail(ec::corrupt, "sealed record");
  cipher c{EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free};
  auto body = sealed.substr(0, sealed.size() - sealing_tag_bytes);
  std::string tag{sealed.substr(body.size())};
  std::string out(body.size() + 1, '\0'); // Never empty: OpenSSL wants a place to write to.
  int n = 0;
  bool opened =
    c && EVP_DecryptInit_ex(c.get(), EVP_aes_256_gcm(), nullptr, raw(key), raw(nonce)) == 1 &&
    EVP_DecryptUpdate(c.get(), nullptr, &n, raw(aad), static_cast<int>(aad.size())) == 1 &&
    EVP_DecryptUpdate(c.get(), raw(out), &n, raw(body), static_cast<int>(body.size())) == 1 &&
    EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_SET_TAG, sealing_tag_bytes, tag.data()) == 1 &&
    EVP_DecryptFinal_ex(c.get(), raw(out) + n, &n) == 1;
  if (!opened) {
    OPENSSL_cleanse(out.data(), out.size());
    return fail(ec::vault_key);
  }
  out.resize(body.size());
  return secret_bytes{std::move(out)};
}

expected<secret_bytes>
key_from(std::string_view bytes, std::string_view salt, std::string_view purpose) {
  std::unique_ptr<EVP_KDF, decltype(&EVP_KDF_free)> kdf{EVP_KDF_fetch(nullptr, "HKDF", nullptr),
                                                        EVP_KDF_free};
  std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> c{
    kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr, EVP_KDF_CTX_free};
  char digest[] = "SHA256";
  const std::array<OSSL_PARAM, 5> given = {
    OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, octets(bytes), bytes.size()),
    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, octets(salt), salt.size()),
    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, octets(purpose), purpose.size()),
    OSSL_PARAM_construct_end()};
  std::string out(sealing_key_bytes, '\0');
  if (bytes.empty() || !c || EVP_KDF_derive(c.get(), raw(out), out.size(), given.data()) != 1)
    return fail(ec::internal, "key derivation failed");
  return secret_bytes{std::move(out)};
}

} // namespace aops::base
