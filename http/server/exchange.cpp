#include "http/server/exchange.hpp"

#include <algorithm>
#include <cctype>

namespace aops::http {

std::string_view http_request::header(std::string_view name) const {
  auto fold = [](unsigned char c) { return c == '_' ? '-' : std::tolower(c); };
  for (const auto& [key, value] : headers)
    if (std::equal(key.begin(), key.end(), name.begin(), name.end(), [&](char a, char b) {
          return fold(a) == fold(b);
        }))
      return value;
  return {};
}

} // namespace aops::http
