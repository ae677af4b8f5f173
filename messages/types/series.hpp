#pragma once

#include "messages/types/block.hpp"

/// What is known of series. Described in `messages/series.hpp`.
#define AOPS_TYPES_series(X)                                                                       \
  X(series, stored_series_query)                                                                   \
  X(series, stored_series_known)                                                                   \
  X(series, host_series_query)                                                                     \
  X(series, host_series_known)

AOPS_TYPE_BLOCK(series, 4100)
