#pragma once

#include "messages/describe.hpp"
#include "messages/error.hpp"
#include "messages/host_info.hpp"
#include "messages/remote.hpp"
#include "messages/values.hpp"

#include <limits>
#include <string>
#include <vector>

/// Configuration tracing: which files of which hosts should be what. See docs/tracing.md.
///
/// The first fourteen requests have the names and forms of an interface that was there before:
/// members in camel case, lists as bodies, the code as HTTP status (`http/routes/tracing_routes`).
/// `text` of their replies is what stands there as `msg`.
namespace aops {

/// Something of a request that was not done.
struct tracing_failure {
  maybe<std::string> domainName, hostId, filePath;
  std::string reason;
};
#define AOPS_FIELDS_tracing_failure(F)                                                             \
  F(domainName, optional_field().additive(), "Of the domain.")                                     \
  F(hostId, optional_field().additive(), "Of the host.")                                           \
  F(filePath, optional_field().additive(), "Of the file.")                                         \
  F(reason, required(), "Why; `missing`, `denied`, `too large`, `unreachable`, or a sentence.")
AOPS_MESSAGE(tracing_failure)

/// Something that was done and may not be what was meant.
struct tracing_warning {
  std::string filePath, text;
};
#define AOPS_FIELDS_tracing_warning(F)                                                             \
  F(filePath, required(), "Of the file.")                                                          \
  F(text, required(), "Such as `line 7: unknown option ...`.")
AOPS_MESSAGE(tracing_warning)

/// How a change went.
struct tracing_done {
  int64_t code = 200;
  std::string text;
  std::vector<std::string> successList;
  std::vector<tracing_failure> failList;
  std::vector<tracing_warning> warnings;
};
#define AOPS_FIELDS_tracing_done(F)                                                                \
  F(code, internal(), "")                                                                          \
  F(text, internal(), "")                                                                          \
  F(successList, required().additive(), "Names, ids or paths of what was done.")                   \
  F(failList, required().additive(), "What was not, with the reason.")                             \
  F(warnings, required().additive(), "What of files their models do not know.")
AOPS_MESSAGE(tracing_done)

/// The form of a domain's name; empty when it is fine.
inline std::string_view wrong_domain_name(std::string_view name) {
  if (name.empty() || name.size() > 255)
    return "must be 1 to 255 characters";
  if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") !=
      name.npos)
    return "must be letters, digits, `_`, `-` and `.`";
  if (name.find_first_not_of('.') == name.npos)
    return "must not be dots only";
  return {};
}

