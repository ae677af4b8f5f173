#pragma once

#include "runtime/io/storage/content_repository.hpp"
#include "runtime/io/storage/host_repository.hpp"
#include "runtime/io/storage/meta_repository.hpp"
#include "runtime/io/storage/rule_repository.hpp"
#include "tests/io/storage/engines.hpp"

/// Entities that many cases need.
namespace aops::tests {

inline constexpr const char* owner = "admin";

inline check_rule rule_named(const std::string& check_item,
                             const std::string& condition = "$0 > 1") {
  check_rule rule;
  rule.check_item = check_item;
  rule.data_list.push_back({"node_load1", "kpi", {{"cpu", "0"}}});
  rule.condition = condition;
  rule.description = "about " + check_item;
  return rule;
}

/// Stores a rule and gives its digest.
inline std::string store_rule(storage::database& db,
                              const std::string& check_item,
                              const std::string& condition = "$0 > 1") {
  auto rule = rule_named(check_item, condition);
  ok(storage::transact(
    db, [&](storage::database& d) { return storage::rule_repository{d}.upsert(owner, rule, 1); }));
  return storage::content_of(rule).digest;
}

inline storage::new_host host_named(const std::string& id, const std::string& group = "g") {
  storage::new_host x;
  x.owner = owner;
  x.host_id = id;
  x.host_name = "name-" + id;
  x.host_group_name = group;
  x.public_ip = "ip-" + id;
  x.slot = 1;
  x.created_ms = 1000;
  return x;
}

/// Stores the group `g` and a host in it.
inline void store_host(storage::database& db, const std::string& id) {
  storage::host_repository hosts{db};
  std::ignore = hosts.add_group(owner, {"g", ""});
  ok(storage::transact(
    db, [&](storage::database& d) { return storage::host_repository{d}.add(host_named(id)); }));
}

/// Runs a change in a transaction, as the store writer does.
template <class Work>
auto committed(storage::database& db, Work work) {
  return ok(storage::transact(db, [&](storage::database&) { return work(); }));
}

} // namespace aops::tests
