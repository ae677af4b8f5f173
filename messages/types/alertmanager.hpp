#pragma once

#include "messages/types/block.hpp"

/// Alerts that Alertmanager tells of. Described in `messages/alertmanager.hpp`.
#define AOPS_TYPES_alertmanager(X)                                                                 \
  X(alertmanager, alert_group)                                                                     \
  X(alertmanager, alert_group_taken)

AOPS_TYPE_BLOCK(alertmanager, 5300)
