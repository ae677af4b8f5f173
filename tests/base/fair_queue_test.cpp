#include "runtime/base/clock.hpp"
#include "runtime/base/fair_queue.hpp"
#include "runtime/base/queue_figures.hpp"

#include <boost/test/unit_test.hpp>

namespace aops::base {

namespace {

queue_limits limits() {
  queue_limits x;
  x.most = per_urgency<size_t>{20};
  x.most_of_owner = per_urgency<size_t>{8};
  x.most_of_host = per_urgency<size_t>{4};
  x.patience_ms = 1000;
  return x;
}

/// A queue of names under a clock turned by hand.
struct waiting_line {
  turned_time time;
  fair_queue<std::string> queue{limits()};
  std::vector<std::pair<ticket, std::string>> dropped;

  std::optional<refusal> push(urgency what,
                              std::string name,
                              std::string owner = {},
                              std::string host = {},
                              int64_t patience_ms = 0) {
    auto due = patience_ms > 0 ? time.steady_ms() + patience_ms : never_ms;
    return queue.push({what, std::move(owner), std::move(host), due}, name, time.steady_ms());
  }

  std::string pop(urgency least = urgency::jobs) {
    auto x = queue.pop(
      time.steady_ms(), [least](urgency what) { return what <= least; }, dropped);
    return x ? x->second : "none";
  }

  std::string pop_all() {
    std::string out;
    for (auto x = pop(); x != "none"; x = pop())
      out += x;
    return out;
  }

