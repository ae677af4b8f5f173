#include "runtime/core/check/firing.hpp"
#include "tests/support/effort.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

namespace firing_test {

using namespace aops::check;

namespace {

constexpr int64_t period = 15'000;

firing_terms terms(int64_t for_rounds,
                   int64_t keep_rounds = 0,
                   bool recover = false,
                   no_data_policy no_data = no_data_policy::tell) {
  return {period, for_rounds * period, keep_rounds * period, recover, no_data};
}

/// A round each: H held, R well and `recover` holds, w well, N no data, E error, u not yet known,
/// _ no round. @return A, N, E, or . for each round.
std::string played(const firing_terms& terms, std::string_view rounds) {
  firing time;
  std::string text;
  for (size_t k = 0; k < rounds.size(); ++k) {
    char c = rounds[k];
    if (c == '_') {
      text += '_';
      continue;
    }
    auto state = c == 'H'   ? point_state::held
                 : c == 'N' ? point_state::no_data
                 : c == 'E' ? point_state::error
                 : c == 'u' ? point_state::unknown
                            : point_state::well;
    auto value = time.at(static_cast<int64_t>(k) * period, state, terms, [&] { return c == 'R'; });
    text += !value                             ? '.'
            : *value == result_value::abnormal ? 'A'
            : *value == result_value::no_data  ? 'N'
                                               : 'E';
  }
  return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(firing_over_time)

BOOST_AUTO_TEST_CASE(without_terms_each_round_speaks_for_itself) {
  BOOST_TEST(played(terms(0), "HwHNEuH") == "A.ANE.A");
}

BOOST_AUTO_TEST_CASE(a_condition_must_hold_without_a_break) {
  BOOST_TEST(played(terms(2), "HHHHwHHH") == "..AA...A");
  BOOST_TEST(played(terms(2), "HHNHHH") == "..N..A");
  BOOST_TEST(played(terms(2), "HHEHHH") == "..E..A");
  BOOST_TEST(played(terms(2), "HHuHHH") == ".....A");
  BOOST_TEST(played(terms(2), "HH_HHH") == ".._..A");
  BOOST_TEST(played(terms(2), "HHHH_HHH") == "..AA_..A");
}

BOOST_AUTO_TEST_CASE(a_verdict_outlives_its_condition) {
  BOOST_TEST(played(terms(0, 2), "HwwwHw") == "AAA.AA");
  BOOST_TEST(played(terms(1, 2), "HHwwHww") == ".AAAAAA");
  BOOST_TEST(played(terms(1, 2), "HHwwwHww") == ".AAA....");
  BOOST_TEST(played(terms(0, 2), "HEuw") == "AAA.");
  BOOST_TEST(played(terms(0, 2), "HNw") == "AN."); // Nobody knows what became of it.
}

BOOST_AUTO_TEST_CASE(a_verdict_lasts_until_it_recovers) {
  BOOST_TEST(played(terms(0, 0, true), "wHwwEuRwH") == ".AAAAA..A");
  BOOST_TEST(played(terms(0, 0, true), "Hw___wRw") == "AA___A..");
  BOOST_TEST(played(terms(0, 0, true), "HNw") == "AN.");
  BOOST_TEST(played(terms(0, 2, true), "HRRR") == "AAA.");
  BOOST_TEST(played(terms(0, 2, true), "HwwwwR") == "AAAAA.");
}

BOOST_AUTO_TEST_CASE(what_is_done_without_data) {
  auto keep = no_data_policy::keep;
  BOOST_TEST(played(terms(0, 0, false, no_data_policy::alert), "HNw") == "AN.");
  BOOST_TEST(played(terms(0, 0, false, no_data_policy::ignore), "HNw") == "A..");
  BOOST_TEST(played(terms(0, 0, false, keep), "HNNwNH") == "AAA..A");
  BOOST_TEST(played(terms(0, 0, true, keep), "HwNNwR") == "AAAAA.");
  // With it a silence that is no longer than `for` does not break what holds.
  BOOST_TEST(played(terms(3, 0, false, keep), "HHNNH") == "....A");
  BOOST_TEST(played(terms(3, 0, false, keep), "HH__H") == "..__A");
  BOOST_TEST(played(terms(3, 0, false, keep), "HHNNNHHHH") == "........A");
  BOOST_TEST(played(terms(3, 0, false, keep), "HHwNHHHH") == ".......A");
}

BOOST_AUTO_TEST_CASE(the_lead_is_enough_whatever_was_before) {
  // Any past, then a lead, then more: from the lead on both agree, unless something fires already.
  uint32_t state = 1;
  auto next = [&](uint32_t n) { return (state = state * 1664525 + 1013904223) / 65536 % n; };
  for (int run = 0; run < aops::test::tries(20'000); ++run) {
    auto policy = static_cast<no_data_policy>(next(4));
    auto t = terms(next(4), 0, false, policy);
    std::string rounds;
    for (int k = 0; k < 24; ++k)
      rounds += "HHHHwNEu_"[next(9)];
    auto begin = 12 - static_cast<size_t>(t.lead_ms() / period);
    auto whole = played(t, rounds);
    auto late = std::string(begin, '_') + rounds.substr(begin);
    bool keeps_firing = policy == no_data_policy::keep && whole[11] != '.';
    if (!keeps_firing)
      BOOST_TEST_REQUIRE(played(t, late).substr(12) == whole.substr(12),
                         rounds << " for " << t.for_ms / period);
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace firing_test
