#include "runtime/core/check/log_judge.hpp"

#include "runtime/core/check/delivered_run.hpp"

#include <algorithm>
#include <functional>

namespace aops::check {

namespace {

template <class T>
void drop_older(std::vector<T>& all, int64_t time_ms, const std::function<void(const T&)>& gone) {
  std::erase_if(all, [&](const T& x) {
    if (x.time_ms >= time_ms)
      return false;
    gone(x);
    return true;
  });
}

} // namespace

log_judge::log_judge(rule_set::rule_ptr rule, int64_t period_ms)
    : rule_(std::move(rule)), period_ms_(period_ms),
      history_ms_(check::history_ms(*rule_, period_ms)), entries_(rule_->items.size()),
      points_(rule_->items.size()) {
  for (size_t i = 0; i < rule_->items.size(); ++i)
    if (rule_->items[i].is_needed && rule_->items[i].item.type != "log")
      numbers_.push_back(i);
}

bool log_judge::take(const logged_line& x) {
  bool is_any = false;
  for (size_t i = 0; i < rule_->items.size(); ++i) {
    const auto& item = rule_->items[i];
    if (item.item.type != "log" || !is_meant(item, x.labels))
      continue;
    auto& to = entries_[i];
    // Late ones find their place; most come in order.
    auto place = to.end();
    while (place != to.begin() && std::prev(place)->time_ms > x.time_ms)
      --place;
    to.insert(place, {x.time_ms, x.text});
    bytes_ += x.text.size() + sizeof(log_point);
    ++lines_;
    is_any = true;
    if (i == 0)
      last_line_ms_ = std::max(last_line_ms_, x.time_ms);
  }
  return is_any;
}

void log_judge::take(size_t i, point x) {
  auto& to = points_[i];
  if (to.empty() || to.back().time_ms < x.time_ms)
    return to.push_back(x);
  auto place = std::lower_bound(
    to.begin(), to.end(), x.time_ms, [](const point& p, int64_t t) { return p.time_ms < t; });
  if (place->time_ms != x.time_ms) // The past of those that are there already.
    to.insert(place, x);
}

bool log_judge::lacks_numbers() const {
  return std::any_of(
    numbers_.begin(), numbers_.end(), [&](size_t i) { return points_[i].empty(); });
}

std::vector<point_result> log_judge::judge(int64_t start_ms, int64_t end_ms, size_t* judged) const {
  run_request request;
  request.start_ms = start_ms;
  request.end_ms = end_ms;
  request.period_ms = period_ms_;
  run_data data;
  for (size_t i = 0; i < rule_->items.size(); ++i) {
    auto& x = data.items.emplace_back();
    x.entries = entries_[i];
    x.points = points_[i];
  }
  auto found = run_delivered(rule_, request, data);
  if (judged != nullptr)
    *judged = found.judged;
  return std::move(found.points);
}

void log_judge::forget_before(int64_t time_ms) {
  auto from = time_ms - history_ms_;
  for (auto& x : entries_)
    drop_older<log_point>(x, from, [this](const log_point& gone) {
      bytes_ -= gone.text.size() + sizeof(log_point);
      --lines_;
    });
  for (auto i : numbers_) // The latest before counts still.
    if (auto& x = points_[i]; x.size() > 1)
      drop_older<point>(x, std::min(from, x.back().time_ms), [](const point&) {});
}

bool log_judge::forget_beyond(size_t lines, size_t bytes) {
  if (lines_ <= lines && bytes_ <= bytes)
    return false;
  for (auto& x : entries_) {
    auto half = x.begin() + static_cast<ptrdiff_t>((x.size() + 1) / 2);
    for (auto it = x.begin(); it != half; ++it) {
      bytes_ -= it->text.size() + sizeof(log_point);
      --lines_;
    }
    x.erase(x.begin(), half);
  }
  return true;
}

// -- over a range

log_run::log_run(rule_set::rule_ptr rule, const run_request& request)
    : request_(request), judge_(std::move(rule), request.period_ms),
      judged_until_ms_(request.start_ms) {}

void log_run::take(const run_data& numbers) {
  for (auto i : judge_.numbers())
    if (i < numbers.items.size())
      for (const auto& x : numbers.items[i].points)
        judge_.take(i, x);
}

void log_run::judge_until(int64_t time_ms) {
  auto end = std::min(time_ms, request_.end_ms);
  if (end <= judged_until_ms_ || !judge_.rule()->program)
    return;
  size_t judged = 0;
  for (auto& x : judge_.judge(judged_until_ms_, end, &judged)) {
    auto& to = result_.points;
    if (to.size() >= most_points) {
      lack_ = "more is found than can be told";
      break;
    }
    if (to.size() >= most_reasons)
      x.reason.clear();
    to.push_back(std::move(x));
  }
  result_.judged += judged;
  judged_until_ms_ = end;
  judge_.forget_before(end);
  if (judge_.forget_beyond(most_lines, most_bytes))
    lack_ = "more lines than a rule may look back on";
}

run_result log_run::result() {
  if (!judge_.rule()->program) {
    result_.whole = result_value::internal_error;
    result_.reason = judge_.rule()->refusal;
    return std::move(result_);
  }
  judge_until(request_.end_ms);
  auto has_found = std::any_of(result_.points.begin(), result_.points.end(), [](const auto& x) {
    return x.value == result_value::abnormal;
  });
  auto policy = judge_.rule()->no_data;
  bool tells = policy == no_data_policy::tell || policy == no_data_policy::alert;
  if (!lack_.empty() && !has_found) {
    result_.whole = result_value::internal_error;
    result_.reason = lack_;
  } else if (result_.judged == 0 && !request_.quiet_logs && tells) {
    result_.whole = result_value::no_data;
    result_.reason = "no line in the range";
  }
  return std::move(result_);
}

} // namespace aops::check
