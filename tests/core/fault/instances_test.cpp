#include "runtime/core/fault/report.hpp"
#include "runtime/core/fault/stored_values.hpp"
#include "tests/core/fault/trees.hpp"

#include <boost/test/unit_test.hpp>

namespace instances_test {

using namespace aops;
using namespace aops::fault;
using namespace aops::fault::tests;

namespace {

constexpr slice when{100'000, 160'000};
constexpr auto normal = leaf_state::normal, abnormal = leaf_state::abnormal,
               no_data = leaf_state::no_data, failed = leaf_state::internal_error;

const std::vector<item_instance> disks = {{{{"mountpoint", "/"}}, "disk{mountpoint=\"/\"}"},
                                          {{{"mountpoint", "/home"}}, "disk{mountpoint=\"/home\"}"},
                                          {{{"mountpoint", "/var"}}, "disk{mountpoint=\"/var\"}"}};
constexpr uint32_t root = 1, home = 2, var = 3;

json asking(const json& match, const std::string& instances = "") {
  auto out = leaf("full", "disk");
  if (!match.is_null())
    out["match"] = match;
  if (!instances.empty())
    out["instances"] = instances;
  return out;
}

result at(uint32_t instance, leaf_state value, int64_t start = 110'000, int64_t end = 120'000) {
  return {start, end, value, instance};
}

leaf_state state(const json& node,
                 const std::vector<result>& results,
                 const std::vector<presence>& present = {},
                 bool is_covered = true) {
  auto asked = read_leaf_item(node).value();
  return state_of_instances(
    asked, selected_instances(asked, disks), results, present, when, is_covered);
}

report made(const json& tree, const std::vector<result>& results) {
  std::vector<evidence_sample> samples;
  for (uint32_t i = 0; i <= var; ++i)
    samples.push_back({110'000, number::of(int64_t{90 + i}), i});
  auto what = compiled(tree);
  auto asked = what->asked().size();
  reporter r(what, std::vector<item_rule>(asked, {"d", "$0 > 90"}));
  item_data one{results, samples, true, disks, {}};
  return r.make(when, std::vector<item_data>(asked, one));
}

json details(const report& x) { return json::parse(x.details); }

} // namespace

BOOST_AUTO_TEST_SUITE(instances)

BOOST_AUTO_TEST_CASE(a_leaf_means_any_instance_unless_it_matches_some) {
  BOOST_TEST((state(asking({{"mountpoint", "/var"}}), {at(var, abnormal)}) == abnormal));
  BOOST_TEST((state(asking({{"mountpoint", "/var"}}), {at(home, abnormal)}) == normal));
  BOOST_TEST((state(asking({{"mountpoint", "!=/var"}}), {at(var, abnormal)}) == normal));
  BOOST_TEST((state(asking({{"mountpoint", "=~/v.*|/"}}), {at(root, abnormal)}) == abnormal));
  BOOST_TEST(
    (state(asking({{"mountpoint", "=~/v.*|/"}}), {at(root, no_data), at(var, failed)}) == no_data));
  BOOST_TEST(
    (state(asking({{"mountpoint", "/var"}}), {at(var, abnormal, 161'000, 170'000)}) == normal));
  BOOST_TEST((state(asking({{"mountpoint", "/var"}}), {}, {}, false) == leaf_state::not_evaluated));
}

BOOST_AUTO_TEST_CASE(what_is_not_known_of_the_rule_is_not_known_of_its_instances) {
  BOOST_TEST((state(asking({{"mountpoint", "/var"}}), {at(0, no_data)}) == no_data));
  BOOST_TEST((state(asking({}, "all"), {at(0, no_data)}) == no_data));
  BOOST_TEST((state(asking({}, "all"), {at(0, no_data), at(var, abnormal)}, {{root, 0, 200'000}}) ==
              no_data));
  // A rule that had no labels before says nothing of `/var`.
  BOOST_TEST((state(asking({{"mountpoint", "/var"}}), {at(0, abnormal)}) == normal));
  BOOST_TEST((state(asking({}, "all"), {at(0, abnormal)}) == abnormal));
}

BOOST_AUTO_TEST_CASE(all_instances_are_those_that_were_there_in_the_slice) {
  auto all = asking({}, "all");
  std::vector<presence> two{{home, 90'000, 130'000}, {var, 150'000, 900'000}};
  BOOST_TEST((state(all, {at(var, abnormal), at(home, abnormal)}, two) == abnormal));
  BOOST_TEST((state(all, {at(var, abnormal)}, two) == normal));
  BOOST_TEST((state(all, {at(var, abnormal), at(home, no_data)}, two) == no_data));
  BOOST_TEST((state(all, {at(var, failed), at(home, abnormal)}, two) == failed));
  BOOST_TEST((state(all, {at(var, failed), at(home, no_data)}, two) == no_data));
  BOOST_TEST((state(all, {at(var, abnormal)}, {{home, 10'000, 90'000}}) == abnormal));
  BOOST_TEST((state(all, {}, {}) == normal));
  auto some = asking({{"mountpoint", "!=/home"}}, "all");
  BOOST_TEST((state(some, {at(var, abnormal)}, two) == abnormal));
}

BOOST_AUTO_TEST_CASE(leaves_that_ask_the_same_share_what_they_ask) {
  auto named = [](json node, const std::string& name) {
    node["node name"] = name;
    return node;
  };
  auto tree = compiled(branch("root",
                              "a || b || c || d",
                              {named(asking({{"x", "1"}, {"y", "=~2"}}), "a"),
                               named(asking({{"y", "=~2"}, {"x", "1"}}, "any"), "b"),
                               named(asking({}, "any"), "c"),
                               named(asking({}, "all"), "d")}));
  BOOST_TEST(
    (tree->items() == std::vector<std::string>{"disk{x=\"1\",y=~\"2\"}", "disk", "all disk"}));
  BOOST_TEST(tree->asked()[0].check_item == "disk");
  auto missing = tree->items_without_rule([](const std::string& item) { return item != "disk"; });
  BOOST_TEST(missing.size() == 4u);
  BOOST_TEST(missing[0].message == "no check rule is named \"disk\"");
}

BOOST_AUTO_TEST_CASE(nonsense_is_refused_with_the_path) {
  auto with = [](json node) { return refusal(branch("root", "full", {std::move(node)})); };
  auto fails = [&](const json& match, const std::string& why) {
    auto reason = with(asking(match));
    BOOST_TEST(reason.starts_with("\"root\" > \"full\": "));
    BOOST_TEST(reason.find(why) != std::string::npos, reason);
  };
  fails({{"fstype", "=~(ext4"}}, "match.fstype: ");
  fails({{"fstype", 4}}, "match.fstype: must be a text");
  fails(json::array(), "\"match\" must be an object");
  fails(json::object(), "\"match\" must be an object");
  BOOST_TEST(with(asking({}, "some")).find("\"instances\" must be \"any\" or \"all\"") !=
             std::string::npos);
  BOOST_TEST(with(asking({{"fstype", "=~ext.*"}}, "all")) == "");
}

BOOST_AUTO_TEST_CASE(a_report_tells_which_instances_were_abnormal) {
  auto tree = branch("root", "full", {asking({})});
  tree["children"][0].erase("match");
  auto x = made(tree, {at(home, abnormal), at(var, abnormal, 130'000, 140'000), at(root, no_data)});
  auto d = details(x);
  BOOST_TEST(
    d["evidence"].dump() ==
    R"([{"check_item":"disk","condition":"$0 > 90","first":110,"last":120,"samples":[[110,92]],)"
    R"("instance":"disk{mountpoint=\"/home\"}","labels":{"mountpoint":"/home"}},)"
    R"({"check_item":"disk","condition":"$0 > 90","first":130,"last":140,"samples":[[110,93]],)"
    R"("instance":"disk{mountpoint=\"/var\"}","labels":{"mountpoint":"/var"}}])");
  BOOST_TEST(d["root_causes"][0]["evidence"].dump() == R"(["disk"])");
  BOOST_TEST(d["root_causes"][0]["instances"].dump() ==
             R"(["disk{mountpoint=\"/home\"}","disk{mountpoint=\"/var\"}"])");
  BOOST_TEST(d["missing"].dump() == "[]");
  BOOST_TEST(x.content_hash != made(tree, {at(home, abnormal)}).content_hash);
  BOOST_TEST(made(tree, {at(var, abnormal)}).content_hash !=
             made(tree, {at(home, abnormal)}).content_hash);
}

BOOST_AUTO_TEST_CASE(leaves_of_one_rule_show_each_instance_once_and_their_own_ones_only) {
  auto other = asking({{"mountpoint", "/var"}});
  other["node name"] = "var full";
  auto any = asking({{"mountpoint", "!=/home"}});
  auto x =
    made(branch("root", "full && var full", {any, other}), {at(home, abnormal), at(var, abnormal)});
  auto d = details(x);
  BOOST_TEST(x.value);
  BOOST_REQUIRE(d["evidence"].size() == 1u);
  BOOST_TEST(d["evidence"][0]["instance"] == "disk{mountpoint=\"/var\"}");
  BOOST_TEST(d["root_causes"][0]["evidence"].dump() == R"(["disk"])");
  BOOST_TEST(d["root_causes"][0]["instances"].size() == 1u);
}

BOOST_AUTO_TEST_CASE(evidence_shows_what_was_judged_over_time) {
  judged_part part{"avg(1m)", var, {}}, other{"avg(1m)", home, {{110'000, number::of(1.0)}}};
  for (int64_t t = 90'000; t <= 170'000; t += 1000)
    part.values.emplace_back(t, number::of(t / 1000));
  std::vector<judged_part> parts{part, other};
  std::vector<result> results{at(var, abnormal)};
  reporter r(compiled(branch("root", "full", {leaf("full", "disk")})), {{"d", "x"}});
  auto shown = [&](slice in) {
    item_data one{results, {}, true, disks, {}, parts};
    return details(r.make(in, std::vector<item_data>{one}))["evidence"][0]["judged"];
  };
  auto judged = shown(when);
  BOOST_REQUIRE(judged.size() == 1u);
  BOOST_TEST(judged[0]["part"] == "avg(1m)");
  const auto& values = judged[0]["values"];
  BOOST_REQUIRE(values.size() == max_judged_values);
  BOOST_TEST(values.front().dump() == "[100,100]");
  BOOST_TEST(values.back().dump() == "[160,160]");
  BOOST_TEST(shown({110'000, 112'000})[0]["values"].dump() == "[[110,110],[111,111],[112,112]]");
}

BOOST_AUTO_TEST_CASE(what_is_missing_tells_of_what_and_why) {
  result silent{100'000, 130'000, no_data, 0, "exporter refused the connection"};
  auto d = details(made(branch("root", "full", {asking({{"mountpoint", "/var"}})}), {silent}));
  BOOST_TEST(d["missing"].dump() ==
             R"([{"check_item":"disk","reason":"No data","first":100,"last":130,)"
             R"("detail":"exporter refused the connection","leaf":"disk{mountpoint=\"/var\"}"}])");
  BOOST_TEST(d["undecided"].dump() == R"([["disk{mountpoint=\"/var\"}"]])");
  result gone{100'000, 130'000, no_data, var, "no sample"};
  auto plain = leaf("full", "disk");
  d = details(made(branch("root", "full", {plain}), {gone}));
  BOOST_TEST(d["missing"].dump() ==
             R"([{"check_item":"disk","reason":"No data","first":100,"last":130,)"
             R"("detail":"no sample","instances":["disk{mountpoint=\"/var\"}"]}])");
}

BOOST_AUTO_TEST_CASE(a_report_says_how_many_instances_it_leaves_out) {
  std::vector<item_instance> many;
  std::vector<result> results;
  for (uint32_t i = 1; i <= 40; ++i) {
    many.push_back({{{"device", std::to_string(i)}}, "disk" + std::to_string(i)});
    results.push_back(at(i, abnormal));
  }
  reporter r(compiled(branch("root", "full", {leaf("full", "disk")})), {{"d", "x"}});
  auto d = details(r.make(when, std::vector<item_data>{{results, {}, true, many, {}}}));
  BOOST_TEST(d["evidence"].size() == max_shown_instances);
  BOOST_TEST(d["evidence"][0]["more_instances"] == 24);
  BOOST_TEST(!d["evidence"][1].contains("more_instances"));
  BOOST_TEST(d["root_causes"][0]["instances"].size() == max_shown_instances);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(expansion_by_instances)

namespace {

json by_instance(json node, const std::string& label = "mountpoint") {
  node["expand"] = {{"by", "instance"}, {"check item", "disk"}, {"label", label}};
  return node;
}

json mounts() {
  auto full = leaf("full {id}", "disk");
  full["match"] = {{"mountpoint", "{id}"}};
  auto inodes = leaf("inodes", "inodes");
  inodes["match"] = {{"mountpoint", "=~{id}(/.*)?"}};
  return branch(
    "root", "fs {id}", {by_instance(branch("fs {id}", "full {id} || inodes", {full, inodes}))});
}

} // namespace

BOOST_AUTO_TEST_CASE(a_template_becomes_one_copy_per_value_of_a_label) {
  auto plain = compiled(mounts());
  BOOST_TEST((plain->wanted_labels() == std::vector<rule_label>{{"disk", "mountpoint"}}));
  host_facts facts;
  facts.instances[{"disk", "mountpoint"}] = {"/", "/srv/a+b"};
  facts.instances[{"other", "x"}] = {"y"};
  auto adapted = adapt(plain, facts).value();
  BOOST_TEST((adapted->items() ==
              std::vector<std::string>{"disk{mountpoint=\"/\"}",
                                       "inodes{mountpoint=~\"\\\\/(/.*)?\"}",
                                       "disk{mountpoint=\"/srv/a+b\"}",
                                       "inodes{mountpoint=~\"\\\\/srv\\\\/a\\\\+b(/.*)?\"}"}));
  BOOST_TEST(adapted->facts()->instances.size() == 1u);
  BOOST_TEST(adapted->nodes()[1].name == "fs /");
  // Stored, the report renders as it was.
  reporter r(adapted, std::vector<item_rule>(4, {"d", "x"}));
  auto x = r.make(when, std::vector<item_data>(4));
  auto stored = decode_values(x.values);
  BOOST_REQUIRE(stored.has_value());
  BOOST_TEST((stored->facts == adapted->facts()));
  auto text = json::parse(report_text(plain, x.values).value());
  BOOST_TEST(text["condition"] == "(fs / || fs /srv/a+b)");
  BOOST_TEST(text["children"][1]["children"][0]["match"]["mountpoint"] == "=/srv/a+b");
}

BOOST_AUTO_TEST_CASE(values_that_could_not_stand_in_a_name_are_written_otherwise) {
  host_facts facts;
  facts.instances[{"disk", "mountpoint"}] = {"/a(b)", "/a_b_", " ", "!=/x"};
  auto adapted = adapt(compiled(mounts()), facts);
  BOOST_REQUIRE_MESSAGE(adapted.has_value(), (adapted ? "" : adapted.error().detail));
  BOOST_TEST((*adapted)->nodes()[1].name == "fs /a_b_");
  BOOST_TEST((*adapted)->nodes()[4].name == "fs /a_b_ 2");
  BOOST_TEST((*adapted)->nodes()[7].name == "fs _");
  BOOST_TEST((*adapted)->items()[0] == "disk{mountpoint=\"/a(b)\"}");
  BOOST_TEST((*adapted)->items()[6] == "disk{mountpoint=\"!=/x\"}");
}

BOOST_AUTO_TEST_CASE(a_host_without_instances_has_a_leaf_without_data) {
  for (auto known : {false, true}) {
    host_facts facts;
    if (known)
      facts.instances[{"disk", "mountpoint"}];
    auto adapted = adapt(compiled(mounts()), facts).value();
    BOOST_TEST(adapted->items().empty());
    BOOST_TEST(adapted->nodes().size() == 2u);
  }
}

BOOST_AUTO_TEST_CASE(an_expand_by_instances_names_rule_and_label) {
  auto with = [](const json& expand) {
    auto node = leaf("full {id}", "disk");
    node["expand"] = expand;
    return refusal(branch("root", "full {id}", {node}));
  };
  BOOST_TEST(with({{"by", "instance"}, {"check item", "disk"}, {"label", "device"}}) == "");
  BOOST_TEST(with({{"by", "instance"}, {"check item", "disk"}}).find("needs \"check item\"") !=
             std::string::npos);
  BOOST_TEST(with({{"by", "cpu"}, {"label", "device"}}).find("goes with") != std::string::npos);
  BOOST_TEST(with({{"by", "instance"}, {"check item", "disk {id}"}, {"label", "device"}})
               .find("without {id}") != std::string::npos);
  BOOST_TEST(with({{"by", "instance"}, {"check item", "disk"}, {"lable", "device"}})
               .find("unknown member \"lable\", did you mean 'label'?") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(imports)

BOOST_AUTO_TEST_CASE(
  members_that_mean_nothing_are_refused_at_import_and_kept_where_they_are_stored) {
  auto why = [](const json& content) {
    auto x = tree::import_text(content.dump());
    return x ? "" : x.error().detail;
  };
  auto tree = branch("root", "l", {leaf("l", "c")});
  BOOST_TEST(why(tree) == "");
  auto with_results = tree;
  with_results["value"] = true;
  with_results["children"][0]["msg"] = "No data";
  BOOST_TEST(why(with_results) == "");
  auto misspelt = tree;
  misspelt["chidlren"] = misspelt["children"];
  misspelt.erase("children");
  BOOST_TEST(why(misspelt) == "\"root\": unknown member 'chidlren', did you mean 'children'?");
  auto below = tree;
  below["children"][0]["Check Item"] = "c";
  BOOST_TEST(why(below) ==
             "\"root\" > \"l\": unknown member 'Check Item', did you mean 'check item'?");
  auto odd = tree;
  odd["owner of it all"] = "me";
  BOOST_TEST(why(odd) == "\"root\": unknown member 'owner of it all'");
  BOOST_TEST(tree::parse_text(odd.dump()).has_value());
  auto branching = tree;
  branching["match"] = {{"mountpoint", "/var"}};
  BOOST_TEST(why(branching) == "\"root\": \"match\" is for leaves (nodes with \"check item\")");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace instances_test
