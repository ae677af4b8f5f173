#include "runtime/io/storage/cluster_repository.hpp"
#include "runtime/io/storage/group_writer.hpp"
#include "tests/io/storage/engines.hpp"

/// Leases that last a minute hold for the whole case; those of less than nothing have expired.
namespace aops::storage {

namespace {

using tests::failure_of;
using tests::ok;
using kind = cluster_change::kind;

constexpr int64_t lasts_ms = 60'000, expired_ms = -1'000;

joining_node comer(const std::string& node) {
  joining_node x;
  x.node = node;
  x.address = node + ".example:7000";
  x.http = "http://" + node + ".example:8000";
  x.version = "1.2.3";
  x.protocol = 1;
  x.lease_ms = lasts_ms;
  return x;
}

renewal_request sign_of(const std::string& node, int64_t incarnation, int64_t lease_ms = lasts_ms) {
  renewal_request x;
  x.node = node;
  x.incarnation = incarnation;
  x.address = node + ".example:7001";
  x.http = "http://" + node + ".example:8001";
  x.lease_ms = lease_ms;
  return x;
}

cluster_change assigned(uint16_t slot, uint64_t epoch, const std::string& node) {
  cluster_change x;
  x.slot = slot;
  x.epoch = epoch;
  x.node = node;
  return x;
}

cluster_change targeted(uint16_t slot, uint64_t epoch, const std::string& node) {
  auto x = assigned(slot, epoch, node);
  x.what = kind::set_target;
  return x;
}

cluster_change gone(const std::string& node, int64_t incarnation, bool only_if_expired) {
  cluster_change x;
  x.what = kind::declare_gone;
  x.node = node;
  x.incarnation = incarnation;
  x.only_if_expired = only_if_expired;
  return x;
}

/// `a` joined, leads, and owns slots 1 to 3.
struct led {
  explicit led(tests::store& it) : cluster(it.db()) {
    incarnation = ok(cluster.join(comer("a")));
    auto before = ok(cluster.read()).leader.epoch;
    epoch = ok(cluster.take_leadership("a", incarnation, before, lasts_ms)).value();
    ok(cluster.apply("a", epoch, {assigned(1, 1, "a"), assigned(2, 1, "a"), assigned(3, 1, "a")}));
  }
  cluster_repository cluster;
  int64_t incarnation = 0;
  uint64_t epoch = 0;

