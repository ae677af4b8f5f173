#include "runtime/io/storage/cluster_repository.hpp"
#include "runtime/io/storage/steps.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace aops::storage {

namespace {

/// Positions in the order in which rows are locked.
template <class Items, class Less>
std::vector<size_t> in_lock_order(const Items& items, Less less) {
  std::vector<size_t> order(items.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(
    order.begin(), order.end(), [&](size_t a, size_t b) { return less(items[a], items[b]); });
  return order;
}

} // namespace

// -- the leader

expected<std::optional<uint64_t>> cluster_repository::take_leadership(std::string_view node,
                                                                      int64_t incarnation,
                                                                      uint64_t expected_epoch,
                                                                      int64_t lease_ms) {
  return transact(db_, [&](database& db) -> expected<std::optional<uint64_t>> {
    auto now = db.now_ms();
    if (!now)
      return fail(std::move(now.error()));
    auto took = hit(db.run("update lease set seq = seq + 1, holder = ?, epoch = epoch + 1,"
                           " until_ms = ? where name = 'leader' and epoch = ?",
                           node,
                           *now + lease_ms,
                           expected_epoch));
    if (!took)
      return fail(std::move(took.error()));
    if (!*took)
      return std::optional<uint64_t>{};
    auto member = is_member(node, incarnation);
    if (!member)
      return fail(std::move(member.error()));
    if (!*member)
      return fail(ec::fenced, "node " + std::string{node} + " is no member any more");
    return std::optional<uint64_t>{expected_epoch + 1};
  });
}

expected<bool> cluster_repository::lead(std::string_view leader, uint64_t epoch) {
  return hit(
    db_.run("update lease set seq = seq + 1 where name = 'leader' and epoch = ? and holder = ?",
            epoch,
            leader));
}

expected<bool> cluster_repository::change(const cluster_change& x, int64_t now_ms) {
  using kind = cluster_change::kind;
  switch (x.what) {
  case kind::declare_gone:
    return hit(db_.run("update node set state = 'gone' where id = ? and incarnation = ?"
                       " and state <> 'gone' and until_ms <= ?",
                       x.node,
                       x.incarnation,
                       x.only_if_expired ? now_ms : std::numeric_limits<int64_t>::max()));
  case kind::assign:
    return hit(db_.run("update slot set node = ?, epoch = epoch + 1, seq = seq + 1, target = ''"
                       " where slot = ? and epoch = ?",
                       x.node,
                       x.slot,
                       x.epoch));
  case kind::set_target:
    return hit(db_.run("update slot set target = ?, seq = seq + 1 where slot = ? and epoch = ?",
                       x.node,
                       x.slot,
                       x.epoch));
  }
  return fail(ec::internal, "an unknown change of the cluster");
}

expected<void> cluster_repository::bump_map(const std::vector<bool>& took) {
  if (std::find(took.begin(), took.end(), true) == took.end())
    return {};
  return meta_repository{db_}.bump("slot_map");
}

expected<std::vector<bool>> cluster_repository::apply(std::string_view leader,
                                                      uint64_t leader_epoch,
                                                      const std::vector<cluster_change>& changes) {
  using kind = cluster_change::kind;
  auto order = in_lock_order(changes, [](const cluster_change& a, const cluster_change& b) {
    auto is_node = [](const cluster_change& x) { return x.what == kind::declare_gone; };
    if (is_node(a) != is_node(b))
      return is_node(a);
    return is_node(a) ? a.node < b.node : a.slot < b.slot;
  });
  return transact(db_, [&](database& db) -> expected<std::vector<bool>> {
    auto leads = lead(leader, leader_epoch);
    if (!leads)
      return fail(std::move(leads.error()));
    if (!*leads)
      return fail(ec::fenced, "epoch " + std::to_string(leader_epoch) + " of the leader is over");
    auto now = db.now_ms();
    if (!now)
      return fail(std::move(now.error()));
    std::vector<bool> took(changes.size());
    bool all_gone = true;
    for (auto i : order) {
      const auto& x = changes[i];
      if (x.what == kind::assign && !all_gone)
        continue;
      auto done = change(x, *now);
      if (!done)
        return fail(std::move(done.error()));
      took[i] = *done;
      all_gone = all_gone && (x.what != kind::declare_gone || *done);
    }
    if (auto bumped = bump_map(took); !bumped)
      return fail(std::move(bumped.error()));
    return took;
  });
}

// -- owners

expected<std::vector<bool>> cluster_repository::hand_over(std::string_view node,
                                                          const std::vector<fence>& slots) {
  auto order = in_lock_order(slots, [](const fence& a, const fence& b) { return a.slot < b.slot; });
  return transact(db_, [&](database& db) -> expected<std::vector<bool>> {
    std::vector<bool> took(slots.size());
    for (auto i : order) {
      // MariaDB assigns from left to right: `target` is read before it is emptied.
      auto done = hit(db.run("update slot set node = target, epoch = epoch + 1, seq = seq + 1,"
                             " target = '' where slot = ? and epoch = ? and node = ?"
                             " and target <> ''",
                             slots[i].slot,
                             slots[i].epoch,
                             node));
      if (!done)
        return fail(std::move(done.error()));
      took[i] = *done;
    }
    if (auto bumped = bump_map(took); !bumped)
      return fail(std::move(bumped.error()));
    return took;
  });
}

} // namespace aops::storage
