#pragma once

#include "messages/types/block.hpp"

/// What other services keep here and read. Described in `messages/data.hpp`.
#define AOPS_TYPES_data(X)                                                                         \
  X(data, user_to_act_for)                                                                         \
  X(data, hosts_to_keep)                                                                           \
  X(data, users_hosts_query)                                                                       \
  X(data, users_hosts_found)                                                                       \
  X(data, results_to_save)                                                                         \
  X(data, results_saved)                                                                           \
  X(data, results_to_delete)                                                                       \
  X(data, reports_to_save)                                                                         \
  X(data, reports_saved)                                                                           \
  X(data, task_to_save)                                                                            \
  X(data, samples_to_get)                                                                          \
  X(data, samples_found)                                                                           \
  X(data, samples_to_delete)                                                                       \
  X(data, rows_deleted)                                                                            \
  X(data, hosts_to_count)

AOPS_TYPE_BLOCK(data, 2700)
