#pragma once

#include "messages/check.hpp"
#include "messages/describe.hpp"
#include "messages/error.hpp"
#include "messages/host.hpp"
#include "messages/values.hpp"
#include "messages/wire.hpp"

#include <map>
#include <string>
#include <vector>

/// What other services keep here and read: the internal interface `/data/*`. Whatever it has in
/// common with the public one goes by the messages of that.
namespace aops {

/// Whom a service acts for; answered with the caller that he would be.
struct user_to_act_for {
  std::string username;
};
#define AOPS_FIELDS_user_to_act_for(F)                                                             \
  F(username, required().text(1, 40), "Whose things it is about.")
AOPS_MESSAGE(user_to_act_for)

// -- hosts

/// POST /data/host/add: hosts that may have ids already.
struct hosts_to_keep {
  hosts_to_add what;
  std::vector<std::string> ids; ///< One for each; empty: it gets a new one.
};
AOPS_WIRE(hosts_to_keep, what, ids)

/// The id that a host comes with.
struct host_to_keep {
  std::string host_id;
};
#define AOPS_FIELDS_host_to_keep(F)                                                                \
  F(host_id, required().text(1, 40), "Identifier; a new one when absent.")
AOPS_MESSAGE(host_to_keep)

/// POST /data/host/count
struct hosts_to_count {
  std::vector<std::string> host_group_list;
  maybe<bool> management;
};
#define AOPS_FIELDS_hosts_to_count(F)                                                              \
  F(host_group_list,                                                                               \
    optional_field().items(0, 1000).text(1, 50),                                                   \
    "Group names; absent or empty: all.")                                                          \
  F(management, optional_field(), "Absent: both kinds.")
AOPS_MESSAGE(hosts_to_count)

/// POST /data/host/info/get/user
struct users_hosts_query {
  std::vector<std::string> username;
};
#define AOPS_FIELDS_users_hosts_query(F)                                                           \
  F(username, required().items(0, 1000).text(1, 40), "Whose hosts; empty: of all users.")
AOPS_MESSAGE(users_hosts_query)

struct user_host {
  std::string host_id, host_group_name, host_name, public_ip;
  int64_t ssh_port = 22;
};
#define AOPS_FIELDS_user_host(F)                                                                   \
  F(host_id, required(), "Identifier.")                                                            \
  F(host_group_name, required(), "Its group.")                                                     \
  F(host_name, required(), "Name.")                                                                \
  F(public_ip, required(), "Address.")                                                             \
  F(ssh_port, required(), "SSH port.")
AOPS_MESSAGE(user_host)

struct users_hosts_found {
  std::map<std::string, std::vector<user_host>> host_infos;
};
#define AOPS_FIELDS_users_hosts_found(F)                                                           \
  F(host_infos, required(), "By user; unknown ones have none.")
AOPS_MESSAGE(users_hosts_found)

// -- results

/// An anomaly that somebody else found. Its key is user, host, item, start and end.
struct saved_result {
  std::string host_id;
  std::vector<data_item> data_list;
  moment start, end;
  std::string check_item, condition, value;
  maybe<std::string> description, username;
};
#define AOPS_FIELDS_saved_result(F)                                                                \
  F(host_id, required().text(1, 64), "Host.")                                                      \
  F(data_list, required().items(0, 64), "What the rule is about; a name alone will do.")           \
  F(start, required().as("fractional"), "First moment.")                                           \
  F(end, required().as("fractional"), "Last moment.")                                              \
  F(check_item, required().text(1, 256), "Rule.")                                                  \
  F(condition, required().text(1, 4096), "Of the rule.")                                           \
  F(value, required().text(1, 64), "What was found, such as `Abnormal`.")                          \
  F(description, optional_field().text(0, 1024).blank_ok(), "Of the rule.")                        \
  F(username, optional_field().text(1, 40), "Whose it is; else the request's user.")
AOPS_MESSAGE(saved_result)

inline expected<void> validate_message(const saved_result& x) {
  if (x.end.ms < x.start.ms)
    return fail(ec::bad_request, "end: is before start");
  return {};
}

/// POST /data/check/result/save
struct results_to_save {
  std::vector<saved_result> check_results;
};
#define AOPS_FIELDS_results_to_save(F)                                                             \
  F(check_results,                                                                                 \
    required().items(0, 5000).also("check_results:"),                                              \
    "Results; one of a known key gets another value.")
AOPS_MESSAGE(results_to_save)

/// One of several that was not done.
struct refused_row {
  int64_t index = 0;
  std::string reason;
};
#define AOPS_FIELDS_refused_row(F)                                                                 \
  F(index, required(), "Place in the request, from 0.")                                            \
  F(reason, required(), "Why.")
AOPS_MESSAGE(refused_row)

struct results_saved {
  int64_t code = 200; ///< 206 some, 1102 none.
  std::vector<refused_row> fail_list;
};
#define AOPS_FIELDS_results_saved(F)                                                               \
  F(code, internal(), "")                                                                          \
  F(fail_list, required().additive(), "Not stored, with the reason.")
AOPS_MESSAGE(results_saved)

/// DELETE /data/check/result/delete
struct results_to_delete {
  maybe<std::vector<std::string>> host_list, check_items;
  maybe<std::vector<moment>> time_range;

