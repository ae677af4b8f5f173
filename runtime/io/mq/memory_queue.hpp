#pragma once

#include "runtime/io/mq/queue.hpp"

namespace aops::mq {

/// A queue within the process. Topics are made when they are first named. A partition keeps its
/// last messages only. Any thread may open consumers and publishers.
/// @param partitions Of each topic. @param most Messages kept of a partition.
std::shared_ptr<message_queue> make_memory_queue(int32_t partitions = 6, size_t most = 100'000);

} // namespace aops::mq
