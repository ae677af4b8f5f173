#include "cli/node/assemble.hpp"

#include "actors/check/check_job.hpp"
#include "actors/check/rule_intake.hpp"
#include "actors/cluster/cluster_trees.hpp"
#include "actors/cluster/gate.hpp"
#include "actors/cluster/links_keeper.hpp"
#include "actors/cluster/membership.hpp"
#include "actors/cluster/router.hpp"
#include "actors/data/samples.hpp"
#include "actors/diag/alert_groups.hpp"
#include "actors/diag/alert_intake.hpp"
#include "actors/diag/diag_job.hpp"
#include "actors/doctor/doctor.hpp"
#include "actors/doctor/upkeep_desk.hpp"
#include "actors/host/hosts_region.hpp"
#include "actors/host/prometheus_reader.hpp"
#include "actors/host/rule_costs_keeper.hpp"
#include "actors/jobs/jobs_region.hpp"
#include "actors/kafka/bridge.hpp"
#include "actors/kafka/publisher.hpp"
#include "actors/logs/host_logs.hpp"
#include "actors/notify/notifier.hpp"
#include "actors/progress/list_changes.hpp"
#include "actors/progress/progress_bridge.hpp"
#include "actors/push/push_intake.hpp"
#include "actors/query/queries.hpp"
#include "actors/remote/remote.hpp"
#include "actors/store/account_store.hpp"
#include "actors/store/alert_store.hpp"
#include "actors/store/audit_store.hpp"
#include "actors/store/backup_keeper.hpp"
#include "actors/store/dump_keeper.hpp"
#include "actors/store/host_info_store.hpp"
#include "actors/store/host_store.hpp"
#include "actors/store/housekeeper.hpp"
#include "actors/store/job_store.hpp"
#include "actors/store/package_store.hpp"
#include "actors/store/repeat_store.hpp"
#include "actors/store/report_store.hpp"
#include "actors/store/result_store.hpp"
#include "actors/store/round_store.hpp"
#include "actors/store/rule_store.hpp"
#include "actors/store/saved_store.hpp"
#include "actors/store/schedule_keeper.hpp"
#include "actors/store/schedule_store.hpp"
#include "actors/store/session_store.hpp"
#include "actors/store/silence_store.hpp"
#include "actors/store/task_store.hpp"
#include "actors/store/template_store.hpp"
#include "actors/store/tree_store.hpp"
#include "actors/store/user_store.hpp"
#include "actors/store/vault_keeper.hpp"
#include "actors/store/view_store.hpp"
#include "actors/supervisor/supervisor.hpp"
#include "actors/support/ask_message.hpp"
#include "actors/support/bounded_pool.hpp"
#include "actors/support/call.hpp"
#include "actors/support/message_types.hpp"
#include "actors/support/prepare.hpp"
#include "actors/task/run_book.hpp"
#include "actors/task/run_desk.hpp"
#include "actors/task/run_job.hpp"
#include "actors/task/run_places.hpp"
#include "actors/task/run_store.hpp"
#include "actors/topology/host_topology.hpp"
#include "actors/tracing/tracing.hpp"
#include "cli/node/doctor_facts.hpp"
#include "http/routes/line_routes.hpp"
#include "http/routes/query_routes.hpp"
#include "http/routes/told_files_routes.hpp"
#include "http/routes/topology_routes.hpp"
#include "http/routes/write_routes.hpp"
#include "http/server/asyncapi.hpp"
#include "http/ui/pages.hpp"
#include "messages/names.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace aops::node {

