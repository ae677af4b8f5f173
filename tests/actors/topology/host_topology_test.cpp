#include "actors/topology/host_topology.hpp"
#include "messages/names.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/io/storage/log_token_repository.hpp"
#include "runtime/io/storage/result_repository.hpp"
#include "tests/support/outcome.hpp"
#include "tests/support/store_fixture.hpp"

#include <caf/all.hpp>

namespace host_topology_test {

using namespace aops;
using namespace aops::actors;
using namespace std::chrono_literals;

namespace {

std::string batch_text(const std::string& address, const std::string& links) {
  return R"({"machine_id":"m)" + address + R"(","hostname":"h","period_ms":1000,"addresses":[")" +
         address + R"("],"links":[)" + links + "]}";
}

std::string link_text(const std::string& role,
                      const std::string& process,
                      const std::string& client,
                      const std::string& server) {
  return R"({"role":")" + role + R"(","process_name":")" + process + R"(","client_ip":")" + client +
         R"(","server_ip":")" + server + R"(","server_port":80})";
}

const std::string A = "10.0.0.1", B = "10.0.0.2";

struct topology_fixture : tests::store_fixture {
  topology_fixture() {
    settings->topology.stale = base::seconds(5);
    settings->topology.window = base::seconds(20);
    settings->topology.keep = base::seconds(60);
    for (const std::string id : {"a", "b"}) {
      auto host = add_host(id);
      storage::log_token token{"t" + id, host.host_id, "agent", base::sha256_hex(id), "admin", 1};
      aops::tests::ok(storage::log_token_repository{db()}.add("admin", token));
      hosts.push_back(host.host_id);
    }
    windows = std::make_shared<windows_kept>(store);
    auto threads = std::make_shared<inline_executor>();
    it = start_as(topology_name,
                  host_topology,
                  host_topology_parts{store,
                                      std::make_shared<cluster_map>(),
                                      "n1",
                                      std::make_shared<host_token_cache>(),
                                      threads,
                                      threads,
                                      windows});
  }
  ~topology_fixture() { end_all(); }

  expected<batch_taken> tell(const std::string& id, const std::string& links) {
    return ask<batch_taken>(
      it, batch_to_take{base::sha256_hex(id), batch_text(id == "a" ? A : B, links)});
  }
  /// Ids of entities, a line each.
  std::string drawn(const caller& who, const topology_query& q = {}) {
    auto reply = ask<topology_entities>(it, who, q);
    if (!reply)
      return to_string(reply.error());
    std::string out;
    for (const auto& id : reply->entityids)
      out += id + "\n";
    return out;
  }
  std::string began_and_ended() {
    auto reply = aops::tests::ok(ask<topology_changes>(it, admin, topology_changes_query{}));
    std::string out;
    for (const auto& x : reply.changes)
      out += x.change + " " + x.client.process_name + ";";
    return out;
  }

  std::vector<std::string> hosts;
  std::shared_ptr<windows_kept> windows;
  full_topology_actor it;
};

const std::string both = "a\nb\na.curl\nb.nginx\na.curl@10.0.0.1>b.nginx@10.0.0.2:80/tcp_link\n";

} // namespace

BOOST_FIXTURE_TEST_SUITE(host_topology_suite, topology_fixture)

BOOST_AUTO_TEST_CASE(what_hosts_tell_is_one_picture_for_who_sees_them) {
  BOOST_TEST(aops::tests::ok(tell("a", link_text("client", "curl", A, B))).links == 1);
  aops::tests::ok(tell("b", link_text("server", "nginx", A, B)));
  BOOST_TEST(drawn(admin) == both);
  BOOST_TEST(drawn(other) == "");
  caller ann{"ann", "admin", rights::ordinary, false, {}, "192.0.2.3"};
  ann.groups.emplace();
  BOOST_TEST(drawn(ann) == "");
  ann.groups->push_back("g");
  BOOST_TEST(drawn(ann) == both);
  ann.owner.clear();
  BOOST_TEST(drawn(ann) == "");
  topology_query q;
  q.host_id.emplace(hosts[0]);
  BOOST_TEST(drawn(other, q) == "not_found: host_id: no such host");
}

