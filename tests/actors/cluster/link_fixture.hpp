#pragma once

#include "actors/cluster/cluster_services.hpp"
#include "actors/support/call.hpp"
#include "messages/cluster.hpp"
#include "runtime/base/authority.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace aops::tests {

/// Whom a node believes to be in the cluster.
struct known_member {
  std::string node;
  int64_t incarnation = 1;
  std::string address;
};

struct link_node_options {
  std::string id = "a";
  int64_t incarnation = 1;
  std::string cluster = "test-cluster";
  std::string certificate = {}, key = {}, ca = {}, revoked = {}; ///< Files; empty: plain.
  int64_t max_message = 1 << 20;
  bool is_checked = true; ///< False: as one that cheats, without a look at its own certificate.
};

/// What the membership of a node was told.
class heard_peers {
public:
  void add(const peer_seen& x);
  bool is_up(const std::string& node) const;
  size_t downs(const std::string& node) const; ///< How often it was told that the link is lost.

private:
  mutable std::mutex mutex_;
  std::vector<peer_seen> all_;
};

/// Gate, links and router of one node with a real middleman on a free port of loopback, in an actor
/// system of its own. The membership is a stub; `set_map` says what it would have read. Pulses
/// every 100 ms, suspected after 500 ms.
class link_node {
public:
  explicit link_node(link_node_options options);
  ~link_node();
  link_node(const link_node&) = delete;
  link_node& operator=(const link_node&) = delete;

  const std::string& id() const { return options_.id; }
  std::string address() const { return services->this_node->address(); }
  known_member as_member() const { return {id(), options_.incarnation, address()}; }

  /// All slots belong to `owner`; empty: nobody.
  void set_map(const std::vector<known_member>& members, const std::string& owner);
  void own_all_slots(bool yes);

  /// An actor of that name: a text is answered with the node's id, a colon and the text; 0 never; a
  /// positive number with so many bytes.
  void add_echo(const std::string& name);
  void remove(const std::string& name);

  /// `text` to the actor, as `call_entity`.
  expected<std::string>
  say(const std::string& name, const std::string& text, std::chrono::milliseconds patience);

  bool linked(const std::string& node) const { return heard->is_up(node); }

  std::shared_ptr<actors::cluster_services> services = std::make_shared<actors::cluster_services>();
  std::shared_ptr<heard_peers> heard = std::make_shared<heard_peers>();
  std::atomic<int> said = 0; ///< Texts that echo actors of this node got.

private:
  struct caf_config : caf::actor_system_config {
    caf_config(const base::config& config, bool is_checked);
  };

  void put(std::string_view name, caf::actor who);

  link_node_options options_;
  std::unique_ptr<caf_config> caf_config_;
  std::vector<caf::actor> started_;

public:
  std::unique_ptr<caf::actor_system> system;
};

/// A new authority and files of certificates, in a folder of the test.
class test_authority {
public:
  test_authority(std::string folder, const std::string& name);

  /// Options of a node with a certificate of this authority.
  link_node_options
  node(const std::string& id, const base::certificate_wish& wish, bool has_list = false) const;
  void revoke(const std::string& id); ///< That of the node of this id.

  const base::key_pair& pair() const { return pair_; }
  std::string file(const std::string& name) const { return folder_ + "/" + name; }

private:
  std::string folder_;
  base::key_pair pair_;
};

void write_file(const std::string& path, const std::string& text);

} // namespace aops::tests
