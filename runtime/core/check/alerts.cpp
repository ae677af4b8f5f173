#include "runtime/core/check/alerts.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

namespace aops::check {

void keep_latest(std::vector<alert_change>& changes) {
  if (changes.size() <= most_changes)
    return;
  std::map<std::pair<std::string_view, const label_set&>, size_t> later;
  std::vector<bool> stays(changes.size());
  for (size_t i = changes.size(); i-- > 0;)
    stays[i] = later[{changes[i].check_item, changes[i].labels}]++ < most_changes;
  if (std::find(stays.begin(), stays.end(), false) == stays.end())
    return;
  std::vector<alert_change> latest;
  for (size_t i = 0; i < changes.size(); ++i)
    if (stays[i])
      latest.push_back(std::move(changes[i]));
  changes = std::move(latest);
}

} // namespace aops::check
