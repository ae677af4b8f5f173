#include "runtime/base/json_library.hpp"
#include "runtime/core/task/host_facts.hpp"
#include "tests/support/outcome.hpp"

#include <boost/test/unit_test.hpp>

namespace aops::task {

namespace {

nlohmann::json kept(std::string_view infos) {
  return nlohmann::json::parse(tests::ok(facts_to_keep(infos)));
}

} // namespace

BOOST_AUTO_TEST_SUITE(facts_of_hosts)

BOOST_AUTO_TEST_CASE(what_the_contract_misspells_stands_under_both_spellings) {
  auto facts = kept(R"({"os": {"bios_verison": "3.99"}, "cpu": {"vendor_id": "HiSilicon"}})");
  BOOST_TEST(facts["os"]["bios_version"] == "3.99");
  BOOST_TEST(facts["os"]["bios_verison"] == "3.99");
  BOOST_TEST(facts["cpu"]["vendor_id"] == "HiSilicon");
  BOOST_TEST(facts["cpu"]["verdor_id"] == "HiSilicon");
}

BOOST_AUTO_TEST_CASE(the_rest_stays_as_it_came) {
  auto text = R"({"cpu":{"core_count":96},"memory":{"info":[{"size":"32 GB"}]},"os":7})";
  BOOST_TEST(tests::ok(facts_to_keep(text)) == text);
  BOOST_TEST(tests::ok(facts_to_keep("{}")) == "{}");
}

BOOST_AUTO_TEST_CASE(facts_are_an_object_of_a_fair_size) {
  for (const auto* text : {"[]", "1", "null", "{"})
    BOOST_TEST(tests::failure_of(facts_to_keep(text)) == ec::bad_request);
  auto longest = R"({"a":")" + std::string(65'528, 'x') + "\"}";
  BOOST_TEST(tests::ok(facts_to_keep(longest)).size() == most_fact_bytes);
  longest.insert(6, "x");
  BOOST_TEST(tests::failure_of(facts_to_keep(longest)) == ec::bad_request);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::task
