#include "runtime/core/tracing/compare.hpp"
#include "tests/core/tracing/helpers.hpp"

namespace spec_test {

using namespace aops;
using namespace aops::tracing;
using namespace aops::tests;

// The examples and checks of the specification of configuration tracing.
BOOST_AUTO_TEST_SUITE(specification_of_tracing)

const std::string repo = "[OS]\nname=OS\nbaseurl=http://mirror/os\nenabled=1\n";
const std::string repo_contents =
  "{\n    \"OS\": {\n        \"name\": \"OS\",\n        \"baseurl\": \"http://mirror/os\",\n"
  "        \"enabled\": \"1\"\n    }\n}\n";

BOOST_AUTO_TEST_CASE(contents_are_byte_for_byte) {
  const auto* model = shipped().find("/etc/yum.repos.d/openEuler.repo", "openEuler");
  BOOST_REQUIRE(model);
  BOOST_TEST(model->feature == "yum");
  auto x = parse(repo, model->how);
  BOOST_REQUIRE(x);
  BOOST_TEST(to_json_text(x->values()) == repo_contents);
  auto back = from_json_text(repo_contents);
  BOOST_REQUIRE(back);
  BOOST_TEST(to_json_text(*back) == repo_contents);
  BOOST_TEST(unknown_in(*x, *model).empty());
  BOOST_TEST(*apply(repo, *back, model->how) == repo);
  BOOST_TEST(*print(*back, model->how) ==
             "[OS]\nname = OS\nbaseurl = http://mirror/os\nenabled = 1\n");
}

BOOST_AUTO_TEST_CASE(an_edit_is_exactly_that_line) {
  const auto& model = model_of("yum");
  auto expected = values_of(repo, model.how);
  auto edited = status_of(expected, "[OS]\nname=OS\nbaseurl=http://mirror/os\nenabled=0\n", model);
  BOOST_TEST(to_string(edited.state) == "NOT SYNCHRONIZE");
  BOOST_TEST(edited.text() == "OS.enabled: 1 → 0");
  BOOST_TEST(to_string(status_of(expected, std::nullopt, model).state) == "NOT FOUND");
}

BOOST_AUTO_TEST_CASE(small_and_swapped_sections_are_stored_and_extra_ones_seen) {
  const auto& model = model_of("yum");
  auto expected = values_of("[a]\nname=a\n[b]\nname=b\nenabled=1\n", model.how);
  BOOST_TEST(expected.dump() == R"({"a":{"name":"a"},"b":{"name":"b","enabled":"1"}})");
  auto swapped = status_of(expected, "[b]\nenabled=1\nname=b\n[a]\nname=a\n", model);
  BOOST_TEST(to_string(swapped.state) == "SYNCHRONIZED");
  auto more = status_of(expected, "[a]\nname=a\n[b]\nname=b\nenabled=1\n[c]\nname=c\n", model);
  BOOST_TEST(to_string(more.state) == "NOT SYNCHRONIZE");
  BOOST_TEST(more.text() == "+ c: {\"name\":\"c\"}");
  BOOST_TEST(to_string(status_of(expected, "", model).state) == "NOT SYNCHRONIZE");
}

BOOST_AUTO_TEST_CASE(a_file_without_a_model_is_text) {
  BOOST_TEST(shipped().find("/etc/motd") == nullptr);
  const auto& model = shipped().find_or_text("/etc/motd");
  BOOST_TEST(model.name == "");
  BOOST_TEST((model.how.type == file_type::text));
}

BOOST_AUTO_TEST_CASE(the_examples_of_the_reference_are_true) {
  auto page = file_text(std::string{AOPS_SOURCE_DIR} + "/docs/reference/tracing.md");
  auto block = [&](const std::string& kind) {
    auto begin = page.find("```" + kind + "\n");
    BOOST_REQUIRE(begin != page.npos);
    begin += kind.size() + 4;
    return page.substr(begin, page.find("```", begin) - begin);
  };
  BOOST_TEST(block("json") == repo_contents);
  auto model = read_model("app.yml", block("yaml"));
  BOOST_REQUIRE_MESSAGE(model.has_value(), (model ? "" : model.error().detail));
  auto x = parse("user=a\n[main]\nthreads=1\n[backend b]\nx=1 # c\n", model->how);
  BOOST_REQUIRE(x);
  BOOST_TEST(unknown_in(*x, *model).empty());
  for (const auto& shipped_one : shipped().all())
    BOOST_TEST(page.find("`" + shipped_one.name + "`") != page.npos, shipped_one.name);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace spec_test
