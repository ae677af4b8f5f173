#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace aops::agent {

/// What a probe is to do next. Knows no clock and no process.
class probe_plan {
public:
  enum class step { nothing, check, start };

  /// @param is_auto Whether a check decides.
  probe_plan(bool is_auto, int64_t now_ms) : is_auto_(is_auto), due_ms_(now_ms) {}

  /// What is due now; what it names has to be begun.
  step next(int64_t now_ms);
  /// When to ask again; nothing while a process runs.
  std::optional<int64_t> due_ms() const;

  /// Its process came into being: a check, or the probe.
  void began(int64_t now_ms);
  /// The check ended. @param found What it counted.
  void checked(int64_t now_ms, int64_t found);
  /// The probe ended, or could not be begun: it is begun again after a while, each time longer
  /// unless it ran long.
  void ended(int64_t now_ms);

  uint64_t restarts() const { return restarts_; }

  static constexpr int64_t first_wait_ms = 1000, most_wait_ms = 60'000, check_every_ms = 60'000,
                           long_run_ms = 60'000, check_patience_ms = 10'000;

private:
  bool is_auto_, is_found_ = false, runs_ = false;
  int64_t due_ms_, wait_ms_ = first_wait_ms, began_ms_ = 0;
  uint64_t restarts_ = 0;
};

/// The first whole number of what a check printed; 0 when there is none.
int64_t counted_by_check(std::string_view text);

} // namespace aops::agent
