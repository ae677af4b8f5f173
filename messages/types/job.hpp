#pragma once

#include "messages/types/block.hpp"

/// Jobs between actors. Described in `messages/job.hpp`.
#define AOPS_TYPES_job(X)                                                                          \
  X(job, job_record)                                                                               \
  X(job, job_to_create)                                                                            \
  X(job, job_created)                                                                              \
  X(job, job_progress)                                                                             \
  X(job, job_to_move)                                                                              \
  X(job, job_state)                                                                                \
  X(job, load_job)                                                                                 \
  X(job, open_jobs)                                                                                \
  X(job, job_records)                                                                              \
  X(job, find_trees)                                                                               \
  X(job, tree_contents)                                                                            \
  X(job, unit_to_diagnose)                                                                         \
  X(job, unit_diagnosed)                                                                           \
  X(job, unit_to_check)                                                                            \
  X(job, unit_checked)                                                                             \
  X(job, new_reports_query)

AOPS_TYPE_BLOCK(job, 1700)
