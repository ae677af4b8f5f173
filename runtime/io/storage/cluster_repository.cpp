#include "runtime/io/storage/cluster_repository.hpp"

#include "runtime/io/storage/job_rows.hpp"
#include "runtime/io/storage/steps.hpp"

#include <algorithm>
#include <optional>

namespace aops::storage {

namespace {

using schedule::cluster_view;
using schedule::member_state;

/// Nodes that went longer ago than this are not listed.
constexpr int64_t remembered_ms = 24 * 3600 * 1000;

std::string_view name_of(member_state x) {
  switch (x) {
  case member_state::alive:
    return "alive";
  case member_state::draining:
    return "draining";
  case member_state::gone:
    break;
  }
  return "gone";
}

member_state state_of(std::string_view name) {
  for (auto x : {member_state::alive, member_state::draining})
    if (name == name_of(x))
      return x;
  return member_state::gone;
}

expected<std::optional<std::string>> setting_of(database& db, std::string_view name) {
  return db.first(
    "select value from cluster_setting where name = ?",
    [](const row& r) { return r.string(0); },
    name);
}

/// Reads a setting of which all others keep their hands until the transaction ends.
expected<std::optional<std::string>> locked_setting(database& db, std::string_view name) {
  return db.first(
    std::string{"select value from cluster_setting where name = ?"}.append(db.sql().for_update()),
    [](const row& r) { return r.string(0); },
    name);
}

/// In a transaction: `lease_ms` holds for all nodes, or ec::conflict.
expected<void> settle_lease(database& db, std::string_view node, int64_t lease_ms) {
  constexpr std::string_view name = "lease_ms";
  auto mine = std::to_string(lease_ms);
  auto held = locked_setting(db, name);
  if (held && !*held) {
    auto made = db.run(db.sql().insert_ignore("cluster_setting", {"name"}, {"value"}), name, mine);
    if (!made)
      return fail(std::move(made.error()));
    held = locked_setting(db, name); // Another node may have been faster.
  }
  if (!held)
    return fail(std::move(held.error()));
  if (!*held)
    return fail(ec::internal, "a setting of the cluster is gone");
  if (**held == mine)
    return {};
  auto now = db.now_ms();
  if (!now)
    return fail(std::move(now.error()));
  auto others = db.count(
    "select count(*) from node where id <> ? and state <> 'gone' and until_ms > ?", node, *now);
  if (!others)
    return fail(std::move(others.error()));
  if (*others > 0)
    return fail(ec::conflict,
                "cluster.lease is " + mine + " ms here, but the nodes that live use " + **held +
                  " ms: set the same on all nodes; to change it, stop all of them first");
  return only(db.run("update cluster_setting set value = ? where name = ?", mine, name));
}

} // namespace

expected<std::string> cluster_repository::cluster_id(std::string_view fresh) {
  // First without a lock: nodes that start at one moment would lock the row in turn, and deadlock.
  if (auto known = setting_of(db_, "cluster"); !known || *known)
    return known.map([](auto&& x) { return std::move(*x); });
  return transact(db_, [&](database& db) -> expected<std::string> {
    auto made =
      db.run(db.sql().insert_ignore("cluster_setting", {"name"}, {"value"}), "cluster", fresh);
    if (!made)
      return fail(std::move(made.error()));
    auto id = setting_of(db, "cluster");
    if (!id)
      return fail(std::move(id.error()));
    if (!*id)
      return fail(ec::internal, "the id of the cluster is gone");
    return std::move(**id);
  });
}

expected<void> cluster_repository::agree_on_lease(std::string_view node, int64_t lease_ms) {
  return transact(db_, [&](database& db) { return settle_lease(db, node, lease_ms); });
}

// -- reading

expected<void> cluster_repository::read_members(cluster_view& view) {
  auto leader =
    db_.first("select holder, epoch, until_ms from lease where name = 'leader'", [](const row& r) {
      return schedule::leadership{r.string(0), static_cast<uint64_t>(r.integer(1)), r.integer(2)};
    });
  if (!leader)
    return fail(std::move(leader.error()));
  if (!*leader)
    return fail(ec::internal, "the leader's lease is gone");
  view.leader = std::move(**leader);
  auto members = db_.list(
    "select id, incarnation, address, protocol, state, until_ms, started_ms, http, version, hosts,"
    " jobs from node where state <> 'gone' or until_ms > ? order by id",
    [](const row& r) {
      return schedule::member{r.string(0),
                              r.integer(1),
                              r.string(2),
                              r.integer(3),
                              state_of(r.text(4)),
                              r.integer(5),
                              r.integer(6),
                              r.string(7),
                              r.string(8),
                              r.integer(9),
                              r.integer(10)};
    },
    view.now_ms - remembered_ms);
  if (!members)
    return fail(std::move(members.error()));
  view.members = std::move(*members);
  return {};
}

expected<void> cluster_repository::read_slots(cluster_view& view) {
  auto slots = db_.list("select node, epoch, target from slot order by slot", [](const row& r) {
    return schedule::assignment{r.string(0), static_cast<uint64_t>(r.integer(1)), r.string(2)};
  });
  if (!slots)
    return fail(std::move(slots.error()));
  view.slots = std::move(*slots);
  return {};
}

expected<cluster_view> cluster_repository::read() {
  snapshot same{db_};
  if (!same)
    return fail(same.error());
  cluster_view view;
  auto now = db_.now_ms();
  if (!now)
    return fail(std::move(now.error()));
  view.now_ms = *now;
  auto version = meta_repository{db_}.read();
  if (!version)
    return fail(std::move(version.error()));
  view.map_version = version->slot_map;
  if (auto done = in_order([&] { return read_members(view); }, [&] { return read_slots(view); });
      !done)
    return fail(std::move(done.error()));
  return view;
}

expected<node_load> cluster_repository::load_of(std::string_view node) {
  auto hosts =
    db_.count("select count(*) from slot s join host h on h.slot = s.slot where s.node = ?", node);
  if (!hosts)
    return fail(std::move(hosts.error()));
  static const std::string not_over = list_of(
    job_status::pending, job_status::running, job_status::waiting_for_key, job_status::interrupted);
  auto jobs = db_.count("select count(*) from job j join slot s on s.slot = j.slot"
                        " where j.state in " +
                          not_over + " and s.node = ?",
                        node);
  if (!jobs)
    return fail(std::move(jobs.error()));
  return node_load{*hosts, *jobs};
}

// -- members

expected<bool> cluster_repository::is_member(std::string_view node, int64_t incarnation) {
  return db_
    .count(std::string{"select count(*) from node where id = ? and incarnation = ?"
                       " and state <> 'gone'"}
             .append(db_.sql().for_update()),
           node,
           incarnation)
    .map([](int64_t n) { return n > 0; });
}

expected<void> cluster_repository::bump_slots_of(std::string_view node) {
  auto owned = db_.list(
    "select slot from slot where node = ? order by slot",
    [](const row& r) { return r.integer(0); },
    node);
  if (!owned)
    return fail(std::move(owned.error()));
  auto bumped = for_each(*owned, [&](int64_t slot) {
    return db_.run(
      "update slot set epoch = epoch + 1, seq = seq + 1, target = '' where slot = ? and node = ?",
      slot,
      node);
  });
  if (!bumped || owned->empty())
    return bumped;
  return meta_repository{db_}.bump("slot_map");
}

expected<int64_t> cluster_repository::join(const joining_node& x) {
  return transact(db_, [&](database& db) -> expected<int64_t> {
    // The row exists before it is locked: two first joins at once must not read "absent" both.
    auto made =
      db.run(db.sql().insert_ignore(
               "node", {"id"}, {"incarnation", "address", "protocol", "state", "until_ms"}),
             x.node,
             0,
             "",
             x.protocol,
             "gone",
             0);
    if (!made)
      return fail(std::move(made.error()));
    struct earlier {
      int64_t incarnation;
      member_state state;
      int64_t until_ms;
    };
    auto found = db.first(
      std::string{"select incarnation, state, until_ms from node where id = ?"}.append(
        db.sql().for_update()),
      [](const row& r) {
        return earlier{r.integer(0), state_of(r.text(1)), r.integer(2)};
      },
      x.node);
    if (!found)
      return fail(std::move(found.error()));
    // Here too, not only before the start: two may have started at one moment.
    if (auto agreed = settle_lease(db, x.node, x.lease_ms); !agreed)
      return fail(std::move(agreed.error()));
    auto now = db.now_ms();
    if (!now)
      return fail(std::move(now.error()));
    auto old = found->value_or(earlier{0, member_state::gone, 0});
    if (x.previous > 0 && old.incarnation > x.previous && old.state != member_state::gone &&
        old.until_ms > *now)
      return fail(ec::conflict,
                  "another process lives under the id " + x.node +
                    "; two nodes must not share or copy a data directory");
    auto incarnation = std::max(old.incarnation, x.previous) + 1;
    auto done = in_order(
      [&] {
        return db.run("update node set incarnation = ?, address = ?, http = ?, version = ?,"
                      " protocol = ?, state = 'alive', until_ms = ?, started_ms = ?, seen_ms = ?,"
                      " hosts = 0, jobs = 0 where id = ?",
                      incarnation,
                      x.address,
                      x.http,
                      x.version,
                      x.protocol,
                      *now + x.lease_ms,
                      *now,
                      *now,
                      x.node);
      },
      [&] { return bump_slots_of(x.node); });
    if (!done)
      return fail(std::move(done.error()));
    return incarnation;
  });
}

expected<renewal> cluster_repository::renew(const renewal_request& x) {
  return transact(db_, [&](database& db) -> expected<renewal> {
    renewal out;
    auto now = db.now_ms();
    if (!now)
      return fail(std::move(now.error()));
    out.view.now_ms = *now;
    if (x.leader_epoch != 0) {
      auto led = hit(db.run("update lease set seq = seq + 1, until_ms = ?"
                            " where name = 'leader' and epoch = ? and holder = ?",
                            *now + x.lease_ms,
                            x.leader_epoch,
                            x.node));
      if (!led)
        return fail(std::move(led.error()));
      out.is_leader = *led;
    }
    auto renewed = hit(db.run("update node set until_ms = ?, seen_ms = ?, address = ?, http = ?,"
                              " hosts = ?, jobs = ?"
                              " where id = ? and incarnation = ? and state <> 'gone'",
                              *now + x.lease_ms,
                              *now,
                              x.address,
                              x.http,
                              x.hosts,
                              x.jobs,
                              x.node,
                              x.incarnation));
    if (!renewed)
      return fail(std::move(renewed.error()));
    if (!*renewed)
      return fail(ec::fenced,
                  "incarnation " + std::to_string(x.incarnation) + " of node " + x.node +
                    " is no member any more");
    // The version before the slots: should they change between, they are read once more next time.
    auto read = meta_repository{db}.read();
    if (!read)
      return fail(std::move(read.error()));
    out.now = *read;
    out.view.map_version = read->slot_map;
    out.has_slots = read->slot_map != x.map_version;
    auto done = in_order([&] { return read_members(out.view); },
                         [&]() -> expected<void> {
                           if (!out.has_slots)
                             return {};
                           return read_slots(out.view);
                         });
    if (!done)
      return fail(std::move(done.error()));
    return out;
  });
}

expected<void> cluster_repository::set_state(std::string_view node, bool is_draining) {
  auto state = name_of(is_draining ? member_state::draining : member_state::alive);
  auto found =
    hit(db_.run("update node set state = ? where id = ? and state <> 'gone'", state, node));
  if (!found)
    return fail(std::move(found.error()));
  if (!*found)
    return fail(ec::not_found, "no node " + std::string{node} + " in the cluster");
  return {};
}

expected<void> cluster_repository::leave(std::string_view node, int64_t incarnation) {
  return transact(db_, [&](database& db) -> expected<void> {
    auto now = db.now_ms();
    if (!now)
      return fail(std::move(now.error()));
    // Locks in order: the leader's lease first, although the node may turn out to be fenced.
    auto led =
      hit(db.run("update lease set seq = seq + 1 where name = 'leader' and holder = ?", node));
    if (!led)
      return fail(std::move(led.error()));
    auto left = hit(db.run("update node set state = 'gone', until_ms = ?, seen_ms = ?"
                           " where id = ? and incarnation = ? and state <> 'gone'",
                           *now,
                           *now,
                           node,
                           incarnation));
    if (!left)
      return fail(std::move(left.error()));
    if (*left && *led)
      return only(
        db.run("update lease set until_ms = ? where name = 'leader' and holder = ?", *now, node));
    return {};
  });
}

} // namespace aops::storage
