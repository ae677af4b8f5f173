#include "runtime/core/fault/undecided.hpp"

#include <algorithm>
#include <limits>

namespace aops::fault {
namespace {

constexpr double never_enough = 1e18;
constexpr double tolerance = 1e-6;
/// Counted, not timed: every node must find the same.
constexpr uint64_t gates_to_visit = 2'000'000;

bool is_finite(double x) { return x < never_enough / 2; }

} // namespace

undecided_sets undecided_search::find(const circuit& what, std::span<const uint8_t> bits) {
  reduce(what, bits);
  found_.clear();
  chosen_.clear();
  budget_ = gates_to_visit;
  undecided_sets out;
  for (size_t size = 1; size <= max_undecided_items && found_.size() <= max_undecided_sets;
       ++size) {
    auto more = search(0, size, 0, max_undecided_sets + 1 - found_.size());
    found_.insert(found_.end(), more.begin(), more.end());
  }
  out.is_truncated = found_.size() > max_undecided_sets || budget_ == 0 || has_other_sets();
  found_.resize(std::min(found_.size(), max_undecided_sets));
  for (const auto& set : found_) {
    auto& items = out.sets.emplace_back();
    for (auto item : set)
      items.push_back(items_[item]);
  }
  return out;
}

/// Keeps the gates that are unknown and that the root's being unknown depends on. What is known
/// drops out: in an unknown `&&` it is true, in an unknown `||` false.
void undecided_search::reduce(const circuit& what, std::span<const uint8_t> bits) {
  constexpr auto dropped = std::numeric_limits<uint32_t>::max();
  auto first_gate = static_cast<uint32_t>(what.leaf_items.size());
  place_.assign(what.size(), dropped);
  place_[what.root()] = 0;
  for (auto id = what.size(); id-- > first_gate;) {
    if (place_[id] == dropped)
      continue;
    const auto& gate = what.gates[id - first_gate];
    for (auto i = gate.begin; i < gate.end; ++i)
      if (auto from = what.operands[i] >> 1; !truth::is_known(bits[from]))
        place_[from] = 0;
  }
  gates_.clear();
  operands_.clear();
  std::vector<uint32_t> leaves;
  for (uint32_t id = 0; id < what.size(); ++id) {
    if (place_[id] == dropped)
      continue;
    place_[id] = size();
    if (id < first_gate) {
      leaves.push_back(id);
      gates_.emplace_back();
      continue;
    }
    const auto& gate = what.gates[id - first_gate];
    small_gate kept;
    kept.begin = static_cast<uint32_t>(operands_.size());
    for (auto i = gate.begin; i < gate.end; ++i)
      if (auto from = place_[what.operands[i] >> 1]; !truth::is_known(bits[what.operands[i] >> 1]))
        operands_.push_back(from << 1 | (what.operands[i] & 1));
    kept.end = static_cast<uint32_t>(operands_.size());
    kept.kind = gate.is_or ? small_gate::either : small_gate::both;
    gates_.push_back(kept);
  }
  number_items(what, leaves);
  weigh();
}

void undecided_search::number_items(const circuit& what, std::span<const uint32_t> leaves) {
  items_.clear();
  for (auto leaf : leaves)
    if (what.leaf_items[leaf] < what.items)
      items_.push_back(what.leaf_items[leaf]);
  std::sort(items_.begin(), items_.end());
  items_.erase(std::unique(items_.begin(), items_.end()), items_.end());
  for (size_t i = 0; i < leaves.size(); ++i) {
    auto found = std::lower_bound(items_.begin(), items_.end(), what.leaf_items[leaves[i]]);
    gates_[i].begin =
      static_cast<uint32_t>(found - items_.begin()); // One past the last: has no item.
  }
  outcomes_.assign(items_.size() + 1, outcome::open);
  outcomes_.back() = outcome::never;
}

/// An item's weight is 1 / the number of its places in the conditions written out in full.
void undecided_search::weigh() {
  std::vector<double> uses(size());
  uses.back() = 1;
  weights_.assign(items_.size() + 1, 0);
  for (auto i = size(); i-- > 0;) {
    const auto& gate = gates_[i];
    if (gate.kind == small_gate::leaf)
      weights_[gate.begin] += uses[i];
    else
      for (auto k = gate.begin; k < gate.end; ++k)
        uses[operands_[k] >> 1] += uses[i];
  }
  for (auto& weight : weights_)
    weight = 1 / weight;
}

void undecided_search::visit_up() {
  needs_.resize(size());
  truths_.resize(size());
  budget_ -= std::min<uint64_t>(budget_, size());
  for (uint32_t i = 0; i < size(); ++i) {
    const auto& gate = gates_[i];
    if (gate.kind == small_gate::leaf) {
      auto x = outcomes_[gate.begin];
      auto weight = x == outcome::open ? weights_[gate.begin] : never_enough;
      needs_[i] = {x == outcome::yes ? 0 : weight, x == outcome::no ? 0 : weight};
      truths_[i] = x == outcome::yes ? truth::yes : x == outcome::no ? 0 : truth::can_be;
      continue;
    }
    bool is_or = gate.kind == small_gate::either;
    double all = 0, one = never_enough;
    uint8_t truth_bits = is_or ? 0 : truth::yes;
    for (auto k = gate.begin; k < gate.end; ++k) {
      bool is_negated = (operands_[k] & 1) != 0;
      const auto& x = needs_[operands_[k] >> 1];
      auto bits = truths_[operands_[k] >> 1];
      if (is_negated)
        bits = truth::negation(bits);
      truth_bits = is_or ? truth_bits | bits : truth_bits & bits;
      all += is_or != is_negated ? x.no : x.yes;
      one = std::min(one, is_or != is_negated ? x.yes : x.no);
    }
    all = std::min(all, never_enough);
    needs_[i] = is_or ? need{one, all} : need{all, one};
    truths_[i] = truth_bits;
  }
}

void undecided_search::visit_down() {
  rests_.assign(size(), {never_enough, never_enough});
  rests_.back() = {0, 0};
  budget_ -= std::min<uint64_t>(budget_, size());
  for (auto i = size(); i-- > 0;) {
    const auto& gate = gates_[i];
    if (gate.kind == small_gate::leaf)
      continue;
    // `all`: the side on which every operand is needed, true for `&&`. `one`: where a single one
    // does.
    bool is_or = gate.kind == small_gate::either;
    auto rest_all = is_or ? rests_[i].no : rests_[i].yes;
    auto rest_one = is_or ? rests_[i].yes : rests_[i].no;
    auto all = is_or ? needs_[i].no : needs_[i].yes;
    for (auto k = gate.begin; k < gate.end; ++k) {
      bool is_swapped = is_or != ((operands_[k] & 1) != 0);
      auto& rest = rests_[operands_[k] >> 1];
      const auto& x = needs_[operands_[k] >> 1];
      auto beside = all - (is_swapped ? x.no : x.yes);
      auto through_all = is_finite(all) && is_finite(rest_all) ? rest_all + beside : never_enough;
      auto& for_all = is_swapped ? rest.no : rest.yes;
      auto& for_one = is_swapped ? rest.yes : rest.no;
      for_all = std::min(for_all, through_all);
      for_one = std::min(for_one, rest_one);
    }
  }
}

/// A lower bound of the size of a set that uses the item, for each outcome.
void undecided_search::bound_items(std::vector<need>& bounds) const {
  bounds.assign(items_.size() + 1, {never_enough, never_enough});
  for (uint32_t i = 0; i < size() && gates_[i].kind == small_gate::leaf; ++i) {
    auto item = gates_[i].begin;
    if (outcomes_[item] != outcome::open)
      continue;
    bounds[item].yes = std::min(bounds[item].yes, rests_[i].yes + weights_[item]);
    bounds[item].no = std::min(bounds[item].no, rests_[i].no + weights_[item]);
  }
}

bool undecided_search::is_root_known() const { return truth::is_known(truths_.back()); }

/// Whether the chosen items hold a set that decides already: what contains it is not minimal.
bool undecided_search::holds_found_set() const {
  return std::any_of(found_.begin(), found_.end(), [&](const item_set& set) {
    return std::includes(chosen_.begin(), chosen_.end(), set.begin(), set.end());
  });
}

/// Whether one more item is enough, with either outcome.
bool undecided_search::decides(uint32_t item, const need& bound) {
  bool out = false;
  for (auto x : {outcome::yes, outcome::no}) {
    if (out || (x == outcome::yes ? bound.yes : bound.no) > 1 + tolerance)
      continue;
    outcomes_[item] = x;
    visit_up();
    out = is_root_known();
    outcomes_[item] = outcome::open;
  }
  return out;
}

/// The first `limit` sets, in tree order, that have `remaining` items from `first_item` on and
/// decide together with what is chosen already.
std::vector<undecided_search::item_set>
undecided_search::search(size_t level, size_t remaining, uint32_t first_item, size_t limit) {
  std::vector<item_set> out;
  visit_up();
  auto least = std::min(needs_.back().yes, needs_.back().no);
  if (is_root_known() || least > static_cast<double>(remaining) + tolerance)
    return out;
  visit_down();
  auto& bounds = bounds_[level];
  bound_items(bounds);
  for (auto item = first_item; item < items_.size() && out.size() < limit && budget_ > 0; ++item) {
    const auto& bound = bounds[item];
    if (std::min(bound.yes, bound.no) > static_cast<double>(remaining) + tolerance)
      continue;
    chosen_.push_back(item);
    if (holds_found_set()) {
      // Nothing minimal here.
    } else if (remaining == 1) {
      if (decides(item, bound))
        out.push_back({item});
    } else {
      auto with_yes = search_with(outcome::yes, level, remaining, item, limit - out.size());
      auto with_no = search_with(outcome::no, level, remaining, item, limit - out.size());
      std::vector<item_set> merged;
      std::set_union(with_yes.begin(),
                     with_yes.end(),
                     with_no.begin(),
                     with_no.end(),
                     std::back_inserter(merged));
      merged.resize(std::min(merged.size(), limit - out.size()));
      for (auto& set : merged) {
        set.insert(set.begin(), item);
        out.push_back(std::move(set));
      }
    }
    chosen_.pop_back();
  }
  return out;
}

std::vector<undecided_search::item_set> undecided_search::search_with(
  outcome x, size_t level, size_t remaining, uint32_t item, size_t limit) {
  const auto& bound = bounds_[level][item];
  if ((x == outcome::yes ? bound.yes : bound.no) > static_cast<double>(remaining) + tolerance)
    return {};
  outcomes_[item] = x;
  auto out = search(level + 1, remaining - 1, item + 1, limit);
  outcomes_[item] = outcome::open;
  return out;
}

/// Whether something decides that holds none of the found sets: for every way to take one item out
/// of each of them, asks if all the others together could decide.
bool undecided_search::has_other_sets() {
  find_binate_items();
  std::vector<size_t> pick(found_.size());
  for (;;) {
    for (size_t i = 0; i < found_.size(); ++i)
      outcomes_[found_[i][pick[i]]] = outcome::never;
    auto is_possible = can_decide(0);
    std::fill(outcomes_.begin(), outcomes_.end() - 1, outcome::open);
    if (is_possible || budget_ == 0)
      return true;
    size_t i = 0;
    while (i < pick.size() && ++pick[i] == found_[i].size())
      pick[i++] = 0;
    if (i == pick.size())
      return false;
  }
}

/// Whether the open items could decide. What is needed is possible as soon as no item may be needed
/// both true and false, so only those that occur both plain and negated are tried out.
bool undecided_search::can_decide(size_t next_binate) {
  visit_up();
  if (is_root_known() || budget_ == 0)
    return true;
  if (!is_finite(needs_.back().yes) && !is_finite(needs_.back().no))
    return false;
  while (next_binate < binate_.size() && outcomes_[binate_[next_binate]] != outcome::open)
    ++next_binate;
  if (next_binate == binate_.size())
    return true;
  auto item = binate_[next_binate];
  bool out = false;
  for (auto x : {outcome::yes, outcome::no}) {
    if (out)
      break;
    outcomes_[item] = x;
    out = can_decide(next_binate + 1);
    outcomes_[item] = outcome::open;
  }
  return out;
}

void undecided_search::find_binate_items() {
  constexpr uint8_t plain = 1, negated = 2;
  std::vector<uint8_t> of_gate(size()), of_item(items_.size() + 1);
  of_gate.back() = plain;
  for (auto i = size(); i-- > 0;) {
    const auto& gate = gates_[i];
    if (gate.kind == small_gate::leaf) {
      of_item[gate.begin] |= of_gate[i];
      continue;
    }
    for (auto k = gate.begin; k < gate.end; ++k) {
      auto signs = of_gate[i];
      if ((operands_[k] & 1) != 0)
        signs = static_cast<uint8_t>((signs & plain ? negated : 0) | (signs & negated ? plain : 0));
      of_gate[operands_[k] >> 1] |= signs;
    }
  }
  binate_.clear();
  for (uint32_t item = 0; item < items_.size(); ++item)
    if (of_item[item] == (plain | negated))
      binate_.push_back(item);
}

} // namespace aops::fault
