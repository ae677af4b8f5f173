#include "cli/node/node.hpp"

#include "actors/cluster/transport.hpp"
#include "actors/support/ask.hpp"
#include "actors/support/call.hpp"
#include "actors/support/message_types.hpp"
#include "cli/node/assemble.hpp"
#include "cli/node/enter_store.hpp"
#include "cli/node/keep_list.hpp"
#include "cli/node/service_credential.hpp"
#include "cli/node/ticker.hpp"
#include "http/server/server.hpp"
#include "messages/names.hpp"
#include "messages/roles/cluster.hpp"
#include "messages/roles/jobs.hpp"
#include "runtime/base/descriptor.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/memory.hpp"

#include <caf/all.hpp>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <systemd/sd-daemon.h>
#include <thread>
#include <unistd.h>

namespace aops::node {

namespace {

constexpr std::chrono::seconds start_deadline{60};
constexpr std::chrono::seconds stop_deadline{20};
constexpr std::chrono::seconds tree_deadline{12};
constexpr std::chrono::seconds clock_interval{1};
constexpr std::chrono::seconds memory_interval{5};

/// Prints what a user must mend and gives the exit code for it.
int complain(const error& e, int code) {
  std::fprintf(
    stderr, "aops-node: %s\n", e.detail.empty() ? to_string(e).c_str() : e.detail.c_str());
  return code;
}

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

/// Waits; false when the process is to end instead.
bool not_asked_to_end(std::chrono::milliseconds wait) {
  auto set = stop_signals();
  timespec span{wait.count() / 1000, wait.count() % 1000 * 1'000'000};
  return sigtimedwait(&set, nullptr, &span) < 0;
}

/// What cannot end in order must not keep the process for ever: systemd would have to kill it.
/// @param first Beside `stop_deadline`, for what is done in order before.
void arm_watchdog(std::chrono::seconds first = {}) {
  std::thread([deadline = stop_deadline + first] {
    std::this_thread::sleep_for(deadline);
    log::error("stop-stuck", "the node did not end within {} s and is cut off", deadline.count());
    log::flush();
    std::_Exit(exit_stuck);
  }).detach();
}

/// Waits for a signal, or for the root supervisor to give up.
bool wait_for_end(caf::actor_system& system, const caf::actor& root) {
  auto set = stop_signals();
  auto main_thread = pthread_self();
  // Runs whenever the root ends, also long after this has returned: it must not point here.
  auto gave_up = std::make_shared<std::atomic<bool>>(false);
  root->attach_functor([gave_up, main_thread] {
    *gave_up = true;
    pthread_kill(main_thread, SIGTERM);
  });
  int signal = 0;
  sigwait(&set, &signal);
  (void)system;
  return !*gave_up;
}

/// What the node listens on.
struct fronts {
  std::shared_ptr<http_front_parts> users;
  std::shared_ptr<http_front_parts> services; ///< Absent: turned off.
  sealed_text credential;                     ///< Of services.
};

/// Opens the door before anything starts, so that an address in use ends the start with its reason.
expected<std::shared_ptr<http_front_parts>> open_front(const parts& p) {
  auto options = http::server_options_of(*p.config);
  if (!options)
    return fail(std::move(options.error()));
  auto front = std::make_shared<http_front_parts>();
  front->options = std::move(*options);
  front->door = std::make_shared<http::listener>();
  if (auto open = front->door->open(front->options.listen); !open)
    return fail(std::move(open.error()));
  return front;
}

/// The door for other services, unless it is turned off.
expected<std::shared_ptr<http_front_parts>> open_data_front(const parts& p,
                                                            http::server_options options) {
  constexpr uint16_t usual_port = 11119;
  options.listen = p.config->data.listen;
  options.figures = "data";
  if (options.listen.host.empty())
    return std::shared_ptr<http_front_parts>{};
  auto front = std::make_shared<http_front_parts>();
  front->options = options;
  front->door = std::make_shared<http::listener>();
  if (options.listen.port == 0)
    if (front->door->open({options.listen.host, usual_port}))
      return front;
  if (auto open = front->door->open(options.listen); !open)
    return fail(open.error().code, "data.listen: " + open.error().detail);
  return front;
}

std::string url_of(const http_front_parts& front) {
  return http::base_url_of(front.options, front.door->port());
}

/// Ends the tree, at the latest when the watchdog would.
void stop_tree(caf::actor_system& system, const caf::actor& root) {
  caf::scoped_actor self{system};
  self->monitor(root);
  self->send_exit(root, caf::exit_reason::user_shutdown);
  self->receive([](const caf::down_msg&) {}, caf::after(tree_deadline) >> [] {});
}

expected<fronts> open_fronts(const parts& p) {
  fronts doors;
  auto users = open_front(p);
  if (!users)
    return fail(std::move(users.error()));
  doors.users = std::move(*users);
  auto services = open_data_front(p, doors.users->options);
  if (!services)
    return fail(std::move(services.error()));
  doors.services = std::move(*services);
  if (!doors.services)
    return doors;
  auto credential = service_credential(*p.config);
  if (!credential)
    return fail(std::move(credential.error()));
  doors.credential = std::move(*credential);
  return doors;
}

/// How long others are waited for that take over in order.
std::chrono::milliseconds patience_of(const parts& p) {
  return p.cluster->single ? std::chrono::milliseconds{} : p.config->cluster.hand_over.chrono();
}

/// Gives this node's slots to others, while it still serves.
void hand_over(caf::actor_system& system, const parts& p) {
  if (p.cluster->single)
    return;
  auto patience = patience_of(p);
  // What is cut off when patience ends has a few seconds more.
  auto left = actors::call_named<membership_actor>(system,
                                                   *p.names,
                                                   actors::membership_name,
                                                   patience + std::chrono::seconds{5},
                                                   atom::stop_v,
                                                   int64_t{patience.count()});
  if (!left)
    log::warn("drain-incomplete", "others take over what is left: {}", to_string(left.error()));
}

int serve(caf::actor_system& system, parts& p, const fronts& doors) {
  const auto& front = doors.users;
  auto port = port_to(system, p.names);
  http::sse_limits limits;
  limits.max_streams = static_cast<size_t>(p.config->http.max_streams);
  auto opened = [names = p.names, node = p.node_id](const std::string& job) {
    actors::tell<progress_actor>(*names, actors::progress_name, watch_job{job, node});
  };
  p.list_versions = std::make_shared<http::list_versions>(p.clock->now_ms());
  auto hub =
    std::make_shared<http::sse_hub>(http::progress_source(port, opened, p.list_versions), limits);
  auto runs = std::make_shared<http::sse_hub>(http::run_source(port, opened),
                                              http::run_limits(limits.max_streams));
  auto is_ending = std::make_shared<std::atomic<bool>>(false);
  p.streams = hub;
  p.run_streams = runs;
  p.line_followers = std::make_shared<http::line_followers>(port);
  front->service = [&p, port] { return service_of(p, port); };
  front->end_streams = [hub, runs, lines = p.line_followers, is_ending] {
    if (!*is_ending)
      return; // The server starts again, and streams with it.
    hub->stop();
    runs->stop();
    lines->stop();
  };
  p.front = front;
  p.data_front = doors.services;
  auto url = url_of(*front);
  auto data_url = doors.services ? url_of(*doors.services) : std::string{"-"};
  if (doors.services)
    doors.services->service = [&p, port, credential = doors.credential] {
      return data_service_of(p, port, credential);
    };
  p.cluster->this_node->set_http(url);
  auto root = assemble(system, p);
  if (auto up = actors::call<void>(
        system, caf::actor_cast<ready_actor>(root), start_deadline, atom::ping_v);
      !up) {
    arm_watchdog();
    stop_tree(system, root);
    return complain({ec::internal, "the node did not start: " + to_string(up.error())},
                    exit_failed);
  }
  auto links = p.cluster->single ? std::string{"-"} : p.cluster->this_node->address();
  std::printf("ready node=%s http=%s cluster=%s data=%s\n",
              p.node_id.c_str(),
              url.c_str(),
              links.c_str(),
              data_url.c_str());
  std::fflush(stdout);
  sd_notify(0, "READY=1");
  log::info("node-ready",
            "node {} serves {}, links {}, data for services {}",
            p.node_id,
            url,
            links,
            data_url);

  bool in_order = wait_for_end(system, root);
  sd_notify(0, "STOPPING=1");
  log::info("node-stopping",
            "node {} ends: {}",
            p.node_id,
            in_order ? "it was asked to" : "its root supervisor gave up");
  arm_watchdog(std::chrono::ceil<std::chrono::seconds>(patience_of(p)));
  if (in_order)
    hand_over(system, p);
  *is_ending = true;
  stop_tree(system, root);
  front->door->close();
  if (doors.services)
    doors.services->door->close();
  if (!in_order)
    return complain({ec::internal, "the root supervisor gave up; see the log"}, exit_failed);
  return exit_ok;
}

/// Who runs plays here; what those of an earlier process of this node left is ended first.
std::shared_ptr<ansible::player> player_of(const base::config& config) {
  ansible::player_options options;
  const auto& tasks = config.tasks;
  options.directory = tasks.directory.empty() ? std::filesystem::absolute(config.data_dir) / "runs"
                                              : std::filesystem::absolute(tasks.directory);
  options.runner = tasks.runner;
  options.ansible = tasks.ansible;
  auto player = ansible::make_player(std::move(options));
  auto left = player->clean_up();
  if (!left)
    log::warn("runs-not-cleaned", "{}", to_string(left.error()));
  else if (*left > 0)
    log::info("runs-cleaned", "{} plays that an earlier process left were ended", *left);
  return player;
}

/// The code of a start that failed: waiting and starting again may help with a server that is away.
int code_of(const error& e) {
  if (e == ec::cancelled)
    return exit_ok;
  return e == ec::store_unreachable ? exit_failed : exit_usage;
}

} // namespace

int run(std::shared_ptr<const base::config> config, const std::string& join, node_lists lists) {
  if (auto log_ready = log::init(base::log_settings(*config)); !log_ready)
    return complain(log_ready.error(), exit_usage);
  base::raise_file_limit();
  std::signal(SIGPIPE, SIG_IGN);
  auto set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr); // Before any thread is made: they inherit it.
  caf::actor_system_config system_config;
  // Requests come from plain threads; idle workers of the default policy poll with sleeps, which
  // would cost each request a tenth of a millisecond.
  system_config.set("scheduler.policy", caf::atom("sharing"));
  for (auto add : lists.messages)
    add(system_config);
  if (auto ready = actors::configure_transport(system_config, *config); !ready)
    return complain(ready.error(), exit_usage);

