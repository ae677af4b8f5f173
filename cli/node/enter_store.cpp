#include "cli/node/enter_store.hpp"

#include "actors/cluster/membership.hpp"
#include "actors/store/first_account.hpp"
#include "actors/store/task_store.hpp"
#include "actors/support/bounded_pool.hpp"
#include "cli/node/open_store.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/io/storage/cluster_repository.hpp"
#include "runtime/io/storage/meta_repository.hpp"

namespace aops::node {

namespace {

/// Ports of peers that wait to be tried.
constexpr size_t probe_queue = 64;

constexpr int attempts = 5;

/// A node whose store nobody else uses owns everything, for ever.
expected<void> own_all(parts& p) {
  auto& db = p.pool->writer();
  if (auto adopted = storage::meta_repository{db}.adopt_all_slots(p.node_id); !adopted)
    return adopted;
  auto slots = storage::meta_repository{db}.slots();
  if (!slots)
    return fail(slots.error());
  for (const auto& x : *slots)
    p.slots->set(x.slot, x.epoch);
  return {};
}

/// `--join`: the node there must be of the cluster that the store knows. A wrong address, or a
/// wrong database, is found out here and not when both work on.
expected<void> check_join(storage::cluster_repository& cluster, const std::string& join) {
  if (join.empty())
    return {};
  auto view = cluster.read();
  if (!view)
    return fail(std::move(view.error()));
  std::string known;
  for (const auto& x : view->members)
    if (x.state != schedule::member_state::gone) {
      if (x.address == join)
        return {};
      known += (known.empty() ? "" : ", ") + x.address;
    }
  return fail(ec::bad_request,
              "--join " + join + ": no node of the cluster in this database is there; " +
                (known.empty() ? "it has no nodes yet" : "its nodes are at " + known));
}

/// The store's clock counts from the start: samples of a machine whose clock is minutes off would
/// be minutes off else, for it is only slewed to later.
expected<void> follow_store(parts& p) {
  auto now = p.pool->writer().now_ms();
  if (!now)
    return fail(std::move(now.error()));
  if (!p.clock->start_at(*now))
    return fail(ec::internal, "the clock was read before that of the store was known");
  return {};
}

/// Who this node is in the cluster of a shared store.
expected<std::shared_ptr<actors::node_identity>> identity_in(parts& p, const std::string& join) {
  auto& db = p.pool->writer();
  storage::cluster_repository cluster{db};
  auto id = cluster.cluster_id(base::new_id(p.clock->now_ms()));
  if (!id)
    return fail(std::move(id.error()));
  if (auto joins = check_join(cluster, join); !joins)
    return fail(std::move(joins.error()));
  if (auto can = actors::check_can_join(db, p.node_id); !can)
    return fail(std::move(can.error()));
  if (auto same = actors::check_lease(db, p.node_id, p.config->cluster.lease); !same)
    return fail(std::move(same.error()));
  return std::make_shared<actors::node_identity>(p.node_id, AOPS_VERSION, *id);
}

} // namespace

expected<void> enter_store(parts& p,
                           const std::string& join,
                           std::chrono::seconds patience,
                           const std::function<bool(std::chrono::milliseconds)>& wait) {
  auto opened = open_store(*p.config, p.lists.migrations, patience, wait);
  if (!opened)
    return fail(std::move(opened.error()));
  p.pool = std::move(opened->pool);
  p.dir = std::move(opened->dir);
  p.node_id = opened->node_id;
  if (auto follows = follow_store(p); !follows)
    return follows;
  auto services = std::make_shared<actors::cluster_services>();
  services->single = !opened->is_shared;
  services->this_node = std::make_shared<actors::node_identity>(p.node_id, AOPS_VERSION);
  if (opened->is_shared) {
    auto identity = identity_in(p, join);
    for (int again = 1; again < attempts && !identity && identity.error() == ec::overloaded;
         ++again)
      identity = identity_in(p, join); // Nodes that start together get in each other's way.
    if (!identity)
      return fail(std::move(identity.error()));
    services->this_node = std::move(*identity);
  } else if (auto owned = own_all(p); !owned) {
    return owned;
  }
  services->config = p.config;
  services->clock = p.clock;
  services->pool = p.pool;
  services->names = p.names;
  services->health = p.health;
  services->ownership = p.slots;
  services->map = std::make_shared<actors::cluster_map>();
  for (const auto& region : p.lists.regions)
    services->regions.push_back(region.known);
  services->probes = std::make_shared<actors::bounded_pool>("probe", 1, probe_queue);
  p.cluster = services;
  if (auto seeded = actors::seed_default_task(p.pool->writer(), p.clock->now_ms()); !seeded)
    return seeded;
  return actors::seed_accounts(p.pool->writer(), *p.config, p.clock->now_ms());
}

} // namespace aops::node
