#pragma once

#include "messages/check.hpp"
#include "messages/describe.hpp"
#include "messages/paging.hpp"
#include "messages/sample.hpp"
#include "messages/values.hpp"

#include <string>
#include <vector>

/// What comes from a message queue, what is published there, and what users ask about it. See
/// docs/kafka.md.
namespace aops {

// -- requests, as others send them

/// A request for a check. Short form: host ids, and no user where all hosts are of one owner. Full
/// form: as the original has it, hosts as objects.
struct check_request {
  json_text task_id; ///< A text names the task; numbers (-1, -2, …) do not.
  std::string user;
  std::vector<json_text> host_list;
  std::vector<std::string> check_items;
  std::vector<moment> time_range;
};
#define AOPS_FIELDS_check_request(F)                                                               \
  F(task_id, optional_field(), "32 hex digits name the task; other numbers are ignored.")          \
  F(user,                                                                                          \
    optional_field().also("username").text(1, 40),                                                 \
    "Who asks. May be left out where all hosts are of one administrator.")                         \
  F(host_list, required().items(1, 50), "Host ids, or objects with `host_id`.")                    \
  F(check_items, optional_field().items(0, 1000).text(1, 256), "Rules; empty: all that apply.")    \
  F(time_range, required().items(2, 2).as("fractional"), "Start and end.")
AOPS_MESSAGE(check_request)

/// A request for a diagnosis. Short form: hosts and trees by name. Full form: one host, one tree
/// with its content, one slice.
struct diagnosis_request {
  std::string username;
  std::vector<std::string> host_list, fault_tree;
  std::string host_id, tree_name;
  json_text tree_content;
  std::vector<moment> time_range;
  int64_t interval = 0;
  std::string task_id;
};
#define AOPS_FIELDS_diagnosis_request(F)                                                           \
  F(username, required().also("user").text(1, 40), "Who asks.")                                    \
  F(host_list, optional_field().items(1, 50).text(1, 64), "Short form: host ids.")                 \
  F(fault_tree,                                                                                    \
    optional_field().also("tree_list").items(1, 1000).text(1, 256),                                \
    "Short form: names of trees.")                                                                 \
  F(host_id, optional_field().text(1, 64), "Full form: the host.")                                 \
  F(tree_name, optional_field().text(1, 256), "Full form: the tree.")                              \
  F(tree_content, optional_field(), "Full form: the tree itself; else the one of that name.")      \
  F(time_range, required().items(2, 2).as("fractional"), "Start and end.")                         \
  F(interval,                                                                                      \
    optional_field().range(1, 1000000000),                                                         \
    "Length of a slice in seconds; else the range is one slice.")                                  \
  F(task_id,                                                                                       \
    optional_field().text(32, 36),                                                                 \
    "32 hex digits. Short form: names the task. Full form: of all messages of the task.")
AOPS_MESSAGE(diagnosis_request)

// -- events, as they are published

/// CHECK_RESULT
struct check_result_event {
  std::string event_id, event, owner, host_id, check_item;
  label_set labels;
  std::string value;
  moment start, end;
  std::string reason;
};
#define AOPS_FIELDS_check_result_event(F)                                                          \
  F(event_id, required(), "The same however often it is read; also in header `event-id`.")         \
  F(event,                                                                                         \
    required().one_of("found|ended|removed"),                                                      \
    "A result is there, with its end so far; what lasted is over; a result is no longer true.")    \
  F(owner, required(), "Whose host it is.")                                                        \
  F(host_id, required(), "Host; the key of the message.")                                          \
  F(check_item, required(), "Rule.")                                                               \
  F(labels, required(), "Labels of the instance, of rules with several.")                          \
  F(value, required(), "`Abnormal`, `No data`, `Internal error`; empty of `ended`: all is well.")  \
  F(start, required().as("fractional"), "First moment; of `ended` the round that found it over.")  \
  F(end, required().as("fractional"), "Last moment so far.")                                       \
  F(reason, required().blank_ok(), "Why it is not `Abnormal`.")
AOPS_MESSAGE(check_result_event)

/// DIAGNOSE_PROGRESS, of checks too.
struct task_progress_event {
  std::string event_id, task_id, kind, owner, state;
  int64_t progress = 0, expected_report_num = 0, failed = 0;
};
#define AOPS_FIELDS_task_progress_event(F)                                                         \
  F(event_id, required(), "The same however often it is read; also in header `event-id`.")         \
  F(task_id, required(), "Task; the key of the message.")                                          \
  F(kind, required(), "`diag` or `check`.")                                                        \
  F(owner, required(), "Whose hosts it is about.")                                                 \
  F(state,                                                                                         \
    required(),                                                                                    \
    "`pending`, `running`, `waiting_for_key`, `interrupted`, `done`, `failed`, `cancelled`.")      \
  F(progress, required(), "Results stored; never falls.")                                          \
  F(expected_report_num, required(), "Results to come.")                                           \
  F(failed, required(), "Of those stored, errors.")
AOPS_MESSAGE(task_progress_event)

/// DIAGNOSE_REPORT
struct report_event {
  std::string event_id, report_id, task_id, owner, host_id, tree_name;
  moment start, end;
  int64_t number = 0;
  std::string verdict, error;
  json_text root_causes, undecided;
  std::string tree_version, content_hash;
};
#define AOPS_FIELDS_report_event(F)                                                                \
  F(event_id, required(), "The same however often it is read; also in header `event-id`.")         \
  F(report_id, required(), "`POST /diag/report/get` shows all of it.")                             \
  F(task_id, required(), "Task; the key of the message.")                                          \
  F(owner, required(), "Whose host it is.")                                                        \
  F(host_id, required(), "Host.")                                                                  \
  F(tree_name, required(), "Tree.")                                                                \
  F(start, required().as("fractional"), "Slice begin.")                                            \
  F(end, required().as("fractional"), "Slice end.")                                                \
  F(number, required(), "Of the report in its task, from 1 on without gaps.")                      \
  F(verdict, required(), "`true`, `false`, `unknown`; empty when there is an error.")              \
  F(error, required().blank_ok(), "Why there is no verdict.")                                      \
  F(root_causes, required(), "Paths of the deepest true branches.")                                \
  F(undecided, required(), "Minimal sets of check items whose outcome would decide.")              \
  F(tree_version, required(), "Content digest of the tree.")                                       \
  F(content_hash, required(), "Same inputs, same hash.")
AOPS_MESSAGE(report_event)

// -- what users ask

/// GET /kafka/status
struct kafka_query {};
#define AOPS_FIELDS_kafka_query(F)
AOPS_MESSAGE(kafka_query)

struct consumed_topic {
  std::string topic, group;
  int64_t partitions = 0, lag = 0, accepted = 0, repeated = 0, rejected = 0;
};
#define AOPS_FIELDS_consumed_topic(F)                                                              \
  F(topic, required(), "Name.")                                                                    \
  F(group, required(), "Consumer group.")                                                          \
  F(partitions, required(), "Of these this node reads.")                                           \
  F(lag, required(), "Messages of these partitions that have yet to be taken.")                    \
  F(accepted, required(), "Messages that became tasks, since the node started.")                   \
  F(repeated, required(), "Messages that came again, and changed nothing.")                        \
  F(rejected, required(), "Messages that could not be used.")
AOPS_MESSAGE(consumed_topic)

struct kafka_status {
  std::string state, problem, waits_for;
  std::vector<consumed_topic> topics;
  bool publishes = false;
  int64_t waiting = 0, published = 0, dropped = 0, open_jobs = 0;
};
#define AOPS_FIELDS_kafka_status(F)                                                                \
  F(state, required().one_of("off|connecting|up"), "Of this node.")                                \
  F(problem, required().additive(), "Why it is not up, or does not publish.")                      \
  F(waits_for, required().additive(), "Why no messages are taken at present.")                     \
  F(topics, required(), "What is read.")                                                           \
  F(publishes, required(), "This node publishes: the leader does.")                                \
  F(waiting, required(), "Events that have yet to be published, of all nodes.")                    \
  F(published, required(), "Events published by this node since it started.")                      \
  F(dropped, required(), "Events dropped: too many waited, or brokers refused them for good.")     \
  F(open_jobs, required(), "Tasks that wait or run, of all nodes.")
AOPS_MESSAGE(kafka_status)

/// POST /kafka/dlq/get
struct dead_query {
  maybe<std::string> topic, state;
  AOPS_PAGING_MEMBERS
};
#define AOPS_FIELDS_dead_query(F)                                                                  \
  F(topic, optional_field().text(1, 249), "Where they came from; absent: all.")                    \
  F(state, optional_field().one_of("kept|replayed|dropped"), "Absent: `kept`.")                    \
  AOPS_PAGING_FIELDS(F, "|seen", any_page_size)
AOPS_MESSAGE(dead_query)

struct dead_message {
  std::string id, topic;
  int64_t partition = 0, offset = 0;
  moment time, seen;
  std::string reason, detail, state;
  int64_t bytes = 0;
};
#define AOPS_FIELDS_dead_message(F)                                                                \
  F(id, required(), "Of the message here.")                                                        \
  F(topic, required(), "Where it came from.")                                                      \
  F(partition, required(), "Its partition.")                                                       \
  F(offset, required(), "Its offset.")                                                             \
  F(time, required().as("fractional"), "Its own time.")                                            \
  F(seen, required().as("fractional"), "When it was read.")                                        \
  F(reason,                                                                                        \
    required(),                                                                                    \
    "`not_json`, `wrong_fields`, `unknown_user`, `no_rights`, `unknown_host`, `unknown_tree`, "    \
    "`unknown_item`, `not_valid`, `too_large`, `binary_key`, `no_value`.")                         \
  F(detail, required().blank_ok(), "What exactly.")                                                \
  F(state, required().one_of("kept|replayed|dropped"), "What became of it.")                       \
  F(bytes, required(), "Length of its value.")
AOPS_MESSAGE(dead_message)

struct dead_page {
  std::vector<dead_message> messages;
  AOPS_TOTAL_MEMBERS
};
#define AOPS_FIELDS_dead_page(F)                                                                   \
  F(messages, required(), "The newest first.")                                                     \
  AOPS_TOTAL_FIELDS(F)
AOPS_MESSAGE(dead_page)

/// POST /kafka/dlq/show
struct dead_to_show {
  std::string id;
};
#define AOPS_FIELDS_dead_to_show(F) F(id, required().text(1, 64), "Of the message.")
AOPS_MESSAGE(dead_to_show)

struct dead_shown {
  dead_message message;
  maybe<std::string> key, value;
  std::string encoding;
  std::map<std::string, std::string> headers;
};
#define AOPS_FIELDS_dead_shown(F)                                                                  \
  F(message, required(), "What the list shows.")                                                   \
  F(key, required(), "Null: it has none.")                                                         \
  F(value, required(), "Null: it has none, or it is gone.")                                        \
  F(encoding, required().one_of("text|base64"), "Of key, value and headers.")                      \
  F(headers, required(), "By name.")
AOPS_MESSAGE(dead_shown)

/// POST /kafka/dlq/replay
struct dead_to_replay {
  std::vector<std::string> id_list;
};
#define AOPS_FIELDS_dead_to_replay(F)                                                              \
  F(id_list, required().items(1, 1000).text(1, 64), "Of the messages.")
AOPS_MESSAGE(dead_to_replay)

/// DELETE /kafka/dlq/drop
struct dead_to_drop {
  std::vector<std::string> id_list;
};
#define AOPS_FIELDS_dead_to_drop(F)                                                                \
  F(id_list, required().items(1, 1000).text(1, 64), "Of the messages.")
AOPS_MESSAGE(dead_to_drop)

/// Of both.
struct dead_changed {
  int64_t code = 200; ///< 206: some were ignored.
  std::vector<std::string> changed, ignored;
};
#define AOPS_FIELDS_dead_changed(F)                                                                \
  F(code, internal(), "")                                                                          \
  F(changed, required(), "Sent again, or dropped.")                                                \
  F(ignored, required(), "Unknown, or no longer kept.")
AOPS_MESSAGE(dead_changed)

} // namespace aops
