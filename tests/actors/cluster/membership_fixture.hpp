#pragma once

#include "actors/cluster/membership.hpp"
#include "messages/names.hpp"
#include "tests/actors/cluster/shared_store.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/outcome.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>

#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <vector>

namespace aops::tests {

/// What the regions of a node heard and did. They stand in for the real ones.
struct region_notes {
  std::set<uint16_t> alive;           ///< Slots whose entities run.
  std::vector<std::string> surprises; ///< What must not happen.
  int looks = 0;                      ///< Ticks that asked to look at the store.
  size_t releases = 0;                ///< Times it was asked to let go.
  bool lets_go = true;                ///< At once; else not before `let_go`.
  std::vector<std::pair<std::vector<uint16_t>, actors::foreign_promise<done>>> open;
};

/// A node in the test's actor system: its membership is real, all else stands in.
struct test_node {
  std::string id;
  std::shared_ptr<store_way> way;
  std::shared_ptr<actors::cluster_services> services;
  actors::full_membership_actor membership;
  std::shared_ptr<region_notes> hosts = std::make_shared<region_notes>();
  /// Its own and the peer's incarnation when they last met, by peer.
  std::map<std::string, std::pair<int64_t, int64_t>> met;
  int news = 0; ///< Times the router heard of another map.
  bool is_dead = false;

  size_t slots() const {
    size_t n = 0;
    for (uint16_t slot = 0; slot < schedule::slot_count; ++slot)
      n += services->ownership->owns(slot) ? 1 : 0;
    return n;
  }
};

/// Nodes that share one store and one clock.
struct membership_fixture : actor_fixture {
  ~membership_fixture();

  caller admin = {"admin", "admin", rights::administrator, false, {}, "192.0.2.1"};
  std::shared_ptr<base::config> settings = std::make_shared<base::config>();
  std::shared_ptr<storage::database_pool> store = ok(storage::open_sqlite_in_memory());
  std::map<std::string, std::unique_ptr<test_node>> nodes; ///< By id.
  std::set<std::string> refusing; ///< Addresses whose ports refuse connections.
  std::set<std::string> unlinked; ///< Nodes that get no link with anybody.
  int probes = 0;

  /// A node that starts now and, when `is_running`, has its first rounds.
  test_node& add(const std::string& id, bool single = false);
  void start_membership(test_node& n);
  test_node& operator[](const std::string& id) { return *nodes.at(id); }

  /// Its process is gone: links of others break, its port refuses connections.
  void kill(const std::string& id);
  /// Its process is gone, or its machine: nobody hears anything of it.
  void silence(const std::string& id);
  void break_links(const std::string& id);

  /// A connection of the test's own, by the turned clock.
  storage::database& db() { return *db_; }
  schedule::cluster_view stored();
  cluster_nodes seen_by(const std::string& id);
  std::string state_of(const std::string& node, const std::string& seen_by);
  std::string leader() { return stored().leader.holder; }
  /// Every slot has one living owner, who knows it and runs what lives there, and no one else does;
  /// all who take slots have their share.
  bool is_settled();
  /// Lets time pass until it is settled. @returns How long it took; an error after `most`.
  std::chrono::milliseconds settle(std::chrono::milliseconds most);
  /// Surprises of all nodes, as one text.
  std::string surprises();
  void let_go(const std::string& id);

private:
  void start_regions(test_node& n);
  void start_link(test_node& from, const std::string& to);
  void link_up(test_node& n);
  bool is_balanced(const schedule::cluster_view& view) const;
  std::unique_ptr<storage::database> db_ = std::make_unique<shared_database>(
    ok(store->connect()), std::make_shared<store_way>(store_way{time}));
  std::shared_ptr<actors::executor> threads_ = std::make_shared<actors::inline_executor>();
};

} // namespace aops::tests
