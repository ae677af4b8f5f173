#include "runtime/io/storage/alert_repository.hpp"
#include "runtime/io/storage/credential_repository.hpp"
#include "runtime/io/storage/job_repository.hpp"
#include "runtime/io/storage/result_repository.hpp"
#include "runtime/io/storage/sample_repository.hpp"
#include "tests/io/storage/samples.hpp"

#include <numeric>
#include <set>

namespace host_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

expected<void> add(database& db, const new_host& x, std::string_view credentials = {}) {
  return transact(db, [&](database& d) { return host_repository{d}.add(x, credentials); });
}

expected<host_record> update(database& db, const host_to_update& x, std::string_view of = owner) {
  return transact(db, [&](database& d) { return host_repository{d}.update(of, x, 9100, 7000); });
}

host_to_update change_of(const std::string& id) {
  host_to_update x;
  x.host_id = id;
  return x;
}

bool remove(database& db, std::string_view of, std::string_view id) {
  return committed(db, [&] { return host_repository{db}.remove(of, id, 1); });
}

host_groups_deleted delete_groups(database& db, std::vector<std::string> groups) {
  return committed(db, [&] { return host_repository{db}.delete_groups(owner, groups); });
}

hosts_query sorted_by(const char* sort, const char* direction = "asc") {
  hosts_query q;
  q.sort.emplace(sort);
  q.direction.emplace(direction);
  return q;
}

