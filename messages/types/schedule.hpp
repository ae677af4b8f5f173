#pragma once

#include "messages/types/block.hpp"

/// Schedules of deployment tasks. Described in `messages/schedule.hpp`.
#define AOPS_TYPES_schedule(X)                                                                     \
  X(schedule, schedule_to_add)                                                                     \
  X(schedule, schedule_added)                                                                      \
  X(schedule, schedule_to_update)                                                                  \
  X(schedule, schedules_query)                                                                     \
  X(schedule, schedules_page)                                                                      \
  X(schedule, schedules_to_delete)                                                                 \
  X(schedule, schedule_to_preview)                                                                 \
  X(schedule, schedule_previewed)

AOPS_TYPE_BLOCK(schedule, 4600)
