#include "actors/host/commit_queue.hpp"

#include <boost/test/unit_test.hpp>

namespace aops::actors::commit_queue_test {

namespace {

round_to_commit round_at(int64_t time_ms) {
  round_to_commit x;
  x.until_ms = time_ms;
  return x;
}

/// A queue whose store answers when the test says so.
struct queue_fixture {
  std::vector<std::pair<rounds_to_commit, commit_queue::sent>> sent;
  int wake_ups = 0;
  int64_t stored_ms = 0;
  std::vector<deviation> lost;
  std::vector<error> refused;
  commit_queue queue{{1, 7},
                     "h",
                     {[this](rounds_to_commit x, commit_queue::sent then) {
                        sent.emplace_back(std::move(x), std::move(then));
                      },
                      [this](std::chrono::milliseconds) { ++wake_ups; },
                      [this](int64_t until_ms) { stored_ms = until_ms; },
                      [] {},
                      [this](const deviation& d) { lost.push_back(d); },
                      [this](const error& why) { refused.push_back(why); }}};

  void answer(expected<void> how) {
    auto then = std::move(sent.back().second);
    then(std::move(how));
  }
  size_t together() const { return sent.back().first.rounds.size(); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(queue_of_commits, queue_fixture)

BOOST_AUTO_TEST_CASE(whoever_waits_for_a_round_hears_when_it_is_stored_and_not_before) {
  std::string told;
  queue.push(round_at(1), [&] { told += "1"; });
  queue.push(round_at(2), [&] { told += "2"; });
  queue.push(round_at(3));
  answer({});
  BOOST_TEST(told == "1");
  answer(fail(ec::store_unreachable));
  queue.on_due();
  BOOST_TEST(told == "1");
  answer({});
  BOOST_TEST(told == "12");
}

BOOST_AUTO_TEST_CASE(one_that_is_given_up_hands_down_what_was_pushed_and_who_waits_for_it) {
  bool is_told = false;
  queue.push(round_at(1));
  auto pushed = round_at(0);
  pushed.pushed = {{5, "sample"}};
  queue.push(std::move(pushed), [&] { is_told = true; });
  for (int64_t i = 2; i <= 241; ++i)
    queue.push(round_at(i));
  answer({});
  BOOST_TEST(!is_told);
  BOOST_REQUIRE(!sent.back().first.rounds[0].pushed.empty());
  BOOST_TEST(sent.back().first.rounds[0].pushed[0].time_ms == 5);
  answer({});
  BOOST_TEST(is_told);
}

BOOST_AUTO_TEST_CASE(one_order_at_a_time_under_the_fence_of_the_start) {
  queue.push(round_at(1));
  queue.push(round_at(2));
  queue.push(round_at(3));
  BOOST_REQUIRE(sent.size() == 1u);
  BOOST_TEST(together() == 1u);
  BOOST_TEST(sent[0].first.rounds[0].held.epoch == 7u);
  BOOST_TEST(queue.oldest_ms().value() == 1);
  answer({});
  BOOST_TEST(stored_ms == 1);
  BOOST_REQUIRE(sent.size() == 2u);
  BOOST_TEST(together() == 2u);
  answer({});
  BOOST_TEST(stored_ms == 3);
  BOOST_TEST(queue.empty());
  BOOST_TEST(!queue.oldest_ms());
}

BOOST_AUTO_TEST_CASE(a_store_that_refuses_is_asked_again_a_while_later_and_not_before) {
  queue.push(round_at(1));
  answer(fail(ec::timed_out));
  BOOST_TEST(wake_ups == 1);
  BOOST_TEST((*queue.last_refusal() == ec::timed_out));
  queue.push(round_at(2));
  BOOST_TEST(sent.size() == 1u);
  queue.on_due();
  BOOST_REQUIRE(sent.size() == 2u);
  BOOST_TEST(together() == 2u);
  answer({});
  BOOST_TEST(!queue.last_refusal());
  BOOST_TEST(lost.empty());
}

BOOST_AUTO_TEST_CASE(what_is_given_up_is_one_stretch_and_leaves_its_series_to_the_next) {
  auto first = round_at(1);
  queue.push(first);
  answer(fail(ec::store_unreachable));
  for (int64_t t = 2; t <= 240; ++t) {
    auto x = round_at(t);
    if (t == 2)
      x.new_series = {{5, {"s", {}}}};
    queue.push(std::move(x));
  }
  BOOST_TEST(lost.empty());
  for (int64_t t = 241; t <= 243; ++t)
    queue.push(round_at(t));
  BOOST_REQUIRE(lost.size() == 3u);
  BOOST_TEST(lost.back().start_ms == 1);
  BOOST_TEST(lost.back().end_ms == 3);
  BOOST_TEST(queue.size() == 240u);
  const auto& oldest = queue.rounds().front();
  BOOST_TEST(oldest.until_ms == 4);
  BOOST_REQUIRE(oldest.new_series.size() == 1u);
  BOOST_REQUIRE(oldest.deviations.size() == 1u);
  BOOST_TEST(oldest.deviations[0].start_ms == 1);
}

BOOST_AUTO_TEST_CASE(what_is_given_up_leaves_its_alerts_to_the_next) {
  queue.push(round_at(1));
  answer(fail(ec::store_unreachable));
  for (int64_t t = 2; t <= 240; ++t) {
    auto x = round_at(t);
    auto change = [&](const std::string& item, const std::string& value, label_set labels = {}) {
      x.alerts.push_back({item, std::move(labels), value, t, "warning", {}});
    };
    if (t == 2) {
      change("lasts", "Abnormal");
      change("one", "Abnormal", {{"m", "/"}});
      change("ends", "Abnormal");
      x.scrape_error.emplace("refused");
    }
    if (t == 3) {
      change("ends", "");
      change("one", "Abnormal", {{"m", "/var"}});
      x.scrape_error.emplace();
    }
    queue.push(std::move(x));
  }
  for (int64_t t = 241; t <= 243; ++t)
    queue.push(round_at(t));
  const auto& oldest = queue.rounds().front();
  BOOST_TEST(oldest.until_ms == 4);
  std::string told;
  for (const auto& x : oldest.alerts)
    told += x.check_item + (x.labels.empty() ? "" : x.labels.at("m")) + " " + x.value + " " +
            std::to_string(x.since_ms) + "; ";
  BOOST_TEST(told ==
             "lasts Abnormal 2; one/ Abnormal 2; ends Abnormal 2; ends  3; one/var Abnormal 3; ");
  BOOST_REQUIRE(oldest.scrape_error.has_value());
  BOOST_TEST(*oldest.scrape_error == "");
}

BOOST_AUTO_TEST_CASE(works_and_rounds_take_turns) {
  std::string did;
  queue.when_quiet([&] { did += "a"; });
  BOOST_TEST(did == "a"); // Nothing was under way.
  queue.push(round_at(1));
  queue.when_quiet([&] { did += "b"; });
  BOOST_TEST(sent.empty());
  queue.resume();
  BOOST_TEST(sent.size() == 1u); // Rounds that wait go first.
  BOOST_TEST(did == "a");
  answer({});
  BOOST_TEST(did == "ab");
  queue.resume();
}

BOOST_AUTO_TEST_CASE(whoever_leaves_stores_rounds_and_does_no_works) {
  std::string did;
  queue.push(round_at(1));
  queue.when_quiet([&] { did += "a"; });
  queue.refuse_works();
  queue.push(round_at(2));
  answer({});
  BOOST_TEST(did == "");
  BOOST_TEST(sent.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_fence_that_fell_is_told) {
  queue.push(round_at(1));
  answer(fail(ec::fenced));
  BOOST_REQUIRE(refused.size() == 1u);
  BOOST_TEST(wake_ups == 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors::commit_queue_test
