#include "tests/core/expr/support.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<size_t> allocations{0};
}

// Not inlined: the compiler would take malloc and delete for a mismatch.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  if (void* p = std::malloc(size == 0 ? 1 : size))
    return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, size_t) noexcept { std::free(p); }

namespace evaluator_test {

using namespace tests;

BOOST_AUTO_TEST_CASE(judging_numbers_allocates_nothing_once_windows_have_their_size) {
  random_source random(13);
  series a, b;
  for (int64_t i = 0; i < 10'000; ++i) {
    a.append(i * 15'000, number::of(static_cast<double>(random.below(10'000)) / 100));
    b.append(i * 15'000, number::of(static_cast<int64_t>(random.below(10))));
  }
  for (const auto* condition : {"$0>80",
                                "max(#20)>80 && $1<5",
                                "avg(10m)-min(10m)>3",
                                "rate(1h) > 1 || change(5m) > 3",
                                "count(1h, $1 * 10, '>') > 20 ? $1.sum(1h) > 3 : diff(#1)",
                                "{$0:1} in {$1:1}"}) {
    evaluator e(compiled(condition, kpis(2)), {&a, &b});
    for (uint64_t i = 0; i < 5'000; ++i)
      e.verdict_at(i);
    size_t before = allocations;
    for (uint64_t i = 5'000; i < 10'000; ++i)
      e.verdict_at(i);
    // A ring of candidates may still find a longer run than ever before.
    BOOST_TEST(allocations - before <= 2u, condition);
  }
}

BOOST_AUTO_TEST_CASE(an_evaluator_is_small) {
  auto s = every_15s(std::vector<double>(500, 1.5));
  for (const auto* condition : {"$0>80",
                                "max(#20)>80 && $1<5",
                                "avg(10m)-min(10m)>3",
                                "count(1h,80,'>')>3",
                                "rate(1h)>5"}) {
    evaluator e(compiled(condition, kpis(2)), {&s, &s});
    for (uint64_t i = 0; i < 500; ++i)
      e.verdict_at(i);
    BOOST_TEST(e.memory_bytes() < 800u, condition << ": " << e.memory_bytes());
  }
}

BOOST_AUTO_TEST_CASE(a_point_outside_of_the_main_data_is_an_error) {
  auto s = every_15s({1, 2, 3});
  evaluator e(compiled("1", kpis(1)), {&s});
  BOOST_TEST(text_of(e.at(2)) == "1");
  BOOST_TEST(text_of(e.at(3)) == "error: the main data has no such point");
  BOOST_TEST((e.verdict_at(UINT64_MAX) == verdict::error));
  s.trim_before(15'000);
  BOOST_TEST((e.verdict_at(0) == verdict::error));
  BOOST_TEST((e.verdict_at(1) == verdict::abnormal));
}

BOOST_AUTO_TEST_CASE(an_evaluator_without_series_judges_nothing) {
  auto s = every_15s({1});
  BOOST_TEST((evaluator(compiled("1", kpis(1)), {}).verdict_at(0) == verdict::error));
  BOOST_TEST((evaluator(compiled("1", kpis(1)), {nullptr}).verdict_at(0) == verdict::error));
  BOOST_TEST(text_of(evaluator(compiled("$1", kpis(2)), {&s}).at(0)) ==
             "error: a data item has no point at or before this time");
  BOOST_TEST((evaluator(compiled("1", {}), {}).verdict_at(0) == verdict::error));
}

BOOST_AUTO_TEST_CASE(verdict_and_value_agree_and_an_error_has_its_reason) {
  auto s = every_15s({0, 1, 2});
  evaluator e(compiled("$0 == 1 ? 'yes' : 1 / $0 > 0.9", kpis(1)), {&s});
  auto zero = e.at(0), one = e.at(1), two = e.at(2);
  BOOST_TEST((zero.what == verdict::error && e.verdict_at(0) == verdict::error));
  BOOST_TEST(zero.reason == "division by zero");
  BOOST_TEST(zero.result.is_null());
  BOOST_TEST((one.what == verdict::abnormal && e.verdict_at(1) == verdict::abnormal));
  BOOST_TEST(one.result.text() == "yes");
  BOOST_TEST((two.what == verdict::normal && e.verdict_at(2) == verdict::normal));
  BOOST_TEST((two.result == value::of(false)));
}

BOOST_AUTO_TEST_CASE(an_error_at_one_point_leaves_the_others_alone) {
  series s;
  for (int64_t i = 0; i < 30; ++i)
    s.append(i * 15'000, i == 10 ? unreadable_sample : number::of(i));
  evaluator e(compiled("max(30s)", kpis(1)), {&s});
  for (uint64_t i = 0; i < 30; ++i)
    BOOST_TEST(text_of(e.at(i)) == (i >= 10 && i <= 12 ? "error: the text of a sample is no number"
                                                       : std::to_string(i)));
}

BOOST_AUTO_TEST_CASE(a_window_behind_a_lazy_operator_catches_up_when_it_is_needed) {
  series gate, data;
  random_source random(14);
  for (int64_t i = 0; i < 5'000; ++i) {
    gate.append(i, number::of(static_cast<int64_t>(random.one_in(50))));
    data.append(i, number::of(static_cast<int64_t>(random.below(1'000))));
  }
  evaluator lazy(compiled("$0 && $1.sum(#30)", kpis(2)), {&gate, &data}),
    always(compiled("$1.sum(#30)", kpis(2)), {&gate, &data});
  for (uint64_t i = 0; i < 5'000; ++i)
    BOOST_REQUIRE_EQUAL(text_of(lazy.at(i)),
                        gate.value(i).integer() == 0 ? "0" : text_of(always.at(i)));
}

BOOST_AUTO_TEST_CASE(programs_are_shared_and_evaluators_move) {
  auto a = every_15s({1, 5, 3}), b = every_15s({9, 2, 4});
  auto p = compiled("max(#2)", kpis(1));
  std::vector<evaluator> both;
  both.emplace_back(p, std::vector<const series*>{&a});
  both.emplace_back(p, std::vector<const series*>{&b});
  BOOST_TEST(text_of(both[0].at(1)) == "5 real");
  BOOST_TEST(text_of(both[1].at(1)) == "9 real");
  evaluator moved = std::move(both[0]);
  BOOST_TEST(text_of(moved.at(2)) == "5 real");
  BOOST_TEST(text_of(both[1].at(2)) == "4 real");
}

} // namespace evaluator_test
