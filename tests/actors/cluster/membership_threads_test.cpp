#include "actors/cluster/membership.hpp"
#include "actors/support/bounded_pool.hpp"
#include "actors/support/call.hpp"
#include "actors/support/message_types.hpp"
#include "messages/names.hpp"
#include "runtime/io/storage/sqlite.hpp"
#include "tests/actors/cluster/membership_fixture.hpp"
#include "tests/actors/cluster/usual_regions.hpp"

#include <thread>

/// As in the product: detached, by the machine's clock.
namespace aops::actors {

namespace {

using tests::ok;

struct system_config : caf::actor_system_config {
  system_config() { actors::add_message_types(*this); }
};

struct threads_fixture {
  log::capture log;
  system_config config;
  caf::actor_system system{config};
  std::shared_ptr<base::config> settings = std::make_shared<base::config>();
  std::shared_ptr<storage::database_pool> store = ok(storage::open_sqlite_in_memory());

  struct node {
    std::shared_ptr<cluster_services> services;
    full_membership_actor membership;
    size_t slots() const {
      size_t n = 0;
      for (uint16_t slot = 0; slot < schedule::slot_count; ++slot)
        n += services->ownership->owns(slot) ? 1 : 0;
      return n;
    }
  };
  std::vector<node> nodes;

  threads_fixture() {
    settings->cluster.lease = base::seconds(2);
    settings->cluster.renew = base::milliseconds(200);
  }
  ~threads_fixture() {
    for (auto& x : nodes)
      caf::anon_send_exit(x.membership, caf::exit_reason::user_shutdown);
    nodes.clear();
  }

  node& add(const std::string& id) {
    auto s = std::make_shared<cluster_services>();
    s->config = settings;
    s->clock = std::make_shared<base::clock>();
    s->pool = store;
    s->names = std::make_shared<directory>();
    s->ownership = std::make_shared<schedule::ownership>();
    s->map = std::make_shared<cluster_map>();
    s->this_node = std::make_shared<node_identity>(id, "1", "c");
    s->this_node->set_address(id + ":7000");
    s->is_refused = [](const std::string& address) { return address == "c:7000"; };
    s->probes = std::make_shared<bounded_pool>("probe", 1, 16);
    s->regions = tests::usual_regions();
    s->single = false;
    nodes.push_back({s, system.spawn<caf::detached>(membership, cluster_services_ptr{s})});
    return nodes.back();
  }

  /// Polls with a deadline.
  template <class Condition>
  bool comes(Condition condition) {
    auto until = std::chrono::steady_clock::now() + 30s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > until)
        return false;
      std::this_thread::sleep_for(5ms);
    }
    return true;
  }

  /// There are links between all nodes.
  void link_up() {
    for (auto& x : nodes)
      BOOST_TEST(comes([&] { return x.services->this_node->incarnation() != 0; }));
    for (auto& x : nodes)
      for (auto& peer : nodes)
        if (&x != &peer)
          caf::anon_send(x.membership,
                         peer_seen{peer.services->this_node->id(),
                                   peer.services->this_node->incarnation(),
                                   true});
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(membership_on_threads, threads_fixture)

BOOST_AUTO_TEST_CASE(nodes_share_out_die_and_leave) {
  nodes.reserve(3);
  auto& a = add("a");
  ok(call<void>(system, a.membership, 10s, atom::ping_v));
  BOOST_TEST(comes([&] { return a.slots() == 256u; }));
  auto& b = add("b");
  auto& c = add("c");
  link_up();
  BOOST_TEST(comes([&] { return b.slots() > 80u && c.slots() > 80u && a.slots() < 87u; }));

  // c ends without a word: its link breaks, its port refuses.
  caf::anon_send_exit(c.membership, caf::exit_reason::kill);
  caf::anon_send(a.membership, peer_seen{"c", c.services->this_node->incarnation(), false});
  BOOST_TEST(comes([&] { return a.slots() + b.slots() == 256u; }));

  ok(call<done>(system, a.membership, 10s, atom::stop_v, int64_t{5000}));
  BOOST_TEST(a.slots() == 0u);
  BOOST_TEST(comes([&] { return b.slots() == 256u; }));
  auto view = ok(storage::cluster_repository{store->writer()}.read());
  BOOST_TEST(comes([&] { return b.services->map->get()->leader.holder == "b"; }));
  BOOST_TEST((view.find("a")->state == schedule::member_state::gone));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
