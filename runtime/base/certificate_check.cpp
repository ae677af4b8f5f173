#include "runtime/base/authority.hpp"
#include "runtime/base/x509_values.hpp"

#include <openssl/err.h>

#include <arpa/inet.h>
#include <ctime>

namespace aops::base {

using namespace x509_values;

namespace {

std::string text_of(const ASN1_STRING* x) {
  unsigned char* text = nullptr;
  auto size = ASN1_STRING_to_UTF8(&text, x);
  std::string out = size < 0 ? "" : std::string{reinterpret_cast<char*>(text), size_t(size)};
  OPENSSL_free(text);
  return out;
}

std::string address_of(const ASN1_OCTET_STRING* x) {
  char text[INET6_ADDRSTRLEN] = "";
  auto size = ASN1_STRING_length(x);
  if (size != 4 && size != 16)
    return {};
  inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(x), text, sizeof text);
  return text;
}

void add_common_name(X509* x, std::vector<std::string>& names) {
  auto* subject = X509_get_subject_name(x);
  auto at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at >= 0)
    names.push_back(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
}

void add_alternative_names(X509* x, std::vector<std::string>& names) {
  auto* all =
    static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(x, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    const auto* name = sk_GENERAL_NAME_value(all, i);
    if (name->type == GEN_DNS)
      names.push_back(text_of(name->d.dNSName));
    else if (name->type == GEN_IPADD)
      names.push_back(address_of(name->d.iPAddress));
  }
  GENERAL_NAMES_free(all);
}

certificate_subject subject_of(X509* x) {
  certificate_subject out;
  add_common_name(x, out.names);
  add_alternative_names(x, out.names);
  bignum_ptr serial{ASN1_INTEGER_to_BN(X509_get_serialNumber(x), nullptr)};
  if (char* text = serial ? BN_bn2hex(serial.get()) : nullptr) {
    out.serial = text;
    OPENSSL_free(text);
  }
  tm until{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(x), &until) == 1)
    out.until_ms = static_cast<int64_t>(timegm(&until)) * 1000;
  return out;
}

/// What the peer sent after its own certificate.
struct helpers {
  STACK_OF(X509) * all = sk_X509_new_null();
  ~helpers() { sk_X509_pop_free(all, X509_free); }

  void read(const std::string& chain) {
    auto in = reading(chain);
    x509_ptr first{PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)};
    for (int i = 0; i < 8; ++i) {
      auto* next = PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr);
      if (next == nullptr)
        break;
      sk_X509_push(all, next);
    }
    ERR_clear_error();
  }
};

expected<store_ptr> trusting(const std::string& authority, const std::string& revoked) {
  auto root = x509_of(authority);
  if (!root)
    return fail(ec::corrupt, "the authority's certificate cannot be read");
  store_ptr store{X509_STORE_new()};
  X509_STORE_add_cert(store.get(), root.get());
  if (!revoked.empty()) {
    auto list = crl_of(revoked);
    if (!list)
      return fail(ec::corrupt, "the revocation list cannot be read");
    X509_STORE_add_crl(store.get(), list.get());
    X509_STORE_set_flags(store.get(), X509_V_FLAG_CRL_CHECK);
  }
  return store;
}

} // namespace

expected<certificate_subject> read_certificate(const std::string& pem) {
  auto x = x509_of(pem);
  if (!x)
    return fail(ec::corrupt, "no certificate in PEM form");
  return subject_of(x.get());
}

expected<certificate_subject> check_certificate(const std::string& chain,
                                                const std::string& authority,
                                                const std::string& revoked) {
  auto x = x509_of(chain);
  if (!x)
    return fail(ec::corrupt, "no certificate in PEM form");
  auto store = trusting(authority, revoked);
  if (!store)
    return fail(store.error());
  helpers between;
  between.read(chain);
  store_context_ptr context{X509_STORE_CTX_new()};
  if (X509_STORE_CTX_init(context.get(), store->get(), x.get(), between.all) != 1)
    return fail(ec::internal, "certificate check");
  bool is_good = X509_verify_cert(context.get()) == 1;
  auto why = X509_STORE_CTX_get_error(context.get());
  ERR_clear_error();
  if (!is_good)
    return fail(ec::permission_denied, X509_verify_cert_error_string(why));
  if (X509_check_purpose(x.get(), X509_PURPOSE_SSL_SERVER, 0) != 1 ||
      X509_check_purpose(x.get(), X509_PURPOSE_SSL_CLIENT, 0) != 1)
    return fail(ec::permission_denied, "the certificate is not for server and client");
  return subject_of(x.get());
}

} // namespace aops::base
