#pragma once

#include "messages/types/block.hpp"

/// Message queues: how they are, and messages that could not be used. Described in
/// `messages/kafka.hpp`.
#define AOPS_TYPES_kafka(X)                                                                        \
  X(kafka, kafka_query)                                                                            \
  X(kafka, kafka_status)                                                                           \
  X(kafka, dead_query)                                                                             \
  X(kafka, dead_page)                                                                              \
  X(kafka, dead_to_show)                                                                           \
  X(kafka, dead_shown)                                                                             \
  X(kafka, dead_to_replay)                                                                         \
  X(kafka, dead_to_drop)                                                                           \
  X(kafka, dead_changed)

AOPS_TYPE_BLOCK(kafka, 4300)
