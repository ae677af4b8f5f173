#pragma once

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdexcept>
#include <string>

namespace aops::mq {

/// The brokers that librdkafka brings for tests: within this process, on ports of loopback.
class mock_brokers {
public:
  explicit mock_brokers(int count = 1) {
    char why[256];
    handle_ = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof why);
    if (!handle_)
      throw std::runtime_error(why);
    cluster_ = rd_kafka_mock_cluster_new(handle_, count);
  }
  ~mock_brokers() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(handle_);
  }
  mock_brokers(const mock_brokers&) = delete;
  mock_brokers& operator=(const mock_brokers&) = delete;

  std::string bootstrap() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
  void create(const std::string& topic, int partitions) {
    rd_kafka_mock_topic_create(cluster_, topic.c_str(), partitions, 1);
  }
  /// What clients are told of a topic from now on; no error: nothing special.
  void refuse(const std::string& topic, rd_kafka_resp_err_t why) {
    rd_kafka_mock_topic_set_error(cluster_, topic.c_str(), why);
  }
  void set_up(bool is_up) {
    if (is_up)
      rd_kafka_mock_broker_set_up(cluster_, 1);
    else
      rd_kafka_mock_broker_set_down(cluster_, 1);
  }

private:
  rd_kafka_t* handle_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

} // namespace aops::mq
