#include "runtime/core/schedule/placement.hpp"

#include <xxhash.h>

#include <algorithm>
#include <tuple>

namespace aops::schedule {

namespace {

constexpr int nobody = -1;

/// A slot that could go to a receiver, and how well it would suit.
struct candidate {
  uint64_t affinity;
  uint16_t slot;
  int to;

  bool operator<(const candidate& other) const {
    return std::tie(other.affinity, slot, to) < std::tie(affinity, other.slot, other.to);
  }
};

class planner {
public:
  planner(const std::vector<assignment>& slots, const std::vector<placed_node>& nodes)
      : slots_(slots), nodes_(nodes), load_(nodes.size()), to_(slots.size(), nobody) {
    std::sort(nodes_.begin(), nodes_.end(), [](auto& a, auto& b) { return a.node < b.node; });
    for (int i = 0; i < static_cast<int>(nodes_.size()); ++i)
      if (nodes_[i].role == placement_role::receiver)
        receivers_.push_back(i);
  }

  placement_plan plan(size_t most_moves) {
    for (uint16_t slot = 0; slot < slots_.size(); ++slot)
      look_at(slot);
    if (!receivers_.empty()) {
      place_homeless();
      if (in_flight_ < most_moves)
        balance(most_moves - in_flight_);
    }
    return result();
  }

private:
  int find(const std::string& id) const {
    auto it = std::lower_bound(
      nodes_.begin(), nodes_.end(), id, [](auto& x, auto& y) { return x.node < y; });
    return it != nodes_.end() && it->node == id ? static_cast<int>(it - nodes_.begin()) : nobody;
  }

  bool is(int node, placement_role role) const {
    return node != nobody && nodes_[node].role == role;
  }

  /// Sorts one slot into those that stay, that are on their way and that need a home.
  void look_at(uint16_t slot) {
    auto& x = slots_[slot];
    auto owner = find(x.node);
    auto target = x.target.empty() ? nobody : find(x.target);
    if (owner != nobody && is(target, placement_role::keeper)) {
      ++in_flight_; // Perhaps it takes it, perhaps it is soon known to be dead: wait.
    } else if (is(target, placement_role::receiver) && target != owner) {
      ++load_[target];
      if (owner == nobody)
        to_[slot] = target;
      else
        in_flight_ += is(owner, placement_role::receiver);
    } else if (is(owner, placement_role::receiver)) {
      ++load_[owner];
      movable_.push_back({slot, owner});
    } else if (is(owner, placement_role::keeper)) {
      ++load_[owner];
    } else {
      homeless_.push_back(slot);
    }
  }

  /// Every receiver gets `least`, and `spare` of them one more.
  void place_homeless() {
    auto shared = homeless_.size();
    for (auto i : receivers_)
      shared += load_[i];
    auto least = shared / receivers_.size();
    auto spare = shared % receivers_.size();
    for (auto i : receivers_)
      spare -= spare > 0 && load_[i] > least;
    std::vector<candidate> all;
    all.reserve(homeless_.size() * receivers_.size());
    for (auto slot : homeless_)
      for (auto i : receivers_)
        all.push_back({affinity(nodes_[i].node, slot), slot, i});
    std::sort(all.begin(), all.end());
    for (auto& x : all) {
      if (to_[x.slot] != nobody || load_[x.to] > least || (load_[x.to] == least && spare == 0))
        continue;
      spare -= load_[x.to] == least;
      ++load_[x.to];
      to_[x.slot] = x.to;
    }
  }

  /// What keepers have counts as their share: nothing moves that would have to move back. Those
  /// that have nothing may never be given anything, and do not count.
  size_t sharing_keepers() const {
    size_t n = 0;
    for (size_t i = 0; i < nodes_.size(); ++i)
      n += nodes_[i].role == placement_role::keeper && load_[i] > 0;
    return n;
  }

  void balance(size_t budget) {
    auto sharing = receivers_.size() + sharing_keepers();
    auto least = slots_.size() / sharing;
    auto most = least + (slots_.size() % sharing != 0);
    auto [low, high] = std::minmax_element(
      receivers_.begin(), receivers_.end(), [&](int a, int b) { return load_[a] < load_[b]; });
    if (load_[*high] <= most && load_[*low] >= least)
      return;
    std::vector<candidate> all;
    for (auto& [slot, owner] : movable_)
      if (load_[owner] > least)
        for (auto i : receivers_)
          if (load_[i] < most)
            all.push_back({affinity(nodes_[i].node, slot), slot, i});
    std::sort(all.begin(), all.end());
    // In this order the fewest slots move: first what helps both sides.
    budget = move(all, most, least, budget);
    budget = move(all, most, most, budget);
    move(all, least, least, budget);
  }

  /// Moves slots from those with more than `above` to those with fewer than `below`.
  size_t move(const std::vector<candidate>& all, size_t above, size_t below, size_t budget) {
    for (auto& x : all) {
      if (budget == 0)
        break;
      auto owner = find(slots_[x.slot].node);
      if (to_[x.slot] != nobody || load_[owner] <= above || load_[x.to] >= below)
        continue;
      --load_[owner];
      ++load_[x.to];
      to_[x.slot] = x.to;
      --budget;
    }
    return budget;
  }

  /// A target that will not come to anything.
  bool is_vain(const assignment& x) const {
    if (x.target.empty())
      return false;
    auto target = find(x.target);
    return x.target == x.node || target == nobody || nodes_[target].role == placement_role::leaver;
  }

  placement_plan result() const {
    placement_plan plan;
    for (uint16_t slot = 0; slot < slots_.size(); ++slot) {
      auto& x = slots_[slot];
      auto lives = find(x.node) != nobody;
      if (to_[slot] != nobody)
        (lives ? plan.targeted : plan.assigned).push_back({slot, x.epoch, nodes_[to_[slot]].node});
      else if (lives && is_vain(x))
        plan.targeted.push_back({slot, x.epoch, ""});
    }
    return plan;
  }

  const std::vector<assignment>& slots_;
  std::vector<placed_node> nodes_; ///< By id.
  std::vector<int> receivers_;
  std::vector<size_t> load_; ///< By node: slots it has once all under way has arrived.
  std::vector<int> to_;      ///< By slot: where this plan sends it.
  std::vector<std::pair<uint16_t, int>> movable_; ///< Slots that stay with a receiver.
  std::vector<uint16_t> homeless_;
  size_t in_flight_ = 0;
};

} // namespace

uint64_t affinity(std::string_view node, uint16_t slot) {
  return XXH64(node.data(), node.size(), slot);
}

placement_plan plan_placement(const std::vector<assignment>& slots,
                              const std::vector<placed_node>& nodes,
                              size_t most_moves) {
  return planner{slots, nodes}.plan(most_moves);
}

} // namespace aops::schedule
