#include "runtime/io/storage/topology_repository.hpp"
#include "tests/io/storage/samples.hpp"

namespace topology_store_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

constexpr int64_t silence = 100'000;

topology_link_row link_row(const std::string& host, const std::string& key, int64_t begin_ms) {
  topology_link_row x;
  x.host_id = host;
  x.key = key;
  x.kind = "tcp_link";
  x.side = "client";
  x.process = "curl";
  x.client_ip = "10.0.0.1";
  x.server_ip = "10.0.0.2";
  x.server_port = 80;
  x.begin_ms = begin_ms;
  return x;
}

/// News of a host at a time: all of its links, or what began and ended.
topology_news news_at(int64_t ms, bool is_all, const std::vector<std::string>& began) {
  topology_news x;
  x.host = {"h1", "m", "web1", "10.0.0.1,fe80::1", ms, ms};
  x.is_all = is_all;
  for (const auto& key : began)
    x.began.push_back(link_row("h1", key, ms));
  return x;
}

void keep(database& db, const topology_news& x) {
  ok(transact(db, [&](database& d) { return topology_repository{d}.keep(x, silence); }));
}

/// `key begin-end`, `;` after each, in the order of their beginnings.
std::string links_in(database& db, int64_t from = 0, int64_t to = INT64_MAX) {
  std::string out;
  for (const auto& x : ok(topology_repository{db}.links_of("admin", from, to, 100)))
    out += x.key + " " + std::to_string(x.begin_ms) + "-" + std::to_string(x.end_ms) + ";";
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(links_that_were)

STORE_CASE(a_link_goes_on_until_it_ends) {
  auto& db = it.db();
  store_host(db, "h1");
  keep(db, news_at(1000, true, {"a", "b"}));
  keep(db, news_at(2000, false, {"c"}));
  auto over = news_at(9000, false, {});
  over.ended = {{"a", 3000}, {"unknown", 3000}};
  keep(db, over);
  BOOST_TEST(links_in(db) == "a 1000-3000;b 1000-0;c 2000-0;");
  BOOST_TEST(links_in(db, 3000, 3001) == "a 1000-3000;b 1000-0;c 2000-0;");
  BOOST_TEST(links_in(db, 3001, 4000) == "b 1000-0;c 2000-0;");
  BOOST_TEST(links_in(db, 0, 2000) == "a 1000-3000;b 1000-0;");
  BOOST_TEST(links_in(db, 0, 1000) == "");
  keep(db, news_at(10'000, false, {"a"})); // It is back.
  BOOST_TEST(links_in(db) == "a 1000-3000;b 1000-0;c 2000-0;a 10000-0;");
  auto host = ok(topology_repository{db}.hosts_of("admin")).at(0);
  BOOST_TEST(host.addresses == "10.0.0.1,fe80::1");
  BOOST_TEST(host.first_ms == 1000);
  BOOST_TEST(host.seen_ms == 10'000);
  BOOST_TEST(ok(topology_repository{db}.links_of_host("h1", 0, 20'000, 2)).size() == 2u);
  BOOST_TEST(ok(topology_repository{db}.hosts_of("eve")).empty());
  BOOST_TEST(ok(topology_repository{db}.links_of("eve", 0, 20'000, 9)).empty());
}

STORE_CASE(news_of_two_nodes_are_stored_once) {
  auto& db = it.db();
  store_host(db, "h1");
  keep(db, news_at(1000, true, {"a"}));
  keep(db, news_at(1500, true, {"a"}));
  keep(db, news_at(1600, false, {"a"}));
  BOOST_TEST(links_in(db) == "a 1000-0;");
  for (int i = 0; i < 2; ++i) {
    auto over = news_at(9000, false, {});
    over.ended = {{"a", 3000}};
    keep(db, over);
  }
  BOOST_TEST(links_in(db) == "a 1000-3000;");
  // At the very same time once more: there is but one such end.
  keep(db, news_at(9500, false, {"a"}));
  auto over = news_at(9900, false, {});
  over.ended = {{"a", 3000}};
  keep(db, over);
  BOOST_TEST(links_in(db) == "a 1000-3000;");
}

STORE_CASE(what_a_node_did_not_see_the_end_of_ended_when_its_host_was_seen_last) {
  auto& db = it.db();
  store_host(db, "h1");
  keep(db, news_at(1000, true, {"a", "b"}));
  ok(transact(db, [](database& d) { return topology_repository{d}.note_seen({{"h1", 5000}}); }));
  ok(transact(db, [](database& d) { return topology_repository{d}.note_seen({{"h1", 4000}}); }));
  keep(db, news_at(9000, true, {"b", "c"}));
  BOOST_TEST(links_in(db) == "a 1000-5000;b 1000-0;c 9000-0;");
  // After a long silence all begin anew.
  keep(db, news_at(9000 + silence, true, {"b"}));
  BOOST_TEST(links_in(db) == "a 1000-5000;b 1000-9000;c 9000-9000;b 109000-0;");
}

STORE_CASE(links_go_with_their_time_and_with_their_host) {
  auto& db = it.db();
  store_host(db, "h1");
  keep(db, news_at(1000, true, {"a", "b"}));
  auto over = news_at(9000, false, {"c"});
  over.ended = {{"a", 3000}};
  keep(db, over);
  topology_repository links{db};
  BOOST_TEST(ok(links.expire(3000)) == 0);
  BOOST_TEST(ok(links.expire(3001)) == 1);
  BOOST_TEST(ok(links.expire(3001)) == 0);
  BOOST_TEST(links_in(db) == "b 1000-0;c 9000-0;");
  BOOST_TEST(ok(links.expire(9001)) == 2); // Its host was seen last before that.
  BOOST_TEST(ok(links.expire(9001)) == 0);
  BOOST_TEST(ok(links.hosts_of("admin")).empty());
  keep(db, news_at(10'000, true, {"a"}));
  ok(transact(db, [](database& d) { return host_repository{d}.remove("admin", "h1", 1); }));
  BOOST_TEST(ok(db.count("select count(*) from topology_link")) == 0);
  BOOST_TEST(ok(db.count("select count(*) from topology_host")) == 0);
  keep(db, news_at(11'000, true, {"a"})); // Of a host that is no more.
  BOOST_TEST(ok(db.count("select count(*) from topology_link")) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace topology_store_test
