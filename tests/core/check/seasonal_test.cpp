#include "runtime/core/check/live.hpp"
#include "runtime/core/check/rounds.hpp"
#include "runtime/core/check/rule_limits.hpp"
#include "runtime/core/check/run.hpp"
#include "runtime/core/check/seasonal_model.hpp"
#include "runtime/core/check/trial.hpp"

#include <boost/test/unit_test.hpp>

#include "support.hpp"
#include <cmath>

namespace seasonal_test {

using namespace aops;
using namespace aops::check;

namespace {

constexpr int64_t hour = 3600 * 1000, day = 24 * hour, week = 7 * day;
/// A Monday, 00:00 UTC.
constexpr int64_t monday = int64_t{1'704'067'200} * 1000;

seasonal_terms terms_of(const std::string& condition) {
  auto read = read_seasonal(condition);
  BOOST_REQUIRE_MESSAGE(read, (read ? "" : read.error().detail));
  return *read;
}

std::string refused_seasonal(const std::string& condition) {
  auto read = read_seasonal(condition);
  return read ? "none" : read.error().detail;
}

check_rule seasonal_rule(std::string condition) {
  auto rule = make_rule("usual", std::move(condition), {"load"});
  rule.plugin = "seasonal";
  return rule;
}

/// 10 by night, 50 by day, with a little of both sides.
double usual_at(int64_t t_ms) {
  auto h = t_ms / hour % 24;
  auto wave = static_cast<double>(t_ms / 600'000 % 3) - 1;
  return (h >= 8 && h < 18 ? 50 : 10) + wave;
}

} // namespace

BOOST_AUTO_TEST_SUITE(seasonal)

BOOST_AUTO_TEST_CASE(parameters_have_defaults_and_ranges) {
  auto x = terms_of("");
  BOOST_TEST(x.season_ms == week);
  BOOST_TEST(x.cycles == 4);
  BOOST_TEST(x.min_cycles == 2);
  BOOST_TEST(x.mads == 5);
  x = terms_of("season=day, cycles=6 min_cycles=3\nmads=3.5 floor=0 direction=above");
  BOOST_TEST(x.season_ms == day);
  BOOST_TEST(x.cycles == 6);
  BOOST_TEST(x.mads == 3.5);
  BOOST_TEST((x.which == seasonal_terms::side::above));
  BOOST_TEST(x.lookback_ms() == 6 * day + hour);
  BOOST_TEST(terms_of("cycles=1").min_cycles == 1);
  BOOST_TEST(refused_seasonal("weeks=3") == "weeks: unknown parameter; there are season, cycles, "
                                            "min_cycles, mads, floor and direction");
  BOOST_TEST(refused_seasonal("mads=0") == "mads: must be a number above 0, at most 1000");
  BOOST_TEST(refused_seasonal("mads=nan") == "mads: must be a number above 0, at most 1000");
  BOOST_TEST(refused_seasonal("cycles=13") == "cycles: must be a whole number, 1 to 12");
  BOOST_TEST(refused_seasonal("cycles=2 min_cycles=3") == "min_cycles: must be at most cycles");
  BOOST_TEST(refused_seasonal("mads=3 mads=4") == "mads: stands there twice");
  BOOST_TEST(refused_seasonal("mads") == "mads: needs a value, mads=…");
  BOOST_TEST(refused_seasonal("$0 > 3") == "'$0' is no parameter: name=value, parted by blanks");
}

BOOST_AUTO_TEST_CASE(the_middle_and_its_distance_are_those_of_the_same_hour) {
  seasonal_model model;
  auto terms = terms_of("cycles=3 min_cycles=2 mads=3 floor=0");
  auto look = terms.lookback_ms();
  // 12:00 of three Mondays: 1..6, 11..16, and a night of rubbish that does not count.
  for (int64_t k = 0; k < 6; ++k) {
    auto at = monday + 12 * hour + k * 600'000;
    model.learn(at, static_cast<double>(1 + k), look);
    model.learn(at + week, static_cast<double>(11 + k), look);
    model.learn(at - 9 * hour, 1e9, look);
  }
  auto now = monday + 2 * week + 12 * hour + 100'000;
  auto base = model.baseline(now, terms);
  BOOST_REQUIRE(base.has_value());
  BOOST_TEST(base->expected == 8.5); // Between 6 and 11.
  // Distances 7.5, 6.5, 5.5, 4.5, 3.5, 2.5 twice: the middle is 5.
  BOOST_TEST(base->deviation == 1.4826 * 5, boost::test_tools::tolerance(1e-12));
  auto view = model.judge(now, 31, terms);
  BOOST_REQUIRE(view.has_value());
  BOOST_TEST(view->high == 8.5 + 3 * 1.4826 * 5, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(view->is_abnormal);
  BOOST_TEST(!model.judge(now, 30, terms)->is_abnormal);
  BOOST_TEST(model.judge(now, -14, terms)->is_abnormal);
  BOOST_TEST(
    !model.judge(now, -14, terms_of("cycles=3 mads=3 floor=0 direction=above"))->is_abnormal);
  BOOST_TEST(
    !model.judge(now, 31, terms_of("cycles=3 mads=3 floor=0 direction=below"))->is_abnormal);
  // An hour of which nothing is known.
  BOOST_TEST(!model.baseline(now + hour, terms).has_value());
}

BOOST_AUTO_TEST_CASE(few_samples_or_seasons_say_nothing) {
  seasonal_model model;
  auto terms = terms_of("cycles=4 min_cycles=2");
  auto look = terms.lookback_ms();
  auto learn = [&](int64_t w, int64_t count) {
    for (int64_t k = 0; k < count; ++k)
      model.learn(monday + w * week + k * 600'000, 5, look);
  };
  auto now = monday + 4 * week;
  learn(0, 6);
  BOOST_TEST(!model.baseline(now, terms).has_value());
  learn(1, 2); // Too few of that hour.
  BOOST_TEST(!model.baseline(now, terms).has_value());
  learn(1, 3);
  BOOST_TEST(model.baseline(now, terms).has_value());
}

BOOST_AUTO_TEST_CASE(a_constant_series_has_the_floor_as_its_room) {
  seasonal_model model;
  auto terms = terms_of("cycles=2 min_cycles=1 mads=5 floor=0.05");
  for (int64_t k = 0; k < 6; ++k)
    model.learn(monday + k * 600'000, 100, terms.lookback_ms());
  auto now = monday + week;
  BOOST_TEST(model.judge(now, 125, terms)->high == 125.0);
  BOOST_TEST(!model.judge(now, 125, terms)->is_abnormal);
  BOOST_TEST(model.judge(now, 126, terms)->is_abnormal);
  BOOST_TEST(!model.judge(now, std::nan(""), terms).has_value());
}

BOOST_AUTO_TEST_CASE(the_order_of_what_is_learned_does_not_show) {
  auto terms = terms_of("cycles=2 min_cycles=1");
  auto look = terms.lookback_ms();
  std::vector<std::pair<int64_t, double>> samples;
  for (int64_t t = monday; t < monday + 2 * week; t += 150'000)
    samples.emplace_back(t, usual_at(t) + static_cast<double>(t / 150'000 % 4));
  seasonal_model forward, backward;
  for (const auto& [t, x] : samples)
    forward.learn(t, x, look);
  for (auto i = samples.rbegin(); i != samples.rend(); ++i)
    backward.learn(i->first, i->second, look);
  for (int64_t t = monday + 2 * week; t < monday + 3 * week; t += hour) {
    auto a = forward.baseline(t, terms), b = backward.baseline(t, terms);
    BOOST_REQUIRE(a.has_value());
    BOOST_REQUIRE(b.has_value());
    BOOST_TEST(a->expected == b->expected);
    BOOST_TEST(a->deviation == b->deviation);
  }
}

BOOST_AUTO_TEST_CASE(memory_is_bounded_however_long_it_runs) {
  auto terms = terms_of("cycles=2");
  seasonal_model model;
  for (int64_t t = monday; t < monday + 30 * week; t += 300'000)
    model.learn(t, 1, terms.lookback_ms());
  BOOST_TEST(model.memory_bytes() <= seasonal_model::most_bytes(terms));
  BOOST_TEST(seasonal_model::most_bytes(terms_of("")) < 51'000u);
  model.learn(monday + 100 * week, 1, terms.lookback_ms()); // After two years of silence.
  BOOST_TEST(model.memory_bytes() < 500u);
  model.learn(monday, 1, terms.lookback_ms()); // Long ago: not kept.
  BOOST_TEST(model.memory_bytes() < 500u);
}

BOOST_AUTO_TEST_CASE(an_hour_at_a_change_of_the_clock_is_an_hour_of_utc) {
  // Europe/Berlin, 2024-03-31 01:00 UTC: local 02:00 becomes 03:00. What is learned before counts
  // for the same hour of UTC after it; nothing is lost and nothing counts twice.
  constexpr int64_t change = int64_t{1'711'846'800} * 1000;
  auto terms = terms_of("season=day cycles=1 min_cycles=1 floor=0");
  seasonal_model model;
  for (int64_t t = change - day; t < change; t += 600'000)
    model.learn(t, static_cast<double>(t / hour % 24), terms.lookback_ms());
  for (int64_t h = 0; h < 24; ++h) {
    auto base = model.baseline(change + h * hour, terms);
    BOOST_REQUIRE(base.has_value());
    BOOST_TEST(base->expected == static_cast<double>((change / hour + h) % 24));
  }
}

// -- as a rule

BOOST_AUTO_TEST_CASE(rules_are_refused_with_the_field) {
  rule_limits limits;
  limits.lookback_ms = 5 * week;
  limits.period_ms = 15'000;
  auto refusal_of = [&](auto change, std::string condition = "") {
    auto rule = seasonal_rule(condition.empty() ? "mads=5" : condition);
    change(rule);
    auto fine = validate(rule, limits);
    return fine ? std::string("none") : fine.error().detail;
  };
  BOOST_TEST(refusal_of([](auto&) {}) == "none");
  BOOST_TEST(refusal_of([](auto&) {}, "mad=3").starts_with("condition: mad: unknown parameter"));
  BOOST_TEST(refusal_of([](auto&) {}, "cycles=6") ==
             "condition: looks back 1009h, the limit is 840h (samples.keep, at least 24h)");
  BOOST_TEST(refusal_of([](auto& r) { r.data_list.emplace_back().name = "other"; }) ==
             "data_list: the plug-in seasonal takes one entry");
  BOOST_TEST(refusal_of([](auto& r) { r.recover = "$0 < 3"; }).starts_with("recover: not with"));
  BOOST_TEST(refusal_of([](auto& r) { r.record = "x"; }) == "record: needs the plug-in promql");
  BOOST_TEST(refusal_of([](auto& r) { r.plugin = "ewma"; }) ==
             "plugin: unknown plug-in 'ewma'; there are promql, seasonal");
  limits.plugins = {"ewma"};
  BOOST_TEST(refusal_of([](auto& r) { r.plugin = "ewma"; }) == "none");
  BOOST_TEST(refusal_of([](auto& r) {
               r.plugin = "ewma";
               r.condition = "history=3d";
             }) == "condition: history: must be 1s to 24h");
}

namespace {

/// A host with one rule, sampled every ten minutes.
struct seasonal_host {
  static constexpr int64_t period = 600'000;
  std::optional<host_checker> host;
  row_store store{period};
  std::vector<check::round> rounds;
  std::shared_ptr<const rule_set> rules;

  explicit seasonal_host(std::string condition)
      : rules(make_rules({seasonal_rule(std::move(condition))})) {
    host.emplace(period, "h1");
    host->set_rules(rules, {}, 0);
    host->history_loaded();
    host->history_loaded(reach::far);
  }
  int64_t at(int64_t t_ms) const { return t_ms / period * period + host->offset_ms(); }
  void take(int64_t t_ms, double x) {
    auto t = at(t_ms);
    std::vector<sample> samples{{*host->slot_of("load", {}), number::of(x)}};
    store.apply(host->on_samples(t, samples, 0.1));
    rounds.push_back({t, true, 0.1, samples});
  }
  std::string shown() const {
    std::string text;
    for (const auto& row : store.rows("usual"))
      text += std::string(to_string(row.value)) + " (" + row.reason + ");";
    return text;
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(what_is_unusual_for_its_hour_is_found_live) {
  seasonal_host x("season=day cycles=3 min_cycles=2");
  auto until = monday + 4 * day;
  for (int64_t t = monday; t < until; t += seasonal_host::period)
    x.take(t, usual_at(t));
  BOOST_TEST(x.shown() == "");
  x.take(until + 3 * hour, 50); // Usual by day, not at three in the night.
  BOOST_TEST(x.shown() == "Abnormal (value 50, expected 10 (2.587 to 17.413));");
  x.take(until + 12 * hour, 50);
  BOOST_TEST(x.shown() == "Abnormal (value 50, expected 10 (2.587 to 17.413));");
}

BOOST_AUTO_TEST_CASE(what_was_learned_is_learned_again_after_a_restart) {
  seasonal_host x("season=day cycles=3 min_cycles=2");
  auto until = monday + 4 * day;
  for (int64_t t = monday; t < until; t += seasonal_host::period)
    x.take(t, usual_at(t));
  auto before = x.rounds;
  // A new process: what is stored comes back in portions, some of it while rounds go on.
  host_checker again(seasonal_host::period, "h1");
  again.adopt_series(std::vector<series_entry>{{*x.host->slot_of("load", {}), {"load", {}}}},
                     before.back().time_ms);
  auto diff = again.set_rules(x.rules, {}, 0);
  BOOST_TEST(diff.far_history_ms >= 3 * day);
  again.history_loaded();
  again.resume(before.back().time_ms, {});
  BOOST_TEST(again.waiting().size() == 1u);
  std::span<const check::round> all(before);
  again.load_history(all.first(200), reach::far);
  again.load_history(all.subspan(200), reach::far);
  again.history_loaded(reach::far);
  BOOST_TEST(again.waiting().empty());
  auto t = x.at(until + 3 * hour);
  std::vector<sample> samples{{*again.slot_of("load", {}), number::of(50.0)}};
  auto found = again.on_samples(t, samples, 0.1);
  BOOST_REQUIRE(found.changes.size() == 1u);
  BOOST_TEST(found.changes[0].rows.at(0).reason == "value 50, expected 10 (2.587 to 17.413)");
}

BOOST_AUTO_TEST_CASE(the_past_is_judged_as_it_would_have_been_and_shows_its_bounds) {
  seasonal_host x("season=day cycles=3 min_cycles=2");
  auto until = monday + 4 * day;
  for (int64_t t = monday; t < until + day; t += seasonal_host::period)
    x.take(t, t == until + 3 * hour ? 50 : usual_at(t));
  auto live = x.shown();
  BOOST_TEST(live == "Abnormal (value 50, expected 10 (2.587 to 17.413));");
  run_request request;
  request.start_ms = x.at(until);
  request.end_ms = x.at(until + day);
  request.period_ms = seasonal_host::period;
  request.basis = time_basis::stored_grid;
  request.most_values = most_tried_values;
  auto rule = x.rules->rules().front();
  auto range = range_to_fetch(*rule, request);
  for (bool is_thin : {false, true}) {
    stored_history history(x.rules->rules(),
                           std::vector<series_entry>{{*x.host->slot_of("load", {}), {"load", {}}}});
    if (is_thin)
      history.thin_before(request.start_ms);
    for (const auto& round : x.rounds)
      if (round.time_ms >= range.from_ms)
        history.add(round);
    auto result = run_rule(rule, request, history.data_for(*rule));
    BOOST_TEST(result.judged == 144u);
    BOOST_REQUIRE(result.points.size() == 1u);
    BOOST_TEST(result.points[0].reason == "value 50, expected 10 (2.587 to 17.413)");
    BOOST_TEST(result.parts.size() == 4u);
    auto courses = courses_of(result);
    BOOST_REQUIRE(courses.size() == 4u);
    BOOST_TEST(courses[1].text == "expected");
    BOOST_TEST(courses[1].values.size() == 144u);
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace seasonal_test
