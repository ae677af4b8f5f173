#include "runtime/io/mq/kafka_handle.hpp"
#include "runtime/io/mq/memory_queue.hpp"

namespace aops::mq {

namespace {

using metadata_ptr =
  std::unique_ptr<const struct rd_kafka_metadata, destroyer<rd_kafka_metadata_destroy>>;

class kafka_queue final : public message_queue {
public:
  explicit kafka_queue(const base::config& c) : config_(c) {}

  /// Finds wrong settings before anything starts.
  expected<void> check() const {
    link_state state;
    auto conf = make_conf(config_, {}, &state);
    if (!conf)
      return fail(std::move(conf.error()));
    auto made = make_handle(RD_KAFKA_PRODUCER, std::move(*conf));
    if (!made)
      return fail(std::move(made.error()));
    return {};
  }

  expected<std::unique_ptr<consumer>> consume(consumer_options options) override {
    return open_kafka_consumer(config_, std::move(options));
  }

  expected<std::unique_ptr<publisher>> publish(std::string name) override {
    return open_kafka_publisher(config_, std::move(name));
  }

  expected<queue_facts> examine(const std::vector<std::string>& topics,
                                std::chrono::milliseconds patience) override {
    link_state state;
    auto conf = make_conf(config_, {}, &state);
    if (!conf)
      return fail(std::move(conf.error()));
    auto handle = make_handle(RD_KAFKA_CONSUMER, std::move(*conf));
    if (!handle)
      return fail(std::move(handle.error()));
    queue_facts out;
    auto asked = topics;
    if (asked.empty())
      asked.emplace_back();
    for (const auto& topic : asked) {
      auto found = look(handle->get(), topic, patience);
      if (!found) {
        rd_kafka_poll(handle->get(), 0); // Tells why.
        auto why = state.get().problem;
        return fail(ec::unreachable, why.empty() ? found.error().detail : why);
      }
      out.brokers = (*found)->broker_cnt;
      if (topic.empty())
        break;
      for (int i = 0; i < (*found)->topic_cnt; ++i) {
        const auto& x = (*found)->topics[i];
        out.topics.push_back({x.topic,
                              x.err ? rd_kafka_err2str(x.err) : std::string{},
                              x.partition_cnt,
                              x.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART});
      }
    }
    if (auto asked_for = find_missing_rights(config_, out.topics, patience); !asked_for)
      return fail(std::move(asked_for.error()));
    return out;
  }

private:
  static expected<metadata_ptr>
  look(rd_kafka_t* handle, const std::string& topic, std::chrono::milliseconds patience) {
    std::unique_ptr<rd_kafka_topic_t, destroyer<rd_kafka_topic_destroy>> only;
    if (!topic.empty())
      only.reset(rd_kafka_topic_new(handle, topic.c_str(), nullptr));
    const struct rd_kafka_metadata* raw = nullptr;
    auto code = rd_kafka_metadata(handle, 0, only.get(), &raw, static_cast<int>(patience.count()));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return failure("brokers", code);
    return metadata_ptr{raw};
  }

  base::config config_;
};

} // namespace

expected<std::shared_ptr<message_queue>> open_queue(const base::config& config) {
  if (config.kafka.queue == "memory")
    return make_memory_queue();
  auto made = std::make_shared<kafka_queue>(config);
  if (auto good = made->check(); !good)
    return fail(std::move(good.error()));
  return made;
}

std::string group_of(const base::config& config, const std::string& topic) {
  return config.kafka.group + "." + topic;
}

std::string publisher_of(const base::config& config) { return config.kafka.group + ".outbox"; }

} // namespace aops::mq
