#pragma once

#include "messages/account.hpp"
#include "messages/check.hpp"
#include "messages/describe.hpp"
#include "messages/error.hpp"
#include "messages/values.hpp"
#include "messages/wire.hpp"

#include <concepts>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

/// Lines that hosts logged: how they come in, and how they are found. See docs/logs.md.
namespace aops {

// -- lines

/// A line as it was logged.
struct log_line {
  std::string line_id, host_id, host_name;
  moment time;
  std::string time_ns;
  std::string source, severity, facility, program, pid, message;
  maybe<int64_t> offset;
  std::map<std::string, std::string> fields;
  bool is_cut = false;
};
#define AOPS_FIELDS_log_line(F)                                                                    \
  F(line_id, required(), "For `/logs/context`.")                                                   \
  F(host_id, required(), "Who logged it.")                                                         \
  F(host_name, required(), "Its name now.")                                                        \
  F(time, required().as("fractional"), "When it was logged; else when it came.")                   \
  F(time_ns, required(), "The same in nanoseconds since 1970, as text.")                           \
  F(source, required(), "File, journal or stream that it is from; empty: not told.")               \
  F(severity,                                                                                      \
    required().one_of("|emerg|alert|crit|err|warning|notice|info|debug"),                          \
    "Empty: not told.")                                                                            \
  F(facility, required(), "Of syslog; empty: not told.")                                           \
  F(program, required(), "Who wrote it; empty: not told.")                                         \
  F(pid, required(), "Its process; empty: not told.")                                              \
  F(message, required(), "The text.")                                                              \
  F(offset, optional_field().additive(), "Where in its source.")                                   \
  F(fields, optional_field().additive(), "What else was told.")                                    \
  F(is_cut, required(), "Whether the text was longer.")
AOPS_MESSAGE(log_line)

// -- finding lines

/// POST /logs/search
struct line_search {
  maybe<std::string> query;
  maybe<std::vector<std::string>> host_list;
  maybe<std::vector<moment>> time_range;
  maybe<int64_t> limit;
  maybe<std::string> order, after_line;
};
#define AOPS_FIELDS_line_search(F)                                                                 \
  F(query,                                                                                         \
    optional_field().text(0, 4096).blank_ok(),                                                     \
    "Words, \"phrases\", `field:word`, AND, OR, NOT; absent: every line.")                         \
  F(host_list, optional_field().items(0, 10000).text(1, 64), "Host ids; absent or empty: all.")    \
  F(time_range, optional_field().items(0, 2), "Start, included, and end, not; absent: all.")       \
  F(limit, optional_field().range(1, 1000), "At most so many lines; default 100.")                 \
  F(order, optional_field().one_of("newest|oldest"), "Which come first; default `newest`.")        \
  F(after_line, optional_field().text(1, 128), "Goes on after the line of this `line_id`.")
AOPS_MESSAGE(line_search)

/// Whom a part of an answer is missing of.
struct missing_lines {
  std::string node, reason;
};
#define AOPS_FIELDS_missing_lines(F)                                                               \
  F(node, required(), "Node.")                                                                     \
  F(reason, required(), "Why it did not tell.")
AOPS_MESSAGE(missing_lines)

struct lines_found {
  int64_t code = 200; ///< 206 when something is missing.
  std::vector<log_line> lines;
  std::string cut;
  std::vector<missing_lines> missing;
};
#define AOPS_FIELDS_lines_found(F)                                                                 \
  F(code, internal(), "")                                                                          \
  F(lines, required(), "In the order that was asked for.")                                         \
  F(cut,                                                                                           \
    required().one_of("|limit|time|size"),                                                         \
    "Why there may be more: as many as asked for; the time for a search was over; the answer was " \
    "long enough. Empty: that is all.")                                                            \
  F(missing, required(), "Nodes that did not tell what they keep; then the code is 206.")
AOPS_MESSAGE(lines_found)

/// POST /logs/histogram
struct line_histogram_query {
  maybe<std::string> query;
  maybe<std::vector<std::string>> host_list;
  std::vector<moment> time_range;
  maybe<int64_t> buckets;
};
#define AOPS_FIELDS_line_histogram_query(F)                                                        \
  F(query, optional_field().text(0, 4096).blank_ok(), "As for a search; absent: every line.")      \
  F(host_list, optional_field().items(0, 10000).text(1, 64), "Host ids; absent or empty: all.")    \
  F(time_range, required().items(2, 2), "Start, included, and end, not.")                          \
  F(buckets, optional_field().range(1, 1000), "Equal stretches of the range; default 60.")
AOPS_MESSAGE(line_histogram_query)

struct line_bucket {
  moment start;
  int64_t count = 0;
};
#define AOPS_FIELDS_line_bucket(F)                                                                 \
  F(start, required().as("fractional"), "Begin of the stretch.")                                   \
  F(count, required(), "So many lines.")
AOPS_MESSAGE(line_bucket)

struct line_histogram {
  int64_t code = 200; ///< 206 when something is missing.
  std::vector<line_bucket> buckets;
  int64_t total = 0;
  std::string cut;
  std::vector<missing_lines> missing;
};
#define AOPS_FIELDS_line_histogram(F)                                                              \
  F(code, internal(), "")                                                                          \
  F(buckets, required(), "All of them, also those without a line.")                                \
  F(total, required(), "Their sum.")                                                               \
  F(cut,                                                                                           \
    required().one_of("|time"),                                                                    \
    "`time`: the time for it was over, so that the oldest are counted too low.")                   \
  F(missing, required(), "Nodes that did not tell what they keep; then the code is 206.")
AOPS_MESSAGE(line_histogram)

/// POST /logs/context
struct line_context_query {
  std::string line_id;
  maybe<int64_t> before, after;
};
#define AOPS_FIELDS_line_context_query(F)                                                          \
  F(line_id, required().text(1, 128), "Of a line that was found.")                                 \
  F(before, optional_field().range(0, 500), "So many lines before it; default 10.")                \
  F(after, optional_field().range(0, 500), "So many lines after it; default 10.")
AOPS_MESSAGE(line_context_query)

struct line_context {
  int64_t code = 200; ///< 206 when something is missing.
  std::vector<log_line> lines;
  std::string cut;
  std::vector<missing_lines> missing;
};
#define AOPS_FIELDS_line_context(F)                                                                \
  F(code, internal(), "")                                                                          \
  F(lines, required(), "Of its host and source, oldest first, that line among them.")              \
  F(cut,                                                                                           \
    required().one_of("|time|size"),                                                               \
    "Why there may be more between these: the time for it was over, or the answer long enough.")   \
  F(missing, required(), "Nodes that did not tell what they keep; then the code is 206.")
AOPS_MESSAGE(line_context)

/// A time range is empty, or a start and an end that is not before it.
template <class T>
requires std::same_as<T, line_search> || std::same_as<T, line_histogram_query> expected<void>
validate_message(const T& x) {
  std::vector<moment> range;
  if constexpr (std::same_as<T, line_search>)
    range = x.time_range.value_or(std::vector<moment>{});
  else
    range = x.time_range;
  if (range.size() == 1)
    return fail(ec::bad_request, "time_range: must have two times, or none");
  if (range.size() == 2 && range[0].ms > range[1].ms)
    return fail(ec::bad_request, "time_range: ends before it starts");
  return {};
}

// -- tokens of hosts

/// POST /logs/token/create
struct log_token_to_create {
  std::string host_id, name;
};
#define AOPS_FIELDS_log_token_to_create(F)                                                         \
  F(host_id, required().text(1, 64), "Whose lines may be sent with it.")                           \
  F(name, required().text(1, 64), "What it is for; unique per host.")
AOPS_MESSAGE(log_token_to_create)

struct log_token_created {
  std::string token_id, access_token;
};
#define AOPS_FIELDS_log_token_created(F)                                                           \
  F(token_id, required(), "Identifier.")                                                           \
  F(access_token, required(), "Send as `Authorization: Bearer TOKEN`; shown this once.")
AOPS_MESSAGE(log_token_created)

/// POST /logs/token/get
struct log_tokens_query {
  maybe<std::vector<std::string>> host_list;
};
#define AOPS_FIELDS_log_tokens_query(F)                                                            \
  F(host_list, optional_field().items(0, 10000).text(1, 64), "Host ids; absent or empty: all.")
AOPS_MESSAGE(log_tokens_query)

struct log_token_info {
  std::string token_id, host_id, host_name, name;
  moment created;
};
#define AOPS_FIELDS_log_token_info(F)                                                              \
  F(token_id, required(), "Identifier.")                                                           \
  F(host_id, required(), "Whose lines may be sent with it.")                                       \
  F(host_name, required(), "Name of the host.")                                                    \
  F(name, required(), "What it is for.")                                                           \
  F(created, required(), "When it was made.")
AOPS_MESSAGE(log_token_info)

struct log_tokens_found {
  std::vector<log_token_info> token_infos;
};
#define AOPS_FIELDS_log_tokens_found(F)                                                            \
  F(token_infos, required(), "Of the caller's hosts, by host and name.")
AOPS_MESSAGE(log_tokens_found)

/// DELETE /logs/token/delete
struct log_tokens_to_delete {
  std::vector<std::string> token_list;
};
#define AOPS_FIELDS_log_tokens_to_delete(F)                                                        \
  F(token_list, required().text(1, 64).items(1, 1000), "Identifiers.")
AOPS_MESSAGE(log_tokens_to_delete)

struct log_tokens_deleted {
  std::vector<std::string> deleted;
};
#define AOPS_FIELDS_log_tokens_deleted(F)                                                          \
  F(deleted, required(), "Identifiers of those that were there.")
AOPS_MESSAGE(log_tokens_deleted)

// -- between actors

/// Lines of a host, as they came: bytes that nobody has read yet.
struct lines_to_take {
  std::string token_hash; ///< Hex SHA-256 of the host's token.
  std::string format;     ///< `json`, `otlp`, `journal`.
  std::string body;
};
AOPS_WIRE(lines_to_take, token_hash, format, body)

/// Asks whose token it is, before anything that came with it is looked at.
struct host_token_query {
  std::string token_hash; ///< Hex SHA-256 of the host's token.
};
AOPS_WIRE(host_token_query, token_hash)

struct host_token_known {
  std::string host_id;
};
AOPS_WIRE(host_token_known, host_id)

/// What became of them; stored when this is told.
struct lines_taken {
  int64_t taken = 0, duplicates = 0, shortened = 0;
};
AOPS_WIRE(lines_taken, taken, duplicates, shortened)

/// The same questions, about what one node keeps.
struct node_line_search {
  caller who;
  line_search what;
  int64_t patience_ms = 0;
};
AOPS_WIRE(node_line_search, who, what, patience_ms)

struct node_line_histogram {
  caller who;
  line_histogram_query what;
  int64_t patience_ms = 0;
};
AOPS_WIRE(node_line_histogram, who, what, patience_ms)

struct node_line_context {
  caller who;
  line_context_query what;
  int64_t patience_ms = 0;
};
AOPS_WIRE(node_line_context, who, what, patience_ms)

/// How far somebody has listened at a node.
struct tap_place {
  std::string node;
  std::string run; ///< Of this listening: another one after the node forgot it, or began anew.
  uint64_t next = 0;
};
AOPS_WIRE(tap_place, node, run, next)

/// Lines as they come, for somebody who asks again and again. What he has under one name begins
/// when he first asks and is forgotten when he does not ask for `keep_ms`.
struct lines_to_follow {
  std::string tap; ///< His name for it; nobody else may guess it.
  maybe<std::string> query;
  std::vector<std::string> host_list; ///< Ids; empty: all that he sees.
  std::vector<data_item> items;       ///< Lines that one of these `log` items means; empty: all.
  std::vector<tap_place> places;      ///< As the answer before had them.
  int64_t most_lines = 1000;          ///< In one answer.
  int64_t keep_ms = 60'000;
};
AOPS_WIRE(lines_to_follow, tap, query, host_list, items, places, most_lines, keep_ms)

/// What came since the answer before.
struct lines_followed {
  std::vector<log_line> lines; ///< By time; one that two nodes got may be there twice.
  int64_t dropped = 0;         ///< There was no room for so many.
  /// Nodes at which it begins only now: what came there before is not told.
  std::vector<std::string> begun;
  std::vector<missing_lines> missing;
  std::vector<tap_place> places;
};
AOPS_WIRE(lines_followed, lines, dropped, begun, missing, places)

/// The same of one node.
struct node_lines_to_follow {
  caller who;
  lines_to_follow what;
};
AOPS_WIRE(node_lines_to_follow, who, what)

struct node_lines_followed {
  std::vector<log_line> lines; ///< In the order in which they came.
  int64_t dropped = 0;
  tap_place place;
};
AOPS_WIRE(node_lines_followed, lines, dropped, place)

} // namespace aops
