#include "runtime/io/storage/cluster_repository.hpp"
#include "tests/io/storage/engines.hpp"

#include <atomic>
#include <set>
#include <thread>

/// Nodes that change the cluster at the same time, each over a connection of its own.
namespace aops::storage::cluster_threads_test {

namespace {

using tests::ok;
using kind = cluster_change::kind;

constexpr int64_t lasts_ms = 60'000;

joining_node comer(const std::string& node) {
  joining_node x;
  x.node = node;
  x.lease_ms = lasts_ms;
  return x;
}

cluster_change changed(kind what, uint16_t slot, uint64_t epoch, const std::string& node) {
  cluster_change x;
  x.what = what;
  x.slot = slot;
  x.epoch = epoch;
  x.node = node;
  return x;
}

} // namespace

BOOST_AUTO_TEST_SUITE(cluster_at_once)

STORE_CASE(nodes_that_start_at_once_agree_on_the_id) {
  constexpr int nodes = 4;
  std::vector<std::string> ids(nodes);
  std::vector<std::thread> threads;
  for (int i = 0; i < nodes; ++i)
    threads.emplace_back([&, i] {
      auto db = it.pool().connect();
      for (int tries = 0; db && tries < 20 && ids[i].empty(); ++tries)
        if (auto id = cluster_repository{**db}.cluster_id("of-" + std::to_string(i)))
          ids[i] = *id;
    });
  for (auto& x : threads)
    x.join();
  BOOST_TEST(!ids[0].empty());
  BOOST_TEST(std::set<std::string>(ids.begin(), ids.end()).size() == 1u);
}

STORE_CASE(nodes_that_start_at_once_with_different_leases_do_not_all_get_in) {
  constexpr int nodes = 4;
  std::vector<expected<int64_t>> joined(nodes, fail(ec::internal, "not run"));
  std::vector<std::thread> threads;
  for (int i = 0; i < nodes; ++i)
    threads.emplace_back([&, i] {
      auto db = it.pool().connect();
      auto x = comer("of-" + std::to_string(i));
      x.lease_ms += i;
      for (int tries = 0; db && tries < 20 && !joined[i]; ++tries) {
        joined[i] = cluster_repository{**db}.join(x);
        if (!joined[i] && joined[i].error() == ec::conflict)
          return;
      }
    });
  for (auto& x : threads)
    x.join();
  int in = 0;
  for (auto& x : joined) {
    in += x.has_value();
    BOOST_TEST((x || x.error() == ec::conflict));
  }
  BOOST_TEST(in == 1);
}

STORE_CASE(nodes_that_renew_lead_and_hand_over_at_once_get_through) {
  cluster_repository cluster{it.db()};
  auto a = ok(cluster.join(comer("a"))), b = ok(cluster.join(comer("b")));
  auto epoch =
    ok(cluster.take_leadership("a", a, ok(cluster.read()).leader.epoch, lasts_ms)).value();
  ok(cluster.apply("a",
                   epoch,
                   {changed(kind::assign, 1, 1, "a"),
                    changed(kind::assign, 2, 1, "a"),
                    changed(kind::assign, 3, 1, "b")}));
  constexpr int rounds = 40;
  std::atomic<int> busy = 0, failed = 0;
  auto until_done = [&](auto step) {
    for (int tries = 0; tries < 50; ++tries) {
      auto how = step();
      if (how)
        return;
      if (how.error() != ec::overloaded) {
        ++failed;
        return;
      }
      ++busy;
    }
    ++failed;
  };
  auto run = [&](auto step) {
    return std::thread([&, step] {
      auto db = it.pool().connect();
      if (!db) {
        ++failed;
        return;
      }
      cluster_repository own{**db};
      for (int i = 0; i < rounds; ++i)
        until_done([&] { return step(own); });
    });
  };
  // A slot goes to and fro between two nodes that renew meanwhile.
  auto hand = [](cluster_repository& own, const std::string& me) {
    auto view = own.read();
    if (!view)
      return expected<void>{fail(view.error())};
    std::vector<fence> held;
    for (uint16_t slot = 1; slot <= 3; ++slot)
      if (view->slots[slot].node == me && !view->slots[slot].target.empty())
        held.push_back({slot, view->slots[slot].epoch});
    if (auto done = own.hand_over(me, held); !done)
      return expected<void>{fail(done.error())};
    return expected<void>{};
  };
  auto aim = [&](cluster_repository& own) {
    auto view = own.read();
    if (!view)
      return expected<void>{fail(view.error())};
    std::vector<cluster_change> changes;
    for (uint16_t slot = 1; slot <= 3; ++slot)
      changes.push_back(changed(kind::set_target,
                                slot,
                                view->slots[slot].epoch,
                                view->slots[slot].node == "a" ? "b" : "a"));
    if (auto done = own.apply("a", epoch, changes); !done)
      return expected<void>{fail(done.error())};
    return expected<void>{};
  };
  auto sign = [&](cluster_repository& own, const std::string& me, int64_t incarnation) {
    renewal_request request;
    request.node = me;
    request.incarnation = incarnation;
    request.lease_ms = lasts_ms;
    request.leader_epoch = me == "a" ? epoch : 0;
    if (auto done = own.renew(request); !done)
      return expected<void>{fail(done.error())};
    return expected<void>{};
  };
  std::vector<std::thread> threads;
  threads.push_back(run(aim));
  threads.push_back(run([&](cluster_repository& own) { return hand(own, "a"); }));
  threads.push_back(run([&](cluster_repository& own) { return hand(own, "b"); }));
  threads.push_back(run([&](cluster_repository& own) { return sign(own, "a", a); }));
  threads.push_back(run([&](cluster_repository& own) { return sign(own, "b", b); }));
  for (auto& thread : threads)
    thread.join();
  BOOST_TEST(failed == 0);
  BOOST_TEST_MESSAGE("tried again " << busy << " times");
  BOOST_TEST(ok(cluster.read()).slots[1].epoch >= 2u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::storage::cluster_threads_test
