#pragma once

#include "messages/series.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aops::check {

/// Series that somebody has, by name: what they tell of rules before anything is judged.
class series_catalogue {
public:
  void add(const std::string& name, const label_set& labels) { by_name_[name].push_back(labels); }
  /// One of that name is there, with labels that nobody asks for.
  void add_name(const std::string& name) { by_name_.try_emplace(name); }

  /// Whether an item has a series here, and what is near when not. Logs and the host's own series
  /// are always there.
  item_knowledge about(const data_item& item) const;
  /// Labels of the series of a name; null when none are known.
  const std::vector<label_set>* of(std::string_view name) const;

private:
  std::map<std::string, std::vector<label_set>, std::less<>> by_name_;
};

/// What two know together.
item_knowledge both(const item_knowledge& a, const item_knowledge& b);

/// `no host has a series node_load; near: node_load1`, `no host has node_cpu{mode=idel}; there are
/// {mode=idle}, {mode=user}`; empty when one fits.
/// @param who Who has none: `no host has`.
std::string warning_of(const data_item& item, const item_knowledge& known, std::string_view who);

/// The warnings of all items of a rule; none of a rule that says nothing without data.
std::vector<std::string>
warnings_of(const check_rule& rule, std::span<const item_knowledge> known, std::string_view who);

} // namespace aops::check
