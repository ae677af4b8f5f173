#include "actors/host/coverage.hpp"
#include "actors/host/recent_rows.hpp"
#include "actors/host/unit_reports.hpp"
#include "runtime/base/json_library.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <set>

namespace aops::actors::parts_test {

// -- coverage

BOOST_AUTO_TEST_SUITE(coverage_of_a_host)

BOOST_AUTO_TEST_CASE(a_host_that_was_never_sampled_covers_nothing) {
  coverage c;
  BOOST_TEST(!c.covers("a", 0, 100, 15));
}

BOOST_AUTO_TEST_CASE(coverage_reaches_from_the_first_round_to_the_cursor_and_a_period_beyond) {
  coverage c;
  c.begin(100);
  c.begin(200); // It has begun.
  c.advance(400);
  c.advance(300); // Never back.
  BOOST_TEST(c.since_ms() == 100);
  BOOST_TEST(c.until_ms() == 400);
  BOOST_TEST(c.covers("a", 100, 400, 15));
  BOOST_TEST(c.covers("a", 86, 414, 15));
  BOOST_TEST(!c.covers("a", 85, 400, 15));
  BOOST_TEST(!c.covers("a", 100, 415, 15));
}

BOOST_AUTO_TEST_CASE(a_deviation_of_the_host_concerns_all_rules_and_one_of_a_rule_that_rule) {
  coverage c;
  c.load(100, 1000, {{"", 300, 400, "missed"}, {"a", 600, 700, "missed"}});
  BOOST_TEST(c.covers("a", 100, 299, 15));
  BOOST_TEST(!c.covers("a", 100, 300, 15));
  BOOST_TEST(!c.covers("b", 400, 500, 15));
  BOOST_TEST(c.covers("b", 401, 900, 15));
  BOOST_TEST(!c.covers("a", 401, 900, 15));
}

BOOST_AUTO_TEST_CASE(late_parts_are_cut_to_what_is_asked_and_vanish_once_judged) {
  coverage c;
  c.load(100, 1000, {});
  c.add({"a", 100, 500, std::string{late_rule}});
  BOOST_TEST(c.late_parts("b", 0, 1000).empty());
  auto parts = c.late_parts("a", 200, 1000);
  BOOST_REQUIRE(parts.size() == 1u);
  BOOST_TEST(parts[0].from_ms == 200);
  BOOST_TEST(parts[0].until_ms == 500);
  BOOST_TEST(c.judged("a", 100, 400).empty()); // Does not reach its end.
  auto changed = c.judged("a", 300, 500);
  BOOST_REQUIRE(changed.size() == 1u);
  BOOST_TEST(changed[0].start_ms == 100);
  BOOST_TEST(changed[0].end_ms == 299);
  BOOST_TEST(c.covers("a", 300, 900, 15));
  BOOST_TEST(!c.covers("a", 200, 900, 15));
  c.judged("a", 100, 500);
  BOOST_TEST(c.covers("a", 100, 900, 15));
  BOOST_TEST(c.covers("a", 90, 900, 15));
  BOOST_TEST(c.late_parts("a", 0, 1000).empty());
}

BOOST_AUTO_TEST_SUITE_END()

// -- recent rows

namespace {

/// The store as it stands after changes, for one rule.
struct stored_rows {
  std::map<int64_t, result_interval> rows;
  void apply(const std::vector<result_change>& changes) {
    for (const auto& c : changes) {
      std::erase_if(rows, [&](const auto& x) {
        return x.second.start_ms >= c.replace_from_ms && x.second.end_ms <= c.replace_until_ms;
      });
      for (const auto& row : c.rows)
        rows[row.start_ms] = row;
    }
  }
  std::string text() const {
    std::string out;
    for (const auto& [start, row] : rows)
      out += std::to_string(start) + '-' + std::to_string(row.end_ms) + ' ';
    return out;
  }
};

check::rule_change judged(int64_t from, int64_t until, std::vector<check::interval> found) {
  return {"a", "digest", from, until, std::move(found)};
}

check::interval bad(int64_t from, int64_t until) {
  return {from, until, check::result_value::abnormal};
}

} // namespace

BOOST_AUTO_TEST_SUITE(recent_rows_of_a_host)

BOOST_AUTO_TEST_CASE(point_after_point_becomes_one_row) {
  recent_rows recent{10};
  stored_rows store;
  for (int64_t t : {100, 110, 120}) {
    std::vector<result_change> changes;
    recent.apply(judged(t, t, {bad(t, t)}), changes);
    store.apply(changes);
  }
  BOOST_TEST(store.text() == "100-120 ");
}

BOOST_AUTO_TEST_CASE(instances_of_a_rule_have_rows_of_their_own) {
  recent_rows recent{10};
  label_set var{{"mountpoint", "/var"}}, home{{"mountpoint", "/home"}};
  recent.load({{"a", {50, 90, "Abnormal"}, "digest", var}, {"a", {60, 90, "Abnormal"}, "digest"}});
  auto change_of = [&](const label_set& labels, int64_t t) {
    auto judgement = judged(t, t, {bad(t, t)});
    judgement.labels = labels;
    std::vector<result_change> changes;
    recent.apply(judgement, changes);
    BOOST_REQUIRE(changes.size() == 1u);
    BOOST_TEST((changes[0].labels == labels));
    return changes[0].rows.back().start_ms;
  };
  BOOST_TEST(change_of(var, 100) == 50);
  BOOST_TEST(change_of(home, 100) == 100);
  BOOST_TEST(change_of({}, 100) == 60);
  BOOST_TEST(change_of(home, 110) == 100);
}

BOOST_AUTO_TEST_CASE(instances_that_are_gone_are_forgotten) {
  recent_rows recent{10};
  for (int64_t i = 0; i < 100'000; ++i) {
    auto judgement = judged(i * 10, i * 10, {bad(i * 10, i * 10)});
    judgement.labels = {{"pod", std::to_string(i)}};
    std::vector<result_change> changes;
    recent.apply(judgement, changes);
  }
  BOOST_TEST(recent.size() < 200u);
}

BOOST_AUTO_TEST_CASE(what_is_judged_again_changes_nothing) {
  recent_rows recent{10};
  std::vector<result_change> changes;
  recent.apply(judged(100, 100, {bad(100, 100)}), changes);
  changes.clear();
  recent.apply(judged(100, 100, {bad(100, 100)}), changes);
  BOOST_TEST(changes.empty());
}

BOOST_AUTO_TEST_CASE(loaded_rows_are_joined_as_if_there_had_been_no_restart) {
  recent_rows recent{10};
  recent.load({{"a", {50, 60, "Abnormal"}, "digest"}, {"a", {100, 120, "Abnormal"}, "digest"}});
  stored_rows store;
  store.rows = {{50, {50, 60, "Abnormal"}}, {100, {100, 120, "Abnormal"}}};
  std::vector<result_change> changes;
  recent.apply(judged(130, 130, {bad(130, 130)}), changes);
  store.apply(changes);
  BOOST_TEST(store.text() == "50-60 100-130 ");
}

BOOST_AUTO_TEST_CASE(the_past_is_filled_in_and_live_points_join_it) {
  recent_rows recent{10};
  stored_rows store;
  std::vector<result_change> changes;
  recent.apply_to({}, judged(0, 120, {bad(20, 40), bad(110, 120)}), changes);
  recent.apply(judged(130, 130, {bad(130, 130)}), changes);
  store.apply(changes);
  BOOST_TEST(store.text() == "20-40 110-130 ");
}

BOOST_AUTO_TEST_SUITE_END()

// -- reports of a unit

namespace {

const std::string tree_text =
  R"({"node name":"slow","condition":"cpu","children":[{"node name":"cpu","check item":"hot"}]})";

unit_to_diagnose unit_of(std::vector<tree_content> trees) {
  unit_to_diagnose x;
  x.job = "j";
  x.host_id = "h";
  x.trees = std::move(trees);
  x.bounds_ms = {0, 100, 200};
  return x;
}

} // namespace

BOOST_AUTO_TEST_SUITE(unit_reports)

BOOST_AUTO_TEST_CASE(slices_are_outermost_and_each_report_has_its_own_id) {
  tree_cache cache;
  auto unit = unit_of({{"t", "d1", tree_text}, {"u", "d1", tree_text}});
  auto trees = adapt_trees(unit, cache, {});
  BOOST_TEST(trees.check_items().size() == 1u);
  unit_knowledge known;
  known.covers = [](const std::string&, fault::slice) { return true; };
  known.items["hot"] = {"rule digest", "$0>1", {{100, 120, fault::leaf_state::abnormal}}, {}, {}};
  auto all = make_reports(unit, trees, known);
  BOOST_REQUIRE(all.size() == 4u);
  std::set<std::string> ids;
  for (const auto& x : all)
    ids.insert(x.report_id);
  BOOST_TEST(ids.size() == 4u);
  BOOST_TEST(all[1].tree_name == "u");
  BOOST_TEST(all[1].start_ms == 0);
  BOOST_TEST(all[2].start_ms == 100);
  BOOST_TEST(nlohmann::json::parse(all[2].detail).at("verdict").get<std::string>() == "true");
  BOOST_TEST(
    nlohmann::json::parse(all[2].detail).at("rule_versions").at("hot").get<std::string>() ==
    "rule digest");
}

BOOST_AUTO_TEST_CASE(a_failed_unit_has_as_many_reports_all_with_the_reason) {
  auto all = failed_reports(unit_of({{"t", "d1", tree_text}, {"u", "d2", tree_text}}),
                            "the host is \"down\"");
  BOOST_REQUIRE(all.size() == 4u);
  for (const auto& x : all) {
    BOOST_TEST(x.error == "the host is \"down\"");
    BOOST_TEST(nlohmann::json::parse(x.detail).at("verdict").get<std::string>() == "unknown");
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors::parts_test
