#include "runtime/core/check/rule_judge.hpp"

#include "runtime/core/check/lack.hpp"

#include <algorithm>

namespace aops::check {

namespace {

const expr::series* no_points() {
  static const expr::series none;
  return &none;
}

/// Windows that hold more points together are remembered from round to round, which takes up to half
/// a kilobyte for each rule of a host; fewer are read anew. An hour at 15 s is 241.
constexpr int64_t most_points_read_anew = 512;

bool is_read_anew(const expr::program& p, int64_t period_ms) {
  int64_t points = 0;
  for (const auto& w : p.code().windows)
    if ((points += w.points > 0 ? w.points : w.age_ms / period_ms + 1) > most_points_read_anew)
      return false;
  return true;
}

bool has_point_at(const expr::series& w, int64_t t_ms) {
  return !w.empty() && w.time(w.end() - 1) == t_ms;
}

} // namespace

rule_judge::rule_judge(rule_set::rule_ptr rule, std::span<const expr::series* const> windows)
    : windows_(windows), rule_(std::move(rule)) {
  for (auto& w : windows_)
    if (w == nullptr)
      w = no_points();
}

rule_judge::extras& rule_judge::more() {
  if (!extras_)
    extras_ = std::make_unique<extras>();
  return *extras_;
}

bool rule_judge::only_own_series() const {
  const auto& items = rule_->rule.data_list;
  return rule_->items.size() == items.size() &&
         std::all_of(items.begin(), items.end(), is_own_series);
}

// -- joining

void rule_judge::join(size_t item, std::vector<const expr::series*> windows) {
  auto& all = more().joined;
  auto found =
    std::find_if(all.begin(), all.end(), [&](const joined_item& x) { return x.item == item; });
  if (found == all.end())
    found = all.insert(all.end(), {item, {}});
  found->windows = std::move(windows);
  look_at(item, found->windows.size() == 1 ? found->windows.front() : no_points());
}

void rule_judge::look_at(size_t item, const expr::series* window) {
  if (windows_[item] == window)
    return;
  windows_[item] = window;
  extras_->evaluator.reset();
  extras_->recover.reset();
}

/// Which of several series an item means in this round. False when it means more than one.
bool rule_judge::choose(int64_t t_ms) {
  extras_->ambiguous.reset();
  for (const auto& x : extras_->joined) {
    if (x.windows.size() < 2)
      continue;
    const expr::series *now = nullptr, *before = nullptr;
    size_t have_now = 0, have_before = 0;
    for (const auto* w : x.windows) {
      if (has_point_at(*w, t_ms)) {
        now = w;
        ++have_now;
      } else if (!w->empty()) {
        before = w;
        ++have_before;
      }
    }
    auto count = have_now > 0 ? have_now : have_before;
    if (count > 1) {
      extras_->ambiguous = x.item;
      return false;
    }
    look_at(x.item, have_now > 0 ? now : have_before > 0 ? before : no_points());
  }
  return true;
}

// -- judging

/// Whether nothing lacks, as nearly always.
inline bool rule_judge::has_data(int64_t t_ms) const {
  if (!has_point_at(*windows_[0], t_ms))
    return false;
  for (size_t i = 1; i < windows_.size(); ++i)
    if (windows_[i]->empty())
      return false;
  return true;
}

std::optional<size_t> rule_judge::lacking(int64_t t_ms) const {
  for (size_t i = 0; i < windows_.size(); ++i) {
    const auto& w = *windows_[i];
    bool lacks = w.empty() || (i == 0 && w.time(w.end() - 1) != t_ms);
    if (lacks && rule_->items[i].is_needed)
      return i;
  }
  return {};
}

expr::judgement rule_judge::judged(uint64_t index, int64_t period_ms) {
  if (is_read_anew(*rule_->program, period_ms))
    return expr::judge_once(*rule_->program, windows(), index, period_ms);
  auto& e = more().evaluator;
  if (!e)
    e.emplace(rule_->program, std::vector(windows_.begin(), windows_.end()));
  auto what = e->verdict_at(index);
  return {what, e->why(), what == expr::verdict::error && e->lacked_history(period_ms)};
}

point_state rule_judge::at(int64_t t_ms, bool answered, int64_t period_ms) {
  if (!rule_->program)
    return point_state::error;
  if (!answered && !only_own_series())
    return point_state::no_data;
  if (extras_ && !extras_->joined.empty()) {
    if (!has_point_at(*windows_[0], t_ms))
      return point_state::no_data;
    if (!choose(t_ms))
      return point_state::error;
  }
  if (!has_data(t_ms) && lacking(t_ms))
    return point_state::no_data;
  auto said = judged(windows_[0]->end() - 1, period_ms);
  why_ = said.why;
  switch (said.what) {
  case expr::verdict::normal:
    return point_state::well;
  case expr::verdict::abnormal:
    return point_state::held;
  case expr::verdict::error:
    break;
  }
  return said.lacked_history ? point_state::unknown : point_state::error;
}

bool rule_judge::recovers() {
  if (!rule_->recover || windows_[0]->empty() || (extras_ && extras_->ambiguous))
    return false;
  auto& e = more().recover;
  if (!e)
    e.emplace(rule_->recover, std::vector(windows_.begin(), windows_.end()));
  return e->verdict_at(windows_[0]->end() - 1) == expr::verdict::abnormal;
}

std::string rule_judge::reason() const {
  if (!rule_->program)
    return rule_->refusal;
  if (extras_ && extras_->ambiguous)
    return "several series " + shown_series(rule_->items[*extras_->ambiguous].item) +
           " belong to the instance: use on, ignoring or agg";
  return why_ == nullptr ? std::string() : why_;
}

size_t rule_judge::memory_bytes() const {
  size_t bytes = sizeof(*this) + windows_.memory_bytes();
  if (!extras_)
    return bytes;
  bytes += sizeof(extras);
  for (const auto* e : {&extras_->evaluator, &extras_->recover})
    bytes += *e ? (*e)->memory_bytes() : 0;
  for (const auto& x : extras_->joined)
    bytes += sizeof(x) + x.windows.capacity() * sizeof(x.windows[0]);
  return bytes;
}

} // namespace aops::check
