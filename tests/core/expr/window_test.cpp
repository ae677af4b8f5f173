// Incremental windows against recomputation from the points, and against evaluators that begin
// anew.
#include "tests/core/expr/random_condition.hpp"
#include "tests/support/effort.hpp"

#include <cmath>
#include <limits>
#include <optional>

namespace window_test {

using namespace tests;

namespace {

/// How values look. Dyadic doubles are small multiples of 2^-10: any order of adding them is exact.
enum class flavour { integers, big_integers, dyadic, mixed, wild, holes, texts };

struct history {
  std::vector<int64_t> times;
  std::vector<number> values;
  std::vector<std::string> texts;
  uint64_t first = 0; ///< Older ones are trimmed.
  series live;
  explicit history(bool is_log) : live(is_log) {}

  void append(int64_t t, flavour f, random_source& random) {
    times.push_back(t);
    if (f == flavour::texts) {
      texts.push_back(std::string(random.below(3), static_cast<char>('a' + random.below(2))));
      live.append(t, texts.back());
    } else {
      values.push_back(draw(f, random));
      live.append(t, values.back());
    }
  }

  void trim_before(int64_t t) {
    live.trim_before(t);
    while (first < times.size() && times[first] < t)
      ++first;
  }

  static number draw(flavour f, random_source& random) {
    auto small = static_cast<int64_t>(random.below(2000)) - 1000;
    switch (f) {
    case flavour::integers:
      return number::of(small / 100);
    case flavour::big_integers:
      return number::of(static_cast<int64_t>(random.bits()));
    case flavour::dyadic:
      return number::of(static_cast<double>(small) / 1024);
    case flavour::mixed:
      return random.one_in(2) ? number::of(small) : number::of(static_cast<double>(small) / 8);
    case flavour::wild:
      return number::of(
        std::ldexp(static_cast<double>(small), static_cast<int>(random.below(1600)) - 800));
    default:
      break;
    }
    constexpr double infinity = std::numeric_limits<double>::infinity();
    switch (random.below(12)) {
    case 0:
      return unreadable_sample;
    case 1:
      return number::of(infinity);
    case 2:
      return number::of(-infinity);
    case 3:
    case 4:
      return number::of(std::nan(""));
    default:
      return number::of(static_cast<double>(small) / 4);
    }
  }
};

struct window_case {
  std::string function;
  uint32_t points = 0; ///< 0: a time window
  int64_t age_ms = 0;
  std::string condition(size_t item) const {
    auto range = points > 0 ? "#" + std::to_string(points)
                            : std::to_string(static_cast<double>(age_ms) / 1000) + "s";
    auto more = function == "count" ? ", " + pattern + ", '" + comparison + "'" : "";
    return "$" + std::to_string(item) + "." + function + "(" + range + more + ")";
  }
  std::string pattern, comparison;
  bool text_pattern = false;
};

bool ordered(const std::string& comparison) { return comparison != "==" && comparison != "!="; }

bool compares(std::partial_ordering order, const std::string& comparison) {
  return comparison == ">"    ? order > 0
         : comparison == "<"  ? order < 0
         : comparison == ">=" ? order >= 0
         : comparison == "<=" ? order <= 0
         : comparison == "==" ? order == 0
                              : order != 0;
}

std::string shown(number x) { return text_of({verdict::normal, value::of(x), {}}); }

/// What the reference says, word by word, over all points: what `evaluator` must yield. Errors are
/// just "error".
class naive {
public:
  naive(const history& h, const window_case& c, int64_t t, std::optional<uint64_t> k)
      : h_(h), c_(c), t_(t), k_(k) {}

