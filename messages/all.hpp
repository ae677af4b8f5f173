#pragma once

/// Every subject. For the units that need each type of each block complete: the one that registers
/// them and those that test them. Others include what they speak.
#include "messages/account.hpp"
#include "messages/alertmanager.hpp"
#include "messages/alerts.hpp"
#include "messages/audit.hpp"
#include "messages/changes.hpp"
#include "messages/check.hpp"
#include "messages/cluster.hpp"
#include "messages/data.hpp"
#include "messages/diag.hpp"
#include "messages/doctor.hpp"
#include "messages/error.hpp"
#include "messages/eval.hpp"
#include "messages/host.hpp"
#include "messages/host_info.hpp"
#include "messages/job.hpp"
#include "messages/job_waits.hpp"
#include "messages/kafka.hpp"
#include "messages/logs.hpp"
#include "messages/package.hpp"
#include "messages/push.hpp"
#include "messages/query.hpp"
#include "messages/remote.hpp"
#include "messages/repeat.hpp"
#include "messages/rounds.hpp"
#include "messages/rule_cost.hpp"
#include "messages/run.hpp"
#include "messages/schedule.hpp"
#include "messages/series.hpp"
#include "messages/silence.hpp"
#include "messages/supervision.hpp"
#include "messages/task.hpp"
#include "messages/template.hpp"
#include "messages/topology.hpp"
#include "messages/tracing.hpp"
#include "messages/types/account.hpp"
#include "messages/types/alertmanager.hpp"
#include "messages/types/alerts.hpp"
#include "messages/types/audit.hpp"
#include "messages/types/changes.hpp"
#include "messages/types/check.hpp"
#include "messages/types/cluster.hpp"
#include "messages/types/common.hpp"
#include "messages/types/data.hpp"
#include "messages/types/diag.hpp"
#include "messages/types/doctor.hpp"
#include "messages/types/eval.hpp"
#include "messages/types/host.hpp"
#include "messages/types/host_info.hpp"
#include "messages/types/job.hpp"
#include "messages/types/job_waits.hpp"
#include "messages/types/kafka.hpp"
#include "messages/types/logs.hpp"
#include "messages/types/package.hpp"
#include "messages/types/push.hpp"
#include "messages/types/query.hpp"
#include "messages/types/remote.hpp"
#include "messages/types/repeat.hpp"
#include "messages/types/rounds.hpp"
#include "messages/types/rule_cost.hpp"
#include "messages/types/run.hpp"
#include "messages/types/schedule.hpp"
#include "messages/types/series.hpp"
#include "messages/types/silence.hpp"
#include "messages/types/supervision.hpp"
#include "messages/types/task.hpp"
#include "messages/types/template.hpp"
#include "messages/types/topology.hpp"
#include "messages/types/tracing.hpp"
#include "messages/types/upkeep.hpp"
#include "messages/types/users.hpp"
#include "messages/types/vault.hpp"
#include "messages/types/view.hpp"
#include "messages/upkeep.hpp"
#include "messages/upstream.hpp"
#include "messages/users.hpp"
#include "messages/vault.hpp"
#include "messages/view.hpp"

#include <algorithm>
#include <array>
#include <string_view>

/// The one list of subjects: a block that is missing here is not registered.
#define AOPS_SUBJECTS(X)                                                                           \
  X(common)                                                                                        \
  X(supervision)                                                                                   \
  X(account)                                                                                       \
  X(host)                                                                                          \
  X(check)                                                                                         \
  X(rule_cost)                                                                                     \
  X(series)                                                                                        \
  X(eval)                                                                                          \
  X(rounds)                                                                                        \
  X(diag)                                                                                          \
  X(job)                                                                                           \
  X(cluster)                                                                                       \
  X(alerts)                                                                                        \
  X(data)                                                                                          \
  X(query)                                                                                         \
  X(template)                                                                                      \
  X(package)                                                                                       \
  X(schedule)                                                                                      \
  X(task)                                                                                          \
  X(run)                                                                                           \
  X(remote)                                                                                        \
  X(host_info)                                                                                     \
  X(doctor)                                                                                        \
  X(job_waits)                                                                                     \
  X(vault)                                                                                         \
  X(users)                                                                                         \
  X(audit)                                                                                         \
  X(repeat)                                                                                        \
  X(kafka)                                                                                         \
  X(upkeep)                                                                                        \
  X(alertmanager)                                                                                  \
  X(tracing)                                                                                       \
  X(logs)                                                                                          \
  X(changes)                                                                                       \
  X(topology)                                                                                      \
  X(view)                                                                                          \
  X(silence)                                                                                       \
  X(push)

#define AOPS_TYPES_OF(subject) AOPS_TYPES_##subject(AOPS_EACH_TYPE)
/// `AOPS_EACH_TYPE(subject, type)` for each type of each block; define that macro first.
#define AOPS_ALL_TYPES AOPS_SUBJECTS(AOPS_TYPES_OF)

namespace aops {

struct type_block {
  std::string_view subject;
  int begin = 0, end = 0; ///< Numbers of its types: [begin, end).
};

inline constexpr auto type_blocks = std::to_array<type_block>({
#define AOPS_BLOCK_ROW(subject)                                                                    \
  {#subject, caf::id_block::aops_##subject::begin, caf::id_block::aops_##subject::end},
  AOPS_SUBJECTS(AOPS_BLOCK_ROW)
#undef AOPS_BLOCK_ROW
});

template <size_t N>
constexpr bool are_disjoint(std::array<type_block, N> blocks) {
  std::sort(blocks.begin(), blocks.end(), [](const type_block& a, const type_block& b) {
    return a.begin < b.begin;
  });
  for (size_t i = 0; i + 1 < N; ++i)
    if (blocks[i + 1].begin < blocks[i].begin + AOPS_BLOCK_SIZE)
      return false;
  return true;
}
static_assert(are_disjoint(type_blocks), "two blocks of types reserve the same numbers");

} // namespace aops