  schedule::assignment slot(size_t i) { return ok(cluster.read()).slots.at(i); }
  std::string state_of(const std::string& node) {
    auto view = ok(cluster.read());
    switch (view.find(node)->state) {
    case schedule::member_state::alive:
      return "alive";
    case schedule::member_state::draining:
      return "draining";
    case schedule::member_state::gone:
      break;
    }
    return "gone";
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(cluster)

STORE_CASE(the_first_caller_gives_the_cluster_its_id) {
  cluster_repository cluster{it.db()};
  BOOST_TEST(ok(cluster.cluster_id("first")) == "first");
  BOOST_TEST(ok(cluster.cluster_id("second")) == "first");
}

STORE_CASE(a_node_that_joins_is_seen_with_what_it_told) {
  cluster_repository cluster{it.db()};
  BOOST_TEST(ok(cluster.join(comer("b"))) == 1);
  auto view = ok(cluster.read());
  BOOST_REQUIRE(view.members.size() == 1u);
  const auto& x = view.members[0];
  BOOST_TEST(x.node == "b");
  BOOST_TEST(x.incarnation == 1);
  BOOST_TEST(x.address == "b.example:7000");
  BOOST_TEST(x.http == "http://b.example:8000");
  BOOST_TEST(x.version == "1.2.3");
  BOOST_TEST(x.protocol == 1);
  BOOST_TEST((x.state == schedule::member_state::alive));
  BOOST_TEST(x.started_ms <= view.now_ms);
  BOOST_TEST(x.until_ms == x.started_ms + lasts_ms);
  BOOST_TEST(view.slots.size() == 256u);
  BOOST_TEST(view.leader.holder == "");
}

STORE_CASE(a_restarted_node_is_back_at_once_under_new_epochs_and_its_past_is_fenced) {
  led x{it};
  auto version = ok(x.cluster.read()).map_version;
  auto again = ok(x.cluster.join(comer("a")));
  BOOST_TEST(again == x.incarnation + 1);
  BOOST_TEST(failure_of(x.cluster.renew(sign_of("a", x.incarnation))) == ec::fenced);
  BOOST_TEST(x.slot(1).node == "a");
  BOOST_TEST(x.slot(1).epoch == 3u);
  BOOST_TEST(x.slot(4).epoch == 1u);
  BOOST_TEST(ok(x.cluster.read()).map_version > version);
  ok(x.cluster.renew(sign_of("a", again)));
}

STORE_CASE(a_second_process_with_the_same_id_does_not_push_the_first_one_out_again) {
  cluster_repository cluster{it.db()};
  auto first = ok(cluster.join(comer("a")));
  auto second = ok(cluster.join(comer("a")));
  auto back = comer("a");
  back.previous = first;
  BOOST_TEST(failure_of(cluster.join(back)) == ec::conflict);
  ok(cluster.renew(sign_of("a", second, expired_ms)));
  BOOST_TEST(ok(cluster.join(back)) == second + 1);
}

STORE_CASE(a_fenced_node_joins_again_as_a_new_incarnation) {
  led x{it};
  auto b = ok(x.cluster.join(comer("b")));
  ok(x.cluster.renew(sign_of("b", b, expired_ms)));
  BOOST_TEST(ok(x.cluster.apply("a", x.epoch, {gone("b", b, true)})).at(0));
  BOOST_TEST(failure_of(x.cluster.renew(sign_of("b", b))) == ec::fenced);
  auto back = comer("b");
  back.previous = b;
  BOOST_TEST(ok(x.cluster.join(back)) == b + 1);
}

STORE_CASE(a_renewal_extends_the_lease_by_the_clock_of_the_store) {
  cluster_repository cluster{it.db()};
  auto a = ok(cluster.join(comer("a")));
  ok(cluster.renew(sign_of("a", a, expired_ms)));
  auto before = ok(it.db().now_ms());
  auto request = sign_of("a", a);
  request.hosts = 17;
  request.jobs = 3;
  auto renewed = ok(cluster.renew(request)); // An expired lease that nobody fenced.
  const auto& row = *renewed.view.find("a");
  BOOST_TEST(renewed.view.now_ms >= before);
  BOOST_TEST(row.until_ms == renewed.view.now_ms + lasts_ms);
  BOOST_TEST(row.hosts == 17);
  BOOST_TEST(row.jobs == 3);
  BOOST_TEST(row.address == "a.example:7001");
  BOOST_TEST(row.http == "http://a.example:8001");
  BOOST_TEST(!renewed.is_leader);
}

STORE_CASE(slots_are_read_only_when_the_map_is_another_than_known) {
  led x{it};
  auto request = sign_of("a", x.incarnation);
  auto first = ok(x.cluster.renew(request));
  BOOST_TEST(first.has_slots);
  BOOST_TEST(first.view.slots.size() == 256u);
  BOOST_TEST(first.view.slots[2].node == "a");
  request.map_version = first.view.map_version;
  auto second = ok(x.cluster.renew(request));
  BOOST_TEST(!second.has_slots);
  BOOST_TEST(second.view.slots.empty());
  BOOST_TEST(second.view.map_version == first.view.map_version);
  ok(meta_repository{it.db()}.bump("rules"));
  auto third = ok(x.cluster.renew(request));
  BOOST_TEST(third.now.rules == second.now.rules + 1);
}

STORE_CASE(a_leader_renews_its_lease_with_its_own_until_another_one_leads) {
  led x{it};
  auto request = sign_of("a", x.incarnation, 2 * lasts_ms);
  request.leader_epoch = x.epoch;
  auto renewed = ok(x.cluster.renew(request));
  BOOST_TEST(renewed.is_leader);
  BOOST_TEST(renewed.view.leader.until_ms == renewed.view.now_ms + 2 * lasts_ms);
  auto b = ok(x.cluster.join(comer("b")));
  BOOST_TEST(ok(x.cluster.take_leadership("b", b, x.epoch, lasts_ms)).value() == x.epoch + 1);
  BOOST_TEST(!ok(x.cluster.renew(request)).is_leader);
}

STORE_CASE(a_fenced_node_does_not_keep_the_lease_of_the_leader) {
  led x{it};
  ok(x.cluster.join(comer("a")));
  auto until = ok(x.cluster.read()).leader.until_ms;
  auto request = sign_of("a", x.incarnation, 10 * lasts_ms);
  request.leader_epoch = x.epoch;
  BOOST_TEST(failure_of(x.cluster.renew(request)) == ec::fenced);
  BOOST_TEST(ok(x.cluster.read()).leader.until_ms == until);
}

STORE_CASE(of_those_who_reach_for_the_lease_the_first_one_leads) {
  cluster_repository cluster{it.db()};
  auto a = ok(cluster.join(comer("a"))), b = ok(cluster.join(comer("b")));
  auto epoch = ok(cluster.read()).leader.epoch;
  BOOST_TEST(ok(cluster.take_leadership("a", a, epoch, lasts_ms)).value() == epoch + 1);
  BOOST_TEST(!ok(cluster.take_leadership("b", b, epoch, lasts_ms)).has_value());
  auto view = ok(cluster.read());
  BOOST_TEST(view.leader.holder == "a");
  BOOST_TEST(view.leader.epoch == epoch + 1);
  BOOST_TEST(view.leader.until_ms > view.now_ms);
}

STORE_CASE(who_is_no_member_does_not_lead) {
  led x{it};
  auto b = ok(x.cluster.join(comer("b")));
  ok(x.cluster.leave("b", b));
  BOOST_TEST(failure_of(x.cluster.take_leadership("b", b, x.epoch, lasts_ms)) == ec::fenced);
  BOOST_TEST(ok(x.cluster.read()).leader.holder == "a");
}

STORE_CASE(a_former_leader_changes_nothing) {
  led x{it};
  auto b = ok(x.cluster.join(comer("b")));
  ok(x.cluster.take_leadership("b", b, x.epoch, lasts_ms));
  BOOST_TEST(failure_of(x.cluster.apply("a", x.epoch, {assigned(9, 1, "a")})) == ec::fenced);
  BOOST_TEST(failure_of(x.cluster.apply("a", x.epoch + 1, {assigned(9, 1, "a")})) == ec::fenced);
  BOOST_TEST(x.slot(9).node == "");
}

STORE_CASE(a_change_takes_effect_only_under_the_epoch_the_leader_saw) {
  led x{it};
  auto version = ok(x.cluster.read()).map_version;
  auto took = ok(
    x.cluster.apply("a", x.epoch, {assigned(3, 1, "b"), targeted(2, 2, "b"), assigned(4, 1, "b")}));
  BOOST_TEST((took == std::vector<bool>{false, true, true}));
  BOOST_TEST(x.slot(3).node == "a");
  BOOST_TEST(x.slot(2).target == "b");
  BOOST_TEST(x.slot(2).epoch == 2u);
  BOOST_TEST(x.slot(4).node == "b");
  BOOST_TEST(ok(x.cluster.read()).map_version == version + 1);
  BOOST_TEST(!ok(x.cluster.apply("a", x.epoch, {assigned(3, 1, "b")})).at(0));
  BOOST_TEST(ok(x.cluster.read()).map_version == version + 1);
}

STORE_CASE(a_node_that_renewed_is_not_gone_and_keeps_its_slots) {
  led x{it};
  auto b = ok(x.cluster.join(comer("b")));
  auto took = ok(x.cluster.apply("a", x.epoch, {assigned(7, 1, "a"), gone("b", b, true)}));
  BOOST_TEST((took == std::vector<bool>{false, false}));
  BOOST_TEST(x.state_of("b") == "alive");
  BOOST_TEST(!ok(x.cluster.apply("a", x.epoch, {gone("b", b + 1, false)})).at(0));
  BOOST_TEST(ok(x.cluster.apply("a", x.epoch, {gone("b", b, false)})).at(0));
  BOOST_TEST(x.state_of("b") == "gone");
}

STORE_CASE(an_owner_hands_over_what_is_meant_for_another_node) {
  led x{it};
  ok(x.cluster.apply("a", x.epoch, {targeted(2, 2, "b"), targeted(3, 2, "b")}));
  auto version = ok(x.cluster.read()).map_version;
  auto took = ok(x.cluster.hand_over("a", {{3, 2}, {2, 1}, {1, 2}, {2, 2}}));
  BOOST_TEST((took == std::vector<bool>{true, false, false, true}));
  for (size_t slot : {2, 3}) {
    BOOST_TEST(x.slot(slot).node == "b");
    BOOST_TEST(x.slot(slot).epoch == 3u);
    BOOST_TEST(x.slot(slot).target == "");
  }
  BOOST_TEST(x.slot(1).node == "a");
  BOOST_TEST(ok(x.cluster.read()).map_version == version + 1);
  BOOST_TEST(!ok(x.cluster.hand_over("a", {{2, 3}})).at(0));
}

STORE_CASE(what_an_owner_writes_after_its_slot_went_is_fenced) {
  led x{it};
  group_writer_config config;
  config.node = "a";
  group_writer writer{it.db(), config};
  auto write = [&](uint64_t epoch) {
    expected<void> how = fail(ec::internal, "not answered");
    writer.append(
      fence{1, epoch},
      [](database& db) { return meta_repository{db}.bump("rules"); },
      [&](expected<void> result) { how = std::move(result); });
    while (writer.flush())
      ;
    return how;
  };
  ok(write(2));
  ok(x.cluster.apply("a", x.epoch, {targeted(1, 2, "b")}));
  ok(write(2)); // Being handed over it is still the owner's.
  ok(x.cluster.hand_over("a", {{1, 2}}));
  BOOST_TEST(failure_of(write(2)) == ec::fenced);
  BOOST_TEST(failure_of(write(3)) == ec::fenced);
}

STORE_CASE(a_node_drains_takes_slots_again_and_leaves) {
  led x{it};
  auto b = ok(x.cluster.join(comer("b")));
  ok(x.cluster.set_state("b", true));
  BOOST_TEST(x.state_of("b") == "draining");
  ok(x.cluster.renew(sign_of("b", b)));
  BOOST_TEST(x.state_of("b") == "draining");
  ok(x.cluster.set_state("b", false));
  BOOST_TEST(x.state_of("b") == "alive");
  ok(x.cluster.leave("b", b + 1));
  BOOST_TEST(x.state_of("b") == "alive");
  ok(x.cluster.leave("b", b));
  BOOST_TEST(x.state_of("b") == "gone");
  BOOST_TEST(failure_of(x.cluster.set_state("b", true)) == ec::not_found);
  BOOST_TEST(failure_of(x.cluster.set_state("nobody", true)) == ec::not_found);
}

STORE_CASE(a_leader_that_leaves_lets_go_of_its_lease) {
  led x{it};
  ok(x.cluster.leave("a", x.incarnation));
  auto view = ok(x.cluster.read());
  BOOST_TEST(view.leader.until_ms <= view.now_ms);
  BOOST_TEST(view.leader.epoch == x.epoch);
}

STORE_CASE(hosts_and_open_jobs_of_a_node_are_those_in_its_slots) {
  led x{it};
  auto load = ok(x.cluster.load_of("a"));
  BOOST_TEST(load.hosts == 0);
  BOOST_TEST(load.jobs == 0);
  auto& db = it.db();
  ok(db.run("insert into host_group (owner, name, description) values ('o', 'g', '')"));
  auto group = db.last_id();
  for (int slot : {1, 2, 9}) {
    auto name = "x" + std::to_string(slot);
    ok(db.run("insert into host (id, owner, name, ip, host_group, ssh_port, management, slot,"
              " status, status_since_ms, created_ms) values (?, 'o', ?, ?, ?, 22, 0, ?, 'unknown',"
              " 0, 0)",
              name,
              name,
              name,
              group,
              slot));
    ok(db.run("insert into job (id, kind, owner, username, slot, state, epoch, expected, finished,"
              " failed, last_number, stored, created_ms, deadline_ms, plan_version, plan)"
              " values (?, 'diag', 'o', 'u', ?, ?, 1, 1, 0, 0, 0, 0, 0, 0, 1, '')",
              name,
              slot,
              slot == 2 ? "done" : "pending"));
  }
  load = ok(x.cluster.load_of("a"));
  BOOST_TEST(load.hosts == 2);
  BOOST_TEST(load.jobs == 1);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::storage
