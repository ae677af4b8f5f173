#include "runtime/io/mq/memory_queue.hpp"

#include "runtime/base/clock.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>

namespace aops::mq {

namespace {

class memory_consumer;

struct partition {
  std::deque<message> kept;
  int64_t next = 0; ///< Offset of the next message that comes.
};

struct group {
  std::map<partition_id, int64_t> committed;
  std::map<partition_id, memory_consumer*> owners;
  std::vector<memory_consumer*> members;
};

/// What all handles of a queue share.
struct hub {
  std::mutex mutex;
  std::condition_variable changed;
  int32_t partitions = 1;
  size_t most = 0;
  size_t turn = 0; ///< Messages without a key go round.
  std::map<std::string, std::vector<partition>> topics;
  std::map<std::string, group> groups;
  std::map<std::string, std::pair<uint64_t, std::map<std::string, std::string>>>
    publishers; ///< By name: who has it, and the marks by topic.

  std::vector<partition>& topic(const std::string& name) {
    auto& found = topics[name];
    if (found.empty())
      found.resize(static_cast<size_t>(partitions));
    return found;
  }

  void append(const outgoing& x) {
    auto& all = topic(x.topic);
    auto number = std::hash<std::string>{}(x.key.value_or(std::to_string(turn++))) % all.size();
    auto& to = all[number];
    to.kept.push_back({x.topic,
                       static_cast<int32_t>(number),
                       to.next++,
                       base::system_time().wall_ms(),
                       x.key,
                       x.value,
                       x.headers});
    if (to.kept.size() > most)
      to.kept.pop_front();
  }
};
using hub_ptr = std::shared_ptr<hub>;

class memory_consumer final : public consumer {
public:
  memory_consumer(hub_ptr hub, consumer_options options)
      : hub_(std::move(hub)), options_(std::move(options)) {
    std::lock_guard guard{hub_->mutex};
    mine().members.push_back(this);
    hub_->changed.notify_all();
  }

  ~memory_consumer() override {
    give_up_all();
    std::lock_guard guard{hub_->mutex};
    std::erase(mine().members, this);
    hub_->changed.notify_all();
  }

  std::vector<message>
  poll(size_t most, std::chrono::milliseconds wait, std::chrono::milliseconds gather) override {
    auto until = std::chrono::steady_clock::now() + wait;
    std::vector<message> out;
    for (bool is_gathering = false;;) {
      rebalance();
      std::unique_lock lock{hub_->mutex};
      take(out, most);
      if (!out.empty() && !std::exchange(is_gathering, true))
        until = std::chrono::steady_clock::now() + gather;
      if (out.size() >= most || hub_->changed.wait_until(lock, until) == std::cv_status::timeout)
        return out;
    }
  }

  expected<void> commit(const std::vector<position>& done, bool) override {
    std::lock_guard guard{hub_->mutex};
    for (const auto& x : done)
      if (auto at = mine().owners.find(x.where); at != mine().owners.end() && at->second == this)
        mine().committed[x.where] = x.next;
    return {};
  }

  void pause(bool is_paused) override { is_paused_ = is_paused; }

  standing state() const override {
    std::lock_guard guard{hub_->mutex};
    standing out;
    out.is_connected = true;
    for (const auto& [where, owner] : mine().owners) {
      if (owner != this)
        continue;
      ++out.partitions;
      auto at = mine().committed.find(where);
      const auto& all = hub_->topics.at(where.topic)[static_cast<size_t>(where.number)];
      auto first = all.next - static_cast<int64_t>(all.kept.size()); // Those before are gone.
      out.lag += all.next - std::max(first, at == mine().committed.end() ? 0 : at->second);
    }
    return out;
  }

private:
  group& mine() const { return hub_->groups[options_.group]; }

  /// Whose the partitions are to be: dealt out in turn to the members.
  memory_consumer* wanted_owner(size_t place) const {
    return mine().members[place % mine().members.size()];
  }

