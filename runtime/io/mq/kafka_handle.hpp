#pragma once

#include "runtime/base/config.hpp"
#include "runtime/io/mq/queue.hpp"

#include <librdkafka/rdkafka.h>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

/// What the Kafka part of this folder shares: librdkafka's handles. Only its .cpp files include
/// this.
namespace aops::mq {

template <auto Destroy>
struct destroyer {
  template <class T>
  void operator()(T* x) const {
    Destroy(x);
  }
};
using conf_ptr = std::unique_ptr<rd_kafka_conf_t, destroyer<rd_kafka_conf_destroy>>;
using topics_ptr = std::unique_ptr<rd_kafka_topic_partition_list_t,
                                   destroyer<rd_kafka_topic_partition_list_destroy>>;
using message_ptr = std::unique_ptr<rd_kafka_message_t, destroyer<rd_kafka_message_destroy>>;
using error_ptr = std::unique_ptr<rd_kafka_error_t, destroyer<rd_kafka_error_destroy>>;
using queue_ptr = std::unique_ptr<rd_kafka_queue_t, destroyer<rd_kafka_queue_destroy>>;
using handle_ptr = std::unique_ptr<rd_kafka_t, destroyer<rd_kafka_destroy>>;

/// How connections to brokers stand; told by librdkafka's callbacks, asked for by any thread.
class link_state {
public:
  void failed(std::string why);  ///< Passing: brokers that do not answer.
  void refused(std::string why); ///< For good: brokers that answer, and do not let it in.
  void statistics(const char* text, size_t length);
  standing get() const;

private:
  mutable std::mutex mutex_;
  standing now_;
  std::string refusal_;
  int steady_ = 0;   ///< Statistics, one a second, in which it was in its group.
  int unsteady_ = 0; ///< Statistics in a row in which it was not.
};

using properties = std::vector<std::pair<std::string, std::string>>;

/// Settings of a client: what the configuration says, then `own`, which nobody may change.
/// @param state Outlives the handle. ec::bad_request.
expected<conf_ptr> make_conf(const base::config& c, const properties& own, link_state* state);

/// ec::bad_request when librdkafka finds the settings wrong together.
expected<handle_ptr> make_handle(rd_kafka_type_t type, conf_ptr conf);

tl::unexpected<error> failure(std::string_view what, rd_kafka_resp_err_t code);
tl::unexpected<error> failure(std::string_view what, const rd_kafka_error_t* why);

/// Says of topics that are there which rights the user lacks: the bridge reads and writes all of
/// them. Says nothing where no answer comes in time.
expected<void> find_missing_rights(const base::config& c,
                                   std::vector<topic_fact>& topics,
                                   std::chrono::milliseconds patience);

expected<std::unique_ptr<consumer>> open_kafka_consumer(const base::config& c,
                                                        consumer_options options);
expected<std::unique_ptr<publisher>> open_kafka_publisher(const base::config& c, std::string name);

} // namespace aops::mq
