#include "runtime/io/storage/result_repository.hpp"
#include "tests/io/storage/samples.hpp"

#include <set>

namespace result_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

constexpr int64_t hour = 3600 * 1000;

/// A store with one host and the rule `cpu`.
struct one_host {
  explicit one_host(store& it) : db(it.db()), results(db) {
    digest = store_rule(db, "cpu");
    store_host(db, "h");
  }

  expected<void> replace(int64_t from, int64_t until, std::vector<result_interval> rows) {
    result_change x{"cpu", digest, from, until, std::move(rows)};
    return transact(db, [&](database&) { return results.replace_range(owner, "h", x); });
  }

  expected<void>
  replace(const label_set& labels, int64_t from, int64_t until, std::vector<result_interval> rows) {
    result_change x{"cpu", digest, from, until, std::move(rows), labels};
    return transact(db, [&](database&) { return results.replace_range(owner, "h", x); });
  }

  expected<void>
  save(int64_t start, int64_t end, const std::string& value, const std::string& item = "cpu") {
    external_result x{"h", rule_named(item), start, end, value};
    return transact(db, [&](database&) { return results.save_external(owner, x); });
  }

  /// `start-end value` of each row in order.
  std::string rows() {
    std::string out;
    for (const auto& x : ok(results.page(owner, {})).check_result)
      out += std::to_string(x.start.ms) + "-" + std::to_string(x.end.ms) + " " + x.value + "; ";
    return out;
  }

  /// The same with labels and reason.
  std::string full_rows() {
    std::string out;
    for (const auto& x : ok(results.page(owner, {})).check_result) {
      out += std::to_string(x.start.ms) + "-" + std::to_string(x.end.ms) + " " + x.value;
      for (const auto& [name, value] : x.labels)
        out += " " + name + "=" + value;
      out += (x.reason.empty() ? "" : ": " + x.reason) + "; ";
    }
    return out;
  }

  int64_t label_sets() { return ok(db.count("select count(*) from label_set")); }

  std::vector<int64_t> identities() {
    return ok(db.list("select n from check_result order by start_ms, end_ms, n",
                      [](const row& r) { return r.integer(0); }));
  }

  database& db;
  result_repository results;
  std::string digest;
};

} // namespace

BOOST_AUTO_TEST_SUITE(results)

STORE_CASE(a_result_shows_its_rule_as_it_was) {
  one_host x{it};
  ok(x.replace(0, 100, {{10, 20, "Abnormal"}}));
  store_rule(x.db, "cpu", "$0 > 99");
  auto page = ok(x.results.page(owner, {}));
  BOOST_TEST(page.total_count == 1);
  BOOST_TEST(page.total_page == 1);
  BOOST_REQUIRE(page.check_result.size() == 1u);
  const auto& found = page.check_result[0];
  BOOST_TEST(found.host_id == "h");
  BOOST_TEST(found.check_item == "cpu");
  BOOST_TEST(found.condition == "$0 > 1");
  BOOST_TEST(found.description == "about cpu");
  BOOST_TEST(found.severity == "warning");
  BOOST_TEST(found.data_list.at(0).name == "node_load1");
  BOOST_TEST(found.start.ms == 10);
  BOOST_TEST(found.end.ms == 20);
}

STORE_CASE(the_range_makes_room_for_its_new_rows) {
  one_host x{it};
  ok(x.replace(0, 100, {{10, 20, "Abnormal"}, {30, 40, "No data"}, {50, 60, "Abnormal"}}));
  ok(x.replace(25, 100, {{35, 45, "Internal error"}}));
  BOOST_TEST(x.rows() == "10-20 Abnormal; 35-45 Internal error; ");
  ok(x.replace(0, 100, {}));
  BOOST_TEST(x.rows() == "");
}

STORE_CASE(a_replay_writes_nothing) {
  one_host x{it};
  std::vector<result_interval> rows{{10, 20, "Abnormal"}, {30, 40, "No data"}};
  ok(x.replace(0, 100, rows));
  auto before = x.identities();
  ok(x.replace(0, 100, rows));
  BOOST_TEST(x.identities() == before, boost::test_tools::per_element());
}

