#pragma once

#include "messages/types/block.hpp"

/// What one says to a supervisor. Described in `messages/supervision.hpp`.
#define AOPS_TYPES_supervision(X)                                                                  \
  X(supervision, get_tree)                                                                         \
  X(supervision, tree_status)                                                                      \
  X(supervision, resolve_child)                                                                    \
  X(supervision, stop_child)

AOPS_TYPE_BLOCK(supervision, 1100)
