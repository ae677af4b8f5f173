#include "actors/store/host_credentials.hpp"
#include "actors/support/prepare.hpp"
#include "messages/names.hpp"
#include "messages/roles/hosts.hpp"
#include "runtime/io/storage/credential_repository.hpp"
#include "tests/support/store_fixture.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

struct hosts_fixture : tests::store_fixture {
  hosts_fixture() {
    start_as(hosts_name, [this](hosts_actor::pointer self) -> hosts_actor::behavior_type {
      prepare(self, "canned hosts");
      return {
        [this](const hosts_changed& x) { told.push_back(x); },
        [this](const rules_changed& x) { owners_told.push_back(x.owner); },
        [](const slots_changed&) {},
        [](const slots_to_release&) { return done{}; },
        [](atom::tick) {},
        [](atom::ping) {},
      };
    });
    add_group("web");
  }
  ~hosts_fixture() { end_all(); }

  host_store_actor hosts = of<host_store_actor>(host_store_name);
  std::vector<hosts_changed> told;
  std::vector<std::string> owners_told;

  void add_group(const std::string& name) {
    tests::ok(ask<host_group_added>(hosts, admin, host_group_to_add{name, ""}));
  }

  static host_to_add
  new_host(const std::string& name, const std::string& ip, const std::string& group = "web") {
    host_to_add x;
    x.host_name = name;
    x.host_group_name = group;
    x.public_ip = ip;
    x.username = "root";
    x.password = sealed_text{"ssh secret"};
    x.sudo_password = sealed_text{"sudo secret"};
    return x;
  }

  expected<hosts_added> add(std::vector<host_to_add> list, const std::string& key = "vault key") {
    return ask<hosts_added>(hosts, admin, hosts_to_add{std::move(list), sealed_text{key}});
  }

  static host_to_add bare_host(const std::string& name, const std::string& address) {
    host_to_add x;
    x.host_name = name;
    x.public_ip = address;
    return x;
  }

  hosts_added add_bare(std::vector<host_to_add> list) {
    return tests::ok(ask<hosts_added>(hosts, admin, hosts_to_add{std::move(list), {}}));
  }

  static host_to_update change_of(const std::string& id) {
    host_to_update x;
    x.host_id = id;
    return x;
  }

  expected<done> update(const caller& who, const host_to_update& x) {
    return ask<done>(hosts, who, x);
  }

  host_info only_host() {
    return tests::ok(ask<hosts_page>(hosts, admin, hosts_query{})).host_infos.at(0);
  }

  expected<hosts_deleted> remove(const caller& who, std::vector<std::string> ids) {
    return ask<hosts_deleted>(hosts, who, hosts_to_delete{std::move(ids)});
  }

