#include "actors/store/host_credentials.hpp"
#include "actors/store/vault_keeper.hpp"
#include "messages/roles/cluster.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/io/storage/credential_repository.hpp"
#include "tests/support/store_fixture.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

constexpr auto key = "vault-key";

struct vault_fixture : tests::store_fixture {
  ~vault_fixture() { end_all(); }

  account_actor accounts = of<account_actor>(account_store_name);
  full_vault_actor keeper = start_as(vault_name, vault_keeper, store, std::string{"n1"});

  caller log_in_admin(const std::string& password = "changeme") {
    auto entered =
      tests::ok(ask<logged_in>(accounts, log_in{"admin", {password}}, std::string{"192.0.2.7"}));
    return tests::ok(ask<caller>(accounts, authenticate{base::sha256_hex(entered.access_token)}));
  }

  expected<done> enter(const caller& who, const std::string& text) {
    return ask<done>(keeper, who, vault_key_to_enter{{text}});
  }
  bool has_key(const caller& who) { return has_key(keeper, who); }
  bool has_key(const full_vault_actor& asked, const caller& who) {
    auto answer = ask<done>(asked, who, session_key_query{});
    if (!answer)
      BOOST_TEST((answer.error() == ec::vault_key), to_string(answer.error()));
    return answer.has_value();
  }

  /// Stores a host whose credentials are sealed under a key.
  std::string seal_host(const caller& who, const std::string& text = key) {
    host_to_add x;
    x.host_name = "h";
    x.public_ip = "192.0.2.1";
    x.username.emplace("ops");
    x.password.emplace(sealed_text{"ssh-secret"});
    x.sudo_password.emplace(sealed_text{"root-secret"});
    hosts_to_add all;
    all.host_list = {x};
    all.key.emplace(sealed_text{text});
    return tests::ok(ask<hosts_added>(of<host_store_actor>(host_store_name), who, all))
      .host_list.at(0);
  }
};

