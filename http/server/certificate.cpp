#include "http/server/certificate.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/base/log.hpp"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace aops::http {

namespace {

template <auto Free>
struct freed {
  template <class T>
  void operator()(T* x) const {
    Free(x);
  }
};
using bio_ptr = std::unique_ptr<BIO, freed<::BIO_free_all>>;
using key_ptr = std::unique_ptr<EVP_PKEY, freed<::EVP_PKEY_free>>;
using x509_ptr = std::unique_ptr<X509, freed<::X509_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, freed<::X509_EXTENSION_free>>;

constexpr long day = 24 * 3600;

std::string subject_alt_names(const std::vector<std::string>& names) {
  std::string list = "DNS:localhost,IP:127.0.0.1,IP:::1";
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  for (const auto& name : names) {
    bool is_ip = ::inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 ||
                 ::inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
    // OpenSSL reads this list as configuration text, so a name must not bring its own syntax.
    constexpr auto fine = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-*";
    if (is_ip || (!name.empty() && name.find_first_not_of(fine) == name.npos))
      list += fmt::format(",{}:{}", is_ip ? "IP" : "DNS", name);
  }
  return list;
}

bool add_extension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  ::X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  extension_ptr extension{::X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str())};
  return extension && ::X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool set_serial(X509* certificate) {
  std::array<unsigned char, 16> bytes{};
  if (::RAND_bytes(bytes.data(), bytes.size()) != 1)
    return false;
  bytes[0] &= 0x7f; // Positive.
  std::unique_ptr<BIGNUM, freed<::BN_free>> number{
    ::BN_bin2bn(bytes.data(), bytes.size(), nullptr)};
  return number &&
         ::BN_to_ASN1_INTEGER(number.get(), ::X509_get_serialNumber(certificate)) != nullptr;
}

x509_ptr make_certificate(EVP_PKEY* key, const std::vector<std::string>& names) {
  x509_ptr it{::X509_new()};
  auto* name = it ? ::X509_get_subject_name(it.get()) : nullptr;
  const auto* common = reinterpret_cast<const unsigned char*>("aops-node");
  bool ok = it && ::X509_set_version(it.get(), 2) == 1 && set_serial(it.get()) &&
            ::X509_gmtime_adj(::X509_getm_notBefore(it.get()), -day) &&
            ::X509_gmtime_adj(::X509_getm_notAfter(it.get()), 3650 * day) &&
            ::X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, common, -1, -1, 0) == 1 &&
            ::X509_set_issuer_name(it.get(), name) == 1 && ::X509_set_pubkey(it.get(), key) == 1 &&
            add_extension(it.get(), NID_basic_constraints, "critical,CA:FALSE") &&
            add_extension(it.get(), NID_key_usage, "critical,digitalSignature") &&
            add_extension(it.get(), NID_ext_key_usage, "serverAuth") &&
            add_extension(it.get(), NID_subject_key_identifier, "hash") &&
            add_extension(it.get(), NID_subject_alt_name, subject_alt_names(names)) &&
            ::X509_sign(it.get(), key, ::EVP_sha256()) > 0;
  return ok ? std::move(it) : nullptr;
}

std::string pem_text(BIO* bio) {
  char* data = nullptr;
  auto size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}

expected<void> write_private(const std::string& file, const std::string& text) {
  auto fresh = file + ".new";
  ::unlink(fresh.c_str());
  auto fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  bool ok = fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
            ::fsync(fd) == 0;
  auto problem = errno;
  if (fd >= 0)
    ::close(fd);
  if (ok && ::rename(fresh.c_str(), file.c_str()) == 0)
    return {};
  return fail(ec::internal,
              fmt::format("cannot write {}: {}", file, std::strerror(ok ? errno : problem)));
}

x509_ptr read_certificate(const std::string& file) {
  bio_ptr bio{::BIO_new_file(file.c_str(), "r")};
  return x509_ptr{bio ? ::PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr};
}

bool is_usable(const certificate_files& files) {
  auto certificate = read_certificate(files.certificate);
  if (!certificate || ::access(files.key.c_str(), R_OK) != 0)
    return false;
  return ::X509_cmp_current_time(X509_get0_notAfter(certificate.get())) > 0;
}

} // namespace

expected<certificate_files> self_signed_certificate(const std::string& folder,
                                                    const std::vector<std::string>& names) {
  certificate_files files{folder + "/http.crt", folder + "/http.key"};
  if (is_usable(files))
    return files;
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return fail(ec::internal, fmt::format("cannot make {}: {}", folder, std::strerror(errno)));
  key_ptr key{::EVP_EC_gen("P-256")};
  auto certificate = key ? make_certificate(key.get(), names) : nullptr;
  bio_ptr key_text{::BIO_new(::BIO_s_mem())}, certificate_text{::BIO_new(::BIO_s_mem())};
  if (!certificate || ::PEM_write_bio_X509(certificate_text.get(), certificate.get()) != 1 ||
      ::PEM_write_bio_PrivateKey(
        key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return fail(ec::internal, "cannot make a self-signed certificate");
  // The key first: a certificate without its key would be taken for complete after a crash in
  // between.
  auto done = write_private(files.key, pem_text(key_text.get())).and_then([&] {
    return write_private(files.certificate, pem_text(certificate_text.get()));
  });
  if (!done)
    return fail(std::move(done.error()));
  log::info(
    "certificate-made", "made a self-signed certificate for 10 years in {}", files.certificate);
  return files;
}

expected<std::string> certificate_fingerprint(const std::string& file) {
  auto certificate = read_certificate(file);
  unsigned char* der = nullptr;
  auto size = certificate ? ::i2d_X509(certificate.get(), &der) : 0;
  if (size <= 0)
    return fail(ec::bad_request, "no certificate in " + file);
  auto text = base::sha256_hex({reinterpret_cast<char*>(der), static_cast<size_t>(size)});
  ::OPENSSL_free(der);
  return text;
}

} // namespace aops::http
