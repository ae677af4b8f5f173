#include "actors/remote/short_plays.hpp"
#include "tests/actors/task/run_fixture.hpp"

namespace short_plays_test {

using namespace aops;
using namespace aops::actors;

namespace {

/// A canned player, a clock, and what became of plays in the order in which they ended.
struct stage {
  base::turned_time time;
  std::shared_ptr<tests::canned_player> player = std::make_shared<tests::canned_player>();
  std::vector<std::string> ended;

  std::shared_ptr<short_plays> plays(size_t most_running, size_t most_waiting) {
    return std::make_shared<short_plays>(player, time, most_running, most_waiting);
  }

  ansible::play_order order(const std::string& run) const {
    ansible::play_order x;
    x.run = run;
    x.hosts.emplace_back();
    x.hosts.back().id = "h1";
    x.timeout = 60s;
    return x;
  }

  short_plays::on_end note(const std::string& run) {
    return [this, run](const play_told& told) {
      ended.push_back(run + " " + (told.result.how ? "ok" : told.failure_of("h1")));
    };
  }

  int64_t in(std::chrono::milliseconds x) const { return time.steady_ms() + x.count(); }
};

} // namespace

BOOST_AUTO_TEST_CASE(a_play_that_nobody_waits_for_any_more_is_not_begun) {
  stage s;
  auto plays = s.plays(1, 10);
  plays->run(s.order("one"), s.in(100s), s.note("one"));
  plays->run(s.order("late"), s.in(90s), s.note("late"));
  plays->run(s.order("short"), s.in(120s), s.note("short"));
  plays->run(s.order("patient"), base::never_ms, s.note("patient"));
  BOOST_REQUIRE(s.player->plays.size() == 1u);
  s.time.pass(89'000);
  s.player->plays[0]->ended({});
  BOOST_TEST(s.ended == (std::vector<std::string>{"one ok", "late its turn came too late"}),
             boost::test_tools::per_element());
  BOOST_REQUIRE(s.player->plays.size() == 2u);
  BOOST_TEST(s.player->plays[1]->order.run == "short");
  BOOST_TEST(
    (s.player->plays[1]->order.timeout == 31s)); // It ends before the answer is not awaited.
  s.player->plays[1]->ended({});
  BOOST_REQUIRE(s.player->plays.size() == 3u);
  BOOST_TEST((s.player->plays[2]->order.timeout == 60s));
  s.player->plays[2]->ended({});
  BOOST_TEST(s.ended.size() == 4u);
}

BOOST_AUTO_TEST_CASE(so_many_run_so_many_wait_and_those_waiting_hear_of_the_end) {
  stage s;
  auto plays = s.plays(2, 1);
  for (const char* run : {"a", "b", "c", "d"})
    plays->run(s.order(run), base::never_ms, s.note(run));
  BOOST_TEST(s.player->plays.size() == 2u);
  BOOST_TEST(s.ended == std::vector<std::string>{"d too many plays wait for their turn"},
             boost::test_tools::per_element());
  plays->stop();
  BOOST_TEST(s.ended.back() == "c this node ends");
  BOOST_TEST(s.player->plays[0]->is_cancelled);
  plays->run(s.order("e"), base::never_ms, s.note("e"));
  BOOST_TEST(s.ended.size() == 3u);
  BOOST_TEST(s.player->plays.size() == 2u);
}

} // namespace short_plays_test