STORE_CASE(an_open_interval_grows_in_place) {
  one_host x{it};
  ok(x.replace(10, 20, {{10, 20, "No data"}}));
  auto before = x.identities();
  ok(x.replace(10, 30, {{10, 30, "No data"}}));
  BOOST_TEST(x.rows() == "10-30 No data; ");
  BOOST_TEST(x.identities() == before, boost::test_tools::per_element());
  ok(x.replace(10, 30, {{10, 25, "No data"}}));
  BOOST_TEST(x.rows() == "10-25 No data; ");
}

STORE_CASE(rows_that_reach_out_of_the_range_stay) {
  one_host x{it};
  ok(x.replace(0, 100, {{10, 50, "Abnormal"}, {60, 90, "Abnormal"}}));
  ok(x.replace(20, 80, {}));
  BOOST_TEST(x.rows() == "10-50 Abnormal; 60-90 Abnormal; ");
  // The same start and value: what is known beyond the range stays true.
  ok(x.replace(60, 80, {{60, 80, "Abnormal"}}));
  BOOST_TEST(x.rows() == "10-50 Abnormal; 60-90 Abnormal; ");
  ok(x.replace(20, 95, {{60, 95, "Abnormal"}}));
  BOOST_TEST(x.rows() == "10-50 Abnormal; 60-95 Abnormal; ");
}

STORE_CASE(only_the_rule_and_host_of_the_change_are_touched) {
  one_host x{it};
  store_host(x.db, "other");
  auto memory = store_rule(x.db, "memory");
  ok(x.replace(0, 100, {{10, 20, "Abnormal"}}));
  committed(x.db, [&] {
    return x.results.replace_range(owner, "other", {"cpu", x.digest, 0, 100, {{1, 2, "Abnormal"}}});
  });
  committed(x.db, [&] {
    return x.results.replace_range(owner, "h", {"memory", memory, 0, 100, {{3, 4, "Abnormal"}}});
  });
  ok(x.replace(0, 100, {}));
  BOOST_TEST(x.rows() == "1-2 Abnormal; 3-4 Abnormal; ");
}

STORE_CASE(no_stored_interval_is_longer_than_a_day) {
  one_host x{it};
  auto day = 24 * hour;
  ok(x.replace(0, 3 * day, {{0, 2 * day + 5, "No data"}}));
  BOOST_TEST(x.rows() ==
             "0-86400000 No data; 86400000-172800000 No data; 172800000-172800005 No data; ");
  auto before = x.identities();
  ok(x.replace(0, 3 * day, {{0, 2 * day + 9, "No data"}}));
  BOOST_TEST(x.identities() == before, boost::test_tools::per_element());
  ok(x.replace(0, 3 * day, {{0, day, "No data"}}));
  BOOST_TEST(x.rows() == "0-86400000 No data; ");
}

STORE_CASE(nonsense_is_refused) {
  one_host x{it};
  BOOST_TEST(failure_of(x.replace(0, 100, {{20, 10, "Abnormal"}})) == ec::bad_request);
  BOOST_TEST(failure_of(x.replace(0, 100, {{10, 20, "Normal"}})) == ec::bad_request);
  BOOST_TEST(failure_of(x.save(20, 10, "Abnormal")) == ec::bad_request);
  auto change = result_change{"cpu", "unknown digest", 0, 100, {{1, 2, "Abnormal"}}};
  BOOST_TEST(failure_of(x.results.replace_range(owner, "h", change)) == ec::not_found);
  BOOST_TEST(failure_of(x.results.replace_range(owner, "unknown", change)) == ec::not_found);
  BOOST_TEST(failure_of(x.results.replace_range("bob", "h", change)) == ec::not_found);
}

