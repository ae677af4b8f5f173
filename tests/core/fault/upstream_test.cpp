// Leaves that ask of the hosts that the judged one depends on.
#include "runtime/core/fault/hidden_hosts.hpp"
#include "runtime/core/fault/report.hpp"
#include "tests/core/fault/trees.hpp"

#include <boost/test/unit_test.hpp>

namespace upstream_test {

using namespace aops;
using namespace aops::fault;
using namespace aops::fault::tests;

namespace {

constexpr slice when{100'000, 160'000};
constexpr auto normal = leaf_state::normal, abnormal = leaf_state::abnormal,
               no_data = leaf_state::no_data, failed = leaf_state::internal_error,
               not_evaluated = leaf_state::not_evaluated;

const std::vector<item_instance> on_hosts = {
  {{}, "disk on db1", "1"},
  {{{"mountpoint", "/var"}}, "disk{mountpoint=\"/var\"} on db1", "1"},
  {{}, "disk on db2", "2"}};
constexpr uint32_t db1 = 1, db1_var = 2, db2 = 3;
const std::vector<upstream_link> links = {{"1", "db1", {"web1 nginx -> db1 mysqld 10.0.0.2:3306"}},
                                          {"2", "db2", {"web1 -> db1 :1", "db1 -> db2 :2"}}};

json asking(const json& match = nullptr) {
  auto out = leaf("db disk full", "disk");
  out["scope"] = "upstream";
  if (!match.is_null())
    out["match"] = match;
  return out;
}

result found(uint32_t instance, leaf_state value, std::string_view reason = {}) {
  return {110'000, 120'000, value, instance, reason};
}

leaf_state
state(const std::vector<result>& results, const json& match = nullptr, bool has_rule = true) {
  auto asked = read_leaf_item(asking(match)).value();
  return state_of_upstream(selected_instances(asked, on_hosts), on_hosts, results, when, has_rule);
}

/// Of a tree with one leaf that asks of others, and one on the same rule that does not.
json made(const std::vector<result>& of_others, const std::vector<result>& own = {}) {
  auto tree = branch("slow", "db disk full || own", {asking(), leaf("own", "disk")});
  auto what = compiled(tree);
  BOOST_REQUIRE(what->asked().size() == 2u);
  reporter r(what, std::vector<item_rule>(2, {"d", "$0 > 90"}));
  item_data others{of_others, {}, true, on_hosts};
  others.upstream = links;
  auto x = r.make(when, std::vector<item_data>{others, {own, {}}});
  auto out = json::parse(x.details);
  out["value"] = x.value;
  return out;
}

std::string import_refusal(json change) {
  auto tree = branch("slow", "it", {leaf("it", "disk")});
  for (const auto& [name, value] : change.items())
    tree["children"][0][name] = value;
  auto read = tree::import_text(tree.dump());
  return read ? "" : read.error().detail;
}

} // namespace

BOOST_AUTO_TEST_SUITE(upstream)

BOOST_AUTO_TEST_CASE(one_abnormal_host_is_enough) {
  BOOST_TEST((state({}) == normal)); // It depends on nobody, or all of them are well.
  BOOST_TEST((state({found(db2, abnormal)}) == abnormal));
  BOOST_TEST((state({found(db1, no_data), found(db2, abnormal)}) == abnormal));
  BOOST_TEST((state({found(db1, no_data), found(db2, failed)}) == no_data));
  BOOST_TEST((state({found(db1, failed)}) == failed));
  BOOST_TEST((state({{170'000, 180'000, abnormal, db2}}) == normal));
}

BOOST_AUTO_TEST_CASE(what_nobody_knows_is_not_well) {
  BOOST_TEST((state({found(0, no_data)}) == no_data)); // Nobody knows on whom it depends.
  BOOST_TEST((state({found(db1, not_evaluated)}) == not_evaluated));
  BOOST_TEST((state({found(db1, not_evaluated), found(db2, abnormal)}) == abnormal));
  BOOST_TEST((state({}, nullptr, false) == not_evaluated));
}

BOOST_AUTO_TEST_CASE(instances_match_on_other_hosts_as_at_home) {
  const json var = {{"mountpoint", "/var"}}, home = {{"mountpoint", "/home"}};
  BOOST_TEST((state({found(db1_var, abnormal)}, var) == abnormal));
  BOOST_TEST((state({found(db1_var, abnormal)}, home) == normal));
  BOOST_TEST((state({found(db1_var, no_data)}, home) == normal));
  // What is not known of the rule there is not known of its instances.
  BOOST_TEST((state({found(db2, no_data)}, var) == no_data));
  BOOST_TEST((state({found(db2, abnormal)}, var) == normal));
}

BOOST_AUTO_TEST_CASE(a_depth_is_a_number_within_bounds_and_makes_another_question) {
  const char* wrong = R"("depth" must be a whole number from 1 to 4)";
  BOOST_TEST(import_refusal({{"scope", "upstream"}, {"depth", 4}}) == "");
  for (const json& x : {json(0), json(5), json("2"), json(1.5), json(nullptr)})
    BOOST_TEST(import_refusal({{"scope", "upstream"}, {"depth", x}}).ends_with(wrong));
  BOOST_TEST(
    import_refusal({{"depth", 1}}).ends_with(R"("depth" is for leaves with "scope": "upstream")"));
  auto usual = asking(), same = asking(), near = asking();
  same["depth"] = 2;
  near["depth"] = 1;
  BOOST_TEST(key_of(usual) == key_of(same));
  BOOST_TEST(key_of(usual) != key_of(near));
  BOOST_TEST(read_leaf_item(same)->text == "upstream disk");
  BOOST_TEST(read_leaf_item(near)->text == "upstream(1) disk");
  BOOST_TEST(read_leaf_item(near)->depth == 1);
}

BOOST_AUTO_TEST_CASE(members_of_a_leaf_are_read_also_where_another_one_asks_the_same) {
  for (const auto* member : {"instances", "scope", "match"}) {
    auto second = leaf("b", "disk");
    second[member] = "foo";
    auto tree = branch("slow", "a || b", {leaf("a", "disk"), second});
    auto read = tree::import_text(tree.dump());
    BOOST_REQUIRE(!read);
    BOOST_TEST(read.error().detail.starts_with(R"("slow" > "b": ")" + std::string{member}));
  }
  // One that is stored goes on as it was.
  auto second = leaf("b", "disk");
  second["instances"] = "foo";
  BOOST_TEST(tree::parse(branch("slow", "a || b", {leaf("a", "disk"), second})).has_value());
}

BOOST_AUTO_TEST_CASE(who_may_not_see_a_host_reads_of_another_host) {
  using details = nlohmann::json;
  auto of = [](const json& x) { return details::parse(x.dump()); };
  auto tree = nlohmann::ordered_json::parse(
    branch("slow", "db disk full || own", {asking(), leaf("own", "disk")}).dump());
  auto all = of(made({found(db1_var, abnormal, "10.0.0.2 is full"), found(db2, abnormal)}));
  BOOST_TEST(tells_of_other_hosts(all));
  auto some = all;
  hide_hosts(some, tree, {{"1"}, {"db1", "web1"}});
  BOOST_TEST(some.at("root_causes").at(0).at("instances") ==
             details::array({"disk{mountpoint=\"/var\"} on db1", "disk on another host"}));
  BOOST_TEST(some.at("evidence").at(0) == all.at("evidence").at(0));
  const auto& hidden = some.at("evidence").at(1);
  BOOST_TEST(hidden.at("instance") == "disk on another host");
  BOOST_TEST(hidden.at("host_name") == "another host");
  BOOST_TEST(hidden.at("path") == details::array({"web1 -> db1 :1", "db1 -> another host"}));
  BOOST_TEST(hidden.at("first") == all.at("evidence").at(1).at("first"));
  BOOST_TEST(some.dump().find("db2") == std::string::npos);

  auto none = all;
  hide_hosts(none, tree, {{"3"}, {"web1"}});
  auto text = none.dump();
  for (const auto* secret : {"db1", "db2", "10.0.0.2", "mysqld", "/var"})
    BOOST_TEST(text.find(secret) == std::string::npos);
  BOOST_TEST(none.at("root_causes").at(0).at("instances") ==
             details::array({"disk on another host"}));
  BOOST_TEST(none.at("evidence").at(0).at("path") ==
             details::array({"web1 nginx -> another host"}));

  auto missing = of(made({found(db2, no_data, "connect to 10.0.0.3:9100: refused")}));
  hide_hosts(missing, tree, {{"1"}, {"db1", "web1"}});
  text = missing.dump();
  BOOST_TEST(text.find("10.0.0.3") == std::string::npos);
  BOOST_TEST(text.find("db2") == std::string::npos);
  BOOST_TEST(text.find("disk on another host") != std::string::npos);
  // Of its own rules all is said.
  auto own = of(made({}, {{110'000, 120'000, abnormal, 0, ""}}));
  BOOST_TEST(!tells_of_other_hosts(own));
  auto same = own;
  hide_hosts(same, tree, {});
  BOOST_TEST(same == own);
}

BOOST_AUTO_TEST_CASE(a_scope_is_checked) {
  BOOST_TEST(import_refusal({{"scope", "upstream"}}) == "");
  BOOST_TEST(import_refusal({{"scope", "own"}}) == "");
  BOOST_TEST(import_refusal({{"scope", "upstream"}, {"match", {{"a", "b"}}}}) == "");
  BOOST_TEST(import_refusal({{"scope", "downstream"}}) ==
             R"("slow" > "it": "scope" must be "own" or "upstream")");
  BOOST_TEST(import_refusal({{"scope", 1}}).ends_with(R"("scope" must be "own" or "upstream")"));
  BOOST_TEST(import_refusal({{"scope", "upstream"}, {"instances", "all"}})
               .ends_with(R"("instances": "all" does not go with "scope": "upstream")"));
  auto tree = branch("slow", "it", {leaf("it", "disk")});
  tree["scope"] = "upstream";
  auto read = tree::import_text(tree.dump());
  BOOST_REQUIRE(!read);
  BOOST_TEST(read.error().detail == R"("slow": "scope" is for leaves (nodes with "check item"))");
  // Also where an other leaf asks of the same item.
  auto twice = branch("slow", "a || b", {leaf("a", "disk"), leaf("b", "disk")});
  twice["children"][1]["scope"] = "downstream";
  BOOST_TEST(refusal(twice).ends_with(R"("scope" must be "own" or "upstream")"));
}

BOOST_AUTO_TEST_CASE(a_leaf_of_its_own_is_as_one_that_says_nothing) {
  auto tree = branch("slow", "a || b", {leaf("a", "disk"), leaf("b", "disk")});
  tree["children"][1]["scope"] = "own";
  auto what = compiled(tree);
  BOOST_TEST(what->items().size() == 1u);
  BOOST_TEST(what->asked()[0].is_plain());
  tree["children"][1]["scope"] = "upstream";
  what = compiled(tree);
  BOOST_REQUIRE(what->items().size() == 2u);
  BOOST_TEST(what->items()[1] == "upstream disk");
  BOOST_TEST(!what->asked()[1].is_plain());
}

BOOST_AUTO_TEST_CASE(a_report_names_the_host_and_the_way_to_it) {
  auto d = made({found(db1_var, abnormal)});
  BOOST_TEST(d["value"] == true);
  BOOST_TEST(d["verdict"] == "true");
  BOOST_TEST(
    d["evidence"].dump() ==
    R"([{"check_item":"disk","condition":"$0 > 90","first":110,"last":120,"samples":[],)"
    R"("instance":"disk{mountpoint=\"/var\"} on db1","labels":{"mountpoint":"/var"},)"
    R"("host_id":"1","host_name":"db1","path":["web1 nginx -> db1 mysqld 10.0.0.2:3306"]}])");
  BOOST_TEST(d["root_causes"][0]["evidence"].dump() == R"(["disk"])");
  BOOST_TEST(d["root_causes"][0]["instances"].dump() == R"(["disk{mountpoint=\"/var\"} on db1"])");
  BOOST_TEST(d["missing"].dump() == "[]");
  // The same rule at home is told apart.
  d = made({found(db1, abnormal)}, {{110'000, 120'000, abnormal}});
  BOOST_REQUIRE(d["evidence"].size() == 2u);
  BOOST_TEST(!d["evidence"][1].contains("host_id"));
  // What was found there says more than the rule.
  d = made({found(db2, abnormal, "/etc/my.cnf changed")});
  BOOST_TEST(d["evidence"][0]["condition"] == "/etc/my.cnf changed");
  BOOST_TEST(d["evidence"][0]["path"].size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_report_says_what_is_missing_of_whom) {
  auto d = made({found(db2, no_data, "refused")});
  BOOST_TEST(d["verdict"] == "unknown");
  BOOST_TEST(d["missing"].dump() ==
             R"([{"check_item":"disk","reason":"No data","first":110,"last":120,)"
             R"("detail":"refused","instances":["disk on db2"],"leaf":"upstream disk"}])");
  d = made({found(0, no_data, "no agent")});
  BOOST_TEST(d["missing"][0]["detail"] == "no agent");
  BOOST_TEST(!d["missing"][0].contains("instances"));
  d = made({found(db1, not_evaluated)});
  BOOST_TEST(d["missing"][0]["reason"] == "Not evaluated");
  BOOST_TEST(d["missing"][0]["instances"].dump() == R"(["disk on db1"])");
  BOOST_TEST(d["undecided"].dump() == R"([["upstream disk"]])");
}

BOOST_AUTO_TEST_CASE(where_it_was_is_part_of_the_hash) {
  auto hash = [](const json& x) { return x["content_hash"]; };
  BOOST_TEST(hash(made({found(db1, abnormal)})) == hash(made({found(db1, abnormal)})));
  BOOST_TEST(hash(made({found(db1, abnormal)})) != hash(made({found(db2, abnormal)})));
  BOOST_TEST(hash(made({found(db1, not_evaluated)})) != hash(made({found(db2, not_evaluated)})));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace upstream_test
