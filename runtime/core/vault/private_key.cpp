#include "runtime/core/vault/private_key.hpp"

#include "runtime/base/base64.hpp"

#include <string>

namespace aops::vault {

namespace {

constexpr std::string_view begin_mark = "-----BEGIN ", end_mark = "-----END ",
                           key_mark = "PRIVATE KEY-----";
/// What OpenSSH's own form begins with: a name, then how it is encrypted (a length of four bytes
/// and a name).
constexpr std::string_view openssh_magic{"openssh-key-v1\0", 15}, open_cipher{"\0\0\0\4none", 8};

tl::unexpected<error> locked() {
  return fail(ec::bad_request, "is locked by a passphrase: take it off (ssh-keygen -p)");
}

/// The bytes between the marks; empty when they are no base64.
std::string decoded(std::string_view body) {
  std::string digits;
  for (char c : body)
    if (c != '\n' && c != '\r' && c != ' ')
      digits += c;
  return base::from_base64(digits).value_or("");
}

} // namespace

expected<void> check_private_key(std::string_view pem) {
  auto begin = pem.find_first_not_of(" \t\r\n");
  auto line_end = pem.find('\n', begin == std::string_view::npos ? 0 : begin);
  auto end = pem.find(end_mark);
  if (begin == std::string_view::npos || line_end == std::string_view::npos ||
      end == std::string_view::npos || end < line_end || !pem.substr(begin).starts_with(begin_mark))
    return fail(ec::bad_request, "is no private key: -----BEGIN … PRIVATE KEY----- is expected");
  auto title = pem.substr(begin, line_end - begin);
  if (title.find(key_mark) == std::string_view::npos)
    return fail(ec::bad_request, "is no private key: -----BEGIN … PRIVATE KEY----- is expected");
  auto body = pem.substr(line_end, end - line_end);
  if (title.find("ENCRYPTED") != std::string_view::npos ||
      body.find("Proc-Type: 4,ENCRYPTED") != std::string_view::npos)
    return locked();
  auto bytes = decoded(body);
  if (bytes.empty())
    return fail(ec::bad_request, "is no private key: its body is no base64");
  if (title.find("OPENSSH") == std::string_view::npos)
    return {};
  if (!bytes.starts_with(openssh_magic))
    return fail(ec::bad_request, "is no private key of OpenSSH");
  return std::string_view{bytes}.substr(openssh_magic.size()).starts_with(open_cipher)
           ? expected<void>{}
           : locked();
}

} // namespace aops::vault