STORE_CASE(saved_results_keep_their_five_part_key_and_the_engine_leaves_them_alone) {
  one_host x{it};
  ok(x.save(10, 20, "Abnormal"));
  ok(x.save(10, 30, "Abnormal"));
  ok(x.save(10, 20, "No data"));
  BOOST_TEST(x.rows() == "10-20 No data; 10-30 Abnormal; ");
  ok(x.replace(0, 100, {{10, 20, "Abnormal"}}));
  ok(x.replace(0, 100, {}));
  BOOST_TEST(x.rows() == "10-20 No data; 10-30 Abnormal; ");
  auto counts = ok(x.results.counts_page(owner, {}));
  BOOST_TEST(counts.results.at(0).count == 1);
}

STORE_CASE(a_saved_result_of_no_rule_of_ours_is_shown_all_the_same) {
  one_host x{it};
  external_result odd{"h", {}, 1, 2, "Abnormal"};
  odd.rule.check_item = "odd";
  committed(x.db, [&] { return x.results.save_external(owner, odd); });
  auto page = ok(x.results.page(owner, {}));
  BOOST_TEST(page.check_result.at(0).check_item == "odd");
  BOOST_TEST(page.check_result.at(0).condition == "");
}

STORE_CASE(abnormal_results_are_counted_for_each_host_that_has_any) {
  one_host x{it};
  for (auto id : {"none", "few", "many"})
    store_host(x.db, id);
  auto add = [&](const char* host, int rows) {
    result_change change{"cpu", x.digest, 0, 1000, {}};
    for (int i = 0; i < rows; ++i)
      change.rows.push_back({i * 10, i * 10 + 5, "Abnormal"});
    change.rows.push_back({900, 901, "No data"});
    committed(x.db, [&] { return x.results.replace_range(owner, host, change); });
  };
  add("none", 0);
  add("few", 2);
  add("many", 7);
  auto shown = [&](result_count_query q) {
    std::string out;
    auto page = ok(x.results.counts_page(owner, q));
    for (const auto& c : page.results)
      out += c.host_id + std::to_string(c.count) + " ";
    return out + "of " + std::to_string(page.total_count);
  };
  result_count_query q;
  BOOST_TEST(shown(q) == "few2 many7 of 2");
  q.sort.emplace("count");
  q.direction.emplace("desc");
  BOOST_TEST(shown(q) == "many7 few2 of 2");
  q.page.emplace(2);
  q.per_page.emplace(1);
  BOOST_TEST(shown(q) == "few2 of 2");
  q.host_list = {"many", "none", "unknown"};
  q.page.emplace(1);
  BOOST_TEST(shown(q) == "many7 of 1");
}

STORE_CASE(the_newest_row_of_each_rule_and_value_is_known) {
  one_host x{it};
  auto memory = store_rule(x.db, "memory");
  ok(x.replace(0, 100, {{10, 20, "Abnormal"}, {30, 40, "Abnormal"}, {50, 60, "No data"}}));
  committed(x.db, [&] {
    return x.results.replace_range(
      owner, "h", {"memory", memory, 0, 99, {{5, 6, "Internal error"}}});
  });
  ok(x.save(70, 80, "Abnormal"));
  std::string out;
  for (const auto& last : ok(x.results.last_rows("h")))
    out += last.check_item + " " + std::to_string(last.row.start_ms) + "-" +
           std::to_string(last.row.end_ms) + " " + last.row.value +
           (last.rule_digest == memory ? "!; " : "; ");
  BOOST_TEST(out == "cpu 30-40 Abnormal; cpu 50-60 No data; memory 5-6 Internal error!; ");
  BOOST_TEST(ok(x.results.last_rows("unknown")).empty());
}

