#pragma once

#include "messages/types/block.hpp"

/// Requests that may come again. Described in `messages/repeat.hpp`.
#define AOPS_TYPES_repeat(X)                                                                       \
  X(repeat, answer_to_keep)                                                                        \
  X(repeat, answer_kept)

AOPS_TYPE_BLOCK(repeat, 3000)
