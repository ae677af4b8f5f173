#include "actors/cluster/tls_errors.hpp"

#include "actors/cluster/repeated_news.hpp"
#include "runtime/base/log.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <cstdlib>
#include <dlfcn.h>
#include <memory>
#include <netdb.h>
#include <string>
#include <sys/socket.h>

namespace {

/// The library's own function of this name.
template <class Function>
auto next(const char* name) {
  auto found = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
  if (found == nullptr)
    std::abort(); // libssl is linked; without its functions there is no TLS.
  return found;
}

/// Only links insist on their peer's certificate; other connections of the process do not.
bool is_link(const SSL* ssl) {
  constexpr int both = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  return (SSL_get_verify_mode(ssl) & both) == both;
}

/// `host:port` where we connected to; who connects to us has a port of no meaning. Empty when the
/// connection is lost already.
std::string peer_of(const SSL* ssl, bool has_connected) {
  sockaddr_storage at{};
  socklen_t size = sizeof at;
  char host[NI_MAXHOST] = "", port[NI_MAXSERV] = "";
  auto* address = reinterpret_cast<sockaddr*>(&at);
  if (::getpeername(SSL_get_fd(ssl), address, &size) != 0 ||
      ::getnameinfo(
        address, size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return {};
  return has_connected ? std::string{"who connects from "} + host : std::string{host} + ':' + port;
}

/// Where a connection keeps its peer: when it fails, the socket may have forgotten whose it was.
int peer_slot() {
  static const int slot = SSL_get_ex_new_index(
    0, nullptr, nullptr, nullptr, [](void*, void* peer, CRYPTO_EX_DATA*, int, long, void*) {
      delete static_cast<std::string*>(peer);
    });
  return slot;
}

/// @param has_connected It came to us.
void remember_peer(SSL* ssl, bool has_connected) {
  if (!is_link(ssl) || SSL_get_ex_data(ssl, peer_slot()) != nullptr)
    return;
  auto peer = std::make_unique<std::string>(peer_of(ssl, has_connected));
  if (!peer->empty() && SSL_set_ex_data(ssl, peer_slot(), peer.get()) == 1)
    (void)peer.release(); // The connection frees it.
}

std::string remembered_peer(const SSL* ssl) {
  const auto* peer = static_cast<const std::string*>(SSL_get_ex_data(ssl, peer_slot()));
  return peer ? *peer : "an unknown address";
}

/// Alerts by which a peer refuses a certificate.
bool is_about_certificate(int alert) {
  switch (alert) {
  case SSL_AD_BAD_CERTIFICATE:
  case SSL_AD_UNSUPPORTED_CERTIFICATE:
  case SSL_AD_CERTIFICATE_REVOKED:
  case SSL_AD_CERTIFICATE_EXPIRED:
  case SSL_AD_CERTIFICATE_UNKNOWN:
  case SSL_AD_UNKNOWN_CA:
  case SSL_AD_ACCESS_DENIED:
  case SSL_AD_CERTIFICATE_REQUIRED:
    return true;
  default:
    return false;
  }
}

/// Why the link failed; empty when it is nothing to tell: anybody may connect and send garbage.
std::string reason_of(const SSL* ssl, unsigned long code) {
  auto reason = ERR_GET_REASON(code);
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
    return std::string{"its certificate: "} +
           X509_verify_cert_error_string(SSL_get_verify_result(ssl));
  if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
    return "it shows no certificate";
  auto alert = reason - SSL_AD_REASON_OFFSET;
  if (alert >= 0 && is_about_certificate(alert))
    return std::string{"it refuses this node's certificate: "} + SSL_alert_desc_string_long(alert);
  bool is_cut = reason == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  if (is_cut || SSL_is_server(ssl) || !SSL_in_init(ssl))
    return {};
  const char* text = ERR_reason_error_string(code);
  return std::string{"no TLS: "} + (text ? text : "the handshake failed");
}

/// CAF only closes the connection; people must learn why. Leaves OpenSSL's queue as it is.
int told(SSL* ssl, int result) {
  static aops::actors::repeated_news news;
  if (result > 0 || !is_link(ssl) || SSL_get_error(ssl, result) != SSL_ERROR_SSL)
    return result;
  auto why = reason_of(ssl, ERR_peek_error());
  if (why.empty())
    return result;
  if (auto who = remembered_peer(ssl); news.is_due(who, why))
    aops::log::warn("peer-refused", "No link with {}: {}", who, why);
  return result;
}

} // namespace

extern "C" {

int SSL_connect(SSL* ssl) {
  static const auto real = next<int (*)(SSL*)>("SSL_connect");
  remember_peer(ssl, false);
  ERR_clear_error();
  return told(ssl, real(ssl));
}

int SSL_accept(SSL* ssl) {
  static const auto real = next<int (*)(SSL*)>("SSL_accept");
  remember_peer(ssl, true);
  ERR_clear_error();
  return told(ssl, real(ssl));
}

int SSL_read(SSL* ssl, void* buffer, int size) {
  static const auto real = next<int (*)(SSL*, void*, int)>("SSL_read");
  ERR_clear_error();
  return told(ssl, real(ssl, buffer, size));
}

int SSL_write(SSL* ssl, const void* buffer, int size) {
  static const auto real = next<int (*)(SSL*, const void*, int)>("SSL_write");
  ERR_clear_error();
  return told(ssl, real(ssl, buffer, size));
}

} // extern "C"

namespace aops::actors {

void keep_tls_errors_apart() {}

} // namespace aops::actors
