#pragma once

#include "messages/types/block.hpp"

/// Runs of deployment tasks. Described in `messages/run.hpp`.
#define AOPS_TYPES_run(X)                                                                          \
  X(run, runs_query)                                                                               \
  X(run, runs_page)                                                                                \
  X(run, run_hosts_query)                                                                          \
  X(run, run_hosts_page)                                                                           \
  X(run, run_log_query)                                                                            \
  X(run, run_log_page)                                                                             \
  X(run, runs_to_stop)                                                                             \
  X(run, runs_to_pause)                                                                            \
  X(run, runs_to_approve)                                                                          \
  X(run, runs_to_retry)                                                                            \
  X(run, runs_to_resume)                                                                           \
  X(run, runs_acted_on)                                                                            \
  X(run, run_stat_query)                                                                           \
  X(run, run_stats)                                                                                \
  X(run, run_to_watch)                                                                             \
  X(run, run_standing)                                                                             \
  X(run, run_key)                                                                                  \
  X(run, run_key_to_wipe)                                                                          \
  X(run, session_key_to_lend)                                                                      \
  X(run, session_key_lent)                                                                         \
  X(run, vault_opened)

AOPS_TYPE_BLOCK(run, 4400)