BOOST_AUTO_TEST_CASE(nothing_is_taken_without_a_token_or_that_does_not_read) {
  BOOST_TEST(tests::failure_of(tell("x", "")) == ec::session_invalid);
  BOOST_TEST(tests::failure_of(tell("a", "1")) == ec::bad_request);
  BOOST_TEST(drawn(admin) == "");
}

BOOST_AUTO_TEST_CASE(links_are_stored_from_beginning_to_end) {
  aops::tests::ok(tell("a", link_text("client", "curl", A, B)));
  pass(2s);
  BOOST_TEST(began_and_ended() == "began curl;");
  for (int i = 0; i < 12; ++i) {
    aops::tests::ok(tell("a", link_text("client", "wget", A, B)));
    pass(2s);
  }
  BOOST_TEST(began_and_ended() == "began curl;ended curl;began wget;");
  BOOST_TEST(count("select count(*) from topology_link where end_ms = 0") == 1);
}

BOOST_AUTO_TEST_CASE(a_node_that_starts_anew_goes_on_with_what_is_stored) {
  aops::tests::ok(tell("a", link_text("client", "curl", A, B)));
  pass(2s);
  *windows = windows_kept{store};
  BOOST_TEST(drawn(admin) == "");
  aops::tests::ok(tell("a", link_text("client", "curl", A, B)));
  pass(2s);
  BOOST_TEST(began_and_ended() == "began curl;");
  *windows = windows_kept{store};
  aops::tests::ok(tell("a", link_text("client", "wget", A, B)));
  pass(2s);
  BOOST_TEST(began_and_ended() == "began curl;ended curl;began wget;");
}

BOOST_AUTO_TEST_CASE(a_silent_host_is_known_until_it_is_forgotten) {
  aops::tests::ok(tell("b", link_text("server", "nginx", A, B)));
  pass(30s);
  BOOST_TEST(drawn(admin) == "b\n");
  BOOST_TEST(windows->world().links() == 0u);
  auto status = aops::tests::ok(ask<topology_status>(it, admin, topology_status_query{}));
  BOOST_TEST(status.status == "idle");
  BOOST_TEST(status.stale_hosts == 1);
  BOOST_TEST(status.silent_hosts == 1);
  pass(31s);
  BOOST_TEST(drawn(admin) == "");
}

