#pragma once

#include "messages/describe.hpp"
#include "messages/error.hpp"
#include "messages/job_status.hpp"
#include "messages/paging.hpp"
#include "messages/values.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace aops {

/// Diagnoses among the jobs.
inline const kind_name diagnosis_kind{"diag"};

// -- trees

struct tree_to_import {
  std::string tree_name;
  json_text tree_content;
  std::string description;
  std::vector<std::string> tag;
};
#define AOPS_FIELDS_tree_to_import(F)                                                              \
  F(tree_name, required().text(1, 256), "Name; the key for update and diagnosis.")                 \
  F(tree_content, required().as("object").items(1), "The fault tree.")                             \
  F(description, required().text(0, 1024).blank_ok(), "May be empty.")                             \
  F(tag, optional_field().items(0, 64).text(1, 64), "Free words.")
AOPS_MESSAGE(tree_to_import)

/// POST /diag/tree/import
struct trees_to_import {
  std::vector<tree_to_import> trees;
};
#define AOPS_FIELDS_trees_to_import(F)                                                             \
  F(trees, required().items(1, 1000), "Trees; an existing name is replaced.")
AOPS_MESSAGE(trees_to_import)

/// The same name twice makes the whole request wrong: which one would be meant?
inline expected<void> validate_message(const trees_to_import& x) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < x.trees.size(); ++i)
    if (!names.insert(x.trees[i].tree_name).second)
      return fail(ec::bad_request,
                  "trees[" + std::to_string(i) + "].tree_name: appears twice in this request");
  return {};
}

struct tree_warning {
  std::string tree_name, path, message;
};
#define AOPS_FIELDS_tree_warning(F)                                                                \
  F(tree_name, required(), "Tree.")                                                                \
  F(path, required(), "Node.")                                                                     \
  F(message, required(), "What may be meant differently.")
AOPS_MESSAGE(tree_warning)

struct trees_imported {
  int64_t code = 200; ///< 206 some failed, 1000 all illegal, 1102 none stored.
  std::vector<std::string> succeed_list, fail_list, update_list;
  std::map<std::string, std::string> fail_reasons;
  std::vector<tree_warning> warnings;
};
#define AOPS_FIELDS_trees_imported(F)                                                              \
  F(code, internal(), "")                                                                          \
  F(succeed_list, required(), "New trees.")                                                        \
  F(fail_list, required(), "Refused trees.")                                                       \
  F(update_list, required(), "Replaced trees.")                                                    \
  F(fail_reasons, required().additive(), "Name of a refused tree to node path and reason.")        \
  F(warnings, required().additive(), "Of the plausibility check.")
AOPS_MESSAGE(trees_imported)

/// POST /diag/tree/get
struct trees_query {
  std::vector<std::string> tree_list;
};
#define AOPS_FIELDS_trees_query(F) F(tree_list, required(), "Names; empty: all.")
AOPS_MESSAGE(trees_query)

/// DELETE /diag/tree/delete
struct trees_to_delete {
  std::vector<std::string> tree_list;
};
#define AOPS_FIELDS_trees_to_delete(F) F(tree_list, required(), "Names; unknown ones are ignored.")
AOPS_MESSAGE(trees_to_delete)

struct tree_info {
  std::string tree_name;
  json_text tree_content;
  std::string description;
  std::vector<std::string> tag;
};
#define AOPS_FIELDS_tree_info(F)                                                                   \
  F(tree_name, required(), "Name.")                                                                \
  F(tree_content, required(), "The fault tree.")                                                   \
  F(description, required(), "Free text.")                                                         \
  F(tag, required(), "Free words.")
AOPS_MESSAGE(tree_info)

struct trees_found {
  std::vector<tree_info> trees;
};
#define AOPS_FIELDS_trees_found(F) F(trees, required(), "Trees.")
AOPS_MESSAGE(trees_found)

// -- diagnosis

/// POST /diag/execute
struct diag_to_execute {
  std::vector<std::string> host_list;
  std::vector<moment> time_range;
  std::vector<std::string> tree_list;
  int64_t interval = 0; ///< Seconds.
};
#define AOPS_FIELDS_diag_to_execute(F)                                                             \
  F(host_list, required().items(1, 50).text(1, 64), "Host ids.")                                   \
  F(time_range, required().items(2, 2), "Start and end.")                                          \
  F(tree_list, required().items(1, 1000).text(1, 256), "Tree names.")                              \
  F(interval, required().range(1, 1000000000), "Length of a slice in seconds.")
AOPS_MESSAGE(diag_to_execute)

