#pragma once

#include "messages/data.hpp"
#include "messages/host.hpp"
#include "runtime/io/storage/database.hpp"
#include "runtime/io/storage/rows_by_text.hpp"
#include "runtime/io/storage/scope.hpp"

#include <span>

namespace aops::storage {

/// A host to store: ids, slot and times are given by the caller.
struct new_host {
  std::string owner, host_id, host_name, host_group_name, public_ip;
  int64_t ssh_port = 22;
  bool management = false;
  maybe<int64_t> exporter_port;
  uint16_t slot = 0;
  int64_t created_ms = 0;
  int64_t default_port = 9100; ///< The exporter's, of hosts that name none.
  std::string source = source_scrape;
};

/// Keeps hosts and their groups. Every query is bound to an owner, or to what one sees. What
/// changes the set of hosts adds to the version `hosts`.
class host_repository {
public:
  explicit host_repository(database& db) : db_(db) {}

  // -- groups

  /// @returns The new group's id. ec::conflict when the owner has one of this name.
  expected<std::string> add_group(std::string_view owner, const host_group_to_add& x);

  /// Names, else ids; unknown ones are ignored. `code` is 200, 206 or 1106. In a transaction.
  expected<host_groups_deleted> delete_groups(std::string_view owner,
                                              const std::vector<std::string>& groups);

  /// Changes what `x` names of a group, which it names itself by name, else by id. ec::not_found;
  /// ec::conflict when the owner has another one of the new name. In a transaction.
  /// @returns The hosts in it as they are now, when its name is another one.
  expected<std::vector<host_record>> update_group(std::string_view owner,
                                                  const host_group_to_update& x);

  /// Sorted by `host_group_name` or `host_count`.
  expected<host_groups_page> groups_page(const scope& of, const paging& p);

  // -- hosts

  /// One host, with its sealed credentials unless empty; its group is made when it is
  /// `default_group`. ec::conflict when the owner has its name, or another exporter at its address
  /// and port (the detail says which); ec::not_found when the group is unknown. In a transaction.
  expected<void> add(const new_host& x, std::string_view credentials = {});

  /// Changes what `x` names, secrets excepted. With another exporter nothing is known of it: its
  /// status begins anew. Errors as `add`; ec::not_found also when the owner has no such host. In a
  /// transaction.
  /// @param default_port The exporter's, of hosts that name none.
  /// @return The host as it is now.
  expected<host_record>
  update(std::string_view owner, const host_to_update& x, int64_t default_port, int64_t now_ms);

  /// Deletes one host with its results, samples, series, cursor, deviations and credentials;
  /// reports and jobs stay. False when the owner has no such host. In a transaction.
  expected<bool> remove(std::string_view owner, std::string_view host_id, int64_t now_ms);

  /// Sorted by `host_name` or `host_group_name`.
  expected<hosts_page> page(const scope& of, const hosts_query& q);

  /// @param which Absent or empty filters mean all.
  expected<int64_t> count(const scope& of, const hosts_to_count& which = {});

  /// What host actors start from. ec::not_found.
  expected<host_record> find(std::string_view host_id);
  expected<std::vector<host_record>> of_owner(std::string_view owner);
  /// Of all owners; `slots` in any order. All hosts when there are 256.
  expected<std::vector<host_record>> in_slots(std::span<const uint16_t> slots);
  /// Those of `host_ids` that are seen, in the order asked.
  expected<std::vector<host_record>> known(const scope& of,
                                           const std::vector<std::string>& host_ids);
  /// Whose hosts these are, by host id; those that are unknown have nobody.
  expected<by_text<std::string>> owners(const std::vector<std::string>& host_ids);

  /// Those that are seen and have one of these names, or addresses.
  expected<std::vector<host_record>> called(const scope& of, const std::vector<std::string>& texts);

  /// `online`, `offline` or `unknown`, since when. ec::not_found.
  expected<void> set_status(std::string_view host_id, std::string_view status, int64_t since_ms);

private:
  /// What no two hosts of an owner share.
  struct place {
    std::string_view owner, name, address;
    int64_t port, default_port;
    int64_t self = 0; ///< Key of the host that may be there.
  };
  expected<void> explain_conflict(const place& x); ///< Fails when the name or exporter is taken.
  expected<int64_t> group_key(std::string_view owner, std::string_view name);
  expected<std::vector<host_record>> in_group(int64_t group);
  database& db_;
};

} // namespace aops::storage
