#pragma once

#include "messages/types/block.hpp"

/// What is wrong now, and whom that is told to. Described in `messages/alerts.hpp`.
#define AOPS_TYPES_alerts(X)                                                                       \
  X(alerts, alerts_query)                                                                          \
  X(alerts, alerts_page)                                                                           \
  X(alerts, status_query)                                                                          \
  X(alerts, status_counts)                                                                         \
  X(alerts, status_of_slots)                                                                       \
  X(alerts, slots_status)                                                                          \
  X(alerts, receivers_query)                                                                       \
  X(alerts, receivers_found)                                                                       \
  X(alerts, notice_to_test)                                                                        \
  X(alerts, notice_tested)                                                                         \
  X(alerts, alert_history_query)                                                                   \
  X(alerts, alert_history)

AOPS_TYPE_BLOCK(alerts, 1900)
