#pragma once

#include "messages/types/block.hpp"

/// The log of what was done. Described in `messages/audit.hpp`.
#define AOPS_TYPES_audit(X)                                                                        \
  X(audit, log_query)                                                                              \
  X(audit, log_page)                                                                               \
  X(audit, log_to_verify)                                                                          \
  X(audit, log_verified)                                                                           \
  X(audit, noted_request)

AOPS_TYPE_BLOCK(audit, 2200)
