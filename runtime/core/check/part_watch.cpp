#include "runtime/core/check/part_watch.hpp"

#include <algorithm>

namespace aops::check {

part_watch::part_watch(const compiled_rule& rule, size_t most_values) : left_(most_values) {
  if (left_ > 0 && !rule.query && !rule.learns())
    parts_ = expr::parts_of(rule.rule.condition, rule.rule.data_list);
  if (parts_.empty())
    left_ = 0;
}

std::vector<std::string> part_watch::texts() const {
  std::vector<std::string> result;
  for (const auto& p : parts_)
    result.push_back(p.text);
  return result;
}

void part_watch::note(const label_set& labels,
                      std::span<const expr::series* const> windows,
                      int64_t t_ms,
                      std::vector<part_values>& to) {
  if (!windows[0]->empty() && windows[0]->time(windows[0]->end() - 1) == t_ms)
    note_at(labels, windows, windows[0]->end() - 1, to);
}

void part_watch::note_at(const label_set& labels,
                         std::span<const expr::series* const> windows,
                         uint64_t index,
                         std::vector<part_values>& to) {
  if (left_ == 0)
    return;
  auto& x = instances_[labels];
  if (!std::ranges::equal(x.windows, windows)) {
    x.windows.assign(windows.begin(), windows.end());
    x.parts.clear();
    for (const auto& p : parts_)
      x.parts.emplace_back(p.compute, x.windows);
  }
  auto& noted = to.emplace_back();
  noted.time_ms = windows[0]->time(index);
  for (auto& part : x.parts)
    noted.values.push_back(part.value_at(index));
  left_ -= std::min(left_, noted.values.size());
}

} // namespace aops::check
