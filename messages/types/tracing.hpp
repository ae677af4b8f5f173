#pragma once

#include "messages/types/block.hpp"

/// Configuration tracing. Described in `messages/tracing.hpp`.
#define AOPS_TYPES_tracing(X)                                                                      \
  X(tracing, domains_to_create)                                                                    \
  X(tracing, domains_query)                                                                        \
  X(tracing, traced_domains)                                                                       \
  X(tracing, domains_to_delete)                                                                    \
  X(tracing, tracing_done)                                                                         \
  X(tracing, hosts_to_trace)                                                                       \
  X(tracing, traced_hosts_query)                                                                   \
  X(tracing, traced_hosts)                                                                         \
  X(tracing, hosts_to_untrace)                                                                     \
  X(tracing, items_to_trace)                                                                       \
  X(tracing, traced_items_query)                                                                   \
  X(tracing, traced_items)                                                                         \
  X(tracing, items_to_untrace)                                                                     \
  X(tracing, item_history_query)                                                                   \
  X(tracing, item_history)                                                                         \
  X(tracing, full_history_query)                                                                   \
  X(tracing, full_history)                                                                         \
  X(tracing, real_configs_query)                                                                   \
  X(tracing, real_configs)                                                                         \
  X(tracing, domain_status_query)                                                                  \
  X(tracing, domain_status)                                                                        \
  X(tracing, configs_to_sync)                                                                      \
  X(tracing, configs_synced)                                                                       \
  X(tracing, trace_texts_query)                                                                    \
  X(tracing, trace_texts)                                                                          \
  X(tracing, trace_diff_query)                                                                     \
  X(tracing, trace_diff)                                                                           \
  X(tracing, trace_summary_query)                                                                  \
  X(tracing, trace_summary)                                                                        \
  X(tracing, trace_edits_query)                                                                    \
  X(tracing, trace_edits)                                                                          \
  X(tracing, trace_models_query)                                                                   \
  X(tracing, trace_models)                                                                         \
  X(tracing, told_files_to_take)                                                                   \
  X(tracing, told_files_taken)

AOPS_TYPE_BLOCK(tracing, 6400)