STORE_CASE(instances_of_a_rule_have_rows_of_their_own) {
  one_host x{it};
  label_set var{{"device", "sda1"}, {"mountpoint", "/var"}}, home{{"mountpoint", "/home"}};
  ok(x.replace(var, 0, 100, {{10, 20, "Abnormal"}, {30, 40, "No data", "no sample"}}));
  ok(x.replace(home, 0, 100, {{10, 20, "Abnormal"}}));
  ok(x.replace(0, 100, {{10, 20, "Abnormal"}}));
  BOOST_TEST(x.full_rows() == "10-20 Abnormal device=sda1 mountpoint=/var; "
                              "10-20 Abnormal mountpoint=/home; 10-20 Abnormal; "
                              "30-40 No data device=sda1 mountpoint=/var: no sample; ");
  auto before = x.identities();
  ok(x.replace(home, 0, 100, {{10, 20, "Abnormal"}}));
  BOOST_TEST(x.identities() == before, boost::test_tools::per_element());
  ok(x.replace(home, 10, 90, {{10, 90, "Abnormal"}}));
  ok(x.replace(var, 0, 100, {}));
  BOOST_TEST(x.full_rows() == "10-20 Abnormal; 10-90 Abnormal mountpoint=/home; ");
  auto counts = ok(x.results.counts_page(owner, {}));
  BOOST_TEST(counts.results.at(0).count == 2);
  BOOST_TEST(committed(x.db, [&] { return x.results.recount(owner); }) == 0);
}

STORE_CASE(several_instances_change_in_one_transaction) {
  one_host x{it};
  std::vector<result_change> changes;
  for (int i = 0; i < 300; ++i)
    changes.push_back(
      {"cpu", x.digest, 0, 500, {{i, 500, "Abnormal"}}, {{"device", std::to_string(i % 100)}}});
  // Of an instance that comes several times the last one counts.
  committed(x.db, [&] { return x.results.replace_ranges(owner, "h", changes); });
  auto page = ok(x.results.page(owner, {}));
  BOOST_TEST(page.total_count == 100);
  for (const auto& row : page.check_result)
    BOOST_TEST(row.labels.at("device") == std::to_string(row.start.ms - 200));
  BOOST_TEST(x.label_sets() == 100);
}

STORE_CASE(a_reason_is_that_of_the_first_round_and_is_never_longer_than_its_column) {
  one_host x{it};
  ok(x.replace(10, 20, {{10, 20, "No data", "refused"}}));
  ok(x.replace(20, 30, {{10, 30, "No data", "timed out"}}));
  BOOST_TEST(x.full_rows() == "10-30 No data: refused; ");
  // Judged again from its start on.
  ok(x.replace(10, 30, {{10, 30, "No data", "timed out"}}));
  BOOST_TEST(x.full_rows() == "10-30 No data: timed out; ");
  ok(x.replace(10, 30, {{10, 30, "Internal error", std::string(255, 'x') + "\xc3\xa4"}}));
  BOOST_TEST(x.full_rows() == "10-30 Internal error: " + std::string(255, 'x') + "; ");
  auto day = 24 * hour;
  ok(x.replace(0, 3 * day, {{0, day + 5, "No data", "away"}}));
  BOOST_TEST(x.full_rows() == "0-86400000 No data: away; 86400000-86400005 No data: away; ");
}

STORE_CASE(rules_without_instances_have_no_label_sets) {
  one_host x{it};
  ok(x.replace(0, 100, {{10, 20, "Abnormal"}}));
  ok(x.save(10, 30, "Abnormal"));
  BOOST_TEST(x.label_sets() == 0);
  BOOST_TEST(ok(x.db.count("select max(mark) from check_result where origin = 0")) == 1);
}

