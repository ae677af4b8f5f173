#include "runtime/core/task/cron.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace aops::task {

namespace {

/// What one of the five may say.
struct field {
  std::string_view name;
  int least, most;
  std::span<const std::string_view> names; ///< Of the numbers from `first` on.
  int first = 0;
};

constexpr std::string_view month_names[] = {
  "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::string_view weekday_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

constexpr field minute_field{"minute", 0, 59, {}}, hour_field{"hour", 0, 23, {}},
  day_field{"day of month", 1, 31, {}}, month_field{"month", 1, 12, month_names, 1},
  weekday_field{"day of week", 0, 7, weekday_names};

constexpr std::pair<std::string_view, std::string_view> shorthands[] = {{"@yearly", "0 0 1 1 *"},
                                                                        {"@annually", "0 0 1 1 *"},
                                                                        {"@monthly", "0 0 1 * *"},
                                                                        {"@weekly", "0 0 * * 0"},
                                                                        {"@daily", "0 0 * * *"},
                                                                        {"@midnight", "0 0 * * *"},
                                                                        {"@hourly", "0 * * * *"}};

tl::unexpected<error> wrong_field(const field& f, std::string_view text, std::string_view why) {
  return fail(ec::bad_request, fmt::format("expression: {}: `{}` {}", f.name, text, why));
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  auto end = text.data() + text.size();
  auto read = std::from_chars(text.data(), end, value);
  if (text.empty() || text.front() == '-' || read.ec != std::errc{} || read.ptr != end)
    return std::nullopt;
  return value;
}

expected<int> value_of(const field& f, std::string_view text) {
  auto word = lower(text);
  for (size_t i = 0; i < f.names.size(); ++i)
    if (word == f.names[i])
      return f.first + static_cast<int>(i);
  auto value = number(text);
  if (!value)
    return wrong_field(
      f, text, "is no number" + std::string{f.names.empty() ? "" : " and no name"});
  if (*value < f.least || *value > f.most)
    return wrong_field(f, text, fmt::format("must be from {} to {}", f.least, f.most));
  return *value;
}

/// One of a list: `*`, `5`, `1-5`, each with `/step`.
expected<void> read_part(const field& f, std::string_view part, std::bitset<64>& out) {
  auto slash = part.find('/');
  int step = 1;
  if (slash != part.npos) {
    auto given = number(part.substr(slash + 1));
    if (!given || *given < 1 || *given > f.most)
      return wrong_field(f, part, fmt::format("has no step from 1 to {}", f.most));
    step = *given;
  }
  auto range = part.substr(0, slash);
  auto dash = range.find('-');
  int from = f.least, to = f.most;
  if (range == "*") {
    // A week has seven days, whatever Sunday is called.
    to = &f == &weekday_field ? 6 : f.most;
  } else {
    auto first = value_of(f, range.substr(0, dash));
    if (!first)
      return fail(std::move(first.error()));
    from = *first;
    to = slash != part.npos && dash == range.npos ? f.most : from; // `5/10` is `5-59/10`.
    if (dash != range.npos) {
      auto last = value_of(f, range.substr(dash + 1));
      if (!last)
        return fail(std::move(last.error()));
      to = *last;
      if (to == 0 && from > 0 && &f == &weekday_field)
        to = 7; // `fri-sun`
      if (to < from)
        return wrong_field(f, range, "ends before it begins");
    }
  }
  for (int i = from; i <= to; i += step)
    out.set(static_cast<size_t>(i));
  return {};
}

/// The parts between the separators, empty ones among them.
std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> out;
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i)
    if (i == text.size() || separators.find(text[i]) != separators.npos) {
      out.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  return out;
}

expected<std::bitset<64>> read_field(const field& f, std::string_view text) {
  std::bitset<64> out;
  for (auto part : split(text, ",")) {
    if (part.empty())
      return wrong_field(f, text, "has nothing where a value is wanted");
    if (auto read = read_part(f, part, out); !read)
      return fail(std::move(read.error()));
  }
  return out;
}

std::vector<std::string_view> words_of(std::string_view text) {
  auto out = split(text, " \t");
  std::erase(out, std::string_view{});
  return out;
}

/// Whether every value there is was chosen.
bool is_all(const std::bitset<64>& chosen, int least, int most) {
  for (int i = least; i <= most; ++i)
    if (!chosen.test(static_cast<size_t>(i)))
      return false;
  return true;
}

/// In eight years every date there is comes, 29 February, too.
constexpr int farthest_days = 8 * 366 + 1;

} // namespace

