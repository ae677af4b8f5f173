#pragma once

#include "messages/job.hpp"
#include "messages/kafka.hpp"
#include "runtime/io/storage/outbox_repository.hpp"

/// Events as rows of the outbox, of those who write what they tell of.
namespace aops::storage {

/// @param number Of the report in its task.
outbox_event event_of(const report_to_store& x,
                      std::string_view task,
                      std::string_view owner,
                      int64_t number,
                      const event_topics& topics);

outbox_event event_of(const job_progress& x,
                      std::string_view kind,
                      std::string_view owner,
                      const event_topics& topics);

/// @param x All but its id.
outbox_event event_of(check_result_event x, const event_topics& topics);

} // namespace aops::storage
