#include "runtime/io/storage/tree_repository.hpp"
#include "tests/io/storage/samples.hpp"

namespace rule_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

bool upsert(database& db, const check_rule& rule, const char* of = owner) {
  return committed(db, [&] { return rule_repository{db}.upsert(of, rule, 1); });
}

int64_t remove(database& db, std::vector<std::string> items) {
  return committed(db, [&] { return rule_repository{db}.remove(owner, items, 1); });
}

int64_t rules_version(database& db) { return ok(meta_repository{db}.read()).rules; }

bool import(database& db, const std::string& name, const std::string& content) {
  tree_to_import tree;
  tree.tree_name = name;
  tree.tree_content.text = content;
  tree.description = "about " + name;
  tree.tag = {"a", "b"};
  return committed(db, [&] { return tree_repository{db}.upsert(owner, tree, 1); });
}

} // namespace

BOOST_AUTO_TEST_SUITE(rules)

STORE_CASE(a_rule_comes_back_as_it_was_stored) {
  auto& db = it.db();
  auto rule = rule_named("cpu");
  rule.severity = "critical";
  rule.plugin = "own";
  rule.host_group_list.emplace(std::vector<std::string>{"web"});
  rule.data_list.push_back({"messages", "log", {}});
  BOOST_TEST(upsert(db, rule));
  auto page = ok(rule_repository{db}.page(owner, {}));
  BOOST_REQUIRE(page.check_items.size() == 1u);
  BOOST_TEST((page.check_items[0] == rule));
}

STORE_CASE(an_import_replaces_a_rule_of_the_same_name) {
  auto& db = it.db();
  BOOST_TEST(upsert(db, rule_named("cpu", "$0 > 1")));
  auto before = rules_version(db);
  BOOST_TEST(!upsert(db, rule_named("cpu", "$0 > 2")));
  BOOST_TEST(rules_version(db) == before + 1);
  BOOST_TEST(ok(rule_repository{db}.count(owner)) == 1);
  BOOST_TEST(ok(rule_repository{db}.page(owner, {})).check_items[0].condition == "$0 > 2");
}

STORE_CASE(rules_of_others_are_others_rules) {
  auto& db = it.db();
  upsert(db, rule_named("cpu"));
  BOOST_TEST(upsert(db, rule_named("cpu"), "bob"));
  BOOST_TEST(remove(db, {"cpu"}) == 1);
  BOOST_TEST(ok(rule_repository{db}.count("bob")) == 1);
  BOOST_TEST(ok(rule_repository{db}.owners()) == std::vector<std::string>{"bob"},
             boost::test_tools::per_element());
}

STORE_CASE(deleting_unknown_rules_changes_nothing) {
  auto& db = it.db();
  upsert(db, rule_named("cpu"));
  auto before = rules_version(db);
  BOOST_TEST(remove(db, {"unknown"}) == 0);
  BOOST_TEST(remove(db, {}) == 0);
  BOOST_TEST(rules_version(db) == before);
  BOOST_TEST(remove(db, {"cpu", "unknown"}) == 1);
  BOOST_TEST(rules_version(db) == before + 1);
}

STORE_CASE(rules_are_listed_by_pages_and_by_name) {
  auto& db = it.db();
  for (auto name : {"d", "b", "a", "c"})
    upsert(db, rule_named(name));
  rules_query q;
  q.sort.emplace("check_item");
  q.direction.emplace("desc");
  q.page.emplace(1);
  q.per_page.emplace(3);
  auto page = ok(rule_repository{db}.page(owner, q));
  BOOST_TEST(page.total_count == 4);
  BOOST_TEST(page.total_page == 2);
  BOOST_TEST(page.check_items.at(0).check_item == "d");
  BOOST_TEST(page.check_items.at(2).check_item == "b");
  rules_query some;
  some.check_items = {"a", "unknown", "d"};
  BOOST_TEST(ok(rule_repository{db}.page(owner, some)).total_count == 2);
}

