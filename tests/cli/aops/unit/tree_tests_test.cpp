#include "cli/aops/text/files.hpp"
#include "cli/aops/unit/tree_tests.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

namespace tree_tests_test {

using namespace aops;
using namespace aops::cli;

namespace {

const std::string slow_tree = R"({
  "node name": "slow", "condition": "cpu || memory", "children": [
    {"node name": "cpu", "condition": "busy {id} || stolen", "children": [
      {"node name": "busy {id}", "check item": "busy_{id}", "expand": {"by": "cpu", "join": "&&"}},
      {"node name": "stolen", "check item": "stolen"}]},
    {"node name": "memory", "condition": "short && !cache", "children": [
      {"node name": "short", "check item": "short"}, {"node name": "cache", "check item": "cache"}]}]})";
const std::string disk_tree = R"({
  "node name": "full", "condition": "any || all || {id} full", "children": [
    {"node name": "any", "check item": "disk_full", "match": {"mountpoint": "=~/d.*"}},
    {"node name": "all", "check item": "disk_full", "instances": "all"},
    {"node name": "{id} full", "condition": "it", "children": [
      {"node name": "it", "check item": "disk_full", "match": {"mountpoint": "{id}"}}],
     "expand": {"by": "instance", "check item": "disk_full", "label": "mountpoint"}}]})";

const std::string far_tree = R"({
  "node name": "far", "condition": "there || here", "children": [
    {"node name": "there", "check item": "disk_full", "scope": "upstream"},
    {"node name": "here", "check item": "busy"}]})";

const std::map<std::string, std::string> files = {
  {"at/slow.json", R"({"trees": [{"tree_name": "slow", "tree_content": )" + slow_tree + "}]}"},
  {"at/full.json", disk_tree},
  {"at/far.json", far_tree},
  {"at/bad.json", R"({"node name": "x", "condition": "y", "children": []})"}};

expected<tree_tests_result> run(const std::string& text) {
  return run_tree_tests("at/t.yaml", text, [](const std::string& path) -> expected<std::string> {
    auto found = files.find(path);
    return found == files.end()
             ? expected<std::string>(fail(ec::bad_request, path + ": is not there"))
             : found->second;
  });
}

std::string with(const std::string& file, const std::string& tests) {
  return "tree_files: [" + file + "]\ntests:\n" + tests;
}

/// All mismatches, a line each.
std::string mismatches(const std::string& file, const std::string& tests) {
  auto result = run(with(file, tests));
  if (!result)
    return "error: " + result.error().detail;
  std::string out;
  for (const auto& x : result->cases)
    for (const auto& why : x.mismatches)
      out += x.name + ": " + why + "\n";
  return out;
}

std::string refusal(const std::string& text) {
  auto result = run(text);
  return result ? "none" : result.error().detail;
}

} // namespace

BOOST_AUTO_TEST_SUITE(tree_tests)

