#pragma once

#include "messages/describe.hpp"
#include "messages/sample.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// What Alertmanager sends to a webhook. The names are its own; see docs/notifications.md.
namespace aops {

/// An alert of its group.
struct grouped_alert {
  std::string status;
  label_set labels, annotations;
  std::string startsAt, endsAt, generatorURL, fingerprint;
};
#define AOPS_FIELDS_grouped_alert(F)                                                               \
  F(status, required().one_of("firing|resolved"), "Whether it lasts.")                             \
  F(labels, required().items(0, 100).text(0, 4096).blank_ok(), "What it is about.")                \
  F(annotations, optional_field().items(0, 100).text(0, 65536).blank_ok(), "What is said of it.")  \
  F(startsAt, required().text(1, 64), "When it began, RFC 3339.")                                  \
  F(endsAt, optional_field().text(0, 64).blank_ok(), "When it ended, RFC 3339.")                   \
  F(generatorURL, optional_field().text(0, 65536).blank_ok(), "Where it comes from.")              \
  F(fingerprint, optional_field().text(0, 64).blank_ok(), "Of its labels.")
AOPS_MESSAGE(grouped_alert)

/// POST /alertmanager/webhook
struct alert_group {
  std::string version, groupKey, status;
  std::string receiver, externalURL;
  int64_t truncatedAlerts = 0;
  label_set groupLabels, commonLabels, commonAnnotations;
  std::vector<grouped_alert> alerts;
};
#define AOPS_FIELDS_alert_group(F)                                                                 \
  F(version, required().one_of("4"), "Of the format: 4.")                                          \
  F(groupKey, required().text(1, 65536), "Which group of alerts this is.")                         \
  F(status, required().one_of("firing|resolved"), "`resolved` when all of them are.")              \
  F(receiver, optional_field().blank_ok(), "Its receiver in Alertmanager.")                        \
  F(externalURL, optional_field().blank_ok(), "Of the Alertmanager.")                              \
  F(truncatedAlerts, optional_field(), "How many more alerts the group has.")                      \
  F(groupLabels, optional_field().items(0, 100).blank_ok(), "What they have in common by choice.") \
  F(commonLabels, optional_field().items(0, 100).blank_ok(), "What they have in common.")          \
  F(commonAnnotations, optional_field().items(0, 100).blank_ok(), "What they have in common.")     \
  F(alerts, required().items(1, 1000), "The alerts.")
AOPS_MESSAGE(alert_group)

/// What becomes of a group: one diagnosis, or none and why.
struct alert_group_taken {
  std::string task_id;
  bool is_new = false;
  std::vector<std::string> host_list, tree_list, ignored;
};
#define AOPS_FIELDS_alert_group_taken(F)                                                           \
  F(task_id, required().blank_ok(), "The diagnosis; empty when there is nothing to diagnose.")     \
  F(is_new, required(), "Whether it begins now; else the group came before.")                      \
  F(host_list, required(), "Hosts that its alerts are about.")                                     \
  F(tree_list, required(), "Trees bound to its alerts.")                                           \
  F(ignored, required(), "Why alerts lead to no diagnosis.")
AOPS_MESSAGE(alert_group_taken)

} // namespace aops
