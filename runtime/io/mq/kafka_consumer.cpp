#include "runtime/base/log.hpp"
#include "runtime/io/mq/kafka_handle.hpp"

#include <algorithm>
#include <set>

namespace aops::mq {

namespace {

constexpr size_t most_bytes = size_t{16} << 20; ///< Of one poll.
constexpr size_t several = 8; ///< So many at once, and it is worth waiting for more.
constexpr int patience_ms = 5000;

/// Before this version librdkafka aborts when a handle is destroyed that its group had let in, and
/// had not told of any partitions: https://github.com/confluentinc/librdkafka/issues/4312
constexpr int frees_without_assignment = 0x020300ff;

std::optional<std::string> bytes_of(const void* data, size_t length) {
  if (!data)
    return {};
  return std::string{static_cast<const char*>(data), length};
}

std::vector<header> headers_of(const rd_kafka_message_t& m) {
  std::vector<header> out;
  rd_kafka_headers_t* all = nullptr;
  if (rd_kafka_message_headers(&m, &all) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return out;
  const char* name = nullptr;
  const void* value = nullptr;
  size_t length = 0;
  for (size_t i = 0;
       rd_kafka_header_get_all(all, i, &name, &value, &length) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i)
    out.push_back({name, bytes_of(value, length).value_or("")});
  return out;
}

message read(const rd_kafka_message_t& m) {
  return {rd_kafka_topic_name(m.rkt),
          m.partition,
          m.offset,
          std::max<int64_t>(0, rd_kafka_message_timestamp(&m, nullptr)),
          bytes_of(m.key, m.key_len),
          bytes_of(m.payload, m.len),
          headers_of(m)};
}

size_t size_of(const message& m) {
  auto out = m.key.value_or("").size() + m.value.value_or("").size();
  for (const auto& h : m.headers)
    out += h.name.size() + h.value.size();
  return out;
}

/// Whether brokers answer, and do not let it read; librdkafka says so once.
bool is_refusal(rd_kafka_resp_err_t code) {
  switch (code) {
  case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
  case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
  case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
  case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
  case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
  case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
  case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
  case RD_KAFKA_RESP_ERR_INVALID_GROUP_ID:
  case RD_KAFKA_RESP_ERR_GROUP_MAX_SIZE_REACHED:
  case RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL:
  case RD_KAFKA_RESP_ERR__FATAL:
    return true;
  default:
    return false;
  }
}

std::vector<partition_id> ids_of(const rd_kafka_topic_partition_list_t& list) {
  std::vector<partition_id> out;
  for (int i = 0; i < list.cnt; ++i)
    out.push_back({list.elems[i].topic, list.elems[i].partition});
  return out;
}

class kafka_consumer final : public consumer {
public:
  explicit kafka_consumer(consumer_options options) : options_(std::move(options)) {}

  ~kafka_consumer() override {
    if (!handle_)
      return;
    look_whether_let_in();
    rd_kafka_consumer_close(handle_.get()); // Gives partitions up first.
    if (was_let_in_ && !was_told_ && rd_kafka_version() < frees_without_assignment)
      abandon();
  }

  expected<void> open(const base::config& c) {
    config_ = c;
    properties own{{"group.id", options_.group},
                   {"enable.auto.commit", "false"},
                   {"enable.auto.offset.store", "false"},
                   {"auto.offset.reset", "earliest"},
                   {"isolation.level", "read_committed"},
                   {"partition.assignment.strategy", "cooperative-sticky"},
                   {"allow.auto.create.topics", "true"},
                   {"queued.max.messages.kbytes", "32768"},
                   // For so long a topic that is not there may be in the making.
                   {"topic.metadata.propagation.max.ms", "5000"},
                   {"enable.partition.eof", "false"}};
    auto conf = make_conf(c, own, &state_);
    if (!conf)
      return fail(std::move(conf.error()));
    rd_kafka_conf_set_rebalance_cb(conf->get(), &on_rebalance);
    rd_kafka_conf_set_opaque(conf->get(), &state_);
    auto made = make_handle(RD_KAFKA_CONSUMER, std::move(*conf));
    if (!made)
      return fail(std::move(made.error()));
    handle_ = std::move(*made);
    state_.owner = this;
    rd_kafka_poll_set_consumer(handle_.get());
    topics_ptr topics{rd_kafka_topic_partition_list_new(1)};
    for (const auto& topic : options_.topics)
      rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
    if (auto code = rd_kafka_subscribe(handle_.get(), topics.get());
        code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return fail(ec::bad_request, std::string{"kafka: "} + rd_kafka_err2str(code));
    return {};
  }

  std::vector<message>
  poll(size_t most, std::chrono::milliseconds wait, std::chrono::milliseconds gather) override {
    using clock = std::chrono::steady_clock;
    auto until = clock::now() + wait;
    std::vector<message> out;
    size_t bytes = 0;
    look_whether_let_in();
    while (out.size() < most && bytes < most_bytes) {
      auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - clock::now());
      message_ptr m{rd_kafka_consumer_poll(handle_.get(),
                                           static_cast<int>(std::max<int64_t>(0, left.count())))};
      if (!m) {
        if (left.count() <= 0)
          break;
        continue;
      }
      if (m->err) {
        note(*m);
        continue;
      }
      out.push_back(read(*m));
      bytes += size_of(out.back());
      // A lone one is handed on at once: somebody waits for what it asks for.
      if (out.size() == 1)
        until = clock::now();
      else if (out.size() == several)
        until = clock::now() + gather;
    }
    return out;
  }

  expected<void> commit(const std::vector<position>& done, bool is_last) override {
    topics_ptr list{rd_kafka_topic_partition_list_new(static_cast<int>(done.size()))};
    for (const auto& x : done)
      if (mine_.contains(x.where))
        rd_kafka_topic_partition_list_add(list.get(), x.where.topic.c_str(), x.where.number)
          ->offset = x.next;
    if (list->cnt == 0)
      return {};
    auto code =
      is_last ? commit_and_wait(list.get()) : rd_kafka_commit(handle_.get(), list.get(), 1);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return failure("commit", code);
    return {};
  }

  void pause(bool is_paused) override {
    if (std::exchange(is_paused_, is_paused) == is_paused)
      return;
    rd_kafka_topic_partition_list_t* all = nullptr;
    if (rd_kafka_assignment(handle_.get(), &all) != RD_KAFKA_RESP_ERR_NO_ERROR)
      return;
    topics_ptr list{all};
    if (is_paused)
      rd_kafka_pause_partitions(handle_.get(), list.get());
    else
      rd_kafka_resume_partitions(handle_.get(), list.get());
  }

  standing state() const override { return state_.get(); }

private:
  struct owned_state : link_state {
    kafka_consumer* owner = nullptr;
  };

  /// A member has an id, until its group does not know it any more. One that is refused never gets
  /// one, and may be destroyed like any other: it is replaced every few seconds.
  void look_whether_let_in() {
    if (was_let_in_ || was_told_)
      return;
    auto* id = rd_kafka_memberid(handle_.get());
    was_let_in_ = id && *id;
    rd_kafka_mem_free(handle_.get(), id);
  }

  /// It has left its group, and its idle threads end with the process. Nobody polls it: what it
  /// tells, such as statistics, goes into a queue that is not there and so is dropped.
  void abandon() {
    rd_kafka_set_log_level(handle_.get(), 0);
    queue_ptr nowhere{rd_kafka_queue_new(handle_.get())};
    queue_ptr told{rd_kafka_queue_get_main(handle_.get())};
    rd_kafka_queue_forward(told.get(), nowhere.get());
    handle_.release(); // NOLINT(bugprone-unused-return-value): a leak rather than an abort.
  }

  void note(const rd_kafka_message_t& m) {
    if (!is_refusal(m.err))
      return state_.failed(rd_kafka_message_errstr(&m));
    state_.refused(rd_kafka_message_errstr(&m));
    if (m.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
        m.err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
      ask_for_topics();
  }

  /// Brokers that make topics do so for those who want to write to them. Whoever joins next sees
  /// what came of it.
  void ask_for_topics() {
    link_state state;
    auto conf = make_conf(config_, {}, &state);
    if (!conf)
      return;
    auto writer = make_handle(RD_KAFKA_PRODUCER, std::move(*conf));
    if (!writer)
      return;
    for (const auto& topic : options_.topics) {
      std::unique_ptr<rd_kafka_topic_t, destroyer<rd_kafka_topic_destroy>> only{
        rd_kafka_topic_new(writer->get(), topic.c_str(), nullptr)};
      const struct rd_kafka_metadata* found = nullptr;
      rd_kafka_metadata(writer->get(), 0, only.get(), &found, patience_ms);
      if (found)
        rd_kafka_metadata_destroy(found);
    }
  }

  /// A broker that hangs must not hold up whoever is about to end.
  rd_kafka_resp_err_t commit_and_wait(const rd_kafka_topic_partition_list_t* list) {
    queue_ptr answers{rd_kafka_queue_new(handle_.get())};
    auto code = rd_kafka_commit_queue(handle_.get(), list, answers.get(), nullptr, nullptr);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return code;
    std::unique_ptr<rd_kafka_event_t, destroyer<rd_kafka_event_destroy>> answer{
      rd_kafka_queue_poll(answers.get(), patience_ms)};
    return answer ? rd_kafka_event_error(answer.get()) : RD_KAFKA_RESP_ERR__TIMED_OUT;
  }

  static void on_rebalance(rd_kafka_t*,
                           rd_kafka_resp_err_t code,
                           rd_kafka_topic_partition_list_t* list,
                           void* opaque) {
    auto* self = static_cast<owned_state*>(static_cast<link_state*>(opaque))->owner;
    if (self)
      self->rebalance(code, list);
  }

  /// Partitions come and go a few at a time; the others go on being read.
  void rebalance(rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list) {
    was_told_ = true;
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      log::debug("kafka-assigned", "{} partitions of {} come", list->cnt, options_.group);
      for (auto& id : ids_of(*list))
        mine_.insert(std::move(id));
      noted(rd_kafka_incremental_assign(handle_.get(), list));
      if (is_paused_)
        rd_kafka_pause_partitions(handle_.get(), list);
      return;
    }
    log::debug("kafka-revoked", "{} partitions of {} go", list->cnt, options_.group);
    auto lost = ids_of(*list);
    auto give_up = [&] {
      for (const auto& id : lost)
        mine_.erase(id);
    };
    // Others may have them already, and be further: nothing is to be said of them any more.
    if (rd_kafka_assignment_lost(handle_.get()))
      give_up();
    if (options_.before_loss && !lost.empty())
      options_.before_loss(lost);
    give_up();
    noted(rd_kafka_incremental_unassign(handle_.get(), list));
  }

  void noted(rd_kafka_error_t* what) {
    error_ptr why{what};
    if (!why)
      return;
    log::warn("kafka-rebalance-failed", "{}: {}", options_.group, rd_kafka_error_string(why.get()));
    rd_kafka_assign(handle_.get(), nullptr);
    mine_.clear();
  }

  base::config config_;
  consumer_options options_;
  owned_state state_;
  bool is_paused_ = false;
  bool was_let_in_ = false;     ///< Into its group.
  bool was_told_ = false;       ///< Of partitions, or that there are none for it.
  std::set<partition_id> mine_; ///< Partitions that it has.
  handle_ptr handle_;           ///< Ends before what its callbacks use.
};

} // namespace

expected<std::unique_ptr<consumer>> open_kafka_consumer(const base::config& c,
                                                        consumer_options options) {
  auto made = std::make_unique<kafka_consumer>(std::move(options));
  if (auto done = made->open(c); !done)
    return fail(std::move(done.error()));
  return made;
}

} // namespace aops::mq
