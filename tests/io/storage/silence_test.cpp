#include "runtime/io/storage/alert_history.hpp"
#include "runtime/io/storage/host_repository.hpp"
#include "runtime/io/storage/notice_repository.hpp"
#include "runtime/io/storage/sample_repository.hpp"
#include "runtime/io/storage/silence_repository.hpp"
#include "tests/io/storage/samples.hpp"

namespace silence_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

stored_silence silence_named(const std::string& id, int64_t start_ms, int64_t end_ms) {
  stored_silence x;
  x.id = id;
  x.owner = owner;
  x.user = owner;
  x.terms.comment = "c of " + id;
  x.terms.hosts = {"h"};
  x.start_ms = start_ms;
  x.end_ms = end_ms;
  x.created_ms = start_ms;
  return x;
}

void keep_silence(database& db, const stored_silence& x) {
  committed(db, [&] { return silence_repository{db}.add(x, x.created_ms); });
}

std::string ids_of(const std::vector<stored_silence>& all) {
  std::string out;
  for (const auto& x : all)
    out += (out.empty() ? "" : " ") + x.id;
  return out;
}

std::string page_ids(database& db, int64_t now_ms, const silences_query& q = {}) {
  auto page = ok(silence_repository{db}.page(owner, q, now_ms));
  return ids_of(page.first) + " of " + std::to_string(page.second);
}

void begin_alert(database& db) {
  round_to_commit x;
  x.owner = owner;
  x.host_id = "h";
  x.until_ms = 1000;
  x.alerts = {
    {"disk", {{"m", "/"}}, "Abnormal", 1000, "critical", "", {{"team", "a"}}, {{"s", "t"}}}};
  base::notify_receiver to;
  to.name = "oncall";
  const std::vector tell = {to};
  committed(db, [&] { return sample_repository{db, tell}.commit_round(x); });
}

std::vector<notice> due_at(database& db, int64_t now_ms) {
  const std::vector<uint16_t> slots = {0, 1, 2};
  return ok(notice_repository{db}.due({"oncall"}, slots, now_ms, 100));
}

} // namespace

BOOST_AUTO_TEST_SUITE(stored_silences)

STORE_CASE(they_are_listed_those_that_have_not_ended_first) {
  auto& db = it.db();
  keep_silence(db, silence_named("old", 1000, 2000));
  keep_silence(db, silence_named("now", 1000, 9000));
  keep_silence(db, silence_named("later", 8000, 9000));
  BOOST_TEST(page_ids(db, 5000) == "later now old of 3");
  silences_query q;
  q.ended = true;
  BOOST_TEST(page_ids(db, 5000, q) == "old of 1");
  q.ended = false;
  q.sort = "starts_at";
  BOOST_TEST(page_ids(db, 5000, q) == "now later of 2");
  BOOST_TEST(ids_of(ok(silence_repository{db}.of_owners({owner}, 5000))) == "now later");
  BOOST_TEST(ids_of(ok(silence_repository{db}.find("somebody", {"now"}))) == "");
  committed(db, [&] { return silence_repository{db}.expire(3000).map([](int64_t) {}); });
  BOOST_TEST(page_ids(db, 5000) == "later now of 2");
}

STORE_CASE(a_group_that_is_deleted_leaves) {
  auto& db = it.db();
  store_host(db, "h");
  silence_repository silences{db};
  BOOST_TEST(ok(silences.hosts_of(owner, {"name-h"})).size() == 1u);
  BOOST_TEST(failure_of(silences.hosts_of(owner, {"h", "nobody"})) == ec::bad_request);
  ok(host_repository{db}.add_group(owner, {"other", ""}));
  auto x = silence_named("s", 1000, 9000);
  x.terms.hosts.clear();
  x.terms.groups = ok(silences.groups_of(owner, {"g", "other"}));
  BOOST_TEST(x.terms.groups.size() == 2u);
  keep_silence(db, x);
  committed(db,
            [&] { return host_repository{db}.delete_groups(owner, {"other"}).map([](auto) {}); });
  auto left = ok(silences.of_owners({owner}, 0));
  BOOST_REQUIRE(left.size() == 1u);
  BOOST_TEST(left[0].terms.groups.size() == 1u);
  BOOST_TEST(left[0].has_groups);
  BOOST_TEST(ok(silences.names_for(owner, left)).groups.at(left[0].terms.groups[0]) == "g");
}

