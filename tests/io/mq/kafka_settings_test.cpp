#include "runtime/io/mq/queue.hpp"
#include "tests/io/mq/mock_brokers.hpp"
#include "tests/support/outcome.hpp"

#include <boost/test/unit_test.hpp>

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

} // namespace aops::mq
