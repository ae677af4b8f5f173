#include "runtime/core/notify/silence.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::notify {

namespace {

/// How many times of one that comes again are joined, where they overlap.
constexpr size_t most_joined = 16;

/// What a program's memory bounds for each expression.
constexpr size_t most_pattern = 256;

bool is_label_letter(char c, bool is_first) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         (!is_first && c >= '0' && c <= '9');
}

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && text.front() == ' ')
    text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ')
    text.remove_suffix(1);
  return text;
}

/// The value of a matcher, out of its quotes where it stands in some.
expected<std::string> unquoted(std::string_view text) {
  if (!text.starts_with('"'))
    return std::string{text};
  std::string out;
  size_t i = 1;
  for (; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\'))
      ++i;
    out += text[i];
  }
  if (i + 1 != text.size())
    return fail(ec::bad_request, "the quotes do not end with the value");
  return out;
}

} // namespace

expected<promql::matcher> parse_label_matcher(std::string_view text) {
  using promql::match_kind;
  text = without_blanks(text);
  size_t at = 0;
  while (at < text.size() && is_label_letter(text[at], at == 0))
    ++at;
  auto name = std::string{text.substr(0, at)};
  text = without_blanks(text.substr(at));
  std::optional<match_kind> kind;
  for (auto [sign, what] : {std::pair{std::string_view{"=~"}, match_kind::regex},
                            {std::string_view{"!~"}, match_kind::not_regex},
                            {std::string_view{"!="}, match_kind::not_equal},
                            {std::string_view{"="}, match_kind::equal}})
    if (!kind && text.starts_with(sign)) {
      kind = what;
      text.remove_prefix(sign.size());
    }
  if (name.empty() || !kind)
    return fail(ec::bad_request, "must be NAME=VALUE, NAME!=VALUE, NAME=~REGEX or NAME!~REGEX");
  auto value = unquoted(without_blanks(text));
  if (!value)
    return fail(std::move(value.error()));
  bool is_pattern = *kind == match_kind::regex || *kind == match_kind::not_regex;
  if (is_pattern && value->size() > most_pattern)
    return fail(ec::bad_request,
                fmt::format("a regular expression has at most {} bytes", most_pattern));
  return promql::matcher::make(*kind, std::move(name), std::move(*value));
}

expected<silence> silence::of(const silence_terms& x, int64_t start_ms, int64_t end_ms) {
  silence out;
  out.hosts_.insert(x.hosts.begin(), x.hosts.end());
  out.groups_.insert(x.groups.begin(), x.groups.end());
  out.start_ms_ = start_ms;
  out.end_ms_ = end_ms;
  for (size_t i = 0; i < x.matchers.size(); ++i) {
    auto one = parse_label_matcher(x.matchers[i]);
    if (!one)
      return fail(ec::bad_request, fmt::format("matchers[{}]: {}", i, one.error().detail));
    out.matchers_.push_back(std::move(*one));
  }
  if (x.expression.empty())
    return out;
  auto when = task::cron::parse(x.expression);
  if (!when)
    return fail(std::move(when.error()));
  auto zone = base::time_zone::find(x.time_zone.empty() ? "UTC" : x.time_zone);
  if (!zone)
    return fail(zone.error().code, "time_zone: " + zone.error().detail);
  if (x.duration_s < 1 || x.duration_s > most_window_s)
    return fail(ec::bad_request,
                fmt::format("duration_s: of what comes again must be from 1 to {}", most_window_s));
  out.again_ = recurrence{std::move(*when), std::move(*zone), x.duration_s * 1000};
  return out;
}

std::optional<silence::stretch> silence::at(int64_t ms) const {
  if (ms < start_ms_ || ms >= end_ms_)
    return {};
  if (!again_)
    return stretch{start_ms_, end_ms_};
  // What begins before it holds is none of its times.
  auto begin =
    again_->when.next_after(std::max(ms - again_->lasts_ms, start_ms_ - 1), again_->zone);
  if (!begin || *begin > ms)
    return {};
  stretch out{*begin, *begin + again_->lasts_ms};
  auto next = *begin;
  for (size_t i = 0; i < most_joined; ++i) {
    auto found = again_->when.next_after(next, again_->zone);
    if (!found || *found > out.until_ms)
      break;
    next = *found;
    out.until_ms = next + again_->lasts_ms;
  }
  out.until_ms = std::min(out.until_ms, end_ms_);
  return out;
}

std::vector<int64_t> silence::next_begins(int64_t after_ms, size_t most) const {
  std::vector<int64_t> out;
  if (!again_) {
    if (start_ms_ > after_ms && start_ms_ < end_ms_ && most > 0)
      out.push_back(start_ms_);
    return out;
  }
  for (auto ms : again_->when.next_times(std::max(after_ms, start_ms_ - 1), again_->zone, most))
    if (ms < end_ms_)
      out.push_back(ms);
  return out;
}

bool silence::covers(const silence_subject& x) const {
  bool is_for_all = hosts_.empty() && groups_.empty();
  if (!is_for_all && !hosts_.contains(x.host_id) && !groups_.contains(x.group))
    return false;
  return std::all_of(matchers_.begin(), matchers_.end(), [&](const promql::matcher& m) {
    auto label = x.labels.find(m.name());
    return m.matches(label == x.labels.end() ? std::string_view{} : label->second);
  });
}

bool is_surely_untold(const hushed_notice& x, const silence::stretch& silent) {
  return x.times == 0 && x.attempts == 0 && (x.was_held || x.known_ms >= silent.from_ms);
}

hush hush_of(const hushed_notice& x, const std::optional<silence::stretch>& silent) {
  if (!silent)
    return hush::none;
  bool is_untold = is_surely_untold(x, *silent);
  if (x.is_over)
    return x.times > 0 ? hush::none : is_untold ? hush::forget : hush::end;
  // Whoever may know of it must not take silence for the end.
  return x.must_refresh && !is_untold ? hush::none : hush::hold;
}

} // namespace aops::notify