BOOST_AUTO_TEST_CASE(hosts_that_were_needed_are_found_with_their_paths) {
  aops::tests::ok(tell("a", link_text("client", "curl", A, B)));
  aops::tests::ok(tell("b", link_text("server", "nginx", A, B)));
  pass(2s);
  auto now = store->now_ms();
  dependencies_query q{hosts[0], now - 60'000, now, 3};
  auto found = aops::tests::ok(ask<dependencies>(it, admin, q));
  BOOST_REQUIRE(found.hosts.size() == 1u);
  BOOST_TEST(found.hosts[0].host_id == hosts[1]);
  BOOST_TEST(found.hosts[0].path.at(0) == "name-a curl -> name-b nginx 10.0.0.2:80");
  q.begin_ms = 1000;
  q.end_ms = 2000;
  BOOST_TEST(aops::tests::ok(ask<dependencies>(it, admin, q)).hosts.empty());
  BOOST_TEST(tests::failure_of(ask<dependencies>(it, other, q)) == ec::not_found);
  q.depth = 9;
  BOOST_TEST(tests::failure_of(ask<dependencies>(it, admin, q)) == ec::bad_request);
}

BOOST_AUTO_TEST_CASE(what_is_stored_of_hosts_that_were_needed_comes_by_slice) {
  aops::tests::ok(tell("a", link_text("client", "curl", A, B)));
  aops::tests::ok(tell("b", link_text("server", "nginx", A, B)));
  pass(2s);
  auto now = store->now_ms();
  aops::tests::ok(storage::transact(db(), [&](storage::database& to) {
    check_rule rule;
    rule.check_item = "disk";
    rule.condition = "$0>90";
    rule.data_list.push_back({"full", "kpi", {}});
    storage::result_repository results{to};
    for (const auto& id : hosts) // Of the host itself nothing is asked.
      if (auto saved =
            results.save_external("admin", {id, rule, now - 1000, now - 500, "Abnormal", "full"});
          !saved)
        return saved;
    return expected<void>{};
  }));
  upstream_query q{hosts[0], {"disk"}, {1000, 2000, now - 1500, now}, 2};
  auto found = aops::tests::ok(ask<upstream_found>(it, admin, q));
  BOOST_REQUIRE(found.slices.size() == 3u);
  BOOST_TEST(!found.slices[0].is_known); // Nobody had told anything by then.
  BOOST_TEST(found.slices[0].hosts.empty());
  BOOST_TEST(found.slices[2].is_known);
  BOOST_TEST(found.slices[2].cut_from == 0);
  BOOST_REQUIRE(found.slices[2].hosts.size() == 1u);
  BOOST_TEST(found.slices[2].hosts[0].path.at(0) == "name-a curl -> name-b nginx 10.0.0.2:80");
  BOOST_REQUIRE(found.hosts.size() == 1u);
  BOOST_TEST(found.hosts[0].host_id == hosts[1]);
  BOOST_TEST(found.hosts[0].host_name == "name-b");
  BOOST_REQUIRE(found.hosts[0].results.size() == 1u);
  BOOST_TEST(found.hosts[0].results[0].row.value == "Abnormal");
  q.check_items = {"other"};
  BOOST_TEST(aops::tests::ok(ask<upstream_found>(it, admin, q)).hosts.at(0).results.empty());
  q.host_id = hosts[1]; // Whom others need needs nobody.
  found = aops::tests::ok(ask<upstream_found>(it, admin, q));
  BOOST_TEST(found.slices[2].is_known);
  BOOST_TEST(found.hosts.empty());
  BOOST_TEST(tests::failure_of(ask<upstream_found>(it, other, q)) == ec::not_found);
  q.bounds_ms = {2000, 1000};
  BOOST_TEST(tests::failure_of(ask<upstream_found>(it, admin, q)) == ec::bad_request);
}

BOOST_AUTO_TEST_CASE(a_node_tells_another_what_is_new) {
  aops::tests::ok(tell("a", link_text("client", "curl", A, B)));
  auto told = aops::tests::ok(ask<node_windows>(it, node_windows_query{}));
  BOOST_REQUIRE(told.windows.size() == 1u);
  BOOST_TEST(told.is_all);
  windows_kept there{store};
  there.merge("n1", told);
  BOOST_TEST(there.world().links() == 1u);
  node_windows_query next{there.had()};
  BOOST_TEST(aops::tests::ok(ask<node_windows>(it, next)).windows.empty());
  aops::tests::ok(tell("b", link_text("server", "nginx", A, B)));
  told = aops::tests::ok(ask<node_windows>(it, next));
  BOOST_REQUIRE(told.windows.size() == 1u);
  BOOST_TEST(told.windows[0].host_id == hosts[1]);
  there.merge("n1", told);
  BOOST_TEST(there.world().links() == 2u);
  // Another life: all of it.
  next.had[0].life = "gone";
  BOOST_TEST(aops::tests::ok(ask<node_windows>(it, next)).windows.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_host_that_is_deleted_takes_its_links_along) {
  aops::tests::ok(tell("a", link_text("client", "curl", A, B)));
  pass(2s);
  BOOST_TEST(count("select count(*) from topology_link") == 1);
  aops::tests::ok(
    ask<hosts_deleted>(of<host_store_actor>(host_store_name), admin, hosts_to_delete{{hosts[0]}}));
  BOOST_TEST(count("select count(*) from topology_link") == 0);
  BOOST_TEST(count("select count(*) from topology_host") == 0);
  BOOST_TEST(drawn(admin) == "");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace host_topology_test
