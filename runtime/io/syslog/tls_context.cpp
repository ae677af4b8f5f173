#include "runtime/io/syslog/tls_context.hpp"

#include "runtime/base/log.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <chrono>

namespace aops::syslog {

namespace {

constexpr int64_t look_at_files_ms = 10'000;

std::string ssl_text() {
  std::array<char, 256> text{};
  auto code = ERR_get_error();
  ERR_clear_error();
  if (code == 0)
    return "TLS failed";
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

int64_t steady_now_ms() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::milliseconds{1};
}

std::filesystem::file_time_type last_change(const certificates& from) {
  std::filesystem::file_time_type newest{};
  for (const auto& file : {from.certificate, from.key, from.ca}) {
    std::error_code problem;
    auto at = file.empty() ? newest : std::filesystem::last_write_time(file, problem);
    if (!problem)
      newest = std::max(newest, at);
  }
  return newest;
}

void add_name(std::vector<std::string>& to, const ASN1_STRING* text) {
  unsigned char* utf8 = nullptr;
  auto length = ASN1_STRING_to_UTF8(&utf8, text);
  if (length <= 0)
    return;
  std::string name{reinterpret_cast<char*>(utf8), static_cast<size_t>(length)};
  OPENSSL_free(utf8);
  if (name.find('\0') == name.npos) // What hides something after a zero is no name.
    to.push_back(std::move(name));
}

} // namespace

tls_session::~tls_session() {
  if (SSL_is_init_finished(s_) == 1)
    SSL_shutdown(s_); // Whoever says that he ends is told the same; nobody waits for it.
  ERR_clear_error();
  SSL_free(s_);
}

expected<bool> tls_session::shake() {
  ERR_clear_error();
  auto done = SSL_accept(s_);
  if (done == 1)
    return true;
  auto why = SSL_get_error(s_, done);
  if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
    return false;
  return fail(ec::unreachable, ssl_text());
}

std::vector<std::string> tls_session::peer_names() const {
  std::vector<std::string> out;
  std::unique_ptr<X509, decltype(&X509_free)> proof{SSL_get1_peer_certificate(s_), &X509_free};
  if (!proof || SSL_get_verify_result(s_) != X509_V_OK)
    return out;
  auto* alternatives = static_cast<GENERAL_NAMES*>(
    X509_get_ext_d2i(proof.get(), NID_subject_alt_name, nullptr, nullptr));
  if (alternatives != nullptr) {
    for (int i = 0; i < sk_GENERAL_NAME_num(alternatives); ++i)
      if (const auto* x = sk_GENERAL_NAME_value(alternatives, i); x->type == GEN_DNS)
        add_name(out, x->d.dNSName);
    GENERAL_NAMES_free(alternatives);
  }
  auto* subject = X509_get_subject_name(proof.get());
  if (auto at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1); at >= 0)
    add_name(out, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  return out;
}

int tls_session::read(char* to, size_t most) {
  ERR_clear_error();
  auto n = SSL_read(s_, to, static_cast<int>(most));
  if (n > 0)
    return n;
  auto why = SSL_get_error(s_, n);
  return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

tls_context::~tls_context() { SSL_CTX_free(c_); }

expected<std::shared_ptr<tls_context>> tls_context::load(const certificates& from) {
  std::shared_ptr<tls_context> made{new tls_context{SSL_CTX_new(TLS_server_method())}};
  auto* c = made->c_;
  auto wrong = [](const std::string& what) {
    return fail(ec::internal, "logs.syslog_listen: " + what + ": " + ssl_text());
  };
  if (c == nullptr || SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) != 1)
    return wrong("TLS");
  SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS);
  if (SSL_CTX_use_certificate_chain_file(c, from.certificate.c_str()) != 1)
    return wrong(from.certificate);
  if (SSL_CTX_use_PrivateKey_file(c, from.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(c) != 1)
    return wrong(from.key);
  if (!from.ca.empty()) {
    if (SSL_CTX_load_verify_locations(c, from.ca.c_str(), nullptr) != 1)
      return wrong(from.ca);
    SSL_CTX_set_client_CA_list(c, SSL_load_client_CA_file(from.ca.c_str()));
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, nullptr); // Who shows none may have a token.
  }
  made->changed_ = last_change(from);
  made->look_again_ms_ = steady_now_ms() + look_at_files_ms;
  return made;
}

std::unique_ptr<tls_session> tls_context::accept(int fd) {
  auto* s = SSL_new(c_);
  if (s == nullptr)
    return nullptr;
  auto session = std::make_unique<tls_session>(s);
  if (SSL_set_fd(s, fd) != 1)
    return nullptr;
  SSL_set_accept_state(s);
  return session;
}

std::shared_ptr<tls_context> tls_context::fresh(const certificates& from) {
  auto now = steady_now_ms();
  if (now < look_again_ms_)
    return nullptr;
  look_again_ms_ = now + look_at_files_ms;
  if (last_change(from) == changed_)
    return nullptr;
  auto made = load(from);
  if (!made) {
    log::warn("syslog-certificate", "the old one goes on: {}", to_string(made.error()));
    return nullptr;
  }
  return *made;
}

} // namespace aops::syslog
