#include "runtime/io/storage/account_repository.hpp"
#include "runtime/io/storage/credential_repository.hpp"
#include "runtime/io/storage/meta_repository.hpp"
#include "tests/io/storage/engines.hpp"

namespace account_test {

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

STORE_CASE(what_was_read_of_an_account_is_asked_again_where_it_counts) {
  account_repository accounts{it.db()};
  ok(accounts.add(account_named("ada"), 1));
  auto has = [&](const std::string& hash) {
    return ok(transact(
      it.db(), [&](database& db) { return account_repository{db}.still_has("ada", hash); }));
  };
  BOOST_TEST(has("hash of ada"));
  ok(accounts.set_password("ada", "new", false));
  BOOST_TEST(!has("hash of ada"));
  BOOST_TEST(has("new"));
  ok(it.db().run("update account set disabled = 1 where username = 'ada'"));
  BOOST_TEST(!has("new"));
  BOOST_TEST(!ok(accounts.still_has("nobody", "new")));
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

STORE_CASE(a_session_tells_which_node_has_its_vault_key) {
  account_repository accounts{it.db()};
  ok(accounts.add(account_named("ada"), 1));
  ok(accounts.save_session({"s1", "ada", 100, 200}));
  ok(accounts.save_session({"s2", "ada", 100, 200}));
  BOOST_TEST(ok(accounts.vault_node("s1")) == "");
  BOOST_TEST(ok(accounts.set_vault_node("s1", "n1")));
  BOOST_TEST(ok(accounts.set_vault_node("s1", "n1")));
  BOOST_TEST(!ok(accounts.set_vault_node("none", "n1")));
  BOOST_TEST(ok(accounts.vault_node("s1")) == "n1");
  BOOST_TEST(ok(accounts.vault_node("none")) == "");
  BOOST_TEST(ok(accounts.sessions_with_vault("n1", 200, 100)) == std::vector<std::string>{"s1"},
             boost::test_tools::per_element());
  BOOST_TEST(ok(accounts.sessions_with_vault("n1", 201, 100)).empty());
  BOOST_TEST(ok(accounts.sessions_with_vault("n1", 200, 101)).empty());
  BOOST_TEST(ok(accounts.sessions_with_vault("n2", 0, 0)).empty());
  ok(accounts.set_password("ada", "new", false));
  BOOST_TEST(ok(accounts.vault_node("s1")) == "");
}

STORE_CASE(a_vault_key_is_replaced_only_as_it_was_read) {
  credential_repository credentials{it.db()};
  ok(credentials.save_verifier("ada", "first"));
  BOOST_TEST(failure_of(credentials.replace_verifier("ada", "other", "second")) == ec::conflict);
  ok(credentials.replace_verifier("ada", "first", "second"));
  BOOST_TEST(ok(credentials.verifier("ada")).value() == "second");
  BOOST_TEST(failure_of(credentials.replace_verifier("bob", "first", "x")) == ec::conflict);
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

} // namespace account_test