namespace {

using namespace actors;

/// Log-ins and keys that may wait for scrypt, which takes a quarter of a second each.
constexpr size_t crypto_queue = 16;

/// Archives that may wait to be checked.
constexpr size_t package_queue = 16;

/// Queries of a class that may wait for a reading connection.
constexpr size_t read_queue = 4096;

template <caf::spawn_options Options = caf::no_spawn_options, class F, class... Args>
child_spec child(std::string_view name, F fun, Args... args) {
  child_spec spec;
  spec.name = name;
  spec.start = spawns<Options>(fun, std::move(args)...);
  return spec;
}

supervisor_config named(std::string name, const parts& p, strategy how = strategy::one_for_one) {
  supervisor_config c;
  c.name = std::move(name);
  c.how = how;
  c.names = p.names;
  return c;
}

/// Children restarted at once, where there are thousands: when all of a thousand hosts fail
/// together, they are back within four seconds, and the store is not asked by all of them at once.
constexpr restart_pace gently{32, 100};

/// A supervisor for children that come and go by the thousand: one that keeps failing is left
/// alone.
child_spec children(std::string_view name, const parts& p) {
  auto c = named(std::string{name}, p);
  c.past_limit = give_up::leave_child;
  c.pace = gently;
  return supervised(std::move(c), {});
}

store_ptr store_of(const parts& p) {
  auto s = std::make_shared<store_access>();
  s->pool = p.pool;
  s->readers = std::make_shared<bounded_pool>(
    shared_threads("store-read", static_cast<size_t>(p.config->store.readers), read_queue));
  s->crypto = std::make_shared<bounded_pool>("crypto", 1, crypto_queue);
  s->names = p.names;
  s->clock = p.clock;
  s->config = p.config;
  s->slots = p.slots;
  if (p.plugins)
    s->why_no_rule = [plugins = p.plugins](const check_rule& rule) {
      return plugins->why_not(rule);
    };
  if (!p.cluster->single)
    s->leader_epoch = [map = p.cluster->map, node = p.node_id]() -> std::optional<uint64_t> {
      auto view = map->get();
      return view->leader.holder == node ? std::optional{view->leader.epoch} : std::nullopt;
    };
  return s;
}

storage::group_writer_config writer_of(const parts& p) {
  storage::group_writer_config c;
  c.node = p.node_id;
  c.most_pending = static_cast<size_t>(p.config->store.queue_max);
  c.most_in_batch = static_cast<size_t>(p.config->store.batch_max);
  c.patience_ms = p.config->store.request_timeout.ms;
  return c;
}

/// Threads that open targets, start plays and look at keys of hosts; what may wait for one.
constexpr size_t remote_threads = 4, remote_queue = 256;

child_spec remote_child(const parts& p, const store_ptr& store) {
  return child(remote_name,
               actors::remote,
               remote_parts{store,
                            p.player,
                            std::make_shared<bounded_pool>("remote", remote_threads, remote_queue),
                            p.node_id});
}

using host_tokens = std::shared_ptr<host_token_cache>;

child_spec host_logs_child(const parts& p, const store_ptr& store, const host_tokens& tokens) {
  return child(host_logs_name,
               actors::host_logs,
               host_logs_parts{store,
                               p.cluster->map,
                               p.node_id,
                               lines_place(p.config, p.clock, p.health),
                               log_intake_threads(),
                               log_search_threads(),
                               tokens});
}

child_spec topology_child(const parts& p, const store_ptr& store, const host_tokens& tokens) {
  return child(topology_name,
               host_topology,
               host_topology_parts{store,
                                   p.cluster->map,
                                   p.node_id,
                                   tokens,
                                   topology_intake_threads(),
                                   topology_drawing_thread(),
                                   std::make_shared<windows_kept>(store)});
}

child_spec push_intake_child(const store_ptr& store, const host_tokens& tokens) {
  return child(
    push_intake_name,
    push_intake,
    push_intake_parts{store, tokens, push_intake_threads(), std::make_shared<known_hosts>(store)});
}

child_spec store_tree(const parts& p) {
  auto store = store_of(p);
  std::vector<child_spec> tree{
    child<caf::detached>(
      store_writer_name, store_writer, p.pool, writer_of(p), p.config->store.gather.chrono()),
    child(account_store_name, account_store, store),
    child(host_store_name, host_store, store),
    child(host_info_store_name, host_info_store, store),
    child(rule_store_name, rule_store, store),
    child(tree_store_name, tree_store, store),
    child(template_store_name, template_store, store),
    child(package_store_name,
          package_store,
          package_parts{store, std::make_shared<bounded_pool>("package", 1, package_queue)}),
    child(task_store_name, task_store, store),
    child(schedule_store_name, schedule_store, store),
    child(schedule_keeper_name, schedule_keeper, store),
    child(run_store_name, run_store, store),
    child(run_book_name, run_book, run_book_parts{store, p.player}),
    child(run_desk_name, run_desk, store),
    child(result_store_name, result_store, store),
    child(round_store_name, round_store, store),
    child(alert_store_name, alert_store, store),
    child(alert_groups_name, alert_groups, store),
    child(job_store_name, job_store, store),
    child(report_store_name, report_store, store),
    child(repeat_store_name, repeat_store, store),
    child(saved_store_name, saved_store, store),
    child(housekeeper_name, housekeeper, store),
    child(user_store_name, user_store, store),
    child(view_store_name, view_store, store),
    child(silence_store_name, silence_store, store),
    child(audit_store_name, audit_store, store),
    child(session_store_name, session_store, store),
    child(vault_name, vault_keeper, store, p.node_id),
    child(kafka_store_name, kafka_store, store, p.queue_standing),
  };
  if (!p.config->backup.directory.empty()) // Its thread is for who wants backups.
    tree.push_back(child(backup_keeper_name,
                         backup_keeper,
                         backup_parts{store, std::make_shared<bounded_pool>("backup", 1, 1)}));
  if (!p.config->retention.dump_directory.empty())
    tree.push_back(
      child(dump_keeper_name,
            dump_keeper,
            dump_parts{store, std::make_shared<bounded_pool>("dump", 1, 1), p.health}));
  tree.push_back(remote_child(p, store));
  auto tokens = std::make_shared<host_token_cache>();
  tree.push_back(child(tracing_name,
                       actors::tracing,
                       tracing_parts{store, load_trace_models(p.config->tracing.models), tokens}));
  tree.push_back(host_logs_child(p, store, tokens));
  tree.push_back(topology_child(p, store, tokens));
  tree.push_back(push_intake_child(store, tokens));
  for (auto other : p.lists.stores)
    tree.push_back(other(store));
  return supervised(named("store", p), std::move(tree));
}

services_ptr host_services_of(const parts& p) {
  auto services = std::make_shared<host_services>();
  services->config = p.config;
  services->clock = p.clock;
  services->names = p.names;
  services->slots = p.slots;
  services->keep_list = p.keep_list;
  services->health = p.health;
  services->plugins = p.plugins;
  return services;
}

child_spec hosts_tree(const parts& p) {
  auto services = host_services_of(p);
  rule_costs_parts costs{p.names, p.cluster->map, p.node_id, services->costs, p.clock->now_ms()};
  return supervised(named("hosts/region", p, strategy::rest_for_one),
                    {children(host_children_name, p),
                     child(hosts_name, hosts_region, services),
                     child(rule_costs_name, rule_costs_keeper, costs),
                     child(rule_intake_name, rule_intake, rule_intake_parts{p.config, p.names})});
}

job_services_ptr job_services_of(const parts& p) {
  auto services = std::make_shared<job_services>();
  services->config = p.config;
  services->clock = p.clock;
  services->names = p.names;
  services->slots = p.slots;
  services->map = p.cluster->map;
  services->kinds = std::make_shared<job_kinds>(p.lists.kinds);
  services->is_sure = [cluster = p.cluster] {
    return cluster->single || cluster->this_node->is_sure(cluster->time->steady_ms());
  };
  services->sure_until = [cluster =
                            p.cluster]() -> std::optional<std::chrono::steady_clock::time_point> {
    if (cluster->single)
      return std::nullopt;
    auto left = cluster->this_node->sure_until() - cluster->time->steady_ms();
    return std::chrono::steady_clock::now() + std::chrono::milliseconds{left};
  };
  services->holds = p.cluster->holds;
  services->places = std::make_shared<run_places>(static_cast<size_t>(p.config->tasks.max_running));
  return services;
}

child_spec jobs_tree(const parts& p) {
  auto services = job_services_of(p);
  std::vector<child_spec> tree{children(job_children_name, p),
                               child(jobs_name, jobs_region, services)};
  for (const auto& [name, kind] : services->kinds->all())
    if (kind.intake)
      tree.push_back(kind.intake(services));
  tree.push_back(child(alert_intake_name, alert_intake, services));
  return supervised(named("jobs/region", p, strategy::rest_for_one), std::move(tree));
}

progress_links progress_links_of(const parts& p) {
  progress_links links;
  links.node = p.node_id;
  if (p.cluster->single)
    return links;
  links.owner_of = [map = p.cluster->map](const std::string& job) {
    return map->owner_of(schedule::slot_of(job));
  };
  links.tell = [names = p.names](const std::string& node, caf::message news) {
    tell_node(*names, node, std::string{progress_name}, std::move(news));
  };
  return links;
}

progress_streams progress_streams_of(const parts& p) {
  return {[streams = p.streams, runs = p.run_streams](const job_progress& x) {
            streams->publish(http::news_of(x));
            http::publish_run(*runs, x);
          },
          [streams = p.streams, runs = p.run_streams](const std::string& job) {
            streams->refresh(job);
            runs->refresh(job);
          },
          [streams = p.streams, runs = p.run_streams] {
            auto all = streams->jobs(), more = runs->jobs();
            std::erase_if(all, [](const std::string& x) { return http::is_list_topic(x); });
            all.insert(all.end(), more.begin(), more.end());
            return all;
          }};
}

change_ways change_ways_of(const parts& p) {
  change_ways ways;
  ways.show = [streams = p.streams, versions = p.list_versions](uint64_t lists) {
    versions->raise(lists, *streams);
  };
  if (!p.cluster->single)
    ways.spread = [names = p.names](const lists_to_show& x) {
      tell_all_nodes(*names, std::string{changes_name}, caf::make_message(x));
    };
  return ways;
}

child_spec cluster_tree(const parts& p) {
  std::vector<child_spec> tree;
  if (!p.cluster->single) {
    tree.push_back(gate_child(p.cluster));
    tree.push_back(children(links_name, p));
    tree.push_back(child(links_keeper_name, links_keeper, p.cluster, std::shared_ptr<executor>{}));
  }
  tree.push_back(child(router_name, router, p.cluster));
  tree.push_back(child<caf::detached>(membership_name, membership, p.cluster));
  tree.push_back(child(cluster_trees_name,
                       cluster_trees_keeper,
                       cluster_trees_parts{p.names, p.cluster->map, p.node_id}));
  return supervised(named("cluster", p), std::move(tree));
}

/// Requests come from the message queue, events go there.
child_spec kafka_tree(const parts& p) {
  auto services = std::make_shared<kafka_services>();
  services->queue = p.queue;
  services->names = p.names;
  services->clock = p.clock;
  services->config = p.config;
  services->health = p.health;
  services->standing = p.queue_standing;
  services->is_single = p.cluster->single;
  if (!p.cluster->single)
    services->is_publisher = [map = p.cluster->map, node = p.node_id] {
      return map->get()->leader.holder == node;
    };
  kafka_services_ptr shared = services;
  return supervised(named("kafka", p),
                    {child<caf::detached>(kafka_bridge_name, kafka_bridge, shared),
                     child<caf::detached>(kafka_publisher_name, kafka_publisher, shared)});
}

/// How long the store may take for a portion of what a query reads.
constexpr std::chrono::seconds portion_deadline{10};

child_spec queries_child(caf::actor_system& system, const parts& p) {
  queries_parts q{p.config, p.names, query_threads(), {}};
  q.read = [&system, names = p.names](const pieces_query& x) {
    return call_named<round_pieces_actor>(system, *names, round_store_name, portion_deadline, x);
  };
  q.read_alerts = [&system, names = p.names](const alert_history_query& x) {
    return call_named<alert_store_actor>(system, *names, alert_store_name, portion_deadline, x);
  };
  q.clock = p.clock;
  return child(queries_name, queries, std::move(q));
}

child_spec doctor_child(const parts& p) {
  doctor_parts doctors;
  doctors.names = p.names;
  doctors.map = p.cluster->map;
  doctors.node = p.node_id;
  doctors.worker = std::make_shared<bounded_pool>("doctor", 1, 1);
  doctors.examine = [config = p.config, pool = p.pool, plugins = p.plugins] {
    return doctor::judge(measure(*config, pool.get(), plugins.get()));
  };
  return child(doctor_name, actors::doctor, std::move(doctors));
}

child_spec upkeep_child(const parts& p) {
  return child(upkeep_desk_name,
               actors::upkeep_desk,
               upkeep_parts{p.names, p.cluster->map, p.node_id, p.config});
}

child_spec scraper_child(const parts& p) {
  net::http_multi_options options;
  options.max_idle = static_cast<size_t>(most_kept_connections);
  auto seconds = p.config->check.sample_period.ms / 1000;
  options.lanes = static_cast<size_t>(std::clamp<int64_t>(seconds, 1, 60));
  return child(scraper_name, scraper, std::move(options));
}

child_spec notifier_child(const parts& p) {
  return child(
    notifier_name, notifier, notifier_parts{p.notice_targets, p.names, p.clock, p.slots});
}

} // namespace

