#include "actors/host/recent_rows.hpp"

#include <algorithm>

namespace aops::actors {

std::vector<check::stored_row> rows_of(const std::vector<last_result>& rows,
                                       const std::string& check_item) {
  std::vector<check::stored_row> out;
  for (const auto& x : rows)
    if (x.check_item == check_item)
      if (auto interval = check::interval_of(x.row))
        out.push_back({*interval, x.rule_digest});
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.row < b.row; });
  return out;
}

void recent_rows::load(const std::vector<last_result>& rows) {
  for (const auto& x : rows)
    if (!rows_.contains(x.check_item))
      rows_[x.check_item] = rows_of(rows, x.check_item);
}

void recent_rows::apply(const check::rule_change& judged, std::vector<result_change>& to) {
  apply_to(rows_[judged.check_item], judged, to);
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
  rows_[judged.check_item] = std::move(existing);
}

} // namespace aops::actors
