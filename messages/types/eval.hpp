#pragma once

#include "messages/types/block.hpp"

/// Conditions tried out. Described in `messages/eval.hpp`.
#define AOPS_TYPES_eval(X)                                                                         \
  X(eval, condition_to_eval)                                                                       \
  X(eval, condition_evaluated)

AOPS_TYPE_BLOCK(eval, 4200)
