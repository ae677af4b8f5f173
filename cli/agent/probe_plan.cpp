#include "cli/agent/probe_plan.hpp"

#include <algorithm>
#include <charconv>

namespace aops::agent {

probe_plan::step probe_plan::next(int64_t now_ms) {
  if (runs_ || now_ms < due_ms_)
    return step::nothing;
  return is_auto_ && !is_found_ ? step::check : step::start;
}

std::optional<int64_t> probe_plan::due_ms() const {
  return runs_ ? std::nullopt : std::optional{due_ms_};
}

void probe_plan::began(int64_t now_ms) {
  runs_ = true;
  began_ms_ = now_ms;
}

void probe_plan::checked(int64_t now_ms, int64_t found) {
  runs_ = false;
  is_found_ = found > 0;
  due_ms_ = is_found_ ? now_ms : now_ms + check_every_ms;
}

void probe_plan::ended(int64_t now_ms) {
  if (runs_ && now_ms - began_ms_ >= long_run_ms)
    wait_ms_ = first_wait_ms;
  runs_ = false;
  is_found_ = false; // What it probed may have ended, too.
  ++restarts_;
  due_ms_ = now_ms + wait_ms_;
  wait_ms_ = std::min(wait_ms_ * 2, most_wait_ms);
}

int64_t counted_by_check(std::string_view text) {
  auto first = text.find_first_of("0123456789");
  if (first == text.npos)
    return 0;
  int64_t count = 0;
  auto [end, problem] = std::from_chars(text.data() + first, text.data() + text.size(), count);
  return problem == std::errc{} ? count : 0;
}

} // namespace aops::agent
