#include "messages/names.hpp"
#include "messages/return_code.hpp"
#include "runtime/base/digest.hpp"
#include "tests/support/store_fixture.hpp"

namespace aops::actors {

namespace {

struct accounts_fixture : tests::store_fixture {
  ~accounts_fixture() { end_all(); }

  account_actor accounts = of<account_actor>(account_store_name);

  expected<logged_in> enter(const std::string& user,
                            const std::string& password,
                            const std::string& from = "192.0.2.7") {
    return ask<logged_in>(accounts, log_in{user, {password}}, from);
  }

  /// A session's user.
  expected<caller> who(const logged_in& session) {
    return ask<caller>(accounts, authenticate{base::sha256_hex(session.access_token)});
  }

  expected<done> change(const caller& who, const std::string& password) {
    return ask<done>(accounts, who, change_password{{password}});
  }

  int64_t audited(const std::string& action, int64_t code) {
    return count(fmt::format(
      "select count(*) from audit_log where action = '{}' and code = {}", action, code));
  }
};

constexpr auto seeded = "changeme";
constexpr auto better = "correct horse";

} // namespace

BOOST_FIXTURE_TEST_SUITE(accounts, accounts_fixture)

// -- log in

BOOST_AUTO_TEST_CASE(the_first_log_in_is_told_to_change_the_default_password) {
  auto session = tests::ok(enter("admin", seeded));
  BOOST_TEST(session.code == 1204);
  BOOST_TEST(session.access_token.size() == 64u);
  auto user = tests::ok(who(session));
  BOOST_TEST(user.user == "admin");
  BOOST_TEST(user.owner == "admin");
  BOOST_TEST((user.role == rights::administrator));
  BOOST_TEST(user.must_change_password);
}

BOOST_AUTO_TEST_CASE(a_wrong_password_and_an_unknown_user_look_the_same) {
  auto wrong = enter("admin", "not it");
  auto unknown = enter("nobody", "not it");
  BOOST_TEST(tests::failure_of(wrong) == ec::wrong_password);
  BOOST_TEST((wrong.error() == unknown.error()));
  BOOST_TEST(outcome_of(wrong.error().code).return_code == 1200);
  BOOST_TEST(audited("account.login", 1200) == 2);
}

BOOST_AUTO_TEST_CASE(tokens_differ_and_are_stored_nowhere) {
  auto first = tests::ok(enter("admin", seeded));
  auto second = tests::ok(enter("admin", seeded));
  BOOST_TEST(first.access_token != second.access_token);
  BOOST_TEST(count("select count(*) from session") == 2);
  BOOST_TEST(
    count("select count(*) from session where token_hash = '" + first.access_token + "'") == 0);
  BOOST_TEST(log.text().find(first.access_token) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(after_too_many_failures_the_address_waits_a_minute) {
  settings->auth.throttle_failures = 3;
  for (int i = 0; i < 10; ++i) // The actor took the limit of its start, 10.
    BOOST_TEST(tests::failure_of(enter("admin", "not it")) == ec::wrong_password);
  BOOST_TEST(tests::failure_of(enter("admin", seeded)) == ec::overloaded);
  BOOST_TEST(enter("admin", seeded, "192.0.2.8").has_value());
  pass(59s);
  BOOST_TEST(tests::failure_of(enter("admin", seeded)) == ec::overloaded);
  pass(1s);
  BOOST_TEST(enter("admin", seeded).has_value());
}

BOOST_AUTO_TEST_CASE(a_success_forgives_earlier_failures) {
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 9; ++i)
      BOOST_TEST(tests::failure_of(enter("admin", "not it")) == ec::wrong_password);
    BOOST_TEST(enter("admin", seeded).has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_single_session_refuses_a_second_log_in_until_it_has_ended) {
  settings->auth.single_session = true;
  auto first = tests::ok(enter("admin", seeded));
  auto second = enter("admin", seeded);
  BOOST_TEST(tests::failure_of(second) == ec::repeat_login);
  BOOST_TEST(outcome_of(second.error().code).return_code == 1202);
  tests::ok(ask<done>(accounts, tests::ok(who(first)), log_out{}));
  auto third = tests::ok(enter("admin", seeded));
  pass(settings->auth.session_idle.chrono() + 1s);
  BOOST_TEST(enter("admin", seeded).has_value());
  BOOST_TEST(tests::failure_of(who(third)) == ec::session_invalid);
}

BOOST_AUTO_TEST_CASE(a_store_that_is_down_lets_nobody_in) {
  take_away(store_writer_name);
  BOOST_TEST(tests::failure_of(enter("admin", seeded)) == ec::store_unreachable);
}

// -- sessions

BOOST_AUTO_TEST_CASE(a_session_ends_when_it_is_idle_for_too_long) {
  auto session = tests::ok(enter("admin", seeded));
  pass(settings->auth.session_idle.chrono());
  BOOST_TEST(who(session).has_value());
  pass(settings->auth.session_idle.chrono());
  BOOST_TEST(who(session).has_value());
  pass(settings->auth.session_idle.chrono() + 1ms);
  BOOST_TEST(tests::failure_of(who(session)) == ec::session_invalid);
}

BOOST_AUTO_TEST_CASE(a_session_in_use_ends_at_its_absolute_age) {
  auto session = tests::ok(enter("admin", seeded));
  auto left = settings->auth.session_absolute.chrono();
  for (; left > 1h; left -= 1h) {
    pass(1h);
    BOOST_REQUIRE(who(session).has_value());
  }
  pass(1h + 1ms);
  BOOST_TEST(tests::failure_of(who(session)) == ec::session_invalid);
}

BOOST_AUTO_TEST_CASE(not_every_request_writes_when_the_session_was_used) {
  auto session = tests::ok(enter("admin", seeded));
  auto begun = now->now_ms();
  pass(59s);
  tests::ok(who(session));
  BOOST_TEST(count("select last_used_ms from session") == begun);
  pass(1s);
  tests::ok(who(session));
  BOOST_TEST(count("select last_used_ms from session") == begun + 60'000);
}

BOOST_AUTO_TEST_CASE(short_idle_times_are_kept_exactly_enough) {
  settings->auth.session_idle = base::seconds(8);
  auto session = tests::ok(enter("admin", seeded));
  for (int i = 0; i < 10; ++i) {
    pass(5s);
    BOOST_REQUIRE(who(session).has_value());
  }
  pass(9s);
  BOOST_TEST(tests::failure_of(who(session)) == ec::session_invalid);
}

BOOST_AUTO_TEST_CASE(a_session_that_was_logged_out_is_invalid_and_others_go_on) {
  auto first = tests::ok(enter("admin", seeded));
  auto second = tests::ok(enter("admin", seeded));
  BOOST_TEST(tests::ok(ask<done>(accounts, tests::ok(who(first)), log_out{})).code == 200);
  BOOST_TEST(tests::failure_of(who(first)) == ec::session_invalid);
  BOOST_TEST(who(second).has_value());
  BOOST_TEST(audited("account.logout", 200) == 1);
}

BOOST_AUTO_TEST_CASE(an_unknown_token_is_invalid) {
  BOOST_TEST(tests::failure_of(who({200, "no such token"})) == ec::session_invalid);
}

// -- passwords

BOOST_AUTO_TEST_CASE(a_changed_password_counts_and_the_old_one_does_not) {
  auto session = tests::ok(enter("admin", seeded));
  BOOST_TEST(tests::ok(change(tests::ok(who(session)), better)).code == 200);
  BOOST_TEST(!tests::ok(who(session)).must_change_password);
  BOOST_TEST(tests::failure_of(enter("admin", seeded)) == ec::wrong_password);
  BOOST_TEST(tests::ok(enter("admin", better)).code == 200);
  BOOST_TEST(count("select count(*) from account where password_hash like '%correct%'") == 0);
}

BOOST_AUTO_TEST_CASE(the_old_password_is_no_new_one) {
  auto user = tests::ok(who(tests::ok(enter("admin", seeded))));
  auto same = change(user, seeded);
  BOOST_TEST(tests::failure_of(same) == ec::same_password);
  BOOST_TEST(outcome_of(same.error().code).return_code == 1205);
}

BOOST_AUTO_TEST_CASE(a_poor_password_is_refused_with_the_rule_it_breaks) {
  auto user = tests::ok(who(tests::ok(enter("admin", seeded))));
  for (const auto& poor : {std::string{"short"}, std::string(129, 'x')}) {
    auto refused = change(user, poor);
    BOOST_TEST(tests::failure_of(refused) == ec::change_password);
    BOOST_TEST(outcome_of(refused.error().code).return_code == 1206);
    BOOST_TEST(refused.error().detail.find("8 to 128") != std::string::npos);
    BOOST_TEST(refused.error().detail.find(poor) == std::string::npos);
  }
  BOOST_TEST(tests::ok(who(tests::ok(enter("admin", seeded)))).must_change_password);
}

BOOST_AUTO_TEST_CASE(a_new_password_ends_the_users_other_sessions) {
  auto mine = tests::ok(enter("admin", seeded));
  auto elsewhere = tests::ok(enter("admin", seeded, "192.0.2.9"));
  tests::ok(change(tests::ok(who(mine)), better));
  BOOST_TEST(who(mine).has_value());
  BOOST_TEST(tests::failure_of(who(elsewhere)) == ec::session_invalid);
}

BOOST_AUTO_TEST_CASE(no_secret_reaches_the_log_or_the_audit_log) {
  auto session = tests::ok(enter("admin", seeded));
  (void)enter("admin", "a wrong secret");
  tests::ok(change(tests::ok(who(session)), better));
  for (const std::string secret : {"changeme", "a wrong secret", "correct horse"}) {
    BOOST_TEST(log.text().find(secret) == std::string::npos);
    BOOST_TEST(count("select count(*) from audit_log where entity like '%" + secret +
                     "%' or detail like '%" + secret + "%'") == 0);
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
