#include "runtime/base/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cstdlib>
#include <memory>

namespace aops::base {
namespace {

constexpr char hex_digits[] = "0123456789abcdef";

int value_of(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

} // namespace

sha256_digest sha256(std::string_view bytes) {
  // Fetched once: looking the algorithm up costs more than hashing a short text.
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  struct release {
    void operator()(EVP_MD_CTX* ctx) const { EVP_MD_CTX_free(ctx); }
  };
  thread_local const std::unique_ptr<EVP_MD_CTX, release> ctx(EVP_MD_CTX_new());
  sha256_digest out{};
  unsigned int size = 0;
  if (!algorithm || !ctx || EVP_DigestInit_ex2(ctx.get(), algorithm, nullptr) != 1 ||
      EVP_DigestUpdate(ctx.get(), bytes.data(), bytes.size()) != 1 ||
      EVP_DigestFinal_ex(ctx.get(), out.data(), &size) != 1 || size != out.size())
    std::abort(); // An OpenSSL without SHA-256: identities and fences would be wrong.
  return out;
}

std::string sha256_hex(std::string_view bytes) { return to_hex(sha256(bytes)); }

std::string to_hex(std::span<const uint8_t> bytes) {
  std::string out(bytes.size() * 2, '0');
  for (size_t i = 0; i < bytes.size(); ++i) {
    out[2 * i] = hex_digits[bytes[i] >> 4];
    out[2 * i + 1] = hex_digits[bytes[i] & 15];
  }
  return out;
}

expected<std::string> from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0)
    return fail(ec::bad_request, "hex text has an odd number of digits");
  std::string out(hex.size() / 2, '\0');
  for (size_t i = 0; i < out.size(); ++i) {
    auto high = value_of(hex[2 * i]);
    auto low = value_of(hex[2 * i + 1]);
    if (high < 0 || low < 0)
      return fail(ec::bad_request, "hex text holds something that is no hex digit");
    out[i] = static_cast<char>(high * 16 + low);
  }
  return out;
}

void fill_random(std::span<uint8_t> out) {
  if (!out.empty() && RAND_bytes(out.data(), static_cast<int>(out.size())) != 1)
    std::abort();
}

std::string random_hex(size_t bytes) {
  std::string raw(bytes, '\0');
  std::span<uint8_t> view(reinterpret_cast<uint8_t*>(raw.data()), raw.size());
  fill_random(view);
  auto out = to_hex(view);
  OPENSSL_cleanse(raw.data(), raw.size()); // Often a token or a key.
  return out;
}

bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace aops::base
