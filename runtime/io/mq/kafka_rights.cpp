#include "runtime/io/mq/kafka_handle.hpp"

#include <algorithm>
#include <chrono>
#include <map>

/// What the user may do with topics, found out by trying: this librdkafka cannot ask for rights.
/// Nothing is written, and no group is joined.
namespace aops::mq {

namespace {

using clock = std::chrono::steady_clock;
using answers_by_topic = std::map<std::string, rd_kafka_resp_err_t>;

int milliseconds_to(clock::time_point until) {
  auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - clock::now()).count();
  return static_cast<int>(std::max<int64_t>(0, left));
}

bool is_no(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
}

/// Fetches at the end of each topic: its end is an answer, too.
expected<answers_by_topic> try_to_read(const base::config& c,
                                       const std::vector<std::string>& topics,
                                       clock::time_point until) {
  link_state state;
  auto conf = make_conf(c,
                        {{"group.id", publisher_of(c)},
                         {"enable.auto.commit", "false"},
                         {"enable.partition.eof", "true"},
                         {"fetch.wait.max.ms", "50"}},
                        &state);
  if (!conf)
    return fail(std::move(conf.error()));
  auto reader = make_handle(RD_KAFKA_CONSUMER, std::move(*conf));
  if (!reader)
    return fail(std::move(reader.error()));
  rd_kafka_poll_set_consumer(reader->get());
  topics_ptr places{rd_kafka_topic_partition_list_new(static_cast<int>(topics.size()))};
  for (const auto& topic : topics)
    rd_kafka_topic_partition_list_add(places.get(), topic.c_str(), 0)->offset = RD_KAFKA_OFFSET_END;
  rd_kafka_assign(reader->get(), places.get());
  answers_by_topic out;
  while (out.size() < topics.size() && clock::now() < until) {
    message_ptr m{rd_kafka_consumer_poll(reader->get(), milliseconds_to(until))};
    if (m && m->rkt && (!m->err || m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF || is_no(m->err)))
      out.emplace(rd_kafka_topic_name(m->rkt), m->err);
  }
  rd_kafka_assign(reader->get(), nullptr);
  rd_kafka_consumer_close(reader->get());
  return out;
}

void on_answer(rd_kafka_t*, const rd_kafka_message_t* m, void*) {
  (*static_cast<answers_by_topic*>(m->_private))[rd_kafka_topic_name(m->rkt)] = m->err;
}

/// Sends what no broker stores: it looks at rights first, and then refuses this number of
/// acknowledgements.
expected<answers_by_topic> try_to_write(const base::config& c,
                                        const std::vector<std::string>& topics,
                                        clock::time_point until) {
  answers_by_topic out; // Outlives the handle, which tells it of what was not sent.
  link_state state;
  auto conf = make_conf(c,
                        {{"acks", "5"},
                         {"linger.ms", "0"},
                         {"retries", "0"},
                         {"message.timeout.ms", std::to_string(milliseconds_to(until) + 1)}},
                        &state);
  if (!conf)
    return fail(std::move(conf.error()));
  rd_kafka_conf_set_dr_msg_cb(conf->get(), &on_answer);
  auto writer = make_handle(RD_KAFKA_PRODUCER, std::move(*conf));
  if (!writer)
    return fail(std::move(writer.error()));
  for (const auto& topic : topics)
    rd_kafka_producev(writer->get(),
                      RD_KAFKA_V_TOPIC(topic.c_str()),
                      RD_KAFKA_V_PARTITION(0),
                      RD_KAFKA_V_VALUE(nullptr, 0),
                      RD_KAFKA_V_OPAQUE(&out),
                      RD_KAFKA_V_END);
  rd_kafka_flush(writer->get(), milliseconds_to(until));
  return out;
}

} // namespace

expected<void> find_missing_rights(const base::config& c,
                                   std::vector<topic_fact>& topics,
                                   std::chrono::milliseconds patience) {
  std::vector<std::string> names; // Asked about others, brokers might make them.
  for (const auto& x : topics)
    if (x.error.empty() && x.partitions > 0)
      names.push_back(x.topic);
  if (names.empty())
    return {};
  auto until = clock::now() + patience;
  auto reads = try_to_read(c, names, until);
  if (!reads)
    return fail(std::move(reads.error()));
  auto writes = try_to_write(c, names, until);
  if (!writes)
    return fail(std::move(writes.error()));
  for (auto& x : topics) {
    auto lacks = [&](const answers_by_topic& answers) {
      auto found = answers.find(x.topic);
      return found != answers.end() && is_no(found->second);
    };
    bool reads_not = lacks(*reads), writes_not = lacks(*writes);
    if (reads_not || writes_not)
      x.error = std::string{"no right to "} + (reads_not ? "read" : "") +
                (reads_not && writes_not ? " and to " : "") + (writes_not ? "write" : "");
  }
  return {};
}

} // namespace aops::mq
