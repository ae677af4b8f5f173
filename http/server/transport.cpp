#include "http/server/transport.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace aops::http {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

int ms_until(steady_time deadline) {
  auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, 3'600'000));
}

class plain : public transport {
public:
  explicit plain(int socket) : transport(socket) {}

  bool begin(steady_time) override { return true; }
  bool has_pending() override { return false; }

  size_t read(char* to, size_t size, steady_time deadline) override {
    while (true) {
      auto n = ::recv(socket_, to, size, MSG_DONTWAIT);
      if (n > 0)
        return static_cast<size_t>(n);
      if (n == 0 || !is_transient() || !wait(POLLIN, deadline))
        return 0;
    }
  }

  bool write(std::string_view bytes, milliseconds patience) override {
    while (!bytes.empty()) {
      auto n = ::send(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (n > 0)
        bytes.remove_prefix(static_cast<size_t>(n));
      else if (!is_transient() || !wait(POLLOUT, steady_clock::now() + patience))
        return false;
    }
    return true;
  }

private:
  static bool is_transient() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }
};

class tls : public transport {
public:
  tls(int socket, SSL* ssl) : transport(socket), ssl_(ssl) { ::SSL_set_fd(ssl_, socket); }
  ~tls() override { ::SSL_free(ssl_); }

  bool begin(steady_time deadline) override {
    is_open_ = drive([&] { return ::SSL_accept(ssl_); }, deadline) > 0;
    return is_open_;
  }

  bool has_pending() override { return ::SSL_pending(ssl_) > 0; }
  bool is_encrypted() const override { return true; }

  size_t read(char* to, size_t size, steady_time deadline) override {
    auto most = static_cast<int>(std::min<size_t>(size, 1 << 20));
    return static_cast<size_t>(drive([&] { return ::SSL_read(ssl_, to, most); }, deadline));
  }

  bool write(std::string_view bytes, milliseconds patience) override {
    while (!bytes.empty()) {
      auto most = static_cast<int>(std::min<size_t>(bytes.size(), 1 << 20));
      auto n = drive([&] { return ::SSL_write(ssl_, bytes.data(), most); },
                     steady_clock::now() + patience);
      if (n <= 0)
        return false;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }

protected:
  void say_goodbye() override {
    if (is_open_)
      drive([&] { return ::SSL_shutdown(ssl_); }, steady_clock::now());
  }

private:
  /// Repeats a step of TLS until it is done; 0 when it cannot be.
  template <class Step>
  int drive(Step step, steady_time deadline) {
    while (true) {
      ::ERR_clear_error();
      auto n = step();
      if (n > 0)
        return n;
      auto problem = ::SSL_get_error(ssl_, n);
      short events = problem == SSL_ERROR_WANT_READ    ? POLLIN
                     : problem == SSL_ERROR_WANT_WRITE ? POLLOUT
                                                       : 0;
      if (events == 0)
        is_open_ =
          is_open_ &&
          problem == SSL_ERROR_ZERO_RETURN; // After a fatal error nothing more may be sent.
      if (events == 0 || !wait(events, deadline))
        return 0;
    }
  }

  SSL* ssl_;
  bool is_open_ = false;
};

std::string last_tls_error() {
  std::array<char, 256> text{};
  ::ERR_error_string_n(::ERR_get_error(), text.data(), text.size());
  ::ERR_clear_error();
  return text.data();
}

} // namespace

transport::~transport() { ::close(socket_); }

bool transport::wait(short events, steady_time deadline) {
  pollfd p{socket_, events, 0};
  while (true) {
    auto n = ::poll(&p, 1, ms_until(deadline));
    if (n > 0)
      return true;
    if (n == 0 && steady_clock::now() >= deadline) {
      timed_out_ = true;
      return false;
    }
    if (n < 0 && errno != EINTR)
      return false;
  }
}

bool transport::wait_readable(steady_time deadline) {
  return has_pending() || wait(POLLIN, deadline);
}

bool transport::is_peer_gone() const {
  pollfd p{socket_, POLLRDHUP, 0};
  return ::poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void transport::stop_reading() { ::shutdown(socket_, SHUT_RD); }

void transport::cut() { ::shutdown(socket_, SHUT_RDWR); }

void transport::close_gently() {
  constexpr auto most_bytes = 1 << 20;
  say_goodbye();
  ::shutdown(socket_, SHUT_WR);
  auto deadline = steady_clock::now() + milliseconds{500};
  std::array<char, 16384> rest;
  for (ssize_t n = 0, total = 0; total < most_bytes; total += n) {
    n = ::recv(socket_, rest.data(), rest.size(), MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
      return;
    if (n < 0) {
      n = 0;
      if (!wait(POLLIN, deadline))
        return;
    }
  }
}

std::string transport::remote_address() const {
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  if (::getpeername(socket_, reinterpret_cast<sockaddr*>(&from), &size) != 0)
    return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (from.ss_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in&>(from).sin_addr, text.data(), text.size());
    return text.data();
  }
  ::inet_ntop(AF_INET6, &reinterpret_cast<sockaddr_in6&>(from).sin6_addr, text.data(), text.size());
  std::string_view address = text.data();
  constexpr std::string_view mapped = "::ffff:";
  if (address.starts_with(mapped) && address.find('.') != address.npos)
    address.remove_prefix(mapped.size());
  return std::string{address};
}

std::unique_ptr<transport> plain_transport(int socket) { return std::make_unique<plain>(socket); }

expected<std::shared_ptr<tls_context>> tls_context::load(const std::string& certificate_file,
                                                         const std::string& key_file) {
  auto* context = ::SSL_CTX_new(::TLS_server_method());
  if (!context)
    return fail(ec::internal, "no TLS: " + last_tls_error());
  std::shared_ptr<tls_context> it{new tls_context{context}};
  ::SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  ::SSL_CTX_set_options(context,
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                          SSL_OP_CIPHER_SERVER_PREFERENCE |
                          SSL_OP_CLEANSE_PLAINTEXT); // Passwords do not stay in its buffers.
  // A thousand quiet streams must not each keep 34 KiB of buffers.
  ::SSL_CTX_set_mode(context,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (::SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) != 1)
    return fail(ec::bad_request,
                fmt::format("certificate {}: {}", certificate_file, last_tls_error()));
  if (::SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return fail(ec::bad_request, fmt::format("private key {}: {}", key_file, last_tls_error()));
  return it;
}

tls_context::~tls_context() { ::SSL_CTX_free(static_cast<SSL_CTX*>(context_)); }

std::unique_ptr<transport> tls_context::wrap(int socket) const {
  return std::make_unique<tls>(socket, ::SSL_new(static_cast<SSL_CTX*>(context_)));
}

} // namespace aops::http
