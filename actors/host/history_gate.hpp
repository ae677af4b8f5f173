#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>

namespace aops::actors {

/// How many hosts of a node read their history in the background at once: an import must flood
/// neither the store nor Prometheus. Who waits comes in by turns of the owners, and of their hosts:
/// one owner's rules do not keep another's hosts from theirs. Any thread.
class history_gate {
public:
  static constexpr size_t most_inside = 4;
  using ticket = uint64_t;

  /// Asks for a place.
  /// @param t Of the one who asks; not inside and not waiting.
  /// @param wake Called once, on any thread, when the turn has come; he is inside then.
  /// @return True when he is inside at once; then `wake` is not called.
  bool enter(ticket t, const std::string& owner, std::function<void()> wake);

  /// He has read, or wants to no more.
  void leave(ticket t);

  ticket new_ticket();
  size_t inside() const;
  size_t waiting() const;

private:
  struct waiter {
    ticket who = 0;
    std::function<void()> wake;
  };
  std::function<void()> let_in();

  mutable std::mutex mutex_;
  ticket last_ticket_ = 0;
  std::set<ticket> inside_;
  std::map<std::string, std::deque<waiter>> waiting_; ///< By owner; none is empty.
  std::string last_owner_;                            ///< Whose turn it was last.
};

} // namespace aops::actors
