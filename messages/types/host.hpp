#pragma once

#include "messages/types/block.hpp"

/// Groups and hosts. Described in `messages/host.hpp`.
#define AOPS_TYPES_host(X)                                                                         \
  X(host, host_group_to_add)                                                                       \
  X(host, host_group_added)                                                                        \
  X(host, host_groups_to_delete)                                                                   \
  X(host, host_groups_deleted)                                                                     \
  X(host, host_groups_query)                                                                       \
  X(host, host_groups_page)                                                                        \
  X(host, hosts_to_add)                                                                            \
  X(host, hosts_added)                                                                             \
  X(host, hosts_to_delete)                                                                         \
  X(host, hosts_deleted)                                                                           \
  X(host, hosts_query)                                                                             \
  X(host, hosts_page)                                                                              \
  X(host, count_hosts)                                                                             \
  X(host, hosts_counted)                                                                           \
  X(host, host_record)                                                                             \
  X(host, find_hosts)                                                                              \
  X(host, host_records)                                                                            \
  X(host, hosts_changed)                                                                           \
  X(host, host_to_update)                                                                          \
  X(host, host_group_to_update)

AOPS_TYPE_BLOCK(host, 1300)
