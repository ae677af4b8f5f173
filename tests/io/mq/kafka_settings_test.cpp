#include "runtime/io/mq/kafka_handle.hpp"
#include "runtime/io/mq/queue.hpp"
#include "tests/io/mq/mock_brokers.hpp"
#include "tests/support/outcome.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <iterator>

/// Settings are judged at start; a broker that is away is no error.
namespace aops::mq {

namespace {

using namespace std::chrono_literals;
using tests::ok;

base::config with(const std::string& broker) {
  base::config c;
  c.kafka.enabled = true;
  c.kafka.brokers = {broker};
  return c;
}

std::string refusal(const base::config& c) {
  auto opened = open_queue(c);
  return opened ? std::string{"accepted"} : opened.error().detail;
}

} // namespace

BOOST_AUTO_TEST_CASE(wrong_settings_are_named_at_start) {
  auto c = with("127.0.0.1:1");
  c.kafka.properties = {"fetch.min.byts=1"};
  BOOST_TEST(refusal(c).find("kafka.properties: ") == 0u);
  BOOST_TEST(refusal(c).find("fetch.min.byts") != std::string::npos);
  c.kafka.properties = {"fetch.min.bytes=many"};
  BOOST_TEST(refusal(c).find("fetch.min.bytes") != std::string::npos);
  c.kafka.properties = {"enable.auto.commit=true"};
  BOOST_TEST(refusal(c) == "kafka.properties: enable.auto.commit is not for you to set");
  c.kafka.properties = {"fetch.min.bytes=2"};
  BOOST_TEST(refusal(c) == "accepted");
  c.kafka.security = "ssl";
  c.kafka.ssl_ca = "/nowhere/ca.pem";
  BOOST_TEST(refusal(c).find("kafka: ") == 0u);
  BOOST_TEST(refusal(c) != "accepted");
}

BOOST_AUTO_TEST_CASE(a_password_is_in_no_message) {
  auto c = with("127.0.0.1:1");
  c.kafka.security = "sasl_plaintext";
  c.kafka.user = "aops";
  c.kafka.password.text = "verysecret";
  BOOST_TEST(refusal(c) == "accepted");
  c.kafka.properties = {"sasl.password=verysecret"};
  BOOST_TEST(refusal(c) == "kafka.properties: sasl.password is no place for a secret");
  c.kafka.properties = {"no.such=1"};
  BOOST_TEST(refusal(c).find("verysecret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(brokers_that_do_not_answer_are_waited_for) {
  mock_brokers brokers;
  brokers.create("wanted", 1);
  auto queue = ok(open_queue(with(brokers.bootstrap())));
  brokers.set_up(false);
  auto from = ok(queue->consume({{"wanted"}, "g", nullptr}));
  auto until = std::chrono::steady_clock::now() + 30s;
  while (from->state().problem.empty() && std::chrono::steady_clock::now() < until)
    BOOST_TEST(from->poll(1, 100ms, 1ms).empty());
  BOOST_TEST(!from->state().is_connected);
  BOOST_TEST(!from->state().problem.empty());
  brokers.set_up(true);
  while (!from->state().is_connected && std::chrono::steady_clock::now() < until)
    from->poll(1, 100ms, 1ms);
  BOOST_TEST(from->state().is_connected);
}

BOOST_AUTO_TEST_CASE(a_reader_that_is_not_let_in_is_not_up) {
  mock_brokers brokers;
  brokers.create("wanted", 1);
  brokers.refuse("wanted", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  auto queue = ok(open_queue(with(brokers.bootstrap())));
  auto state_of = [&](auto is_enough) {
    auto from = ok(queue->consume({{"wanted"}, "g", nullptr}));
    auto until = std::chrono::steady_clock::now() + 30s;
    while (!is_enough(from->state()) && std::chrono::steady_clock::now() < until)
      from->poll(1, 100ms, 1ms);
    return from->state();
  };
  auto refused = state_of([](const standing& x) { return x.is_refused; });
  BOOST_TEST(!refused.is_connected);
  BOOST_TEST(refused.problem.find("uthoriz") != std::string::npos, refused.problem);
  brokers.refuse("wanted", RD_KAFKA_RESP_ERR_NO_ERROR);
  auto other = state_of([](const standing& x) { return x.is_connected; });
  BOOST_TEST(other.is_connected);
  BOOST_TEST(!other.is_refused);
  BOOST_TEST(other.partitions == 1);
}

BOOST_AUTO_TEST_CASE(readers_that_were_refused_leave_nothing_behind) {
  mock_brokers brokers;
  brokers.create("wanted", 1);
  brokers.refuse("wanted", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  auto queue = ok(open_queue(with(brokers.bootstrap())));
  auto threads = [] {
    std::filesystem::directory_iterator all{"/proc/self/task"};
    return std::distance(begin(all), end(all));
  };
  auto before = threads();
  for (int i = 0; i < 3; ++i) { // As the loop does every ten seconds.
    auto from = ok(queue->consume({{"wanted"}, "g", nullptr}));
    auto until = std::chrono::steady_clock::now() + 30s;
    while (!from->state().is_refused && std::chrono::steady_clock::now() < until)
      from->poll(1, 100ms, 1ms);
    BOOST_TEST(from->state().is_refused);
  }
  BOOST_TEST(threads() == before);
}

namespace {

/// As librdkafka tells it once a second.
std::string statistics(const std::string& partition, const std::string& join_state = "steady") {
  return R"({"brokers":{"b":{"state":"UP"}},"cgrp":{"state":"up","join_state":")" + join_state +
         R"("},"topics":{"t":{"partitions":{"0":{"partition":0,"fetch_state":"active",)" +
         partition + "}}}}}";
}

standing after(const std::string& text, int times = 1) {
  link_state state;
  for (int i = 0; i < times; ++i)
    state.statistics(text.data(), text.size());
  return state.get();
}

} // namespace

BOOST_AUTO_TEST_CASE(lag_is_what_has_yet_to_be_committed) {
  auto lag = [](const std::string& partition) { return after(statistics(partition)).lag; };
  BOOST_TEST(lag(R"("ls_offset":90,"committed_offset":40,"app_offset":60,"eof_offset":-1001)") ==
             50);
  // A group that was never here has all of it before it.
  BOOST_TEST(lag(R"("ls_offset":90,"committed_offset":-1001,"app_offset":-1001,"lo_offset":30)") ==
             60);
  BOOST_TEST(lag(R"("ls_offset":90,"committed_offset":-1001,"app_offset":-1001,"lo_offset":-1)") ==
             90);
  BOOST_TEST(lag(R"("ls_offset":-1001,"committed_offset":-1001)") == 0);
  // The mark of a transaction at the end is nobody's message.
  BOOST_TEST(lag(R"("ls_offset":90,"committed_offset":89,"app_offset":89,"eof_offset":90)") == 0);
  BOOST_TEST(lag(R"("ls_offset":90,"committed_offset":80,"app_offset":89,"eof_offset":90)") == 10);
}

BOOST_AUTO_TEST_CASE(a_reader_is_up_once_it_is_in_its_group) {
  const std::string partition = R"("ls_offset":1,"committed_offset":1)";
  BOOST_TEST(!after(statistics(partition, "wait-join"), 20).is_connected);
  BOOST_TEST(!after(statistics(partition)).is_connected);
  BOOST_TEST(after(statistics(partition), 2).is_connected);
  link_state state;
  auto tell = [&](const std::string& text) { state.statistics(text.data(), text.size()); };
  tell(statistics(partition));
  tell(statistics(partition));
  tell(statistics(partition, "wait-join")); // Partitions change hands: it stays in.
  BOOST_TEST(state.get().is_connected);
  for (int i = 0; i < 20; ++i) // Not for so long: its coordinator says nothing.
    tell(statistics(partition, "wait-join"));
  BOOST_TEST(!state.get().is_connected);
  tell(statistics(partition));
  tell(statistics(partition));
  BOOST_TEST(state.get().is_connected);
  tell(R"({"brokers":{"b":{"state":"DOWN"}}})");
  BOOST_TEST(!state.get().is_connected);
  BOOST_TEST(state.get().problem == "no broker answers");
}

} // namespace aops::mq
