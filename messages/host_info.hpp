#pragma once

#include "messages/describe.hpp"
#include "messages/error.hpp"
#include "messages/values.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

/// What is known of the hardware, system and configuration files of hosts. See
/// docs/reference/rest.md#facts-of-hosts.
namespace aops {

/// POST /manage/host/info/query
struct host_infos_query {
  std::vector<std::string> host_list;
  maybe<bool> basic;
};
#define AOPS_FIELDS_host_infos_query(F)                                                            \
  F(host_list, required().items(1, 10000).text(1, 64), "Ids; unknown ones are left out.")          \
  F(basic, optional_field(), "Name, group, address, ports, status only; default false.")
AOPS_MESSAGE(host_infos_query)

/// Of a host either what its row says, or what was collected.
struct host_facts {
  std::string host_id;
  maybe<std::string> host_name, host_group_name, public_ip;
  maybe<int64_t> ssh_port;
  maybe<bool> management;
  maybe<std::string> status;
  json_text infos;
  maybe<moment> collected, stale_since;
  std::string failure = {};
};
#define AOPS_FIELDS_host_facts(F)                                                                  \
  F(host_id, required(), "Identifier.")                                                            \
  F(host_name, optional_field().additive(), "With `basic`.")                                       \
  F(host_group_name, optional_field().additive(), "With `basic`.")                                 \
  F(public_ip, optional_field().additive(), "With `basic`.")                                       \
  F(ssh_port, optional_field().additive(), "With `basic`.")                                        \
  F(management, optional_field().additive(), "With `basic`.")                                      \
  F(status, optional_field().additive(), "With `basic`: `online`, `offline` or `unknown`.")        \
  F(infos, required().additive(), "Without `basic`: an object, empty when nothing was collected.") \
  F(collected, optional_field().additive(), "When it was collected.")                              \
  F(stale_since, optional_field().additive(), "When it should have been collected anew.")          \
  F(failure, required().additive(), "Why it was not, when last tried.")
AOPS_MESSAGE(host_facts)

struct host_infos_found {
  std::vector<host_facts> host_infos;
};
#define AOPS_FIELDS_host_infos_found(F) F(host_infos, required(), "In the order asked.")
AOPS_MESSAGE(host_infos_found)

/// POST /manage/host/info/refresh
struct host_infos_to_refresh {
  maybe<std::vector<std::string>> host_list;
};
#define AOPS_FIELDS_host_infos_to_refresh(F)                                                       \
  F(host_list, optional_field().items(0, 10000).text(1, 64), "Ids; empty or absent: all.")
AOPS_MESSAGE(host_infos_to_refresh)

/// What was collected of a host.
struct collected_facts {
  std::string host_id;
  json_text infos;
};
#define AOPS_FIELDS_collected_facts(F)                                                             \
  F(host_id, required().text(1, 64), "Identifier.")                                                \
  F(infos, required().as("object"), "It replaces what was known.")
AOPS_MESSAGE(collected_facts)

/// Facts to store.
struct host_infos_to_save {
  std::vector<collected_facts> host_infos;
  bool of_anybody = false; ///< Hosts of all owners: asked for with the service credential.
};
#define AOPS_FIELDS_host_infos_to_save(F)                                                          \
  F(host_infos, required().items(1, 1000), "Hosts.")                                               \
  F(of_anybody, internal(), "")
AOPS_MESSAGE(host_infos_to_save)

/// Facts to forget.
struct host_infos_to_delete {
  std::vector<std::string> host_list;
  bool of_anybody = false;
};
#define AOPS_FIELDS_host_infos_to_delete(F)                                                        \
  F(host_list, required().items(1, 10000).text(1, 64), "Ids; unknown ones are ignored.")           \
  F(of_anybody, internal(), "")
AOPS_MESSAGE(host_infos_to_delete)

struct host_infos_saved {
  int64_t code = 200; ///< 206 some hosts are unknown, 1102 all.
  std::vector<std::string> succeed_list, fail_list;
};
#define AOPS_FIELDS_host_infos_saved(F)                                                            \
  F(code, internal(), "")                                                                          \
  F(succeed_list, required(), "Ids of hosts whose facts were stored.")                             \
  F(fail_list, required(), "Ids unknown.")
AOPS_MESSAGE(host_infos_saved)

// -- configuration files

struct host_configs_to_collect {
  std::string host_id;
  std::vector<std::string> config_list;
};
#define AOPS_FIELDS_host_configs_to_collect(F)                                                     \
  F(host_id, required().text(1, 64), "Identifier.")                                                \
  F(config_list, required().items(0, 100).text(1, 4096), "Absolute paths, without `..`.")
AOPS_MESSAGE(host_configs_to_collect)

/// Whether a path means the same wherever one stands.
inline bool is_plain_path(std::string_view path) {
  if (!path.starts_with('/') || path.ends_with('/'))
    return false;
  for (size_t at = 0; at < path.size();) {
    auto end = std::min(path.find('/', at + 1), path.size());
    auto part = path.substr(at + 1, end - at - 1);
    if (part == ".." || part == ".")
      return false;
    at = end;
  }
  return true;
}

inline expected<void> validate_message(const host_configs_to_collect& x) {
  for (size_t i = 0; i < x.config_list.size(); ++i)
    if (!is_plain_path(x.config_list[i]))
      return fail(ec::bad_request,
                  "config_list[" + std::to_string(i) +
                    "]: must be the absolute path of a file, without `.` and `..`");
  return {};
}

/// POST /manage/config/collect
struct configs_to_collect {
  std::vector<host_configs_to_collect> infos;
  maybe<std::string> username;
};
#define AOPS_FIELDS_configs_to_collect(F)                                                          \
  F(infos, required().items(0, 1000), "Hosts and the files to read there.")                        \
  F(username, optional_field().text(1, 40), "Whose hosts they are; one's own name.")
AOPS_MESSAGE(configs_to_collect)

struct collected_config {
  std::string path, content, file_attr, file_owner;
};
#define AOPS_FIELDS_collected_config(F)                                                            \
  F(path, required(), "As asked.")                                                                 \
  F(content, required(), "Of the file.")                                                           \
  F(file_attr, required(), "Its mode in octal digits, such as `0644`.")                            \
  F(file_owner, required(), "`owner:group`.")
AOPS_MESSAGE(collected_config)

/// A file that could not be read.
struct unread_config {
  std::string path, reason;
};
#define AOPS_FIELDS_unread_config(F)                                                               \
  F(path, required(), "As asked.")                                                                 \
  F(reason, required(), "Why.")
AOPS_MESSAGE(unread_config)

struct host_configs_collected {
  std::string host_id;
  std::vector<collected_config> infos;
  std::vector<std::string> success_files, fail_files;
  std::vector<unread_config> fail_reasons;
};
#define AOPS_FIELDS_host_configs_collected(F)                                                      \
  F(host_id, required(), "Identifier.")                                                            \
  F(infos, required(), "Files that were read.")                                                    \
  F(success_files, required(), "Their paths.")                                                     \
  F(fail_files, required(), "Paths of files that could not be read.")                              \
  F(fail_reasons, required().additive(), "The same with why.")
AOPS_MESSAGE(host_configs_collected)

struct configs_collected {
  int64_t code = 200; ///< 206 some files could not be read, 500 none.
  std::vector<host_configs_collected> resp;
};
#define AOPS_FIELDS_configs_collected(F)                                                           \
  F(code, internal(), "")                                                                          \
  F(resp, required(), "In the order asked.")
AOPS_MESSAGE(configs_collected)

} // namespace aops
