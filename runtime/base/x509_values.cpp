#include "runtime/base/x509_values.hpp"

#include <openssl/err.h>

namespace aops::base::x509_values {

namespace {

/// Instead of asking on the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

template <class Write>
std::string written(Write write) {
  bio_ptr out{BIO_new(BIO_s_mem())};
  if (!out || write(out.get()) != 1)
    return {};
  char* text = nullptr;
  auto size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<size_t>(size)};
}

template <class Ptr, class Read>
Ptr read(const std::string& pem, Read read) {
  auto in = reading(pem);
  Ptr x{in ? read(in.get(), nullptr, no_passphrase, nullptr) : nullptr};
  ERR_clear_error();
  return x;
}

} // namespace

bio_ptr reading(const std::string& pem) {
  return bio_ptr{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
}

x509_ptr x509_of(const std::string& pem) { return read<x509_ptr>(pem, PEM_read_bio_X509); }
crl_ptr crl_of(const std::string& pem) { return read<crl_ptr>(pem, PEM_read_bio_X509_CRL); }
pkey_ptr key_of(const std::string& pem) { return read<pkey_ptr>(pem, PEM_read_bio_PrivateKey); }

std::string to_pem(X509* x) {
  return written([x](BIO* out) { return PEM_write_bio_X509(out, x); });
}
std::string to_pem(X509_CRL* x) {
  return written([x](BIO* out) { return PEM_write_bio_X509_CRL(out, x); });
}
std::string to_pem(EVP_PKEY* x) {
  return written([x](BIO* out) {
    return PEM_write_bio_PKCS8PrivateKey(out, x, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

} // namespace aops::base::x509_values
