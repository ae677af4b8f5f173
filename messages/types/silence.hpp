#pragma once

#include "messages/types/block.hpp"

/// When nobody is told of alerts. Described in `messages/silence.hpp`.
#define AOPS_TYPES_silence(X)                                                                      \
  X(silence, silence_to_add)                                                                       \
  X(silence, silence_added)                                                                        \
  X(silence, silences_query)                                                                       \
  X(silence, silences_page)                                                                        \
  X(silence, silences_to_end)

AOPS_TYPE_BLOCK(silence, 7300)
