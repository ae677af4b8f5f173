#include "runtime/io/storage/deploy_task_repository.hpp"
#include "runtime/io/storage/host_info_repository.hpp"
#include "runtime/io/storage/host_key_repository.hpp"
#include "runtime/io/storage/template_repository.hpp"
#include "tests/io/storage/samples.hpp"

namespace deploy_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

const host_info_repository::scope mine{owner};

std::string shown(const std::vector<host_facts>& facts) {
  std::string out;
  for (const auto& x : facts)
    out += x.host_id + x.infos.text + " ";
  return out;
}

bool save(database& db, const host_info_repository::scope& of, const char* id, const char* infos) {
  return committed(db, [&] { return host_info_repository{db}.save(of, id, infos, 5); });
}

new_template template_named(const std::string& name, const std::string& content = "[1]") {
  return {name, json_text{content}, "about " + name};
}

void add_template(database& db,
                  const std::string& name,
                  const std::string& content = "[1]",
                  std::string_view of = owner) {
  ok(transact(db, [&](database& d) {
    return template_repository{d}.add(of, template_named(name, content), 5);
  }));
}

templates_query templates_of(std::vector<std::string> names) {
  templates_query q;
  q.template_list = std::move(names);
  return q;
}

new_deploy_task task_named(const std::string& id, const std::string& name) {
  new_deploy_task x;
  x.id = id;
  x.owner = x.user = owner;
  x.task_name = name;
  x.templates = {"b", "a"};
  x.steps = {{"b", true, false}, {"a", true, true}};
  x.created_ms = 5;
  return x;
}

expected<void> add(database& db, const new_deploy_task& x) {
  return transact(db, [&](database& d) { return deploy_task_repository{d}.add(x); });
}

deploy_tasks_page tasks(database& db, deploy_tasks_query q = {}) {
  return ok(deploy_task_repository{db}.page(owner, q));
}

