#pragma once

#include "messages/types/block.hpp"

/// Accounts, sessions, and what any request comes with. Described in `messages/account.hpp`.
#define AOPS_TYPES_account(X)                                                                      \
  X(account, caller)                                                                               \
  X(account, log_in)                                                                               \
  X(account, logged_in)                                                                            \
  X(account, change_password)                                                                      \
  X(account, log_out)                                                                              \
  X(account, authenticate)                                                                         \
  X(account, nothing)                                                                              \
  X(account, done)

AOPS_TYPE_BLOCK(account, 1200)
