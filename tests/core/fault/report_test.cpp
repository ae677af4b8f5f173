#include "runtime/base/canonical_json.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/core/fault/report.hpp"
#include "runtime/core/fault/stored_values.hpp"
#include "tests/core/fault/trees.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>

namespace report_test {

using namespace aops;
using namespace aops::fault;
using namespace aops::fault::tests;

namespace {

constexpr slice when{100'000, 160'000};
constexpr auto abnormal = leaf_state::abnormal, no_data = leaf_state::no_data;

json content() {
  return branch("root",
                "cpu || disk",
                {branch("cpu", "busy && !idle", {leaf("busy", "c_busy"), leaf("idle", "c_idle")}),
                 branch("disk", "full", {leaf("full", "c_full")})});
}

std::vector<item_rule> rules() {
  return {{"d1", "$0 > 90"}, {"d2", "$0 > 50"}, {"d3", "max(5m) > 99"}};
}

/// Data of one item that owns what `item_data` refers to.
struct owned_data {
  std::vector<result> results;
  std::vector<evidence_sample> samples;
  bool is_covered = true;
};

report made(const std::vector<owned_data>& data,
            slice in = when,
            const json& tree = content(),
            std::vector<item_rule> with = rules()) {
  std::vector<item_data> items;
  for (const auto& x : data)
    items.push_back({x.results, x.samples, x.is_covered});
  reporter r(compiled(tree), std::move(with));
  return r.make(in, items);
}

json details(const report& x) { return json::parse(x.details); }

} // namespace

BOOST_AUTO_TEST_SUITE(reports)

BOOST_AUTO_TEST_CASE(a_report_names_causes_and_the_samples_that_tripped_each_rule) {
  owned_data busy{{{90'000, 120'000, abnormal}, {150'500, 150'500, abnormal}},
                  {{90'000, number::of(int64_t{91})},
                   {105'000, number::of(int64_t{97})},
                   {150'500, number::of(93.5)}}};
  auto x = made({busy, {}, {}});
  BOOST_TEST(x.value);
  BOOST_TEST((x.root == verdict::yes));
  auto d = details(x);
  BOOST_TEST(d["verdict"] == "true");
  BOOST_TEST(
    d["root_causes"].dump() ==
    R"([{"path":["root","cpu"],"description":"cpu is faulty","advice":"mend cpu","evidence":["c_busy"]}])");
  BOOST_TEST(
    d["evidence"].dump() ==
    R"([{"check_item":"c_busy","condition":"$0 > 90","first":100,"last":150.5,"samples":[[105,97],[150.5,93.5]]}])");
  BOOST_TEST(d["undecided"].dump() == "[]");
  BOOST_TEST(d["missing"].dump() == "[]");
  BOOST_TEST(d["content_hash"] == x.content_hash);
  BOOST_TEST(!d.contains("undecided_truncated"));
  BOOST_TEST(!d.contains("error"));
}

BOOST_AUTO_TEST_CASE(at_most_five_samples_are_shown_and_special_numbers_are_texts) {
  owned_data busy{{{100'000, 160'000, abnormal}}, {}};
  for (int64_t i = 0; i < 8; ++i)
    busy.samples.push_back({100'000 + i * 1000, number::of(i)});
  busy.samples[1].value = number::of(std::numeric_limits<double>::quiet_NaN());
  busy.samples[2].value = number::of(-std::numeric_limits<double>::infinity());
  busy.samples[3].value = std::string("oom \"killer\"");
  busy.samples[4].value = number::of(std::numeric_limits<int64_t>::max());
  BOOST_TEST(
    details(made({busy, {}, {}}))["evidence"][0]["samples"].dump() ==
    R"([[100,0],[101,"NaN"],[102,"-Infinity"],[103,"oom \"killer\""],[104,9223372036854775807]])");
}

BOOST_AUTO_TEST_CASE(what_was_missing_is_listed_with_its_reason_and_what_would_decide) {
  owned_data without_data{{{50'000, 130'000, no_data}}, {}};
  owned_data uncovered;
  uncovered.is_covered = false;
  auto no_rule = rules();
  no_rule[1].digest.clear();
  auto d = details(made({without_data, {}, uncovered}, when, content(), no_rule));
  BOOST_TEST(d["verdict"] == "unknown");
  BOOST_TEST(
    d["missing"].dump() ==
    R"([{"check_item":"c_busy","reason":"No data","first":100,"last":130},{"check_item":"c_idle","reason":"No rule"},{"check_item":"c_full","reason":"Not evaluated"}])");
  BOOST_TEST(d["undecided"].dump() == R"([["c_full"],["c_busy","c_idle"]])");
}

BOOST_AUTO_TEST_CASE(a_cause_that_rests_on_missing_knowledge_is_not_certain) {
  auto d =
    details(made({{{{100'000, 100'000, abnormal}}, {}}, {{{100'000, 100'000, no_data}}, {}}, {}}));
  BOOST_TEST(d["verdict"] == "unknown");
  BOOST_TEST(d["root_causes"][0]["certain"] == false);
}

BOOST_AUTO_TEST_CASE(a_check_item_of_several_leaves_is_named_once) {
  auto tree = branch("root", "a && b", {leaf("a", "c"), leaf("b", "c")});
  auto d = details(made({{{{100'000, 100'000, abnormal}}, {}}}, when, tree, {{"d", "x"}}));
  BOOST_TEST(d["root_causes"][0]["evidence"].dump() == R"(["c"])");
  BOOST_TEST(d["evidence"].size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_stored_report_renders_as_it_was) {
  auto x = made({{{{100'000, 100'000, abnormal}}, {}}, {}, {{{100'000, 100'000, no_data}}, {}}});
  auto text = report_text(compiled(content()), x.values);
  BOOST_REQUIRE(text.has_value());
  auto tree = json::parse(*text);
  BOOST_TEST(tree["value"] == true);
  BOOST_TEST(tree["children"][0]["children"][0]["value"] == true);
  BOOST_TEST(tree["children"][0]["children"][1]["value"] == false);
  BOOST_TEST(tree["children"][1]["value"] == false);
  BOOST_TEST(tree["children"][1]["children"][0]["value"].is_null());
  BOOST_TEST(tree["children"][1]["children"][0]["msg"] == "No data");
  BOOST_TEST(
    (report_text(compiled(branch("r", "l", {leaf("l", "c")})), x.values).error() == ec::corrupt));
  BOOST_TEST((report_text(nullptr, x.values).error() == ec::corrupt));
}

BOOST_AUTO_TEST_CASE(a_report_of_an_adaptive_tree_renders_with_the_facts_of_its_time) {
  auto node = leaf("core {id}", "busy_{id}");
  node["expand"] = {{"by", "cpu"}};
  auto plain = compiled(branch("root", "core {id}", {node}));
  reporter r(adapt(plain, {3, {"sda"}}).value(), std::vector<item_rule>(3, {"d", "x"}));
  auto x = r.make(when, std::vector<item_data>(3));
  auto tree = json::parse(report_text(plain, x.values).value());
  BOOST_TEST(tree["condition"] == "(core 0 || core 1 || core 2)");
  BOOST_TEST(tree["children"][2]["value"] == false);
}

BOOST_AUTO_TEST_CASE(results_that_cannot_be_read_make_every_leaf_an_internal_error) {
  reporter r(compiled(content()), rules());
  auto x = r.unreadable("host h1 does not answer");
  BOOST_TEST((x.root == verdict::unknown));
  auto d = details(x);
  BOOST_TEST(d["error"] == "host h1 does not answer");
  BOOST_TEST(d["missing"].size() == 3u);
  auto tree = json::parse(report_text(compiled(content()), x.values).value());
  BOOST_TEST(tree["children"][1]["children"][0]["msg"] == "Internal error");
}

BOOST_AUTO_TEST_CASE(a_tree_that_cannot_be_evaluated_gives_an_empty_report_with_the_reason) {
  auto x = failed_report("\"root\": condition: no child has this name ('x', character 1)");
  BOOST_TEST(report_text(nullptr, x.values).value() == "{}");
  BOOST_TEST(details(x)["error"].get<std::string>().find("no child") != std::string::npos);
  BOOST_TEST(details(x)["verdict"] == "unknown");
}

BOOST_AUTO_TEST_CASE(rule_versions_are_one_text_for_all_reports) {
  auto some = rules();
  some[1].digest.clear();
  reporter r(compiled(content()), some);
  BOOST_TEST(r.rule_versions() == R"({"c_busy":"d1","c_full":"d3"})");
  BOOST_TEST(r.rule_versions_digest().size() == 64u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(content_hashes)

BOOST_AUTO_TEST_CASE(the_same_inputs_give_the_same_hash_however_results_were_cut_or_ordered) {
  auto whole = made({{{{90'000, 140'000, abnormal}}, {}}, {}, {}});
  auto cut = made(
    {{{{120'000, 180'000, no_data}, {115'000, 140'000, abnormal}, {100'000, 120'000, abnormal}},
      {}},
     {},
     {}});
  auto again = made({{{{100'000, 120'000, abnormal},
                       {115'000, 140'000, abnormal},
                       {120'000, 160'000, no_data},
                       {170'000, 180'000, abnormal}},
                      {}},
                     {},
                     {}});
  BOOST_TEST(whole.content_hash ==
             made({{{{100'000, 140'000, abnormal}}, {}}, {}, {}}).content_hash);
  BOOST_TEST(cut.content_hash == again.content_hash);
  BOOST_TEST(whole.content_hash != cut.content_hash);
}

BOOST_AUTO_TEST_CASE(every_input_counts) {
  owned_data one{{{100'000, 140'000, abnormal}}, {{100'000, number::of(95.0)}}};
  std::vector<std::string> hashes = {made({one, {}, {}}).content_hash,
                                     made({{}, {}, {}}).content_hash,
                                     made({{}, one, {}}).content_hash};
  auto sample = one;
  sample.samples[0].value = number::of(96.0);
  hashes.push_back(made({sample, {}, {}}).content_hash);
  auto large = one;
  large.samples[0].value = number::of(int64_t{9007199254740993});
  hashes.push_back(made({large, {}, {}}).content_hash);
  large.samples[0].value = number::of(int64_t{9007199254740992});
  hashes.push_back(made({large, {}, {}}).content_hash);
  auto uncovered = owned_data{};
  uncovered.is_covered = false;
  hashes.push_back(made({uncovered, {}, {}}).content_hash);
  auto newer = rules();
  newer[2].digest = "d4";
  hashes.push_back(made({one, {}, {}}, when, content(), newer).content_hash);
  auto tree = content();
  tree["advice"] = "other";
  hashes.push_back(made({one, {}, {}}, when, tree).content_hash);
  std::sort(hashes.begin(), hashes.end());
  BOOST_TEST((std::adjacent_find(hashes.begin(), hashes.end()) == hashes.end()));
}

BOOST_AUTO_TEST_CASE(the_hash_is_that_of_the_canonical_json_of_what_went_in_and_came_out) {
  owned_data one{
    {{90'000, 140'500, abnormal}},
    {{100'000, number::of(0.1)}, {110'000, number::of(std::numeric_limits<double>::quiet_NaN())}}};
  auto x = made({one, {{{0, 1'000'000, no_data}}, {}}, {}});
  auto inputs = nlohmann::json::parse(R"({
    "data": {"c_busy": {"state": "abnormal", "results": [[100, 140.5, "Abnormal"]], "samples": [[100, 0.1], [110, "NaN"]]},
             "c_idle": {"state": "no_data", "results": [[100, 160, "No data"]], "samples": []}},
    "facts": null,
    "outcome": {"verdict": "unknown", "values": "331200", "root_causes": [["root", "cpu"]], "undecided": [["c_idle"]]}})");
  inputs["tree"] = compiled(content())->digest();
  inputs["rules"] = base::sha256_hex(R"({"c_busy":"d1","c_full":"d3","c_idle":"d2"})");
  BOOST_TEST(x.content_hash == base::sha256_hex(base::canonical_json(inputs)));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(stored_report_values)

BOOST_AUTO_TEST_CASE(values_and_facts_read_back_in_half_a_byte_per_node) {
  std::vector<node_value> nodes;
  for (uint8_t i = 0; i < 201; ++i)
    nodes.push_back(i % 8);
  auto blob = encode_values(std::nullopt, nodes);
  BOOST_TEST(blob.size() == 2u + 2u + 101u);
  auto back = decode_values(blob);
  BOOST_REQUIRE(back.has_value());
  BOOST_TEST(back->nodes == nodes);
  BOOST_TEST(!back->facts.has_value());
  for (const auto& facts : {host_facts{},
                            host_facts{0, {}},
                            host_facts{128, {"sda", "nvme0n1", ""}},
                            host_facts{UINT32_MAX, {std::string(300, 'x')}}}) {
    auto with_facts = decode_values(encode_values(facts, nodes));
    BOOST_REQUIRE(with_facts.has_value());
    BOOST_TEST((with_facts->facts == facts));
    BOOST_TEST(with_facts->nodes == nodes);
  }
}

BOOST_AUTO_TEST_CASE(a_damaged_blob_is_corrupt_and_never_read_past_its_end) {
  auto blob = encode_values(host_facts{4, {"sda", "sdb"}}, std::vector<node_value>(9, 1));
  for (size_t size = 0; size < blob.size(); ++size)
    BOOST_TEST((decode_values(blob.substr(0, size)).error() == ec::corrupt));
  BOOST_TEST((decode_values(blob + "x").error() == ec::corrupt));
  auto other_format = blob;
  other_format[0] = 9;
  BOOST_TEST((decode_values(other_format).error() == ec::corrupt));
  for (size_t i = 0; i < blob.size(); ++i) {
    auto damaged = blob;
    damaged[i] = static_cast<char>(0xFF);
    (void)decode_values(damaged); // Anything but a crash.
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace report_test