STORE_CASE(the_digest_of_a_set_follows_its_content_alone) {
  auto& db = it.db();
  rule_repository rules{db};
  auto empty = ok(rules.of_owner(owner));
  BOOST_TEST(empty.digest.size() == 64u);
  upsert(db, rule_named("b"));
  upsert(db, rule_named("a"));
  auto both = ok(rules.of_owner(owner));
  BOOST_REQUIRE(both.rules.size() == 2u);
  BOOST_TEST(both.rules[0].check_item == "a");
  BOOST_TEST(both.digests[0] == content_of(rule_named("a")).digest);
  BOOST_TEST(both.digest != empty.digest);
  upsert(db, rule_named("a", "$0 > 2"));
  BOOST_TEST(ok(rules.of_owner(owner)).digest != both.digest);
  upsert(db, rule_named("a"));
  BOOST_TEST(ok(rules.of_owner(owner)).digest == both.digest);
}

STORE_CASE(content_outlives_its_rule) {
  auto& db = it.db();
  auto digest = store_rule(db, "cpu");
  remove(db, {"cpu"});
  auto text = ok(content_repository{db}.text_of(digest));
  BOOST_TEST(ok(decode_rule(digest, text))->check_item == "cpu");
  BOOST_TEST(failure_of(content_repository{db}.text_of("unknown")) == ec::not_found);
}

BOOST_AUTO_TEST_CASE(a_damaged_rule_is_corrupt) {
  BOOST_TEST(failure_of(decode_rule("digest of nothing", "{\"check_item\":")) == ec::corrupt);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(trees)

STORE_CASE(a_tree_comes_back_as_it_came) {
  auto& db = it.db();
  BOOST_TEST(import(db, "t", R"({"b":1,"a":{"x":[1,2]}})"));
  auto found = ok(tree_repository{db}.list(owner, {}));
  BOOST_REQUIRE(found.size() == 1u);
  BOOST_TEST(found[0].tree_name == "t");
  BOOST_TEST(found[0].tree_content.text == R"({"b":1,"a":{"x":[1,2]}})");
  BOOST_TEST(found[0].description == "about t");
  BOOST_TEST(found[0].tag == (std::vector<std::string>{"a", "b"}),
             boost::test_tools::per_element());
  BOOST_TEST(!import(db, "t", R"({"b":2})"));
  BOOST_TEST(ok(tree_repository{db}.list(owner, {}))[0].tree_content.text == R"({"b":2})");
}

STORE_CASE(equal_trees_have_one_digest_whatever_their_spelling) {
  BOOST_TEST(ok(tree_digest(R"({"b":1,"a":2})")) == ok(tree_digest(R"({ "a": 2.0, "b": 1 })")));
  BOOST_TEST(ok(tree_digest(R"({"b":1})")) != ok(tree_digest(R"({"b":2})")));
  BOOST_TEST(failure_of(tree_digest("{")) == ec::bad_request);
}

STORE_CASE(trees_are_found_by_name_in_the_order_asked) {
  auto& db = it.db();
  for (std::string name : {"a", "b", "c"})
    import(db, name, R"({"value":")" + name + "\"}");
  auto found = ok(tree_repository{db}.contents(owner, {"c", "x", "a", "c"}));
  BOOST_REQUIRE(found.size() == 2u);
  BOOST_TEST(found[0].tree_name == "c");
  BOOST_TEST(found[0].digest == ok(tree_digest(found[0].content)));
  BOOST_TEST(found[1].tree_name == "a");
  BOOST_TEST(ok(tree_repository{db}.list(owner, {"b", "x"})).size() == 1u);
  BOOST_TEST(ok(tree_repository{db}.contents("bob", {"a"})).empty());
  BOOST_TEST(committed(db, [&] { return tree_repository{db}.remove(owner, {"a", "x"}); }) == 1);
  BOOST_TEST(ok(tree_repository{db}.list(owner, {})).size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace rule_test