  int64_t hosts_of(const caller& who) {
    return tests::ok(ask<hosts_counted>(hosts, who, count_hosts{})).host_count;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(hosts, hosts_fixture)

BOOST_AUTO_TEST_CASE(added_hosts_get_ids_and_the_region_hears_of_them) {
  auto reply = tests::ok(add({new_host("a", "10.0.0.1"), new_host("b", "10.0.0.2")}));
  BOOST_TEST(reply.code == 200);
  BOOST_TEST(reply.host_list.size() == 2u);
  BOOST_REQUIRE(reply.succeed_list.size() == 2u);
  BOOST_TEST(reply.succeed_list[1].host_name == "b");
  BOOST_TEST(reply.succeed_list[1].host_id == reply.host_list[1]);
  run();
  BOOST_REQUIRE(told.size() == 1u);
  BOOST_REQUIRE(told[0].present.size() == 2u);
  const auto& b = told[0].present[1];
  BOOST_TEST(b.host_id == reply.host_list[1]);
  BOOST_TEST(b.owner == "admin");
  BOOST_TEST(b.public_ip == "10.0.0.2");
  BOOST_TEST(b.slot == schedule::slot_of(b.host_id));
  auto stored = tests::ok(ask<host_records>(hosts, find_hosts{"admin", {b.host_id}, {}}));
  BOOST_TEST(caf::deep_to_string(stored.hosts.at(0)) == caf::deep_to_string(b));
}

BOOST_AUTO_TEST_CASE(duplicates_alone_are_1105_and_among_others_206) {
  tests::ok(add({new_host("a", "10.0.0.1")}));
  auto all = tests::ok(add({new_host("a", "10.0.0.9"), new_host("x", "10.0.0.1")}));
  BOOST_TEST(all.code == 1105);
  BOOST_TEST(all.host_list.empty());
  BOOST_REQUIRE(all.fail_list.size() == 2u);
  BOOST_TEST(all.fail_list[0].reason != "");
  BOOST_TEST(all.fail_list[0].reason != all.fail_list[1].reason);
  auto some = tests::ok(add({new_host("a", "10.0.0.9"), new_host("b", "10.0.0.2")}));
  BOOST_TEST(some.code == 206);
  BOOST_TEST(some.host_list.size() == 1u);
  BOOST_TEST(some.fail_list.size() == 1u);
  auto within = tests::ok(add({new_host("c", "10.0.0.3"), new_host("c", "10.0.0.4")}));
  BOOST_TEST(within.code == 206);
  BOOST_TEST(hosts_of(admin) == 3);
}

BOOST_AUTO_TEST_CASE(the_region_hears_of_hosts_whose_group_is_renamed) {
  tests::ok(add({new_host("a", "10.0.0.1")}));
  run();
  told.clear();
  tests::ok(ask<done>(hosts, admin, host_group_to_update{"web", {}, std::string{"about"}}));
  run();
  BOOST_TEST(told.empty());
  tests::ok(ask<done>(hosts, admin, host_group_to_update{"web", std::string{"www"}, {}}));
  run();
  BOOST_REQUIRE(told.size() == 1u);
  BOOST_TEST(told[0].present.at(0).host_group_name == "www");
  auto unknown = ask<done>(hosts, admin, host_group_to_update{"web", std::string{"x"}, {}});
  BOOST_TEST(tests::failure_of(unknown) == ec::update_failed);
  add_group("db");
  auto taken = ask<done>(hosts, admin, host_group_to_update{"db", std::string{"www"}, {}});
  BOOST_TEST(tests::failure_of(taken) == ec::update_failed);
  auto hers = ask<done>(hosts, other, host_group_to_update{"www", std::string{"x"}, {}});
  BOOST_TEST(tests::failure_of(hers) == ec::update_failed);
}

BOOST_AUTO_TEST_CASE(hosts_of_unknown_groups_alone_are_1102) {
  auto reply = tests::ok(add({new_host("a", "10.0.0.1", "no such group")}));
  BOOST_TEST(reply.code == 1102);
  BOOST_TEST(reply.fail_list.at(0).reason == "no such host group");
  run();
  BOOST_TEST(told.empty());
}

BOOST_AUTO_TEST_CASE(another_vault_key_is_refused_and_nothing_is_stored) {
  tests::ok(add({new_host("a", "10.0.0.1")}));
  auto wrong = add({new_host("b", "10.0.0.2")}, "another key");
  BOOST_TEST(tests::failure_of(wrong) == ec::vault_key);
  BOOST_TEST(hosts_of(admin) == 1);
  BOOST_TEST(tests::ok(add({new_host("b", "10.0.0.2")})).code == 200);
}

BOOST_AUTO_TEST_CASE(
  a_failed_first_add_does_not_bind_the_owner_to_its_key_unless_it_stored_a_host) {
  BOOST_TEST(tests::ok(add({new_host("a", "10.0.0.1", "no such group")}, "first key")).code ==
             1102);
  BOOST_TEST(count("select count(*) from host") == 0);
  BOOST_TEST(add({new_host("a", "10.0.0.1")}, "second key").has_value());
}

BOOST_AUTO_TEST_CASE(credentials_are_nowhere_in_plain_text) {
  tests::ok(add({new_host("a", "10.0.0.1")}));
  (void)add({new_host("b", "10.0.0.2")}, "another key");
  auto sealed = tests::ok(db().list("select body from host_credential",
                                    [](const storage::row& r) { return r.string(0); }));
  BOOST_REQUIRE(sealed.size() == 1u);
  for (const std::string secret : {"ssh secret", "sudo secret", "vault key", "another key"}) {
    BOOST_TEST(sealed[0].find(secret) == std::string::npos);
    BOOST_TEST(log.text().find(secret) == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_key_stands_for_the_passwords) {
  const std::string key = "-----BEGIN PRIVATE KEY-----\nMAAA\n-----END PRIVATE KEY-----\n";
  auto host = bare_host("a", "10.0.0.1");
  host.username = "ops";
  host.ssh_key = sealed_text{key};
  host.become = "su";
  BOOST_TEST(tests::ok(add({host})).code == 200);
  auto opened = tests::ok(
    open_or_make_vault(admin.owner,
                       "vault key",
                       tests::ok(storage::credential_repository{db()}.verifier(admin.owner)),
                       *settings));
  auto row = tests::ok(storage::credential_repository{db()}.of_owner(admin.owner)).at(0);
  auto login = tests::ok(open_login(opened.data_key, admin.owner, row.host_id, row.sealed));
  BOOST_TEST(login.username == "ops");
  BOOST_TEST(login.ssh_key.text == key);
  BOOST_TEST(login.password.text == "");
  BOOST_TEST(login.become == "su");
  host.host_name = "b";
  host.public_ip = "10.0.0.2";
  host.ssh_key = sealed_text{"ssh-ed25519 AAAA"};
  auto refused = add({host});
  BOOST_TEST(tests::failure_of(refused) == ec::bad_request);
  BOOST_TEST(refused.error().detail.starts_with("host_list[0].ssh_key: "));
}

BOOST_AUTO_TEST_CASE(a_host_needs_neither_credentials_nor_a_group) {
  auto reply = add_bare({bare_host("a", "Web1.Example.COM."), bare_host("b", "192.0.2.1")});
  BOOST_TEST(reply.code == 200);
  BOOST_TEST(count("select count(*) from host_credential") == 0);
  BOOST_TEST(count("select count(*) from vault_verifier") == 0);
  BOOST_TEST(only_host().host_group_name == "default");
  BOOST_TEST(only_host().public_ip == "web1.example.com");
  run();
  BOOST_TEST(told.at(0).present.at(0).host_group_name == "default");
  auto groups = tests::ok(ask<host_groups_page>(hosts, admin, host_groups_query{}));
  BOOST_TEST(groups.total_count == 2);
  // The same name in another spelling.
  BOOST_TEST(add_bare({bare_host("c", "WEB1.example.com")}).code == 1105);
}

BOOST_AUTO_TEST_CASE(hosts_with_and_without_credentials_come_in_one_request) {
  tests::ok(add({new_host("a", "10.0.0.1"), bare_host("b", "10.0.0.2")}));
  BOOST_TEST(count("select count(*) from host_credential") == 1);
}

BOOST_AUTO_TEST_CASE(a_host_changes_and_its_region_hears_of_it) {
  auto id = tests::ok(add({new_host("a", "10.0.0.1")})).host_list.at(0);
  add_group("db");
  run();
  told.clear();
  auto x = change_of(id);
  x.host_name = "b";
  x.host_group_name = "db";
  x.public_ip = "DB.example.com";
  x.exporter_port = 9200;
  x.ssh_port = 2222;
  x.management = true;
  tests::ok(update(admin, x));
  run();
  BOOST_REQUIRE(told.size() == 1u);
  const auto& now = told[0].present.at(0);
  BOOST_TEST(now.host_id == id);
  BOOST_TEST(now.host_name == "b");
  BOOST_TEST(now.host_group_name == "db");
  BOOST_TEST(now.public_ip == "db.example.com");
  BOOST_TEST(now.exporter_port == 9200);
  auto info = only_host();
  BOOST_TEST(info.host_name == "b");
  BOOST_TEST(info.ssh_port == 2222);
  BOOST_TEST(info.management);
  // What is not named stays.
  auto rename = change_of(id);
  rename.host_name = "c";
  tests::ok(update(admin, rename));
  info = only_host();
  BOOST_TEST(info.host_name == "c");
  BOOST_TEST(info.public_ip == "db.example.com");
  BOOST_TEST(info.exporter_port.value() == 9200);
  BOOST_TEST(count("select count(*) from host_credential") == 1);
  BOOST_TEST(count("select count(*) from audit_log where action = 'host.update'") == 2);
}

BOOST_AUTO_TEST_CASE(a_change_that_cannot_be_made_says_why_and_changes_nothing) {
  auto ids = tests::ok(add({new_host("a", "10.0.0.1"), new_host("b", "10.0.0.2")})).host_list;
  run();
  told.clear();
  auto refusal = [&](const caller& who, const host_to_update& x) {
    auto how = update(who, x);
    return how ? "done" : to_string(how.error());
  };
  auto name = change_of(ids[1]);
  name.host_name = "a";
  BOOST_TEST(refusal(admin, name) == "update_failed: host_name: exists already");
  auto address = change_of(ids[1]);
  address.public_ip = "10.0.0.1";
  BOOST_TEST(refusal(admin, address) == "update_failed: public_ip: exists already");
  auto group = change_of(ids[1]);
  group.host_group_name = "no such";
  BOOST_TEST(refusal(admin, group) == "update_failed: host_group_name: no such group");
  auto own = change_of(ids[1]);
  own.host_name = "b";
  own.public_ip = "10.0.0.2";
  BOOST_TEST(refusal(other, own) == "update_failed: host_id: no such host");
  BOOST_TEST(refusal(admin, change_of("unknown")) == "update_failed: host_id: no such host");
  run();
  BOOST_TEST(told.empty());
  BOOST_TEST(refusal(admin, own) == "done"); // It is where it was.
}

BOOST_AUTO_TEST_CASE(credentials_come_later_under_the_one_key) {
  auto ids = add_bare({bare_host("a", "10.0.0.1"), bare_host("b", "10.0.0.2")}).host_list;
  auto x = change_of(ids[0]);
  x.username = "root";
  x.password = sealed_text{"ssh secret"};
  x.sudo_password = sealed_text{"sudo secret"};
  x.key = sealed_text{"vault key"};
  tests::ok(update(admin, x));
  auto sealed = [&] {
    return tests::ok(db().list("select body from host_credential",
                               [](const storage::row& r) { return r.string(0); }));
  };
  BOOST_REQUIRE(sealed().size() == 1u);
  auto first = sealed()[0];
  BOOST_TEST(first.find("ssh secret") == std::string::npos);
  x.key = sealed_text{"another key"};
  BOOST_TEST(tests::failure_of(update(admin, x)) == ec::vault_key);
  x.key = sealed_text{"vault key"};
  x.password = sealed_text{"new secret"};
  tests::ok(update(admin, x));
  BOOST_TEST(sealed().size() == 1u);
  BOOST_TEST(sealed()[0] != first);
  // Nobody's host binds nobody to a key.
  x.host_id = "unknown";
  x.key = sealed_text{"another key"};
  BOOST_TEST(tests::failure_of(update(other, x)) == ec::update_failed);
  BOOST_TEST(count("select count(*) from vault_verifier") == 1);
}

BOOST_AUTO_TEST_CASE(deleting_some_unknown_hosts_is_206_and_only_such_1103) {
  auto ids = tests::ok(add({new_host("a", "10.0.0.1"), new_host("b", "10.0.0.2")})).host_list;
  run();
  told.clear();
  auto some = tests::ok(remove(admin, {ids[0], "unknown"}));
  BOOST_TEST(some.code == 206);
  BOOST_TEST(some.succeed_list == std::vector{ids[0]}, boost::test_tools::per_element());
  BOOST_TEST(some.fail_list.size() == 1u);
  run();
  BOOST_REQUIRE(told.size() == 1u);
  BOOST_TEST(told[0].gone == std::vector{ids[0]}, boost::test_tools::per_element());
  BOOST_TEST(tests::ok(remove(admin, {"unknown"})).code == 1103);
  BOOST_TEST(tests::ok(remove(admin, {ids[1]})).code == 200);
  BOOST_TEST(hosts_of(admin) == 0);
}

BOOST_AUTO_TEST_CASE(owners_do_not_see_each_other) {
  auto ids = tests::ok(add({new_host("a", "10.0.0.1")})).host_list;
  BOOST_TEST(hosts_of(other) == 0);
  BOOST_TEST(tests::ok(remove(other, ids)).code == 1103);
  BOOST_TEST(tests::ok(ask<hosts_page>(hosts, other, hosts_query{})).total_count == 0);
  auto nobodys = other;
  nobodys.owner = "";
  BOOST_TEST(hosts_of(nobodys) == 0);
  BOOST_TEST(tests::ok(remove(nobodys, ids)).code == 1103);
  BOOST_TEST(hosts_of(admin) == 1);
}

BOOST_AUTO_TEST_CASE(groups_are_unique_and_those_with_hosts_stay) {
  BOOST_TEST(tests::failure_of(ask<host_group_added>(hosts, admin, host_group_to_add{"web", ""})) ==
             ec::conflict);
  BOOST_TEST(ask<host_group_added>(hosts, other, host_group_to_add{"web", ""}).has_value());
  add_group("empty");
  tests::ok(add({new_host("a", "10.0.0.1")}));
  auto drop = [&](std::vector<std::string> names) {
    return tests::ok(
      ask<host_groups_deleted>(hosts, admin, host_groups_to_delete{std::move(names)}));
  };
  BOOST_TEST(drop({"web"}).code == 1106);
  auto some = drop({"web", "empty"});
  BOOST_TEST(some.code == 206);
  BOOST_TEST(some.deleted.size() == 1u);
  BOOST_TEST(tests::ok(ask<host_groups_page>(hosts, admin, host_groups_query{})).total_count == 1);
}

BOOST_AUTO_TEST_CASE(without_a_writer_a_host_is_not_added) {
  take_away(store_writer_name);
  BOOST_TEST(tests::failure_of(add({new_host("a", "10.0.0.1")})) == ec::store_unreachable);
  run();
  BOOST_TEST(told.empty());
  BOOST_TEST(hosts_of(admin) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

// -- rules

namespace {

check_rule rule_of(std::string item, std::string condition) {
  check_rule rule;
  rule.check_item = std::move(item);
  rule.data_list.push_back({"busy", "kpi", {}});
  rule.condition = std::move(condition);
  return rule;
}

struct rules_fixture : hosts_fixture {
  ~rules_fixture() { end_all(); }
  rule_store_actor rules = of<rule_store_actor>(rule_store_name);
  expected<rules_imported> import(std::vector<check_rule> list) {
    return ask<rules_imported>(rules, admin, rules_to_import{std::move(list)});
  }
  int64_t stored(const caller& who) {
    return tests::ok(ask<rules_counted>(rules, who, count_rules{})).rule_count;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(rules, rules_fixture)

BOOST_AUTO_TEST_CASE(new_and_replaced_rules_are_told_apart_and_the_hosts_hear_of_them) {
  auto first = tests::ok(import({rule_of("a", "$0>1"), rule_of("b", "$0>1")}));
  BOOST_TEST(first.code == 200);
  BOOST_TEST(first.succeed_list.size() == 2u);
  auto second = tests::ok(import({rule_of("b", "$0>2"), rule_of("c", "$0>1")}));
  BOOST_TEST(second.succeed_list == std::vector<std::string>{"c"},
             boost::test_tools::per_element());
  BOOST_TEST(second.update_list == std::vector<std::string>{"b"}, boost::test_tools::per_element());
  run();
  BOOST_TEST(owners_told == (std::vector<std::string>{"admin", "admin"}),
             boost::test_tools::per_element());
  auto found = tests::ok(ask<owner_rules>(rules, get_owner_rules{"admin"}));
  BOOST_REQUIRE(found.rules.size() == 3u);
  BOOST_TEST(found.rules[1].condition == "$0>2");
  BOOST_TEST(found.digests.size() == 3u);
}

BOOST_AUTO_TEST_CASE(illegal_rules_fail_alone_with_position_and_reason) {
  auto some = tests::ok(import({rule_of("good", "$0>1"), rule_of("bad", "mux($0)>1")}));
  BOOST_TEST(some.code == 206);
  BOOST_TEST(some.succeed_list.size() == 1u);
  BOOST_TEST(some.fail_list == std::vector<std::string>{"bad"}, boost::test_tools::per_element());
  auto reason = some.fail_reasons.at("bad");
  BOOST_TEST(reason.find("condition: line 1, position") == 0u, reason);
  BOOST_TEST(reason.find("mux") != std::string::npos, reason);
  run();
  owners_told.clear();
  auto none = tests::ok(import({rule_of("bad", "$0>"), rule_of("worse", "$7>1")}));
  BOOST_TEST(none.code == 1000);
  BOOST_TEST(none.fail_reasons.size() == 2u);
  BOOST_TEST(stored(admin) == 1);
  run();
  BOOST_TEST(owners_told.empty());
}

BOOST_AUTO_TEST_CASE(deleting_tells_the_hosts_only_when_something_went) {
  tests::ok(import({rule_of("a", "$0>1")}));
  run();
  owners_told.clear();
  tests::ok(ask<done>(rules, admin, rules_to_delete{{"unknown"}}));
  tests::ok(ask<done>(rules, other, rules_to_delete{{"a"}}));
  run();
  BOOST_TEST(owners_told.empty());
  BOOST_TEST(stored(admin) == 1);
  tests::ok(ask<done>(rules, admin, rules_to_delete{{"a"}}));
  run();
  BOOST_TEST(owners_told.size() == 1u);
  BOOST_TEST(stored(admin) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
