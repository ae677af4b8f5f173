#include "runtime/base/clock.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/io/mq/memory_queue.hpp"
#include "tests/io/mq/mock_brokers.hpp"
#include "tests/support/outcome.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <thread>

/// What every queue does: the same cases for Kafka and for the queue within the process. Kafka's
/// are asked of the brokers that AOPS_KAFKA_BROKERS names, as tests/system/kafka_test.py does; else
/// of librdkafka's mock brokers, which know neither takeovers nor who joins a group late.
namespace aops::mq {

namespace {

using namespace std::chrono_literals;
using tests::ok;

constexpr auto patience = 30s;

/// Real brokers keep what earlier cases left: names are new each time.
struct kafka_engine {
  std::optional<mock_brokers> mock;
  std::string brokers, topic = base::new_id(base::system_time().wall_ms());

  kafka_engine() {
    if (const char* real = std::getenv("AOPS_KAFKA_BROKERS"))
      brokers = real;
    else
      brokers = mock.emplace().bootstrap();
  }
  bool is_real() const { return !mock; }
  std::shared_ptr<message_queue> open() {
    base::config c;
    c.kafka.enabled = true;
    c.kafka.brokers = {brokers};
    return ok(open_queue(c));
  }
  /// Real brokers make topics when they are first written to, of six partitions.
  void create(int partitions) {
    if (mock)
      mock->create(topic, partitions);
  }
};

struct memory_engine {
  std::shared_ptr<message_queue> queue = make_memory_queue(4);
  std::string topic = "wanted";
  bool is_real() const { return true; }
  std::shared_ptr<message_queue> open() { return queue; }
  void create(int) {}
};

/// A queue with one topic of several partitions.
template <class Engine>
struct world {
  Engine engine;
  std::shared_ptr<message_queue> queue;
  world() {
    engine.create(4);
    queue = engine.open();
  }

  std::unique_ptr<consumer>
  consume(std::function<void(const std::vector<partition_id>&)> before_loss = nullptr,
          const std::string& group = "g") {
    return ok(queue->consume({{engine.topic}, engine.topic + group, std::move(before_loss)}));
  }

  void publish(const std::vector<outgoing>& all) {
    auto to = ok(queue->publish(engine.topic));
    ok(to->begin({engine.topic}));
    std::vector<size_t> refused;
    ok(to->publish(all, "a mark", refused));
  }

