#include "runtime/base/time_zone.hpp"

#include <algorithm>
#include <cctz/civil_time.h>
#include <cctz/time_zone.h>
#include <chrono>

namespace aops::base {

namespace {

using point = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

int64_t ms_of(const cctz::time_point<cctz::seconds>& x) {
  return x.time_since_epoch().count() * 1000;
}

cctz::civil_minute written(const civil_time& t) {
  return cctz::civil_minute(t.year, t.month, t.day, t.hour, t.minute);
}

civil_time read(const cctz::civil_minute& x) {
  return {x.year(), x.month(), x.day(), x.hour(), x.minute()};
}

/// Names only, no paths: the library would open any file.
bool is_zone_name(std::string_view name) {
  auto is_fair = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '+' || c == '/';
  };
  return !name.empty() && name.size() <= 64 && name.front() != '/' && name.back() != '/' &&
         name.find("//") == name.npos && std::all_of(name.begin(), name.end(), is_fair);
}

} // namespace

struct time_zone::inside {
  cctz::time_zone zone;
};

expected<time_zone> time_zone::find(std::string_view name) {
  auto it = std::make_shared<inside>();
  if (!is_zone_name(name) || !cctz::load_time_zone(std::string{name}, &it->zone))
    return fail(ec::bad_request,
                "no such time zone; an IANA name is wanted, such as Europe/Berlin");
  return time_zone{std::move(it)};
}

time_zone time_zone::utc() {
  auto it = std::make_shared<inside>();
  it->zone = cctz::utc_time_zone();
  return time_zone{std::move(it)};
}

civil_time time_zone::civil_of(int64_t ms) const {
  auto seconds = std::chrono::floor<cctz::seconds>(point{std::chrono::milliseconds{ms}});
  return read(cctz::civil_minute(cctz::convert(seconds, inside_->zone)));
}

civil_moments time_zone::moments_of(const civil_time& t) const {
  auto found = inside_->zone.lookup(cctz::civil_second(written(t)));
  using lookup = cctz::time_zone::civil_lookup;
  switch (found.kind) {
  case lookup::SKIPPED:
    return {civil_moments::kind::never, ms_of(found.trans), ms_of(found.trans)};
  case lookup::REPEATED:
    return {civil_moments::kind::twice, ms_of(found.pre), ms_of(found.post)};
  default:
    return {civil_moments::kind::once, ms_of(found.pre), ms_of(found.pre)};
  }
}

int weekday_of(const civil_time& t) {
  return static_cast<int>(cctz::get_weekday(cctz::civil_day(written(t))));
}

int days_in_month(int64_t year, int month) {
  return static_cast<int>(cctz::civil_day(cctz::civil_month(year, month) + 1) -
                          cctz::civil_day(cctz::civil_month(year, month)));
}

civil_time days_after(const civil_time& t, int days) {
  auto day = cctz::civil_day(written(t)) + days;
  return {day.year(), day.month(), day.day(), t.hour, t.minute};
}

} // namespace aops::base
