#pragma once

#include "messages/error.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace aops::base {

/// A date and time as clocks on the wall show it.
struct civil_time {
  int64_t year = 1970;
  int month = 1, day = 1, hour = 0, minute = 0; ///< Out of range they are carried over.
};

/// When clocks show a civil time.
struct civil_moments {
  enum class kind : uint8_t {
    once,
    never, ///< Clocks went past it: `first_ms` is when they were put forward.
    twice, ///< Clocks were put back: `first_ms`, `second_ms`.
  };
  kind how = kind::once;
  int64_t first_ms = 0, second_ms = 0;
};

/// A time zone as the system knows it.
class time_zone {
public:
  /// By IANA name, such as `Europe/Berlin` or `UTC`; ec::bad_request when the system has none of
  /// it. Reads files the first time.
  static expected<time_zone> find(std::string_view name);

  static time_zone utc();

  civil_time civil_of(int64_t ms) const;
  civil_moments moments_of(const civil_time& t) const;

private:
  struct inside;
  explicit time_zone(std::shared_ptr<const inside> x) : inside_(std::move(x)) {}
  std::shared_ptr<const inside> inside_;
};

/// Monday 0 … Sunday 6.
int weekday_of(const civil_time& t);

/// Days of the month.
int days_in_month(int64_t year, int month);

/// The date so many days later, with the same time of day.
civil_time days_after(const civil_time& t, int days);

} // namespace aops::base