  outgoing keyed(int key, int value) const {
    return {engine.topic, "k" + std::to_string(key), std::to_string(value), {}};
  }
};

/// Polls until there are so many.
std::vector<message> read(consumer& from, size_t count) {
  std::vector<message> out;
  auto until = std::chrono::steady_clock::now() + patience;
  while (out.size() < count && std::chrono::steady_clock::now() < until)
    for (auto& m : from.poll(count - out.size(), 100ms, 1ms))
      out.push_back(std::move(m));
  BOOST_REQUIRE_EQUAL(out.size(), count);
  return out;
}

std::vector<position> after(const std::vector<message>& all) {
  std::map<partition_id, int64_t> next;
  for (const auto& m : all)
    next[{m.topic, m.partition}] = std::max(next[{m.topic, m.partition}], m.offset + 1);
  std::vector<position> out;
  for (const auto& [where, offset] : next)
    out.push_back({where, offset});
  return out;
}

} // namespace

#define QUEUE_CASE(name)                                                                           \
  template <class Engine>                                                                          \
  void name##_with(world<Engine>& it);                                                             \
  BOOST_AUTO_TEST_CASE(kafka_##name) {                                                             \
    world<kafka_engine> it;                                                                        \
    name##_with(it);                                                                               \
  }                                                                                                \
  BOOST_AUTO_TEST_CASE(memory_##name) {                                                            \
    world<memory_engine> it;                                                                       \
    name##_with(it);                                                                               \
  }                                                                                                \
  template <class Engine>                                                                          \
  void name##_with(world<Engine>& it)

QUEUE_CASE(messages_come_whole_and_those_of_a_key_in_order) {
  std::vector<outgoing> all;
  for (int i = 0; i < 40; ++i)
    all.push_back(it.keyed(i % 4, i));
  all.push_back({it.engine.topic, std::nullopt, std::nullopt, {}});
  all.push_back(
    {it.engine.topic, std::string{"\0\xff", 2}, std::string{"\0x", 2}, {{"h", "v"}, {"h", ""}}});
  it.publish(all);
  auto from = it.consume();
  std::map<std::string, int> last;
  bool saw_tombstone = false, saw_bytes = false;
  for (const auto& m : read(*from, all.size())) {
    BOOST_TEST(m.topic == it.engine.topic);
    BOOST_TEST(m.time_ms > 0);
    if (!m.value) {
      saw_tombstone = !m.key;
    } else if (m.key == std::string{"\0\xff", 2}) {
      saw_bytes = m.value == std::string{"\0x", 2};
      BOOST_TEST((m.headers == std::vector<header>{{"h", "v"}, {"h", ""}}));
    } else {
      auto value = std::stoi(*m.value);
      auto [known, is_first] = last.try_emplace(*m.key, value);
      BOOST_TEST((is_first || known->second < value));
      known->second = value;
    }
  }
  BOOST_TEST(saw_tombstone);
  BOOST_TEST(saw_bytes);
  BOOST_TEST(last.size() == 4u);
}

QUEUE_CASE(what_is_not_committed_comes_again_and_what_is_does_not) {
  if (!it.engine.is_real())
    return;
  std::vector<outgoing> all;
  for (int i = 0; i < 20; ++i)
    all.push_back(it.keyed(0, i)); // One partition.
  it.publish(all);
  {
    auto first = it.consume();
    auto some = read(*first, 8);
    ok(first->commit(after(some), true));
    read(*first, 5);
  }
  auto second = it.consume();
  auto rest = read(*second, 12);
  BOOST_TEST(rest.front().value.value() == "8");
  BOOST_TEST(rest.back().value.value() == "19");
  auto others = it.consume(nullptr, "another group");
  BOOST_TEST(read(*others, 20).front().value.value() == "0");
}

QUEUE_CASE(a_paused_consumer_gets_nothing_until_it_goes_on) {
  auto from = it.consume();
  it.publish({it.keyed(0, 1)});
  read(*from, 1);
  from->pause(true);
  it.publish({it.keyed(0, 2), it.keyed(1, 3), it.keyed(2, 4)});
  BOOST_TEST(from->poll(10, 300ms, 1ms).empty());
  from->pause(false);
  read(*from, 3);
}

QUEUE_CASE(members_of_a_group_share_and_say_good_bye_before_they_lose) {
  if (!it.engine.is_real())
    return;
  std::vector<partition_id> lost;
  auto first = it.consume([&](const std::vector<partition_id>& gone) {
    lost.insert(lost.end(), gone.begin(), gone.end());
  });
  std::vector<outgoing> all;
  for (int i = 0; i < 40; ++i)
    all.push_back(it.keyed(i, i));
  it.publish(all);
  auto before = read(*first, 40);
  ok(first->commit(after(before), true));
  std::atomic<bool> is_over = false;
  std::set<int32_t> of_second;
  std::thread other([&] {
    auto second = it.consume();
    while (!is_over)
      for (const auto& m : second->poll(100, 50ms, 1ms))
        of_second.insert(m.partition);
  });
  auto until = std::chrono::steady_clock::now() + patience;
  while (lost.empty() && std::chrono::steady_clock::now() < until)
    first->poll(100, 50ms, 1ms);
  std::set<int32_t> gone, of_first;
  for (const auto& id : lost)
    gone.insert(id.number);
  BOOST_TEST(!gone.empty());
  size_t seen = 0;
  // What comes now is dealt out; nothing of it comes twice.
  std::vector<outgoing> more = all;
  it.publish(more);
  for (until = std::chrono::steady_clock::now() + patience;
       seen == 0 && std::chrono::steady_clock::now() < until;)
    for (const auto& m : first->poll(100, 50ms, 1ms)) {
      of_first.insert(m.partition);
      ++seen;
    }
  is_over = true;
  other.join();
  BOOST_TEST(!of_first.empty());
  for (auto number : of_first)
    BOOST_TEST(!gone.contains(number));
}

QUEUE_CASE(members_may_come_and_go_at_any_moment) {
  if (!it.engine.is_real())
    return;
  auto visits = [&](std::chrono::milliseconds longer) {
    for (auto stay = 0ms; stay < 10 * longer; stay += longer)
      it.consume()->poll(1, stay, 1ms);
  };
  std::vector<std::thread> others;
  for (auto longer : {1ms, 3ms, 7ms, 13ms})
    others.emplace_back(visits, longer);
  for (auto& other : others)
    other.join();
  it.publish({it.keyed(0, 1)});
  auto last = it.consume();
  read(*last, 1);
}

QUEUE_CASE(nothing_is_committed_of_partitions_that_others_have) {
  if (!it.engine.is_real())
    return;
  std::set<partition_id> lost;
  auto first = it.consume(
    [&](const std::vector<partition_id>& gone) { lost.insert(gone.begin(), gone.end()); });
  std::vector<outgoing> all;
  for (int i = 0; i < 40; ++i)
    all.push_back(it.keyed(i, i));
  it.publish(all);
  auto before = read(*first, 40);
  size_t of_others = 0;
  {
    auto second = it.consume();
    std::atomic<bool> is_over = false;
    std::thread other([&] {
      while (!is_over)
        second->poll(100, 50ms, 1ms);
    });
    auto until = std::chrono::steady_clock::now() + patience;
    while (lost.empty() && std::chrono::steady_clock::now() < until)
      first->poll(100, 50ms, 1ms);
    BOOST_TEST(!lost.empty());
    // Too late for those. While partitions move a broker may refuse it all.
    bool is_committed = first->commit(after(before), true).has_value();
    while (!is_committed && std::chrono::steady_clock::now() < until) {
      first->poll(100, 50ms, 1ms);
      is_committed = first->commit(after(before), true).has_value();
    }
    BOOST_TEST(is_committed);
    for (const auto& m : before)
      of_others += lost.contains({m.topic, m.partition});
    is_over = true;
    other.join();
  }
  first.reset();
  auto third = it.consume();
  read(*third, of_others);
  BOOST_TEST(third->poll(1, 300ms, 1ms).empty());
}

QUEUE_CASE(a_publisher_that_has_not_begun_says_so) {
  auto to = ok(it.queue->publish(it.engine.topic));
  std::vector<size_t> refused;
  BOOST_TEST(!to->publish({it.keyed(0, 1)}, "a mark", refused).has_value());
}

QUEUE_CASE(a_publisher_that_lost_its_name_publishes_nothing) {
  if (!it.engine.is_real())
    return;
  auto old = ok(it.queue->publish(it.engine.topic));
  ok(old->begin({}));
  std::vector<size_t> refused;
  ok(old->publish({it.keyed(0, 1)}, "first", refused));
  auto now = ok(it.queue->publish(it.engine.topic));
  ok(now->begin({}));
  auto late = old->publish({it.keyed(0, 2)}, "late", refused);
  BOOST_TEST(!late.has_value());
  ok(now->publish({it.keyed(0, 3)}, "second", refused));
  auto from = it.consume();
  auto all = read(*from, 2);
  BOOST_TEST(all[0].value.value() == "1");
  BOOST_TEST(all[1].value.value() == "3");
  BOOST_TEST(from->poll(1, 200ms, 1ms).empty());
}

QUEUE_CASE(topics_are_looked_at) {
  it.publish({it.keyed(0, 1)});
  auto facts = ok(it.queue->examine({it.engine.topic}, 10s));
  BOOST_TEST(facts.brokers >= 1);
  BOOST_REQUIRE(facts.topics.size() == 1u);
  BOOST_TEST(facts.topics[0].partitions >= 4);
  BOOST_TEST(facts.topics[0].error.empty());
}

QUEUE_CASE(a_mark_tells_what_was_published_last) {
  if (!it.engine.is_real())
    return;
  auto a = it.engine.topic, b = a + "b";
  auto first = ok(it.queue->publish(a));
  BOOST_TEST(ok(first->begin({a, b})).empty());
  std::vector<size_t> refused;
  ok(first->publish({{a, {}, "1", {}}, {b, {}, "2", {}}}, "one", refused));
  auto second = ok(it.queue->publish(a));
  BOOST_TEST((ok(second->begin({a, b})) == std::vector<std::string>{"one"}));
  ok(second->publish({{a, {}, "3", {}}}, "two", refused));
  BOOST_TEST((ok(second->begin({a, b})) == std::vector<std::string>{"two"}));
  BOOST_TEST(ok(second->begin({b})).empty());
}

} // namespace aops::mq