/// For ids of hosts: what no id is made of is refused before anybody looks for it.
inline bool is_plain_host_id(std::string_view id) {
  return id.find_first_not_of(
           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-") == id.npos &&
         id.find_first_not_of('.') != id.npos;
}

/// Longest path that is traced, in bytes: it is a key of the store.
inline constexpr size_t most_traced_path = 512;

namespace tracing_check {

inline expected<void> domain(const std::string& name, std::string_view field = "domainName") {
  if (auto why = wrong_domain_name(name); !why.empty())
    return fail(ec::bad_request, std::string{field} + ": " + std::string{why});
  return {};
}

template <class Hosts>
expected<void> host_ids(const Hosts& hosts, std::string_view list) {
  for (size_t i = 0; i < hosts.size(); ++i)
    if (!is_plain_host_id(hosts[i].hostId))
      return fail(ec::bad_request,
                  std::string{list} + "[" + std::to_string(i) +
                    "].hostId: must be letters, digits, `_`, `-`, `.` and `:`");
  return {};
}

inline bool is_traceable(std::string_view path) {
  return path.size() <= most_traced_path && is_plain_path(path) &&
         path.find_first_of("\n\r\t'\"`;$\\|&<>") == path.npos;
}

template <class Files>
expected<void> paths(const Files& files, std::string_view list = "confFiles") {
  for (size_t i = 0; i < files.size(); ++i)
    if (!is_traceable(files[i].filePath))
      return fail(ec::bad_request,
                  std::string{list} + "[" + std::to_string(i) +
                    "].filePath: must be the absolute path of a file, without `.` and `..`, quotes "
                    "and the like, up to 512 bytes");
  return {};
}

} // namespace tracing_check

// -- domains

/// One of POST /domain/createDomain. Names are judged when it is carried out: one that is wrong
/// does not keep the others from being made.
struct domain_to_create {
  std::string domainName;
  maybe<int64_t> priority;
};
#define AOPS_FIELDS_domain_to_create(F)                                                            \
  F(domainName,                                                                                    \
    required().text(0, 1000).blank_ok(),                                                           \
    "Letters, digits, `_`, `-`, `.`; 1 to 255 of them, not dots only.")                            \
  F(priority, optional_field(), "Kept, and used for nothing; default 0.")
AOPS_MESSAGE(domain_to_create)

/// POST /domain/createDomain; the body is the list.
struct domains_to_create {
  std::vector<domain_to_create> domains;
};
#define AOPS_FIELDS_domains_to_create(F) F(domains, required().items(1, 1000), "New domains.")
AOPS_MESSAGE(domains_to_create)

/// POST /domain/queryDomain
struct domains_query {};
#define AOPS_FIELDS_domains_query(F)
AOPS_MESSAGE(domains_query)

struct traced_domain {
  std::string domainName;
  maybe<int64_t> priority;
};
#define AOPS_FIELDS_traced_domain(F)                                                               \
  F(domainName, required(), "Name.")                                                               \
  F(priority, optional_field().additive(), "Where it is not 0.")
AOPS_MESSAGE(traced_domain)

/// The reply is the list.
struct traced_domains {
  std::vector<traced_domain> list;
};
#define AOPS_FIELDS_traced_domains(F) F(list, required(), "By name.")
AOPS_MESSAGE(traced_domains)

/// DELETE /domain/deleteDomain?domainName=a&domainName=b
struct domains_to_delete {
  std::vector<std::string> domainName;
};
#define AOPS_FIELDS_domains_to_delete(F)                                                           \
  F(domainName,                                                                                    \
    required().items(1, 1000).text(0, 1000).blank_ok(),                                            \
    "Names; their hosts, files and history go with them.")
AOPS_MESSAGE(domains_to_delete)

// -- hosts

struct host_in_domain {
  std::string hostId;
  maybe<std::string> ip, ipv6;
};
#define AOPS_FIELDS_host_in_domain(F)                                                              \
  F(hostId, required().text(1, 40), "Identifier.")                                                 \
  F(ip,                                                                                            \
    optional_field().text(0, 255).blank_ok(),                                                      \
    "As the page shows it; else the host's address.")                                              \
  F(ipv6, optional_field().text(0, 255).blank_ok(), "Likewise; default `ipv4`.")
AOPS_MESSAGE(host_in_domain)

/// POST /host/addHost
struct hosts_to_trace {
  std::string domainName;
  std::vector<host_in_domain> hostInfos;
};
#define AOPS_FIELDS_hosts_to_trace(F)                                                              \
  F(domainName, required().text(1, 255), "Name.")                                                  \
  F(hostInfos, required().items(0, 1000), "Hosts that should share the domain's files.")
AOPS_MESSAGE(hosts_to_trace)

inline expected<void> validate_message(const hosts_to_trace& x) {
  if (auto fine = tracing_check::domain(x.domainName); !fine)
    return fine;
  return tracing_check::host_ids(x.hostInfos, "hostInfos");
}

/// POST /host/getHost
struct traced_hosts_query {
  std::string domainName;
};
#define AOPS_FIELDS_traced_hosts_query(F) F(domainName, required().text(1, 255), "Name.")
AOPS_MESSAGE(traced_hosts_query)

inline expected<void> validate_message(const traced_hosts_query& x) {
  return tracing_check::domain(x.domainName);
}

struct traced_host {
  std::string hostId, ip, ipv6, hostName, state;
};
#define AOPS_FIELDS_traced_host(F)                                                                 \
  F(hostId, required(), "Identifier.")                                                             \
  F(ip, required(), "Address.")                                                                    \
  F(ipv6, required(), "As it was given.")                                                          \
  F(hostName, required(), "Name.")                                                                 \
  F(state, required(), "Of its exporter: `online`, `offline`, `unknown`.")
AOPS_MESSAGE(traced_host)

/// The reply is the list.
struct traced_hosts {
  int64_t code = 200;
  std::string text;
  std::vector<traced_host> list;
};
#define AOPS_FIELDS_traced_hosts(F)                                                                \
  F(code, internal(), "")                                                                          \
  F(text, internal(), "")                                                                          \
  F(list, required(), "Hosts that the caller sees, by name.")
AOPS_MESSAGE(traced_hosts)

/// DELETE /host/deleteHost
struct hosts_to_untrace {
  std::string domainName;
  std::vector<host_in_domain> hostInfos;
};
#define AOPS_FIELDS_hosts_to_untrace(F)                                                            \
  F(domainName, required().text(1, 255), "Name.")                                                  \
  F(hostInfos, required().items(0, 1000), "Hosts; empty: all.")
AOPS_MESSAGE(hosts_to_untrace)

inline expected<void> validate_message(const hosts_to_untrace& x) {
  if (auto fine = tracing_check::domain(x.domainName); !fine)
    return fine;
  return tracing_check::host_ids(x.hostInfos, "hostInfos");
}

// -- items

struct item_to_trace {
  std::string filePath;
  maybe<std::string> contents, hostId;
};
#define AOPS_FIELDS_item_to_trace(F)                                                               \
  F(filePath, required().text(1, 4096), "Absolute path, without `..`.")                            \
  F(contents, optional_field().text(0, 1048576).blank_ok(), "What the file should be.")            \
  F(hostId, optional_field().text(1, 40), "Else: as it is on this host of the domain.")
AOPS_MESSAGE(item_to_trace)

/// POST /management/addManagementConf
struct items_to_trace {
  std::string domainName;
  std::vector<item_to_trace> confFiles;
  maybe<std::string> reason;
};
#define AOPS_FIELDS_items_to_trace(F)                                                              \
  F(domainName, required().text(1, 255), "Name.")                                                  \
  F(confFiles, required().items(0, 100), "Files; one that is there gets a new version.")           \
  F(reason, optional_field().text(0, 1000).blank_ok(), "Why, for the history.")
AOPS_MESSAGE(items_to_trace)

inline expected<void> validate_message(const items_to_trace& x) {
  if (auto fine = tracing_check::domain(x.domainName); !fine)
    return fine;
  for (size_t i = 0; i < x.confFiles.size(); ++i)
    if (x.confFiles[i].hostId && !is_plain_host_id(*x.confFiles[i].hostId))
      return fail(ec::bad_request,
                  "confFiles[" + std::to_string(i) +
                    "].hostId: must be letters, digits, `_`, `-`, `.` and `:`");
  return tracing_check::paths(x.confFiles);
}

/// POST /management/getManagementConf
struct traced_items_query {
  std::string domainName;
};
#define AOPS_FIELDS_traced_items_query(F) F(domainName, required().text(1, 255), "Name.")
AOPS_MESSAGE(traced_items_query)

inline expected<void> validate_message(const traced_items_query& x) {
  return tracing_check::domain(x.domainName);
}

struct traced_item {
  std::string filePath, contents;
};
#define AOPS_FIELDS_traced_item(F)                                                                 \
  F(filePath, required(), "Absolute path.")                                                        \
  F(contents, required(), "What is expected, as JSON text: `{section:{option:value}}`.")
AOPS_MESSAGE(traced_item)

struct traced_items {
  int64_t code = 200;
  std::string text;
  std::string domainName;
  std::vector<traced_item> confFiles;
};
#define AOPS_FIELDS_traced_items(F)                                                                \
  F(code, internal(), "")                                                                          \
  F(text, internal(), "")                                                                          \
  F(domainName, required(), "As asked.")                                                           \
  F(confFiles, required(), "By path.")
AOPS_MESSAGE(traced_items)

struct named_file {
  std::string filePath;
};
#define AOPS_FIELDS_named_file(F) F(filePath, required().text(1, 4096), "Absolute path.")
AOPS_MESSAGE(named_file)

/// DELETE /management/deleteManagementConf
struct items_to_untrace {
  std::string domainName;
  std::vector<named_file> confFiles;
  maybe<std::string> reason;
};
#define AOPS_FIELDS_items_to_untrace(F)                                                            \
  F(domainName, required().text(1, 255), "Name.")                                                  \
  F(confFiles, required().items(0, 1000), "Files.")                                                \
  F(reason, optional_field().text(0, 1000).blank_ok(), "Why, for the history.")
AOPS_MESSAGE(items_to_untrace)

inline expected<void> validate_message(const items_to_untrace& x) {
  if (auto fine = tracing_check::domain(x.domainName); !fine)
    return fine;
  return tracing_check::paths(x.confFiles);
}

// -- history

/// POST /management/queryManageConfChange
struct item_history_query {
  std::string domainName;
  maybe<std::vector<named_file>> confFiles;
  maybe<int64_t> page, per_page;
};
#define AOPS_FIELDS_item_history_query(F)                                                          \
  F(domainName, required().text(1, 255), "Name.")                                                  \
  F(confFiles, optional_field().items(0, 1000), "Files; absent or empty: all.")                    \
  F(page,                                                                                          \
    optional_field().range(1, std::numeric_limits<int64_t>::max()),                                \
    "Of the changes of each file, the newest first; with `per_page`.")                             \
  F(per_page, optional_field().range(1, 50), "Changes of a page.")
AOPS_MESSAGE(item_history_query)

inline expected<void> validate_message(const item_history_query& x) {
  if (auto fine = tracing_check::domain(x.domainName); !fine)
    return fine;
  return x.confFiles ? tracing_check::paths(*x.confFiles) : expected<void>{};
}

struct config_change {
  std::string changeId, date, author, changeReason;
  maybe<std::string> preValue;
  std::string postValue;
};
#define AOPS_FIELDS_config_change(F)                                                               \
  F(changeId, required(), "Identifier.")                                                           \
  F(date, required(), "Such as `2026-03-01T08:15:00Z`.")                                           \
  F(author, required(), "Who made it.")                                                            \
  F(changeReason, required(), "Why.")                                                              \
  F(preValue, optional_field().additive(), "What was expected before; not of the oldest.")         \
  F(postValue, required(), "What is expected since; empty: the file is not traced.")
AOPS_MESSAGE(config_change)

struct expected_config {
  std::string filePath, expectedContents;
  std::vector<config_change> changeLog;
  int64_t total_count = 0;
};
#define AOPS_FIELDS_expected_config(F)                                                             \
  F(filePath, required(), "Absolute path.")                                                        \
  F(expectedContents, required(), "What is expected, as JSON text.")                               \
  F(changeLog, required(), "The newest first.")                                                    \
  F(total_count, required(), "Changes that there are.")
AOPS_MESSAGE(expected_config)

struct item_history {
  int64_t code = 200;
  std::string text;
  std::string domainName;
  std::vector<expected_config> confBaseInfos;
  std::vector<tracing_failure> failList;
};
#define AOPS_FIELDS_item_history(F)                                                                \
  F(code, internal(), "")                                                                          \
  F(text, internal(), "")                                                                          \
  F(domainName, required(), "As asked.")                                                           \
  F(confBaseInfos, required(), "By path.")                                                         \
  F(failList, required().additive(), "Files that have no history.")
AOPS_MESSAGE(item_history)

/// POST /confs/queryExpectedConfs
struct full_history_query {
  maybe<std::string> domainName;
  maybe<int64_t> page, per_page;
};
#define AOPS_FIELDS_full_history_query(F)                                                          \
  F(domainName, optional_field().text(1, 255), "Only of this domain.")                             \
  F(page,                                                                                          \
    optional_field().range(1, std::numeric_limits<int64_t>::max()),                                \
    "Of the changes of each file, the newest first; with `per_page`.")                             \
  F(per_page, optional_field().range(1, 50), "Changes of a page.")
AOPS_MESSAGE(full_history_query)

inline expected<void> validate_message(const full_history_query& x) {
  return x.domainName ? tracing_check::domain(*x.domainName) : expected<void>{};
}

struct domain_history {
  std::string domainName;
  std::vector<expected_config> confBaseInfos;
};
#define AOPS_FIELDS_domain_history(F)                                                              \
  F(domainName, required(), "Name.")                                                               \
  F(confBaseInfos, required(), "By path.")
AOPS_MESSAGE(domain_history)

/// The reply is the list.
struct full_history {
  int64_t code = 200;
  std::string text;
  std::vector<domain_history> list;
};
#define AOPS_FIELDS_full_history(F)                                                                \
  F(code, internal(), "")                                                                          \
  F(text, internal(), "")                                                                          \
  F(list, required(), "By name.")
AOPS_MESSAGE(full_history)

// -- what is on hosts

struct named_host {
  std::string hostId;
};
#define AOPS_FIELDS_named_host(F) F(hostId, required().text(1, 40), "Identifier.")
AOPS_MESSAGE(named_host)

/// POST /confs/queryRealConfs
struct real_configs_query {
  std::string domainName;
  maybe<std::vector<named_host>> hostIds;
  maybe<bool> refresh;
};
#define AOPS_FIELDS_real_configs_query(F)                                                          \
  F(domainName, required().text(1, 255), "Name.")                                                  \
  F(hostIds, optional_field().items(0, 1000), "Hosts; absent or empty: all of the domain.")        \
  F(refresh,                                                                                       \
    optional_field(),                                                                              \
    "Whether hosts are asked; default true. Ordinary users get what was read last.")
AOPS_MESSAGE(real_configs_query)

inline expected<void> validate_message(const real_configs_query& x) {
  if (auto fine = tracing_check::domain(x.domainName); !fine)
    return fine;
  return x.hostIds ? tracing_check::host_ids(*x.hostIds, "hostIds") : expected<void>{};
}

struct real_config {
  std::string filePath, fileAttr, fileOwner, confType, spacer, confContents;
  maybe<moment> read_at;
};
#define AOPS_FIELDS_real_config(F)                                                                 \
  F(filePath, required(), "Absolute path.")                                                        \
  F(fileAttr, required(), "Mode in octal digits, such as `0644`.")                                 \
  F(fileOwner, required(), "`(owner, group)`.")                                                    \
  F(confType, required().additive(), "As what it is read: `ini`, `key-value`, `text`, …")          \
  F(spacer, required().additive(), "Between option and value.")                                    \
  F(confContents, required(), "What it says, as JSON text.")                                       \
  F(read_at, optional_field().additive(), "When it was read.")
AOPS_MESSAGE(real_config)

struct host_configs {
  std::string domainName, hostID, hostId;
  std::vector<real_config> confBaseInfos;
  std::vector<tracing_failure> failList;
};
#define AOPS_FIELDS_host_configs(F)                                                                \
  F(domainName, required(), "Name.")                                                               \
  F(hostID, required(), "Identifier of the host.")                                                 \
  F(hostId, required(), "The same.")                                                               \
  F(confBaseInfos, required(), "Files that were read.")                                            \
  F(failList, required().additive(), "The others.")
AOPS_MESSAGE(host_configs)

/// The reply is the list.
struct real_configs {
  int64_t code = 200;
  std::string text;
  std::vector<host_configs> list;
  std::vector<tracing_failure> failList;
};
#define AOPS_FIELDS_real_configs(F)                                                                \
  F(code, internal(), "")                                                                          \
  F(text, internal(), "")                                                                          \
  F(list, required(), "A row for each host.")                                                      \
  F(failList, internal(), "")
AOPS_MESSAGE(real_configs)

/// POST /confs/getDomainStatus
struct domain_status_query {
  std::string domainName;
  maybe<bool> refresh;
};
#define AOPS_FIELDS_domain_status_query(F)                                                         \
  F(domainName, required().text(1, 255), "Name.")                                                  \
  F(refresh,                                                                                       \
    optional_field(),                                                                              \
    "Whether hosts are asked; default true. Ordinary users get what was found last.")
AOPS_MESSAGE(domain_status_query)

inline expected<void> validate_message(const domain_status_query& x) {
  return tracing_check::domain(x.domainName);
}

struct item_sync_status {
  std::string file_path, filePath, isSynced;
  std::string reason;
  maybe<moment> checked_at, since;
};
#define AOPS_FIELDS_item_sync_status(F)                                                            \
  F(file_path, required(), "Absolute path.")                                                       \
  F(filePath, required(), "The same.")                                                             \
  F(isSynced,                                                                                      \
    required(),                                                                                    \
    "`SYNCHRONIZED`, `NOT SYNCHRONIZE`, `NOT FOUND`; `UNREACHABLE` or `UNREADABLE` when it is "    \
    "not "                                                                                         \
    "known, `UNKNOWN` when nobody looked yet.")                                                    \
  F(reason, required().additive(), "What differs, or why it is not known.")                        \
  F(checked_at, optional_field().additive(), "When that was found.")                               \
  F(since, optional_field().additive(), "Since when it is so.")
AOPS_MESSAGE(item_sync_status)

struct host_sync_status {
  std::string hostId;
  std::vector<item_sync_status> syncStatus;
};
#define AOPS_FIELDS_host_sync_status(F)                                                            \
  F(hostId, required(), "Identifier.")                                                             \
  F(syncStatus, required(), "File by file.")
AOPS_MESSAGE(host_sync_status)

struct domain_status {
  int64_t code = 200;
  std::string text;
  std::string domainName;
  std::vector<host_sync_status> hostStatus;
  std::vector<tracing_failure> failList;
};
#define AOPS_FIELDS_domain_status(F)                                                               \
  F(code, internal(), "")                                                                          \
  F(text, internal(), "")                                                                          \
  F(domainName, required(), "As asked.")                                                           \
  F(hostStatus, required(), "Host by host.")                                                       \
  F(failList, required().additive(), "Files that could not be read, with the reason.")
AOPS_MESSAGE(domain_status)

// -- sync

/// PUT /confs/syncConf
struct configs_to_sync {
  std::string domainName;
  maybe<std::vector<named_host>> hostIds;
  maybe<std::vector<named_file>> confFiles;
  maybe<command_to_use> validate, activate;
};
#define AOPS_FIELDS_configs_to_sync(F)                                                             \
  F(domainName, required().text(1, 255), "Name.")                                                  \
  F(hostIds, optional_field().items(0, 1000), "Hosts; absent or empty: all of the domain.")        \
  F(confFiles, optional_field().items(0, 1000), "Files; absent or empty: all of the domain.")      \
  F(validate, optional_field(), "Judges each file before it takes its place; else by its model.")  \
  F(activate,                                                                                      \
    optional_field(),                                                                              \
    "Puts each into effect; else by its model. When it fails, what was "                           \
    "there is back.")
AOPS_MESSAGE(configs_to_sync)

inline expected<void> validate_message(const configs_to_sync& x) {
  if (auto fine = tracing_check::domain(x.domainName); !fine)
    return fine;
  if (x.confFiles)
    if (auto fine = tracing_check::paths(*x.confFiles); !fine)
      return fine;
  return x.hostIds ? tracing_check::host_ids(*x.hostIds, "hostIds") : expected<void>{};
}

struct synced_file {
  std::string filePath, result, state, reason, backup;
};
#define AOPS_FIELDS_synced_file(F)                                                                 \
  F(filePath, required(), "Absolute path.")                                                        \
  F(result, required(), "`SUCCESS`, or `FILED`, which is how the contract spells it.")             \
  F(state,                                                                                         \
    required().additive(),                                                                         \
    "`pushed`, `unchanged`, `refused` by the validation, `rolled_back`, or `failed`.")             \
  F(reason, required().additive(), "Why it is not there.")                                         \
  F(backup, required().additive(), "Where the host keeps what was there.")
AOPS_MESSAGE(synced_file)

struct host_synced {
  named_host hostId;
  std::vector<synced_file> syncResult;
};
#define AOPS_FIELDS_host_synced(F)                                                                 \
  F(hostId, required(), "The host.")                                                               \
  F(syncResult, required(), "File by file.")
AOPS_MESSAGE(host_synced)

/// The reply is the list.
struct configs_synced {
  int64_t code = 200; ///< 206 some are not there, 500 none is.
  std::string text;
  std::vector<host_synced> list;
  std::vector<tracing_failure> failList;
};
#define AOPS_FIELDS_configs_synced(F)                                                              \
  F(code, internal(), "")                                                                          \
  F(text, internal(), "")                                                                          \
  F(list, required(), "Host by host.")                                                             \
  F(failList, internal(), "")
AOPS_MESSAGE(configs_synced)

// -- beside the contract

/// POST /manage/tracing/item/get
struct trace_texts_query {
  std::string domain_name;
  maybe<std::string> file_path, change_id;
};
#define AOPS_FIELDS_trace_texts_query(F)                                                           \
  F(domain_name, required().text(1, 255), "Name.")                                                 \
  F(file_path, optional_field().text(1, 512), "One file; absent: all.")                            \
  F(change_id, optional_field().text(1, 64), "A change of that file; absent: what is expected now.")
AOPS_MESSAGE(trace_texts_query)

struct trace_text {
  std::string file_path, model, type, text;
  int64_t version = 0;
  std::string change_id, username, reason;
  moment changed_at;
};
#define AOPS_FIELDS_trace_text(F)                                                                  \
  F(file_path, required(), "Absolute path.")                                                       \
  F(model, required(), "Name of its model; empty: it has none and is compared as text.")           \
  F(type, required(), "As what it is read: `ini`, `key-value`, `text`, …")                         \
  F(text, required(), "What is expected, byte for byte.")                                          \
  F(version, required(), "From 1.")                                                                \
  F(change_id, required(), "The change that made it.")                                             \
  F(username, required(), "By whom.")                                                              \
  F(reason, required(), "Why.")                                                                    \
  F(changed_at, required(), "When.")
AOPS_MESSAGE(trace_text)

struct trace_texts {
  std::vector<trace_text> items;
};
#define AOPS_FIELDS_trace_texts(F) F(items, required(), "By path.")
AOPS_MESSAGE(trace_texts)

/// POST /manage/tracing/diff
struct trace_diff_query {
  std::string domain_name, file_path;
  maybe<std::string> host_id, from, to;
  maybe<int64_t> context;
};
#define AOPS_FIELDS_trace_diff_query(F)                                                            \
  F(domain_name, required().text(1, 255), "Name.")                                                 \
  F(file_path, required().text(1, 512), "Absolute path.")                                          \
  F(host_id,                                                                                       \
    optional_field().text(1, 40),                                                                  \
    "What is expected against what was read there last; absent: two changes of the file.")         \
  F(from, optional_field().text(1, 64), "Id of a change; absent: the one before `to`.")            \
  F(to, optional_field().text(1, 64), "Id of a change; absent: the newest.")                       \
  F(context, optional_field().range(0, 100000), "Lines around changes; absent: all lines.")
AOPS_MESSAGE(trace_diff_query)

struct diff_line {
  std::string op, text;
  int64_t old_line = 0, new_line = 0;
};
#define AOPS_FIELDS_diff_line(F)                                                                   \
  F(op, required(), "`equal`, `add`, `remove`.")                                                   \
  F(text, required(), "Of the line.")                                                              \
  F(old_line, required(), "From 1; 0: not there.")                                                 \
  F(new_line, required(), "Likewise.")
AOPS_MESSAGE(diff_line)

struct value_change {
  std::string place, kind, text;
};
#define AOPS_FIELDS_value_change(F)                                                                \
  F(place, required(), "Such as `mysqld.max_connections`.")                                        \
  F(kind, required(), "`added`, `removed`, `changed`.")                                            \
  F(text, required(), "Such as `PermitRootLogin: no → yes`; secrets are masked.")
AOPS_MESSAGE(value_change)

struct trace_diff {
  std::string from, to;
  bool is_same = true; ///< In what the file says; lines may differ all the same.
  std::vector<value_change> changes;
  std::vector<diff_line> lines;
  std::string unified;
};
#define AOPS_FIELDS_trace_diff(F)                                                                  \
  F(from, required(), "What is before: a change, or `expected`.")                                  \
  F(to, required(), "What is after: a change, or the host.")                                       \
  F(is_same, required(), "Whether both say the same; comments and order may differ.")              \
  F(changes, required(), "What differs in what they say.")                                         \
  F(lines, required(), "Line by line.")                                                            \
  F(unified, required(), "The same as `diff -u` shows it.")
AOPS_MESSAGE(trace_diff)

/// POST /manage/tracing/summary/get
struct trace_summary_query {};
#define AOPS_FIELDS_trace_summary_query(F)
AOPS_MESSAGE(trace_summary_query)

struct domain_summary {
  std::string domain_name;
  int64_t hosts = 0, items = 0, synchronized = 0, not_synchronized = 0, not_found = 0, unknown = 0;
  maybe<moment> checked_at;
};
#define AOPS_FIELDS_domain_summary(F)                                                              \
  F(domain_name, required(), "Name.")                                                              \
  F(hosts, required(), "Hosts in it.")                                                             \
  F(items, required(), "Files in it.")                                                             \
  F(synchronized, required(), "Files on hosts that are as expected.")                              \
  F(not_synchronized, required(), "Those that are not.")                                           \
  F(not_found, required(), "Those that are not there.")                                            \
  F(unknown, required(), "Those of which it is not known.")                                        \
  F(checked_at, optional_field().additive(), "When it was looked at last.")
AOPS_MESSAGE(domain_summary)

struct trace_summary {
  std::vector<domain_summary> domains;
  int64_t hosts = 0, hosts_in_sync = 0;
};
#define AOPS_FIELDS_trace_summary(F)                                                               \
  F(domains, required(), "By name.")                                                               \
  F(hosts, required(), "Hosts in any domain.")                                                     \
  F(hosts_in_sync, required(), "Those whose files all are as expected.")
AOPS_MESSAGE(trace_summary)

/// POST /manage/tracing/edit/get
struct trace_edits_query {
  maybe<std::string> domain_name, file_path, host_id;
};
#define AOPS_FIELDS_trace_edits_query(F)                                                           \
  F(domain_name, optional_field().text(1, 255), "Only of this domain.")                            \
  F(file_path, optional_field().text(1, 512), "Only of this file.")                                \
  F(host_id, optional_field().text(1, 40), "Only of this host.")
AOPS_MESSAGE(trace_edits_query)

struct trace_edit {
  std::string domain_name, file_path, host_id;
  moment unchanged_until, seen;
  std::string state, summary, unified, username;
};
#define AOPS_FIELDS_trace_edit(F)                                                                  \
  F(domain_name, required(), "Name.")                                                              \
  F(file_path, required(), "Absolute path.")                                                       \
  F(host_id, required(), "Identifier.")                                                            \
  F(unchanged_until, required(), "When the file was last seen as it was before.")                  \
  F(seen, required(), "When it was first seen as it is after.")                                    \
  F(state, required(), "What it was after that.")                                                  \
  F(summary, required(), "What changed.")                                                          \
  F(unified, required(), "Before and after, as `diff -u` shows it.")                               \
  F(username, required(), "By whom, where it was a sync; else empty.")
AOPS_MESSAGE(trace_edit)

struct trace_edits {
  std::vector<trace_edit> edits;
};
#define AOPS_FIELDS_trace_edits(F) F(edits, required(), "The newest first, at most 100.")
AOPS_MESSAGE(trace_edits)

/// POST /manage/tracing/model/get
struct trace_models_query {};
#define AOPS_FIELDS_trace_models_query(F)
AOPS_MESSAGE(trace_models_query)

struct trace_model {
  std::string name, feature, description, os_type, type;
  std::vector<std::string> paths;
};
#define AOPS_FIELDS_trace_model(F)                                                                 \
  F(name, required(), "Name.")                                                                     \
  F(feature, required(), "What it belongs to.")                                                    \
  F(description, required(), "One line.")                                                          \
  F(os_type, required(), "Of which systems; `*`: any.")                                            \
  F(type, required(), "As what its files are read.")                                               \
  F(paths, required(), "Of its files.")
AOPS_MESSAGE(trace_model)

struct trace_models {
  std::vector<trace_model> models;
};
#define AOPS_FIELDS_trace_models(F) F(models, required(), "By name.")
AOPS_MESSAGE(trace_models)

// -- what hosts tell of their files

/// A file as its host tells it: what it says, a digest of that, or why it cannot be read.
struct told_file {
  std::string path;
  maybe<std::string> content, file_attr, file_owner, digest, failure;
};
#define AOPS_FIELDS_told_file(F)                                                                   \
  F(path, required().text(1, 4096), "Absolute, as it was told.")                                   \
  F(content, optional_field().text(0, 16'777'216), "What it says.")                                \
  F(file_attr, optional_field().text(0, 16), "Its mode in octal digits, such as `0644`.")          \
  F(file_owner, optional_field().text(0, 200), "`owner:group`.")                                   \
  F(digest,                                                                                        \
    optional_field().text(64, 64),                                                                 \
    "SHA-256 of mode, line break, `owner:group`, line break and content, in hex digits.")          \
  F(failure, optional_field().one_of("missing|denied|too large|no text"), "Why it is not read.")
AOPS_MESSAGE(told_file)

inline expected<void> validate_message(const told_file& x) {
  auto ways = (x.content ? 1 : 0) + (x.digest ? 1 : 0) + (x.failure ? 1 : 0);
  if (ways != 1)
    return fail(ec::bad_request, "content: one of content, digest and failure must be there");
  return {};
}

/// POST /tracing/ingest, with the token of the host.
struct told_files {
  std::vector<told_file> files;
};
#define AOPS_FIELDS_told_files(F)                                                                  \
  F(files, required().items(0, 100), "Of this host. None: only which are traced is asked.")
AOPS_MESSAGE(told_files)

// -- between actors

/// What a host tells of its own files: bytes that nobody has read yet.
struct told_files_to_take {
  std::string token_hash; ///< Hex SHA-256 of the host's token.
  std::string body;
};
AOPS_WIRE(told_files_to_take, token_hash, body)

struct told_files_taken {
  std::vector<std::string> traced;   ///< Files of the host that are traced.
  std::vector<std::string> wanted;   ///< Those of what it told whose text is not known.
  std::vector<std::string> untraced; ///< Those of what it told that are not traced: not taken.
  int64_t period_ms = 0;             ///< How often the host should tell.
};
AOPS_WIRE(told_files_taken, traced, wanted, untraced, period_ms)

} // namespace aops
