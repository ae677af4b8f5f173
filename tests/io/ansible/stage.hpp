#pragma once

#include "runtime/io/ansible/guard.hpp"
#include "runtime/io/ansible/process_tree.hpp"
#include "tests/io/ansible/plays.hpp"
#include "tests/support/process.hpp"

#include <boost/test/unit_test.hpp>

#include <condition_variable>
#include <mutex>
#include <optional>

namespace aops::tests {

using namespace std::chrono_literals;

template <class T>
std::string why(const expected<T>& x) {
  return x ? std::string{} : to_string(x.error());
}

/// A player of its own folder, and what one play tells.
class stage {
public:
  stage() : player_(ansible::make_player(options())) {}
  ~stage() {
    play_.reset();
    player_->stop(); // What ends still tells.
  }

  ansible::player_options options() const {
    ansible::player_options o;
    o.directory = folder_ / "runs";
    o.guard = ANSIBLE_TEST_NODE;
    return o;
  }

  ansible::player& player() { return *player_; }
  void replace(std::shared_ptr<ansible::player> x) { player_ = std::move(x); }
  std::string run_folder(const std::string& run) const { return folder_ / ("runs/" + run); }
  std::string marker(const std::string& run) const {
    return ansible::folder_marker(run_folder(run));
  }
  size_t processes(const std::string& run) const { return ansible::marked(marker(run)).size(); }
  const temp_folder& folder() const { return folder_; }

  ansible::play& start(ansible::play_order order) {
    auto started = player_->start(
      std::move(order),
      [this](std::vector<ansible::play_event> events) {
        std::lock_guard lock{mutex_};
        for (auto& event : events)
          events_.push_back(std::move(event));
        changed_.notify_all();
      },
      [this](ansible::play_result result) {
        std::lock_guard lock{mutex_};
        result_ = std::move(result);
        changed_.notify_all();
      });
    BOOST_REQUIRE_MESSAGE(started.has_value(), why(started));
    play_ = std::move(*started);
    return *play_;
  }

  /// Waits for an event that is so.
  template <class Is>
  ansible::play_event wait_for(Is is) {
    std::unique_lock lock{mutex_};
    auto found = [&] { return std::find_if(events_.begin(), events_.end(), is); };
    BOOST_REQUIRE(changed_.wait_for(lock, 60s, [&] { return found() != events_.end(); }));
    return *found();
  }
  ansible::play_event wait_for(ansible::event_kind kind) {
    return wait_for([kind](const auto& event) { return event.kind == kind; });
  }

  ansible::play_result end() {
    std::unique_lock lock{mutex_};
    BOOST_REQUIRE(changed_.wait_for(lock, 90s, [&] { return result_.has_value(); }));
    return *result_;
  }

  void let_go() { play_.reset(); }

  bool is_over() {
    std::lock_guard lock{mutex_};
    return result_.has_value();
  }

  std::vector<ansible::play_event> events() {
    std::lock_guard lock{mutex_};
    return events_;
  }

private:
  temp_folder folder_;
  std::shared_ptr<ansible::player> player_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<ansible::play_event> events_;
  std::optional<ansible::play_result> result_;
  std::unique_ptr<ansible::play> play_;
};

} // namespace aops::tests
