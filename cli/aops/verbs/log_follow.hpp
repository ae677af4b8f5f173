#pragma once

#include "cli/aops/command/session.hpp"
#include "messages/logs.hpp"

namespace aops::cli {

/// Shows the last lines that are found, and then what comes, until Ctrl-C; over lost connections
/// and to other nodes. Of its lines, one row each: as JSON with `-o json`.
/// @param wanted Its `query` and `host_list`, and how many lines there shall be at the begin.
int follow_lines(session& s, line_search wanted);

} // namespace aops::cli
