#pragma once

#include "messages/types/block.hpp"

/// Lists that pages follow. Described in `messages/changes.hpp`.
#define AOPS_TYPES_changes(X)                                                                      \
  X(changes, lists_changed)                                                                        \
  X(changes, lists_to_show)

AOPS_TYPE_BLOCK(changes, 5400)
