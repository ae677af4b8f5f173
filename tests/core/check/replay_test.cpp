#include "runtime/core/check/grid.hpp"
#include "runtime/core/check/run.hpp"
#include "runtime/core/expr/evaluator.hpp"
#include "tests/support/effort.hpp"

#include <boost/test/unit_test.hpp>

#include "support.hpp"
#include <cmath>
#include <random>

namespace replay_test {

/// Whatever way the rounds of a host come to judgement, the stored rows are the same.

using namespace aops;
using namespace aops::check;

namespace {

constexpr int64_t period = 15'000;
const std::vector<std::string> names = {"a", "b", "c"};

constexpr int rule_count = 17;

check_rule rule_at(int i) {
  static const std::vector<std::pair<std::string, std::vector<std::string>>> pool = {
    {"$0>70", {"a"}},
    {"max(#3)>85", {"a"}},
    {"avg(1m)>55 && $1<40", {"a", "b"}},
    {"change(#1)>30", {"b"}},
    {"abschange(45s)>40", {"c"}},
    {"count(2m,60,'>')>4", {"b"}},
    {"sum(90)/3>100", {"c"}},
    {"rate(1m)>1", {"a"}},
    {"$0/$1>2", {"a", "b"}},
    {"$0==0", {"up"}},
    {"avg(2m)<0.9", {"up"}},
    {"$0>1 && $1>50", {"scrape_duration_seconds", "a"}},
    {"min(5m)<3 || $1.max(#2)>95", {"a", "c"}},
    {"sum(#6)>300", {"b"}},
    {"$0>", {"a"}},
    // Their windows are remembered from round to round, those of the others read anew.
    {"avg(#600)>52 && $0>avg(#600)", {"a"}},
    {"max(9000)-min(#3)>95 || $1.count(9000,60,'>')>$1.count(#5,60,'>')+30", {"c", "b"}},
  };
  const auto& [condition, items] = pool[static_cast<size_t>(i) % pool.size()];
  return make_rule("rule " + std::to_string(i), condition, items);
}

/// A round with its samples by series, as a store keeps it.
struct past_round {
  int64_t time_ms;
  bool answered;
  double duration_s;
  std::vector<std::pair<std::string, number>> samples;
};

struct history {
  std::string host_id;
  std::vector<past_round> rounds;
  std::vector<std::shared_ptr<const rule_set>> rules; ///< In force at each round.

  const rule_set& last_rules() const { return *rules.back(); }
};

class generator {
public:
  explicit generator(uint32_t seed) : random_(seed) {}

  bool chance(double p) { return std::uniform_real_distribution<>(0, 1)(random_) < p; }
  int below(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }

  number value() {
    if (chance(0.03))
      return number::of(std::nan(""));
    if (chance(0.3))
      return number::of(std::uniform_real_distribution<>(0, 100)(random_));
    return number::of(int64_t{below(101)});
  }

  std::shared_ptr<const rule_set> some_rules() {
    std::vector<check_rule> rules;
    for (int i = 0; i < rule_count; ++i)
      if (chance(0.6))
        rules.push_back(rule_at(i));
    return make_rules(std::move(rules));
  }

  history make(int count, bool rules_change) {
    history h;
    h.host_id = "host" + std::to_string(below(1000));
    int64_t t = next_grid(1'700'000'000'000, period, grid_offset_ms(h.host_id, period));
    auto rules = some_rules();
    bool answers = true;
    for (int i = 0; i < count; ++i, t += period) {
      while (chance(0.04)) // Rounds that nobody took.
        t += period * (1 + below(8));
      if (chance(answers ? 0.06 : 0.4))
        answers = !answers;
      past_round r{t, answers, answers ? 0.1 : 2.0, {}};
      for (const auto& name : names)
        if (answers && !chance(0.12))
          r.samples.emplace_back(name, value());
      if (rules_change && chance(0.03))
        rules = some_rules();
      h.rounds.push_back(std::move(r));
      h.rules.push_back(rules);
    }
    return h;
  }

private:
  std::mt19937 random_;
};

/// One host with its store, driven through a history.
class driver {
public:
  driver(const history& h, bool fitting = true) : history_(h), store_(period, fitting) { start(0); }

