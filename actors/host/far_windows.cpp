#include "actors/host/far_windows.hpp"

#include "runtime/base/log.hpp"

#include <utility>

namespace aops::actors {

void far_windows::load(int64_t history_ms) {
  ++version_;
  next_ms_ = to_.readable_ms() - history_ms;
  is_loading_ = true;
  is_resting_ = false;
  read_on();
}

void far_windows::on_due() {
  if (std::exchange(is_resting_, false))
    read_on();
}

void far_windows::read_on() {
  auto until = to_.readable_ms();
  if (next_ms_ > until)
    return finish();
  auto order = order_for_windows(to_.checker, next_ms_, until);
  order.how = read_kind::background;
  to_.source.read_rounds(
    std::move(order),
    [this, version = version_](const history_portion& x) {
      if (version != version_)
        return false;
      to_.checker.load_history(x.rounds, check::reach::far);
      if (!x.rounds.empty())
        next_ms_ = x.rounds.back().time_ms + 1;
      patience_.succeeded();
      return true;
    },
    [this, until, version = version_](expected<void> how) {
      if (version != version_)
        return;
      if (how) {
        next_ms_ = until + 1;
        return read_on(); // Rounds have come meanwhile.
      }
      log::debug("history-not-read", "{}: {}", to_.checker.host_id(), to_string(how.error()));
      is_resting_ = true;
      to_.wake_after(patience_.failed());
    });
}

void far_windows::finish() {
  if (!std::exchange(is_loading_, false))
    return;
  to_.checker.load_history(to_.unreadable(), check::reach::far);
  auto items = to_.checker.waiting();
  to_.checker.history_loaded(check::reach::far);
  to_.loaded(std::move(items));
}

} // namespace aops::actors
