#include "http/server/proxy.hpp"

#include "runtime/base/address.hpp"

#include <algorithm>
#include <cctype>

namespace aops::http {

namespace {

/// All lines of a name, as if they were one: a proxy may add its own below the client's.
std::string joined_lines(const http_request& request, std::string_view name) {
  std::string out;
  for (const auto& [each, value] : request.headers)
    if (same_name(each, name))
      out.append(out.empty() ? "" : ",").append(value);
  return out;
}

/// Takes the last item off a list with commas.
std::string_view take_last(std::string_view& list) {
  auto comma = list.rfind(',');
  auto last = trim(list.substr(comma == list.npos ? 0 : comma + 1));
  list = list.substr(0, comma == list.npos ? 0 : comma);
  return last;
}

} // namespace

std::string base_path_of(const http_request& request) {
  std::string path{request.header("X-Forwarded-Prefix")};
  while (path.ends_with('/'))
    path.pop_back();
  auto is_plain = [](unsigned char c) {
    return std::isalnum(c) || c == '/' || c == '-' || c == '_' || c == '.' || c == '~';
  };
  bool is_path = path.starts_with('/') && path.find("//") == path.npos &&
                 path.find("..") == path.npos && std::all_of(path.begin(), path.end(), is_plain);
  return is_path ? path : std::string{};
}

void believe_proxy(http_request& request, const std::vector<std::string>& trusted) {
  if (trusted.empty() || !base::is_in_networks(request.address, trusted))
    return;
  const auto schemes = joined_lines(request, "X-Forwarded-Proto");
  std::string_view said = schemes;
  if (auto scheme = take_last(said); !scheme.empty())
    request.is_secure = scheme == "https";
  const auto list = joined_lines(request, "X-Forwarded-For");
  std::string_view hops = list;
  while (!hops.empty() && base::is_in_networks(request.address, trusted)) {
    std::string address{take_last(hops)};
    if (!base::is_ip_address(address))
      return;
    request.address = std::move(address);
  }
}

} // namespace aops::http