  void live(size_t i) {
    use_rules(i);
    auto r = stored(i);
    store_.apply(r.answered ? checker_->on_samples(r.time_ms, r.samples, r.duration_s)
                            : checker_->on_failure(r.time_ms, r.duration_s));
  }
  void replay(size_t first, size_t last) {
    std::vector<check::round> rounds;
    for (size_t i = first; i < last; ++i)
      rounds.push_back(stored(i));
    use_rules(first);
    store_.apply(checker_->replay(rounds));
  }
  /// Everything in memory is lost before round `next`.
  void restart(size_t next) {
    start(next);
    if (next == 0)
      return;
    checker_->load_history(rounds_before(next, history_ms_));
    checker_->history_loaded();
    checker_->resume(history_.rounds[next - 1].time_ms, store_.last_rows());
  }
  const row_store& store() const { return store_; }

private:
  void start(size_t next) {
    checker_.emplace(period, history_.host_id, keep());
    size_t in_force = next == 0 ? 0 : next - 1;
    rules_ = history_.rules[in_force].get();
    history_ms_ = checker_->set_rules(history_.rules[in_force], {}, 0).history_ms;
  }
  void use_rules(size_t i) {
    if (history_.rules[i].get() == rules_)
      return;
    rules_ = history_.rules[i].get();
    auto diff = checker_->set_rules(history_.rules[i], {}, 0);
    if (diff.history_ms > 0 && i > 0) {
      checker_->load_history(rounds_before(i, diff.history_ms));
      checker_->history_loaded();
    }
  }
  static std::shared_ptr<const keep_list> keep() {
    return std::make_shared<const keep_list>(names.begin(), names.end());
  }
  check::round stored(size_t i) {
    const auto& past = history_.rounds[i];
    check::round r{past.time_ms, past.answered, past.duration_s, {}};
    for (const auto& [name, x] : past.samples)
      if (auto slot = checker_->slot_of(name, {}))
        r.samples.push_back({*slot, x});
    return r;
  }
  std::vector<check::round> rounds_before(size_t next, int64_t history_ms) {
    std::vector<check::round> rounds;
    for (size_t i = 0; i < next; ++i)
      if (history_.rounds[i].time_ms >= history_.rounds[next - 1].time_ms - history_ms)
        rounds.push_back(stored(i));
    return rounds;
  }

  const history& history_;
  row_store store_;
  std::optional<host_checker> checker_;
  const rule_set* rules_ = nullptr;
  int64_t history_ms_ = 0;
};

row_store uninterrupted(const history& h, bool fitting = true) {
  driver d(h, fitting);
  for (size_t i = 0; i < h.rounds.size(); ++i)
    d.live(i);
  return d.store();
}

void must_equal(const row_store& a, const row_store& b, std::string_view what) {
  for (int i = 0; i < rule_count; ++i) {
    auto item = rule_at(i).check_item;
    BOOST_TEST_REQUIRE(a.rows(item) == b.rows(item),
                       what << ": " << item << "\n"
                            << a.rows(item) << "\n"
                            << b.rows(item));
    BOOST_TEST_REQUIRE((a.digests(item) == b.digests(item)), what << ": digests of " << item);
  }
}

/// The rounds of a history as an explicit run reads them.
class explicit_runs {
public:
  explicit explicit_runs(const history& h)
      : history_(h), series_{{7, {"a", {}}}, {8, {"b", {}}}, {9, {"c", {}}}} {}

