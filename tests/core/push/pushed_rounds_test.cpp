#include "runtime/core/check/round_codec.hpp"
#include "runtime/core/push/pushed_rounds.hpp"

#include <boost/test/unit_test.hpp>

#include <bit>

using namespace aops;
using namespace aops::push;

namespace {

constexpr int64_t begun = 1'000'000;

round_rules quick_rules() {
  round_rules x;
  x.period_ms = 1000;
  x.delay_ms = 1000;
  x.patience_ms = 5000;
  x.begun_ms = begun;
  x.most_rounds = 4;
  return x;
}

int64_t bits_of(double x) { return std::bit_cast<int64_t>(x); }
constexpr int64_t end_bits = 0x7ff0000000000002;

pushed_series series_of(std::string name,
                        std::vector<std::pair<int64_t, int64_t>> points,
                        std::string origin = "node") {
  pushed_series x{{std::move(name), {}}, std::move(origin), {}, {}};
  for (auto [time, bits] : points) {
    x.times_ms.push_back(time);
    x.bits.push_back(bits);
  }
  return x;
}

std::optional<uint32_t> slots(const series_key& key) {
  if (key.name == "x")
    return 2;
  return key.name == "y" ? std::optional<uint32_t>{3} : std::nullopt;
}

samples_pushed
taken(pushed_rounds& rounds, std::vector<pushed_series> series, int64_t now_ms = begun) {
  auto done = rounds.take(series, slots, now_ms);
  BOOST_REQUIRE(done);
  return *done;
}

} // namespace

BOOST_AUTO_TEST_SUITE(pushed_round_rules)

BOOST_AUTO_TEST_CASE(samples_are_in_the_round_before_them_and_the_newest_counts) {
  pushed_rounds rounds{quick_rules()};
  rounds.begin(begun - 1000);
  auto done = taken(rounds,
                    {series_of("x", {{begun + 100, bits_of(1)}, {begun + 900, bits_of(2)}}),
                     series_of("y", {{begun + 500, bits_of(0.5)}}),
                     series_of("nobody", {{begun, bits_of(1)}})});
  BOOST_TEST(done.taken == 3);
  BOOST_TEST(done.unwanted == 1);
  BOOST_TEST(!rounds.next(begun + 999)); // Others of it may come.
  auto round = rounds.next(begun + 1000);
  BOOST_REQUIRE(round);
  BOOST_TEST(round->time_ms == begun);
  BOOST_TEST(round->answered);
  BOOST_REQUIRE(round->samples.size() == 2);
  BOOST_TEST((round->samples[0].value == number::of(int64_t{2})));
  BOOST_TEST((round->samples[1].value == number::of(0.5)));
}

BOOST_AUTO_TEST_CASE(what_comes_again_or_too_late_changes_nothing) {
  pushed_rounds rounds{quick_rules()};
  rounds.begin(begun - 1000);
  const auto one = series_of("x", {{begun + 100, bits_of(1)}});
  BOOST_TEST(taken(rounds, {one}).taken == 1);
  BOOST_TEST(taken(rounds, {one}).duplicates == 1);
  BOOST_TEST(taken(rounds, {series_of("x", {{begun + 50, bits_of(7)}})}).duplicates == 1);
  BOOST_TEST(taken(rounds, {series_of("x", {{begun + 10'000'000, bits_of(7)}})}).early == 1);
  auto round = rounds.next(begun + 1000);
  BOOST_REQUIRE(round);
  BOOST_TEST((round->samples[0].value == number::of(int64_t{1})));
  BOOST_TEST(taken(rounds, {one}).late == 1);
}

BOOST_AUTO_TEST_CASE(a_round_without_samples_is_silent_after_a_while_or_when_a_later_one_is_due) {
  pushed_rounds rounds{quick_rules()};
  rounds.begin(begun - 1000);
  taken(rounds, {series_of("x", {{begun, bits_of(1)}})});
  BOOST_TEST(rounds.next(begun + 1000).has_value());
  BOOST_TEST(!rounds.next(begun + 6999));
  auto silent = rounds.next(begun + 7000);
  BOOST_REQUIRE(silent);
  BOOST_TEST(silent->time_ms == begun + 1000);
  BOOST_TEST(!silent->answered);
  BOOST_TEST(silent->reason.starts_with("nothing was pushed since 1970-01-01"));
  taken(rounds, {series_of("x", {{begun + 3000, bits_of(1)}})}, begun + 7000);
  BOOST_TEST(!rounds.next(begun + 7500));
  BOOST_TEST(!rounds.next(begun + 8000)->answered); // begun + 2000: its patience ends, too.
  BOOST_TEST(rounds.next(begun + 8000)->answered);
}

