#pragma once

#include "messages/types/block.hpp"

/// Samples that senders push. Described in `messages/push.hpp`.
#define AOPS_TYPES_push(X)                                                                         \
  X(push, samples_to_push)                                                                         \
  X(push, samples_pushed)                                                                          \
  X(push, write_to_take)                                                                           \
  X(push, write_taken)

AOPS_TYPE_BLOCK(push, 7600)
