#pragma once

#include "messages/types/block.hpp"

/// PromQL over what hosts measured. Described in `messages/query.hpp`.
#define AOPS_TYPES_query(X)                                                                        \
  X(query, query_at)                                                                               \
  X(query, query_over)                                                                             \
  X(query, query_to_format)                                                                        \
  X(query, series_to_list)                                                                         \
  X(query, label_names_to_list)                                                                    \
  X(query, label_values_to_list)                                                                   \
  X(query, metrics_to_list)                                                                        \
  X(query, query_answer)

AOPS_TYPE_BLOCK(query, 5600)
