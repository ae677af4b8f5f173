#pragma once

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <chrono>
#include <cstdlib>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

namespace tests {

/// A client that sends exactly what it is told, for what no well-behaved client would send.
class raw_client {
public:
  explicit raw_client(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    BOOST_REQUIRE(::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
    int yes = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  }
  ~raw_client() { close(); }
  raw_client(raw_client&& x) noexcept
      : socket_(std::exchange(x.socket_, -1)), in_(std::move(x.in_)) {}
  raw_client& operator=(raw_client&&) = delete;

  void close() {
    if (socket_ >= 0)
      ::close(socket_);
    socket_ = -1;
  }

  /// False when the peer closed.
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      auto n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0)
        return false;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }

  struct response {
    int status = 0;
    std::string head, body;
    bool says(std::string_view header) const { return head.find(header) != head.npos; }
  };

  /// One answer with a Content-Length; status 0 when the connection ended instead.
  response read_response(std::chrono::milliseconds patience = std::chrono::seconds{20}) {
    response r;
    if (!read_until("\r\n\r\n", patience))
      return r;
    r.head = take(in_.find("\r\n\r\n") + 4);
    r.status = std::atoi(r.head.c_str() + r.head.find(' ') + 1);
    constexpr std::string_view name = "Content-Length: ";
    auto at = r.head.find(name);
    auto size =
      at == r.head.npos ? 0 : std::strtoul(r.head.c_str() + at + name.size(), nullptr, 10);
    while (in_.size() < size && fill(patience)) {
    }
    r.body = take(std::min<size_t>(size, in_.size()));
    return r;
  }

  response ask(std::string_view request) {
    send(request);
    return read_response();
  }

  /// Reads until the text has come; false when the connection ended or it took too long.
  bool read_until(std::string_view text,
                  std::chrono::milliseconds patience = std::chrono::seconds{20}) {
    auto deadline = std::chrono::steady_clock::now() + patience;
    while (in_.find(text) == in_.npos) {
      auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0 || !fill(left))
        return false;
    }
    return true;
  }

  /// Whether the server closes; what it still sends stays readable.
  bool is_closed_within(std::chrono::milliseconds patience) {
    auto deadline = std::chrono::steady_clock::now() + patience;
    while (true) {
      auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0)
        return false;
      pollfd p{socket_, POLLIN, 0};
      if (::poll(&p, 1, static_cast<int>(left.count())) > 0 && !fill(left))
        return true;
    }
  }

  std::string& received() { return in_; }
  int socket() const { return socket_; }

private:
  bool fill(std::chrono::milliseconds patience) {
    pollfd p{socket_, POLLIN, 0};
    if (::poll(&p, 1, static_cast<int>(patience.count())) <= 0)
      return false;
    char piece[16384];
    auto n = ::recv(socket_, piece, sizeof piece, 0);
    if (n > 0)
      in_.append(piece, static_cast<size_t>(n));
    return n > 0;
  }

  std::string take(size_t n) {
    auto text = in_.substr(0, n);
    in_.erase(0, n);
    return text;
  }

  int socket_;
  std::string in_;
};

/// A request with a JSON body.
inline std::string json_request(std::string_view method,
                                std::string_view path,
                                std::string_view body,
                                std::string_view token = {}) {
  std::string r{method};
  r.append(" ").append(path).append(
    " HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n");
  if (!token.empty())
    r.append("Access-Token: ").append(token).append("\r\n");
  r.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
  return r;
}

inline std::string get_request(std::string_view path, std::string_view token = {}) {
  std::string r{"GET "};
  r.append(path).append(" HTTP/1.1\r\nHost: test\r\n");
  if (!token.empty())
    r.append("Access-Token: ").append(token).append("\r\n");
  return r.append("\r\n");
}

} // namespace tests