BOOST_AUTO_TEST_CASE(what_was_missed_before_the_start_is_taken_and_what_never_came_is_passed_over) {
  pushed_rounds rounds{quick_rules()};
  rounds.begin(begun - 60'000);
  BOOST_TEST(!rounds.next(begun + 4999)); // A sender may still have it.
  taken(rounds,
        {series_of("x", {{begun - 30'000, bits_of(1)}, {begun - 29'000, bits_of(2)}})},
        begun + 2000);
  BOOST_TEST(!rounds.next(begun + 2999));
  BOOST_TEST(rounds.next(begun + 3000)->time_ms == begun - 30'000);
  BOOST_TEST(rounds.next(begun + 3000)->time_ms == begun - 29'000);
  BOOST_TEST(!rounds.next(begun + 4999));
  auto now = rounds.next(begun + 6000);
  BOOST_REQUIRE(now);
  BOOST_TEST(now->time_ms == begun); // Those between have no round.
  BOOST_TEST(!now->answered);
}

BOOST_AUTO_TEST_CASE(what_was_kept_is_the_same_after_a_restart) {
  pushed_rounds before{quick_rules()};
  before.begin(begun - 1000);
  taken(before, {series_of("x", {{begun, bits_of(1)}}), series_of("y", {{begun, end_bits}})});
  auto rows = before.take_new_rows();
  BOOST_REQUIRE(rows.size() == 1);
  BOOST_TEST(before.take_new_rows().empty());
  taken(before, {series_of("up", {{begun, bits_of(1)}})});
  for (auto& x : before.take_new_rows())
    rows.push_back(std::move(x));
  BOOST_REQUIRE(rows.size() == 2);
  auto rules = quick_rules();
  rules.begun_ms = begun + 500;
  pushed_rounds after{rules};
  after.begin(begun - 1000);
  for (const auto& x : rows)
    BOOST_TEST(after.adopt(x, begun + 500));
  BOOST_TEST(!after.adopt({begun, "rubbish"}, begun + 500));
  auto round = after.next(begun + 1500);
  BOOST_REQUIRE(round);
  BOOST_TEST(round->answered);
  BOOST_REQUIRE(round->samples.size() == 1); // y has ended.
  BOOST_TEST(round->samples[0].slot == 2);
}

BOOST_AUTO_TEST_CASE(up_says_whether_the_exporter_answered) {
  pushed_rounds rounds{quick_rules()};
  rounds.begin(begun - 1000);
  taken(rounds, {series_of("up", {{begun, bits_of(0)}}), series_of("x", {{begun, bits_of(1)}})});
  auto round = rounds.next(begun + 1000);
  BOOST_REQUIRE(round);
  BOOST_TEST(!round->answered);
  BOOST_TEST(round->samples.empty());
  BOOST_TEST(round->reason == "the sender could not read the exporter (up is 0)");
}

BOOST_AUTO_TEST_CASE(of_two_origins_of_a_series_the_first_counts_until_it_is_silent) {
  pushed_rounds rounds{quick_rules()};
  rounds.begin(begun - 1000);
  taken(rounds, {series_of("x", {{begun, bits_of(1)}})});
  BOOST_TEST(taken(rounds, {series_of("x", {{begun + 10, bits_of(2)}}, "other")}).rivals == 1);
  for (auto now = begun + 1000; rounds.next(now); now += 1000)
    ;
  BOOST_TEST(
    taken(rounds, {series_of("x", {{begun + 9000, bits_of(2)}}, "other")}, begun + 9000).taken ==
    1);
}

BOOST_AUTO_TEST_CASE(more_rounds_than_may_wait_are_refused_as_a_whole) {
  pushed_rounds rounds{quick_rules()};
  rounds.begin(begun - 1000);
  std::vector<std::pair<int64_t, int64_t>> points;
  for (int64_t i = 0; i < 5; ++i)
    points.emplace_back(begun + i * 1000, bits_of(1));
  BOOST_TEST(!rounds.take({series_of("x", points)}, slots, begun + 5000).has_value());
  BOOST_TEST(rounds.waiting() == 0);
  points.pop_back();
  BOOST_TEST(taken(rounds, {series_of("x", points)}, begun + 5000).taken == 4);
  BOOST_TEST(rounds.samples() == 4);
  BOOST_TEST(rounds.next(begun + 6000).has_value());
  BOOST_TEST(rounds.samples() == 3);
}

BOOST_AUTO_TEST_SUITE_END()
