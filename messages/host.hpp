#pragma once

#include "messages/describe.hpp"
#include "messages/error.hpp"
#include "messages/paging.hpp"
#include "messages/values.hpp"
#include "messages/wire.hpp"

#include <string>
#include <vector>

namespace aops {

// -- groups

/// POST /manage/host/group/add
struct host_group_to_add {
  std::string host_group_name, description;
};
#define AOPS_FIELDS_host_group_to_add(F)                                                           \
  F(host_group_name, required().text(1, 50), "Unique per user.")                                   \
  F(description, required().text(0, 256).blank_ok(), "May be empty.")
AOPS_MESSAGE(host_group_to_add)

struct host_group_added {
  std::string host_group_id;
};
#define AOPS_FIELDS_host_group_added(F) F(host_group_id, required(), "Identifier.")
AOPS_MESSAGE(host_group_added)

/// POST /manage/host/group/update: what is there replaces what was, the rest stays.
struct host_group_to_update {
  std::string host_group_name;
  maybe<std::string> new_name, description;
};
#define AOPS_FIELDS_host_group_to_update(F)                                                        \
  F(host_group_name, required().text(1, 64), "Name, else id, of the group it is about.")           \
  F(new_name, optional_field().text(1, 50), "New name; unique per user.")                          \
  F(description, optional_field().text(0, 256).blank_ok(), "New description.")
AOPS_MESSAGE(host_group_to_update)

inline expected<void> validate_message(const host_group_to_update& x) {
  if (x.new_name || x.description)
    return {};
  return fail(ec::bad_request, "host_group_name: nothing is to be changed");
}

/// DELETE /manage/host/group/delete
struct host_groups_to_delete {
  std::vector<std::string> host_group_list;
};
#define AOPS_FIELDS_host_groups_to_delete(F)                                                       \
  F(host_group_list, required().items(1, 1000).text(1, 64), "Names, else ids.")
AOPS_MESSAGE(host_groups_to_delete)

struct host_groups_deleted {
  /// 206: some still have hosts; 1106: none deleted because all still have hosts.
  int64_t code = 200;
  std::vector<std::string> deleted;
};
#define AOPS_FIELDS_host_groups_deleted(F)                                                         \
  F(code, internal(), "")                                                                          \
  F(deleted, required(), "Names deleted.")
AOPS_MESSAGE(host_groups_deleted)

/// POST /manage/host/group/get
struct host_groups_query {
  AOPS_PAGING_MEMBERS
};
#define AOPS_FIELDS_host_groups_query(F) AOPS_PAGING_FIELDS(F, "|host_group_name|host_count", 50)
AOPS_MESSAGE(host_groups_query)

struct host_group_info {
  std::string host_group_name, description, host_group_id;
  int64_t host_count = 0;
};
#define AOPS_FIELDS_host_group_info(F)                                                             \
  F(host_group_name, required(), "Name.")                                                          \
  F(description, required(), "Free text.")                                                         \
  F(host_count, required(), "Hosts in it.")                                                        \
  F(host_group_id, required(), "Identifier.")
AOPS_MESSAGE(host_group_info)

struct host_groups_page {
  AOPS_TOTAL_MEMBERS
  std::vector<host_group_info> host_group_infos;
};
#define AOPS_FIELDS_host_groups_page(F)                                                            \
  AOPS_TOTAL_FIELDS(F) F(host_group_infos, required(), "Groups.")
AOPS_MESSAGE(host_groups_page)

// -- hosts

/// How samples of a host come: its exporter is asked, or senders push them by `remote_write`.
inline constexpr const char *source_scrape = "scrape", *source_push = "push";

/// The group of hosts that name none; made when first needed.
inline constexpr const char* default_group = "default";

#define AOPS_KEY_FIELDS(F)                                                                         \
  F(ssh_key,                                                                                       \
    optional_field().text(1, 16384),                                                               \
    "Private SSH key without passphrase; stored sealed.")                                          \
  F(become,                                                                                        \
    optional_field().one_of("sudo|su"),                                                            \
    "How tasks become root: by `sudo` (default), or by `su` with root's password.")

struct host_to_add {
  std::string host_name, host_group_name = default_group, public_ip;
  int64_t ssh_port = 22;
  bool management = false;
  /// The login with both passwords, or with a key, or nothing: only tasks need them, and they can
  /// be added later.
  maybe<std::string> username;
  maybe<sealed_text> password, sudo_password;
  maybe<int64_t> exporter_port;
  maybe<sealed_text> ssh_key;
  maybe<std::string> become;
  maybe<std::string> source = {};
};
#define AOPS_FIELDS_host_to_add(F)                                                                 \
  F(host_name, required().text(1, 50), "Unique per user.")                                         \
  F(host_group_name, optional_field().text(1, 50), "A group there is; else `default`.")            \
  F(public_ip, required().text(1, 253).as("address"), "Unique per user and exporter port.")        \
  F(ssh_port, optional_field().range(1, 65535), "Default 22.")                                     \
  F(management, optional_field(), "Management node; default false.")                               \
  F(username, optional_field().text(1, 64), "SSH login; with both passwords or `ssh_key`.")        \
  F(password, optional_field().text(1, 1024), "SSH password; stored sealed.")                      \
  F(sudo_password, optional_field().text(1, 1024), "Of `sudo`, or of root; stored sealed.")        \
  F(exporter_port,                                                                                 \
    optional_field().range(1, 65535),                                                              \
    "node_exporter's port; default `scrape.port`.")                                                \
  AOPS_KEY_FIELDS(F)                                                                               \
  F(source,                                                                                        \
    optional_field().one_of("scrape|push"),                                                        \
    "Whether its samples are fetched, or pushed by `remote_write`; default `scrape`.")
AOPS_MESSAGE(host_to_add)

template <class T>
bool has_credentials(const T& x) {
  return x.username || x.password || x.sudo_password || x.ssh_key || x.become;
}

/// Half a set of credentials is good for nothing.
template <class T>
expected<void> validate_credentials(const T& x) {
  if (!has_credentials(x) || (x.username && (x.ssh_key || (x.password && x.sudo_password))))
    return {};
  return fail(ec::bad_request,
              std::string{!x.username   ? "username"
                          : !x.password ? "password"
                                        : "sudo_password"} +
                ": is missing beside the other credentials");
}

inline expected<void> validate_message(const host_to_add& x) { return validate_credentials(x); }

/// POST /manage/host/add
struct hosts_to_add {
  std::vector<host_to_add> host_list;
  maybe<sealed_text> key;
};
#define AOPS_FIELDS_hosts_to_add(F)                                                                \
  F(host_list, required().items(1, 1000), "Hosts.")                                                \
  F(key, optional_field().text(1, 1024), "Vault key that seals credentials; needed with them.")
AOPS_MESSAGE(hosts_to_add)

/// Credentials without a key cannot be sealed; a key without credentials is a mistake of somebody
/// who thinks that it does something.
inline expected<void> validate_key(bool has_key, bool has_credentials) {
  if (has_key == has_credentials)
    return {};
  return fail(ec::bad_request,
              has_key ? "key: there are no credentials to seal"
                      : "key: is missing: it seals the credentials");
}

inline expected<void> validate_message(const hosts_to_add& x) {
  bool any = false;
  for (const auto& host : x.host_list)
    any = any || has_credentials(host);
  return validate_key(x.key.has_value(), any);
}

struct host_outcome {
  std::string host_name, host_group_name, public_ip;
  std::string host_id; ///< Only of added hosts.
  std::string reason;  ///< Only of failed ones.
};
#define AOPS_FIELDS_host_outcome(F)                                                                \
  F(host_name, required(), "As asked.")                                                            \
  F(host_group_name, required(), "As asked.")                                                      \
  F(public_ip, required(), "As asked.")                                                            \
  F(host_id, required().additive(), "When added.")                                                 \
  F(reason, required().additive(), "When refused.")
AOPS_MESSAGE(host_outcome)

struct hosts_added {
  int64_t code = 200; ///< 206 some, 1105 all duplicates, 1102 none.
  std::vector<std::string> host_list;
  std::vector<host_outcome> succeed_list, fail_list;
};
#define AOPS_FIELDS_hosts_added(F)                                                                 \
  F(code, internal(), "")                                                                          \
  F(host_list, required(), "Ids of the added, request order.")                                     \
  F(succeed_list, required(), "Added.")                                                            \
  F(fail_list, required(), "Refused, with the reason.")
AOPS_MESSAGE(hosts_added)

/// POST /manage/host/update: what is there replaces what was, the rest stays.
struct host_to_update {
  std::string host_id;
  maybe<std::string> host_name, host_group_name, public_ip;
  maybe<int64_t> ssh_port;
  maybe<bool> management;
  maybe<int64_t> exporter_port;
  maybe<std::string> username;
  maybe<sealed_text> password, sudo_password, key, ssh_key;
  maybe<std::string> become;
  maybe<std::string> source = {};
};
#define AOPS_FIELDS_host_to_update(F)                                                              \
  F(host_id, required().text(1, 64), "Whom it is about.")                                          \
  F(host_name, optional_field().text(1, 50), "New name; unique per user.")                         \
  F(host_group_name, optional_field().text(1, 50), "A group there is, or `default`.")              \
  F(public_ip, optional_field().text(1, 253).as("address"), "Unique per user and exporter port.")  \
  F(ssh_port, optional_field().range(1, 65535), "SSH port.")                                       \
  F(management, optional_field(), "Management node.")                                              \
  F(exporter_port, optional_field().range(1, 65535), "node_exporter's port.")                      \
  F(username, optional_field().text(1, 64), "SSH login; with both passwords or `ssh_key`.")        \
  F(password, optional_field().text(1, 1024), "SSH password; stored sealed.")                      \
  F(sudo_password, optional_field().text(1, 1024), "Of `sudo`, or of root; stored sealed.")        \
  F(key, optional_field().text(1, 1024), "Vault key that seals credentials; needed with them.")    \
  AOPS_KEY_FIELDS(F)                                                                               \
  F(source, optional_field().one_of("scrape|push"), "Whether its samples are fetched or pushed.")
AOPS_MESSAGE(host_to_update)

inline expected<void> validate_message(const host_to_update& x) {
  if (auto whole = validate_credentials(x); !whole)
    return whole;
  if (auto fits = validate_key(x.key.has_value(), has_credentials(x)); !fits)
    return fits;
  if (x.host_name || x.host_group_name || x.public_ip || x.ssh_port || x.management ||
      x.exporter_port || x.source || has_credentials(x))
    return {};
  return fail(ec::bad_request, "host_id: nothing is to be changed");
}

/// DELETE /manage/host/delete
struct hosts_to_delete {
  std::vector<std::string> host_list;
};
#define AOPS_FIELDS_hosts_to_delete(F)                                                             \
  F(host_list, required().items(1, 10000).text(1, 64), "Host ids.")
AOPS_MESSAGE(hosts_to_delete)

struct hosts_deleted {
  int64_t code = 200; ///< 206 some unknown, 1103 none matched.
  std::vector<std::string> succeed_list, fail_list;
};
#define AOPS_FIELDS_hosts_deleted(F)                                                               \
  F(code, internal(), "")                                                                          \
  F(succeed_list, required(), "Ids deleted.")                                                      \
  F(fail_list, required(), "Ids unknown.")
AOPS_MESSAGE(hosts_deleted)

/// POST /manage/host/get
struct hosts_query {
  std::vector<std::string> host_group_list;
  maybe<bool> management;
  std::vector<std::string> host_list;
  AOPS_PAGING_MEMBERS
};
#define AOPS_FIELDS_hosts_query(F)                                                                 \
  F(host_group_list, required().text(1, 50), "Group names; empty: all.")                           \
  F(management, optional_field(), "Absent: both kinds.")                                           \
  F(host_list, optional_field().items(0, 10000).text(1, 64), "Host ids; empty: all.")              \
  AOPS_PAGING_FIELDS(F, "|host_name|host_group_name", 50)
AOPS_MESSAGE(hosts_query)

/// A managed host as users see it.
struct host_info {
  std::string host_id, host_name, host_group_name, public_ip;
  int64_t ssh_port = 22;
  bool management = false;
  std::string status = "unknown"; ///< `online`, `offline`, `unknown`.
  maybe<int64_t> exporter_port;
  maybe<moment> status_since;
  std::string scrape_error = {};   ///< Why the last round did not answer.
  maybe<moment> first_online = {}; ///< Unset: nothing ever answered at its address.
  std::vector<std::string> host_keys = {};
  std::string source = source_scrape;
};
#define AOPS_FIELDS_host_info(F)                                                                   \
  F(host_id, required(), "Identifier.")                                                            \
  F(host_name, required(), "Name.")                                                                \
  F(host_group_name, required(), "Its group.")                                                     \
  F(public_ip, required(), "Address.")                                                             \
  F(ssh_port, required(), "SSH port.")                                                             \
  F(management, required(), "Management node.")                                                    \
  F(status, required(), "`online`, `offline` or `unknown`.")                                       \
  F(exporter_port, optional_field().additive(), "When set.")                                       \
  F(status_since, optional_field().additive(), "When the status began.")                           \
  F(scrape_error, required().additive(), "Why its exporter did not answer last.")                  \
  F(first_online, optional_field().additive(), "When it first answered at this address.")          \
  F(host_keys, required().additive(), "Fingerprints of the SSH keys it is known by.")              \
  F(source, required().additive(), "`scrape`: samples are fetched; `push`: senders push them.")
AOPS_MESSAGE(host_info)

struct hosts_page {
  AOPS_TOTAL_MEMBERS
  std::vector<host_info> host_infos;
};
#define AOPS_FIELDS_hosts_page(F) AOPS_TOTAL_FIELDS(F) F(host_infos, required(), "Hosts.")
AOPS_MESSAGE(hosts_page)

/// POST /manage/host/count
struct count_hosts {};
#define AOPS_FIELDS_count_hosts(F)
AOPS_MESSAGE(count_hosts)

struct hosts_counted {
  int64_t host_count = 0;
};
#define AOPS_FIELDS_hosts_counted(F) F(host_count, required(), "Hosts of the caller.")
AOPS_MESSAGE(hosts_counted)

// -- between actors

/// What a host actor needs to know of its host.
struct host_record {
  std::string host_id, host_name, owner, host_group_name, public_ip;
  int64_t exporter_port = 0; ///< 0: `scrape.port`.
  uint16_t slot = 0;
  std::string status = "unknown";
  int64_t status_since_ms = 0;
  std::string source = source_scrape;
};
AOPS_WIRE(host_record,
          host_id,
          host_name,
          owner,
          host_group_name,
          public_ip,
          exporter_port,
          slot,
          status,
          status_since_ms,
          source)

/// Hosts by owner and id, or those of slots; both empty: all.
struct find_hosts {
  std::string owner;
  std::vector<std::string> ids;
  std::vector<uint16_t> slots;
};
AOPS_WIRE(find_hosts, owner, ids, slots)

struct host_records {
  std::vector<host_record> hosts;
};
AOPS_WIRE(host_records, hosts)

/// Event: hosts were added or changed, and hosts were deleted.
struct hosts_changed {
  std::vector<host_record> present;
  std::vector<std::string> gone;
};
AOPS_WIRE(hosts_changed, present, gone)

} // namespace aops
