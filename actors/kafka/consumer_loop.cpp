#include "actors/kafka/consumer_loop.hpp"

#include "runtime/base/log.hpp"
#include "runtime/base/thread.hpp"

#include <algorithm>
#include <map>

namespace aops::actors {

namespace {

using namespace std::chrono_literals;

constexpr size_t most_flights = 3;
constexpr auto poll_for = 100ms;
constexpr auto full_for = 500ms;      ///< Then partitions are paused.
constexpr auto good_bye_for = 3000ms; ///< For what is under way, before it is left to others.
constexpr std::chrono::milliseconds refused_first_for = 2s;

std::vector<mq::position> positions_after(const std::vector<mq::message>& messages) {
  std::map<mq::partition_id, int64_t> next;
  for (const auto& m : messages) {
    auto& x = next[{m.topic, m.partition}];
    x = std::max(x, m.offset + 1);
  }
  std::vector<mq::position> out;
  for (const auto& [where, offset] : next)
    out.push_back({where, offset});
  return out;
}

} // namespace

consumer_loop::consumer_loop(std::shared_ptr<mq::message_queue> queue,
                             const base::config& config,
                             std::vector<std::string> topics,
                             std::string group,
                             sink hand_on,
                             std::chrono::milliseconds refused_for)
    : queue_(std::move(queue)), config_(config), hand_on_(std::move(hand_on)),
      refused_for_(refused_for) {
  options_.topics = std::move(topics);
  options_.group = std::move(group);
  options_.before_loss = [this](const std::vector<mq::partition_id>& lost) { before_loss(lost); };
}

consumer_loop::~consumer_loop() {
  must_end_ = true;
  changed_.notify_all();
  if (thread_.joinable())
    thread_.join();
  keep(nullptr); // It says good-bye to its partitions.
}

expected<void> consumer_loop::start() {
  auto made = queue_->consume(options_);
  if (!made)
    return fail(std::move(made.error()));
  keep(std::move(*made));
  auto thread = base::start_thread("queue-read", [this] { run(); });
  if (!thread)
    return fail(std::move(thread.error()));
  thread_ = std::move(*thread);
  return {};
}

void consumer_loop::done(uint64_t number) {
  std::lock_guard guard{mutex_};
  for (auto& x : flights_)
    if (x.number == number)
      x.is_done = true;
  changed_.notify_all();
}

mq::standing consumer_loop::state() const {
  std::lock_guard guard{mutex_};
  auto out = consumer_ ? consumer_->state() : mq::standing{};
  if (!out.is_connected && !refusal_.empty()) {
    out.is_refused = true;
    out.problem = refusal_;
  }
  return out;
}

/// The one before it ends after that: it may take a while.
void consumer_loop::keep(std::unique_ptr<mq::consumer> consumer) {
  {
    std::lock_guard guard{mutex_};
    consumer_.swap(consumer);
    joined_ = std::chrono::steady_clock::now();
  }
  consumer.reset();
}

void consumer_loop::run() {
  while (!must_end_) {
    bool must_pause = must_hold_ || is_full(full_for);
    if (must_end_)
      break;
    consumer_->pause(must_pause);
    settle(false);
    take_some();
    auto now = consumer_->state();
    auto patience = joins_ == 0 ? std::min(refused_first_for, refused_for_) : refused_for_;
    if (now.is_refused && std::chrono::steady_clock::now() - joined_ > patience)
      join_anew();
    else if (now.is_connected && joins_ > 0) {
      std::lock_guard guard{mutex_};
      refusal_.clear();
      joins_ = 0;
    }
  }
  wait_for_flights(good_bye_for);
  settle(true);
}

void consumer_loop::take_some() {
  auto found = consumer_->poll(
    static_cast<size_t>(config_.kafka.batch_max), poll_for, config_.kafka.batch_wait.chrono());
  if (found.empty())
    return;
  message_batch batch;
  batch.messages = std::make_shared<const std::vector<mq::message>>(std::move(found));
  {
    std::lock_guard guard{mutex_};
    batch.number = ++last_number_;
    flights_.push_back({batch.number, positions_after(*batch.messages), false});
  }
  hand_on_(std::move(batch));
}

/// A client is told once that it is refused, and never that it would not be any more.
void consumer_loop::join_anew() {
  auto why = consumer_->state().problem;
  auto made = queue_->consume(options_);
  {
    std::lock_guard guard{mutex_};
    refusal_ = made ? why : made.error().detail;
    joined_ = std::chrono::steady_clock::now();
    ++joins_;
  }
  if (!made)
    return;
  wait_for_flights(good_bye_for);
  settle(true);
  keep(std::move(*made));
}

/// Waits while as many batches are under way as may be. @returns Whether they still are.
bool consumer_loop::is_full(std::chrono::milliseconds patience) {
  std::unique_lock lock{mutex_};
  auto has_room = [this] {
    auto open =
      std::count_if(flights_.begin(), flights_.end(), [](const flight& x) { return !x.is_done; });
    return static_cast<size_t>(open) < most_flights || must_end_;
  };
  return !changed_.wait_for(lock, patience, has_room);
}

void consumer_loop::wait_for_flights(std::chrono::milliseconds patience) {
  std::unique_lock lock{mutex_};
  changed_.wait_for(lock, patience, [this] {
    return std::all_of(flights_.begin(), flights_.end(), [](const flight& x) { return x.is_done; });
  });
}

/// Commits up to the first batch that is not done.
void consumer_loop::settle(bool is_last) {
  std::map<mq::partition_id, int64_t> next;
  {
    std::lock_guard guard{mutex_};
    for (; !flights_.empty() && flights_.front().is_done; flights_.pop_front())
      for (const auto& x : flights_.front().positions)
        next[x.where] = std::max(next[x.where], x.next);
  }
  std::vector<mq::position> done;
  for (const auto& [where, offset] : next)
    done.push_back({where, offset});
  if (done.empty() || !consumer_) // None while it ends: these come again, and change nothing.
    return;
  if (auto told = consumer_->commit(done, is_last); !told)
    log::debug("queue-not-committed",
               "messages of {} come again, and change nothing: {}",
               options_.group,
               told.error().detail);
}

void consumer_loop::before_loss(const std::vector<mq::partition_id>& lost) {
  if (!must_end_) // Else it has waited already.
    wait_for_flights(good_bye_for);
  settle(true);
  std::lock_guard guard{mutex_};
  for (auto& x : flights_)
    std::erase_if(x.positions, [&](const mq::position& p) {
      return std::find(lost.begin(), lost.end(), p.where) != lost.end();
    });
}

} // namespace aops::actors
