#include "runtime/core/check/grid.hpp"
#include "runtime/core/check/run.hpp"
#include "tests/support/effort.hpp"

#include <boost/test/unit_test.hpp>

#include "support.hpp"
#include <random>
#include <set>

namespace instance_replay_test {

/// Rules with instances and with time: whatever way the rounds of a host come to judgement, the
/// stored rows are the same.

using namespace aops;
using namespace aops::check;

namespace {

constexpr int64_t period = 15'000;

struct past_round {
  int64_t time_ms = 0;
  bool answered = true;
  std::map<series_key, number> samples;
};

struct history {
  std::string host_id;
  std::shared_ptr<const rule_set> rules;
  match_limits limits;
  std::vector<past_round> rounds;
};

class generator {
public:
  explicit generator(uint32_t seed) : random_(seed) {}

  bool chance(double p) { return std::uniform_real_distribution<>(0, 1)(random_) < p; }
  int64_t below(int64_t n) { return static_cast<int64_t>(random_() % static_cast<uint64_t>(n)); }

  history make(int count) {
    history h;
    h.host_id = "host" + std::to_string(below(1000));
    h.limits.instances = chance(0.3) ? 2 : 256;
    std::vector<check_rule> rules;
    for (int i = 0; i < 8; ++i)
      rules.push_back(rule(i));
    h.rules = make_rules(std::move(rules));
    int64_t t = next_grid(1'700'000'000'000, period, grid_offset_ms(h.host_id, period));
    bool answers = true;
    for (int k = 0; k < count; ++k, t += period) {
      if (chance(0.03))
        t += period * (1 + below(6));
      if (chance(answers ? 0.04 : 0.5))
        answers = !answers;
      h.rounds.push_back({t, answers, {}});
      come_and_go();
      for (const auto& key : there_)
        if (answers && !chance(0.06))
          h.rounds.back().samples[key] = number::of(below(100));
    }
    return h;
  }

private:
  void come_and_go() {
    static const std::vector<std::string> names = {"a", "b"}, devices = {"1", "2", "3"},
                                          modes = {"r", "w"};
    for (const auto& name : names)
      for (const auto& device : devices) {
        for (const auto& mode : modes)
          toggle({name, {{"device", device}, {"mode", mode}}}, 0.02);
        toggle({name, {{"device", device}}}, 0.03);
      }
    toggle({"a", {}}, 0.03);
  }
  void toggle(series_key key, double p) {
    if (!chance(p))
      return;
    if (!there_.erase(key))
      there_.insert(std::move(key));
  }

  data_item item(const std::string& name, bool is_main) {
    data_item x;
    x.name = name;
    if (chance(0.15))
      return x; // The one without labels.
    x.match.emplace();
    if (chance(0.5))
      (*x.match)["mode"] = chance(0.5) ? "=~r|" : "!=w";
    if (chance(0.3)) {
      static const std::vector<std::string> how = {"sum", "avg", "min", "max", "count"};
      x.agg = how[static_cast<size_t>(below(5))];
      if (chance(0.6))
        x.by = chance(0.5) ? std::vector<std::string>{"device"}
                           : std::vector<std::string>{"device", "mode"};
    } else if (!is_main && chance(0.3)) {
      (chance(0.5) ? x.on : x.ignoring) = std::vector<std::string>{chance(0.5) ? "device" : "mode"};
    }
    return x;
  }

  check_rule rule(int i) {
    static const std::vector<std::string> conditions = {"$0 > 60",
                                                        "max(#3) > 90",
                                                        "avg(1m) > 55 && $1 < 60",
                                                        "change(45s) > 20",
                                                        "$0 > $1",
                                                        "rate(1m) > 0.5 || $1.min(30s) > 50",
                                                        "100 / $0 > 2",
                                                        "$0 > 70"};
    auto rule = make_rule("rule " + std::to_string(i), conditions[static_cast<size_t>(i)], {});
    do
      rule.data_list = {item("a", true), item("b", false)};
    while (!validate(rule));
    static const std::vector<std::string> times = {"", "", "15s", "40s", "60s", "2m"};
    auto time = [&] { return times[static_cast<size_t>(below(6))]; };
    rule.for_ = time();
    rule.keep_firing_for = chance(0.5) ? time() : "";
    rule.recover = chance(0.3) ? (chance(0.5) ? "$0 < 30" : "max(#2) < 60") : "";
    static const std::vector<std::string> policies = {"", "", "", "keep", "alert", "ignore"};
    rule.no_data = policies[static_cast<size_t>(below(6))];
    return rule;
  }

  std::mt19937 random_;
  std::set<series_key> there_;
};

/// One host with its store.
class driver {
public:
  explicit driver(const history& h) : history_(h) { start(); }

