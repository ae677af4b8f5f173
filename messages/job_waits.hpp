#pragma once

#include "messages/describe.hpp"
#include "messages/values.hpp"
#include "messages/wire.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// What a task that does not get on waits for.
namespace aops {

/// POST /diag/task/waits
struct task_waits_query {
  std::string task_id;
};
#define AOPS_FIELDS_task_waits_query(F) F(task_id, required().text(1, 64), "Task id.")
AOPS_MESSAGE(task_waits_query)

/// A host that was asked and has not answered, or not yet with success.
struct awaited_host {
  std::string host_id, node;
  moment since;
  int64_t attempts = 0;
  std::string last_error;
};
#define AOPS_FIELDS_awaited_host(F)                                                                \
  F(host_id, required(), "Host.")                                                                  \
  F(node, required(), "Node that answers for it; empty: none does now.")                           \
  F(since, required().as("fractional"), "Since when it is waited for.")                            \
  F(attempts, required(), "How often it was asked for the same.")                                  \
  F(last_error, required(), "What it answered last; empty: nothing yet.")
AOPS_MESSAGE(awaited_host)

struct task_waits {
  std::string task_id;
  int64_t hosts = 0;
  std::vector<awaited_host> waits_for;
  static constexpr size_t most_shown = 20;
};
#define AOPS_FIELDS_task_waits(F)                                                                  \
  F(task_id, required(), "Task.")                                                                  \
  F(hosts, required(), "How many hosts it waits for; 0 also when it does not run.")                \
  F(waits_for, required(), "At most 20 of them, the longest awaited first.")
AOPS_MESSAGE(task_waits)

/// To the job at work.
struct get_task_waits {
  std::string task_id;
};
AOPS_WIRE(get_task_waits, task_id)

} // namespace aops