node_lists product_lists() {
  auto schema = storage::built_in_migrations();
  node_lists lists;
  lists.messages = {add_message_types};
  lists.migrations = {schema.begin(), schema.end()};
  lists.regions = {
    {{std::string{hosts_name}, std::string{host_prefix}, true}, hosts_tree},
    {{std::string{jobs_name}, std::string{job_prefix}}, jobs_tree},
  };
  lists.kinds = {diag_kind(), check_kind(), deploy_kind()};
  lists.routes = {http::contract_routes};
  return lists;
}

caf::actor assemble(caf::actor_system& system, const parts& p) {
  std::vector<child_spec> tree{store_tree(p), scraper_child(p)};
  auto services = host_services_of(p);
  if (!services->scrapes())
    tree.push_back(child(prometheus_reader_name, prometheus_reader, services));
  tree.push_back(child(samples_name, actors::samples, services));
  tree.push_back(queries_child(system, p));
  tree.push_back(
    child(progress_name, progress_bridge, progress_streams_of(p), progress_links_of(p)));
  tree.push_back(child(changes_name, list_changes, change_ways_of(p)));
  tree.push_back(notifier_child(p));
  for (const auto& region : p.lists.regions)
    tree.push_back(region.tree(p));
  if (p.queue)
    tree.push_back(kafka_tree(p));
  tree.push_back(doctor_child(p));
  tree.push_back(upkeep_child(p));
  tree.push_back(cluster_tree(p)); // After the regions: slots come when these can take them.
  tree.push_back(child<caf::detached>("http", http_front, p.front));
  if (p.data_front)
    tree.push_back(child<caf::detached>("http/data", http_front, p.data_front));
  auto root = caf::actor_cast<caf::actor>(
    system.spawn(supervisor, named(std::string{node_name}, p), std::move(tree)));
  p.names->put(node_name, caf::actor_cast<caf::strong_actor_ptr>(root));
  return root;
}

