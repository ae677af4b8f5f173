#pragma once

#include "cli/aops/command/session.hpp"
#include "messages/alerts.hpp"

namespace aops::cli {

/// What is not well now, as `--severity`, `--host_list`, `--check_items`, `--value`, `--firing`
/// say; the newest alert first.
expected<alerts_query> open_selection(session& s);

/// Whether results are lines for people: a table was asked for, or there is a terminal.
/// The rows of a page that `--filter` chooses; `ec::bad_request` for a field that there is not.
expected<void> choose_alerts(const session& s, json& page);

/// How rows of alerts are shown with `-o name` and `-o csv`.
view alerts_view();

bool is_for_people(const session& s);

/// Says what is not shown of a list.
void note_rest(session& s, const json& page);

} // namespace aops::cli
