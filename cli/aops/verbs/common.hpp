#pragma once

#include "cli/aops/command/session.hpp"
#include "cli/aops/text/time_text.hpp"

#include <optional>

namespace aops::cli {

// Options that several commands share.
inline const option direction_option{.name = "direction",
                                     .value = "WAY",
                                     .help = "Order of --sort",
                                     .choices = {"asc", "desc"},
                                     .fallback = "asc"};
inline const option page_option{.name = "page",
                                .value = "N",
                                .help = "Page of a list, from 1",
                                .fallback = "1",
                                .kind = option_kind::whole};
inline const option per_page_option{.name = "per_page",
                                    .value = "N",
                                    .help = "Rows a page, at most 50",
                                    .fallback = "20",
                                    .kind = option_kind::whole};
inline const option start_option{
  .name = "start",
  .value = "TIME",
  .help = "Begin, as 2024-03-01T10:15:30 (with Z or +02:00, else local) or 20240301-10:15:30"};
inline const option end_option{.name = "end", .value = "TIME", .help = "End, as --start"};
inline const option last_option{
  .name = "last",
  .value = "SPAN",
  .help = "The time up to now instead of --start and --end: 90s, 15m, 1h30m, 2d, 1w",
  .kind = option_kind::span,
  .is_extra = true};
inline const option exit_code_option{.name = "exit_code",
                                     .help = "End with 10 when something was found, else with 0",
                                     .kind = option_kind::flag,
                                     .is_extra = true};

/// The same option where the contract does not have it.
inline option extra(option x) {
  x.is_extra = true;
  return x;
}

/// Sets the page of a query. With a filter all rows are asked for: pages are of those that match.
template <class Query>
void add_paging(Query& query, const arguments& args) {
  if (args.has("filter"))
    return;
  if (!args.text("page").empty())
    query.page = args.whole("page");
  if (!args.text("per_page").empty())
    query.per_page = args.whole("per_page");
}

/// Sets the order of a query when the user wants one.
template <class Query>
void add_sort(Query& query, const arguments& args) {
  if (!args.has("sort"))
    return;
  query.sort = args.text("sort");
  query.direction = args.text("direction");
}

/// What `--start`, `--end`, `--last` say; nothing when none is given. A missing end is now; a
/// missing start lies an hour before the end. Begin after end is `ec::bad_request`.
expected<std::optional<time_range>> given_range(const session& s);

/// The same; without any of them it is the last hour.
expected<time_range> range_or_last_hour(const session& s);

/// As the messages have it.
std::vector<moment> moments_of(const time_range& range);

/// The number of elements must fit: `ec::bad_request` with the hint a user needs.
expected<std::vector<std::string>>
at_least_one(const arguments& args, std::string_view option, std::string_view what);

/// Ids of `--host_list`; `ec::not_found` unless every one is there.
expected<std::vector<std::string>> hosts_of(session& s);

/// As `at_least_one`, but one it must be.
expected<std::string>
exactly_one(const arguments& args, std::string_view option, std::string_view what);

/// Writes an export, tells where on standard error.
expected<void>
write_export(session& s, const std::string& path, std::string_view name, const std::string& text);

/// Puts `host_name` into rows that have a `host_id`.
void add_host_names(session& s, json& rows);

/// Rows of reports with `host_name`, and with `verdict` and `root_cause` read from the whole
/// reports of the first `most` rows.
expected<json> with_verdicts(session& s, const json& rows, size_t most = 1000);

/// The ids of reports given by id or by the beginning of one, found among the rows that the node
/// gave for them; when there are fewer rows than words, what no report is called is `missing`.
/// `ec::bad_request` when a beginning fits several.
expected<std::vector<std::string>>
report_ids(session& s, const std::vector<std::string>& words, const json& rows);

/// Tells which of the names no rule has, where the node passes over them and can be asked.
void find_missing_rules(session& s, const std::vector<std::string>& names);

/// How a list of reports is shown.
view reports_view();

} // namespace aops::cli
