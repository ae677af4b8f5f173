#include "messages/names.hpp"
#include "messages/return_code.hpp"
#include "messages/roles/users.hpp"
#include "runtime/base/digest.hpp"
#include "tests/support/store_fixture.hpp"

namespace aops::actors {

namespace {

constexpr auto seeded = "changeme";
constexpr auto good = "correct horse";

struct users_fixture : tests::store_fixture {
  ~users_fixture() { end_all(); }

  account_actor accounts = of<account_actor>(account_store_name);
  user_store_actor users = of<user_store_actor>(user_store_name);
  session_store_actor sessions = of<session_store_actor>(session_store_name);
  std::string from = "192.0.2.7";

  expected<done> join(const std::string& name, const std::string& password = good) {
    return join_as({}, name, password);
  }
  /// From the fixture's address, whoever asks.
  expected<done> join_as(caller who, const std::string& name, const std::string& password = good) {
    who.address = from;
    return ask<done>(users, who, register_user{name, {password}});
  }
  expected<logged_in> enter(const std::string& name, const std::string& password = good) {
    return ask<logged_in>(accounts, log_in{name, {password}}, from);
  }
  expected<caller> known(const std::string& token) {
    return ask<caller>(accounts, authenticate{base::sha256_hex(token)});
  }
  caller session_of(const std::string& name, const std::string& password = good) {
    return tests::ok(known(tests::ok(enter(name, password)).access_token));
  }
  /// The caller as he is now.
  expected<caller> again(const caller& who) {
    return ask<caller>(accounts, authenticate{who.session});
  }
  template <class Request>
  expected<done> administer(const Request& x) {
    return ask<done>(users, admin, x);
  }
  /// An ordinary user of the fixture's administrator.
  void add_user(const std::string& name) {
    tests::ok(join(name));
    tests::ok(administer(user_to_adopt{name}));
  }
  void add_group(const std::string& name) {
    tests::ok(ask<host_group_added>(
      of<host_store_actor>(host_store_name), admin, host_group_to_add{name, ""}));
  }
  user_info shown(const std::string& name) {
    for (const auto& x : tests::ok(ask<users_page>(users, admin, users_query{})).user_infos)
      if (x.username == name)
        return x;
    throw std::runtime_error("not listed: " + name);
  }
};

maybe<std::vector<std::string>> these(std::vector<std::string> names) {
  maybe<std::vector<std::string>> x;
  x.emplace(std::move(names));
  return x;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(users, users_fixture)

// -- registration

BOOST_AUTO_TEST_CASE(a_registration_that_comes_again_is_done_once) {
  caller who;
  who.repeatable = {"key-1", "digest"};
  tests::ok(join_as(who, "ann"));
  tests::ok(join_as(who, "ann"));
  BOOST_TEST(tests::failure_of(join("ann")) == ec::conflict);
  who.repeatable.digest = "another";
  BOOST_TEST(tests::failure_of(join_as(who, "ann")) == ec::bad_request);
}

BOOST_AUTO_TEST_CASE(services_have_a_name_that_nobody_takes) {
  BOOST_TEST(tests::failure_of(join("service")) == ec::conflict);
  BOOST_TEST(tests::failure_of(administer(user_to_add{"service", {good}})) == ec::conflict);
}

BOOST_AUTO_TEST_CASE(an_administrator_makes_users_of_his_own) {
  tests::ok(administer(user_to_add{"ann", {good}}));
  BOOST_TEST(shown("ann").administrator == "admin");
  BOOST_TEST(shown("ann").must_change_password);
  BOOST_TEST(tests::ok(enter("ann")).code == 1204);
  BOOST_TEST(tests::failure_of(administer(user_to_add{"ann", {good}})) == ec::conflict);
  BOOST_TEST(tests::failure_of(administer(user_to_add{"bob", {"short"}})) == ec::change_password);
  auto asked = session_of("ann");
  BOOST_TEST(tests::failure_of(ask<done>(users, asked, user_to_add{"bob", {good}})) ==
             ec::permission_denied);
  BOOST_TEST(count("select count(*) from audit_log where action = 'user.add' and username = "
                   "'admin' and entity = 'ann'") == 1);
}

BOOST_AUTO_TEST_CASE(who_registers_belongs_to_nobody_and_sees_nothing) {
  tests::ok(join("ann"));
  auto ann = session_of("ann");
  BOOST_TEST((ann.role == rights::ordinary));
  BOOST_TEST(ann.owner == "");
  BOOST_REQUIRE(ann.groups.has_value());
  BOOST_TEST(ann.groups->empty());
  BOOST_TEST(shown("ann").administrator == "");
}

BOOST_AUTO_TEST_CASE(a_name_is_taken_once_and_a_poor_password_never) {
  tests::ok(join("ann"));
  BOOST_TEST(tests::failure_of(join("ann")) == ec::conflict);
  BOOST_TEST(tests::failure_of(join("admin")) == ec::conflict);
  for (const std::string poor : {"short", "changeme", "bob-bob-bob"})
    BOOST_TEST(tests::failure_of(join("bob-bob-bob", poor)) == ec::change_password);
  BOOST_TEST(tests::failure_of(join("a\nb")) == ec::bad_request);
  BOOST_TEST(tests::failure_of(join(" a")) == ec::bad_request);
}

BOOST_AUTO_TEST_CASE(registration_can_be_off) {
  settings->auth.registration = false;
  BOOST_TEST(tests::failure_of(join("ann")) == ec::permission_denied);
}

BOOST_AUTO_TEST_CASE(an_address_does_not_fill_the_store_with_accounts) {
  for (int i = 0; i < 200; ++i)
    tests::ok(join("user" + std::to_string(i)));
  BOOST_TEST(tests::failure_of(join("one-more")) == ec::overloaded);
  from = "192.0.2.8";
  tests::ok(join("from-elsewhere"));
  from = "192.0.2.7";
  pass(1min);
  tests::ok(join("one-more"));
}

// -- roles

BOOST_AUTO_TEST_CASE(a_role_counts_in_running_sessions) {
  add_user("ann");
  auto ann = session_of("ann");
  tests::ok(administer(change_role{"ann", "administrator"}));
  auto now = tests::ok(again(ann));
  BOOST_TEST((now.role == rights::administrator));
  BOOST_TEST(now.owner == "ann");
  BOOST_TEST(!now.groups.has_value());
  tests::ok(administer(change_role{"ann", "ordinary"}));
  now = tests::ok(again(ann));
  BOOST_TEST((now.role == rights::ordinary));
  BOOST_TEST(now.owner == "");
}

BOOST_AUTO_TEST_CASE(the_last_administrator_stays_one_whatever_is_tried) {
  auto refused = administer(change_role{"admin", "ordinary"});
  BOOST_TEST(tests::failure_of(refused) == ec::update_failed);
  BOOST_TEST(outcome_of(refused.error().code).return_code == 1107);
  BOOST_TEST(tests::failure_of(administer(user_to_disable{"admin"})) == ec::update_failed);
  tests::ok(join("ann"));
  tests::ok(administer(change_role{"ann", "administrator"}));
  tests::ok(administer(user_to_disable{"ann"})); // Who is closed out does not count.
  BOOST_TEST(tests::failure_of(administer(change_role{"admin", "ordinary"})) == ec::update_failed);
  tests::ok(administer(user_to_enable{"ann"}));
  tests::ok(administer(change_role{"admin", "ordinary"}));
}

BOOST_AUTO_TEST_CASE(who_was_demoted_while_his_request_waited_administers_nobody) {
  for (auto name : {"ann", "eve"})
    tests::ok(join(name));
  tests::ok(administer(change_role{"ann", "administrator"}));
  auto before = session_of("ann"); // As a node knows her for a moment longer.
  tests::ok(administer(change_role{"ann", "ordinary"}));
  BOOST_TEST((before.role == rights::administrator));
  auto refused = ask<done>(users, before, change_role{"eve", "administrator"});
  BOOST_TEST(tests::failure_of(refused) == ec::permission_denied);
  BOOST_TEST(shown("eve").role == "ordinary");
  tests::ok(administer(change_role{"ann", "administrator"}));
  tests::ok(ask<done>(users, before, change_role{"eve", "administrator"}));
}

BOOST_AUTO_TEST_CASE(a_program_administers_nobody) {
  tests::ok(join("ann"));
  tests::ok(administer(change_role{"ann", "administrator"}));
  auto program = session_of("ann");
  program.session = base::sha256_hex("of a token");
  BOOST_TEST(tests::failure_of(
               ask<done>(users, program, password_to_reset{"admin", {"another password"}})) ==
             ec::permission_denied);
  BOOST_TEST(tests::failure_of(ask<done>(users, program, change_role{"admin", "ordinary"})) ==
             ec::permission_denied);
  BOOST_TEST(tests::failure_of(ask<users_deleted>(users, program, users_to_delete{{"admin"}})) ==
             ec::permission_denied);
}

BOOST_AUTO_TEST_CASE(an_administrator_who_owns_something_stays_one) {
  tests::ok(join("ann"));
  tests::ok(administer(change_role{"ann", "administrator"}));
  add_host("h1", "ann");
  auto refused = administer(change_role{"ann", "ordinary"});
  BOOST_TEST(tests::failure_of(refused) == ec::update_failed);
  BOOST_TEST(refused.error().detail == "owns hosts");
  auto reply = tests::ok(ask<users_deleted>(users, admin, users_to_delete{{"ann"}}));
  BOOST_TEST(reply.code == 1106);
  BOOST_TEST(reply.fail_reasons.at("ann") == "owns hosts");
}

// -- belonging

BOOST_AUTO_TEST_CASE(a_user_belongs_to_exactly_one_administrator) {
  tests::ok(join("eve"));
  tests::ok(administer(change_role{"eve", "administrator"}));
  add_user("ann");
  BOOST_TEST(tests::ok(again(session_of("ann"))).owner == "admin");
  BOOST_TEST(tests::failure_of(ask<done>(users, other, user_to_adopt{"ann"})) ==
             ec::permission_denied);
  BOOST_TEST(tests::failure_of(ask<done>(users, other, user_to_disable{"ann"})) ==
             ec::permission_denied);
  BOOST_TEST(tests::failure_of(ask<done>(users, other, change_role{"ann", "administrator"})) ==
             ec::permission_denied);
  for (const auto& x : tests::ok(ask<users_page>(users, other, users_query{})).user_infos)
    BOOST_TEST(x.username != "ann");
  tests::ok(administer(user_to_release{"ann"}));
  tests::ok(ask<done>(users, other, user_to_adopt{"ann"}));
  BOOST_TEST(tests::failure_of(administer(user_to_release{"ann"})) == ec::permission_denied);
}

BOOST_AUTO_TEST_CASE(grants_count_at_once_and_end_with_the_belonging) {
  add_user("ann");
  add_group("web");
  add_group("db");
  auto ann = session_of("ann");
  tests::ok(administer(grants_to_change{"ann", these({"web", "db"}), {}}));
  tests::ok(administer(grants_to_change{"ann", these({"web"}), {}})); // Again: the same.
  BOOST_TEST(*tests::ok(again(ann)).groups == (std::vector<std::string>{"db", "web"}),
             boost::test_tools::per_element());
  BOOST_TEST(shown("ann").host_group_list == (std::vector<std::string>{"db", "web"}),
             boost::test_tools::per_element());
  tests::ok(administer(grants_to_change{"ann", {}, these({"db", "unknown"})}));
  BOOST_TEST(*tests::ok(again(ann)).groups == std::vector<std::string>{"web"},
             boost::test_tools::per_element());
  auto unknown = administer(grants_to_change{"ann", these({"wbe"}), {}});
  BOOST_TEST(tests::failure_of(unknown) == ec::bad_request);
  BOOST_TEST(unknown.error().detail.find("wbe") != std::string::npos);
  tests::ok(administer(user_to_release{"ann"}));
  BOOST_TEST(tests::ok(again(ann)).groups->empty());
  BOOST_TEST(tests::failure_of(administer(grants_to_change{"ann", these({"web"}), {}})) ==
             ec::update_failed);
}

BOOST_AUTO_TEST_CASE(unknown_accounts_cannot_be_changed) {
  BOOST_TEST(tests::failure_of(administer(user_to_adopt{"nobody"})) == ec::update_failed);
  BOOST_TEST(tests::failure_of(administer(change_role{"nobody", "ordinary"})) == ec::update_failed);
  BOOST_TEST(tests::failure_of(administer(password_to_reset{"nobody", {good}})) ==
             ec::update_failed);
}

// -- closing, resetting, deleting

BOOST_AUTO_TEST_CASE(a_closed_account_has_no_way_in_until_it_is_opened) {
  add_user("ann");
  auto ann = session_of("ann");
  auto token = tests::ok(ask<token_created>(sessions, ann, token_to_create{"t", "act", {}}));
  tests::ok(administer(user_to_disable{"ann"}));
  BOOST_TEST(tests::failure_of(again(ann)) == ec::session_invalid);
  BOOST_TEST(tests::failure_of(known(token.access_token)) == ec::session_invalid);
  BOOST_TEST(tests::failure_of(enter("ann")) == ec::permission_denied);
  BOOST_TEST(tests::failure_of(enter("ann", "not it")) == ec::wrong_password); // Tells no more.
  tests::ok(administer(user_to_enable{"ann"}));
  session_of("ann");
}

BOOST_AUTO_TEST_CASE(a_reset_ends_everything_and_must_be_changed) {
  add_user("ann");
  auto ann = session_of("ann");
  auto token = tests::ok(ask<token_created>(sessions, ann, token_to_create{"t", "act", {}}));
  BOOST_TEST(tests::failure_of(administer(password_to_reset{"ann", {"short"}})) ==
             ec::change_password);
  tests::ok(administer(password_to_reset{"ann", {"battery staple"}}));
  BOOST_TEST(tests::failure_of(again(ann)) == ec::session_invalid);
  BOOST_TEST(tests::failure_of(known(token.access_token)) == ec::session_invalid);
  BOOST_TEST(tests::failure_of(enter("ann")) == ec::wrong_password);
  BOOST_TEST(tests::ok(enter("ann", "battery staple")).code == 1204);
}

BOOST_AUTO_TEST_CASE(deleting_tells_name_by_name) {
  add_user("ann");
  auto ann = session_of("ann");
  auto reply = tests::ok(ask<users_deleted>(users, admin, users_to_delete{{"ann", "nobody"}}));
  BOOST_TEST(reply.code == 206);
  BOOST_TEST(reply.deleted == std::vector<std::string>{"ann"}, boost::test_tools::per_element());
  BOOST_TEST(reply.fail_reasons.contains("nobody"));
  BOOST_TEST(tests::failure_of(again(ann)) == ec::session_invalid);
  BOOST_TEST(tests::failure_of(enter("ann")) == ec::wrong_password);
  BOOST_TEST(tests::ok(ask<users_deleted>(users, admin, users_to_delete{{"ann"}})).code == 1103);
  BOOST_TEST(tests::ok(ask<users_deleted>(users, admin, users_to_delete{{"admin"}})).code == 1103);
}

// -- sessions

BOOST_AUTO_TEST_CASE(sessions_are_listed_and_ended) {
  add_user("ann");
  auto first = session_of("ann");
  pass(1s);
  from = "192.0.2.99";
  auto second = session_of("ann");
  auto found = tests::ok(ask<sessions_found>(sessions, first, sessions_query{})).session_infos;
  BOOST_REQUIRE(found.size() == 2u);
  BOOST_TEST(found[0].address == "192.0.2.99");
  BOOST_TEST(!found[0].is_this);
  BOOST_TEST(found[1].is_this);
  BOOST_TEST(first.session.starts_with(found[1].session_id));
  BOOST_TEST(found[1].session_id.size() < first.session.size());
  tests::ok(ask<sessions_ended>(sessions, first, sessions_to_end{{found[0].session_id}, {}}));
  BOOST_TEST(tests::failure_of(again(second)) == ec::session_invalid);
  BOOST_TEST(again(first).has_value());
}

BOOST_AUTO_TEST_CASE(without_a_list_all_other_sessions_end) {
  add_user("ann");
  auto first = session_of("ann"), second = session_of("ann"), third = session_of("ann");
  auto ended = tests::ok(ask<sessions_ended>(sessions, second, sessions_to_end{}));
  BOOST_TEST(ended.deleted.size() == 2u);
  BOOST_TEST(again(second).has_value());
  BOOST_TEST(tests::failure_of(again(first)) == ec::session_invalid);
  BOOST_TEST(tests::failure_of(again(third)) == ec::session_invalid);
}

BOOST_AUTO_TEST_CASE(only_who_administers_a_user_sees_or_ends_his_sessions) {
  add_user("ann");
  add_user("bob");
  auto ann = session_of("ann"), bob = session_of("bob");
  sessions_query of_ann;
  of_ann.username.emplace("ann");
  BOOST_TEST(tests::ok(ask<sessions_found>(sessions, admin, of_ann)).session_infos.size() == 1u);
  BOOST_TEST(tests::failure_of(ask<sessions_found>(sessions, bob, of_ann)) ==
             ec::permission_denied);
  BOOST_TEST(tests::failure_of(ask<sessions_found>(sessions, other, of_ann)) ==
             ec::permission_denied);
  sessions_to_end end_ann;
  end_ann.username.emplace("ann");
  BOOST_TEST(tests::failure_of(ask<sessions_ended>(sessions, bob, end_ann)) ==
             ec::permission_denied);
  tests::ok(ask<sessions_ended>(sessions, admin, end_ann));
  BOOST_TEST(tests::failure_of(again(ann)) == ec::session_invalid);
}

// -- tokens

BOOST_AUTO_TEST_CASE(a_token_speaks_for_its_user_within_its_scope) {
  add_user("ann");
  auto ann = session_of("ann");
  auto reads = tests::ok(ask<token_created>(sessions, ann, token_to_create{"r", "read", {}}));
  auto acts = tests::ok(ask<token_created>(sessions, ann, token_to_create{"a", "act", {}}));
  auto who = tests::ok(known(reads.access_token));
  BOOST_TEST(who.user == "ann");
  BOOST_TEST(!who.may_act);
  BOOST_TEST(tests::ok(known(acts.access_token)).may_act);
  BOOST_TEST(ann.may_act);
  BOOST_TEST(
    count("select count(*) from api_token where token_hash = '" + acts.access_token + "'") == 0);
  BOOST_TEST(log.text().find(acts.access_token) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_token_that_is_asked_for_again_is_the_same_with_another_secret) {
  add_user("ann");
  auto ann = session_of("ann");
  ann.repeatable = {"key-1", "digest"};
  token_to_create wanted{"r", "read", {}};
  auto first = tests::ok(ask<token_created>(sessions, ann, wanted));
  auto again = tests::ok(ask<token_created>(sessions, ann, wanted));
  BOOST_TEST(again.token_id == first.token_id);
  BOOST_TEST(again.expires.ms == first.expires.ms);
  BOOST_TEST(again.access_token != first.access_token);
  BOOST_TEST(count("select count(*) from api_token") == 1);
  BOOST_TEST(tests::failure_of(known(first.access_token)) == ec::session_invalid);
  BOOST_TEST(known(again.access_token).has_value());
  BOOST_TEST(count("select count(*) from repeatable_request where reply like '%" +
                   first.access_token + "%'") == 0);
  tests::ok(ask<tokens_deleted>(sessions, ann, tokens_to_delete{{"r"}}));
  BOOST_TEST(tests::failure_of(ask<token_created>(sessions, ann, wanted)) == ec::bad_request);
  ann.repeatable.digest = "another";
  BOOST_TEST(tests::failure_of(ask<token_created>(sessions, ann, wanted)) == ec::bad_request);
}

BOOST_AUTO_TEST_CASE(a_token_ends_at_its_time_or_when_it_is_deleted) {
  add_user("ann");
  auto ann = session_of("ann");
  token_to_create short_lived{"a", "read", {}};
  short_lived.days.emplace(1);
  auto a = tests::ok(ask<token_created>(sessions, ann, short_lived));
  auto b = tests::ok(ask<token_created>(sessions, ann, token_to_create{"b", "read", {}}));
  BOOST_TEST(a.expires.ms == now->now_ms() + 86'400'000);
  BOOST_TEST(tests::failure_of(ask<token_created>(sessions, ann, short_lived)) == ec::conflict);
  pass(24h);
  BOOST_TEST(known(a.access_token).has_value());
  pass(1ms);
  BOOST_TEST(tests::failure_of(known(a.access_token)) == ec::session_invalid);
  BOOST_TEST(known(b.access_token).has_value());
  auto later = session_of("ann");
  auto gone = tests::ok(ask<tokens_deleted>(sessions, later, tokens_to_delete{{b.token_id, "x"}}));
  BOOST_TEST(gone.deleted == std::vector<std::string>{"b"}, boost::test_tools::per_element());
  BOOST_TEST(tests::failure_of(known(b.access_token)) == ec::session_invalid);
}

BOOST_AUTO_TEST_CASE(tokens_tell_when_they_were_used_last_and_only_to_their_user) {
  add_user("ann");
  add_user("bob");
  auto ann = session_of("ann");
  auto made = tests::ok(ask<token_created>(sessions, ann, token_to_create{"t", "read", {}}));
  auto row = [&] {
    return tests::ok(ask<tokens_found>(sessions, ann, tokens_query{})).token_infos.at(0);
  };
  BOOST_TEST(!row().last_used.has_value());
  pass(1h);
  tests::ok(known(made.access_token));
  BOOST_TEST(row().last_used->ms == now->now_ms());
  auto bob = session_of("bob");
  BOOST_TEST(tests::ok(ask<tokens_found>(sessions, bob, tokens_query{})).token_infos.empty());
  BOOST_TEST(tests::ok(ask<tokens_deleted>(sessions, bob, tokens_to_delete{{made.token_id}}))
               .deleted.empty());
  BOOST_TEST(known(made.access_token).has_value());
}

BOOST_AUTO_TEST_CASE(a_token_makes_no_tokens_and_changes_no_password) {
  add_user("ann");
  auto ann = session_of("ann");
  auto made = tests::ok(ask<token_created>(sessions, ann, token_to_create{"t", "act", {}}));
  auto program = tests::ok(known(made.access_token));
  BOOST_TEST(tests::failure_of(ask<token_created>(
               sessions, program, token_to_create{"u", "act", {}})) == ec::permission_denied);
  BOOST_TEST(tests::failure_of(ask<done>(accounts, program, change_password{{"battery staple"}})) ==
             ec::permission_denied);
  session_of("ann");
}

BOOST_AUTO_TEST_CASE(each_change_of_an_account_is_recorded_without_its_secret) {
  add_user("ann");
  tests::ok(administer(password_to_reset{"ann", {"battery staple"}}));
  tests::ok(administer(user_to_disable{"ann"}));
  for (const std::string action : {"account.register", "user.adopt", "user.reset", "user.disable"})
    BOOST_TEST(count("select count(*) from audit_log where entity = 'ann' and action = '" + action +
                     "'") == 1);
  for (const std::string secret : {good, "battery staple"})
    BOOST_TEST(log.text().find(secret) == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
