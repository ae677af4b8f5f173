#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace aops::promql {

/// The labels of a series, by name; no value is empty, no name stands twice.
using labels = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::string_view metric_name = "__name__";

/// Sorts and drops empty values. The last of equal names wins.
labels make_labels(labels raw);
/// Empty when there is none.
std::string_view value_of(const labels& x, std::string_view name);
/// An empty value removes the label.
void set_label(labels& x, std::string_view name, std::string_view value);
labels without(const labels& x, const std::vector<std::string>& names);
labels only(const labels& x, const std::vector<std::string>& names);
/// Without what says which metric it is: name, type and unit.
labels without_metric(const labels& x);

/// `name{a="b"}`, the way PromQL writes it.
std::string to_string(const labels& x);
/// `{__name__="name", a="b"}`.
std::string to_braces(const labels& x);
/// In double quotes; bytes that are no UTF-8 as `\xNN`.
std::string in_quotes(std::string_view text);
/// Letters, digits and `_`, not a digit first; with `colon` a `:` anywhere.
bool is_plain_name(std::string_view name, bool colon = false);
bool is_utf8(std::string_view text);

/// A label set of one query: equal sets have equal numbers.
using label_id = uint32_t;

/// Gives label sets numbers, so that a step compares and looks up by index.
class label_table {
public:
  label_id intern(labels x);
  const labels& at(label_id id) const { return *sets_[id]; }
  size_t size() const { return sets_.size(); }

private:
  struct hash {
    size_t operator()(const labels& x) const;
  };
  std::unordered_map<labels, label_id, hash> ids_;
  std::vector<const labels*> sets_;
};

/// What one node of a query makes of label sets, each made once.
class label_memo {
public:
  template <class Make>
  label_id operator()(label_id from, Make&& make) {
    if (from >= known_.size())
      known_.resize(from + size_t{1}, unknown);
    if (known_[from] == unknown)
      known_[from] = make();
    return known_[from];
  }

private:
  static constexpr label_id unknown = UINT32_MAX;
  std::vector<label_id> known_;
};

} // namespace aops::promql