STORE_CASE(label_sets_go_with_their_last_results) {
  one_host x{it};
  auto day = 24 * hour;
  label_set old{{"device", "sda"}}, young{{"device", "sdb"}};
  ok(x.replace(old, 0, day, {{10, 20, "Abnormal"}}));
  ok(x.replace(young, 0, day, {{10, 20, "Abnormal"}}));
  ok(x.replace(young, 4 * day, 5 * day, {{4 * day, 5 * day, "Abnormal"}}));
  auto expire = [&](int64_t before) {
    int64_t steps = 0;
    while (committed(x.db, [&] { return x.results.expire(before, 1); }) > 0)
      BOOST_REQUIRE(++steps < 10);
  };
  expire(15); // Neither row nor set.
  BOOST_TEST(x.label_sets() == 2);
  expire(4 * day);
  BOOST_TEST(x.label_sets() == 1);
  BOOST_TEST(x.full_rows() == "345600000-432000000 Abnormal device=sdb; ");
  ok(x.replace(old, 6 * day, 7 * day, {{6 * day, 6 * day + 1, "Abnormal"}}));
  BOOST_TEST(x.label_sets() == 2);
  expire(20 * day);
  BOOST_TEST(x.label_sets() == 0);
  BOOST_TEST(x.rows() == "");
}

STORE_CASE(the_newest_rows_of_instances_are_known_as_long_as_they_can_matter) {
  one_host x{it};
  auto day = 24 * hour;
  label_set gone{{"device", "sda"}}, here{{"device", "sdb"}};
  ok(x.replace(0, day, {{10, 20, "No data", "refused"}}));
  ok(x.replace(gone, 0, day, {{10, 20, "Abnormal"}}));
  ok(x.replace(here, 0, 9 * day, {{10, 20, "Abnormal"}, {8 * day, 9 * day, "Abnormal"}}));
  auto shown = [&] {
    std::string out;
    for (const auto& last : ok(x.results.last_rows("h")))
      out += std::to_string(last.row.start_ms) + last.row.reason +
             (last.labels.empty() ? "" : last.labels.at("device")) + " ";
    return out;
  };
  BOOST_TEST(shown() == "10refused 10sda 691200000sdb "); // No cursor yet.
  ok(
    x.db.run("insert into host_cursor (host, since_ms, until_ms, rule_set_digest, epoch) select n, "
             "0, ?, '', 1 from host where id = 'h'",
             9 * day));
  BOOST_TEST(shown() == "10refused 691200000sdb ");
  overlap_query asked{owner, "h", {"cpu"}, 0, 30};
  std::set<std::string> labels;
  for (const auto& found : ok(x.results.overlapping(asked)))
    labels.insert(found.labels.empty() ? found.row.reason : found.labels.at("device"));
  BOOST_TEST(labels == (std::set<std::string>{"refused", "sda", "sdb"}),
             boost::test_tools::per_element());
}

STORE_CASE(an_unpaged_list_has_its_limit_and_the_text_says_what_to_do) {
  one_host x{it};
  result_change change{"cpu", x.digest, 0, 10'000'000, {}};
  for (int64_t i = 0; i <= 50'000; ++i)
    change.rows.push_back({i * 10, i * 10 + 5, "Abnormal"});
  committed(x.db, [&] { return x.results.replace_range(owner, "h", change); });
  auto refused = x.results.page(owner, {});
  BOOST_TEST(failure_of(refused) == ec::bad_request);
  BOOST_TEST(refused.error().detail.find("per_page") != std::string::npos);
  results_query q;
  q.time_range = {moment{10}, moment{499'999}};
  BOOST_TEST(ok(x.results.page(owner, q)).check_result.size() == 49'999u);
  q = {};
  q.page.emplace(1001);
  q.per_page.emplace(50);
  auto last = ok(x.results.page(owner, q));
  BOOST_TEST(last.total_count == 50'001);
  BOOST_TEST(last.total_page == 1001);
  BOOST_TEST(last.check_result.size() == 1u);
  q.page.emplace(std::numeric_limits<int64_t>::max());
  last = ok(x.results.page(owner, q));
  BOOST_TEST(last.total_count == 50'001);
  BOOST_TEST(last.check_result.empty());
}

STORE_CASE(lists_of_absurd_length_are_refused) {
  one_host x{it};
  results_query q;
  q.host_list.assign(20'000, "x");
  BOOST_TEST(failure_of(x.results.page(owner, q)) == ec::bad_request);
  q.host_list.assign(10'000, "x");
  BOOST_TEST(ok(x.results.page(owner, q)).total_count == 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace result_test