/// Another node's router: brings parcels for `n1` to the first keeper.
router_actor::behavior_type
router_to(router_actor::pointer self, const full_vault_actor& there, bool* is_cut) {
  return {
    [self, there, is_cut](const parcel& x) -> caf::result<parcel> {
      if (*is_cut || x.node != "n1" || x.to != vault_name)
        return refuse(ec::unreachable, "no link");
      auto promise = self->make_response_promise<parcel>();
      self->request(there, 1s, x.body.get_as<node_key_query>(0))
        .then(
          [promise](const done& answer) mutable {
            parcel back;
            back.body = caf::make_message(answer);
            promise.deliver(std::move(back));
          },
          [promise](caf::error& e) mutable { promise.deliver(std::move(e)); });
      return promise;
    },
    [](const map_changed&) {},
    [](atom::tick) {},
    [](atom::ping) {},
  };
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(keys_of_sessions, vault_fixture)

BOOST_AUTO_TEST_CASE(a_session_has_a_key_once_the_right_one_was_entered) {
  auto who = log_in_admin();
  seal_host(who);
  BOOST_TEST(!has_key(who)); // Adding hosts does not open the vault.
  BOOST_TEST(tests::failure_of(enter(who, "another")) == ec::vault_key);
  BOOST_TEST(!has_key(who));
  tests::ok(enter(who, key));
  BOOST_TEST(has_key(who));
  BOOST_TEST(tests::failure_of(enter(who, "another")) == ec::vault_key);
  BOOST_TEST(has_key(who)); // A slip takes nothing away.
}

BOOST_AUTO_TEST_CASE(each_session_enters_its_own) {
  auto first = log_in_admin(), second = log_in_admin();
  seal_host(first);
  tests::ok(enter(first, key));
  BOOST_TEST(has_key(first));
  BOOST_TEST(!has_key(second));
  tests::ok(ask<done>(keeper, user_key_query{"admin"}));
  BOOST_TEST(tests::failure_of(ask<done>(keeper, user_key_query{"eve"})) == ec::vault_key);
}

BOOST_AUTO_TEST_CASE(any_key_is_taken_while_nothing_is_sealed_and_tried_afterwards) {
  auto right = log_in_admin(), wrong = log_in_admin();
  tests::ok(enter(right, key));
  tests::ok(enter(wrong, "another"));
  BOOST_TEST(has_key(right));
  BOOST_TEST(has_key(wrong));
  BOOST_TEST(count("select count(*) from vault_verifier") == 0); // It binds nobody.
  seal_host(right);
  BOOST_TEST(has_key(right));
  BOOST_TEST(!has_key(wrong));
}

BOOST_AUTO_TEST_CASE(without_credentials_another_key_may_be_chosen) {
  auto who = log_in_admin();
  auto host = seal_host(who);
  tests::ok(enter(who, key));
  hosts_to_delete all{{host}};
  tests::ok(ask<hosts_deleted>(of<host_store_actor>(host_store_name), admin, all));
  BOOST_TEST(count("select count(*) from vault_verifier") == 0);
  run();
  pass(2s);
  BOOST_TEST(!has_key(who)); // What it opened is gone.
  tests::ok(enter(who, "another"));
  BOOST_TEST(has_key(who));
}

BOOST_AUTO_TEST_CASE(what_is_opened_opens_the_credentials_of_the_owners_hosts) {
  auto who = log_in_admin();
  auto host = seal_host(who);
  BOOST_TEST(tests::failure_of(ask<opened_vault>(keeper, who, vault_to_use{})) == ec::vault_key);
  tests::ok(enter(who, key));
  auto opened = tests::ok(ask<opened_vault>(keeper, who, vault_to_use{}));
  auto sealed = tests::ok(storage::credential_repository{db()}.find("admin", host));
  auto plain = tests::ok(vault::unseal(*opened.data_key, "admin", host, sealed));
  BOOST_TEST(plain.view().find("ssh-secret") != std::string_view::npos);
}

BOOST_AUTO_TEST_CASE(the_key_goes_with_its_session) {
  auto who = log_in_admin(), other = log_in_admin();
  seal_host(who);
  tests::ok(enter(who, key));
  tests::ok(enter(other, key));
  tests::ok(ask<done>(accounts, who, log_out{}));
  BOOST_TEST(!has_key(who));
  BOOST_TEST(has_key(other));
}

BOOST_AUTO_TEST_CASE(a_session_that_another_node_ended_has_no_key_a_second_later) {
  auto who = log_in_admin();
  seal_host(who);
  tests::ok(enter(who, key));
  tests::ok(db().execute("delete from session"));
  BOOST_TEST(has_key(who));
  pass(1s);
  BOOST_TEST(!has_key(who));
}

BOOST_AUTO_TEST_CASE(the_key_goes_when_the_session_expires) {
  auto who = log_in_admin();
  seal_host(who);
  tests::ok(enter(who, key));
  pass(settings->auth.session_idle.chrono());
  BOOST_TEST(has_key(who));
  pass(2s);
  BOOST_TEST(!has_key(who));
}

BOOST_AUTO_TEST_CASE(the_key_goes_at_the_latest_with_the_age_of_a_session_whatever_the_store_says) {
  settings->auth.session_absolute = base::minutes(10);
  auto who = log_in_admin();
  seal_host(who);
  tests::ok(enter(who, key));
  tests::ok(db().execute("update session set last_used_ms = 9999999999999, created_ms = "
                         "9999999999999"));
  pass(settings->auth.session_absolute.chrono());
  BOOST_TEST(has_key(who));
  pass(2s);
  BOOST_TEST(!has_key(who));
}

BOOST_AUTO_TEST_CASE(a_new_password_takes_the_keys_of_all_sessions) {
  auto who = log_in_admin();
  seal_host(who);
  tests::ok(enter(who, key));
  tests::ok(ask<done>(accounts, who, change_password{{"correct horse"}}));
  BOOST_TEST(!has_key(who));
  tests::ok(enter(who, key));
  BOOST_TEST(has_key(who));
}

BOOST_AUTO_TEST_CASE(another_vault_key_opens_what_was_sealed_before) {
  auto who = log_in_admin();
  BOOST_TEST(tests::failure_of(ask<done>(keeper, who, vault_key_to_change{{key}, {"new"}})) ==
             ec::vault_key);
  auto host = seal_host(who);
  tests::ok(enter(who, key));
  BOOST_TEST(tests::failure_of(ask<done>(keeper, who, vault_key_to_change{{"no"}, {"new"}})) ==
             ec::vault_key);
  tests::ok(ask<done>(keeper, who, vault_key_to_change{{key}, {"new"}}));
  BOOST_TEST(has_key(who)); // What it opened is the same.
  BOOST_TEST(tests::failure_of(enter(who, key)) == ec::vault_key);
  tests::ok(enter(who, "new"));
  auto opened = tests::ok(ask<opened_vault>(keeper, who, vault_to_use{}));
  auto sealed = tests::ok(storage::credential_repository{db()}.find("admin", host));
  BOOST_TEST(vault::unseal(*opened.data_key, "admin", host, sealed).has_value());
}

BOOST_AUTO_TEST_CASE(who_has_no_session_has_no_key) {
  auto token = admin;
  token.session = "hash of no session";
  BOOST_TEST(tests::failure_of(enter(token, key)) == ec::permission_denied);
  BOOST_TEST(!has_key(token));
}

BOOST_AUTO_TEST_CASE(other_nodes_ask_the_one_that_has_the_key) {
  auto who = log_in_admin();
  seal_host(who);
  tests::ok(enter(who, key));
  bool is_cut = false;
  start_as(router_name, router_to, keeper, &is_cut);
  auto elsewhere = start(vault_keeper, store, std::string{"n2"});
  BOOST_TEST(has_key(elsewhere, who));
  BOOST_TEST(tests::failure_of(ask<opened_vault>(elsewhere, who, vault_to_use{})) ==
             ec::vault_key); // It does not travel.
  is_cut = true;
  BOOST_TEST(!has_key(elsewhere, who));
  is_cut = false;
  end(keeper);
  keeper = start_as(vault_name, vault_keeper, store, std::string{"n1"});
  BOOST_TEST(!has_key(elsewhere, who)); // Memory does not survive.
}

BOOST_AUTO_TEST_CASE(what_a_session_has_opened_is_lent_to_its_runs_only_as_long_as_it_has_it) {
  auto who = log_in_admin(), another = log_in_admin();
  auto lent_to = [&](const caller& x) {
    return ask<session_key_lent>(keeper, session_key_to_lend{x.session})
      .map([](const session_key_lent& x) { return x.key.text; });
  };
  tests::ok(enter(who, key));
  // It opens nothing yet; asking for it once more would lead nowhere.
  BOOST_TEST(tests::failure_of(lent_to(who)) == ec::bad_request);
  auto none = ask<opened_vault>(keeper, who, vault_to_use{});
  BOOST_TEST(tests::failure_of(none) == ec::bad_request);
  BOOST_TEST(none.error().detail.find("no host has credentials") != std::string::npos);
  seal_host(who);
  BOOST_TEST(has_key(who)); // Tried.
  auto own = tests::ok(ask<opened_vault>(keeper, who, vault_to_use{}));
  BOOST_TEST(tests::ok(lent_to(who)) == own.data_key->view());
  BOOST_TEST(tests::failure_of(lent_to(another)) == ec::vault_key);
  tests::ok(ask<done>(accounts, who, log_out{}));
  pass(2s);
  BOOST_TEST(tests::failure_of(lent_to(who)) == ec::vault_key);
}

BOOST_AUTO_TEST_CASE(no_key_reaches_the_store_or_the_log) {
  auto who = log_in_admin();
  tests::ok(enter(who, "typed before"));
  seal_host(who);
  (void)enter(who, "wrong secret");
  tests::ok(enter(who, key));
  tests::ok(ask<done>(keeper, who, vault_key_to_change{{key}, {"new secret"}}));
  for (const std::string secret : {"typed before", "wrong secret", key, "new secret"}) {
    BOOST_TEST(log.text().find(secret) == std::string::npos);
    BOOST_TEST(count("select count(*) from audit_log where entity like '%" + secret +
                     "%' or detail like '%" + secret + "%'") == 0);
    BOOST_TEST(count("select count(*) from vault_verifier where body like '%" + secret + "%'") ==
               0);
  }
  BOOST_TEST(count("select count(*) from audit_log where action = 'vault.enter'") == 2);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