  round_result live(size_t i) {
    auto r = stored(i);
    auto result = r.answered ? checker_->on_samples(r.time_ms, r.samples, 0.1)
                             : checker_->on_failure(r.time_ms, 0.1);
    for (const auto& s : checker_->kept().take_new())
      series_.push_back(s);
    take(result);
    return result;
  }
  void replay(size_t first, size_t last) {
    std::vector<check::round> rounds;
    for (size_t i = first; i < last; ++i)
      rounds.push_back(stored(i));
    auto result = checker_->replay(rounds);
    for (const auto& s : checker_->kept().take_new())
      series_.push_back(s);
    // Of what changed often the earlier changes are left out.
    std::set<std::pair<std::string, label_set>> seen;
    std::erase_if(result.alerts, [&](const alert_change& x) {
      std::pair key{x.check_item, x.labels};
      return seen.insert(key).second && (open_.contains(key) ? open_[key].value : "") == x.value;
    });
    take(result);
  }
  void restart(size_t next) {
    checker_.reset();
    start();
    if (next == 0)
      return;
    std::vector<check::round> rounds;
    for (size_t i = 0; i < next; ++i)
      if (history_.rounds[i].time_ms >= history_.rounds[next - 1].time_ms - history_ms_)
        rounds.push_back(stored(i));
    checker_->load_history(rounds);
    checker_->history_loaded();
    std::vector<alert_change> open;
    for (const auto& [key, x] : open_)
      open.push_back(x);
    checker_->resume(history_.rounds[next - 1].time_ms, store_.last_rows(), open);
  }

  const row_store& store() const { return store_; }
  const std::vector<series_entry>& series() const { return series_; }
  const std::map<std::pair<std::string, label_set>, alert_change>& open() const { return open_; }

  /// The slots are those of this host.
  check::round stored(size_t i) {
    const auto& past = history_.rounds[i];
    check::round r{past.time_ms, past.answered, 0.1, {}};
    for (const auto& [key, x] : past.samples)
      if (auto slot = checker_->slot_of(key))
        r.samples.push_back({*slot, x});
    return r;
  }

private:
  void start() {
    checker_ =
      std::make_unique<host_checker>(period, history_.host_id, nullptr, 4096, history_.limits);
    checker_->adopt_series(series_, 1);
    history_ms_ = checker_->set_rules(history_.rules, {}, 0).history_ms;
  }
  void take(const round_result& result) {
    store_.apply(result);
    for (const auto& x : result.alerts) {
      std::pair key{x.check_item, x.labels};
      BOOST_TEST_REQUIRE((open_.contains(key) ? open_[key].value : "") != x.value,
                         "told again: " << x.check_item << " " << x.value);
      if (x.value.empty())
        open_.erase(key);
      else
        open_[key] = x;
    }
  }

