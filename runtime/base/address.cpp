#include "runtime/base/address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>

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

} // namespace

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
