#pragma once

#include "messages/describe.hpp"
#include "messages/paging.hpp"
#include "messages/values.hpp"

#include <string>
#include <vector>

/// Silences and maintenance windows: when nobody is told of alerts. See
/// docs/notifications.md#silences.
namespace aops {

/// POST /check/silence/add
struct silence_to_add {
  std::string comment;
  maybe<std::vector<std::string>> host_list{}, group_list{}, matchers{};
  maybe<moment> starts_at{}, ends_at{};
  maybe<int64_t> duration_s{};
  maybe<std::string> expression{}, time_zone{};
};
#define AOPS_FIELDS_silence_to_add(F)                                                              \
  F(comment, required().text(1, 1024), "Why.")                                                     \
  F(host_list,                                                                                     \
    optional_field().items(0, 1000).text(1, 64),                                                   \
    "Alerts of these hosts and of hosts of `group_list`: ids or names; without both: of all.")     \
  F(group_list, optional_field().items(0, 100).text(1, 64), "Groups of hosts: names or ids.")      \
  F(matchers,                                                                                      \
    optional_field().items(0, 20).text(1, 512),                                                    \
    "Only alerts whose labels meet all of these: `NAME=VALUE`, `!=`, `=~`, `!~`, as Alertmanager " \
    "has them. Labels are those an Alertmanager is told, `alertname` is the rule.")                \
  F(starts_at, optional_field().as("fractional"), "Default: now.")                                 \
  F(ends_at,                                                                                       \
    optional_field().as("fractional"),                                                             \
    "This or `duration_s`. With an expression: when it comes for the last time; absent: never.")   \
  F(duration_s,                                                                                    \
    optional_field().range(1, 31'622'400),                                                         \
    "How long it lasts, each time; with an expression at most seven days.")                        \
  F(expression,                                                                                    \
    optional_field().text(1, 200),                                                                 \
    "It comes again and again: minute, hour, day of month, month, day of week, or `@weekly`.")     \
  F(time_zone, optional_field().text(1, 64), "Of the expression: an IANA name; default UTC.")
AOPS_MESSAGE(silence_to_add)

struct silence_added {
  std::string silence_id, state;
  moment starts_at;
  maybe<moment> ends_at{}, active_until{};
  std::vector<moment> next{};
};
#define AOPS_SILENCE_TIMES(F)                                                                      \
  F(state,                                                                                         \
    required().one_of("active|pending|ended"),                                                     \
    "It silences now; it will, also again; it will no more.")                                      \
  F(starts_at, required().as("fractional"), "Since when it holds.")                                \
  F(ends_at, optional_field().additive().as("fractional"), "When it ends; absent: never.")         \
  F(active_until,                                                                                  \
    optional_field().additive().as("fractional"),                                                  \
    "While it is active: until when, this time.")                                                  \
  F(next, required(), "When it begins next: of what comes again at most five times.")
#define AOPS_FIELDS_silence_added(F)                                                               \
  F(silence_id, required(), "Identifier.")                                                         \
  AOPS_SILENCE_TIMES(F)
AOPS_MESSAGE(silence_added)

/// POST /check/silence/get
struct silences_query {
  maybe<std::vector<std::string>> silence_list{};
  maybe<bool> ended{};
  AOPS_PAGING_MEMBERS
};
#define AOPS_FIELDS_silences_query(F)                                                              \
  F(silence_list, optional_field().items(0, 1000).text(1, 64), "Ids; empty or absent: all.")       \
  F(ended, optional_field(), "Only those that have ended, or only others; absent: both.")          \
  AOPS_PAGING_FIELDS(F, "|starts_at|ends_at|created_at", 1000)
AOPS_MESSAGE(silences_query)

/// A host of a silence; `host_name` is empty when it was deleted.
struct silenced_host {
  std::string host_id, host_name;
};
#define AOPS_FIELDS_silenced_host(F)                                                               \
  F(host_id, required(), "Host.")                                                                  \
  F(host_name, required(), "Its name.")
AOPS_MESSAGE(silenced_host)

struct silence_info {
  std::string silence_id, comment, username;
  moment created_at;
  std::vector<silenced_host> hosts{};
  std::vector<std::string> groups{}, matchers{};
  std::string expression, time_zone;
  maybe<int64_t> duration_s{};
  std::string ended_by;
  std::string state;
  moment starts_at;
  maybe<moment> ends_at{}, active_until{};
  std::vector<moment> next{};
};
#define AOPS_FIELDS_silence_info(F)                                                                \
  F(silence_id, required(), "Identifier.")                                                         \
  F(comment, required(), "Why.")                                                                   \
  F(username, required(), "Who added it.")                                                         \
  F(created_at, required().as("fractional"), "When that was.")                                     \
  F(hosts, required(), "Hosts that it names.")                                                     \
  F(groups, required(), "Groups that it names.")                                                   \
  F(matchers, required(), "What labels have to be.")                                               \
  F(expression, required(), "When it comes again and again; empty: once.")                         \
  F(time_zone, required(), "Of the expression.")                                                   \
  F(duration_s, optional_field().additive(), "Of what comes again: how long it lasts.")            \
  F(ended_by, required(), "Who ended it before its time; empty: nobody.")                          \
  AOPS_SILENCE_TIMES(F)
AOPS_MESSAGE(silence_info)

struct silences_page {
  AOPS_TOTAL_MEMBERS
  std::vector<silence_info> silence_infos;
};
#define AOPS_FIELDS_silences_page(F)                                                               \
  AOPS_TOTAL_FIELDS(F)                                                                             \
  F(silence_infos, required(), "Those that have not ended first, the newest first.")
AOPS_MESSAGE(silences_page)

/// POST /check/silence/end
struct silences_to_end {
  std::vector<std::string> silence_list;
};
#define AOPS_FIELDS_silences_to_end(F)                                                             \
  F(silence_list,                                                                                  \
    required().items(1, 1000).text(1, 64),                                                         \
    "Ids; unknown ones and those that have ended are ignored.")
AOPS_MESSAGE(silences_to_end)

// -- as the store keeps them

/// What a silence is about, and when it comes again.
struct silence_terms {
  std::string comment;
  std::vector<std::string> hosts{}; ///< Ids.
  std::vector<int64_t> groups{};    ///< Keys of their rows.
  std::vector<std::string> matchers{};
  std::string expression{}, time_zone{};
  int64_t duration_s = 0;
};
#define AOPS_FIELDS_silence_terms(F)                                                               \
  F(comment, required(), "Why.")                                                                   \
  F(hosts, required(), "Ids of hosts.")                                                            \
  F(groups, required(), "Keys of groups.")                                                         \
  F(matchers, required(), "What labels have to be.")                                               \
  F(expression, required().blank_ok(), "When it comes again; empty: once.")                        \
  F(time_zone, required().blank_ok(), "Of the expression.")                                        \
  F(duration_s, required(), "Of what comes again.")
AOPS_MESSAGE(silence_terms)

} // namespace aops
