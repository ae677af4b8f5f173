#include "runtime/io/ansible/host_keys.hpp"

#include "runtime/base/base64.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/io/ansible/play.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::ansible {

namespace {

constexpr std::string_view base64_digits =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The two words of a key, one blank between them.
bool is_key(std::string_view key) {
  auto blank = key.find(' ');
  if (blank == std::string_view::npos || blank == 0)
    return false;
  auto type = key.substr(0, blank), digits = key.substr(blank + 1);
  return type.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-@.") ==
           std::string_view::npos &&
         !digits.empty() &&
         digits.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
                                  "=") == std::string_view::npos;
}

/// `SHA256:` and what belongs to it; empty when the text has none.
std::string_view fingerprint_in(std::string_view text) {
  constexpr std::string_view sign = "SHA256:";
  auto at = text.find(sign);
  if (at == std::string_view::npos)
    return {};
  auto end = std::min(text.find_first_not_of(base64_digits, at + sign.size()), text.size());
  return text.substr(at, end - at);
}

} // namespace

std::string key_fingerprint(std::string_view host_key) {
  if (!is_key(host_key))
    return {};
  auto blob = base::from_base64(host_key.substr(host_key.find(' ') + 1));
  if (!blob || blob->empty())
    return {};
  auto digest = base::sha256(*blob);
  auto print = base::to_base64({reinterpret_cast<const char*>(digest.data()), digest.size()});
  return "SHA256:" + print.substr(0, print.find('='));
}

std::string known_hosts(std::string_view host, const std::vector<std::string>& keys) {
  std::string out;
  for (const auto& key : keys)
    if (is_key(key))
      out += fmt::format("{} {}\n", host, key);
  return out;
}

std::vector<std::string> keys_of(std::string_view known_hosts) {
  std::vector<std::string> out;
  for (size_t at = 0; at < known_hosts.size();) {
    auto end = std::min(known_hosts.find('\n', at), known_hosts.size());
    auto line = known_hosts.substr(at, end - at);
    if (auto blank = line.find(' '); blank != std::string_view::npos && blank > 0)
      if (auto key = line.substr(blank + 1); is_key(key))
        out.emplace_back(key);
    at = end + 1;
  }
  return out;
}

std::string changed_key_message(std::string_view ssh_output, const std::vector<std::string>& keys) {
  if (ssh_output.find("Host key verification failed") == std::string_view::npos &&
      ssh_output.find("HOST IDENTIFICATION HAS CHANGED") == std::string_view::npos)
    return {};
  std::string known;
  for (const auto& key : keys)
    if (auto print = key_fingerprint(key); !print.empty())
      known += (known.empty() ? "" : ", ") + print;
  auto shown = fingerprint_in(ssh_output);
  return fmt::format(
    "the host key has changed: known {}, shown {}; if that is right, accept it with "
    "`aops host trust`",
    known.empty() ? "none" : known,
    shown.empty() ? "another kind of key" : shown);
}

} // namespace aops::ansible