struct diag_started {
  int64_t code = 200;
  json_text task_id; ///< Text, or null when the job could not be stored.
  int64_t expected_report_num = 0;
  std::vector<std::string> ignored_hosts, ignored_trees;
};
#define AOPS_FIELDS_diag_started(F)                                                                \
  F(code, internal(), "")                                                                          \
  F(task_id, required(), "Task.")                                                                  \
  F(expected_report_num, required(), "Hosts × trees × slices.")                                    \
  F(ignored_hosts, required().additive(), "Unknown hosts.")                                        \
  F(ignored_trees, required().additive(), "Unknown trees.")
AOPS_MESSAGE(diag_started)

/// POST /diag/progress/get
struct progress_query {
  std::vector<std::string> task_list;
};
#define AOPS_FIELDS_progress_query(F)                                                              \
  F(task_list, required().items(1, 1000).text(1, 64), "Task ids.")
AOPS_MESSAGE(progress_query)

struct task_progress {
  std::string task_id;
  int64_t progress = 0;
  int64_t expected_report_num = 0;
  std::string state;
  maybe<int64_t> failed;
};
#define AOPS_FIELDS_task_progress(F)                                                               \
  F(task_id, required(), "Task.")                                                                  \
  F(progress, required(), "Reports stored.")                                                       \
  F(expected_report_num, required(), "Reports expected; 0: unknown task.")                         \
  F(state,                                                                                         \
    required().additive(),                                                                         \
    "`pending`, `running`, `waiting_for_key`, `interrupted`, `done`, `failed`, `cancelled`.")      \
  F(failed, optional_field().additive(), "Of these, errors and unanswered checks; unless 0.")
AOPS_MESSAGE(task_progress)

struct progress_found {
  std::vector<task_progress> result;
};
#define AOPS_FIELDS_progress_found(F) F(result, required(), "One entry per id asked.")
AOPS_MESSAGE(progress_found)

/// POST /diag/task/cancel
struct tasks_to_cancel {
  std::vector<std::string> task_list;
};
#define AOPS_FIELDS_tasks_to_cancel(F)                                                             \
  F(task_list, required().items(1, 1000).text(1, 64), "Task ids.")
AOPS_MESSAGE(tasks_to_cancel)

struct tasks_cancelled {
  int64_t code = 200;
  std::vector<std::string> cancelled, ignored;
};
#define AOPS_FIELDS_tasks_cancelled(F)                                                             \
  F(code, internal(), "")                                                                          \
  F(cancelled, required(), "Ended.")                                                               \
  F(ignored, required(), "Unknown or ended before.")
AOPS_MESSAGE(tasks_cancelled)

/// To jobs that wait for their user: go on. What may have begun and not ended is done again.
struct tasks_to_resume {
  std::vector<std::string> task_list;
};
#define AOPS_FIELDS_tasks_to_resume(F)                                                             \
  F(task_list, required().items(1, 1000).text(1, 64), "Task ids.")
AOPS_MESSAGE(tasks_to_resume)

struct tasks_resumed {
  int64_t code = 200;
  std::vector<std::string> resumed, ignored;
};
#define AOPS_FIELDS_tasks_resumed(F)                                                               \
  F(code, internal(), "")                                                                          \
  F(resumed, required(), "Go on.")                                                                 \
  F(ignored, required(), "Unknown, or did not wait for their user.")
AOPS_MESSAGE(tasks_resumed)

/// POST /diag/task/get
struct tasks_query {
  maybe<std::vector<moment>> time_range;
  maybe<std::vector<std::string>> task_list;
  AOPS_PAGING_MEMBERS
};
#define AOPS_FIELDS_tasks_query(F)                                                                 \
  F(time_range, optional_field().items(0, 2), "On the creation time; empty: all.")                 \
  F(task_list, optional_field().text(1, 64), "Task ids; wins over time_range.")                    \
  AOPS_PAGING_FIELDS(F, "|time|expected_report_num", any_page_size)
AOPS_MESSAGE(tasks_query)

struct task_info {
  std::string task_id;
  std::vector<std::string> host_list;
  std::vector<moment> time_range;
  moment time;
  std::vector<std::string> tree_list;
  int64_t expected_report_num = 0;
  std::string state;
  int64_t progress = 0;
  maybe<int64_t> failed;
};
#define AOPS_FIELDS_task_info(F)                                                                   \
  F(task_id, required(), "Task.")                                                                  \
  F(host_list, required(), "Valid hosts.")                                                         \
  F(time_range, required(), "As asked.")                                                           \
  F(time, required(), "Creation.")                                                                 \
  F(tree_list, required(), "Valid trees.")                                                         \
  F(expected_report_num, required(), "Reports expected.")                                          \
  F(state, required().additive(), "State of the job.")                                             \
  F(progress, required().additive(), "Reports stored.")                                            \
  F(failed, optional_field().additive(), "Of these, reports that are errors; unless 0.")
