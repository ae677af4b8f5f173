#pragma once

#include "messages/data.hpp"
#include "messages/host.hpp"
#include "messages/roles/role.hpp"
#include "messages/types/data.hpp"
#include "messages/types/host.hpp"
#include "messages/types/users.hpp"
#include "messages/users.hpp"

namespace aops {

/// HOST STORE: groups and hosts with their sealed credentials. Each caller sees those of his owner,
/// an ordinary user those in groups granted to him.
using host_store_actor = caf::typed_actor<
  // Adds a group; answered with its id. ec::conflict when the owner has one of this name.
  asks<host_group_to_add, host_group_added>,
  // Changes a group, and tells all nodes of its hosts when its name is another one.
  // ec::update_failed when the owner has no such group, or has one of this name.
  asks<host_group_to_update, done>,
  // Deletes groups that have no hosts; answered with those deleted.
  asks<host_groups_to_delete, host_groups_deleted>,
  // A page of the groups with how many hosts each has.
  asks<host_groups_query, host_groups_page>,
  // Seals the credentials and adds the hosts; answered host by host, and `hosts_changed` told to
  // all nodes. ec::vault_key when the key is not the one that opens the owner's credentials.
  asks<hosts_to_add, hosts_added>,
  // The same of hosts that have ids already; ec::conflict of one whose id is taken.
  asks<hosts_to_keep, hosts_added>,
  // Changes a host, which goes on under its id, and tells all nodes. ec::update_failed when the
  // owner has no such host or group, or has one of this name or address and port.
  asks<host_to_update, done>,
  // Deletes hosts and what is stored of them; answered host by host, and told to all nodes.
  asks<hosts_to_delete, hosts_deleted>,
  // A page of the hosts with their status.
  asks<hosts_query, hosts_page>,
  // How many hosts the caller sees.
  asks<count_hosts, hosts_counted>,
  asks<hosts_to_count, hosts_counted>,
  // Those of these hosts that the caller sees, as their actors know them.
  asks<seen_hosts_query, host_records>,
  // Hosts of an owner or of slots, as their actors know them; unknown ids are left out.
  answers<find_hosts, host_records>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