  const history& history_;
  row_store store_{period};
  std::unique_ptr<host_checker> checker_;
  std::vector<series_entry> series_;
  std::map<std::pair<std::string, label_set>, alert_change> open_;
  int64_t history_ms_ = 0;
};

std::string described(const check_rule& r) {
  std::string text = r.condition + " for " + r.for_ + " keep " + r.keep_firing_for + " recover " +
                     r.recover + " no_data " + r.no_data;
  for (const auto& d : r.data_list) {
    text += "; " + d.name;
    if (d.match)
      for (const auto& [name, value] : *d.match)
        text += " " + name + value;
    text += d.match ? " match " + d.agg + (d.by ? " by " + std::to_string(d.by->size()) : "") : "";
    text += d.on ? " on " + d.on->front() : d.ignoring ? " ignoring " + d.ignoring->front() : "";
  }
  return text;
}

void must_equal(const history& h, const row_store& a, const row_store& b, std::string what) {
  for (const auto& rule : h.rules->rules()) {
    const auto& item = rule->rule.check_item;
    std::set<label_set> all;
    for (const auto* store : {&a, &b})
      for (auto& labels : store->instances(item))
        all.insert(labels);
    for (const auto& labels : all) {
      std::string name = item;
      for (const auto& [k, v] : labels)
        name += " " + k + "=" + v;
      BOOST_TEST_REQUIRE(a.rows(item, labels) == b.rows(item, labels),
                         what << ": " << name << ": " << described(rule->rule) << " from "
                              << h.rounds.front().time_ms << "\n"
                              << a.rows(item, labels) << "\n"
                              << b.rows(item, labels));
    }
  }
}

driver uninterrupted(const history& h) {
  driver d(h);
  for (size_t i = 0; i < h.rounds.size(); ++i)
    d.live(i);
  return d;
}

} // namespace

BOOST_AUTO_TEST_SUITE(replay_of_instances)

BOOST_AUTO_TEST_CASE(the_histories_have_something_in_them) {
  size_t instances = 0, values[3] = {};
  for (uint32_t seed = 0; seed < 20; ++seed) {
    auto h = generator(seed).make(150);
    auto d = uninterrupted(h);
    for (const auto& rule : h.rules->rules())
      for (const auto& labels : d.store().instances(rule->rule.check_item)) {
        instances += labels.empty() ? 0 : 1;
        for (const auto& row : d.store().rows(rule->rule.check_item, labels))
          ++values[static_cast<size_t>(row.value)];
      }
  }
  BOOST_TEST(instances > 100u);
  for (auto count : values)
    BOOST_TEST(count > 100u);
}

BOOST_AUTO_TEST_CASE(restarts_change_nothing) {
  for (uint32_t seed = 100; seed < 100 + aops::test::tries(40u); ++seed) {
    generator g(seed);
    auto h = g.make(150);
    driver restarted(h);
    for (size_t i = 0; i < h.rounds.size(); ++i) {
      if (g.chance(0.1))
        restarted.restart(i);
      restarted.live(i);
    }
    auto expected = uninterrupted(h);
    must_equal(h, expected.store(), restarted.store(), "restarts, seed " + std::to_string(seed));
    BOOST_TEST_REQUIRE(expected.open().size() == restarted.open().size());
    for (const auto& [key, x] : expected.open())
      BOOST_TEST_REQUIRE(restarted.open().at(key).value == x.value);
  }
}

BOOST_AUTO_TEST_CASE(replays_change_nothing) {
  for (uint32_t seed = 400; seed < 400 + aops::test::tries(25u); ++seed) {
    generator g(seed);
    auto h = g.make(150);
    driver replayed(h);
    for (size_t i = 0; i < h.rounds.size();) {
      auto last = std::min(h.rounds.size(), i + 1 + static_cast<size_t>(g.below(30)));
      if (g.chance(0.3))
        replayed.restart(i);
      replayed.replay(i, last);
      i = last;
    }
    must_equal(
      h, uninterrupted(h).store(), replayed.store(), "replays, seed " + std::to_string(seed));
  }
}

BOOST_AUTO_TEST_CASE(a_run_over_all_stored_rounds_finds_the_same) {
  for (uint32_t seed = 600; seed < 600 + aops::test::tries(30u); ++seed) {
    auto h = generator(seed).make(150);
    auto live = uninterrupted(h);
    stored_history stored(h.rules->rules(), live.series());
    for (size_t i = 0; i < h.rounds.size(); ++i)
      stored.add(live.stored(i));
    run_request request{h.rounds.front().time_ms,
                        h.rounds.back().time_ms + 1,
                        period,
                        time_basis::stored_grid,
                        0,
                        h.limits.instances};
    row_store found(period);
    for (const auto& rule : h.rules->rules()) {
      auto result = run_rule(rule, request, stored.data_for(*rule));
      for (const auto& change : changes_of(*rule, request, result))
        found.apply(change);
    }
    must_equal(h, live.store(), found, "run, seed " + std::to_string(seed));
  }
}

BOOST_AUTO_TEST_CASE(runs_over_pieces_find_the_same_where_nothing_outlasts_its_condition) {
  for (uint32_t seed = 800; seed < 800 + aops::test::tries(25u); ++seed) {
    generator g(seed);
    auto h = g.make(150);
    auto live = uninterrupted(h);
    row_store found(period), expected(period);
    std::vector<rule_set::rule_ptr> rules;
    for (const auto& rule : h.rules->rules())
      if (rule->rule.recover.empty() && rule->rule.keep_firing_for.empty() &&
          (rule->no_data == no_data_policy::tell || rule->no_data == no_data_policy::ignore))
        rules.push_back(rule);
    auto end = h.rounds.back().time_ms + 1;
    for (auto start = h.rounds.front().time_ms; start < end;) {
      auto until = std::min(end, start + 1000 * (1 + g.below(900)));
      run_request request{start, until, period, time_basis::stored_grid, 0, h.limits.instances};
      for (const auto& rule : rules) {
        stored_history stored({&rule, 1}, live.series());
        auto range = range_to_fetch(*rule, request);
        for (size_t i = 0; i < h.rounds.size(); ++i)
          if (h.rounds[i].time_ms >= range.from_ms && h.rounds[i].time_ms < range.until_ms)
            stored.add(live.stored(i));
        auto result = run_rule(rule, request, stored.data_for(*rule));
        if (result.judged > 0)
          for (const auto& change : changes_of(*rule, request, result))
            found.apply(change);
      }
      start = until;
    }
    h.rules = rule_set::build([&] {
      std::vector<rule_source> sources;
      for (const auto& rule : rules)
        sources.push_back({rule->rule, {}, 0});
      return sources;
    }());
    must_equal(h, live.store(), found, "pieces, seed " + std::to_string(seed));
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace instance_replay_test