  /// Gives away what others are to have, and takes what nobody has.
  void rebalance() {
    std::vector<partition_id> lost;
    {
      std::lock_guard guard{hub_->mutex};
      size_t place = 0;
      for (const auto& topic : options_.topics)
        for (int32_t i = 0; i < static_cast<int32_t>(hub_->topic(topic).size()); ++i) {
          partition_id id{topic, i};
          auto* wanted = wanted_owner(place++);
          auto& owner = mine().owners[id];
          if (owner == this && wanted != this)
            lost.push_back(id);
          if (!owner && wanted == this) {
            owner = this;
            at_[id] = mine().committed[id];
          }
        }
    }
    if (!lost.empty())
      give_up(lost);
  }

  void give_up(const std::vector<partition_id>& lost) {
    if (options_.before_loss)
      options_.before_loss(lost);
    std::lock_guard guard{hub_->mutex};
    for (const auto& id : lost) {
      mine().owners[id] = nullptr;
      at_.erase(id);
    }
    hub_->changed.notify_all();
  }

  void give_up_all() {
    std::vector<partition_id> all;
    for (const auto& [id, next] : at_)
      all.push_back(id);
    if (!all.empty())
      give_up(all);
  }

  void take(std::vector<message>& out, size_t most) {
    if (is_paused_)
      return;
    for (auto& [id, next] : at_) {
      const auto& from = hub_->topic(id.topic)[static_cast<size_t>(id.number)];
      auto first = from.next - static_cast<int64_t>(from.kept.size());
      for (next = std::max(next, first); next < from.next && out.size() < most; ++next)
        out.push_back(from.kept[static_cast<size_t>(next - first)]);
    }
  }

  hub_ptr hub_;
  consumer_options options_;
  bool is_paused_ = false;
  std::map<partition_id, int64_t> at_; ///< What it has, and the next offset.
};

class memory_publisher final : public publisher {
public:
  memory_publisher(hub_ptr hub, std::string name) : hub_(std::move(hub)), name_(std::move(name)) {}

  expected<std::vector<std::string>> begin(const std::vector<std::string>& topics) override {
    std::lock_guard guard{hub_->mutex};
    auto& [holder, marks] = hub_->publishers[name_];
    number_ = ++holder;
    std::vector<std::string> out;
    for (const auto& topic : topics)
      if (auto found = marks.find(topic); found != marks.end())
        out.push_back(found->second);
    return out;
  }

  expected<void> publish(const std::vector<outgoing>& all,
                         const std::string& mark,
                         std::vector<size_t>&) override {
    std::lock_guard guard{hub_->mutex};
    auto& [holder, marks] = hub_->publishers[name_];
    if (number_ == 0)
      return fail(ec::unreachable, name_ + " has not begun");
    if (holder != number_)
      return fail(ec::fenced, name_ + " is another's");
    for (const auto& x : all)
      hub_->append(x);
    if (!all.empty())
      marks[all.front().topic] = mark;
    hub_->changed.notify_all();
    return {};
  }

private:
  hub_ptr hub_;
  std::string name_;
  uint64_t number_ = 0;
};

class memory_queue final : public message_queue {
public:
  explicit memory_queue(hub_ptr hub) : hub_(std::move(hub)) {}

  expected<std::unique_ptr<consumer>> consume(consumer_options options) override {
    return std::make_unique<memory_consumer>(hub_, std::move(options));
  }

  expected<std::unique_ptr<publisher>> publish(std::string name) override {
    return std::make_unique<memory_publisher>(hub_, std::move(name));
  }

  expected<queue_facts> examine(const std::vector<std::string>& topics,
                                std::chrono::milliseconds) override {
    std::lock_guard guard{hub_->mutex};
    queue_facts out{1, {}};
    for (const auto& topic : topics)
      out.topics.push_back({topic, {}, static_cast<int64_t>(hub_->topic(topic).size())});
    return out;
  }

private:
  hub_ptr hub_;
};

} // namespace

std::shared_ptr<message_queue> make_memory_queue(int32_t partitions, size_t most) {
  auto shared = std::make_shared<hub>();
  shared->partitions = partitions;
  shared->most = most;
  return std::make_shared<memory_queue>(std::move(shared));
}

} // namespace aops::mq
