#include "cli/aops/net/target.hpp"

#include "cli/aops/text/language.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <charconv>

namespace aops::cli {

std::string target::origin() const {
  auto shown = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return fmt::format("{}://{}:{}", tls ? "https" : "http", shown, port);
}

expected<target> parse_url(std::string_view url) {
  auto wrong = [whole = std::string{url}](std::string_view why) {
    return fail(ec::bad_request, tr("URL `{}`: {}", whole, why));
  };
  target result;
  if (auto colon = url.find("://"); colon != std::string_view::npos) {
    auto scheme = url.substr(0, colon);
    if (scheme != "https" && scheme != "http")
      return wrong(tr("begins neither with https:// nor with http://"));
    result.tls = scheme == "https";
    result.port = result.tls ? 443 : 80;
    url.remove_prefix(colon + 3);
  }
  auto slash = url.find('/');
  if (slash != std::string_view::npos)
    result.prefix = url.substr(slash);
  while (result.prefix.ends_with('/'))
    result.prefix.pop_back();
  auto authority = url.substr(0, slash);
  if (authority.find('@') != std::string_view::npos)
    return wrong(tr("must not hold a user or password"));
  auto port = authority.rfind(':');
  auto bracket = authority.rfind(']');
  if (port != std::string_view::npos && (bracket == std::string_view::npos || port > bracket)) {
    auto digits = authority.substr(port + 1);
    auto [end, problem] =
      std::from_chars(digits.data(), digits.data() + digits.size(), result.port);
    if (problem != std::errc{} || end != digits.data() + digits.size() || result.port < 1 ||
        result.port > 65535)
      return wrong(tr("the port is no number from 1 to 65535"));
    authority = authority.substr(0, port);
  }
  if (authority.starts_with('[') && authority.ends_with(']'))
    authority = authority.substr(1, authority.size() - 2);
  if (authority.empty() || authority.find_first_of(" []?#\\") != std::string_view::npos)
    return wrong(tr("holds no host"));
  result.host = authority;
  return result;
}

bool is_loopback(std::string_view host) {
  std::string name{host};
  in_addr four{};
  if (::inet_pton(AF_INET, name.c_str(), &four) == 1)
    return (ntohl(four.s_addr) >> 24) == 127;
  in6_addr six{};
  if (::inet_pton(AF_INET6, name.c_str(), &six) == 1)
    return IN6_IS_ADDR_LOOPBACK(&six);
  return name == "localhost";
}

} // namespace aops::cli
