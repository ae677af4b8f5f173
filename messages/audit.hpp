#pragma once

#include "messages/describe.hpp"
#include "messages/error.hpp"
#include "messages/paging.hpp"
#include "messages/values.hpp"
#include "messages/wire.hpp"

#include <string>
#include <vector>

/// What was done, by whom, with which outcome.
namespace aops {

/// POST /manage/log/get
struct log_query {
  maybe<std::string> kind, username, action, entity, outcome;
  maybe<std::vector<moment>> time_range;
  maybe<int64_t> before;
  maybe<int64_t> page, per_page;
};
#define AOPS_FIELDS_log_query(F)                                                                   \
  F(kind, optional_field().one_of("operation|audit"), "`audit`: security events; else both.")      \
  F(username, optional_field().text(1, 40), "Who did it.")                                         \
  F(action, optional_field().text(1, 64), "Such as `host.add`; `host.*` is all about hosts.")      \
  F(entity, optional_field().text(1, 255), "To what, as it stands in the record.")                 \
  F(outcome, optional_field().one_of("succeeded|failed"), "Codes 200 and 206, or all others.")     \
  F(time_range, optional_field().items(0, 2), "`[start, end]`; empty: all.")                       \
  F(before,                                                                                        \
    optional_field().range(1, std::numeric_limits<int64_t>::max()),                                \
    "Only records of lower numbers: for reading on while others are added.")                       \
  F(page,                                                                                          \
    optional_field().range(1, std::numeric_limits<int64_t>::max()),                                \
    "From 1; with `per_page`, else everything is listed. Past the end it is empty.")               \
  F(per_page, optional_field().range(1, 1000), "Rows of a page.")
AOPS_MESSAGE(log_query)

inline expected<void> validate_message(const log_query& x) {
  if (!x.time_range || x.time_range->empty())
    return {};
  if (x.time_range->size() != 2)
    return fail(ec::bad_request, "time_range: must have start and end");
  if ((*x.time_range)[0] > (*x.time_range)[1])
    return fail(ec::bad_request, "time_range: ends before it starts");
  return {};
}

struct log_record {
  int64_t number = 0;
  moment time;
  std::string kind, username, address, action, entity;
  int64_t result = 200;
  std::string detail;
};
#define AOPS_FIELDS_log_record(F)                                                                  \
  F(number, required(), "Counts all records; 0: from before they were numbered.")                  \
  F(time, required(), "When.")                                                                     \
  F(kind, required().one_of("operation|audit"), "`audit`: a security event.")                      \
  F(username, required(), "Who.")                                                                  \
  F(address, required(), "From where.")                                                            \
  F(action, required(), "What.")                                                                   \
  F(entity, required(), "To what; may be empty.")                                                  \
  F(result, required(), "The code that was answered.")                                             \
  F(detail, required().additive(), "More about it.")
AOPS_MESSAGE(log_record)

struct log_page {
  AOPS_TOTAL_MEMBERS
  std::vector<log_record> records;
};
#define AOPS_FIELDS_log_page(F)                                                                    \
  AOPS_TOTAL_FIELDS(F)                                                                             \
  F(records, required(), "Newest first.")
AOPS_MESSAGE(log_page)

/// POST /manage/log/verify
struct log_to_verify {
  maybe<int64_t> after;
};
#define AOPS_FIELDS_log_to_verify(F)                                                               \
  F(after,                                                                                         \
    optional_field().range(0, std::numeric_limits<int64_t>::max()),                                \
    "Goes on after this record; else from the oldest one.")
AOPS_MESSAGE(log_to_verify)

struct log_verified {
  int64_t checked = 0, last = 0;
  bool complete = false;
  maybe<int64_t> broken;
  std::string reason;
};
#define AOPS_FIELDS_log_verified(F)                                                                \
  F(checked, required(), "Records looked at.")                                                     \
  F(last, required(), "Number of the last one that is as it was written.")                         \
  F(complete, required(), "There are no more; else ask again, `after` the last.")                  \
  F(broken, optional_field().additive(), "Number of the first that is not as it was written.")     \
  F(reason, required().additive(), "What is the matter with it.")
AOPS_MESSAGE(log_verified)

/// A request that was refused, or that was done by somebody who keeps no record of it.
struct noted_request {
  std::string action;
  int64_t code = 0;
  std::string detail;
};
AOPS_WIRE(noted_request, action, code, detail)

} // namespace aops