http::node_port port_to(caf::actor_system& system, std::shared_ptr<directory> names) {
  return [&system, names](std::string_view name,
                          std::chrono::milliseconds deadline,
                          caf::message request) -> expected<caf::message> {
    if (name.starts_with(host_prefix)) // Lives on whichever node owns it.
      return call_entity(system,
                         *names,
                         name.substr(host_prefix.size()),
                         std::string{name},
                         deadline,
                         std::move(request));
    auto whom = names->find(name);
    if (!whom)
      return fail(down_error(name));
    return call_message(system, whom, deadline, std::move(request));
  };
}

namespace {

/// What both doors offer beside their routes.
http::service common_service(const parts& p) {
  http::service s;
  s.record = [names = p.names](
               const http::route& r, const caller& who, int code, const std::string& detail) {
    tell<audit_store_actor>(
      *names, audit_store_name, who, noted_request{http::action_name(r.path), code, detail});
  };
  s.request_timeout = p.config->http.request_timeout.chrono();
  s.trusted_proxies = p.config->http.trusted_proxies;
  // A certificate made here is believed by those who pinned it only: browsers ask about it.
  s.is_strict = p.config->tls.enabled && !p.config->tls.certificate.empty();
  s.version = AOPS_VERSION;
  s.ready = [names = p.names, health = p.health, cluster = p.cluster] {
    http::readiness r;
    std::vector<std::string_view> needed{store_writer_name, scraper_name};
    for (const auto& region : cluster->regions)
      needed.push_back(region.name);
    for (auto name : needed)
      if (!names->find(name)) {
        r.is_ready = false;
        r.degraded.push_back(std::string{name} + " is down");
      }
    // Before the membership knows: it may wait for a store that does not answer.
    if (!cluster->single && !cluster->this_node->is_sure(cluster->time->steady_ms()))
      r.degraded.push_back("cluster: this node cannot renew its lease");
    for (auto& problem : health->problems())
      r.degraded.push_back(std::move(problem));
    return r;
  };
  return s;
}

http::node_traits traits_of(const base::config& c) {
  http::node_traits is{c.samples.source, {}};
  for (const auto& x : c.plugins)
    is.plugins.push_back(x.name);
  return is;
}

} // namespace

