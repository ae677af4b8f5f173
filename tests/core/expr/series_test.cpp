#include "tests/core/expr/support.hpp"

#include <cmath>
#include <limits>

namespace series_test {

using namespace tests;

BOOST_AUTO_TEST_CASE(a_series_keeps_what_was_appended_whatever_was_trimmed) {
  random_source random(1);
  series s;
  std::vector<std::pair<int64_t, number>> all;
  int64_t t = 0;
  uint64_t first = 0;
  for (int step = 0; step < 20'000; ++step) {
    t += static_cast<int64_t>(random.below(3)) * 500;
    auto x = random.one_in(2) ? number::of(static_cast<int64_t>(random.bits()))
                              : number::of(static_cast<double>(step) / 3);
    s.append(t, x);
    all.emplace_back(t, x);
    if (random.one_in(50)) {
      auto keep_from = t - static_cast<int64_t>(random.below(300'000));
      s.trim_before(keep_from);
      while (first < all.size() && all[first].first < keep_from)
        ++first;
    }
    BOOST_REQUIRE_EQUAL(s.first(), first);
    BOOST_REQUIRE_EQUAL(s.end(), all.size());
    if (s.empty())
      continue;
    auto i = first + random.below(s.size());
    BOOST_REQUIRE_EQUAL(s.time(i), all[i].first);
    BOOST_REQUIRE(s.value(i) == all[i].second);
  }
  for (auto i = first; i < s.end(); ++i)
    BOOST_REQUIRE(s.value(i) == all[i].second);
}

BOOST_AUTO_TEST_CASE(windows_over_the_same_points_are_trimmed_by_themselves) {
  random_source random(7);
  series all;
  series longer;
  auto shorter = longer.shared();
  BOOST_TEST(shorter.shares_with(longer));
  BOOST_TEST(!shorter.shares_with(all));
  BOOST_TEST(shorter.newest_ms() == std::numeric_limits<int64_t>::min());
  int64_t t = 0;
  for (int step = 0; step < 5'000; ++step) {
    t += 500 * static_cast<int64_t>(random.one_in(20) ? random.below(400) : random.below(3));
    shorter.trim_before(t - 20'000); // Shorter first: a window sees no point that is not kept.
    longer.trim_before(t - 90'000);
    auto x = number::of(static_cast<int64_t>(step));
    all.append(t, x);
    (random.one_in(2) ? shorter : longer).append(t, x);
    BOOST_REQUIRE_EQUAL(shorter.newest_ms(), t);
    for (const auto* w : {&shorter, &longer}) {
      BOOST_REQUIRE_EQUAL(w->end(), all.end());
      BOOST_REQUIRE_EQUAL(w->first(), all.lower_bound(t - (w == &shorter ? 20'000 : 90'000)));
      auto i = w->first() + random.below(w->size());
      BOOST_REQUIRE_EQUAL(w->time(i), all.time(i));
      BOOST_REQUIRE(w->value(i) == all.value(i));
      BOOST_REQUIRE_EQUAL(w->lower_bound(all.time(i)), all.lower_bound(all.time(i)));
    }
  }
  BOOST_TEST(longer.memory_bytes() < 40'000u); // What nobody sees is not kept.
  BOOST_TEST(shorter.memory_bytes() == sizeof(series));
  auto before = longer.end();
  longer = series{}; // The other goes on, and keeps its points now.
  shorter.set_keeps(true);
  shorter.append(t + 1'000, number::of(1.5));
  shorter.trim_before(t + 1'000);
  BOOST_TEST(shorter.first() == before);
  BOOST_TEST(shorter.size() == 1u);
  BOOST_TEST((shorter.value(before) == number::of(1.5)));
}

BOOST_AUTO_TEST_CASE(bounds_are_found_from_any_hint) {
  random_source random(2);
  series s;
  int64_t t = 0;
  for (int i = 0; i < 500; ++i)
    s.append(t += static_cast<int64_t>(random.below(4)), number::of(int64_t{i}));
  s.trim_before(30);
  for (int64_t wanted = 20; wanted < t + 5; ++wanted) {
    auto lower = s.first(), upper = s.first();
    while (lower < s.end() && s.time(lower) < wanted)
      ++lower;
    while (upper < s.end() && s.time(upper) <= wanted)
      ++upper;
    BOOST_REQUIRE_EQUAL(s.lower_bound(wanted), lower);
    BOOST_REQUIRE_EQUAL(s.upper_bound(wanted), upper);
    for (int tries = 0; tries < 20; ++tries) {
      auto hint = random.below(600);
      BOOST_REQUIRE_EQUAL(s.lower_bound(wanted, hint), lower);
      BOOST_REQUIRE_EQUAL(s.upper_bound(wanted, hint), upper);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_time_that_goes_back_counts_as_the_last_one) {
  series s;
  s.append(100, number::of(int64_t{1}));
  s.append(50, number::of(int64_t{2}));
  BOOST_TEST(s.time(1) == 100);
  BOOST_TEST(s.lower_bound(60) == 0u);
}

BOOST_AUTO_TEST_CASE(a_point_costs_at_most_17_bytes) {
  for (size_t points : {200u, 1000u, 10'000u, 100'000u}) {
    series s;
    for (size_t i = 0; i < points; ++i)
      s.append(static_cast<int64_t>(i), number::of(0.5));
    BOOST_TEST(
      static_cast<double>(s.memory_bytes() - sizeof(series)) / static_cast<double>(points) <= 17.0,
      points);
  }
}

BOOST_AUTO_TEST_CASE(a_window_that_moves_on_does_not_grow) {
  series s;
  for (int64_t i = 0; i < 240; ++i)
    s.append(i, number::of(i));
  s.trim_before(0);
  auto before = s.memory_bytes();
  for (int64_t i = 240; i < 100'000; ++i) {
    s.trim_before(i - 239);
    s.append(i, number::of(i));
  }
  BOOST_TEST(s.size() == 240u);
  BOOST_TEST(s.memory_bytes() == before);
}

BOOST_AUTO_TEST_CASE(trimming_most_of_a_series_gives_memory_back) {
  series s;
  for (int64_t i = 0; i < 10'000; ++i)
    s.append(i, number::of(i));
  s.trim_before(9'990);
  BOOST_TEST(s.memory_bytes() < 1000u);
  BOOST_TEST(s.first() == 9'990u);
  BOOST_TEST(s.value(9'995).integer() == 9'995);
}

BOOST_AUTO_TEST_CASE(a_log_series_keeps_texts_by_their_absolute_index) {
  series s(true);
  for (int64_t i = 0; i < 100; ++i)
    s.append(i, "line " + std::to_string(i));
  s.trim_before(40);
  BOOST_TEST(s.is_log());
  BOOST_TEST(s.size() == 60u);
  BOOST_TEST(s.text(40) == "line 40");
  BOOST_TEST(s.text(99) == "line 99");
}

BOOST_AUTO_TEST_CASE(a_sample_is_an_integer_where_its_text_is_one) {
  auto integer = [](std::string_view text) {
    auto x = parse_sample(text);
    BOOST_REQUIRE_MESSAGE(x && x->is_integer(), "'" << text << "' should be an integer");
    return x->integer();
  };
  BOOST_TEST(integer("12") == 12);
  BOOST_TEST(integer(" 12 ") == 12);
  BOOST_TEST(integer("\t-12\r\n") == -12);
  BOOST_TEST(integer("+5") == 5);
  BOOST_TEST(integer("007") == 7);
  BOOST_TEST(integer("-007") == -7);
  BOOST_TEST(integer("9223372036854775807") == INT64_MAX);
  BOOST_TEST(integer("-9223372036854775808") == INT64_MIN);
}

BOOST_AUTO_TEST_CASE(a_sample_is_a_double_where_its_text_is_any_other_number) {
  auto real = [](std::string_view text) {
    auto x = parse_sample(text);
    BOOST_REQUIRE_MESSAGE(x && !x->is_integer(), "'" << text << "' should be a double");
    return x->real();
  };
  constexpr double infinity = std::numeric_limits<double>::infinity();
  BOOST_TEST(real("1e3") == 1000.0);
  BOOST_TEST(real("1E+3") == 1000.0);
  BOOST_TEST(real(".5") == 0.5);
  BOOST_TEST(real("5.") == 5.0);
  BOOST_TEST(real("-5.25e-1") == -0.525);
  BOOST_TEST(real("0007.5") == 7.5);
  BOOST_TEST(real("9223372036854775808") == 0x1p63);
  BOOST_TEST(real("Inf") == infinity);
  BOOST_TEST(real("+Inf") == infinity);
  BOOST_TEST(real("-Inf") == -infinity);
  BOOST_TEST(std::isnan(real("NaN")));
  BOOST_TEST(real("1e999") == infinity);
  BOOST_TEST(real("-1e999") == -infinity);
  BOOST_TEST(real("1e-999") == 0.0);
}

BOOST_AUTO_TEST_CASE(other_texts_are_no_samples) {
  for (std::string_view text :
       {"",   " ", "abc",   "1 2", "1,5",  "0x10", "--1",    "+-1",   "- 1",  "1e",
        "e5", ".", "1_000", "5s",  "nano", "In",   "NaN(1)", "1.2.3", "true", "\xC2\xBD"})
    BOOST_TEST(!parse_sample(text).has_value(), "'" << text << "'");
}

BOOST_AUTO_TEST_CASE(an_integer_and_a_double_compare_by_exact_value) {
  auto integer = [](int64_t x) { return number::of(x); };
  auto real = [](double x) { return number::of(x); };
  BOOST_TEST((compare(integer(9007199254740993), real(9007199254740992.0)) > 0));
  BOOST_TEST((compare(real(9007199254740992.0), integer(9007199254740993)) < 0));
  BOOST_TEST((compare(integer(INT64_MAX), real(0x1p63)) < 0));
  BOOST_TEST((compare(integer(INT64_MIN), real(-0x1p63)) == 0));
  BOOST_TEST((compare(integer(-2), real(-2.5)) > 0));
  BOOST_TEST((compare(integer(2), real(2.5)) < 0));
  BOOST_TEST((compare(integer(0), real(-0.0)) == 0));
  BOOST_TEST((compare(integer(0), real(std::nan(""))) == std::partial_ordering::unordered));
  BOOST_TEST((compare(integer(INT64_MAX), real(std::numeric_limits<double>::infinity())) < 0));
}

} // namespace series_test
