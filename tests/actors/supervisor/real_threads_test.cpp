#include "actors/supervisor/supervisor.hpp"
#include "actors/support/call.hpp"
#include "actors/support/message_types.hpp"
#include "actors/support/prepare.hpp"
#include "runtime/base/log.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>

#include <thread>

namespace aops::actors {

namespace {

using namespace std::chrono_literals;

caf::behavior echo(caf::event_based_actor* self) {
  prepare(self, "echo");
  return {
    [](int x) { return x; },
    [](atom::stop) { throw std::runtime_error("boom"); },
  };
}

struct real_config : caf::actor_system_config {
  real_config() {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", 2);
    actors::add_message_types(*this);
  }
};

/// Asks until the child is up again: each try is a round trip, none sleeps.
caf::actor resolve_soon(caf::actor_system& system,
                        const supervisor_actor& top,
                        const std::string& name,
                        const caf::actor& former) {
  for (auto due = std::chrono::steady_clock::now() + 60s; std::chrono::steady_clock::now() < due;) {
    auto now = call<caf::actor>(system, top, 30s, resolve_child{name});
    if (now && *now != former)
      return *now;
    std::this_thread::yield();
  }
  return {};
}

} // namespace

BOOST_AUTO_TEST_SUITE(real_threads)

BOOST_AUTO_TEST_CASE(pooled_and_detached_children_live_crash_and_end_under_a_real_scheduler) {
  log::capture log;
  real_config cfg;
  caf::actor_system system{cfg};
  auto names = std::make_shared<directory>();
  supervisor_config config;
  config.name = "top";
  config.delay = {.first_ms = 1, .max_ms = 10};
  config.limit.restarts = restart_limit::unlimited;
  config.names = names;
  std::vector<child_spec> kids(2);
  kids[0].name = "detached";
  kids[0].start = spawns<caf::detached>(echo);
  kids[1].name = "pooled";
  kids[1].start = spawns(echo);
  auto top = system.spawn(supervisor, config, kids);
  BOOST_REQUIRE(call<void>(system, top, 30s, atom::ping_v).has_value());
  for (int round = 0; round < 20; ++round)
    for (const std::string name : {"detached", "pooled"}) {
      auto child = names->find_as<caf::actor>(name);
      BOOST_REQUIRE(child);
      BOOST_TEST(*call<int>(system, child, 30s, round) == round);
      BOOST_TEST((call<void>(system, child, 30s, atom::stop_v).error() == ec::internal));
      BOOST_REQUIRE(resolve_soon(system, top, name, child));
    }
  auto tree = call<tree_status>(system, top, 30s, get_tree{.deadline_ms = 30'000});
  BOOST_REQUIRE(tree);
  BOOST_TEST(tree->children[0].restarts == 20);
  BOOST_TEST(tree->children[1].restarts == 20);
  caf::anon_send_exit(top, caf::exit_reason::user_shutdown);
  system.await_all_actors_done();
  BOOST_TEST(names->size() == 0u);
  BOOST_TEST(log.count("actor-crashed") == 40u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