http::service service_of(const parts& p, const http::node_port& port) {
  auto s = common_service(p);
  for (auto table : p.lists.routes)
    for (auto& row : table(port))
      s.routes.push_back(std::move(row));
  s.routes.push_back(http::node_traits_route(traits_of(*p.config)));
  if (p.queue)
    s.asyncapi = http::asyncapi_of(*p.config, s.version);
  s.streams = http::stream_routes(p.streams);
  s.streams.push_back(http::run_stream_route(p.run_streams));
  s.streams.push_back(http::line_stream_route(p.line_followers));
  http::add_web_pages(s);
  const auto& c = *p.config;
  s.foreign = http::query_routes(
    port, {c.scrape.port, c.check.sample_period.ms, c.scrape.timeout.ms, s.version});
  for (auto& row : http::line_intake_routes(port))
    s.foreign.push_back(std::move(row));
  s.foreign.push_back(http::topology_intake_route(port));
  s.foreign.push_back(http::told_files_route(port));
  s.identities = std::make_shared<http::session_identity>(http::authenticator(port),
                                                          http::password_opener(port));
  s.foreign.push_back(http::write_intake_route(port, s.identities));
  return s;
}

http::service
data_service_of(const parts& p, const http::node_port& port, const sealed_text& credential) {
  auto s = common_service(p);
  s.routes = http::data_routes(port, http::data_door::services);
  s.identities = std::make_shared<http::service_identity>(credential);
  return s;
}

} // namespace aops::node
