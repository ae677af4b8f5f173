#include "runtime/io/storage/account_repository.hpp"
#include "runtime/io/storage/audit_repository.hpp"
#include "runtime/io/storage/meta_repository.hpp"
#include "tests/io/storage/engines.hpp"

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

account account_named(const std::string& name, rights role = rights::ordinary) {
  account x;
  x.username = name;
  x.password_hash = "hash of " + name;
  x.role = role;
  x.owner = role == rights::administrator ? name : "";
  return x;
}

int64_t session_version(store& it) { return ok(meta_repository{it.db()}.read()).sessions; }

} // namespace

BOOST_AUTO_TEST_SUITE(accounts)

STORE_CASE(an_account_comes_back_as_it_was_stored) {
  account_repository accounts{it.db()};
  auto x = account_named("ada", rights::administrator);
  x.must_change_password = true;
  ok(accounts.add(x, 1));
  auto found = ok(accounts.find("ada"));
  BOOST_TEST(found.username == "ada");
  BOOST_TEST(found.password_hash == "hash of ada");
  BOOST_TEST((found.role == rights::administrator));
  BOOST_TEST(found.owner == "ada");
  BOOST_TEST(found.must_change_password);
  BOOST_TEST(failure_of(accounts.find("Ada")) == ec::not_found);
  BOOST_TEST(failure_of(accounts.add(x, 2)) == ec::conflict);
}

STORE_CASE(the_first_administrator_is_seeded_once) {
  account_repository accounts{it.db()};
  BOOST_TEST(ok(accounts.seed_administrator("admin", "first", 1)));
  BOOST_TEST(!ok(accounts.seed_administrator("admin", "second", 2)));
  auto found = ok(accounts.find("admin"));
  BOOST_TEST(found.password_hash == "first");
  BOOST_TEST(found.must_change_password);
  BOOST_TEST(found.owner == "admin");
}

STORE_CASE(changes_of_an_account_reach_every_node_by_the_session_version) {
  account_repository accounts{it.db()};
  ok(accounts.add(account_named("ada"), 1));
  auto before = session_version(it);
  ok(accounts.set_password("ada", "new", true));
  ok(accounts.set_owner("ada", "admin"));
  ok(accounts.set_role("ada", rights::administrator));
  BOOST_TEST(session_version(it) == before + 3);
  auto found = ok(accounts.find("ada"));
  BOOST_TEST(found.password_hash == "new");
  BOOST_TEST(found.owner == "admin");
  BOOST_TEST((found.role == rights::administrator));
  BOOST_TEST(failure_of(accounts.set_password("bob", "x", false)) == ec::not_found);
  BOOST_TEST(failure_of(accounts.set_owner("bob", "x")) == ec::not_found);
  BOOST_TEST(failure_of(accounts.set_role("bob", rights::administrator)) == ec::not_found);
}

STORE_CASE(the_last_administrator_stays_one) {
  account_repository accounts{it.db()};
  ok(accounts.add(account_named("ada", rights::administrator), 1));
  ok(accounts.add(account_named("bob", rights::administrator), 1));
  ok(accounts.set_role("ada", rights::ordinary));
  BOOST_TEST(failure_of(accounts.set_role("bob", rights::ordinary)) == ec::has_dependency);
  BOOST_TEST((ok(accounts.find("bob")).role == rights::administrator));
}

STORE_CASE(accounts_are_listed_by_name) {
  account_repository accounts{it.db()};
  for (auto name : {"cyd", "ada", "bob"})
    ok(accounts.add(account_named(name), 1));
  std::string names;
  for (const auto& x : ok(accounts.list()))
    names += x.username + " ";
  BOOST_TEST(names == "ada bob cyd ");
}

STORE_CASE(a_session_is_found_by_the_hash_of_its_token) {
  account_repository accounts{it.db()};
  ok(accounts.add(account_named("ada"), 1));
  BOOST_TEST(!ok(accounts.has_session("ada")));
  ok(accounts.save_session({"hash", "ada", 10, 20}));
  BOOST_TEST(ok(accounts.has_session("ada")));
  ok(accounts.touch_session("hash", 30));
  ok(accounts.touch_session("hash", 25));
  auto found = ok(accounts.find_session("hash"));
  BOOST_TEST(found.username == "ada");
  BOOST_TEST(found.created_ms == 10);
  BOOST_TEST(found.last_used_ms == 30);
  BOOST_TEST(failure_of(accounts.find_session("other")) == ec::session_invalid);
  BOOST_TEST(failure_of(accounts.save_session({"x", "nobody", 1, 1})) == ec::not_found);
}

STORE_CASE(sessions_end_one_by_one_or_all_but_one) {
  account_repository accounts{it.db()};
  ok(accounts.add(account_named("ada"), 1));
  ok(accounts.add(account_named("bob"), 1));
  for (auto token : {"a1", "a2", "a3"})
    ok(accounts.save_session({token, "ada", 1, 1}));
  ok(accounts.save_session({"b1", "bob", 1, 1}));
  auto before = session_version(it);
  BOOST_TEST(ok(accounts.end_session("a1")));
  BOOST_TEST(!ok(accounts.end_session("a1")));
  BOOST_TEST(session_version(it) == before + 1);
  BOOST_TEST(ok(accounts.end_sessions_of("ada", "a3")) == 1);
  ok(accounts.find_session("a3"));
  BOOST_TEST(ok(accounts.end_sessions_of("ada")) == 1);
  BOOST_TEST(!ok(accounts.has_session("ada")));
  BOOST_TEST(ok(accounts.has_session("bob")));
}

STORE_CASE(idle_and_old_sessions_expire) {
  account_repository accounts{it.db()};
  ok(accounts.add(account_named("ada"), 1));
  ok(accounts.save_session({"idle", "ada", 100, 100}));
  ok(accounts.save_session({"old", "ada", 10, 200}));
  ok(accounts.save_session({"fresh", "ada", 100, 200}));
  BOOST_TEST(ok(accounts.expire_sessions(150, 50)) == 2);
  ok(accounts.find_session("fresh"));
  BOOST_TEST(ok(accounts.expire_sessions(150, 50)) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(audit)

STORE_CASE(the_audit_log_is_read_newest_first_and_filtered) {
  audit_repository log{it.db()};
  for (int i = 0; i < 10; ++i)
    ok(log.append(
      {i * 100, i % 2 ? "ada" : "bob", "::1", i < 5 ? "host.add" : "login", "x", 200, ""}));
  audit_query q;
  q.page.page = 1;
  q.page.per_page = 3;
  auto page = ok(log.page(q));
  BOOST_TEST(page.total_count == 10);
  BOOST_TEST(page.total_page == 4);
  BOOST_REQUIRE(page.entries.size() == 3u);
  BOOST_TEST(page.entries[0].time_ms == 900);
  q.user = "ada";
  q.action = "login";
  q.from_ms = 600;
  page = ok(log.page(q));
  BOOST_TEST(page.total_count == 2);
  BOOST_TEST(page.entries.back().time_ms == 700);
}

STORE_CASE(long_texts_are_clipped_between_characters) {
  audit_repository log{it.db()};
  std::string detail(1023, 'x');
  detail += "ä tail";
  ok(log.append({1, "ada", "", "a", "", 200, detail}));
  BOOST_TEST(ok(log.page({})).entries.at(0).detail == std::string(1023, 'x'));
}

BOOST_AUTO_TEST_SUITE_END()
