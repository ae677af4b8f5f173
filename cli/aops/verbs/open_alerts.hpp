#pragma once

#include "cli/aops/command/session.hpp"
#include "messages/alerts.hpp"

namespace aops::cli {

/// What is not well now, as `--severity`, `--host_list`, `--check_items`, `--value`, `--firing`
/// say; the newest alert first.
expected<alerts_query> open_selection(session& s);

/// Whether results are lines for people: a table was asked for, or there is a terminal.
bool is_for_people(const session& s);

/// Says what is not shown of a list.
void note_rest(session& s, const json& page);

} // namespace aops::cli
