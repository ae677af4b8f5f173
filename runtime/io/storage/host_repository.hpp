#pragma once

#include "messages/host.hpp"
#include "runtime/io/storage/database.hpp"

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
};

/// Keeps hosts and their groups. Every query is bound to an owner. What changes the set of hosts
/// adds to the version `hosts`.
class host_repository {
public:
  explicit host_repository(database& db) : db_(db) {}

  // -- groups

  /// @returns The new group's id. ec::conflict when the owner has one of this name.
  expected<std::string> add_group(std::string_view owner, const host_group_to_add& x);

  /// Names, else ids; unknown ones are ignored. `code` is 200, 206 or 1106. In a transaction.
  expected<host_groups_deleted> delete_groups(std::string_view owner,
                                              const std::vector<std::string>& groups);

  /// Sorted by `host_group_name` or `host_count`.
  expected<host_groups_page> groups_page(std::string_view owner, const paging& p);

  // -- hosts

  /// One host, with its sealed credentials unless empty. ec::conflict when the owner has its name
  /// or address (the detail says which); ec::not_found when the group is unknown. In a transaction.
  expected<void> add(const new_host& x, std::string_view credentials = {});

  /// Deletes one host with its results, samples, series, cursor, deviations and credentials;
  /// reports and jobs stay. False when the owner has no such host. In a transaction.
  expected<bool> remove(std::string_view owner, std::string_view host_id, int64_t now_ms);

  /// Sorted by `host_name` or `host_group_name`.
  expected<hosts_page> page(std::string_view owner, const hosts_query& q);

  expected<int64_t> count(std::string_view owner);

  /// What host actors start from. ec::not_found.
  expected<host_record> find(std::string_view host_id);
  expected<std::vector<host_record>> of_owner(std::string_view owner);
  /// Of all owners; `slots` in any order. All hosts when there are 256.
  expected<std::vector<host_record>> in_slots(std::span<const uint16_t> slots);
  /// Those of `host_ids` that the owner has, in the order asked.
  expected<std::vector<host_record>> known(std::string_view owner,
                                           const std::vector<std::string>& host_ids);

  /// `online`, `offline` or `unknown`, since when. ec::not_found.
  expected<void> set_status(std::string_view host_id, std::string_view status, int64_t since_ms);

private:
  expected<void> explain_conflict(const new_host& x); ///< Fails when the name or address is taken.
  database& db_;
};

} // namespace aops::storage