std::string names_of(const deploy_tasks_page& page) {
  std::string out;
  for (const auto& x : page.task_infos)
    out += x.task_name + " ";
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(facts_of_hosts)

STORE_CASE(facts_are_kept_for_each_host_and_replaced) {
  auto& db = it.db();
  for (auto id : {"1", "2"})
    store_host(db, id);
  BOOST_TEST(save(db, mine, "2", R"({"a":1})"));
  BOOST_TEST(save(db, mine, "2", R"({"a":2})"));
  BOOST_TEST(!save(db, mine, "3", "{}"));
  // As long as ids really are: no short text that lives in the variable itself.
  const auto* real = "018e4c0a5f0c2d1f018e4c0a5f0c2d1f";
  store_host(db, real);
  BOOST_TEST(save(db, mine, real, R"({"a":3})"));
  BOOST_TEST(shown(ok(host_info_repository{db}.facts(mine, {real}))) ==
             std::string{real} + R"({"a":3} )");
  host_info_repository infos{db};
  BOOST_TEST(shown(ok(infos.facts(mine, {"2", "no", "1", "2"}))) == R"(2{"a":2} 1{} )");
  BOOST_TEST(ok(infos.remove(mine, {"1", "2", "no"})) == 1);
  BOOST_TEST(shown(ok(infos.facts(mine, {"2"}))) == "2{} ");
}

STORE_CASE(facts_are_seen_by_their_owner_and_by_groups) {
  auto& db = it.db();
  store_host(db, "1");
  save(db, mine, "1", R"({"a":1})");
  host_info_repository infos{db};
  host_info_repository::scope other{"eve"}, anybody{}, granted = mine, nothing = mine;
  granted.groups = std::vector<std::string>{"g", "other"};
  nothing.groups = std::vector<std::string>{};
  BOOST_TEST(ok(infos.facts(other, {"1"})).empty());
  BOOST_TEST(ok(infos.facts(nothing, {"1"})).empty());
  BOOST_TEST(ok(infos.facts(anybody, {"1"})).size() == 1u);
  BOOST_TEST(ok(infos.facts(granted, {"1"})).size() == 1u);
  BOOST_TEST(ok(infos.basics(other, {"1"})).empty());
  BOOST_TEST(!save(db, other, "1", "{}"));
  BOOST_TEST(ok(infos.remove(other, {"1"})) == 0);
  BOOST_TEST(save(db, anybody, "1", "{}"));
  BOOST_TEST(ok(infos.remove(anybody, {"1"})) == 1);
}

STORE_CASE(basics_are_what_the_row_says) {
  auto& db = it.db();
  store_host(db, "1");
  auto x = ok(host_info_repository{db}.basics(mine, {"1"})).at(0);
  BOOST_TEST(*x.host_name == "name-1");
  BOOST_TEST(*x.host_group_name == "g");
  BOOST_TEST(*x.public_ip == "ip-1");
  BOOST_TEST(*x.ssh_port == 22);
  BOOST_TEST(*x.management == false);
  BOOST_TEST(*x.status == "unknown");
}

STORE_CASE(one_answer_holds_so_much_and_no_more) {
  auto& db = it.db();
  std::vector<std::string> ids;
  auto large = "\"" + std::string(size_t{1} << 19, 'x') + "\"";
  for (int i = 0; i < 33; ++i) {
    ids.push_back(std::to_string(i));
    store_host(db, ids.back());
    save(db, mine, ids.back().c_str(), large.c_str());
  }
  BOOST_TEST(failure_of(host_info_repository{db}.facts(mine, ids)) == ec::bad_request);
  ids.resize(31);
  BOOST_TEST(ok(host_info_repository{db}.facts(mine, ids)).size() == 31u);
}

STORE_CASE(facts_go_with_their_host) {
  auto& db = it.db();
  store_host(db, "1");
  save(db, mine, "1", "{}");
  BOOST_TEST(committed(db, [&] { return host_repository{db}.remove(owner, "1", 1); }));
  BOOST_TEST(ok(db.count("select count(*) from host_information")) == 0);
}

STORE_CASE(a_host_is_known_by_the_keys_first_seen_until_others_are_trusted) {
  auto& db = it.db();
  store_host(db, "1");
  host_key_repository keys{db};
  auto told = [](const by_text<std::vector<std::string>>& hosts) {
    std::string out;
    for (const auto& [id, list] : hosts)
      for (const auto& text : list)
        out += id + ":" + text + " ";
    return out;
  };
  auto known = [&] { return told(ok(keys.of({"1", "2"}))); };
  BOOST_TEST(known() == "");
  ok(transact(db, [&](database&) {
    return keys.remember("1", {{"ssh-rsa A", "SHA256:a"}, {"ssh-ed25519 B", "SHA256:b"}}, 5);
  }));
  BOOST_TEST(known() == "1:ssh-ed25519 B 1:ssh-rsa A ");
  BOOST_TEST(told(ok(keys.fingerprints_of({"1", "2"}))) == "1:SHA256:b 1:SHA256:a ");
  ok(transact(db, [&](database&) {
    return keys.remember("1", {{"ssh-rsa C", "SHA256:c"}, {"ecdsa D", "SHA256:d"}}, 6);
  }));
  BOOST_TEST(known() == "1:ssh-ed25519 B 1:ssh-rsa A ");
  ok(transact(db, [&](database&) { return keys.remember("nobody", {{"ssh-rsa C", "c"}}, 6); }));
  ok(transact(db, [&](database&) {
    return keys.replace(owner, "1", {{"ssh-rsa E", "SHA256:e"}}, 7);
  }));
  BOOST_TEST(known() == "1:ssh-rsa E ");
  BOOST_TEST(told(ok(keys.fingerprints_of({"1"}))) == "1:SHA256:e ");
  auto others = transact(db, [&](database& d) {
    return host_key_repository{d}.replace("somebody", "1", {{"x y", "z"}}, 7);
  });
  BOOST_TEST(failure_of(others) == ec::not_found);
  BOOST_TEST(committed(db, [&] { return host_repository{db}.remove(owner, "1", 1); }));
  BOOST_TEST(ok(db.count("select count(*) from host_key")) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(templates)

STORE_CASE(a_template_name_is_unique_for_its_owner) {
  auto& db = it.db();
  add_template(db, "a");
  add_template(db, "a", "[2]", "eve");
  auto twice = transact(
    db, [](database& d) { return template_repository{d}.add(owner, template_named("a"), 1); });
  BOOST_TEST(failure_of(twice) == ec::conflict);
  BOOST_TEST(twice.error().detail == "template_name: exists already");
  auto page = ok(template_repository{db}.page("eve", templates_of({})));
  BOOST_REQUIRE(page.template_infos.size() == 1u);
  BOOST_TEST(page.template_infos[0].template_content.text == "[2]");
  BOOST_TEST(page.template_infos[0].description == "about a");
}

STORE_CASE(templates_are_paged_sorted_and_deleted_by_name) {
  auto& db = it.db();
  for (auto name : {"b", "c", "a"})
    add_template(db, name);
  auto q = templates_of({"c", "a", "no"});
  q.sort = "template_name";
  q.page = 2;
  q.per_page = 1;
  auto page = ok(template_repository{db}.page(owner, q));
  BOOST_TEST(page.total_count == 2);
  BOOST_TEST(page.total_page == 2);
  BOOST_TEST(page.template_infos.at(0).template_name == "c");
  BOOST_TEST(ok(template_repository{db}.remove("eve", {"a"})) == 0);
  BOOST_TEST(ok(template_repository{db}.remove(owner, {"a", "no", "b"})) == 2);
  BOOST_TEST(ok(template_repository{db}.page(owner, templates_of({}))).total_count == 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(deployment_tasks)

STORE_CASE(a_task_shows_what_it_is_made_of) {
  auto& db = it.db();
  for (auto name : {"a", "b"})
    add_template(db, name);
  for (auto id : {"1", "2"})
    store_host(db, id);
  auto x = task_named("t1", "first");
  x.description = "about it";
  x.hosts = {"2", "1", "2"};
  x.groups = {"g", "g"};
  x.vars = R"({"a":1})";
  ok(add(db, x));
  ok(add(db, task_named("t2", "second")));
  auto page = tasks(db);
  BOOST_REQUIRE(page.total_count == 2);
  const auto& first = page.task_infos[0];
  BOOST_TEST(first.task_id == "t1");
  BOOST_TEST(first.description == "about it");
  BOOST_TEST(first.template_name == x.templates, boost::test_tools::per_element());
  BOOST_REQUIRE(first.host_list.size() == 2u);
  BOOST_TEST(first.host_list[0].host_id == "2");
  BOOST_TEST(first.host_list[0].host_name == "name-2");
  BOOST_TEST(first.host_group_list == std::vector<std::string>{"g"},
             boost::test_tools::per_element());
  BOOST_REQUIRE(first.steps.size() == 2u);
  BOOST_TEST(first.steps[1].step == "a");
  BOOST_TEST(first.steps[1].continue_);
  BOOST_TEST(first.vars.text == x.vars);
  BOOST_TEST(page.task_infos[1].host_list.empty());
}

STORE_CASE(a_task_of_something_unknown_is_not_stored) {
  auto& db = it.db();
  for (auto name : {"a", "b"})
    add_template(db, name);
  add_template(db, "hers", "[1]", "eve");
  store_host(db, "1");
  auto trouble = [&](auto change) {
    auto x = task_named("t", "t");
    change(x);
    auto added = add(db, x);
    BOOST_TEST(failure_of(added) == ec::bad_request);
    return added.error().detail;
  };
  BOOST_TEST(trouble([](auto& x) { x.templates.push_back("hers"); }) ==
             "template_name[2]: no such template");
  BOOST_TEST(trouble([](auto& x) { x.hosts = {"1", "no"}; }) == "host_list[1]: no such host");
  BOOST_TEST(trouble([](auto& x) { x.groups = {"no"}; }) == "host_group_list[0]: no such group");
  BOOST_TEST(tasks(db).total_count == 0);
  ok(add(db, task_named("t", "t")));
  BOOST_TEST(failure_of(add(db, task_named("t", "u"))) == ec::conflict);
}

STORE_CASE(tasks_are_found_sorted_and_deleted_by_id_or_name) {
  auto& db = it.db();
  for (auto name : {"a", "b"})
    add_template(db, name);
  for (auto [id, name] : {std::pair{"1", "c"}, {"2", "a"}, {"3", "a"}, {"4", "b"}})
    ok(add(db, task_named(id, name)));
  deploy_tasks_query q;
  q.task_list = {"1", "a", "no"};
  BOOST_TEST(names_of(tasks(db, q)) == "c a a ");
  q.sort = "task_name";
  q.direction = "desc";
  q.page = 1;
  q.per_page = 2;
  BOOST_TEST(names_of(tasks(db, q)) == "c a ");
  auto remove = [&](std::string_view of, std::vector<std::string> list) {
    return committed(db, [&] { return deploy_task_repository{db}.remove(of, list); });
  };
  BOOST_TEST(remove("eve", {"1", "a"}) == 0);
  BOOST_TEST(remove(owner, {"1", "a", "no"}) == 3);
  BOOST_TEST(names_of(tasks(db)) == "b ");
}

STORE_CASE(a_task_keeps_the_templates_it_froze) {
  auto& db = it.db();
  for (auto name : {"a", "b"})
    add_template(db, name, "[\"old\"]");
  ok(add(db, task_named("t", "t")));
  ok(template_repository{db}.remove(owner, {"a", "b"}));
  add_template(db, "a", "[\"new\"]");
  BOOST_TEST(tasks(db).task_infos.at(0).template_name.size() == 2u);
  BOOST_TEST(ok(db.count("select count(*) from deploy_task_template t join content c on "
                         "c.n = t.content where c.body = '[\"old\"]'")) == 2);
}

STORE_CASE(hosts_of_a_task_are_those_there_are_now) {
  auto& db = it.db();
  for (auto name : {"a", "b"})
    add_template(db, name);
  for (auto id : {"1", "2"})
    store_host(db, id);
  ok(host_repository{db}.add_group(owner, {"h", ""}));
  ok(transact(db, [&](database& d) { return host_repository{d}.add(host_named("3", "h")); }));
  auto x = task_named("t", "t");
  x.hosts = {"1", "3"};
  x.groups = {"h"};
  ok(add(db, x));
  deploy_task_repository all{db};
  BOOST_TEST(ok(all.to_run(owner, "t"))->hosts.size() == 2u);
  BOOST_TEST(!ok(all.to_run("eve", "t")));
  BOOST_TEST(!ok(all.to_run(owner, "no")));
  for (auto id : {"1", "3"})
    BOOST_TEST(committed(db, [&] { return host_repository{db}.remove(owner, id, 1); }));
  BOOST_TEST(ok(all.to_run(owner, "t"))->hosts.empty());
  BOOST_TEST(tasks(db).task_infos.at(0).host_list.size() == 2u);
  auto gone = committed(db, [&] { return host_repository{db}.delete_groups(owner, {"h"}); });
  BOOST_TEST(gone.deleted.size() == 1u);
  BOOST_TEST(tasks(db).task_infos.at(0).host_group_list.empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace deploy_test
