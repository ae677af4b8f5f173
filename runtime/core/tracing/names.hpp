#pragma once

#include "messages/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>

/// Configuration tracing: what stands in configuration files, and how it differs from what is
/// expected. Pure. The formats and rules: docs/reference/tracing.md.
namespace aops::tracing {

inline constexpr size_t most_domain_bytes = 255;
inline constexpr size_t most_path_bytes = 4096;

/// Letters, digits, `_`, `-` and `.` of ASCII, 1 to 255 of them, neither `.` nor `..`.
/// ec::bad_request, whose detail begins with `field` and does not repeat the name.
expected<void> check_domain_name(std::string_view name, std::string_view field = "domainName");

/// The rules of `/manage/config/collect`: absolute, a file, without `.` and `..`; printable UTF-8,
/// at most 4096 bytes. ec::bad_request, whose detail begins with `field`.
expected<void> check_path(std::string_view path, std::string_view field = "filePath");

/// A path without the `openEuler:` that old data has before it: a word and a colon before a `/`.
std::string_view without_os_type(std::string_view path);

/// The name under which a changed file is a result: `config_drift:DOMAIN:PATH`.
std::string drift_name(std::string_view domain, std::string_view path);

/// What a drift name is made of.
struct drift_place {
  std::string domain, path;
};

/// The parts of such a name; ec::bad_request when it is none.
expected<drift_place> read_drift_name(std::string_view name);

} // namespace aops::tracing
