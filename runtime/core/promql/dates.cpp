#include "runtime/core/promql/dates.hpp"

#include <chrono>
#include <cmath>
#include <limits>

namespace aops::promql {

namespace {

namespace chrono = std::chrono;

/// Seconds that `chrono::year` reaches: it ends with 32767.
constexpr double least = -1e12, most = 9.7e11;

struct moment {
  chrono::sys_days day;
  chrono::year_month_day date;
  chrono::seconds of_day;
};

moment moment_of(double seconds) {
  chrono::sys_seconds time(chrono::seconds(static_cast<int64_t>(seconds)));
  auto day = chrono::floor<chrono::days>(time);
  return {day, chrono::year_month_day(day), time - day};
}

template <auto Part>
double of(double seconds) {
  if (!(seconds > least && seconds < most))
    return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(Part(moment_of(seconds)));
}

unsigned days_in_month(const moment& m) {
  return unsigned((m.date.year() / m.date.month() / chrono::last).day());
}

int64_t day_of_year(const moment& m) {
  return (m.day - chrono::sys_days(m.date.year() / chrono::January / 1)).count() + 1;
}

} // namespace

date_function_type date_function(std::string_view name) {
  if (name == "year")
    return of<[](const moment& m) { return int(m.date.year()); }>;
  if (name == "month")
    return of<[](const moment& m) { return unsigned(m.date.month()); }>;
  if (name == "day_of_month")
    return of<[](const moment& m) { return unsigned(m.date.day()); }>;
  if (name == "day_of_week")
    return of<[](const moment& m) { return chrono::weekday(m.day).c_encoding(); }>;
  if (name == "day_of_year")
    return of<day_of_year>;
  if (name == "days_in_month")
    return of<days_in_month>;
  if (name == "hour")
    return of<[](const moment& m) { return m.of_day.count() / 3600; }>;
  if (name == "minute")
    return of<[](const moment& m) { return m.of_day.count() / 60 % 60; }>;
  return nullptr;
}

} // namespace aops::promql
