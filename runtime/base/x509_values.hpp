#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

/// OpenSSL's objects with owners, and PEM in and out. Inner part of `authority`.
namespace aops::base::x509_values {

template <auto Free>
struct freer {
  template <class T>
  void operator()(T* x) const {
    Free(x);
  }
};

using x509_ptr = std::unique_ptr<X509, freer<X509_free>>;
using crl_ptr = std::unique_ptr<X509_CRL, freer<X509_CRL_free>>;
using revoked_ptr = std::unique_ptr<X509_REVOKED, freer<X509_REVOKED_free>>;
using pkey_ptr = std::unique_ptr<EVP_PKEY, freer<EVP_PKEY_free>>;
using bignum_ptr = std::unique_ptr<BIGNUM, freer<BN_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, freer<X509_EXTENSION_free>>;
using asn1_time_ptr = std::unique_ptr<ASN1_TIME, freer<ASN1_TIME_free>>;
using digest_ptr = std::unique_ptr<EVP_MD_CTX, freer<EVP_MD_CTX_free>>;
using bio_ptr = std::unique_ptr<BIO, freer<BIO_free>>;
using store_ptr = std::unique_ptr<X509_STORE, freer<X509_STORE_free>>;
using store_context_ptr = std::unique_ptr<X509_STORE_CTX, freer<X509_STORE_CTX_free>>;

bio_ptr reading(const std::string& pem);

/// Null when the text has none.
x509_ptr x509_of(const std::string& pem);
crl_ptr crl_of(const std::string& pem);
pkey_ptr key_of(const std::string& pem); ///< Null also when it wants a passphrase.

/// Empty when it failed.
std::string to_pem(X509* x);
std::string to_pem(X509_CRL* x);
std::string to_pem(EVP_PKEY* x);

} // namespace aops::base::x509_values