std::string ids_of(const hosts_page& page) {
  std::string out;
  for (const auto& x : page.host_infos)
    out += x.host_id + " ";
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(host_groups)

STORE_CASE(a_group_name_is_unique_for_its_owner) {
  host_repository hosts{it.db()};
  auto id = ok(hosts.add_group("ada", {"web", "front"}));
  BOOST_TEST(!id.empty());
  auto twice = hosts.add_group("ada", {"web", ""});
  BOOST_TEST(failure_of(twice) == ec::conflict);
  BOOST_TEST(twice.error().detail == "host_group_name: exists already");
  ok(hosts.add_group("bob", {"web", ""}));
  BOOST_TEST(ok(hosts.groups_page("ada", {})).total_count == 1);
}

STORE_CASE(groups_count_their_hosts_and_sort_by_it) {
  auto& db = it.db();
  host_repository hosts{db};
  for (auto name : {"b", "a", "c"})
    ok(hosts.add_group(owner, {name, "about"}));
  ok(add(db, host_named("1", "a")));
  ok(add(db, host_named("2", "c")));
  ok(add(db, host_named("3", "c")));
  auto names = [&](const char* sort, bool descending) {
    paging p;
    p.sort = sort;
    p.descending = descending;
    std::string out;
    for (const auto& x : ok(hosts.groups_page(owner, p)).host_group_infos)
      out += x.host_group_name + std::to_string(x.host_count) + " ";
    return out;
  };
  BOOST_TEST(names("", false) == "b0 a1 c2 ");
  BOOST_TEST(names("host_group_name", false) == "a1 b0 c2 ");
  BOOST_TEST(names("host_count", true) == "c2 a1 b0 ");
}

STORE_CASE(a_group_is_changed_by_name_or_id_and_tells_its_hosts_when_renamed) {
  auto& db = it.db();
  host_repository hosts{db};
  auto id = ok(hosts.add_group(owner, {"web", "front"}));
  ok(hosts.add_group(owner, {"db", ""}));
  ok(add(db, host_named("1", "web")));
  auto change = [&](host_group_to_update x, std::string_view of = owner) {
    return transact(db, [&](database& d) { return host_repository{d}.update_group(of, x); });
  };
  BOOST_TEST(ok(change({"web", {}, std::string{"new"}})).empty());
  auto version = ok(meta_repository{db}.read()).hosts;
  auto renamed = ok(change({id, std::string{"www"}, {}}));
  BOOST_REQUIRE(renamed.size() == 1u);
  BOOST_TEST(renamed[0].host_group_name == "www");
  BOOST_TEST(ok(meta_repository{db}.read()).hosts > version);
  auto group = ok(hosts.groups_page(owner, {})).host_group_infos.at(0);
  BOOST_TEST(group.host_group_name == "www");
  BOOST_TEST(group.description == "new");
  BOOST_TEST(group.host_group_id == id);
  BOOST_TEST(ok(change({"www", std::string{"www"}, {}})).empty());
  BOOST_TEST(failure_of(change({"www", std::string{"db"}, {}})) == ec::conflict);
  BOOST_TEST(failure_of(change({"web", {}, std::string{}})) == ec::not_found);
  BOOST_TEST(failure_of(change({id, {}, std::string{}}, "eve")) == ec::not_found);
}

STORE_CASE(groups_are_deleted_by_name_or_id_and_only_when_empty) {
  auto& db = it.db();
  host_repository hosts{db};
  auto first = ok(hosts.add_group(owner, {"first", ""}));
  ok(hosts.add_group(owner, {"second", ""}));
  ok(hosts.add_group(owner, {"full", ""}));
  ok(hosts.add_group("bob", {"his", ""}));
  ok(add(db, host_named("1", "full")));
  auto done = delete_groups(db, {first, "full", "unknown", "his", "999999"});
  BOOST_TEST(done.code == 206);
  BOOST_TEST(done.deleted == std::vector<std::string>{"first"}, boost::test_tools::per_element());
  BOOST_TEST(delete_groups(db, {"full"}).code == 1106);
  done = delete_groups(db, {"unknown", "second"});
  BOOST_TEST(done.code == 200);
  BOOST_TEST(done.deleted == std::vector<std::string>{"second"}, boost::test_tools::per_element());
  BOOST_TEST(delete_groups(db, {"nobody's"}).code == 200);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(hosts)

STORE_CASE(a_host_comes_back_as_it_was_added) {
  auto& db = it.db();
  host_repository hosts{db};
  ok(hosts.add_group(owner, {"g", ""}));
  auto x = host_named("1");
  x.management = true;
  x.ssh_port = 2222;
  x.exporter_port.emplace(9101);
  x.slot = 77;
  ok(add(db, x));
  auto page = ok(hosts.page(owner, {}));
  BOOST_REQUIRE(page.host_infos.size() == 1u);
  const auto& info = page.host_infos[0];
  BOOST_TEST(info.host_id == "1");
  BOOST_TEST(info.host_name == "name-1");
  BOOST_TEST(info.host_group_name == "g");
  BOOST_TEST(info.public_ip == "ip-1");
  BOOST_TEST(info.ssh_port == 2222);
  BOOST_TEST(info.management);
  BOOST_TEST(info.status == "unknown");
  BOOST_TEST(info.exporter_port.value() == 9101);
  BOOST_TEST(info.status_since.value().ms == 1000);
  auto record = ok(hosts.find("1"));
  BOOST_TEST(record.owner == owner);
  BOOST_TEST(record.slot == 77);
  BOOST_TEST(record.exporter_port == 9101);
  BOOST_TEST(failure_of(hosts.find("2")) == ec::not_found);
}

STORE_CASE(names_and_addresses_are_unique_for_an_owner_and_the_text_says_which) {
  auto& db = it.db();
  store_host(db, "1");
  auto same_name = host_named("2");
  same_name.host_name = "name-1";
  auto refused = add(db, same_name);
  BOOST_TEST(failure_of(refused) == ec::conflict);
  BOOST_TEST(refused.error().detail == "host_name: exists already");
  auto same_ip = host_named("3");
  same_ip.public_ip = "ip-1";
  refused = add(db, same_ip);
  BOOST_TEST(failure_of(refused) == ec::conflict);
  BOOST_TEST(refused.error().detail == "public_ip: exists already");
  auto no_group = host_named("4", "unknown");
  BOOST_TEST(failure_of(add(db, no_group)) == ec::not_found);
  BOOST_TEST(ok(host_repository{db}.count(owner)) == 1);
  ok(host_repository{db}.add_group("bob", {"g", ""}));
  auto his = host_named("5");
  his.owner = "bob";
  his.host_name = "name-1";
  his.public_ip = "ip-1";
  ok(add(db, his));
}

STORE_CASE(the_default_group_is_made_when_it_is_first_needed) {
  auto& db = it.db();
  host_repository hosts{db};
  ok(add(db, host_named("1", default_group)));
  ok(add(db, host_named("2", default_group)));
  auto groups = ok(hosts.groups_page(owner, {})).host_group_infos;
  BOOST_REQUIRE(groups.size() == 1u);
  BOOST_TEST(groups[0].host_group_name == default_group);
  BOOST_TEST(groups[0].host_count == 2);
  // Not for a host that is not added, and only for its owner.
  auto same = host_named("3", default_group);
  same.owner = "bob";
  ok(add(db, same));
  same.host_id = "4";
  BOOST_TEST(failure_of(add(db, same)) == ec::conflict);
  BOOST_TEST(ok(hosts.groups_page("bob", {})).total_count == 1);
}

STORE_CASE(a_host_changes_in_what_is_named) {
  auto& db = it.db();
  host_repository hosts{db};
  store_host(db, "1");
  ok(hosts.add_group(owner, {"other", ""}));
  ok(hosts.set_status("1", "online", 5000));
  auto version = ok(meta_repository{db}.read()).hosts;
  auto x = change_of("1");
  x.host_name = "new";
  x.host_group_name = "other";
  x.ssh_port = 2222;
  x.management = true;
  auto now = ok(update(db, x));
  BOOST_TEST(now.host_name == "new");
  BOOST_TEST(now.host_group_name == "other");
  BOOST_TEST(now.public_ip == "ip-1");
  BOOST_TEST(now.status == "online");
  BOOST_TEST(ok(meta_repository{db}.read()).hosts == version + 1);
  auto info = ok(hosts.page(owner, {})).host_infos.at(0);
  BOOST_TEST(info.ssh_port == 2222);
  BOOST_TEST(info.management);
  BOOST_TEST(!info.exporter_port);
  auto moved = change_of("1");
  moved.public_ip = std::string(249, 'a') + ".net"; // As long as names are.
  moved.exporter_port = 9200;
  now = ok(update(db, moved));
  BOOST_TEST(now.public_ip == *moved.public_ip);
  BOOST_TEST(now.exporter_port == 9200);
  BOOST_TEST(now.host_name == "new");
  BOOST_TEST(now.status == "unknown");
  BOOST_TEST(now.status_since_ms == 7000);
}

STORE_CASE(an_address_has_several_exporters_by_their_ports) {
  auto& db = it.db();
  host_repository hosts{db};
  ok(hosts.add_group(owner, {"g", ""}));
  auto at = [](const std::string& id, int64_t port) {
    auto x = host_named(id);
    x.public_ip = "10.0.0.1";
    if (port != 0)
      x.exporter_port.emplace(port);
    return x;
  };
  ok(add(db, at("1", 0)));
  ok(add(db, at("2", 9200)));
  ok(add(db, at("3", 9201)));
  // No port is the default one.
  for (int64_t port : {0, 9100, 9200}) {
    auto refused = add(db, at("4", port));
    BOOST_TEST(failure_of(refused) == ec::conflict);
    BOOST_TEST(refused.error().detail == "public_ip: exists already");
  }
  auto elsewhere = at("4", 9200);
  elsewhere.default_port = 9200; // As the node is configured now.
  BOOST_TEST(failure_of(add(db, elsewhere)) == ec::conflict);
  elsewhere.exporter_port.emplace(9100);
  ok(add(db, elsewhere));
  auto x = change_of("3");
  x.exporter_port = 9200;
  BOOST_TEST(failure_of(update(db, x)) == ec::conflict);
  x.exporter_port = 9202;
  BOOST_TEST(ok(update(db, x)).exporter_port == 9202);
  // Whatever went past the question, the store has one.
  BOOST_TEST(failure_of(db.run("update host set exporter_port = 9202 where id = '2'")) ==
             ec::conflict);
}

STORE_CASE(a_host_knows_since_when_its_exporter_answers) {
  auto& db = it.db();
  host_repository hosts{db};
  store_host(db, "1");
  auto first_online = [&] {
    auto info = ok(hosts.page(owner, {})).host_infos.at(0);
    return info.first_online ? info.first_online->ms : 0;
  };
  auto becomes = [&](const std::string& status, int64_t time_ms) {
    round_to_commit x;
    x.owner = owner;
    x.host_id = "1";
    x.status = status;
    x.status_since_ms = time_ms;
    if (status != "online")
      x.scrape_error.emplace("refused");
    committed(db, [&] { return sample_repository{db}.commit_round(x); });
  };
  becomes("offline", 2000);
  BOOST_TEST(first_online() == 0);
  becomes("online", 3000);
  becomes("offline", 4000);
  becomes("online", 5000);
  becomes("offline", 6000);
  BOOST_TEST(first_online() == 3000);
  BOOST_TEST(ok(hosts.page(owner, {})).host_infos.at(0).scrape_error == "refused");
  auto x = change_of("1");
  x.host_name = "renamed";
  ok(update(db, x));
  BOOST_TEST(first_online() == 3000);
  x.exporter_port = 9200;
  ok(update(db, x));
  BOOST_TEST(first_online() == 0);
  BOOST_TEST(ok(hosts.page(owner, {})).host_infos.at(0).scrape_error == "");
  // One that was reached elsewhere is not one that never was.
  store_host(db, "2");
  auto counts = [&] { return ok(alert_repository{db}.counts(owner, {})); };
  BOOST_TEST(counts().unknown == 2);
  BOOST_TEST(counts().moved == 1);
  x.exporter_port = 9300;
  ok(update(db, x));
  BOOST_TEST(counts().moved == 1);
  becomes("online", 9000);
  BOOST_TEST(first_online() == 9000);
  BOOST_TEST(counts().moved == 0);
}

STORE_CASE(a_change_that_cannot_be_is_refused_and_names_its_reason) {
  auto& db = it.db();
  store_host(db, "1");
  store_host(db, "2");
  auto refusal = [&](const host_to_update& x, std::string_view of = owner) {
    auto how = update(db, x, of);
    return how ? "none" : to_string(how.error());
  };
  BOOST_TEST(refusal(change_of("3")) == "not_found: host_id: no such host");
  BOOST_TEST(refusal(change_of("1"), "bob") == "not_found: host_id: no such host");
  auto x = change_of("2");
  x.host_name = "name-1";
  BOOST_TEST(refusal(x) == "conflict: host_name: exists already");
  x = change_of("2");
  x.public_ip = "ip-1";
  BOOST_TEST(refusal(x) == "conflict: public_ip: exists already");
  x = change_of("2");
  x.host_group_name = "unknown";
  BOOST_TEST(refusal(x) == "not_found: host_group_name: no such group");
  x.host_group_name = default_group;
  BOOST_TEST(ok(update(db, x)).host_group_name == default_group);
}

STORE_CASE(hosts_are_filtered_by_their_ids) {
  auto& db = it.db();
  for (auto id : {"1", "2", "3"})
    store_host(db, id);
  hosts_query q;
  q.host_list = {"3", "unknown", "1"};
  BOOST_TEST(ids_of(ok(host_repository{db}.page(owner, q))) == "1 3 ");
  q.host_list = {"unknown"};
  BOOST_TEST(ok(host_repository{db}.page(owner, q)).total_count == 0);
}

STORE_CASE(an_owner_neither_sees_nor_deletes_hosts_of_others) {
  auto& db = it.db();
  store_host(db, "1");
  BOOST_TEST(ok(host_repository{db}.page("bob", {})).total_count == 0);
  BOOST_TEST(!remove(db, "bob", "1"));
  BOOST_TEST(ok(host_repository{db}.known("bob", {"1"})).empty());
  BOOST_TEST(remove(db, owner, "1"));
  BOOST_TEST(!remove(db, owner, "1"));
}

STORE_CASE(hosts_are_filtered_by_group_and_kind) {
  auto& db = it.db();
  host_repository hosts{db};
  for (auto group : {"web", "db", "spare"})
    ok(hosts.add_group(owner, {group, ""}));
  for (int i = 0; i < 6; ++i) {
    auto x = host_named(std::to_string(i), i % 2 ? "web" : "db");
    x.management = i < 2;
    ok(add(db, x));
  }
  hosts_query q;
  q.host_group_list = {"web", "unknown"};
  BOOST_TEST(ids_of(ok(hosts.page(owner, q))) == "1 3 5 ");
  q.management.emplace(true);
  BOOST_TEST(ids_of(ok(hosts.page(owner, q))) == "1 ");
  q.host_group_list = {"spare"};
  auto none = ok(hosts.page(owner, q));
  BOOST_TEST(none.total_count == 0);
  BOOST_TEST(none.total_page == 0);
}

STORE_CASE(pages_of_hosts_are_stable_and_complete_in_every_order) {
  auto& db = it.db();
  host_repository hosts{db};
  for (auto group : {"b", "a"})
    ok(hosts.add_group(owner, {group, ""}));
  for (int i = 0; i < 23; ++i)
    ok(add(db, host_named(std::to_string(100 + i * 7 % 23), i % 3 ? "a" : "b")));
  for (auto sort : {"", "host_name", "host_group_name"})
    for (auto direction : {"asc", "desc"}) {
      auto q = sorted_by(sort, direction);
      auto all = ids_of(ok(hosts.page(owner, q)));
      std::string by_pages;
      q.per_page.emplace(5);
      for (int page = 1; page <= 6; ++page) {
        q.page.emplace(page);
        auto part = ok(hosts.page(owner, q));
        BOOST_TEST(part.total_count == 23);
        BOOST_TEST(part.total_page == 5);
        by_pages += ids_of(part);
      }
      BOOST_TEST(by_pages == all);
    }
  auto q = sorted_by("host_name", "desc");
  q.page.emplace(1);
  q.per_page.emplace(2);
  BOOST_TEST(ids_of(ok(hosts.page(owner, q))) == "122 121 ");
}

STORE_CASE(hosts_are_found_by_slot_and_by_owner) {
  auto& db = it.db();
  host_repository hosts{db};
  ok(hosts.add_group(owner, {"g", ""}));
  for (uint16_t i = 0; i < 6; ++i) {
    auto x = host_named(std::to_string(i));
    x.slot = static_cast<uint16_t>(i * 51);
    ok(add(db, x));
  }
  const uint16_t some[] = {51, 255, 7};
  auto found = ok(hosts.in_slots(some));
  BOOST_REQUIRE(found.size() == 2u);
  BOOST_TEST(found[0].host_id == "1");
  BOOST_TEST(found[1].host_id == "5");
  std::vector<uint16_t> all(256);
  std::iota(all.begin(), all.end(), uint16_t{0});
  BOOST_TEST(ok(hosts.in_slots(all)).size() == 6u);
  BOOST_TEST(ok(hosts.in_slots({})).empty());
  BOOST_TEST(ok(hosts.of_owner(owner)).size() == 6u);
  auto known = ok(hosts.known(owner, {"5", "x", "2", "5"}));
  BOOST_REQUIRE(known.size() == 2u);
  BOOST_TEST(known[0].host_id == "5");
  BOOST_TEST(known[1].host_id == "2");
}

STORE_CASE(a_status_has_a_beginning) {
  auto& db = it.db();
  store_host(db, "1");
  host_repository hosts{db};
  ok(hosts.set_status("1", "online", 5000));
  auto record = ok(hosts.find("1"));
  BOOST_TEST(record.status == "online");
  BOOST_TEST(record.status_since_ms == 5000);
  BOOST_TEST(failure_of(hosts.set_status("2", "online", 5000)) == ec::not_found);
}

STORE_CASE(deleting_a_host_takes_its_data_along_and_leaves_history) {
  auto& db = it.db();
  auto digest = store_rule(db, "cpu");
  store_host(db, "1");
  store_host(db, "2");
  ok(credential_repository{db}.save("1", "sealed"));
  for (auto id : {"1", "2"}) {
    round_to_commit x;
    x.owner = owner;
    x.host_id = id;
    x.until_ms = 2000;
    x.sample_blob = "\x01";
    x.new_series.push_back({0, {"up", {}}});
    x.deviations.push_back({"cpu", 1, 2, "late_rule"});
    x.changes.push_back({"cpu", digest, 0, 2000, {{1000, 2000, "Abnormal"}}});
    committed(db, [&] { return sample_repository{db}.commit_round(x); });
  }
  job_record job;
  job.id = "job";
  job.kind = diagnosis_kind;
  job.owner = owner;
  job.plan = "{}";
  committed(db, [&] { return job_repository{db}.create(job); });
  auto before = ok(meta_repository{db}.read()).hosts;
  BOOST_TEST(remove(db, owner, "1"));
  BOOST_TEST(ok(meta_repository{db}.read()).hosts == before + 1);
  for (std::string table :
       {"host_credential", "deviation", "host_cursor", "series", "sample", "check_result"}) {
    auto left = table == "host_credential" ? 0 : 1;
    BOOST_TEST(ok(db.count("select count(*) from " + table)) == left, table);
  }
  BOOST_TEST(ok(result_repository{db}.page(owner, {})).total_count == 1);
  BOOST_TEST(committed(db, [&] { return result_repository{db}.recount(owner); }) == 0);
  ok(job_repository{db}.find("job"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(credentials)

STORE_CASE(sealed_credentials_come_back_byte_for_byte) {
  auto& db = it.db();
  host_repository{db}.add_group(owner, {"g", ""}).value();
  const std::string sealed{"\x01\0\xff sealed", 10};
  ok(add(db, host_named("1"), sealed));
  credential_repository credentials{db};
  BOOST_TEST(ok(credentials.find(owner, "1")) == sealed);
  BOOST_TEST(failure_of(credentials.find("bob", "1")) == ec::not_found);
  ok(credentials.save("1", "other"));
  auto all = ok(credentials.of_owner(owner));
  BOOST_REQUIRE(all.size() == 1u);
  BOOST_TEST(all[0].host_id == "1");
  BOOST_TEST(all[0].sealed == "other");
  BOOST_TEST(failure_of(credentials.save("2", "x")) == ec::not_found);
}

STORE_CASE(the_first_verifier_of_an_owner_stays) {
  credential_repository credentials{it.db()};
  BOOST_TEST(!ok(credentials.verifier(owner)).has_value());
  ok(credentials.save_verifier(owner, "first"));
  ok(credentials.save_verifier(owner, "second"));
  BOOST_TEST(ok(credentials.verifier(owner)).value() == "first");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace host_test
