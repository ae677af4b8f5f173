#include "runtime/core/check/lack.hpp"

#include "runtime/base/near_name.hpp"
#include "runtime/core/check/selector.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace aops::check {

namespace {

/// Label sets of a name that a reason names.
constexpr size_t most_shown = 3;
/// Other names that a reason names.
constexpr size_t most_near = 2;

std::string matcher_text(const std::string& value) {
  bool has_operator = value.starts_with('=') || value.starts_with("!=") || value.starts_with("!~");
  return has_operator ? value : "=" + value;
}

template <class Labels, class Text>
std::string braced(const Labels& labels, Text text_of) {
  std::string text;
  for (const auto& [name, value] : labels)
    text.append(text.empty() ? "" : ",").append(name).append(text_of(value));
  return "{" + text + "}";
}

} // namespace

std::string shown_labels(const label_set& labels) {
  return braced(labels, [](const std::string& value) { return "=" + value; });
}

std::string shown_series(const data_item& item) {
  if (item.match && !item.match->empty())
    return item.name + braced(*item.match, matcher_text);
  return item.label.empty() ? item.name : item.name + shown_labels(item.label);
}

std::string why_unkept(size_t series) {
  return std::to_string(series) + " series that match are not kept (check.max_matched_series)";
}

std::string why_lacking(const kept_series& kept, const data_item& item) {
  auto matching = item.match ? selector::compile(*item.match) : nullptr;
  std::vector<label_set> others;
  std::vector<std::string_view> names;
  for (uint32_t slot = 0; slot < kept.slot_count(); ++slot) {
    auto name = kept.name_of(slot);
    if (name.empty() || !kept.is_seen(slot))
      continue;
    names.push_back(name);
    if (name != item.name)
      continue;
    auto labels = kept.key_of(slot).label;
    if (item.match ? matching && (*matching)->matches(labels) : labels == item.label)
      return "no sample of " + shown_series(item);
    others.push_back(std::move(labels));
  }
  std::string text;
  if (!others.empty()) {
    text = "no series " + shown_series(item) + "; it has ";
    for (size_t i = 0; i < std::min(most_shown, others.size()); ++i)
      text.append(i == 0 ? "" : ", ").append(shown_labels(others[i]));
    return others.size() > most_shown ? text + ", …" : text;
  }
  text = "no such series: " + item.name;
  if (kept.listed_names())
    names.insert(names.end(), kept.listed_names()->begin(), kept.listed_names()->end());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::erase(names, item.name);
  auto near = base::near_names(item.name, names, most_near);
  for (size_t i = 0; i < near.size(); ++i)
    text.append(i == 0 ? "; near: " : ", ").append(near[i]);
  return text;
}

} // namespace aops::check
