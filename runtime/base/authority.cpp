#include "runtime/base/authority.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/base/x509_values.hpp"

#include <openssl/err.h>
#include <openssl/rand.h>

#include <arpa/inet.h>

namespace aops::base {

using namespace x509_values;

namespace {

constexpr int64_t day_s = 24 * 3600;

/// Revocations last as long as anything they are about.
constexpr int64_t list_days = 36500;

tl::unexpected<error> failed(std::string_view what) {
  char text[160] = "";
  if (auto code = ERR_get_error(); code != 0)
    ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return fail(ec::internal, std::string{what} + ": " + text);
}

bool is_address(const std::string& x) {
  uint8_t bytes[16];
  return inet_pton(AF_INET, x.c_str(), bytes) == 1 || inet_pton(AF_INET6, x.c_str(), bytes) == 1;
}

bool is_plain(const std::string& x) {
  return !x.empty() && x.size() <= 253 &&
         x.find_first_not_of(
           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:") ==
           std::string::npos;
}

bool set_name(X509_NAME* name, const std::string& common) {
  return X509_NAME_add_entry_by_txt(name,
                                    "CN",
                                    MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(common.data()),
                                    static_cast<int>(common.size()),
                                    -1,
                                    0) == 1;
}

bool set_serial(X509* x) {
  unsigned char bytes[16];
  fill_random(bytes);
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7f) | 1); // Positive, and of full length.
  bignum_ptr number{BN_bin2bn(bytes, sizeof bytes, nullptr)};
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x)) != nullptr;
}

bool set_times(X509* x, int64_t days) {
  auto begin = days < 0 ? 2 * days : -1;
  return X509_gmtime_adj(X509_getm_notBefore(x), begin * day_s) != nullptr &&
         X509_gmtime_adj(X509_getm_notAfter(x), days * day_s) != nullptr;
}

bool add_extension(X509* x, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, x, nullptr, nullptr, 0);
  extension_ptr extension{X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str())};
  return extension && X509_add_ext(x, extension.get(), -1) == 1;
}

expected<x509_ptr> unsigned_certificate(const std::string& name, EVP_PKEY* key, int64_t days) {
  if (!is_plain(name) || name.size() > 64)
    return fail(ec::bad_request,
                "a name has 1 to 64 letters, digits, dots, hyphens or underscores: " + name);
  x509_ptr x{X509_new()};
  if (!x || X509_set_version(x.get(), 2) != 1 || !set_serial(x.get()) ||
      !set_times(x.get(), days) || X509_set_pubkey(x.get(), key) != 1 ||
      !set_name(X509_get_subject_name(x.get()), name))
    return failed("certificate");
  return x;
}

expected<std::string> alternative_names(const certificate_wish& wish) {
  std::string text;
  auto add = [&text](const std::string& x) {
    text += (text.empty() ? "" : ",") + std::string{is_address(x) ? "IP:" : "DNS:"} + x;
  };
  add(wish.name);
  for (const auto& x : wish.addresses) {
    if (!is_plain(x) || (x.find(':') != std::string::npos && !is_address(x)))
      return fail(ec::bad_request, "neither a host name nor an IP address: " + x);
    if (x != wish.name)
      add(x);
  }
  return text;
}

std::string usages(const certificate_wish& wish) {
  std::string text = wish.for_server ? "serverAuth" : "";
  if (wish.for_client)
    text += text.empty() ? "clientAuth" : ",clientAuth";
  return text;
}

expected<key_pair> to_pair(X509* x, EVP_PKEY* key) {
  key_pair pair{to_pem(x), to_pem(key)};
  if (pair.certificate.empty() || pair.key.empty())
    return failed("certificate");
  return pair;
}

} // namespace

