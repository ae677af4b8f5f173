#include "runtime/io/storage/tracing_repository.hpp"
#include "tests/io/storage/samples.hpp"

namespace tracing_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

constexpr int64_t most = 1000;

int64_t add_domain(database& db, const std::string& name, const std::string& of = owner) {
  ok(transact(
    db, [&](database& d) { return tracing_repository{d}.add_domain(of, name, 3, of, 1000); }));
  return ok(tracing_repository{db}.find_domain(of, name))->key;
}

bool add_host(database& db, int64_t domain, const std::string& id) {
  trace_host_row row;
  row.host_id = id;
  return ok(transact(
    db, [&](database& d) { return tracing_repository{d}.add_host(domain, row, owner, 1000); }));
}

bool set(database& db,
         int64_t domain,
         const std::string& path,
         const std::string& body,
         const std::string& user = owner,
         int64_t kept = most) {
  trace_version_row x;
  x.id = "id of " + body;
  x.user = user;
  x.reason = "because of " + body;
  x.created_ms = 1000;
  x.body = body;
  return ok(transact(
    db, [&](database& d) { return tracing_repository{d}.add_version(domain, path, x, kept); }));
}

bool end(database& db, int64_t domain, const std::string& path) {
  trace_version_row x;
  x.id = "the end";
  x.user = owner;
  x.created_ms = 2000;
  return ok(
    transact(db, [&](database& d) { return tracing_repository{d}.end_item(domain, path, x); }));
}

trace_real_row real_of(int64_t item, const std::string& host, const std::string& body) {
  trace_real_row x;
  x.item = item;
  x.host_id = host;
  x.state = "SYNCHRONIZED";
  x.looked_ms = x.since_ms = x.read_ms = 5000;
  x.mode = "0644";
  x.owner = "root:root";
  x.body = body;
  return x;
}

void keep(database& db, const trace_real_row& x) {
  ok(transact(db, [&](database& d) { return tracing_repository{d}.keep_real(x); }));
}

} // namespace

BOOST_AUTO_TEST_SUITE(configuration_tracing)

STORE_CASE(domains_are_their_owners_and_go_with_all_that_is_theirs) {
  auto& db = it.db();
  store_host(db, "h1");
  auto web = add_domain(db, "web");
  add_domain(db, "web", "eve");
  BOOST_TEST((failure_of(transact(db, [&](database& d) {
                return tracing_repository{d}.add_domain(owner, "web", 0, owner, 1);
              })) == ec::conflict));
  add_host(db, web, "h1");
  set(db, web, "/etc/a", "one");
  auto item = ok(tracing_repository{db}.items(web)).at(0).key;
  keep(db, real_of(item, "h1", "one"));
  trace_edit_row edit;
  edit.item = item;
  edit.host_id = "h1";
  ok(transact(db, [&](database& d) { return tracing_repository{d}.add_edit(edit); }));
  ok(transact(db, [&](database& d) { return tracing_repository{d}.remove_domain(web); }));
  BOOST_TEST(ok(tracing_repository{db}.domains(owner)).empty());
  BOOST_TEST(ok(tracing_repository{db}.domains("eve")).size() == 1u);
  for (const auto* table :
       {"trace_host", "trace_item", "trace_version", "trace_real", "trace_edit"})
    BOOST_TEST(ok(db.count("select count(*) from " + std::string{table})) == 0, table);
}

