#pragma once

#include "messages/describe.hpp"
#include "messages/paging.hpp"
#include "messages/sample.hpp"
#include "messages/values.hpp"
#include "messages/wire.hpp"

#include <string>
#include <vector>

/// What is wrong now, and whom that is told to. See docs/status.md and docs/notifications.md.
namespace aops {

/// POST /check/status/get
struct alerts_query {
  maybe<std::vector<std::string>> host_list, check_items, severity;
  maybe<std::string> value;
  maybe<bool> firing, fold;
  AOPS_PAGING_MEMBERS
};
#define AOPS_FIELDS_alerts_query(F)                                                                \
  F(host_list, optional_field(), "Host ids; empty or absent: all.")                                \
  F(check_items, optional_field(), "Rule names; empty or absent: all.")                            \
  F(severity,                                                                                      \
    optional_field().items(0, 3).one_of("info|warning|critical"),                                  \
    "Only of these severities; empty or absent: all.")                                             \
  F(value, optional_field().one_of("Abnormal|No data|Internal error"), "Only this value.")         \
  F(firing, optional_field(), "Only what is an alert, or only what is none; absent: both.")        \
  F(fold,                                                                                          \
    optional_field(),                                                                              \
    "Leave out `No data` of hosts that do not answer: `/check/status/count` names these hosts.")   \
  AOPS_PAGING_FIELDS(F, "|since|severity|check_item|host_name", 1000)
AOPS_MESSAGE(alerts_query)

/// An instance of a rule that is not well.
struct alert_info {
  std::string alert_id, host_id, host_name, check_item;
  label_set labels;
  std::string value, severity;
  bool firing = false;
  moment since;
  std::string reason;
  label_set rule_labels{};
  std::string silenced_by;
  maybe<moment> silenced_until{};
  int64_t host_group = 0;
};
#define AOPS_FIELDS_alert_info(F)                                                                  \
  F(alert_id, required(), "The same from its first to its last moment, also in notices.")          \
  F(host_id, required(), "Host.")                                                                  \
  F(host_name, required(), "Its name.")                                                            \
  F(check_item, required(), "Rule.")                                                               \
  F(labels, required(), "Labels of the instance, of rules with several.")                          \
  F(value, required(), "`Abnormal`, `No data` or `Internal error`.")                               \
  F(severity, required(), "Of the rule.")                                                          \
  F(firing,                                                                                        \
    required(),                                                                                    \
    "Whether it is an alert: abnormal, or without data where the rule says so.")                   \
  F(since, required().as("fractional"), "When it began.")                                          \
  F(reason, required(), "Why it is not `Abnormal`.")                                               \
  F(rule_labels, optional_field().additive(), "That the rule gives its alerts.")                   \
  F(silenced_by, optional_field().additive(), "Silence because of which nobody is told of it.")    \
  F(silenced_until, optional_field().additive().as("fractional"), "Until when, this time.")        \
  F(host_group, internal(), "Key of its host's group.")
AOPS_MESSAGE(alert_info)

struct alerts_page {
  AOPS_TOTAL_MEMBERS
  std::vector<alert_info> alerts;
};
#define AOPS_FIELDS_alerts_page(F)                                                                 \
  AOPS_TOTAL_FIELDS(F)                                                                             \
  F(alerts, required(), "Alerts first, the newest first, unless sorted otherwise.")
AOPS_MESSAGE(alerts_page)

/// POST /check/status/count
struct status_query {
  maybe<std::vector<std::string>> host_list;
};
#define AOPS_FIELDS_status_query(F)                                                                \
  F(host_list, optional_field(), "Host ids; empty or absent: all.")
AOPS_MESSAGE(status_query)

/// A host whose exporter did not answer last.
struct silent_host {
  std::string host_id, host_name, status;
  moment status_since;
  std::string scrape_error;
  int64_t no_data = 0;
};
#define AOPS_FIELDS_silent_host(F)                                                                 \
  F(host_id, required(), "Host.")                                                                  \
  F(host_name, required(), "Its name.")                                                            \
  F(status, required(), "`online`, `offline` or `unknown`.")                                       \
  F(status_since, required(), "When that began.")                                                  \
  F(scrape_error, required(), "Why its exporter did not answer last.")                             \
  F(no_data, required(), "Rules without data on it.")
AOPS_MESSAGE(silent_host)

/// Hosts by state, what is not well by severity.
struct status_counts {
  int64_t online = 0, offline = 0, unknown = 0;
  int64_t moved = 0;
  int64_t critical = 0, warning = 0, info = 0;
  int64_t no_data = 0, internal_error = 0;
  int64_t silent = 0;
  std::vector<silent_host> silent_hosts; ///< At most 1000.
};
#define AOPS_FIELDS_status_counts(F)                                                               \
  F(online, required(), "Hosts that answer.")                                                      \
  F(offline, required(), "Hosts that missed three rounds.")                                        \
  F(unknown, required(), "Hosts that have not answered at their address yet.")                     \
  F(moved,                                                                                         \
    required().additive(),                                                                         \
    "Of these, hosts whose address was changed and that answered at the one before.")              \
  F(critical, required(), "Alerts of this severity.")                                              \
  F(warning, required(), "Alerts of this severity.")                                               \
  F(info, required(), "Alerts of this severity.")                                                  \
  F(no_data, required(), "Instances without data that are no alerts.")                             \
  F(internal_error, required(), "Instances that cannot be judged.")                                \
  F(silent, required(), "Hosts whose exporter did not answer last.")                               \
  F(silent_hosts, required(), "At most 1000 of these, by name.")
AOPS_MESSAGE(status_counts)

// -- notices

/// GET /notify/receivers
struct receivers_query {};
#define AOPS_FIELDS_receivers_query(F)
AOPS_MESSAGE(receivers_query)

/// A `[[notify]]` of the node that was asked, and how it fares there.
struct receiver_info {
  std::string name;
  std::vector<std::string> severities;
  std::string group;
  int64_t waiting = 0, sent = 0, failed = 0, given_up = 0;
  std::string last_error;
};
#define AOPS_FIELDS_receiver_info(F)                                                               \
  F(name, required(), "Name.")                                                                     \
  F(severities, required(), "Alerts of which severities it is told.")                              \
  F(group, required(), "`none`, `host` or `rule`.")                                                \
  F(waiting, required(), "Alerts and ends that this node has yet to tell it.")                     \
  F(sent, required(), "Notices it took since this node started.")                                  \
  F(failed, required(), "Attempts that failed since then.")                                        \
  F(given_up, required(), "Alerts given up since then.")                                           \
  F(last_error, required(), "Why the last attempt failed; empty when it did not.")
AOPS_MESSAGE(receiver_info)

struct receivers_found {
  std::vector<receiver_info> receivers;
};
#define AOPS_FIELDS_receivers_found(F)                                                             \
  F(receivers, required(), "In the order of the configuration.")
AOPS_MESSAGE(receivers_found)

/// POST /notify/test
struct notice_to_test {
  std::string name;
};
#define AOPS_FIELDS_notice_to_test(F) F(name, required().text(1, 64), "Of a receiver.")
AOPS_MESSAGE(notice_to_test)

struct notice_tested {
  std::string name, id;
  int64_t status = 0, took_ms = 0;
};
#define AOPS_FIELDS_notice_tested(F)                                                               \
  F(name, required(), "Of the receiver.")                                                          \
  F(id, required(), "Of the sample notice.")                                                       \
  F(status, required(), "HTTP status it answered.")                                                \
  F(took_ms, required(), "How long it took, in milliseconds.")
AOPS_MESSAGE(notice_tested)

/// An alert as receivers are told of it: as it was when it began, and how it ended.
struct told_alert {
  std::string alert_id, status = "firing", owner, host_id, host_name, public_ip, check_item;
  label_set labels;
  std::string severity, value, reason, description;
  moment since;
  moment ended; ///< 0: it lasts.
  std::string ended_as, ended_reason;
  std::string cause, report_id;
  std::string source; ///< Where an alert of another system comes from.
  label_set annotations;
  maybe<moment> until; ///< Of no use afterwards.
  label_set rule_labels = {};
};
#define AOPS_FIELDS_told_alert(F)                                                                  \
  F(alert_id, required(), "The same from its first to its last notice.")                           \
  F(status,                                                                                        \
    required().one_of("firing|resolved|test|diagnosed"),                                           \
    "What is told: it lasts, it is over, or why it is.")                                           \
  F(owner, required().blank_ok(), "Whose host it is.")                                             \
  F(host_id, required().blank_ok(), "Host.")                                                       \
  F(host_name, required().blank_ok(), "Its name.")                                                 \
  F(public_ip, required().blank_ok(), "Its address.")                                              \
  F(check_item, required().blank_ok(), "Rule.")                                                    \
  F(labels, required().blank_ok(), "Labels of the instance, of rules with several.")               \
  F(severity, required().blank_ok(), "Of the rule.")                                               \
  F(value, required().blank_ok(), "`Abnormal`, or `No data` where the rule says so.")              \
  F(reason, required().blank_ok(), "Why it is not `Abnormal`.")                                    \
  F(description, required().blank_ok(), "Of the rule.")                                            \
  F(since, required().as("fractional"), "When it began.")                                          \
  F(ended, required().as("fractional"), "When it ended; 0 while it lasts.")                        \
  F(ended_as, required().blank_ok(), "What follows: empty when all is well, else `No data`, ….")   \
  F(ended_reason, required().blank_ok(), "Why that follows.")                                      \
  F(cause, optional_field().additive().blank_ok(), "What a diagnosis found, where one was made.")  \
  F(report_id, optional_field().additive().blank_ok(), "Its report.")                              \
  F(source,                                                                                        \
    optional_field().additive().blank_ok(),                                                        \
    "Link to where an alert of another system comes from.")                                        \
  F(annotations,                                                                                   \
    optional_field().additive().blank_ok(),                                                        \
    "Of the rule, or of an alert of another system.")                                              \
  F(until, optional_field().additive().as("fractional"), "When that is of no use any more.")       \
  F(rule_labels, optional_field().additive().blank_ok(), "That the rule gives its alerts.")
AOPS_MESSAGE(told_alert)

/// What a receiver is sent, unless it has a template of its own.
struct notice_body {
  std::string id, receiver, status = "firing";
  std::vector<told_alert> alerts;
};
#define AOPS_FIELDS_notice_body(F)                                                                 \
  F(id, required(), "Of this notice; the same when it is sent again after a failure.")             \
  F(receiver, required(), "Whom it is for.")                                                       \
  F(status, required().one_of("firing|resolved|test|diagnosed"), "Of all its alerts.")             \
  F(alerts, required(), "At least one.")
AOPS_MESSAGE(notice_body)

// -- between actors

/// How the hosts of these slots are.
struct status_of_slots {
  std::vector<uint16_t> slots;
};
AOPS_WIRE(status_of_slots, slots)

/// The same and what has yet to be told, by receiver.
struct slots_status {
  status_counts counts; ///< Without silent hosts.
  std::vector<std::string> receivers;
  std::vector<int64_t> waiting; ///< Of each.
};
AOPS_WIRE(slots_status, counts, receivers, waiting)

/// When rules of these hosts were alerts, as far as results tell.
struct alert_history_query {
  std::string owner;
  std::vector<std::string> hosts;       ///< Ids.
  std::vector<std::string> check_items; ///< Empty: all.
  int64_t from_ms = 0, until_ms = 0;
  int64_t most = 0; ///< Stretches.
};
AOPS_WIRE(alert_history_query, owner, hosts, check_items, from_ms, until_ms, most)

/// An instance of a rule was an alert from its first to its last moment.
struct alert_stretch {
  std::string host_id, check_item, severity, value;
  label_set labels, rule_labels;
  int64_t from_ms = 0, until_ms = 0;
  bool lasts = false; ///< It is one still.
};
AOPS_WIRE(alert_stretch,
          host_id,
          check_item,
          severity,
          value,
          labels,
          rule_labels,
          from_ms,
          until_ms,
          lasts)

struct alert_history {
  std::vector<alert_stretch> all; ///< By host, rule, labels and time.
};
AOPS_WIRE(alert_history, all)

} // namespace aops
