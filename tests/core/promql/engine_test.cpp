#include "runtime/core/promql/dates.hpp"
#include "runtime/core/promql/engine.hpp"
#include "runtime/core/promql/memory_source.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

namespace engine_test {

using namespace aops;
using namespace aops::promql;

namespace {

constexpr int64_t minute = 60'000;

/// `m{i="0"}`, …: `points` points a minute apart, each the number of its minute.
memory_source filled(int series, int points) {
  memory_source out;
  for (int i = 0; i < series; ++i)
    for (int k = 0; k < points; ++k)
      out.add(make_labels({{"__name__", "m"}, {"i", std::to_string(i)}}),
              {k * minute, static_cast<double>(k)});
  return out;
}

expected<result>
range(source& data, std::string text, int64_t minutes, const engine_options& options = {}) {
  return query::parse(std::move(text))->over(data, 0, minutes * minute, minute, options);
}

/// Gives a piece of one point at a time, and counts those that were taken.
class dripping : public source {
public:
  class reader : public point_reader {
  public:
    explicit reader(dripping& owner) : owner_(owner) {}
    std::span<const point> next() override {
      if (owner_.taken == owner_.there)
        return {};
      point_ = {static_cast<int64_t>(owner_.taken++) * minute, 1};
      return {&point_, 1};
    }