STORE_CASE(hosts_tell_of_what_is_traced_of_them_by_their_owner) {
  auto& db = it.db();
  store_host(db, "h1");
  auto web = add_domain(db, "web"), hers = add_domain(db, "web", "eve");
  add_host(db, web, "h1");
  add_host(db, hers, "h1"); // The host is not hers.
  set(db, web, "/etc/a", "one");
  set(db, web, "/etc/b", "two");
  set(db, hers, "/etc/c", "three");
  end(db, web, "/etc/b");
  tracing_repository traced{db};
  BOOST_TEST(ok(traced.paths_of_host("h1")) == std::vector<std::string>{"/etc/a"},
             boost::test_tools::per_element());
  auto domains = ok(traced.domains_of_host("h1"));
  BOOST_REQUIRE(domains.size() == 1u);
  BOOST_TEST(domains[0].key == web);
  auto items = ok(traced.items_of(web, {"/etc/b", "/etc/a"}));
  BOOST_REQUIRE(items.size() == 1u);
  BOOST_TEST(items[0].body == "one");
  BOOST_TEST(ok(traced.hosts(web, scope{owner})).at(0).told_ms == 0);
  ok(traced.touch_real(items[0].key, "h1", 7000)); // Nothing is known.
  keep(db, real_of(items[0].key, "h1", "one"));
  ok(transact(db, [&](database& d) -> expected<void> {
    if (auto told = tracing_repository{d}.note_told("h1", 6000); !told)
      return told;
    return tracing_repository{d}.touch_real(items[0].key, "h1", 7000);
  }));
  BOOST_TEST(ok(traced.hosts(web, scope{owner})).at(0).told_ms == 6000);
  auto real = *ok(traced.real(items[0].key, "h1"));
  BOOST_TEST(real.looked_ms == 7000);
  BOOST_TEST(real.read_ms == 7000);
  BOOST_TEST(real.since_ms == 5000);
  BOOST_TEST(real.body == "one");
}

STORE_CASE(hosts_are_in_a_domain_once_and_go_with_the_host) {
  auto& db = it.db();
  store_host(db, "h1");
  store_host(db, "h2");
  auto web = add_domain(db, "web"), db_domain = add_domain(db, "db");
  BOOST_TEST(add_host(db, web, "h1"));
  BOOST_TEST(!add_host(db, web, "h1"));
  BOOST_TEST(add_host(db, web, "h2"));
  BOOST_TEST(add_host(db, db_domain, "h1"));
  auto hosts = ok(tracing_repository{db}.hosts(web, scope{owner}));
  BOOST_REQUIRE(hosts.size() == 2u);
  BOOST_TEST(hosts[0].host_id == "h1");
  BOOST_TEST(hosts[0].host_name == "name-h1");
  BOOST_TEST(hosts[0].address == "ip-h1");
  BOOST_TEST(ok(tracing_repository{db}.hosts(web, scope{std::string{owner}, "nobody"})).empty());
  BOOST_TEST(
    ok(transact(db, [&](database& d) { return host_repository{d}.remove(owner, "h1", 2000); })));
  BOOST_TEST(ok(tracing_repository{db}.hosts(web, scope{owner})).size() == 1u);
  BOOST_TEST(ok(db.count("select count(*) from trace_host")) == 1);
  BOOST_TEST(
    ok(transact(db, [&](database& d) { return tracing_repository{d}.remove_host(web, "h2"); })));
  BOOST_TEST(
    !ok(transact(db, [&](database& d) { return tracing_repository{d}.remove_host(web, "h2"); })));
}

STORE_CASE(versions_say_who_and_what_was_before) {
  auto& db = it.db();
  auto web = add_domain(db, "web");
  BOOST_TEST(set(db, web, "/etc/a", "one", "ann"));
  BOOST_TEST(!set(db, web, "/etc/a", "one", "bob"));
  BOOST_TEST(set(db, web, "/etc/a", "two", "bob"));
  BOOST_TEST(set(db, web, "/etc/a", "three \xc3\xa4", "ann"));
  tracing_repository traced{db};
  auto items = ok(traced.items(web));
  BOOST_REQUIRE(items.size() == 1u);
  BOOST_TEST(items[0].version == 3);
  BOOST_TEST(items[0].body == "three \xc3\xa4");
  auto all = ok(traced.versions(items[0].key, 10));
  BOOST_REQUIRE(all.size() == 3u);
  BOOST_TEST(all[0].user == "ann");
  BOOST_TEST(all[0].before.value_or("none") == "two");
  BOOST_TEST(all[1].user == "bob");
  BOOST_TEST(all[2].body == "one");
  BOOST_TEST(!all[2].before.has_value());
  BOOST_TEST(ok(traced.versions(items[0].key, 1, 1)).at(0).body == "two");
  BOOST_TEST(ok(traced.version(items[0].key, "id of two"))->before.value_or("") == "one");
  BOOST_TEST(!ok(traced.version(items[0].key, "none")).has_value());
  set(db, web, "/etc/a", "four", "ann", 2);
  BOOST_TEST(ok(traced.count_versions(items[0].key)) == 2);
}

