#pragma once

#include "messages/types/block.hpp"

/// What users arranged for themselves. Described in `messages/view.hpp`.
#define AOPS_TYPES_view(X)                                                                         \
  X(view, views_query)                                                                             \
  X(view, views_found)                                                                             \
  X(view, view_to_save)                                                                            \
  X(view, views_to_delete)

AOPS_TYPE_BLOCK(view, 5500)