  private:
    dripping& owner_;
    point point_;
  };
  expected<std::vector<series>> select(const selection& wanted) override {
    after_ms = wanted.after_ms;
    until_ms = wanted.until_ms;
    std::vector<series> out;
    out.push_back({make_labels({{"__name__", "m"}}), std::make_unique<reader>(*this)});
    return out;
  }
  size_t there = 1000, taken = 0;
  int64_t after_ms = 0, until_ms = 0;
};

} // namespace

BOOST_AUTO_TEST_CASE(a_query_that_costs_too_much_is_refused) {
  auto data = filled(10, 100);
  engine_options few;
  few.most_samples = 200;
  auto r = range(data, "sum_over_time(m[90m])", 99, few);
  BOOST_REQUIRE(!r.has_value());
  BOOST_TEST((r.error() == ec::overloaded));
  BOOST_TEST(r.error().detail ==
             "query processing would load too many samples into memory in query execution");
  // What it yields counts too, though each step needs little.
  BOOST_TEST(!range(data, "m", 99, few).has_value());
  BOOST_TEST(range(data, "sum(sum_over_time(m[5m]))", 99, few).has_value());

  engine_options narrow;
  narrow.most_series = 9;
  BOOST_TEST((range(data, "m", 1, narrow).error() == ec::overloaded));
  BOOST_TEST(range(data, "m{i!=\"3\"}", 1, narrow).has_value());

  engine_options idle;
  idle.most_work = 5000;
  BOOST_TEST((range(data, "avg_over_time(m[90m])", 99, idle).error() == ec::overloaded));
  BOOST_TEST(range(data, "rate(m[90m])", 99, idle).has_value());

  // New label sets in each step, of which none stays in the result.
  memory_source changing;
  for (int i = 0; i < 10; ++i)
    for (int k = 0; k < 100; ++k)
      changing.add(make_labels({{"__name__", "m"}, {"i", std::to_string(i)}}),
                   {k * minute, static_cast<double>(k * 10 + i)});
  engine_options plain;
  plain.most_labels = 500;
  BOOST_TEST(
    (range(changing, "count(count_values(\"v\", m))", 99, plain).error() == ec::overloaded));
  BOOST_TEST(range(changing, "count(count_values(\"v\", m))", 30, plain).has_value());

  BOOST_TEST(range(data, "m", 11'000).error().detail ==
             "exceeded maximum resolution of 11000 points per timeseries");
  BOOST_TEST((range(data, "sum_over_time(m[200y:1ms])", 0).error() == ec::overloaded));
}

BOOST_AUTO_TEST_CASE(a_query_is_ended_from_outside) {
  auto data = filled(1, 10);
  std::atomic<bool> cancelled = true;
  engine_options options;
  options.cancelled = &cancelled;
  BOOST_TEST((range(data, "m", 9, options).error() == ec::cancelled));
  cancelled = false;
  BOOST_TEST(range(data, "m", 9, options).has_value());
}

BOOST_AUTO_TEST_CASE(a_range_query_holds_windows_not_series) {
  dripping data;
  engine_options few;
  few.most_samples = 12;
  auto q = query::parse("sum(max_over_time(m[5m])) > 5");
  auto r = q->over(data, 0, 999 * minute, minute, few);
  BOOST_REQUIRE_MESSAGE(r, (r ? "" : r.error().detail));
  BOOST_TEST(data.taken == 1000u);
  BOOST_TEST(data.after_ms == -5 * minute);
  BOOST_TEST(data.until_ms == 999 * minute);
}

BOOST_AUTO_TEST_CASE(a_selector_asks_for_what_it_needs) {
  dripping data;
  auto asked = [&](std::string text) {
    data.taken = 0;
    (void)query::parse(std::move(text))->at(data, 100 * minute);
    return std::pair(data.after_ms / minute, data.until_ms / minute);
  };
  BOOST_TEST((asked("m") == std::pair<int64_t, int64_t>(95, 100)));
  BOOST_TEST((asked("m offset 10m") == std::pair<int64_t, int64_t>(85, 90)));
  BOOST_TEST((asked("rate(m[20m] @ 600)") == std::pair<int64_t, int64_t>(-10, 10)));
  BOOST_TEST((asked("max_over_time(rate(m[5m])[10m:1m])") == std::pair<int64_t, int64_t>(86, 100)));
}

BOOST_AUTO_TEST_CASE(what_the_source_says_is_what_the_query_says) {
  class broken : public source {
    expected<std::vector<series>> select(const selection&) override {
      return fail(ec::store_unreachable, "gone");
    }
  } data;
  auto r = query::parse("sum(m)")->at(data, 0);
  BOOST_REQUIRE(!r.has_value());
  BOOST_TEST((r.error() == error{ec::store_unreachable, "gone"}));
}

BOOST_AUTO_TEST_CASE(a_range_query_is_its_instants) {
  auto data = filled(3, 60);
  for (auto text : {"rate(m[7m])",
                    "sum by (i) (m) / on (i) group_left avg_over_time(m[10m:3m] offset 1m)",
                    "topk(2, m * (1 + time() % 7)) or -m",
                    "max_over_time(changes(m[2m])[5m:1m]) + quantile(0.3, m)",
                    "resets((m % 5)[9m:2m])"}) {
    auto q = query::parse(text);
    BOOST_REQUIRE(q.has_value());
    auto whole = q->over(data, 0, 59 * minute, 90'000);
    BOOST_REQUIRE(whole.has_value());
    for (int64_t t = 0; t <= 59 * minute; t += 90'000) {
      std::map<labels, double> in_range, alone;
      for (const auto& s : whole->matrix)
        for (const auto& p : s.points)
          if (p.time_ms == t)
            in_range[s.metric] = p.value;
      auto instant = q->at(data, t);
      BOOST_REQUIRE(instant.has_value());
      for (const auto& s : instant->vector)
        alone[s.metric] = s.value;
      BOOST_TEST((in_range == alone), text << " at " << t);
    }
  }
}

BOOST_AUTO_TEST_CASE(dates_end_with_the_calendar) {
  auto year = date_function("year"), day = date_function("day_of_year");
  BOOST_TEST(year(9.69e11) == 32676);
  BOOST_TEST(year(-9.9e11) == -29402);
  for (double x : {9.72e11, 9.99e11, 1e12, -1e12, HUGE_VAL, std::nan("")}) {
    BOOST_TEST(std::isnan(year(x)), x);
    BOOST_TEST(std::isnan(day(x)), x);
  }
}

BOOST_AUTO_TEST_CASE(names_go_at_once_or_at_the_end) {
  memory_source data;
  data.add(make_labels({{"__name__", "a"}}), {0, 1});
  data.add(make_labels({{"__name__", "b"}}), {0, 2});
  auto q = query::parse("sum by (__name__) (-{__name__=~\"a|b\"})");
  BOOST_TEST(q->at(data, 0).error().detail ==
             "vector cannot contain metrics with the same labelset");
  auto named =
    query::parse("label_replace(-{__name__=~\"a|b\"}, \"n\", \"$1\", \"__name__\", \"(.)\")");
  engine_options late;
  late.late_name_removal = true;
  BOOST_TEST(!named->at(data, 0).has_value());
  auto r = named->at(data, 0, late);
  BOOST_REQUIRE(r.has_value());
  BOOST_TEST(r->vector.size() == 2u);
  BOOST_TEST(to_string(r->vector[0].metric) == "{n=\"a\"}");
}

} // namespace engine_test