expected<key_pair> make_authority(const std::string& name, int64_t days) {
  pkey_ptr key{EVP_EC_gen("P-256")};
  if (!key)
    return failed("key");
  auto x = unsigned_certificate(name, key.get(), days);
  if (!x)
    return fail(x.error());
  auto* c = x->get();
  if (X509_set_issuer_name(c, X509_get_subject_name(c)) != 1 ||
      !add_extension(c, c, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !add_extension(c, c, NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !add_extension(c, c, NID_subject_key_identifier, "hash") ||
      X509_sign(c, key.get(), EVP_sha256()) == 0)
    return failed("certificate");
  return to_pair(c, key.get());
}

expected<key_pair> issue_certificate(const key_pair& authority, const certificate_wish& wish) {
  auto issuer = x509_of(authority.certificate);
  auto issuer_key = key_of(authority.key);
  if (!issuer || !issuer_key)
    return fail(ec::corrupt, "the authority's certificate or key cannot be read");
  auto names = alternative_names(wish);
  if (!names)
    return fail(names.error());
  pkey_ptr key{EVP_EC_gen("P-256")};
  if (!key)
    return failed("key");
  auto x = unsigned_certificate(wish.name, key.get(), wish.days);
  if (!x)
    return fail(x.error());
  auto* c = x->get();
  if (X509_set_issuer_name(c, X509_get_subject_name(issuer.get())) != 1 ||
      !add_extension(c, issuer.get(), NID_basic_constraints, "critical,CA:FALSE") ||
      !add_extension(c, issuer.get(), NID_key_usage, "critical,digitalSignature") ||
      !add_extension(c, issuer.get(), NID_ext_key_usage, usages(wish)) ||
      !add_extension(c, issuer.get(), NID_subject_alt_name, *names) ||
      !add_extension(c, issuer.get(), NID_authority_key_identifier, "keyid") ||
      X509_sign(c, issuer_key.get(), EVP_sha256()) == 0)
    return failed("certificate");
  return to_pair(c, key.get());
}

expected<std::string> revoke_certificate(const key_pair& authority,
                                         const std::string& list,
                                         const std::string& certificate) {
  auto issuer = x509_of(authority.certificate);
  auto issuer_key = key_of(authority.key);
  if (!issuer || !issuer_key)
    return fail(ec::corrupt, "the authority's certificate or key cannot be read");
  crl_ptr crl{list.empty() ? X509_CRL_new() : crl_of(list).release()};
  if (!crl)
    return fail(ec::corrupt, "the revocation list cannot be read");
  asn1_time_ptr now{X509_gmtime_adj(nullptr, -day_s)};
  asn1_time_ptr end{X509_gmtime_adj(nullptr, list_days * day_s)};
  if (!now || !end || X509_CRL_set_version(crl.get(), 1) != 1 ||
      X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(issuer.get())) != 1 ||
      X509_CRL_set1_lastUpdate(crl.get(), now.get()) != 1 ||
      X509_CRL_set1_nextUpdate(crl.get(), end.get()) != 1)
    return failed("revocation list");
  if (!certificate.empty()) {
    auto x = x509_of(certificate);
    if (!x)
      return fail(ec::corrupt, "the certificate cannot be read");
    if (X509_verify(x.get(), X509_get0_pubkey(issuer.get())) != 1)
      return fail(ec::bad_request, "the certificate is of another authority");
    X509_REVOKED* known = nullptr;
    if (X509_CRL_get0_by_serial(crl.get(), &known, X509_get_serialNumber(x.get())) != 1) {
      revoked_ptr entry{X509_REVOKED_new()};
      if (!entry ||
          X509_REVOKED_set_serialNumber(entry.get(), X509_get_serialNumber(x.get())) != 1 ||
          X509_REVOKED_set_revocationDate(entry.get(), now.get()) != 1 ||
          X509_CRL_add0_revoked(crl.get(), entry.get()) != 1)
        return failed("revocation list");
      (void)entry.release();
    }
  }
  X509_CRL_sort(crl.get());
  if (X509_CRL_sign(crl.get(), issuer_key.get(), EVP_sha256()) == 0)
    return failed("revocation list");
  return to_pem(crl.get());
}

expected<std::string> sign_text(const std::string& pem, std::string_view text) {
  auto key = key_of(pem);
  if (!key)
    return fail(ec::corrupt, "the private key cannot be read");
  digest_ptr context{EVP_MD_CTX_new()};
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  size_t size = 0;
  if (!context ||
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) != 1)
    return failed("signature");
  std::vector<uint8_t> out(size);
  if (EVP_DigestSign(context.get(), out.data(), &size, bytes, text.size()) != 1)
    return failed("signature");
  out.resize(size);
  return to_hex(out);
}

bool is_signed_by(const std::string& certificate,
                  std::string_view text,
                  std::string_view signature) {
  auto x = x509_of(certificate);
  auto raw = from_hex(signature);
  digest_ptr context{EVP_MD_CTX_new()};
  if (!x || !raw || raw->empty() || !context)
    return false;
  auto* key = X509_get0_pubkey(x.get());
  auto bytes = [](std::string_view of) {
    return reinterpret_cast<const unsigned char*>(of.data());
  };
  bool is_good =
    key != nullptr &&
    EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
    EVP_DigestVerify(context.get(), bytes(*raw), raw->size(), bytes(text), text.size()) == 1;
  ERR_clear_error();
  return is_good;
}

expected<void> check_key(const std::string& certificate, const std::string& pem) {
  auto x = x509_of(certificate);
  if (!x)
    return fail(ec::corrupt, "no certificate in PEM form");
  auto key = key_of(pem);
  if (!key)
    return fail(ec::corrupt, "no private key in PEM form, or one with a passphrase");
  bool fits = X509_check_private_key(x.get(), key.get()) == 1;
  ERR_clear_error();
  if (!fits)
    return fail(ec::corrupt, "the private key is not that of the certificate");
  return {};
}

} // namespace aops::base
