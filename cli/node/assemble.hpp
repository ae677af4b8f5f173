#pragma once

#include "actors/cluster/cluster_services.hpp"
#include "actors/jobs/job_kind.hpp"
#include "actors/kafka/kafka_services.hpp"
#include "actors/notify/notifier.hpp"
#include "actors/plugin/plugin_pool.hpp"
#include "actors/store/store_access.hpp"
#include "actors/supervisor/supervisor.hpp"
#include "actors/support/directory.hpp"
#include "cli/node/http_front.hpp"
#include "http/routes/data_routes.hpp"
#include "http/routes/line_stream.hpp"
#include "http/routes/routes.hpp"
#include "http/server/service_identity.hpp"
#include "messages/interfaces.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/config.hpp"
#include "runtime/base/health.hpp"
#include "runtime/core/check/kept_series.hpp"
#include "runtime/core/schedule/slot.hpp"
#include "runtime/io/ansible/play.hpp"
#include "runtime/io/storage/data_dir.hpp"
#include "runtime/io/storage/database_pool.hpp"
#include "runtime/io/storage/migration.hpp"

#include <caf/actor_system.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace aops::node {

struct parts;

/// Connections to exporters that stay open between rounds: one for each host, up to these.
inline constexpr int64_t most_kept_connections = 10'240;

/// A region: what the cluster knows of it, and its part of the tree.
struct node_region {
  actors::cluster_region known;
  std::function<actors::child_spec(const parts&)> tree;
};

/// What a node is made of beyond its frame: who adds something new adds a line to these lists.
struct node_lists {
  /// Registers blocks of message types.
  std::vector<void (*)(caf::actor_system_config&)> messages;
  std::vector<storage::migration> migrations; ///< In order.
  /// Store actors besides those of the product.
  std::vector<actors::child_spec (*)(const actors::store_ptr&)> stores;
  std::vector<node_region> regions;
  std::vector<actors::job_kind> kinds;
  std::vector<std::vector<http::route> (*)(const http::node_port&)> routes;
};

/// Those of this release.
node_lists product_lists();

/// What the process brings to its actors. Outlives the actor system.
struct parts {
  std::string node_id;
  std::unique_ptr<storage::data_dir>
    dir; ///< Held for as long as the node runs, unless the pool does.
  std::shared_ptr<const base::config> config;
  std::shared_ptr<base::clock> clock;
  std::shared_ptr<storage::database_pool> pool;
  std::shared_ptr<const check::keep_list> keep_list;
  std::shared_ptr<schedule::ownership> slots = std::make_shared<schedule::ownership>();
  std::shared_ptr<actors::directory> names = std::make_shared<actors::directory>();
  std::shared_ptr<base::health> health = std::make_shared<base::health>();
  std::shared_ptr<http::sse_hub> streams;
  std::shared_ptr<http::sse_hub> run_streams;           ///< Of runs of deployment tasks.
  std::shared_ptr<http::line_followers> line_followers; ///< Streams of lines.
  std::shared_ptr<http::list_versions> list_versions;
  std::shared_ptr<const http_front_parts> front;
  std::shared_ptr<const http_front_parts> data_front; ///< For other services; absent: turned off.
  std::shared_ptr<const actors::plugin_pool> plugins; ///< Null: there are none.
  std::shared_ptr<ansible::player> player;            ///< Of all plays of this node.
  actors::cluster_services_ptr cluster;
  std::vector<actors::notice_target> notice_targets;
  std::shared_ptr<mq::message_queue> queue; ///< Absent: turned off.
  std::shared_ptr<actors::kafka_standing> queue_standing =
    std::make_shared<actors::kafka_standing>();
  node_lists lists = product_lists();
};

/// The supervisor tree on one screen. @returns The root; it answers ping when everything is up.
caf::actor assemble(caf::actor_system& system, const parts& p);

/// How routes reach the actors.
http::node_port port_to(caf::actor_system& system, std::shared_ptr<actors::directory> names);

/// Everything the HTTP server offers.
http::service service_of(const parts& p, const http::node_port& port);

/// What other services get, who prove themselves by the credential.
http::service
data_service_of(const parts& p, const http::node_port& port, const sealed_text& credential);

} // namespace aops::node
