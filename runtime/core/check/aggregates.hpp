#pragma once

#include "messages/sample.hpp"
#include "runtime/core/check/rule_set.hpp"
#include "runtime/core/expr/exact_sum.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace aops::check {

/// Numbers of one time become one. NaN counts as not there; the order does not show.
class accumulator {
public:
  void clear();
  void take(number x, aggregation how);
  /// Nothing when nothing was there; `expr::unreadable_sample` when a text was no number.
  std::optional<number> value(aggregation how);
  size_t memory_bytes() const { return sum_.memory_bytes(); }

private:
  bool has_unreadable_ = false;
  int64_t count_ = 0;
  number extreme_;
  expr::exact_sum sum_;
};

/// Those labels of a series that name its group; an absent one and an empty one are the same.
label_set group_labels(const data_item& item, const label_set& series);

/// Series that are made of others: `agg` over the series an item matches, one for each group of
/// `by`. An aggregate at a time is of the samples at that time, NaN left out; it does not depend on
/// their order. Items that spell the same share one. Groups have numbers of their own, which
/// windows are kept under.
class aggregates {
public:
  /// The aggregate of an item with `agg`; counts its users. Without `by` it has its one group at
  /// once.
  uint32_t use(const compiled_item& item);
  void drop(uint32_t aggregate);

  /// A series that was not there: enters the groups it belongs to. Once for each slot.
  void add(uint32_t slot, const series_key& key);
  /// The slots stand for nothing any more. @return Groups of `by` that are gone with them.
  std::vector<uint32_t> forget(const std::vector<uint32_t>& slots);

  struct group {
    uint32_t aggregate = 0;
    label_set labels;
    bool is_bound = false; ///< For whoever uses them: whether all rules know it.

  private:
    friend class aggregates;
    uint32_t members = 0;
    aggregation how = aggregation::none;
    uint64_t round = 0; ///< In which the sum was begun.
    accumulator sum;
  };
  group& at(uint32_t id) { return groups_[id]; }
  /// All groups of an aggregate.
  std::vector<uint32_t> groups_of(uint32_t aggregate) const;

  // -- a round: `begin`, `take` for each sample, `finish`
  void begin();
  void take(uint32_t slot, number x);
  /// Groups with a sample now, and it. Good until the next `begin`.
  struct derived {
    uint32_t group = 0;
    number value;
  };
  const std::vector<derived>& finish();

  bool empty() const { return aggregates_.empty(); }
  size_t memory_bytes() const;

private:
  struct aggregate {
    compiled_item item;
    uint32_t users = 0;
    std::map<label_set, uint32_t> groups;
  };
  uint32_t group_for(uint32_t aggregate, const label_set& labels);
  void remove(uint32_t group);

  std::map<uint32_t, aggregate> aggregates_;
  std::vector<group> groups_;
  std::vector<uint32_t> free_groups_;
  std::vector<std::vector<uint32_t>> of_slot_; ///< The groups a slot is a member of.
  uint64_t round_ = 0;
  std::vector<uint32_t> touched_;
  std::vector<derived> derived_;
  uint32_t next_ = 0;
};

} // namespace aops::check