STORE_CASE(their_number_has_a_bound) {
  auto& db = it.db();
  for (int i = 0; i < silence_repository::most_silences; ++i)
    ok(transact(db, [&](database& d) {
      return silence_repository{d}.add(silence_named(std::to_string(i), 1000, i ? 9000 : 2000),
                                       1000);
    }));
  auto add = [&](int64_t now_ms) {
    return transact(db, [&](database& d) {
      return silence_repository{d}.add(silence_named("more", 1000, 9000), now_ms);
    });
  };
  BOOST_TEST(failure_of(add(1000)) == ec::bad_request);
  ok(add(3000)); // One has ended.
}

STORE_CASE(what_one_holds_is_due_when_it_ends) {
  auto& db = it.db();
  store_host(db, "h");
  begin_alert(db);
  keep_silence(db, silence_named("s", 500, 9000));
  auto rows = due_at(db, 2000);
  BOOST_REQUIRE(rows.size() == 1u);
  BOOST_TEST(rows[0].due_ms == 1000);
  auto hold = [&](const std::string& silence, int64_t now_ms) {
    committed(db,
              [&] { return notice_repository{db}.hold(rows[0].key, silence, true, now_ms, 9000); });
  };
  hold("gone", 2000); // Ended meanwhile: nothing happens.
  BOOST_TEST(due_at(db, 2000).size() == 1u);
  hold("s", 2000);
  BOOST_TEST(due_at(db, 8999).empty());
  const std::vector<uint16_t> slots = {0, 1, 2};
  BOOST_TEST(ok(notice_repository{db}.waiting(slots)).empty());
  committed(db, [&] {
    auto all = silence_repository{db}.find(owner, {"s"});
    return all ? silence_repository{db}.end(all->at(0), "ann", 3000) : expected<void>{};
  });
  rows = due_at(db, 3000);
  BOOST_REQUIRE(rows.size() == 1u);
  BOOST_TEST(rows[0].was_held);
  auto ended = ok(silence_repository{db}.of_owners({owner}, 0));
  BOOST_TEST(ended[0].end_ms == 3000);
  BOOST_TEST(ended[0].ended_by == "ann");
}

STORE_CASE(a_receiver_that_is_new_hears_of_labels_and_annotations) {
  auto& db = it.db();
  store_host(db, "h");
  begin_alert(db);
  ok(db.run("delete from notice"));
  base::notify_receiver to;
  to.name = "oncall";
  const std::vector tell = {to};
  const std::vector<uint16_t> slots = {0, 1, 2};
  committed(db, [&] { return notice_repository{db}.adopt(tell, slots, 2000).map([](int64_t) {}); });
  auto rows = due_at(db, 2000);
  BOOST_REQUIRE(rows.size() == 1u);
  BOOST_TEST(rows[0].body.rule_labels.at("team") == "a");
  BOOST_TEST(rows[0].body.annotations.at("s") == "t");
}

STORE_CASE(what_is_an_alert_now_is_one_since_it_began) {
  auto& db = it.db();
  store_host(db, "h");
  begin_alert(db);
  auto past = ok(read_alert_history(db, {owner, {"h"}, {}, 0, 5000, 100})).all;
  BOOST_REQUIRE(past.size() == 1u);
  BOOST_TEST(past[0].from_ms == 1000);
  BOOST_TEST(past[0].until_ms == 5000);
  BOOST_TEST(past[0].lasts);
  BOOST_TEST(past[0].rule_labels.at("team") == "a");
  BOOST_TEST(ok(read_alert_history(db, {owner, {"h"}, {}, 0, 500, 100})).all.empty());
  BOOST_TEST(ok(read_alert_history(db, {"somebody", {"h"}, {}, 0, 5000, 100})).all.empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace silence_test
