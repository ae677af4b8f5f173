#include "tests/actors/host/prometheus_fixture.hpp"

/// A rule whose verdict depends on time and that looks back further than is read before the next
/// round: however it begins, it says what it would have said had it been there all the time.
namespace aops::actors::far_time_test {

namespace {

/// 90 in round 10, and little else.
int64_t busy_in(int64_t round) { return round == 10 ? 90 : 10; }

constexpr int64_t held = 200 * 4; ///< Rounds for which `max(200m)` remembers it.

check_rule far_rule() {
  auto rule = tests::rule_on("far", "busy", "max(200m)>80");
  rule.for_ = "30m";
  return rule;
}

struct scraped : tests::host_fixture {
  scraped() {
    keep_list->insert("busy");
    page = [](int64_t k) { return "busy " + std::to_string(busy_in(k)) + "\n"; };
  }
  ~scraped() { end_all(); }
};

struct watched : tests::prometheus_fixture {
  watched() { world[{"busy", {}}] = busy_in; }
  ~watched() { end_all(); }
};

/// Rows and alerts after so many rounds.
template <class Fixture>
std::string life(int64_t import_at, int64_t restart_at, int64_t rounds) {
  Fixture f;
  if (import_at < 0)
    f.set_rules({far_rule()});
  f.begin();
  for (auto stop : {std::min(import_at, restart_at), std::max(import_at, restart_at)}) {
    if (stop < 0)
      continue;
    f.to_round(stop);
    if (stop == import_at)
      f.set_rules({far_rule()});
    else
      f.restart();
  }
  f.to_round(rounds);
  return f.found() + " | " + f.alerts();
}

template <class Fixture>
void however_it_begins() {
  constexpr int64_t never = -1, rounds = 300;
  auto early = life<Fixture>(never, never, rounds);
  BOOST_TEST(early.starts_with("far 1950-"), early); // Round 10 and 30 minutes.
  BOOST_TEST(early.ends_with("Abnormal | far Abnormal warning"), early);
  for (int64_t import_at : {60, 129, 200}) // Before it fires, as it does, and afterwards.
    BOOST_TEST(life<Fixture>(import_at, never, rounds) == early, "imported at " << import_at);
  for (int64_t restart_at : {60, 200})
    BOOST_TEST(life<Fixture>(never, restart_at, rounds) == early, "restarted at " << restart_at);
  BOOST_TEST(life<Fixture>(100, 200, rounds) == early);
}

} // namespace

BOOST_AUTO_TEST_SUITE(far_time)

BOOST_AUTO_TEST_CASE(of_a_host_that_is_scraped) { however_it_begins<scraped>(); }

BOOST_AUTO_TEST_CASE(of_a_host_that_a_prometheus_watches) { however_it_begins<watched>(); }

BOOST_AUTO_TEST_CASE(it_ends_as_it_would) {
  constexpr int64_t rounds = 10 + held + 20;
  auto early = life<watched>(-1, -1, rounds);
  BOOST_TEST(early.starts_with("far 1950-12150 Abnormal | "), early);
  BOOST_TEST(life<watched>(500, 700, rounds) == early);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors::far_time_test
