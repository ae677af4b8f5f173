#include "runtime/io/storage/sample_repository.hpp"
#include "runtime/io/storage/series_repository.hpp"
#include "tests/io/storage/samples.hpp"

namespace series_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

void store_in(database& db, const std::string& group, const std::string& id) {
  std::ignore = host_repository{db}.add_group(owner, {group, ""});
  committed(db, [&] { return host_repository{db}.add(host_named(id, group)); });
}

/// A host that answered with these series.
void sample(database& db,
            const std::string& id,
            std::vector<series_key> keys,
            const std::string& status = "online") {
  round_to_commit x;
  x.owner = owner;
  x.host_id = id;
  x.since_ms = 500;
  x.until_ms = 1000;
  x.rule_set_digest = "rules";
  x.sample_blob = "\x01";
  x.status = "online";
  x.status_since_ms = 1000;
  for (auto& key : keys)
    x.new_series.push_back({static_cast<uint32_t>(2 + x.new_series.size()), std::move(key)});
  ok(transact(db, [&](database& d) { return sample_repository{d}.commit_round(x); }));
  if (status != "online")
    ok(host_repository{db}.set_status(id, status, 2000));
}

owner_series look(database& db, std::vector<std::string> names, const char* of = owner) {
  return ok(series_repository{db}.look(of, names));
}

} // namespace

BOOST_AUTO_TEST_SUITE(series_of_an_owner)

STORE_CASE(names_are_of_all_series_and_labels_of_those_asked_for) {
  auto& db = it.db();
  store_in(db, "g", "h1");
  store_in(db, "g", "h2");
  sample(db, "h1", {{"disk", {{"d", "a"}}}, {"load", {}}});
  sample(db, "h2", {{"disk", {{"d", "a"}}}, {"disk", {{"d", "b"}}}, {"swap", {}}}, "offline");
  auto found = look(db, {"disk", "none"});
  BOOST_TEST(found.hosts == 2);
  BOOST_TEST(found.is_all);
  BOOST_TEST(found.online == std::vector<std::string>{"h1"}, boost::test_tools::per_element());
  std::sort(found.names.begin(), found.names.end());
  BOOST_TEST(found.names == (std::vector<std::string>{"disk", "load", "swap"}),
             boost::test_tools::per_element());
  std::sort(found.series.begin(), found.series.end());
  BOOST_TEST(
    (found.series == std::vector<series_key>{{"disk", {{"d", "a"}}}, {"disk", {{"d", "b"}}}}));
  BOOST_TEST(look(db, {}).series.empty());
}

STORE_CASE(others_see_nothing_of_it_and_hosts_that_never_answered_are_none) {
  auto& db = it.db();
  store_in(db, "g", "h1");
  BOOST_TEST(look(db, {"disk"}).hosts == 0);
  sample(db, "h1", {{"disk", {}}});
  BOOST_TEST(look(db, {"disk"}).hosts == 1);
  auto other = look(db, {"disk"}, "bob");
  BOOST_TEST(other.hosts == 0);
  BOOST_TEST(other.names.empty());
}

STORE_CASE(of_many_hosts_some_of_each_group_are_looked_at) {
  auto& db = it.db();
  for (size_t i = 0; i < series_repository::most_hosts + 6; ++i) {
    auto id = "h" + std::to_string(i);
    store_in(db, "large", id);
    sample(db, id, {{"load", {}}});
  }
  store_in(db, "small", "last");
  sample(db, "last", {{"rare", {}}});
  auto found = look(db, {"rare"});
  BOOST_TEST(found.hosts == static_cast<int64_t>(series_repository::most_hosts));
  BOOST_TEST(!found.is_all);
  BOOST_TEST(found.series.size() == 1u);
  BOOST_TEST(found.online.size() == series_repository::most_online);
  BOOST_TEST((std::find(found.online.begin(), found.online.end(), "last") != found.online.end()));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace series_test
