#include "runtime/base/sha256_stream.hpp"

#include "runtime/base/digest.hpp"

#include <openssl/evp.h>

#include <cstdlib>

namespace aops::base {

struct sha256_stream::inside {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  inside() = default;
  ~inside() { EVP_MD_CTX_free(context); }
  inside(const inside&) = delete;
  inside& operator=(const inside&) = delete;
};

sha256_stream::sha256_stream() : inside_(std::make_unique<inside>()) {
  if (!inside_->context || EVP_DigestInit_ex(inside_->context, EVP_sha256(), nullptr) != 1)
    std::abort(); // An OpenSSL without SHA-256: as in `sha256`.
}

sha256_stream::~sha256_stream() = default;
sha256_stream::sha256_stream(sha256_stream&&) noexcept = default;
sha256_stream& sha256_stream::operator=(sha256_stream&&) noexcept = default;

void sha256_stream::add(std::string_view bytes) {
  if (EVP_DigestUpdate(inside_->context, bytes.data(), bytes.size()) != 1)
    std::abort();
}

std::string sha256_stream::hex() {
  sha256_digest out{};
  unsigned int size = 0;
  if (EVP_DigestFinal_ex(inside_->context, out.data(), &size) != 1 || size != out.size())
    std::abort();
  return to_hex(out);
}

} // namespace aops::base