BOOST_AUTO_TEST_CASE(what_is_as_expected_is_told_by_nothing) {
  BOOST_TEST(mismatches("slow.json", R"(
  - name: all cores
    cores: 2
    values: {busy_0: abnormal, busy_1: Abnormal}
    expect: {verdict: true, value: true, root_causes: [slow > cpu]}
  - name: one core
    cores: 2
    values: {busy_0: abnormal}
    expect: {verdict: false, root_causes: []}
  - name: cache unknown
    values: {short: abnormal, cache: no data}
    others: normal
    cores: 1
    expect: {verdict: unknown, value: true, nodes: {slow > memory: unknown, slow > cpu > busy 0: "false"}}
)") == "");
}

BOOST_AUTO_TEST_CASE(every_mismatch_is_told) {
  BOOST_TEST(mismatches("slow.json", R"(
  - name: wrong
    cores: 1
    values: {stolen: abnormal}
    expect:
      verdict: false
      value: false
      root_causes: [slow > memory]
      nodes: {slow > cpu: false, slow > memory: false, slow > cpa: true}
)") == "wrong: verdict: expected false, got true\n"
       "wrong: value: expected false, got true\n"
       "wrong: root_causes: expected slow > memory, got slow > cpu\n"
       "wrong: slow > cpu: expected false, got true\n"
       "wrong: slow > cpa: there is no such node; did you mean slow > cpu?\n");
}

BOOST_AUTO_TEST_CASE(instances_are_judged_as_in_reports) {
  BOOST_TEST(mismatches("full.json", R"(
  - name: one of two
    values:
      disk_full:
        - {labels: {mountpoint: /data}, value: abnormal}
        - {labels: {mountpoint: /}, value: normal}
    expect:
      verdict: true
      root_causes: [full > /data full]
      nodes: {full > any: true, full > all: false, full > / full: false}
  - name: both
    values:
      disk_full:
        - {labels: {mountpoint: /}, value: abnormal}
        - {labels: {mountpoint: /data}, value: abnormal}
    expect: {nodes: {full > all: true}}
  - name: nobody answers
    values: {disk_full: [{value: no data}, {labels: {mountpoint: /}, value: normal}]}
    expect: {verdict: unknown, nodes: {full > any: unknown}}
)") == "");
}

BOOST_AUTO_TEST_CASE(values_of_other_hosts_are_given_apart) {
  BOOST_TEST(mismatches("far.json", R"(
  - name: there
    upstream: {disk_full: abnormal}
    expect: {verdict: true, nodes: {far > there: true, far > here: false}}
  - name: nobody knows
    upstream: {disk_full: [{labels: {mountpoint: /}, value: no data}]}
    expect: {verdict: unknown}
  - name: all well
    expect: {verdict: false}
)") == "");
  BOOST_TEST(refusal(with("far.json",
                          "  - {name: a, values: {disk_full: abnormal}, expect: "
                          "{value: true}}")) == "at/t.yaml: a: no leaf asks about disk_full");
}

BOOST_AUTO_TEST_CASE(nodes_count_as_seen_where_their_verdict_is_known) {
  auto result = run(with("slow.json, full.json", R"(
  - {name: a, tree_name: slow, cores: 2, values: {busy_0: abnormal}, others: no data, expect: {verdict: unknown}}
  - {name: b, tree_name: slow, cores: 2, values: {stolen: abnormal}, expect: {verdict: true}}
)"));
  BOOST_REQUIRE(result.has_value());
  BOOST_REQUIRE(result->coverage.size() == 1u); // Of the other tree nothing was asked.
  std::string seen;
  for (const auto& n : result->coverage[0].nodes)
    seen += n.path + (n.was_true ? " true" : "") + (n.was_false ? " false" : "") + "\n";
  BOOST_TEST(seen == "slow true\n"
                     "slow > cpu true\n"
                     "slow > cpu > busy {id} true false\n"
                     "slow > cpu > stolen true\n"
                     "slow > memory false\n"
                     "slow > memory > short false\n"
                     "slow > memory > cache false\n");
}

BOOST_AUTO_TEST_CASE(what_means_nothing_is_refused_with_its_place) {
  auto one = [](const std::string& test) { return refusal(with("slow.json", "  - " + test)); };
  BOOST_TEST(refusal("tests: []") == "at/t.yaml: tests is no list of at least one test");
  BOOST_TEST(refusal("test: []") == "at/t.yaml: unknown member test; did you mean tests?");
  BOOST_TEST(refusal("tree_files: [gone.json]\ntests: [{}]") == "at/gone.json: is not there");
  BOOST_TEST(refusal("tree_files: [bad.json]\ntests: [{}]").starts_with("at/t.yaml: x: "));
  BOOST_TEST(refusal("tree_files: x\ntests: [{}]") == "at/t.yaml: tree_files: is no list of texts");
  BOOST_TEST(one("{name: a}") ==
             "at/t.yaml: tests[0] (a).expect: says nothing, so nothing is tested");
  BOOST_TEST(one("{expect: {verdict: true}}") == "at/t.yaml: tests[0]: name is missing");
  BOOST_TEST(one("{name: a, expect: {verdict: maybe}}") ==
             "at/t.yaml: tests[0] (a).expect.verdict: must be true, false or unknown");
  BOOST_TEST(one("{name: a, expect: {value: unknown}}") ==
             "at/t.yaml: tests[0] (a).expect.value: must be true or false");
  BOOST_TEST(
    one("{name: a, values: {short: abnormall}, expect: {value: true}}") ==
    "at/t.yaml: tests[0] (a).values.short: `abnormall` is none of normal, abnormal, no data, "
    "internal error, not evaluated; did you mean abnormal?");
  BOOST_TEST(one("{name: a, values: {shorty: abnormal}, expect: {value: true}}") ==
             "at/t.yaml: a: no leaf asks about shorty; did you mean short?");
  BOOST_TEST(
    one("{name: a, values: {short: [{labels: {a: b}, value: normal}, {labels: {a: b}, value: "
        "normal}]}, expect: {value: true}}") ==
    "at/t.yaml: tests[0] (a).values.short: {a=\"b\"} stands twice");
  BOOST_TEST(one("{name: a, tree_name: slowly, expect: {value: true}}") ==
             "at/t.yaml: a: no fault tree is called slowly; did you mean slow?");
  BOOST_TEST(one("{name: a, cores: -1, expect: {value: true}}") ==
             "at/t.yaml: tests[0] (a).cores: must be a whole number up to 10000");
  BOOST_TEST(refusal("tests: [{name: a, expect: {value: true}}]") ==
             "at/t.yaml: a: there are 0 trees; tree_name says which");
}

BOOST_AUTO_TEST_CASE(the_sample_covers_its_trees) {
  const std::string name = AOPS_SOURCE_DIR "/etc/trees/linux_test.yaml";
  auto text = read_file(name);
  BOOST_REQUIRE(text.has_value());
  auto result = run_tree_tests(name, *text, read_file);
  BOOST_REQUIRE_MESSAGE(result, (result ? "" : result.error().detail));
  for (const auto& x : result->cases)
    for (const auto& why : x.mismatches)
      BOOST_ERROR(x.name << ": " << why);
  BOOST_TEST(result->coverage.size() == 2u);
  for (const auto& of : result->coverage)
    for (const auto& n : of.nodes)
      BOOST_TEST(n.is_covered(), n.path);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace tree_tests_test