  std::string result() {
    if (c_.function == "diff" || c_.function == "change" || c_.function == "abschange")
      return against_earlier();
    collect();
    if (c_.function == "count")
      return count();
    if (h_.live.is_log() || unreadable_ || inside_.empty())
      return "error";
    if (c_.function == "max" || c_.function == "min")
      return extreme();
    return c_.function == "rate" ? rate() : total();
  }

private:
  void collect() {
    if (!k_)
      return;
    for (uint64_t i = h_.first; i < h_.times.size(); ++i) {
      bool in = c_.points > 0 ? i <= *k_ && i + c_.points > *k_
                              : h_.times[i] >= t_ - c_.age_ms && h_.times[i] <= t_;
      if (!in)
        continue;
      if (!h_.live.is_log() && is_unreadable(h_.values[i]))
        unreadable_ = true;
      else if (h_.live.is_log() || !is_nan(h_.values[i]))
        inside_.push_back(i);
    }
  }

  std::string count() {
    if (unreadable_)
      return "error";
    if (!inside_.empty() && c_.text_pattern != h_.live.is_log() && ordered(c_.comparison))
      return "error";
    int64_t matches = 0;
    for (auto i : inside_) {
      if (c_.text_pattern != h_.live.is_log())
        matches += c_.comparison == "!=";
      else if (c_.text_pattern)
        matches += compares(h_.texts[i].compare(c_.pattern.substr(1, c_.pattern.size() - 2)) <=> 0,
                            c_.comparison);
      else
        matches += compares(compare(h_.values[i], *parse_sample(c_.pattern)), c_.comparison);
    }
    return std::to_string(matches);
  }

  std::string extreme() {
    auto best = h_.values[inside_[0]];
    for (auto i : inside_) { // The latest of equal ones.
      auto order = compare(h_.values[i], best);
      if (c_.function == "max" ? order >= 0 : order <= 0)
        best = h_.values[i];
    }
    return shown(best);
  }

  std::string total() {
    __int128_t whole = 0;
    double real = 0;
    bool integers = true;
    for (auto i : inside_) {
      auto x = h_.values[i];
      integers = integers && x.is_integer();
      x.is_integer() ? void(whole += x.integer()) : void(real += x.real());
    }
    bool fits = whole <= INT64_MAX && whole >= INT64_MIN;
    auto sum = integers && fits ? number::of(static_cast<int64_t>(whole))
                                : number::of(static_cast<double>(whole) + real);
    if (c_.function == "sum")
      return shown(sum);
    auto points = static_cast<long double>(inside_.size());
    return shown(number::of(
      sum.is_integer() ? static_cast<double>(static_cast<long double>(sum.integer()) / points)
                       : sum.real() / static_cast<double>(inside_.size())));
  }

  std::string rate() {
    auto took_ms = h_.times[inside_.back()] - h_.times[inside_.front()];
    if (inside_.size() < 2 || took_ms == 0)
      return "error";
    __int128_t whole = 0;
    double real = 0;
    for (size_t n = 1; n < inside_.size(); ++n) {
      auto from = h_.values[inside_[n - 1]], to = h_.values[inside_[n]];
      bool reset = compare(to, from) < 0;
      if (from.is_integer() && to.is_integer())
        whole += reset ? to.integer() : static_cast<decltype(whole)>(to.integer()) - from.integer();
      else
        real += reset ? to.as_double() : to.as_double() - from.as_double();
    }
    return shown(
      number::of((static_cast<double>(whole) + real) * 1000 / static_cast<double>(took_ms)));
  }

  std::string against_earlier() {
    if (!k_)
      return "error";
    std::optional<uint64_t> earlier;
    if (c_.points > 0 && *k_ >= h_.first + c_.points)
      earlier = *k_ - c_.points;
    for (uint64_t i = h_.first;
         c_.points == 0 && i < h_.times.size() && h_.times[i] <= t_ - c_.age_ms;
         ++i)
      earlier = i;
    if (!earlier)
      return "error";
    if (h_.live.is_log())
      return c_.function != "diff"                 ? "error"
             : h_.texts[*k_] != h_.texts[*earlier] ? "true"
                                                   : "false";
    auto now = h_.values[*k_], then = h_.values[*earlier];
    if (is_unreadable(now) || is_unreadable(then))
      return "error";
    if (c_.function == "diff")
      return compare(now, then) != 0 ? "true" : "false";
    auto change = difference(now, then);
    if (c_.function == "abschange")
      change = change.is_integer() ? number::of(std::abs(change.integer()))
                                   : number::of(std::abs(change.real()));
    return shown(change);
  }

