#pragma once

#include "messages/error.hpp"
#include "runtime/base/time_zone.hpp"

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace aops::task {

/// When something happens again and again: minute, hour, day of month, month, day of week, as cron
/// has them. Each is `*`, a number, a range, a list of these, with a step (`*/15`, `8-18/2`);
/// months and days have names (`jan`, `mon`), Sunday is 0 and 7. When both days are restricted
/// either of them is enough. Also `@hourly`, `@daily` (`@midnight`), `@weekly`, `@monthly`,
/// `@yearly` (`@annually`).
///
/// Where clocks are put forward, times at given hours that do not exist are meant once, at the
/// moment when they were put forward. Where clocks are put back, times at given hours are meant the
/// first time; a schedule of every hour (`*` or `*/1`) goes on through both.
class cron {
public:
  /// ec::bad_request with `expression: ` and the name of the field that is wrong, or that it never
  /// happens (30 February).
  static expected<cron> parse(std::string_view expression);

  /// The first time after the moment, in milliseconds; nothing when there is none in the next
  /// eight years.
  std::optional<int64_t> next_after(int64_t ms, const base::time_zone& zone) const;

  /// The next so many.
  std::vector<int64_t> next_times(int64_t after_ms, const base::time_zone& zone, size_t n) const;

private:
  bool is_day(const base::civil_time& day) const;
  std::optional<int64_t>
  first_of_day(const base::civil_time& day, int64_t after_ms, const base::time_zone& zone) const;
  bool can_happen() const;

  using bits = std::bitset<64>;
  bits minutes_, hours_, days_, months_, weekdays_;
  bool all_hours_ = false, all_days_ = false, all_weekdays_ = false;
};

} // namespace aops::task
