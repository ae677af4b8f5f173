#pragma once

#include "messages/types/block.hpp"

/// What a node says of its machine. Described in `messages/doctor.hpp`.
#define AOPS_TYPES_doctor(X)                                                                       \
  X(doctor, doctor_query)                                                                          \
  X(doctor, examined_nodes)                                                                        \
  X(doctor, node_doctor_query)                                                                     \
  X(doctor, node_examined)

AOPS_TYPE_BLOCK(doctor, 2800)
