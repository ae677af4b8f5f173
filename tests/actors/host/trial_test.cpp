#include "messages/names.hpp"
#include "tests/actors/host/host_fixture.hpp"

#include <caf/all.hpp>

namespace aops::actors::trial_test {

namespace {

struct trial_fixture : tests::host_fixture {
  trial_fixture() {
    keep_list->insert("avail");
    keep_list->insert("size");
    page = [](int64_t k) {
      return "avail{m=\"/\"} " + std::to_string(100 - 10 * k) +
             "\navail{m=\"/var\"} 90\nsize{m=\"/\"} 100\nsize{m=\"/var\"} 100\nrare 1\n";
    };
  }
  ~trial_fixture() { end_all(); }

  expected<condition_evaluated> eval(const std::string& condition, const std::string& for_ = {}) {
    return ask<condition_evaluated>(
      host,
      admin,
      condition_to_eval{condition, record.host_id, {{time_of(0)}, {time_of(9)}}, for_});
  }
  expected<rule_tested> test(const check_rule& rule) {
    return ask<rule_tested>(
      host, admin, rule_to_test{rule, record.host_id, {{time_of(0)}, {time_of(9)}}});
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(rules_tried_out, trial_fixture)

BOOST_AUTO_TEST_CASE(a_typed_condition_is_judged_for_each_instance_with_its_parts) {
  begin();
  to_round(8);
  auto found = tests::ok(eval("avail / size < 0.35"));
  BOOST_TEST(found.points == 9);
  BOOST_REQUIRE(found.check_result.size() == 1u);
  const auto& row = found.check_result[0];
  BOOST_TEST(row.value == "Abnormal");
  BOOST_TEST(row.labels.at("m") == "/");
  BOOST_TEST(row.start.ms == time_of(7));
  BOOST_TEST(row.end.ms == time_of(8));
  BOOST_REQUIRE(found.parts.size() == 2u);
  BOOST_TEST(found.parts[0].text == "avail / size");
  BOOST_TEST(found.parts[0].labels.at("m") == "/");
  BOOST_TEST(found.parts[0].points == 9);
  BOOST_TEST(found.parts[0].min->as_double() == 0.2);
  BOOST_TEST(found.parts[0].p50->as_double() == 0.6);
  BOOST_TEST(found.parts[1].last->as_double() == 0.9);
  BOOST_TEST(found.rule.condition == "$0 / $1 < 0.35");
  BOOST_TEST(found.warnings.empty());
}

BOOST_AUTO_TEST_CASE(a_selector_chooses_and_for_waits) {
  begin();
  to_round(8);
  auto found = tests::ok(eval("avail{m=\"/\"} / size < 0.55"));
  BOOST_TEST(found.parts.size() == 1u);
  BOOST_TEST(found.check_result.at(0).start.ms == time_of(5));
  found = tests::ok(eval("avail{m=\"/\"} / size < 0.55", "30s"));
  BOOST_TEST(found.check_result.at(0).start.ms == time_of(7));
}

BOOST_AUTO_TEST_CASE(a_condition_that_does_not_read_is_refused_with_the_place) {
  begin();
  to_round(1);
  auto wrong = eval("avail / size <");
  BOOST_TEST(tests::failure_of(wrong) == ec::bad_request);
  BOOST_TEST(wrong.error().detail ==
             "condition: line 1, position 15: the condition ends too early");
  BOOST_TEST(tests::failure_of(eval("avail > 1", "soon")) == ec::bad_request);
  BOOST_TEST(tests::failure_of(eval("avail{m=~\"(\"} > 1")) == ec::bad_request);
}

BOOST_AUTO_TEST_CASE(a_test_tells_what_the_host_has_and_what_is_odd) {
  begin();
  to_round(3);
  auto rule = tests::rule_on("x", "avial", "$0 > 1");
  auto found = tests::ok(test(rule));
  BOOST_TEST(found.points == 4);
  BOOST_TEST(found.without_data == 4);
  BOOST_TEST(found.warnings ==
               std::vector<std::string>{"the host does not have a series avial; near: avail"},
             boost::test_tools::per_element());
  BOOST_TEST(found.series.at(0).series == 0);
  rule = tests::rule_on("x", "avail", "$0 > 1");
  found = tests::ok(test(rule));
  BOOST_TEST(found.warnings.at(0) ==
             "the host does not have avail without labels; there are {m=/}, {m=/var}");
  BOOST_TEST(found.series.at(0).series == 2);
  rule.data_list[0].match.emplace();
  found = tests::ok(test(rule));
  BOOST_TEST(found.warnings.empty());
  BOOST_TEST(found.check_result.size() == 2u);
  BOOST_TEST(found.parts.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_host_tells_of_all_that_its_exporter_has) {
  begin();
  to_round(1);
  data_item rare, lost;
  rare.name = "rare"; // Kept by nobody.
  lost.name = "rarer";
  auto found =
    tests::ok(ask<host_series_known>(host, host_series_query{record.owner, {rare, lost}}));
  BOOST_REQUIRE(found.items.size() == 2u);
  BOOST_TEST(found.items[0].fits);
  BOOST_TEST(found.items[1].near == std::vector<std::string>{"rare"},
             boost::test_tools::per_element());
  BOOST_TEST(tests::failure_of(ask<host_series_known>(host, host_series_query{"other", {rare}})) ==
             ec::bad_request);
}

BOOST_AUTO_TEST_CASE(without_an_answer_of_the_exporter_what_is_stored_is_judged) {
  begin();
  to_round(3);
  page = [](int64_t) { return std::string{}; };
  auto found = tests::ok(eval("avail > 1"));
  BOOST_TEST(found.points == 4);
  BOOST_TEST(found.warnings.empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors::trial_test