  uint64_t refused(urgency what, refusal why) {
    return queue.standing(what, time.steady_ms()).refused[static_cast<size_t>(why)];
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(fair_queues, waiting_line)

BOOST_AUTO_TEST_CASE(the_urgent_go_first_and_each_class_has_its_share) {
  for (int i = 0; i < 20; ++i) {
    push(urgency::jobs, "j");
    push(urgency::history, "h");
    push(urgency::live, "l");
  }
  std::string first;
  for (int i = 0; i < 19; ++i)
    first += pop();
  auto n = [&](char c) { return std::count(first.begin(), first.end(), c); };
  BOOST_TEST(n('l') >= 15);
  BOOST_TEST(n('h') >= 1); // None starves.
  BOOST_TEST(n('j') >= 1);
  BOOST_TEST(first.front() == 'l');
}

BOOST_AUTO_TEST_CASE(a_class_that_was_idle_has_saved_no_turns) {
  for (int i = 0; i < 19; ++i) {
    push(urgency::live, "l");
    pop();
  }
  for (int i = 0; i < 10; ++i) {
    push(urgency::jobs, "j");
    push(urgency::live, "l");
  }
  std::string first;
  for (int i = 0; i < 6; ++i)
    first += pop();
  BOOST_TEST(std::count(first.begin(), first.end(), 'j') <= 2);
}

BOOST_AUTO_TEST_CASE(owners_take_turns_and_each_keeps_its_order) {
  for (auto name : {"1", "2", "3", "4"})
    push(urgency::people, name, "ann");
  push(urgency::people, "x", "bob");
  push(urgency::people, "y", "bob");
  BOOST_TEST(pop_all() == "1x2y34");
}

BOOST_AUTO_TEST_CASE(neither_an_owner_nor_a_host_can_fill_it) {
  for (int i = 0; i < 4; ++i)
    BOOST_TEST(!push(urgency::history, "a", "ann", "h1"));
  BOOST_TEST((push(urgency::history, "a", "ann", "h1") == refusal::host_full));
  for (int i = 0; i < 4; ++i)
    BOOST_TEST(!push(urgency::history, "a", "ann", "h2"));
  BOOST_TEST((push(urgency::history, "a", "ann", "h3") == refusal::owner_full));
  BOOST_TEST(!push(urgency::history, "b", "bob", "h4"));
  BOOST_TEST(!push(urgency::people, "c", "ann", "h1")); // Another class.
  for (int i = 0; i < 11; ++i)
    BOOST_TEST(!push(urgency::history, "c", "o" + std::to_string(i)));
  BOOST_TEST((push(urgency::history, "c", "bob") == refusal::full));
  BOOST_TEST(refused(urgency::history, refusal::host_full) == 1u);
  BOOST_TEST(refused(urgency::history, refusal::owner_full) == 1u);
  BOOST_TEST(refused(urgency::history, refusal::full) == 1u);
  BOOST_TEST(pop() == "c"); // What people wait for.
  BOOST_TEST(pop() == "a");
  BOOST_TEST(!push(urgency::history, "c", "bob"));
}

BOOST_AUTO_TEST_CASE(what_nobody_waits_for_any_more_is_dropped) {
  push(urgency::people, "a", "ann", {}, 500);
  push(urgency::people, "b", "ann", {}, 900);
  push(urgency::people, "c", "ann");
  time.pass(600);
  BOOST_TEST(pop() == "b");
  BOOST_REQUIRE(dropped.size() == 1u);
  BOOST_TEST(dropped.front().second == "a");
  time.pass(3600'000);
  BOOST_TEST(pop() == "c"); // Nobody said until when.
  BOOST_TEST(refused(urgency::people, refusal::late) == 1u);
  std::string late = "d";
  BOOST_TEST((queue.push({urgency::people, {}, {}, time.steady_ms()}, late, time.steady_ms()) ==
              refusal::late));
  BOOST_TEST(late == "d"); // Left alone.
}

BOOST_AUTO_TEST_CASE(what_comes_too_late_anyway_is_refused_at_once) {
  push(urgency::people, "a", "ann", {}, 800);
  time.pass(300);
  BOOST_TEST(!push(urgency::people, "b", "ann", {}, 301));
  BOOST_TEST((push(urgency::people, "c", "ann", {}, 300) == refusal::slow));
  BOOST_TEST(!push(urgency::people, "d", "bob", {}, 300)); // Others are not its wait.
  time.pass(700);
  BOOST_TEST((push(urgency::people, "e", "ann") == refusal::slow)); // Patience of the queue.
  BOOST_TEST(refused(urgency::people, refusal::slow) == 2u);
}

BOOST_AUTO_TEST_CASE(a_class_that_may_not_come_waits) {
  push(urgency::jobs, "j");
  push(urgency::people, "p");
  BOOST_TEST(pop(urgency::people) == "p");
  BOOST_TEST(pop(urgency::people) == "none");
  BOOST_TEST(pop() == "j");
  BOOST_TEST(queue.empty());
}

BOOST_AUTO_TEST_CASE(it_shows_who_waits_and_for_how_long) {
  push(urgency::jobs, "1", "ann");
  time.pass(40);
  push(urgency::jobs, "2", "bob");
  time.pass(2);
  auto now = queue.standing(urgency::jobs, time.steady_ms());
  BOOST_TEST(now.waiting == 2u);
  BOOST_TEST(now.oldest_ms == 42);
  BOOST_TEST(queue.standing(urgency::live, time.steady_ms()).oldest_ms == 0);
  {
    queue_figures shown{"line", {urgency::jobs}, [this](urgency what) {
                          return queue.standing(what, time.steady_ms());
                        }};
    auto text = metrics::metrics_text();
    BOOST_TEST(text.find("aops_queue_waiting{class=\"jobs\",queue=\"line\"} 2") != text.npos);
    BOOST_TEST(text.find("aops_queue_oldest_seconds{class=\"jobs\",queue=\"line\"} 0.042") !=
               text.npos);
    for (int i = 0; i < 10; ++i)
      push(urgency::jobs, "x", "ann");
    BOOST_TEST(
      metrics::metrics_text().find("aops_queue_refused_total{class=\"jobs\",queue=\"line\","
                                   "reason=\"owner-full\"} 3") != text.npos);
  }
  BOOST_TEST(queue.take_all().size() == 9u);
  BOOST_TEST(queue.empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::base
