#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace aops::actors {

/// Who this node is to others. What is not known at the start is told as ports open and the node
/// joins. Any thread.
class node_identity {
public:
  node_identity(std::string id, std::string version, std::string cluster = {})
      : id_(std::move(id)), version_(std::move(version)), cluster_(std::move(cluster)) {}

  const std::string& id() const { return id_; }           ///< Lasts as long as its data directory.
  const std::string& version() const { return version_; } ///< Release.
  const std::string& cluster() const { return cluster_; } ///< Id of the cluster; empty when single.

  /// `host:port` of its links; the gate tells it when it listens. Empty before.
  std::string address() const { return get(address_); }
  void set_address(std::string x) { set(address_, std::move(x)); }

  /// Base URL of its REST interface; empty before it serves.
  std::string http() const { return get(http_); }
  void set_http(std::string x) { set(http_, std::move(x)); }

  /// Of its present membership; 0 before it joined. The membership tells it.
  int64_t incarnation() const { return get(incarnation_); }
  void set_incarnation(int64_t x) { set(incarnation_, x); }

  /// Whether its lease lasts for certain, so that it may act on the world. What only reads goes on
  /// without. Always, on a store of one node. @param steady_ms By the monotonic clock.
  bool is_sure(int64_t steady_ms) const { return steady_ms < sure_until_ms_.load(); }
  int64_t sure_until() const { return sure_until_ms_.load(); }
  void set_sure_until(int64_t steady_ms) { sure_until_ms_ = steady_ms; }

  /// When it renewed its lease last, by the monotonic clock; 0 before.
  int64_t renewed_ms() const { return renewed_ms_.load(); }
  void set_renewed(int64_t steady_ms) { renewed_ms_ = steady_ms; }

private:
  template <class T>
  T get(const T& x) const {
    std::lock_guard guard{mutex_};
    return x;
  }
  template <class T>
  void set(T& x, T value) {
    std::lock_guard guard{mutex_};
    x = std::move(value);
  }

  const std::string id_, version_, cluster_;
  mutable std::mutex mutex_;
  std::string address_, http_;
  int64_t incarnation_ = 0;
  std::atomic<int64_t> sure_until_ms_ = 0, renewed_ms_ = 0;
};

/// Messages waiting in the actors of nodes, for people: peers tell with each pulse, the keeper of
/// the links counts those of this node. Any thread.
class peer_pulses {
public:
  void set_mailboxes(const std::string& node, int64_t messages) {
    std::lock_guard guard{mutex_};
    mailboxes_[node] = messages;
  }
  void forget(const std::string& node) {
    std::lock_guard guard{mutex_};
    mailboxes_.erase(node);
  }
  /// Whether the link to a peer is up and has brought a pulse.
  bool is_heard(const std::string& node) const {
    std::lock_guard guard{mutex_};
    return mailboxes_.contains(node);
  }
  /// 0 when it never told.
  int64_t mailboxes(const std::string& node) const {
    std::lock_guard guard{mutex_};
    auto it = mailboxes_.find(node);
    return it == mailboxes_.end() ? 0 : it->second;
  }

private:
  mutable std::mutex mutex_;
  std::map<std::string, int64_t> mailboxes_;
};

} // namespace aops::actors
