#include "runtime/core/check/series_knowledge.hpp"

#include "runtime/base/near_name.hpp"
#include "runtime/core/check/lack.hpp"
#include "runtime/core/check/own_series.hpp"
#include "runtime/core/check/query_plan.hpp"
#include "runtime/core/check/selector.hpp"

#include <algorithm>

namespace aops::check {

namespace {

/// Label sets, and names, that are told of an item.
constexpr size_t most_others = 3, most_near = 2;

template <class T>
void add_new(std::vector<T>& to, const std::vector<T>& from, size_t most) {
  for (const auto& x : from)
    if (to.size() < most && std::find(to.begin(), to.end(), x) == to.end())
      to.push_back(x);
}

} // namespace

const std::vector<label_set>* series_catalogue::of(std::string_view name) const {
  auto found = by_name_.find(name);
  return found == by_name_.end() || found->second.empty() ? nullptr : &found->second;
}

item_knowledge series_catalogue::about(const data_item& item) const {
  item_knowledge out;
  if (item.type == "log" || is_own_series(item)) {
    out.fits = true;
    return out;
  }
  const auto* series = of(item.name);
  if (series == nullptr) {
    std::vector<std::string_view> names;
    for (const auto& [name, labels] : by_name_)
      if (name != item.name)
        names.push_back(name);
    for (auto name : base::near_names(item.name, names, most_near))
      out.near.emplace_back(name);
    return out;
  }
  auto match = item.match ? selector::compile(*item.match) : nullptr;
  out.fits = std::any_of(series->begin(), series->end(), [&](const label_set& labels) {
    return item.match ? match && (*match)->matches(labels) : labels == item.label;
  });
  if (!out.fits)
    add_new(out.others, *series, most_others);
  return out;
}

item_knowledge both(const item_knowledge& a, const item_knowledge& b) {
  item_knowledge out;
  out.fits = a.fits || b.fits;
  if (out.fits)
    return out;
  out.others = a.others;
  add_new(out.others, b.others, most_others);
  out.near = a.near;
  add_new(out.near, b.near, most_near);
  return out;
}

std::string warning_of(const data_item& item, const item_knowledge& known, std::string_view who) {
  if (known.fits)
    return {};
  auto text = std::string{who} + " ";
  auto list = [&text](std::string_view before, const auto& all, auto text_of) {
    for (size_t i = 0; i < all.size(); ++i)
      text.append(i == 0 ? before : ", ").append(text_of(all[i]));
  };
  if (known.others.empty()) {
    text += "a series " + item.name;
    list("; near: ", known.near, [](const std::string& x) { return x; });
  } else {
    text += shown_series(item);
    if (!item.match && item.label.empty())
      text += " without labels";
    list("; there are ", known.others, shown_labels);
  }
  return text;
}

std::vector<std::string>
warnings_of(const check_rule& rule, std::span<const item_knowledge> known, std::string_view who) {
  std::vector<std::string> out;
  if (rule.no_data == "ignore")
    return out;
  auto items = items_of(rule);
  for (size_t i = 0; i < std::min(known.size(), items.size()); ++i)
    if (auto text = warning_of(items[i], known[i], who); !text.empty())
      out.push_back(std::move(text));
  return out;
}

} // namespace aops::check