AOPS_MESSAGE(task_info)

struct tasks_page {
  AOPS_TOTAL_MEMBERS
  std::vector<task_info> task_infos;
};
#define AOPS_FIELDS_tasks_page(F) AOPS_TOTAL_FIELDS(F) F(task_infos, required(), "Tasks.")
AOPS_MESSAGE(tasks_page)

// -- reports

/// POST /diag/report/get_list
struct reports_query {
  maybe<std::string> task_id;
  maybe<std::vector<moment>> time_range;
  maybe<std::vector<std::string>> host_list, tree_list;
  AOPS_PAGING_MEMBERS
};
#define AOPS_FIELDS_reports_query(F)                                                               \
  F(task_id, optional_field().text(1, 64), "When given, all other filters are ignored.")           \
  F(time_range, optional_field().items(0, 2), "Empty: all; overlap counts.")                       \
  F(host_list, optional_field(), "Host ids; empty: all.")                                          \
  F(tree_list, optional_field(), "Tree names; empty: all.")                                        \
  AOPS_PAGING_FIELDS(F, "|start|end|tree_name|time", 50)
AOPS_MESSAGE(reports_query)

struct report_row {
  std::string host_id, tree_name, task_id, report_id;
  moment start, end;
  int64_t number = 0; ///< 1…N within its task; the event id of streams.
};
#define AOPS_FIELDS_report_row(F)                                                                  \
  F(host_id, required(), "Host.")                                                                  \
  F(tree_name, required(), "Tree.")                                                                \
  F(task_id, required(), "Task.")                                                                  \
  F(report_id, required(), "Identifier.")                                                          \
  F(start, required(), "Slice begin.")                                                             \
  F(end, required(), "Slice end.")                                                                 \
  F(number, internal(), "")
AOPS_MESSAGE(report_row)

struct reports_page {
  AOPS_TOTAL_MEMBERS
  std::vector<report_row> result;
};
#define AOPS_FIELDS_reports_page(F) AOPS_TOTAL_FIELDS(F) F(result, required(), "Reports.")
AOPS_MESSAGE(reports_page)

/// POST /diag/report/get
struct report_list_query {
  std::vector<std::string> report_list;
};
#define AOPS_FIELDS_report_list_query(F)                                                           \
  F(report_list, required().items(1, 10000).text(1, 64), "Report ids.")
AOPS_MESSAGE(report_list_query)

/// DELETE /diag/report/delete
struct reports_to_delete {
  std::vector<std::string> report_list;
};
#define AOPS_FIELDS_reports_to_delete(F)                                                           \
  F(report_list, required().text(1, 64), "Report ids; unknown ones are ignored.")
AOPS_MESSAGE(reports_to_delete)

struct report_info {
  std::string host_id, tree_name, task_id, report_id;
  moment start, end;
  json_text report;    ///< The tree with values; `{}` when the tree could not be judged.
  std::string error;   ///< Why not.
  std::string verdict; ///< `true`, `false`, `unknown`.
  json_text root_causes, undecided, evidence, missing;
  bool undecided_truncated = false;
  std::string tree_version; ///< Content digest.
  json_text rule_versions;  ///< Check item to content digest.
  std::string content_hash;
};
#define AOPS_FIELDS_report_info(F)                                                                 \
  F(host_id, required(), "Host.")                                                                  \
  F(tree_name, required(), "Tree.")                                                                \
  F(task_id, required(), "Task.")                                                                  \
  F(report_id, required(), "Identifier.")                                                          \
  F(start, required(), "Slice begin.")                                                             \
  F(end, required(), "Slice end.")                                                                 \
  F(report, required(), "The tree with `value` and `msg` filled in.")                              \
  F(error, required().additive(), "Why there is no verdict.")                                      \
  F(verdict, required(), "Three-valued: `true`, `false`, `unknown`.")                              \
  F(root_causes, required(), "Paths of the deepest true branches.")                                \
  F(undecided, required(), "Minimal sets of check items whose outcome would decide.")              \
  F(undecided_truncated, required().additive(), "More sets exist.")                                \
  F(evidence, required(), "Per leaf: rule, times, sample values, what was missing.")               \
  F(missing, required().additive(), "Check items that nobody could judge, and why.")               \
  F(tree_version, required(), "Content digest of the tree.")                                       \
  F(rule_versions, required(), "Content digests of the rules.")                                    \
  F(content_hash, required(), "Same inputs, same hash.")
AOPS_MESSAGE(report_info)

struct reports_found {
  std::vector<report_info> result;
};
#define AOPS_FIELDS_reports_found(F) F(result, required(), "Reports; unknown ids are left out.")
AOPS_MESSAGE(reports_found)

} // namespace aops
