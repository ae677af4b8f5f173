#pragma once

#include "messages/types/block.hpp"

/// What hosts find, between them and the stores. Described in `messages/rounds.hpp`.
#define AOPS_TYPES_rounds(X)                                                                       \
  X(rounds, rounds_to_commit)                                                                      \
  X(rounds, host_state_query)                                                                      \
  X(rounds, host_state)                                                                            \
  X(rounds, samples_query)                                                                         \
  X(rounds, sample_rows)                                                                           \
  X(rounds, get_owner_rules)                                                                       \
  X(rounds, owner_rules)                                                                           \
  X(rounds, rules_changed)                                                                         \
  X(rounds, host_results_query)                                                                    \
  X(rounds, host_results)                                                                          \
  X(rounds, results_to_replace)                                                                    \
  X(rounds, pieces_query)                                                                          \
  X(rounds, pieces_found)

AOPS_TYPE_BLOCK(rounds, 1500)
