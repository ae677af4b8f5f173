#include "actors/host/recent_rows.hpp"

#include <algorithm>
#include <set>

namespace aops::actors {

std::vector<check::stored_row> rows_of(const std::vector<last_result>& rows,
                                       const std::string& check_item,
                                       const label_set& labels) {
  std::vector<check::stored_row> out;
  for (const auto& x : rows)
    if (x.check_item == check_item && x.labels == labels)
      if (auto interval = check::interval_of(x.row))
        out.push_back({*interval, x.rule_digest});
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.row < b.row; });
  return out;
}

std::vector<label_set> instances_of(const std::vector<last_result>& rows,
                                    const std::string& check_item) {
  std::set<label_set> out;
  for (const auto& x : rows)
    if (x.check_item == check_item && !x.labels.empty())
      out.insert(x.labels);
  return {out.begin(), out.end()};
}

void recent_rows::load(const std::vector<last_result>& rows) {
  for (const auto& x : rows)
    if (auto row = check::interval_of(x.row))
      rows_[{x.check_item, x.labels}].push_back({*row, x.rule_digest});
  for (auto& [of, its] : rows_)
    std::sort(its.begin(), its.end(), [](const auto& a, const auto& b) { return a.row < b.row; });
}

void recent_rows::apply(const check::rule_change& judged, std::vector<result_change>& to) {
  auto known = rows_.find({judged.check_item, judged.labels});
  apply_to(known == rows_.end() ? std::vector<check::stored_row>{} : known->second, judged, to);
  if (rows_.size() > look_again_)
    forget_old(judged.replace_until_ms);
}

/// Instances come and go; a row that ended long ago joins nothing any more.
void recent_rows::forget_old(int64_t now_ms) {
  auto oldest = now_ms - 2 * check::join_distance_ms(period_ms_);
  std::erase_if(rows_, [&](const auto& x) {
    const auto& [of, its] = x;
    return !of.second.empty() &&
           std::all_of(its.begin(), its.end(), [&](const check::stored_row& r) {
             return r.row.end_ms < oldest;
           });
  });
  look_again_ = 2 * std::max(rows_.size(), few_instances);
}

void recent_rows::apply_to(std::vector<check::stored_row> existing,
                           const check::rule_change& judged,
                           std::vector<result_change>& to) {
  for (const auto& change : check::rewrite(existing, judged, period_ms_)) {
    std::erase_if(existing, [&](const check::stored_row& x) {
      return x.row.start_ms >= change.replace_from_ms && x.row.end_ms <= change.replace_until_ms;
    });
    for (const auto& row : change.rows)
      existing.push_back({row, change.rule_digest});
    to.push_back(check::to_message(change));
  }
  std::sort(
    existing.begin(), existing.end(), [](const auto& a, const auto& b) { return a.row < b.row; });
  if (existing.size() > most_rows)
    existing.erase(existing.begin(), existing.end() - most_rows);
  rows_[{judged.check_item, judged.labels}] = std::move(existing);
}

} // namespace aops::actors