  void apply(row_store& store, int64_t start, int64_t end) const {
    run_request request{start, end, period, time_basis::stored_grid, 0};
    const auto& rules = history_.last_rules().rules();
    stored_history stored(rules, series_);
    int64_t reach = history_.last_rules().longest_history_ms(period);
    for (const auto& past : history_.rounds) {
      if (past.time_ms < start - reach || past.time_ms >= end)
        continue;
      check::round r{past.time_ms, past.answered, past.duration_s, {}};
      for (const auto& [name, x] : past.samples)
        r.samples.push_back({static_cast<uint32_t>(7 + name[0] - 'a'), x});
      stored.add(r);
    }
    for (const auto& rule : rules) {
      auto result = run_rule(rule, request, stored.data_for(*rule));
      if (result.judged > 0) // As a back-fill does: without a round there is nothing to say.
        store.apply(change_of(*rule, request, result));
    }
  }

private:
  const history& history_;
  std::vector<series_entry> series_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(replay_equality)

BOOST_AUTO_TEST_CASE(changes_applied_as_they_are_equal_changes_fitted_by_rewrite) {
  for (uint32_t seed = 0; seed < aops::test::tries(200u); ++seed) {
    auto h = generator(seed).make(150, false);
    must_equal(uninterrupted(h, false), uninterrupted(h, true), "as they are");
  }
}

BOOST_AUTO_TEST_CASE(a_restart_between_any_two_rounds_changes_nothing) {
  for (uint32_t seed = 1000; seed < 1000 + aops::test::tries(200u); ++seed) {
    generator g(seed);
    auto h = g.make(150, true);
    driver restarted(h);
    for (size_t i = 0; i < h.rounds.size(); ++i) {
      if (g.chance(0.1))
        restarted.restart(i);
      restarted.live(i);
    }
    must_equal(uninterrupted(h), restarted.store(), "restarts, seed " + std::to_string(seed));
  }
}

BOOST_AUTO_TEST_CASE(replaying_stored_rounds_equals_living_them) {
  for (uint32_t seed = 2000; seed < 2000 + aops::test::tries(200u); ++seed) {
    generator g(seed);
    auto h = g.make(150, false);
    driver replayed(h);
    for (size_t i = 0; i < h.rounds.size();) {
      size_t last = std::min(h.rounds.size(), i + 1 + static_cast<size_t>(g.below(30)));
      if (g.chance(0.3))
        replayed.restart(i);
      if (g.chance(0.3))
        replayed.live(last = i), ++last;
      else
        replayed.replay(i, last);
      i = last;
    }
    must_equal(uninterrupted(h), replayed.store(), "replay, seed " + std::to_string(seed));
  }
}

BOOST_AUTO_TEST_CASE(explicit_runs_over_pieces_in_any_order_equal_live_detection) {
  for (uint32_t seed = 3000; seed < 3000 + aops::test::tries(100u); ++seed) {
    generator g(seed);
    auto h = g.make(150, false);
    std::vector<std::pair<int64_t, int64_t>> pieces;
    int64_t end = h.rounds.back().time_ms + 1;
    for (int64_t start = h.rounds.front().time_ms - 7000; start < end;) {
      int64_t until = std::min(end, start + 1000 * (1 + g.below(900)));
      pieces.emplace_back(start, until);
      start = until;
    }
    for (size_t i = pieces.size(); i > 1; --i)
      std::swap(pieces[i - 1], pieces[static_cast<size_t>(g.below(static_cast<int>(i)))]);
    row_store found(period);
    explicit_runs runs(h);
    for (auto [start, until] : pieces)
      runs.apply(found, start, until);
    auto expected = uninterrupted(h);
    must_equal(expected, found, "explicit, seed " + std::to_string(seed));
    // And once more into what live detection has stored.
    for (int i = 0; i < 5; ++i) {
      int64_t start = h.rounds.front().time_ms + 1000 * g.below(2200);
      runs.apply(expected, start, start + 1000 * g.below(900));
    }
    must_equal(found, expected, "again, seed " + std::to_string(seed));
  }
}

BOOST_AUTO_TEST_CASE(live_detection_equals_a_naive_evaluation_of_each_round) {
  for (uint32_t seed = 4000; seed < 4000 + aops::test::tries(40u); ++seed) {
    auto h = generator(seed).make(120, false);
    auto live = uninterrupted(h);
    for (const auto& rule : h.last_rules().rules()) {
      std::vector<interval> found;
      for (size_t i = 0; i < h.rounds.size(); ++i) {
        const auto& now = h.rounds[i];
        auto add = [&](result_value v) { found.push_back({now.time_ms, now.time_ms, v}); };
        if (!rule->program) {
          add(internal_error);
          continue;
        }
        std::vector<expr::series> series(rule->rule.data_list.size());
        bool own = true;
        for (size_t k = 0; k < series.size(); ++k) {
          const auto& item = rule->rule.data_list[k];
          own = own && is_own_series(item);
          for (size_t j = 0; j <= i; ++j) {
            const auto& past = h.rounds[j];
            if (past.time_ms < now.time_ms - horizon_ms(*rule->program, period))
              continue;
            if (item.name == "up")
              series[k].append(past.time_ms, number::of(int64_t{past.answered}));
            if (item.name == "scrape_duration_seconds")
              series[k].append(past.time_ms, number::of(past.duration_s));
            for (const auto& [name, x] : past.samples)
              if (name == item.name)
                series[k].append(past.time_ms, x);
          }
        }
        std::vector<const expr::series*> data;
        bool complete = true;
        for (const auto& s : series) {
          data.push_back(&s);
          complete = complete && !s.empty();
        }
        if ((!now.answered && !own) || !complete ||
            series[0].time(series[0].end() - 1) != now.time_ms) {
          add(no_data);
          continue;
        }
        expr::evaluator evaluator(rule->program, data);
        auto outcome = evaluator.at(series[0].end() - 1);
        if (outcome.what == expr::verdict::error && evaluator.lacked_history(period))
          continue; // Not yet known.
        if (outcome.what == expr::verdict::error)
          add(internal_error);
        else if (outcome.what == expr::verdict::abnormal)
          add(abnormal);
      }
      auto item = rule->rule.check_item;
      BOOST_TEST_REQUIRE(live.rows(item) == merged(found, period),
                         "seed " << seed << " " << rule->rule.condition);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace replay_test
