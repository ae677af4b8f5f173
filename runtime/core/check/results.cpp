#include "runtime/core/check/results.hpp"

#include "runtime/base/fitting.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <tuple>

namespace aops::check {

namespace {

constexpr std::array<std::string_view, 3> texts = {"Abnormal", "No data", "Internal error"};

/// Appends a run in pieces that are not too long. On a grid each piece ends and starts on it.
void append_split(std::vector<interval>& out, interval run, int64_t period_ms) {
  int64_t step = longest_interval_ms;
  if (period_ms > 0 && period_ms <= longest_interval_ms)
    step -= longest_interval_ms % period_ms;
  while (run.end_ms - run.start_ms > longest_interval_ms) {
    int64_t end = run.start_ms + step;
    out.push_back({run.start_ms, end, run.value, run.reason});
    run.start_ms = std::min(end + period_ms, run.end_ms);
  }
  out.push_back(std::move(run));
}

/// The part of a row left of `from_ms`, up to its last point there. Rows are taken to have a point
/// each period.
void append_left_rest(std::vector<interval>& out, const interval& row, int64_t from, int64_t p) {
  if (row.start_ms < from)
    out.push_back(
      {row.start_ms, row.start_ms + (from - 1 - row.start_ms) / p * p, row.value, row.reason});
}

void append_right_rest(std::vector<interval>& out, const interval& row, int64_t until, int64_t p) {
  if (row.end_ms > until)
    out.push_back(
      {row.end_ms - (row.end_ms - until - 1) / p * p, row.end_ms, row.value, row.reason});
}

bool overlap(const interval& row, int64_t from, int64_t until) {
  return row.end_ms >= from && row.start_ms <= until;
}

bool within(const interval& row, const time_range& range) {
  return row.start_ms >= range.from_ms && row.end_ms <= range.until_ms;
}

/// One `rewrite` at work.
class rewriting {
public:
  rewriting(const rule_change& judged, int64_t period_ms)
      : judged_(judged), period_ms_(period_ms), from_(judged.replace_from_ms),
        until_(judged.replace_until_ms) {}

  std::vector<rule_change> changes(std::span<const stored_row> existing) {
    auto needed = rows_needed(judged_, period_ms_);
    std::vector<interval> before, parts = judged_.rows;
    for (const auto& [row, digest] : existing) {
      if (!overlap(row, needed.from_ms, needed.until_ms))
        continue;
      if (!digest.empty() && digest != judged_.rule_digest) {
        cut_foreign(row, digest);
      } else {
        before.push_back(row);
        cut(parts, row);
      }
    }
    std::sort(before.begin(), before.end());
    replace(before, merged(std::move(parts), period_ms_));
    return std::move(changes_);
  }

private:
  /// What the judged range leaves of a row.
  void cut(std::vector<interval>& out, const interval& row) const {
    if (!overlap(row, from_, until_)) {
      out.push_back(row);
      return;
    }
    append_left_rest(out, row, from_, period_ms_);
    append_right_rest(out, row, until_, period_ms_);
  }

  void cut_foreign(const interval& row, const std::string& digest) {
    if (!overlap(row, from_, until_))
      return;
    if (within(row, {from_, until_})) {
      spread(row);
      return;
    }
    rule_change shortened{judged_.check_item, digest, row.start_ms, row.end_ms, {}, judged_.labels};
    cut(shortened.rows, row);
    changes_.push_back(std::move(shortened));
  }

  /// The replaced range must hold this row.
  void spread(const interval& row) {
    hull_ = hull_ ? time_range{std::min(hull_->from_ms, row.start_ms),
                               std::max(hull_->until_ms, row.end_ms)}
                  : time_range{row.start_ms, row.end_ms};
  }

  void replace(const std::vector<interval>& before, const std::vector<interval>& after) {
    std::vector<interval> different;
    std::set_symmetric_difference(
      before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(different));
    for (const auto& row : different)
      spread(row);
    // Shortening a foreign row deletes what lies in it: all that must be put in again.
    std::vector<time_range> deleted;
    for (const auto& c : changes_) {
      deleted.push_back({c.replace_from_ms, c.replace_until_ms});
      spread({from_, until_, {}});
    }
    if (!hull_)
      return;
    deleted.push_back(*hull_);
    rule_change change{
      judged_.check_item, judged_.rule_digest, hull_->from_ms, hull_->until_ms, {}, judged_.labels};
    for (const auto& row : after)
      if (std::any_of(deleted.begin(), deleted.end(), [&](auto& r) { return within(row, r); }))
        change.rows.push_back(row);
    changes_.push_back(std::move(change));
  }

  const rule_change& judged_;
  int64_t period_ms_, from_, until_;
  std::optional<time_range> hull_;
  std::vector<rule_change> changes_;
};

} // namespace

std::string_view to_string(result_value v) { return texts[static_cast<size_t>(v)]; }

bool from_text(std::string_view text, result_value& v) {
  auto found = std::find(texts.begin(), texts.end(), text);
  if (found == texts.end())
    return false;
  v = static_cast<result_value>(found - texts.begin());
  return true;
}

std::string short_reason(std::string text) {
  text.resize(base::fitting(text, longest_reason).size());
  return text;
}

std::vector<interval> merged(std::vector<interval> parts, int64_t period_ms) {
  // Stable: of parts that begin together the first gives the reason.
  std::stable_sort(parts.begin(), parts.end(), [](const interval& a, const interval& b) {
    return std::tie(a.value, a.start_ms) < std::tie(b.value, b.start_ms);
  });
  std::vector<interval> result;
  for (auto next = parts.begin(); next != parts.end();) {
    interval run = std::move(*next++);
    while (next != parts.end() && next->value == run.value &&
           next->start_ms - run.end_ms <= join_distance_ms(period_ms)) {
      run.end_ms = std::max(run.end_ms, next->end_ms);
      ++next;
    }
    append_split(result, std::move(run), period_ms);
  }
  std::sort(result.begin(), result.end());
  return result;
}

time_range rows_needed(const rule_change& judged, int64_t period_ms) {
  time_range needed{judged.replace_from_ms, judged.replace_until_ms};
  for (const auto& row : judged.rows) { // The row over a whole range ends just after it.
    needed.from_ms = std::min(needed.from_ms, row.start_ms);
    needed.until_ms = std::max(needed.until_ms, row.end_ms);
  }
  return {needed.from_ms - join_distance_ms(period_ms),
          needed.until_ms + join_distance_ms(period_ms)};
}

std::vector<rule_change>
rewrite(std::span<const stored_row> existing, const rule_change& judged, int64_t period_ms) {
  return rewriting(judged, period_ms).changes(existing);
}

result_change to_message(const rule_change& change) {
  result_change message;
  message.check_item = change.check_item;
  message.rule_digest = change.rule_digest;
  message.replace_from_ms = change.replace_from_ms;
  message.replace_until_ms = change.replace_until_ms;
  for (const auto& row : change.rows)
    message.rows.push_back(
      {row.start_ms, row.end_ms, std::string(to_string(row.value)), short_reason(row.reason)});
  message.labels = change.labels;
  return message;
}

std::optional<interval> interval_of(const result_interval& row) {
  interval result{row.start_ms, row.end_ms, result_value::abnormal, row.reason};
  if (!from_text(row.value, result.value))
    return {};
  return result;
}

} // namespace aops::check
