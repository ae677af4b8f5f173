#pragma once

#include "messages/types/block.hpp"

/// Rules, results, explicit checks. Described in `messages/check.hpp`.
#define AOPS_TYPES_check(X)                                                                        \
  X(check, rules_to_import)                                                                        \
  X(check, rules_imported)                                                                         \
  X(check, rules_query)                                                                            \
  X(check, rules_page)                                                                             \
  X(check, rules_to_delete)                                                                        \
  X(check, count_rules)                                                                            \
  X(check, rules_counted)                                                                          \
  X(check, results_query)                                                                          \
  X(check, results_page)                                                                           \
  X(check, result_count_query)                                                                     \
  X(check, result_counts_page)                                                                     \
  X(check, check_to_execute)                                                                       \
  X(check, check_started)                                                                          \
  X(check, rule_to_test)                                                                           \
  X(check, rule_tested)                                                                            \
  X(check, series_query)                                                                           \
  X(check, series_page)

AOPS_TYPE_BLOCK(check, 1400)
