#pragma once

#include "cli/aops/session.hpp"

namespace aops::cli {

// Options that several commands share.
inline constexpr option page_option =
  text_option("page", "N", "Page of a list, from 1").whole().or_else("1");
inline constexpr option per_page_option =
  text_option("per_page", "N", "Rows a page, at most 50").whole().or_else("20");
inline constexpr option direction_option =
  text_option("direction", "WAY", "Order of --sort").one_of("asc|desc").or_else("asc");
inline constexpr option start_option =
  text_option("start", "TIME", "Begin, as 20240301-10:15:30 local time");
inline constexpr option end_option =
  text_option("end", "TIME", "End, as 20240301-10:15:30 local time");
inline constexpr option last_option =
  text_option("last", "SPAN", "The time up to now instead of --start and --end: 90s, 15m, 1h, 2d");

/// Adds `page` and `per_page`.
void add_paging(json& body, const arguments& args);

/// Adds `sort` and `direction` when the user wants an order.
void add_sort(json& body, const arguments& args);

/// Adds `key` with the list of the option; an absent option is an empty list.
expected<void>
add_list(json& body, const arguments& args, std::string_view option, const char* key);

/// What `--start`, `--end`, `--last` say; nothing when none is given. A missing end is now; a
/// missing start lies `span_s` before the end. Begin after end is `ec::bad_request`.
expected<std::optional<time_range>> given_range(const session& s, int64_t span_s);

json to_json(const time_range& range);

/// The number of elements must fit: `ec::bad_request` with the hint a user needs.
expected<std::vector<std::string>>
at_least_one(const arguments& args, std::string_view option, std::string_view what);

/// Writes an export, tells where on standard error.
expected<void>
write_export(session& s, const std::string& path, std::string_view name, const std::string& text);

/// Rows of reports with `host_name`, and with `verdict` and `root_cause` read from the whole
/// reports of the first `most` rows.
expected<json> with_verdicts(session& s, const json& rows, size_t most = 1000);

} // namespace aops::cli