expected<cron> cron::parse(std::string_view expression) {
  auto words = words_of(expression);
  if (words.size() == 1 && words[0].starts_with('@')) {
    auto name = lower(words[0]);
    for (const auto& [shorthand, meaning] : shorthands)
      if (name == shorthand)
        return parse(meaning);
    return fail(ec::bad_request,
                "expression: no such shorthand; there are @hourly, @daily, @weekly, @monthly, "
                "@yearly");
  }
  if (words.size() != 5)
    return fail(ec::bad_request,
                fmt::format("expression: has {} fields; minute, hour, day of month, month and day "
                            "of week are wanted",
                            words.size()));
  cron out;
  const field* fields[] = {&minute_field, &hour_field, &day_field, &month_field, &weekday_field};
  bits* values[] = {&out.minutes_, &out.hours_, &out.days_, &out.months_, &out.weekdays_};
  for (size_t i = 0; i < 5; ++i) {
    auto read = read_field(*fields[i], words[i]);
    if (!read)
      return fail(std::move(read.error()));
    *values[i] = *read;
  }
  if (out.weekdays_.test(7))
    out.weekdays_.set(0);
  out.all_hours_ = is_all(out.hours_, 0, 23);
  // As cron has it: a field that begins with a star restricts nothing by itself.
  out.all_days_ = words[2].starts_with('*');
  out.all_weekdays_ = words[4].starts_with('*');
  if (!out.can_happen())
    return fail(ec::bad_request, "expression: never happens: no such day in these months");
  return out;
}

bool cron::can_happen() const {
  if (!all_days_ && !all_weekdays_)
    return true; // Some day of the week comes in every month.
  for (int month = 1; month <= 12; ++month)
    if (months_.test(static_cast<size_t>(month)))
      for (int day = 1; day <= base::days_in_month(2000, month); ++day)
        if (days_.test(static_cast<size_t>(day)))
          return true;
  return false;
}

bool cron::is_day(const base::civil_time& day) const {
  if (!months_.test(static_cast<size_t>(day.month)))
    return false;
  bool by_date = days_.test(static_cast<size_t>(day.day));
  bool by_weekday = weekdays_.test(static_cast<size_t>((base::weekday_of(day) + 1) % 7));
  return all_days_ || all_weekdays_ ? by_date && by_weekday : by_date || by_weekday;
}

std::optional<int64_t> cron::first_of_day(const base::civil_time& day,
                                          int64_t after_ms,
                                          const base::time_zone& zone) const {
  using kind = base::civil_moments::kind;
  std::optional<int64_t> best;
  auto consider = [&](int64_t ms) {
    if (ms > after_ms && (!best || ms < *best))
      best = ms;
  };
  for (int hour = 0; hour < 24; ++hour) {
    if (!hours_.test(static_cast<size_t>(hour)))
      continue;
    for (int minute = 0; minute < 60; ++minute) {
      if (!minutes_.test(static_cast<size_t>(minute)))
        continue;
      auto at = zone.moments_of({day.year, day.month, day.day, hour, minute});
      if (at.how != kind::never || !all_hours_)
        consider(at.first_ms);
      if (at.how == kind::twice && all_hours_)
        consider(at.second_ms);
    }
  }
  return best;
}

std::optional<int64_t> cron::next_after(int64_t ms, const base::time_zone& zone) const {
  auto today = zone.civil_of(ms);
  today.hour = today.minute = 0;
  // From the day before: where clocks are put back over midnight, its last hour comes again.
  for (int i = -1; i <= farthest_days; ++i) {
    auto day = base::days_after(today, i);
    if (!is_day(day))
      continue;
    auto found = first_of_day(day, ms, zone);
    if (!found)
      continue;
    // Over midnight the next day may begin before this one has ended.
    auto next = base::days_after(today, i + 1);
    if (is_day(next))
      if (auto other = first_of_day(next, ms, zone); other && *other < *found)
        return other;
    return found;
  }
  return std::nullopt;
}

std::vector<int64_t>
cron::next_times(int64_t after_ms, const base::time_zone& zone, size_t n) const {
  std::vector<int64_t> out;
  while (out.size() < n) {
    auto next = next_after(after_ms, zone);
    if (!next)
      break;
    out.push_back(after_ms = *next);
  }
  return out;
}

} // namespace aops::task
