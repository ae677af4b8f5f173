#include "http/server/exchange.hpp"

#include <algorithm>
#include <cctype>

namespace aops::http {

bool same_name(std::string_view a, std::string_view b) {
  auto same = [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

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
