#include "runtime/io/mq/kafka_handle.hpp"

#include <algorithm>
#include <cstdlib>

namespace aops::mq {

namespace {

constexpr int commit_patience_ms = 5000;

/// What became of the messages of one publication.
struct deliveries {
  std::vector<size_t> refused;
  std::string problem;
};

bool is_never_taken(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || code == RD_KAFKA_RESP_ERR_INVALID_RECORD ||
         code == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE || code == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION;
}

/// Publishes in transactions. With each goes a mark, as what a consumer group of the publisher's
/// name has committed: in the same transaction, so that the mark tells whether it is there.
class kafka_publisher final : public publisher {
public:
  kafka_publisher(const base::config& c, std::string name) : config_(c), name_(std::move(name)) {}

  /// Finds wrong settings.
  expected<void> open() { return renew(); }

  expected<std::vector<std::string>> begin(const std::vector<std::string>& topics) override {
    if (auto done = renew(); !done)
      return fail(std::move(done.error()));
    if (error_ptr why{rd_kafka_init_transactions(handle_.get(), commit_patience_ms)})
      return told(failure("transactions", why.get()));
    auto found = marks(topics);
    has_begun_ = found.has_value();
    return found;
  }

  expected<void> publish(const std::vector<outgoing>& all,
                         const std::string& mark,
                         std::vector<size_t>& refused) override {
    refused.clear();
    if (all.empty())
      return {};
    if (!has_begun_)
      return fail(ec::unreachable, "publication: it has not begun");
    auto done = publish_all(all, mark);
    rd_kafka_poll(handle_.get(), 0);
    if (done) {
      if (std::exchange(is_one_by_one_, false))
        (void)begin({}); // That handle sends each alone. Should this fail, the next one says so.
      return done;
    }
    has_begun_ = false; // The outcome is open: only `begin` tells.
    if (rd_kafka_fatal_error(handle_.get(), nullptr, 0) == RD_KAFKA_RESP_ERR_NO_ERROR)
      error_ptr{rd_kafka_abort_transaction(handle_.get(), commit_patience_ms)};
    if (outcome_.refused.empty())
      return done;
    // A broker refuses what it gets together: the next time each goes alone.
    if (!std::exchange(is_one_by_one_, true))
      return fail(ec::unreachable, "publication: " + outcome_.problem + "; each is tried alone");
    refused = std::move(outcome_.refused);
    return fail(ec::bad_request, outcome_.problem);
  }

private:
  static void on_delivery(rd_kafka_t* handle, const rd_kafka_message_t* m, void*) {
    auto* self =
      static_cast<owned_state*>(static_cast<link_state*>(rd_kafka_opaque(handle)))->owner;
    if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR)
      return;
    if (is_never_taken(m->err))
      self->outcome_.refused.push_back(reinterpret_cast<size_t>(m->_private));
    if (self->outcome_.problem.empty() || is_never_taken(m->err))
      self->outcome_.problem = rd_kafka_err2str(m->err);
  }

  /// After a fatal error, and after one that left the outcome open, only a new handle helps.
  expected<void> renew() {
    has_begun_ = false;
    handle_.reset();
    properties own{{"transactional.id", name_},
                   {"enable.idempotence", "true"},
                   {"transaction.timeout.ms", "30000"},
                   {"message.timeout.ms", "20000"},
                   {"linger.ms", "2"},
                   {"queue.buffering.max.messages", "200000"}};
    if (is_one_by_one_)
      own.emplace_back("batch.num.messages", "1");
    auto conf = make_conf(config_, own, &state_);
    if (!conf)
      return fail(std::move(conf.error()));
    state_.owner = this;
    rd_kafka_conf_set_dr_msg_cb(conf->get(), &on_delivery);
    auto made = make_handle(RD_KAFKA_PRODUCER, std::move(*conf));
    if (!made)
      return fail(std::move(made.error()));
    handle_ = std::move(*made);
    return {};
  }

