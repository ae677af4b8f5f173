#include "runtime/core/tracing/names.hpp"

#include "messages/host_info.hpp"
#include "runtime/core/tracing/source_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::tracing {

namespace {

constexpr std::string_view drift_prefix = "config_drift:";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_domain_character(char c) {
  return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

} // namespace

expected<void> check_domain_name(std::string_view name, std::string_view field) {
  bool is_fine = !name.empty() && name.size() <= most_domain_bytes && name != "." && name != ".." &&
                 std::all_of(name.begin(), name.end(), is_domain_character);
  if (is_fine)
    return {};
  return fail(ec::bad_request,
              fmt::format("{}: must be 1 to {} letters, digits, `_`, `-` and `.`, not `.` or `..`",
                          field,
                          most_domain_bytes));
}

expected<void> check_path(std::string_view path, std::string_view field) {
  if (path.size() > most_path_bytes)
    return fail(ec::bad_request,
                fmt::format("{}: must not be longer than {} bytes", field, most_path_bytes));
  bool is_printable = std::none_of(path.begin(), path.end(), [](char c) {
    auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
  if (!is_plain_path(path) || !is_printable || first_bad_byte(path) != path.npos)
    return fail(
      ec::bad_request,
      fmt::format("{}: must be the absolute path of a file, without `.` and `..`", field));
  return {};
}

std::string_view without_os_type(std::string_view path) {
  auto colon = path.find(":/");
  bool has_word = colon != path.npos && colon > 0 &&
                  std::all_of(path.begin(),
                              path.begin() + static_cast<std::ptrdiff_t>(colon),
                              is_domain_character);
  return has_word ? path.substr(colon + 1) : path;
}

std::string drift_name(std::string_view domain, std::string_view path) {
  return fmt::format("{}{}:{}", drift_prefix, domain, path);
}

expected<drift_place> read_drift_name(std::string_view name) {
  if (!name.starts_with(drift_prefix))
    return fail(ec::bad_request, "name: must be config_drift:DOMAIN:PATH");
  name.remove_prefix(drift_prefix.size());
  auto colon = name.find(':');
  if (colon == name.npos)
    return fail(ec::bad_request, "name: must be config_drift:DOMAIN:PATH");
  drift_place out{std::string{name.substr(0, colon)}, std::string{name.substr(colon + 1)}};
  if (auto fine = check_domain_name(out.domain, "name"); !fine)
    return fail(fine.error());
  if (auto fine = check_path(out.path, "name"); !fine)
    return fail(fine.error());
  return out;
}

} // namespace aops::tracing