  static number difference(number a, number b) {
    if (!a.is_integer() || !b.is_integer())
      return number::of(a.as_double() - b.as_double());
    auto exact = static_cast<__int128_t>(a.integer()) - b.integer();
    bool fits = exact >= INT64_MIN && exact <= INT64_MAX;
    return fits ? number::of(static_cast<int64_t>(exact)) : number::of(static_cast<double>(exact));
  }

  const history& h_;
  const window_case& c_;
  int64_t t_;
  std::optional<uint64_t> k_;
  std::vector<uint64_t> inside_;
  bool unreadable_ = false;
};

/// The receiver's point at the evaluated one, word by word.
std::optional<uint64_t> receiver_point(const history& h, size_t item, uint64_t index, int64_t t) {
  if (item == 0 || (index >= h.first && index < h.times.size() && h.times[index] == t))
    return index;
  std::optional<uint64_t> k;
  for (uint64_t i = h.first; i < h.times.size() && h.times[i] <= t; ++i)
    k = i;
  return k;
}

window_case draw_case(random_source& random, flavour f) {
  constexpr const char* functions[] = {
    "count", "max", "min", "sum", "avg", "rate", "diff", "change", "abschange"};
  constexpr const char* comparisons[] = {">", "<", ">=", "<=", "==", "!="};
  window_case c;
  c.function = random.pick(functions);
  if (f == flavour::wild && (c.function == "sum" || c.function == "avg" || c.function == "rate"))
    c.function = "max"; // Their naive sum is not exact; a case of their own judges them.
  if (random.one_in(2))
    c.points = 1 + static_cast<uint32_t>(random.below(30));
  else
    c.age_ms = static_cast<int64_t>(random.below(400)) * 500;
  c.text_pattern = random.one_in(5) != (f == flavour::texts);
  c.pattern = c.text_pattern ? random.one_in(2) ? "'a'" : "'bb'"
                             : std::to_string(static_cast<int>(random.below(9)));
  c.comparison = random.pick(comparisons);
  return c;
}

int64_t next_time(int64_t t, random_source& random) {
  if (random.one_in(20))
    return t + static_cast<int64_t>(random.below(100'000)); // a gap
  return random.one_in(10) ? t : t + 15'000 - static_cast<int64_t>(random.below(2)) * 500;
}

std::string without_reason(const outcome& o) {
  return o.what == verdict::error ? "error" : text_of(o);
}

/// The next point to judge: mostly on by one, sometimes a jump ahead or back.
uint64_t step_from(uint64_t at, uint64_t first, uint64_t end, random_source& random) {
  auto way = random.below(20);
  if (way == 0)
    return first + random.below(end - first);
  if (way == 1)
    return std::min(end - 1, at + random.below(40));
  return at + 1 < end ? at + 1 : first;
}

} // namespace

BOOST_AUTO_TEST_CASE(incremental_windows_equal_recomputation_in_a_hundred_thousand_cases) {
  constexpr flavour flavours[] = {flavour::integers,
                                  flavour::big_integers,
                                  flavour::dyadic,
                                  flavour::mixed,
                                  flavour::wild,
                                  flavour::holes,
                                  flavour::texts};
  random_source random(5);
  size_t cases = 0, values = 0;
  while (cases < aops::test::tries<size_t>(100'000)) {
    auto f = random.pick(flavours);
    bool is_log = f == flavour::texts;
    history main(is_log), other(is_log);
    size_t item = random.below(2);
    auto c = draw_case(random, f);
    std::vector<data_item> items{{"a", is_log ? "log" : "kpi", {}},
                                 {"b", is_log ? "log" : "kpi", {}}};
    evaluator e(compiled(c.condition(item), items), {&main.live, &other.live});
    int64_t main_time = 0, other_time = random.one_in(2) ? 0 : 7'000;
    for (int i = 0; i < 120; ++i) {
      main.append(main_time, f, random);
      main_time = next_time(main_time, random);
      if (random.one_in(4))
        continue;
      other.append(other_time, f, random);
      other_time =
        random.one_in(3) ? std::max(main_time, other_time) : next_time(other_time, random);
    }
    uint64_t at = random.below(40);
    for (int n = 0; n < 60; ++n, ++cases) {
      at = step_from(at, main.first, main.live.end(), random);
      if (random.one_in(60))
        (item == 0 ? main : other)
          .trim_before(main.times[at] - static_cast<int64_t>(random.below(600'000)));
      if (at < main.first)
        at = main.first;
      auto t = main.times[at];
      const auto& h = item == 0 ? main : other;
      auto expected = naive(h, c, t, receiver_point(h, item, at, t)).result();
      auto got = e.at(at);
      values += got.what != verdict::error;
      BOOST_REQUIRE_MESSAGE(without_reason(got) == expected,
                            "case " << cases << ": " << c.condition(item) << " at " << at
                                    << ": expected " << expected << ", got " << text_of(got));
      BOOST_REQUIRE(e.verdict_at(at) == got.what);
    }
  }
  BOOST_TEST(values > cases / 2);
}

BOOST_AUTO_TEST_CASE(a_value_does_not_depend_on_where_evaluation_began) {
  random_source random(6);
  const char* conditions[] = {
    "sum(10m)", "avg(1h)", "avg(#50)", "rate(20m)", "sum(1h) / count(1h, 0, '>') - min(5m)"};
  for (const auto* condition : conditions) {
    history h(false);
    for (int64_t i = 0; i < 2'000; ++i)
      h.append(i * 15'000, random.one_in(10) ? flavour::holes : flavour::wild, random);
    auto p = compiled(condition, kpis(1));
    evaluator from_the_start(p, {&h.live});
    for (uint64_t i = 0; i < 2'000; ++i) {
      auto all_along = text_of(from_the_start.at(i));
      if (random.below(20) != 0)
        continue;
      BOOST_REQUIRE_EQUAL(text_of(evaluator(p, {&h.live}).at(i)), all_along);
      evaluator a_while_ago(p, {&h.live});
      for (uint64_t j = i - std::min<uint64_t>(i, random.below(300)); j < i; ++j)
        a_while_ago.verdict_at(j);
      BOOST_REQUIRE_EQUAL(text_of(a_while_ago.at(i)), all_along);
    }
  }
}

BOOST_AUTO_TEST_CASE(judging_once_says_what_an_evaluator_says) {
  random_source random(31);
  condition_writer writer(random);
  auto text = std::string{"error"};
  series a, b, log(true);
  int64_t t = 0;
  for (int i = 0; i < 120; ++i) {
    t += random.one_in(9) ? 75'000 : 15'000;
    a.append(t,
             random.one_in(30) ? unreadable_sample
                               : number::of(static_cast<double>(random.below(100)) / 7));
    if (!random.one_in(8))
      b.append(t, number::of(static_cast<int64_t>(random.below(9))));
    if (random.one_in(2))
      log.append(t, random.one_in(2) ? text : std::string{"all is well"});
  }
  std::vector<const series*> data{&a, &b, &log};
  size_t errors = 0;
  for (int k = 0; k < 600; ++k) { // One after the other: nothing of one is left for the next.
    auto p = compiled(writer.expression(4), condition_writer::items());
    evaluator e(p, data);
    for (uint64_t i = random.below(20); i < a.end(); i += 1 + random.below(15)) {
      auto wanted = e.verdict_at(i);
      auto said = judge_once(*p, data, i, 15'000);
      BOOST_REQUIRE_MESSAGE(said.what == wanted, p->to_text() << " at " << i);
      if (wanted != verdict::error) {
        BOOST_REQUIRE(said.why == nullptr);
        continue;
      }
      ++errors;
      BOOST_REQUIRE_EQUAL(std::string_view{said.why}, std::string_view{e.why()});
      BOOST_REQUIRE_EQUAL(said.lacked_history, e.lacked_history(15'000));
    }
  }
  BOOST_TEST(errors > 100u);
}

BOOST_AUTO_TEST_CASE(sums_of_wild_doubles_are_near_the_naive_ones) {
  random_source random(7);
  history h(false);
  for (int64_t i = 0; i < 3'000; ++i)
    h.append(i * 15'000, flavour::wild, random);
  evaluator e(compiled("sum(#40)", kpis(1)), {&h.live});
  for (uint64_t i = 0; i < 3'000; ++i) {
    double sum = 0, size = 0;
    for (uint64_t j = i < 39 ? 0 : i - 39; j <= i; ++j) {
      sum += h.values[j].real();
      size += std::abs(h.values[j].real());
    }
    BOOST_REQUIRE(std::abs(e.at(i).result.real() - sum) <= 1e-13 * size);
  }
}

BOOST_AUTO_TEST_CASE(live_evaluation_with_trimming_equals_evaluation_of_the_whole_history) {
  const char* conditions[] = {"max(5m)",
                              "avg(5m)",
                              "count(5m, 3, '>')",
                              "rate(5m)",
                              "change(5m)",
                              "$0 > 4 && sum(5m) > 0",
                              "min(#20)"};
  for (const auto* condition : conditions) {
    random_source random(8);
    auto p = compiled(condition, kpis(1));
    series whole, kept;
    evaluator over_whole(p, {&whole}), live(p, {&kept});
    auto lookback_ms = std::max<int64_t>(p->lookback_ms(), 15'000 * p->lookback_points()) + 15'000;
    for (int64_t i = 0; i < 3'000; ++i) {
      auto x = number::of(static_cast<double>(random.below(1000)) / 100);
      whole.append(i * 15'000, x);
      kept.append(i * 15'000, x);
      auto index = static_cast<uint64_t>(i);
      BOOST_REQUIRE_EQUAL(text_of(live.at(index)), text_of(over_whole.at(index)));
      kept.trim_before(i * 15'000 - lookback_ms);
    }
    BOOST_TEST(kept.size() < 30u);
    BOOST_TEST(live.memory_bytes() < 1'000u);
  }
}

BOOST_AUTO_TEST_CASE(a_count_with_a_moving_pattern_is_right_at_each_point) {
  random_source random(9);
  series a, b;
  std::vector<double> values, patterns;
  for (int64_t i = 0; i < 500; ++i) {
    values.push_back(static_cast<double>(random.below(10)));
    patterns.push_back(random.one_in(3) ? static_cast<double>(random.below(10))
                       : i == 0         ? 0
                                        : patterns.back());
    a.append(i, number::of(values.back()));
    b.append(i, number::of(patterns.back()));
  }
  evaluator e(compiled("count(#7, $1, $1 > 5 ? '>' : '<=')", kpis(2)), {&a, &b});
  for (uint64_t i = 0; i < 500; ++i) {
    int64_t expected = 0;
    for (uint64_t j = i < 6 ? 0 : i - 6; j <= i; ++j)
      expected += patterns[i] > 5 ? values[j] > patterns[i] : values[j] <= patterns[i];
    BOOST_REQUIRE_EQUAL(e.at(i).result.integer(), expected);
  }
}

BOOST_AUTO_TEST_CASE(a_count_whose_text_pattern_is_computed_does_not_remember_old_text) {
  series log(true), name(true);
  for (int64_t i = 0; i < 50; ++i) {
    log.append(i, i % 2 == 0 ? "even!" : "odd!");
    name.append(i, i % 3 == 0 ? "even" : "odd");
  }
  std::vector<data_item> items{{"log", "log", {}}, {"name", "log", {}}};
  evaluator e(compiled("count(#4, $1 + '!', '==')", items), {&log, &name});
  for (uint64_t i = 4; i < 50; ++i)
    BOOST_REQUIRE_EQUAL(e.at(i).result.integer(), 2);
}

} // namespace window_test
