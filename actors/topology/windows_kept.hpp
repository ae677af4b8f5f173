#pragma once

#include "actors/store/store_access.hpp"
#include "messages/topology.hpp"
#include "runtime/core/topology/picture.hpp"
#include "runtime/io/storage/topology_repository.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace aops::actors {

/// What the options say.
topology::topology_rules rules_of(const base::config& c);

/// The windows of hosts: of those that tell this node, and of others as their nodes told last. For
/// one thread at a time, but for what says otherwise.
class windows_kept {
public:
  explicit windows_kept(store_ptr store);

  /// Takes a batch in. ec::overloaded when this node keeps as many links as it may.
  /// @returns Whether more than figures changed.
  expected<bool> take(const std::string& host_id, topology::batch told);

  /// What hosts told this node since it was asked last, within the room of a message.
  node_windows told_since(const node_windows_query& q) const;
  /// Takes in what another node told.
  void merge(const std::string& node, const node_windows& told);
  /// What came of other nodes so far. Any thread.
  std::vector<windows_had> had() const;

  /// Forgets what is too old, and stores what is new. @returns Whether a host became stale.
  bool tidy();

  /// Whether a host told something since this was asked last.
  bool has_new_figures() { return std::exchange(asked_version_, version_) != version_; }

  const topology::world& world() const { return world_; }
  const topology::topology_rules& rules() const { return rules_; }
  int64_t now_ms() const { return store_->now_ms(); }

  /// Links that this node keeps at most.
  static constexpr size_t most_links = 1'000'000;

private:
  /// A host that tells this node.
  struct own_host {
    topology::window_ptr window;
    int64_t version = 0;
    topology::host_state state = topology::host_state::live;
    int64_t stored_seen_ms = 0;
    bool is_stored = false; ///< What is stored of its links follows from what was told.
    double budget = 0;      ///< Links that may begin to be stored.
    int64_t budget_ms = 0;
  };

  void note_news(own_host& to, const topology::window_change& change);
  void store_news();
  void note_seen();
  void drop_links(const topology::host_window& of);
  void count() const;

  store_ptr store_;
  topology::topology_rules rules_;
  std::string life_;
  topology::world world_;
  std::map<std::string, own_host> own_;
  std::map<int64_t, std::string> by_version_; ///< Own hosts.
  int64_t version_ = 0, asked_version_ = 0;
  std::vector<storage::topology_news> news_; ///< Not handed to the store yet.

  struct shared {
    std::mutex mutex;
    std::map<std::string, windows_had> had;
    std::set<std::string> not_stored; ///< Hosts whose news got lost: all is told once more.
  };
  std::shared_ptr<shared> shared_ = std::make_shared<shared>();
};

} // namespace aops::actors