  std::vector<moment> range() const { return time_range.value_or(std::vector<moment>{}); }
};
#define AOPS_FIELDS_results_to_delete(F)                                                           \
  F(host_list, optional_field().items(0, 10000).text(1, 64), "Host ids; absent or empty: all.")    \
  F(check_items, optional_field().items(0, 10000).text(1, 256), "Rule names; likewise.")           \
  F(time_range, optional_field().items(0, 2), "What lies within it, ends included; likewise.")
AOPS_MESSAGE(results_to_delete)

struct rows_deleted {
  int64_t count = 0;
};
#define AOPS_FIELDS_rows_deleted(F) F(count, required(), "So many were deleted.")
AOPS_MESSAGE(rows_deleted)

// -- reports

/// A report that somebody else made.
struct saved_report {
  std::string host_id, tree_name, task_id, report_id;
  moment start, end;
  json_text report;
  maybe<std::string> username;
};
#define AOPS_FIELDS_saved_report(F)                                                                \
  F(host_id, required().text(1, 64), "Host.")                                                      \
  F(tree_name, required().text(1, 256), "Tree.")                                                   \
  F(task_id, required().text(1, 64), "Task; made when unknown.")                                   \
  F(report_id, required().text(1, 40), "Identifier; a known one is replaced.")                     \
  F(start, required(), "Slice begin.")                                                             \
  F(end, required(), "Slice end.")                                                                 \
  F(report, required(), "The tree with values: an object, or its JSON text.")                      \
  F(username, optional_field().text(1, 40).also("usename"), "Whose it is; else the request's user.")
AOPS_MESSAGE(saved_report)

inline expected<void> validate_message(const saved_report& x) {
  if (x.end.ms < x.start.ms)
    return fail(ec::bad_request, "end: is before start");
  return {};
}

/// POST /data/diag/report/save
struct reports_to_save {
  std::vector<saved_report> reports;
};
#define AOPS_FIELDS_reports_to_save(F) F(reports, required().items(0, 1000), "Reports.")
AOPS_MESSAGE(reports_to_save)

struct reports_saved {
  int64_t code = 200; ///< 206 some, 1102 none.
  std::vector<refused_row> fail_list;
};
#define AOPS_FIELDS_reports_saved(F)                                                               \
  F(code, internal(), "")                                                                          \
  F(fail_list, required().additive(), "Not stored, with the reason.")
AOPS_MESSAGE(reports_saved)

/// POST /data/diag/task/save: a diagnosis that somebody else runs.
struct task_to_save {
  std::string task_id;
  moment time;
  std::vector<std::string> host_list, tree_list;
  std::vector<moment> time_range;
  int64_t expected_report_num = 0;
};
#define AOPS_FIELDS_task_to_save(F)                                                                \
  F(task_id, required().text(1, 64), "Identifier; a known one is replaced.")                       \
  F(time, required(), "Creation.")                                                                 \
  F(host_list, required().items(0, 10000).text(1, 64), "Host ids.")                                \
  F(tree_list, required().items(0, 10000).text(1, 256), "Tree names.")                             \
  F(time_range, required().items(0, 2), "Start and end.")                                          \
  F(expected_report_num, required().range(0, 1000000000), "Reports to come.")
AOPS_MESSAGE(task_to_save)

// -- samples

struct wanted_samples {
  std::string name, type = "kpi";
  label_set label;
};
#define AOPS_FIELDS_wanted_samples(F)                                                              \
  F(name, required().text(1, 256), "Metric or log name.")                                          \
  F(type, optional_field().text(1, 64), "`kpi` (default) or `log`.")                               \
  F(label,                                                                                         \
    optional_field().items(0, 64).text(0, 1024).blank_ok(),                                        \
    "Labels a series must have; it may have more.")
AOPS_MESSAGE(wanted_samples)

/// POST /data/data/get
struct samples_to_get {
  std::vector<moment> time_range;
  std::map<std::string, std::vector<wanted_samples>> data_infos;
  maybe<int64_t> most_points{};
  bool of_all = false; ///< Whoever owns the hosts.
};
#define AOPS_FIELDS_samples_to_get(F)                                                              \
  F(time_range, required().items(2, 2), "Start and end, both included.")                           \
  F(data_infos, required().items(0, 1000), "Host addresses, or ids, to what is wanted of each.")   \
  F(most_points,                                                                                   \
    optional_field().range(2, 10000),                                                              \
    "Of each series at most so many samples: the least and the greatest of each of half as many "  \
    "equal stretches of the range. Absent: all.")                                                  \
  F(of_all, internal(), "")
AOPS_MESSAGE(samples_to_get)

/// All samples of one series in the range.
struct series_samples {
  std::string name;
  label_set label;
  json_text values{"[]"};
};
#define AOPS_FIELDS_series_samples(F)                                                              \
  F(name, required(), "Metric.")                                                                   \
  F(label, required(), "All labels of the series.")                                                \
  F(values, required(), "List of pairs: seconds since 1970, and the value as text.")
AOPS_MESSAGE(series_samples)

struct refused_samples {
  std::string name;
  label_set label;
  std::string reason;
};
#define AOPS_FIELDS_refused_samples(F)                                                             \
  F(name, required(), "As asked.")                                                                 \
  F(label, required(), "As asked.")                                                                \
  F(reason, required().additive(), "Why.")
AOPS_MESSAGE(refused_samples)

struct host_samples {
  std::vector<series_samples> succeed_list;
  std::vector<refused_samples> fail_list;
};
#define AOPS_FIELDS_host_samples(F)                                                                \
  F(succeed_list, required(), "Series with samples; what has none is in neither list.")            \
  F(fail_list, required(), "What could not be read.")
AOPS_MESSAGE(host_samples)

struct samples_found {
  int64_t code = 200; ///< 206 some, 1104 none.
  std::map<std::string, host_samples> result;
};
#define AOPS_FIELDS_samples_found(F)                                                               \
  F(code, internal(), "")                                                                          \
  F(result, required(), "By host, as asked.")
AOPS_MESSAGE(samples_found)

/// DELETE /data/data/delete
struct samples_to_delete {
  std::vector<std::string> host_list;
  std::vector<moment> time_range;
  bool of_all = false; ///< Whoever owns the hosts.
};
#define AOPS_FIELDS_samples_to_delete(F)                                                           \
  F(host_list, required().items(0, 10000).text(1, 64).also("host_infos"), "Host ids; empty: all.") \
  F(time_range, required().items(2, 2), "Start and end, both included.")                           \
  F(of_all, internal(), "")
AOPS_MESSAGE(samples_to_delete)

/// A time range is empty, or a start and an end that is not before it.
template <class T>
requires std::same_as<T, results_to_delete> || std::same_as<T, task_to_save> ||
  std::same_as<T, samples_to_get> || std::same_as<T, samples_to_delete>
    expected<void> validate_message(const T& x) {
  std::vector<moment> range;
  if constexpr (std::same_as<T, results_to_delete>)
    range = x.range();
  else
    range = x.time_range;
  if (range.size() == 1)
    return fail(ec::bad_request, "time_range: must have two times, or none");
  if (range.size() == 2 && range[0].ms > range[1].ms)
    return fail(ec::bad_request, "time_range: ends before it starts");
  if constexpr (std::same_as<T,
                             results_to_delete>) // Each list may mean all, but one must be there.
    if (!x.host_list && !x.check_items && !x.time_range)
      return fail(ec::bad_request, "time_range: nothing says which results");
  return {};
}

} // namespace aops