  /// The mark that each of these topics has got last.
  expected<std::vector<std::string>> marks(const std::vector<std::string>& topics) {
    std::vector<std::string> out;
    if (topics.empty())
      return out;
    link_state reader_state;
    auto conf = make_conf(
      config_, {{"group.id", name_}, {"isolation.level", "read_committed"}}, &reader_state);
    if (!conf)
      return fail(std::move(conf.error()));
    auto reader = make_handle(RD_KAFKA_CONSUMER, std::move(*conf));
    if (!reader)
      return fail(std::move(reader.error()));
    topics_ptr list{rd_kafka_topic_partition_list_new(static_cast<int>(topics.size()))};
    for (const auto& topic : topics)
      rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), 0);
    if (auto code = rd_kafka_committed(reader->get(), list.get(), commit_patience_ms);
        code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return failure("marks", code);
    for (int i = 0; i < list->cnt; ++i) {
      const auto& x = list->elems[i];
      // A topic that is not there has no mark.
      if (x.err != RD_KAFKA_RESP_ERR_NO_ERROR && x.err != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        return failure("marks", x.err);
      if (x.metadata && x.metadata_size > 0)
        out.emplace_back(static_cast<const char*>(x.metadata), x.metadata_size);
    }
    return out;
  }

  expected<void> publish_all(const std::vector<outgoing>& all, const std::string& mark) {
    outcome_ = {};
    if (error_ptr why{rd_kafka_begin_transaction(handle_.get())})
      return told(failure("transaction", why.get()));
    for (size_t i = 0; i < all.size(); ++i)
      if (auto sent = send(all[i], i); !sent)
        return sent;
    // Alone, each takes a request of its own; transactions end after half a minute.
    auto patience = is_one_by_one_ ? 4 * commit_patience_ms : commit_patience_ms;
    if (auto code = rd_kafka_flush(handle_.get(), patience); code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return failure("publication", code);
    if (!outcome_.problem.empty())
      return fail(ec::unreachable, "publication: " + outcome_.problem);
    if (auto marked = leave_mark(all.front().topic, mark); !marked)
      return marked;
    if (error_ptr why{rd_kafka_commit_transaction(handle_.get(), commit_patience_ms)})
      return told(failure("transaction", why.get()));
    return {};
  }

  expected<void> send(const outgoing& x, size_t place) {
    auto* headers = rd_kafka_headers_new(x.headers.size());
    for (const auto& h : x.headers)
      rd_kafka_header_add(headers,
                          h.name.data(),
                          static_cast<ssize_t>(h.name.size()),
                          h.value.data(),
                          static_cast<ssize_t>(h.value.size()));
    auto bytes = [](const std::optional<std::string>& text) {
      return text ? std::pair{const_cast<char*>(text->data()), text->size()}
                  : std::pair{static_cast<char*>(nullptr), size_t{0}};
    };
    auto [key, key_size] = bytes(x.key);
    auto [value, value_size] = bytes(x.value);
    for (;;) {
      auto code = rd_kafka_producev(handle_.get(),
                                    RD_KAFKA_V_TOPIC(x.topic.c_str()),
                                    RD_KAFKA_V_KEY(key, key_size),
                                    RD_KAFKA_V_VALUE(value, value_size),
                                    RD_KAFKA_V_HEADERS(headers),
                                    RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                    RD_KAFKA_V_OPAQUE(reinterpret_cast<void*>(place)),
                                    RD_KAFKA_V_END);
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return {};
      if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        rd_kafka_poll(handle_.get(), 100);
        continue;
      }
      rd_kafka_headers_destroy(headers); // Still ours.
      if (is_never_taken(code)) {
        outcome_.refused.push_back(place);
        outcome_.problem = rd_kafka_err2str(code);
      }
      return failure("publication", code);
    }
  }

  expected<void> leave_mark(const std::string& topic, const std::string& mark) {
    topics_ptr list{rd_kafka_topic_partition_list_new(1)};
    auto* place = rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), 0);
    place->offset = 0;
    place->metadata = copy_of(mark);
    place->metadata_size = mark.size();
    auto* group = rd_kafka_consumer_group_metadata_new(name_.c_str());
    error_ptr why{
      rd_kafka_send_offsets_to_transaction(handle_.get(), list.get(), group, commit_patience_ms)};
    rd_kafka_consumer_group_metadata_destroy(group);
    return why ? told(failure("mark", why.get())) : expected<void>{};
  }

  /// The list frees it by `free`.
  static void* copy_of(const std::string& text) {
    auto* out = std::malloc(text.size() + 1);
    std::copy_n(text.c_str(), text.size() + 1, static_cast<char*>(out));
    return out;
  }

  /// A plain error says little where connections fail: what librdkafka told says why.
  tl::unexpected<error> told(tl::unexpected<error> why) const {
    rd_kafka_poll(handle_.get(), 0);
    auto more = state_.get().problem;
    if (!more.empty() && why.value() == ec::unreachable)
      why.value().detail += " (" + more + ")";
    return why;
  }

  struct owned_state : link_state {
    kafka_publisher* owner = nullptr;
  };

  base::config config_;
  std::string name_;
  owned_state state_;
  deliveries outcome_;
  bool has_begun_ = false;     ///< There is a handle that has the name.
  bool is_one_by_one_ = false; ///< The next handle sends each message alone.
  handle_ptr handle_;          ///< Ends before what its callbacks use.
};

} // namespace

expected<std::unique_ptr<publisher>> open_kafka_publisher(const base::config& c, std::string name) {
  auto made = std::make_unique<kafka_publisher>(c, std::move(name));
  if (auto done = made->open(); !done)
    return fail(std::move(done.error()));
  return made;
}

} // namespace aops::mq
