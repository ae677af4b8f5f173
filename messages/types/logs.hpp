#pragma once

#include "messages/types/block.hpp"

/// Lines that hosts logged. Described in `messages/logs.hpp`.
#define AOPS_TYPES_logs(X)                                                                         \
  X(logs, line_search)                                                                             \
  X(logs, lines_found)                                                                             \
  X(logs, line_histogram_query)                                                                    \
  X(logs, line_histogram)                                                                          \
  X(logs, line_context_query)                                                                      \
  X(logs, line_context)                                                                            \
  X(logs, log_token_to_create)                                                                     \
  X(logs, log_token_created)                                                                       \
  X(logs, log_tokens_query)                                                                        \
  X(logs, log_tokens_found)                                                                        \
  X(logs, log_tokens_to_delete)                                                                    \
  X(logs, log_tokens_deleted)                                                                      \
  X(logs, lines_to_take)                                                                           \
  X(logs, lines_taken)                                                                             \
  X(logs, node_line_search)                                                                        \
  X(logs, node_line_histogram)                                                                     \
  X(logs, node_line_context)                                                                       \
  X(logs, tap_place)                                                                               \
  X(logs, lines_to_follow)                                                                         \
  X(logs, lines_followed)                                                                          \
  X(logs, node_lines_to_follow)                                                                    \
  X(logs, node_lines_followed)                                                                     \
  X(logs, host_token_query)                                                                        \
  X(logs, host_token_known)

AOPS_TYPE_BLOCK(logs, 6700)
