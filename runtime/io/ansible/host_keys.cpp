#include "runtime/io/ansible/host_keys.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/io/ansible/play.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>

namespace aops::ansible {

namespace {

constexpr std::string_view base64_digits =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Without `=` at the end.
std::string base64(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  auto n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                           reinterpret_cast<const unsigned char*>(bytes.data()),
                           static_cast<int>(bytes.size()));
  out.resize(static_cast<size_t>(n));
  out.erase(out.find_last_not_of('=') + 1);
  return out;
}

/// Empty when it is none.
std::string from_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0 || text.size() > 16'384)
    return {};
  auto padding = text.size() - 1 - text.find_last_not_of('=');
  if (padding > 2)
    return {};
  std::string out(text.size() / 4 * 3, '\0');
  auto n = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                           reinterpret_cast<const unsigned char*>(text.data()),
                           static_cast<int>(text.size()));
  if (n < 0)
    return {};
  out.resize(static_cast<size_t>(n) - padding);
  return out;
}

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
  auto blob =
    is_key(host_key) ? from_base64(host_key.substr(host_key.find(' ') + 1)) : std::string{};
  if (blob.empty())
    return {};
  auto digest = base::sha256(blob);
  return "SHA256:" + base64({reinterpret_cast<const char*>(digest.data()), digest.size()});
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
