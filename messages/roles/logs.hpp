#pragma once

#include "messages/logs.hpp"
#include "messages/roles/role.hpp"
#include "messages/types/logs.hpp"

#include <string_view>

namespace aops {

namespace actors {
inline constexpr std::string_view host_logs_name = "logs";
}

/// HOST LOGS: keeps the lines that hosts send to this node, and finds those that all nodes keep.
using host_logs_actor = caf::typed_actor<
  // Stores lines of the host of the token. ec::session_invalid when nobody has the token;
  // ec::permission_denied when a line says that it is of another host: none is stored then;
  // ec::bad_request with line and field; ec::overloaded when too much waits.
  answers<lines_to_take, lines_taken>,
  // Whose token it is, of those with which hosts send what they see. ec::session_invalid when
  // nobody has it; ec::overloaded.
  answers<host_token_query, host_token_known>,
  // Lines of the caller's hosts, on all nodes. ec::bad_request when the query does not read.
  asks<line_search, lines_found>,
  // How many there are over time.
  asks<line_histogram_query, line_histogram>,
  // Lines around one. ec::not_found when the caller has no such line.
  asks<line_context_query, line_context>,
  // The same of this node alone.
  answers<node_line_search, lines_found>,
  answers<node_line_histogram, line_histogram>,
  answers<node_line_context, line_context>,
  // Lines as they come, at all nodes.
  asks<lines_to_follow, lines_followed>,
  answers<node_lines_to_follow, node_lines_followed>,
  // Makes a token for one of the caller's hosts. ec::not_found, ec::conflict.
  asks<log_token_to_create, log_token_created>,
  asks<log_tokens_query, log_tokens_found>,
  asks<log_tokens_to_delete, log_tokens_deleted>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