  parts p;
  p.lists = std::move(lists);
  p.config = config;
  p.clock = std::make_shared<base::clock>();
  auto targets = actors::notice_targets_of(*config);
  if (!targets)
    return complain(targets.error(), exit_usage);
  p.notice_targets = std::move(*targets);
  if (config->kafka.enabled) {
    auto queue = mq::open_queue(*config);
    if (!queue)
      return complain(queue.error(), exit_usage);
    p.queue = std::move(*queue);
  }
  auto list = load_keep_list(config->scrape.keep_list);
  if (!list)
    return complain(list.error(), exit_usage);
  p.keep_list = *list;
  if (!config->plugins.empty()) {
    auto plugins = actors::plugin_pool::start(config->plugins, p.health);
    if (!plugins)
      return complain(plugins.error(), exit_failed);
    p.plugins = std::move(*plugins);
  }
  if (auto entered = enter_store(p, join, start_deadline, not_asked_to_end); !entered)
    return complain(entered.error(), code_of(entered.error()));

  p.player = player_of(*config);
  auto doors = open_fronts(p);
  if (!doors)
    return complain(doors.error(), exit_usage);
  std::optional<ticker> follower;
  if (p.cluster->single) // Its clock is the machine's; else the membership keeps it.
    follower.emplace(clock_interval, [clock = p.clock] { clock->follow_wall(); });
  ticker memory{memory_interval, [] { base::give_back_memory(); }};
  int code = exit_ok;
  {
    caf::actor_system system{system_config};
    code = serve(system, p, *doors);
    p.player->stop(); // What it tells goes to actors.
    if (p.plugins)
      p.plugins->stop();
    system.await_actors_before_shutdown(false);
  }
  log::info("node-ended", "node {}", p.node_id);
  log::flush();
  return code;
}

} // namespace aops::node
