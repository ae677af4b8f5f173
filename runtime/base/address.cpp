#include "runtime/base/address.hpp"

#include "runtime/base/units.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <optional>

namespace aops::base {

namespace {

constexpr size_t longest_label = 63, longest_name = 253;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_label(std::string_view x) {
  return !x.empty() && x.size() <= longest_label && x.front() != '-' && x.back() != '-' &&
         std::all_of(x.begin(), x.end(), [](char c) {
           return is_digit(c) || is_letter(c) || c == '-' || c == '_';
         });
}

/// `10`, `0x1f`: what a reader of old takes for part of an IPv4 address.
bool is_number(std::string_view x) {
  return std::all_of(x.begin(), x.end(), is_digit) || x.starts_with("0x") || x.starts_with("0X");
}

/// The text that the system writes for it; empty when it is no address of this family.
std::string rewritten(int family, const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  std::array<char, INET6_ADDRSTRLEN> out{};
  if (::inet_pton(family, text.c_str(), bytes.data()) != 1)
    return {};
  return ::inet_ntop(family, bytes.data(), out.data(), out.size());
}

/// An address as IPv6, and how many of its bits a network has.
struct network {
  in6_addr bytes{};
  int bits = 128;
};

std::optional<network> address_of(const std::string& text) {
  network out;
  in_addr four{};
  if (::inet_pton(AF_INET, text.c_str(), &four) == 1) {
    constexpr int mapped = 12; // ::ffff:0:0/96
    out.bytes.s6_addr[10] = out.bytes.s6_addr[11] = 0xff;
    std::memcpy(out.bytes.s6_addr + mapped, &four, sizeof four);
    return out;
  }
  if (::inet_pton(AF_INET6, text.c_str(), &out.bytes) == 1)
    return out;
  return {};
}

std::optional<network> network_of(const std::string& text) {
  auto slash = text.find('/');
  auto out = address_of(text.substr(0, slash));
  if (!out || slash == text.npos)
    return out;
  auto bits = parse_integer(std::string_view{text}.substr(slash + 1));
  bool is_four = text.find(':') == text.npos;
  if (!bits || *bits < 0 || *bits > (is_four ? 32 : 128))
    return {};
  out->bits = static_cast<int>(*bits) + (is_four ? 96 : 0);
  return out;
}

bool is_in(const in6_addr& address, const network& net) {
  int whole = net.bits / 8, rest = net.bits % 8;
  if (std::memcmp(address.s6_addr, net.bytes.s6_addr, static_cast<size_t>(whole)) != 0)
    return false;
  auto mask = static_cast<unsigned char>(0xff << (8 - rest));
  return rest == 0 || ((address.s6_addr[whole] ^ net.bytes.s6_addr[whole]) & mask) == 0;
}

} // namespace

bool is_network(const std::string& text) { return network_of(text).has_value(); }

bool is_in_networks(const std::string& address, const std::vector<std::string>& networks) {
  auto known = address_of(address);
  return known && std::any_of(networks.begin(), networks.end(), [&](const std::string& text) {
           auto net = network_of(text);
           return net && is_in(known->bytes, *net);
         });
}

bool is_ip_address(const std::string& text) {
  return !rewritten(AF_INET, text).empty() || !rewritten(AF_INET6, text).empty();
}

bool is_dns_name(std::string_view text) {
  if (text.ends_with('.'))
    text.remove_suffix(1);
  if (text.empty() || text.size() > longest_name)
    return false;
  while (true) {
    auto dot = text.find('.');
    auto label = text.substr(0, dot);
    if (!is_label(label))
      return false;
    if (dot == std::string_view::npos)
      return !is_number(label);
    text.remove_prefix(dot + 1);
  }
}

std::string canonical_address(const std::string& text) {
  for (int family : {AF_INET, AF_INET6})
    if (auto ip = rewritten(family, text); !ip.empty())
      return ip;
  if (!is_dns_name(text))
    return text;
  auto name = text;
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (name.ends_with('.'))
    name.pop_back();
  return name;
}

std::string with_port(const std::string& address, int64_t port) {
  bool is_ipv6 = address.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

} // namespace aops::base
