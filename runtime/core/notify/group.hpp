#pragma once

#include "messages/alertmanager.hpp"
#include "messages/diag.hpp"
#include "messages/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What Alertmanager tells of a group of alerts, and what a diagnosis of it says.
namespace aops::notify {

/// `2026-03-01T08:15:00.25Z`, `2026-03-01T09:15:00+01:00` in milliseconds since 1970 UTC.
/// ec::bad_request.
expected<int64_t> parse_rfc3339(std::string_view text);

/// By which of its labels the host of an alert is looked for, the surest first: its id, names,
/// addresses as they stand there, ports cut off.
struct host_hints {
  std::string id;
  std::vector<std::string> names; ///< Or addresses.
  int64_t port = 0;               ///< Of `instance`; 0: none.
};
host_hints hints_of(const label_set& labels);

/// The same group that began at the same time is the same diagnosis, on every node.
/// @param began_ms The earliest of its alerts.
std::string diagnosis_id(std::string_view owner, std::string_view group_key, int64_t began_ms);

/// Trees that the configuration binds to an alert.
/// @param pairs `ALERT=TREE`.
std::vector<std::string> trees_of(const std::vector<std::string>& pairs, std::string_view alert);

/// What a report says in a few lines: the root causes with their descriptions, else that there is
/// none, or why nobody knows.
std::string cause_of(const report_info& x);

/// Whether a report names a cause.
bool has_cause(const report_info& x);

} // namespace aops::notify
