#include "cli/node/node.hpp"

#include "actors/store/account_store.hpp"
#include "actors/support/call.hpp"
#include "actors/support/message_types.hpp"
#include "cli/node/assemble.hpp"
#include "cli/node/keep_list.hpp"
#include "http/server/server.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/log.hpp"
#include "runtime/io/storage/meta_repository.hpp"
#include "runtime/io/storage/sqlite.hpp"

#include <caf/all.hpp>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <thread>
#include <unistd.h>

namespace aops::node {

namespace {

constexpr std::chrono::seconds start_deadline{60};
constexpr std::chrono::seconds stop_deadline{15};

/// Prints what a user must mend and gives the exit code for it.
int complain(const error& e, int code) {
  std::fprintf(
    stderr, "aops-node: %s\n", e.detail.empty() ? to_string(e).c_str() : e.detail.c_str());
  return code;
}

/// Each host is a connection, each client a thread with one more.
void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

/// The node's id lasts as long as its data directory.
expected<std::string> node_id(const std::string& data_dir, int64_t now_ms) {
  auto file = std::filesystem::path{data_dir} / "node.id";
  std::string id;
  if (std::ifstream in{file}; in >> id && base::is_id(id))
    return id;
  id = base::new_id(now_ms);
  auto fresh = file;
  fresh += ".new";
  if (std::ofstream out{fresh}; !(out << id << '\n'))
    return fail(ec::bad_request, fresh.string() + ": cannot be written");
  std::error_code failed;
  std::filesystem::rename(fresh, file, failed);
  if (failed)
    return fail(ec::bad_request, file.string() + ": " + failed.message());
  return id;
}

/// Opens the store and makes it this node's own.
expected<void> open_store(parts& p) {
  const auto& c = *p.config;
  if (c.storage.engine != "sqlite")
    return fail(ec::bad_request, "storage.engine: this release serves `sqlite` only");
  storage::sqlite_config s;
  s.data_dir = c.data_dir;
  s.readers = static_cast<size_t>(c.store.readers);
  auto pool = storage::open_sqlite(s);
  if (!pool)
    return fail(pool.error());
  p.pool = std::move(*pool);
  auto id = node_id(c.data_dir, p.clock->now_ms());
  if (!id)
    return fail(id.error());
  p.node_id = *id;
  auto& db = p.pool->writer();
  if (auto adopted = storage::meta_repository{db}.adopt_all_slots(p.node_id); !adopted)
    return adopted;
  auto slots = storage::meta_repository{db}.slots();
  if (!slots)
    return fail(slots.error());
  for (const auto& x : *slots)
    p.slots->set(x.slot, x.epoch);
  return actors::seed_accounts(db, c, p.clock->now_ms());
}

/// Keeps the clock on the store's, which for SQLite is the machine's.
class clock_follower {
public:
  explicit clock_follower(base::clock& clock) : clock_(clock), thread_([this] { work(); }) {}
  ~clock_follower() {
    {
      std::lock_guard guard{mutex_};
      stopped_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

private:
  void work() {
    std::unique_lock lock{mutex_};
    while (!wake_.wait_for(lock, std::chrono::seconds{1}, [this] { return stopped_; }))
      clock_.follow_wall();
  }
  base::clock& clock_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopped_ = false;
  std::thread thread_;
};

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

/// What cannot end in order must not keep the process for ever: systemd would have to kill it.
void arm_watchdog() {
  std::thread([] {
    std::this_thread::sleep_for(stop_deadline);
    log::error(
      "stop-stuck", "the node did not end within {} s and is cut off", stop_deadline.count());
    log::flush();
    std::_Exit(exit_stuck);
  }).detach();
}

/// Waits for a signal, or for the root supervisor to give up.
bool wait_for_end(caf::actor_system& system, const caf::actor& root) {
  auto set = stop_signals();
  auto main_thread = pthread_self();
  std::atomic<bool> gave_up = false;
  root->attach_functor([&gave_up, main_thread] {
    gave_up = true;
    pthread_kill(main_thread, SIGTERM);
  });
  int signal = 0;
  sigwait(&set, &signal);
  (void)system;
  return !gave_up;
}

int serve(caf::actor_system& system, parts& p) {
  auto port = port_to(system, p.names);
  auto hub = std::make_shared<http::sse_hub>(http::progress_source(port), [&] {
    http::sse_limits limits;
    limits.max_streams = static_cast<size_t>(p.config->http.max_streams);
    return limits;
  }());
  p.streams = hub;
  auto root = assemble(system, p);
  auto stop_tree = [&] {
    caf::scoped_actor self{system};
    self->monitor(root);
    self->send_exit(root, caf::exit_reason::user_shutdown);
    self->receive([](const caf::down_msg&) {}, caf::after(std::chrono::seconds{12}) >> [] {});
  };
  if (auto up = actors::call<void>(
        system, caf::actor_cast<ready_actor>(root), start_deadline, atom::ping_v);
      !up) {
    arm_watchdog();
    stop_tree();
    return complain({ec::internal, "the node did not start: " + to_string(up.error())},
                    exit_failed);
  }
  auto options = http::server_options_of(*p.config);
  if (!options)
    return arm_watchdog(), stop_tree(), complain(options.error(), exit_usage);
  auto server = http::http_server::start(*options, service_of(p, port));
  if (!server)
    return arm_watchdog(), stop_tree(), complain(server.error(), exit_usage);
  (*server)->on_stop([hub] { hub->stop(); });

  std::printf(
    "ready node=%s http=%s cluster=-\n", p.node_id.c_str(), (*server)->base_url().c_str());
  std::fflush(stdout);
  sd_notify(0, "READY=1");
  log::info("node-ready", "node {} serves {}", p.node_id, (*server)->base_url());

  bool in_order = wait_for_end(system, root);
  sd_notify(0, "STOPPING=1");
  log::info("node-stopping",
            "node {} ends: {}",
            p.node_id,
            in_order ? "it was asked to" : "its root supervisor gave up");
  arm_watchdog();
  (*server)->stop();
  stop_tree();
  if (!in_order)
    return complain({ec::internal, "the root supervisor gave up; see the log"}, exit_failed);
  return exit_ok;
}

} // namespace

int run(std::shared_ptr<const base::config> config) {
  if (auto log_ready = log::init(base::log_settings(*config)); !log_ready)
    return complain(log_ready.error(), exit_usage);
  raise_file_limit();
  std::signal(SIGPIPE, SIG_IGN);
  auto set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr); // Before any thread is made: they inherit it.

  auto clock = std::make_shared<base::clock>();
  clock->follow_wall();
  parts p;
  p.config = config;
  p.clock = clock;
  auto list = load_keep_list(config->scrape.keep_list);
  if (!list)
    return complain(list.error(), exit_usage);
  p.keep_list = *list;
  if (auto opened = open_store(p); !opened)
    return complain(opened.error(), exit_usage);
  clock_follower follower{*clock};

  caf::actor_system_config system_config;
  system_config.set("scheduler.policy",
                    caf::atom("sharing")); // Guide §4.1: requests come from plain threads.
  actors::add_message_types(system_config);
  int code = exit_ok;
  {
    caf::actor_system system{system_config};
    code = serve(system, p);
    system.await_actors_before_shutdown(false);
  }
  log::info("node-ended", "node {}", p.node_id);
  log::flush();
  return code;
}

} // namespace aops::node
