#include "runtime/base/clock.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace aops::base {

namespace {

constexpr double far_ms = 60'000; ///< Beyond this a difference is no drift.
constexpr double gentle = 0.1, hard = 0.5;

class machine_time : public time_source {
public:
  int64_t steady_ms() const override { return since<std::chrono::steady_clock>(); }
  int64_t wall_ms() const override { return since<std::chrono::system_clock>(); }

private:
  template <class Clock>
  static int64_t since() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now().time_since_epoch())
      .count();
  }
};

} // namespace

const time_source& system_time() {
  static const machine_time source;
  return source;
}

int64_t turned_time::steady_ms() const {
  std::lock_guard lock{mutex_};
  return now_ms_;
}

int64_t turned_time::wall_ms() const {
  std::lock_guard lock{mutex_};
  return now_ms_ + wall_offset_ms_;
}

void turned_time::pass(int64_t ms) {
  std::lock_guard lock{mutex_};
  now_ms_ += ms;
}

void turned_time::set_wall(int64_t ms) {
  std::lock_guard lock{mutex_};
  wall_offset_ms_ = ms - now_ms_;
}

clock::clock(const time_source& source)
    : source_(source), steady_(source.steady_ms()), now_(static_cast<double>(source.wall_ms())) {}

int64_t clock::advance() const {
  auto steady = std::max(source_.steady_ms(), steady_);
  auto passed = static_cast<double>(steady - steady_);
  auto rate = behind_ < -far_ms ? hard : gentle;
  auto slewed = std::clamp(behind_, -passed * rate, passed * rate);
  steady_ = steady;
  now_ += passed + slewed;
  behind_ -= slewed;
  return static_cast<int64_t>(std::floor(now_));
}

int64_t clock::now_ms() const {
  std::lock_guard lock{mutex_};
  was_shown_ = true;
  return advance();
}

bool clock::start_at(int64_t reference_ms) {
  std::lock_guard lock{mutex_};
  if (was_shown_) {
    approach(reference_ms);
    return false;
  }
  advance();
  now_ = static_cast<double>(reference_ms);
  behind_ = 0;
  has_reference_ = true;
  return true;
}

int64_t clock::follow(int64_t reference_ms) {
  std::lock_guard lock{mutex_};
  return approach(reference_ms);
}

int64_t clock::approach(int64_t reference_ms) {
  auto ahead = reference_ms - advance();
  auto is_jump = (!has_reference_ && ahead > 0) || static_cast<double>(ahead) > far_ms;
  has_reference_ = true;
  if (is_jump)
    now_ = static_cast<double>(reference_ms);
  behind_ = is_jump ? 0 : static_cast<double>(ahead);
  return ahead;
}

int64_t clock::follow_wall() { return follow(source_.wall_ms()); }

} // namespace aops::base
