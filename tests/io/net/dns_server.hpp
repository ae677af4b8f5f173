#pragma once

#include <arpa/inet.h>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace aops::tests {

/// A name server on a free UDP port, whose answers the test says. Unknown names do not exist.
class dns_server {
public:
  enum class manner { answers, silent, broken };
  struct record {
    std::vector<std::string> addresses; ///< IPv4 and IPv6; none: the name exists all the same.
    uint32_t ttl = 60;
    manner how = manner::answers;
  };

  dns_server() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    ::bind(socket_, reinterpret_cast<sockaddr*>(&at), size);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~dns_server() {
    stop_ = true;
    thread_.join();
    ::close(socket_);
  }
  dns_server(const dns_server&) = delete;
  dns_server& operator=(const dns_server&) = delete;

  /// As `resolver_options::servers` has it.
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  void set(const std::string& name, record x) {
    std::lock_guard lock(mutex_);
    records_[name] = std::move(x);
  }
  void remove(const std::string& name) {
    std::lock_guard lock(mutex_);
    records_.erase(name);
  }
  /// Questions for IPv4 addresses of the name so far.
  int asked(const std::string& name) const {
    std::lock_guard lock(mutex_);
    auto x = asked_.find(name);
    return x == asked_.end() ? 0 : x->second;
  }

private:
  static constexpr uint16_t type_a = 1, type_aaaa = 28;

  void serve() {
    char packet[512];
    while (!stop_) {
      pollfd waits{socket_, POLLIN, 0};
      if (::poll(&waits, 1, 20) <= 0)
        continue;
      sockaddr_in from{};
      socklen_t size = sizeof from;
      auto n =
        ::recvfrom(socket_, packet, sizeof packet, 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (n < 17)
        continue;
      auto reply = answer_to({packet, static_cast<size_t>(n)});
      if (!reply.empty())
        ::sendto(socket_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }

  static void put16(std::string& out, unsigned x) {
    out += static_cast<char>(x >> 8);
    out += static_cast<char>(x);
  }

  std::string answer_to(std::string_view question) {
    std::string name;
    size_t at = 12;
    while (at < question.size() && question[at] != 0) {
      auto length = static_cast<unsigned char>(question[at]);
      name += (name.empty() ? "" : ".") + std::string{question.substr(at + 1, length)};
      at += 1 + length;
    }
    auto type = static_cast<uint16_t>(static_cast<unsigned char>(question[at + 1]) << 8 |
                                      static_cast<unsigned char>(question[at + 2]));
    auto end = at + 5;
    std::lock_guard lock(mutex_);
    asked_[name] += type == type_a;
    auto x = records_.find(name);
    if (x != records_.end() && x->second.how == manner::silent)
      return {};
    unsigned code = x == records_.end() ? 3 : x->second.how == manner::broken ? 2 : 0;
    std::string body;
    unsigned count = 0;
    if (code == 0)
      for (const auto& address : x->second.addresses) {
        unsigned char bytes[16];
        bool is_ipv6 = address.find(':') != std::string::npos;
        if (type != (is_ipv6 ? type_aaaa : type_a) ||
            ::inet_pton(is_ipv6 ? AF_INET6 : AF_INET, address.c_str(), bytes) != 1)
          continue;
        ++count;
        put16(body, 0xC00C); // The name of the question.
        put16(body, type);
        put16(body, 1);
        put16(body, x->second.ttl >> 16);
        put16(body, x->second.ttl & 0xFFFF);
        put16(body, is_ipv6 ? 16 : 4);
        body.append(reinterpret_cast<char*>(bytes), is_ipv6 ? 16 : 4);
      }
    std::string out{question.substr(0, 2)};
    put16(out, 0x8180 | code);
    put16(out, 1);
    put16(out, count);
    put16(out, 0);
    put16(out, 0);
    return out + std::string{question.substr(12, end - 12)} + body;
  }

  int socket_;
  uint16_t port_ = 0;
  std::atomic<bool> stop_{false};
  mutable std::mutex mutex_;
  std::map<std::string, record> records_;
  std::map<std::string, int> asked_;
  std::thread thread_;
};

} // namespace aops::tests
