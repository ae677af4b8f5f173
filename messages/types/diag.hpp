#pragma once

#include "messages/types/block.hpp"

/// Trees, tasks and reports as users ask for them. Described in `messages/diag.hpp`.
#define AOPS_TYPES_diag(X)                                                                         \
  X(diag, trees_to_import)                                                                         \
  X(diag, trees_imported)                                                                          \
  X(diag, trees_query)                                                                             \
  X(diag, trees_to_delete)                                                                         \
  X(diag, trees_found)                                                                             \
  X(diag, diag_to_execute)                                                                         \
  X(diag, diag_started)                                                                            \
  X(diag, progress_query)                                                                          \
  X(diag, progress_found)                                                                          \
  X(diag, tasks_to_cancel)                                                                         \
  X(diag, tasks_cancelled)                                                                         \
  X(diag, tasks_to_resume)                                                                         \
  X(diag, tasks_resumed)                                                                           \
  X(diag, tasks_query)                                                                             \
  X(diag, tasks_page)                                                                              \
  X(diag, reports_query)                                                                           \
  X(diag, reports_page)                                                                            \
  X(diag, report_list_query)                                                                       \
  X(diag, reports_found)                                                                           \
  X(diag, reports_to_delete)

AOPS_TYPE_BLOCK(diag, 1600)