STORE_CASE(what_is_traced_no_more_keeps_its_history) {
  auto& db = it.db();
  auto web = add_domain(db, "web");
  set(db, web, "/etc/a", "one");
  auto item = ok(tracing_repository{db}.items(web)).at(0).key;
  BOOST_TEST(end(db, web, "/etc/a"));
  BOOST_TEST(!end(db, web, "/etc/a"));
  BOOST_TEST(!end(db, web, "/etc/b"));
  BOOST_TEST(ok(tracing_repository{db}.items(web)).empty());
  BOOST_TEST(set(db, web, "/etc/a", "one"));
  auto all = ok(tracing_repository{db}.versions(item, 10));
  BOOST_REQUIRE(all.size() == 3u);
  BOOST_TEST(!all[1].is_traced);
  BOOST_TEST(all[0].before.value_or("x").empty());
}

STORE_CASE(what_was_found_is_kept_until_something_else_is_expected) {
  auto& db = it.db();
  store_host(db, "h1");
  auto web = add_domain(db, "web");
  add_host(db, web, "h1");
  set(db, web, "/etc/a", "one");
  tracing_repository traced{db};
  auto item = ok(traced.items(web)).at(0).key;
  keep(db, real_of(item, "h1", "one"));
  keep(db, real_of(item, "h9", "one")); // Not in the domain.
  auto reals = ok(traced.reals(web, {"h1", "h9"}));
  BOOST_REQUIRE(reals.size() == 1u);
  BOOST_TEST(reals[0].state == "SYNCHRONIZED");
  BOOST_TEST(reals[0].body == "one");
  BOOST_TEST(ok(traced.reals(web, {"h1"}, false)).at(0).body.empty());
  ok(transact(
    db, [&](database& d) { return tracing_repository{d}.note_sync(item, "h1", "ann", 6000); }));
  BOOST_TEST(ok(traced.real(item, "h1"))->synced_by == "ann");
  set(db, web, "/etc/a", "two");
  BOOST_TEST(ok(traced.real(item, "h1"))->state == "UNKNOWN");
  BOOST_TEST(ok(traced.count_items(web)) == 1);
}

STORE_CASE(the_oldest_of_too_many_edits_go) {
  auto& db = it.db();
  auto web = add_domain(db, "web");
  set(db, web, "/etc/a", "one");
  auto item = ok(tracing_repository{db}.items(web)).at(0).key;
  ok(transact(db, [&](database& d) -> expected<void> {
    for (int64_t i = 0; i < tracing_repository::most_edits + 5; ++i) {
      trace_edit_row x;
      x.item = item;
      x.host_id = "h1";
      x.seen_ms = i;
      x.summary = std::to_string(i);
      if (auto added = tracing_repository{d}.add_edit(x); !added)
        return added;
    }
    return {};
  }));
  auto all = ok(tracing_repository{db}.edits(owner, "web", "/etc/a", "h1", scope{owner}, most));
  BOOST_TEST(all.size() == static_cast<size_t>(tracing_repository::most_edits));
  BOOST_TEST(all.front().summary == std::to_string(tracing_repository::most_edits + 4));
  BOOST_TEST(ok(tracing_repository{db}.edits("eve", "", "", "", scope{"eve"}, most)).empty());
}

STORE_CASE(a_domain_that_is_due_is_claimed_once) {
  auto& db = it.db();
  store_host(db, "h1");
  auto web = add_domain(db, "web");
  add_domain(db, "empty");
  add_host(db, web, "h1");
  set(db, web, "/etc/a", "one");
  auto due = ok(tracing_repository{db}.due(owner, 100, 10));
  BOOST_REQUIRE(due.size() == 1u);
  BOOST_TEST(due[0].name == "web");
  auto claim = [&] {
    return ok(
      transact(db, [&](database& d) { return tracing_repository{d}.move_on(due[0], 500); }));
  };
  BOOST_TEST(claim());
  BOOST_TEST(!claim());
  BOOST_TEST(ok(tracing_repository{db}.due(owner, 499, 10)).empty());
  BOOST_TEST(ok(tracing_repository{db}.due(owner, 500, 10)).size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace tracing_test
