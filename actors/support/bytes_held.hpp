#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace aops::actors {

/// Bytes under way, counted while this lives: a bound of what waits on several threads. Any thread.
class bytes_held {
public:
  using sum = std::shared_ptr<std::atomic<int64_t>>;

  bytes_held(sum to, int64_t bytes) : sum_(std::move(to)), bytes_(bytes) {
    sum_->fetch_add(bytes_);
  }
  ~bytes_held() { sum_->fetch_sub(bytes_); }
  bytes_held(const bytes_held&) = delete;
  bytes_held& operator=(const bytes_held&) = delete;

  /// Null when there is no room for so many more; the first always has.
  static std::shared_ptr<bytes_held> take(const sum& to, int64_t bytes, int64_t most) {
    if (auto now = to->load(); now > 0 && now + bytes > most)
      return nullptr;
    return std::make_shared<bytes_held>(to, bytes);
  }

private:
  sum sum_;
  int64_t bytes_;
};

} // namespace aops::actors
