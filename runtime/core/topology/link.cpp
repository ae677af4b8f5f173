#include "runtime/core/topology/link.hpp"

#include "runtime/base/address.hpp"

namespace aops::topology {

std::string plain_address(std::string_view text) {
  if (text.size() > 80)
    return {};
  if (text.starts_with('[') && text.ends_with(']'))
    text = text.substr(1, text.size() - 2);
  std::string bare{text.substr(0, text.find('%'))};
  if (!base::is_ip_address(bare))
    return {};
  auto plain = base::canonical_address(bare);
  constexpr std::string_view mapped = "::ffff:";
  if (plain.starts_with(mapped) && plain.find('.') != plain.npos)
    return plain.substr(mapped.size());
  return plain;
}

bool is_loopback(std::string_view plain) { return plain.starts_with("127.") || plain == "::1"; }
bool is_any_address(std::string_view plain) { return plain == "0.0.0.0" || plain == "::"; }
bool is_link_local(std::string_view plain) {
  return plain.starts_with("fe80:") || plain.starts_with("169.254.");
}

} // namespace aops::topology
