#pragma once

#include "messages/error.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aops::base {

/// What a piece of work is for, most urgent first.
enum class urgency : uint8_t {
  live,    ///< Rounds of hosts and what hosts need to take them.
  people,  ///< Somebody waits for the answer.
  history, ///< The past of hosts, and keeping the store small.
  jobs,    ///< Units of tasks.
};
inline constexpr std::array all_urgencies = {
  urgency::live, urgency::people, urgency::history, urgency::jobs};
inline constexpr size_t urgency_count = all_urgencies.size();

constexpr std::string_view name_of(urgency x) {
  constexpr std::array<std::string_view, urgency_count> names = {
    "live", "people", "history", "jobs"};
  return names[static_cast<size_t>(x)];
}

/// One value for each class.
template <class T>
class per_urgency {
public:
  constexpr per_urgency() = default;
  constexpr explicit per_urgency(T all) { values_.fill(all); }
  constexpr per_urgency(T live, T people, T history, T jobs)
      : values_{live, people, history, jobs} {}
  constexpr T& operator[](urgency x) { return values_[static_cast<size_t>(x)]; }
  constexpr const T& operator[](urgency x) const { return values_[static_cast<size_t>(x)]; }

private:
  std::array<T, urgency_count> values_{};
};

inline constexpr int64_t never_ms = std::numeric_limits<int64_t>::max();

/// What work is queued by.
struct ticket {
  urgency what = urgency::people;
  std::string owner;         ///< Whose hosts and rules; empty: the node's own.
  std::string host;          ///< Empty: none in particular.
  int64_t due_ms = never_ms; ///< By the steady clock; nobody waits for it afterwards.
};

/// Why a queue does not do its work.
enum class refusal : uint8_t {
  full,       ///< Too many of its class wait.
  owner_full, ///< Too many of its owner.
  host_full,  ///< Too many of its host.
  slow,       ///< Those before it wait so long that its turn would come too late.
  late,       ///< Its time was over before its turn came.
};
inline constexpr std::array all_refusals = {
  refusal::full, refusal::owner_full, refusal::host_full, refusal::slow, refusal::late};

constexpr std::string_view name_of(refusal x) {
  constexpr std::array<std::string_view, all_refusals.size()> names = {
    "full", "owner-full", "host-full", "slow", "late"};
  return names[static_cast<size_t>(x)];
}

/// What its requester gets: ec::overloaded, or ec::timed_out when it was late.
error error_of(refusal why, std::string_view queue);

struct queue_limits {
  per_urgency<size_t> most{4096}; ///< Waiting, of a class.
  per_urgency<size_t> most_of_owner{2048};
  per_urgency<size_t> most_of_host{256};
  /// How long those who came first may wait before more of the same owner are refused; also bounds
  /// what has no due time.
  int64_t patience_ms = 10'000;
  /// Of turns, when all classes wait.
  per_urgency<double> share{16, 16, 2, 1};
};

/// What a queue shows of one class.
struct queue_standing {
  size_t waiting = 0;
  int64_t oldest_ms = 0; ///< How long the one that came first has waited.
  std::array<uint64_t, all_refusals.size()> refused{}; ///< Since the start, by `refusal`.
};

/// Work that waits for its turn. Classes take turns by their shares, so that the urgent go first
/// and none starves; within a class owners take turns, so that nobody's backlog is another's wait;
/// an owner's own work keeps its order. Bounded by number, per class, owner and host, and by time:
/// what cannot get its turn in time is refused at once, what was not in time is handed out as
/// dropped, unworked.
///
/// Not for several threads at once. Times are of the steady clock.
template <class T>
class fair_queue {
public:
  explicit fair_queue(queue_limits limits = {}) : limits_(std::move(limits)) {}

  /// Takes `x` (moved from), or leaves it alone and says why not.
  std::optional<refusal> push(ticket t, T& x, int64_t now_ms) {
    auto& c = classes_[t.what];
    if (auto why = reason_against(c, t, now_ms)) {
      ++c.refused[static_cast<size_t>(*why)];
      return why;
    }
    if (c.waiting == 0) // It was idle: it has saved no turns.
      c.turns = std::max(c.turns, turn_);
    auto key = line_of(t);
    auto& line = c.lines[key];
    if (line.empty())
      c.order.push_back(key);
    if (!t.host.empty())
      ++c.per_host[t.host];
    ++c.waiting;
    ++size_;
    line.push_back({std::move(t), now_ms, std::move(x)});
    return {};
  }

  /// The next piece of work, of the classes that `may(urgency)` come. Those whose time was over
  /// when their turn came go to `dropped`.
  template <class May>
  std::optional<std::pair<ticket, T>>
  pop(int64_t now_ms, May may, std::vector<std::pair<ticket, T>>& dropped) {
    while (auto what = whose_turn(may)) {
      auto& c = classes_[*what];
      auto x = take_first(c);
      if (x.how.due_ms <= now_ms) {
        ++c.refused[static_cast<size_t>(refusal::late)];
        dropped.emplace_back(std::move(x.how), std::move(x.what));
        continue;
      }
      turn_ = c.turns;
      c.turns += 1 / limits_.share[*what];
      return std::pair{std::move(x.how), std::move(x.what)};
    }
    return {};
  }

  /// Everything, in no order.
  std::vector<std::pair<ticket, T>> take_all() {
    std::vector<std::pair<ticket, T>> out;
    for (auto what : all_urgencies)
      while (classes_[what].waiting > 0) {
        auto x = take_first(classes_[what]);
        out.emplace_back(std::move(x.how), std::move(x.what));
      }
    return out;
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  size_t waiting(urgency what) const { return classes_[what].waiting; }

  queue_standing standing(urgency what, int64_t now_ms) const {
    const auto& c = classes_[what];
    queue_standing out{c.waiting, 0, c.refused};
    for (const auto& [key, line] : c.lines)
      out.oldest_ms = std::max(out.oldest_ms, now_ms - line.front().since_ms);
    return out;
  }

private:
  struct entry {
    ticket how;
    int64_t since_ms;
    T what;
  };
  struct of_class {
    std::map<std::string, std::deque<entry>> lines; ///< By owner; none is empty.
    std::list<std::string> order;                   ///< Of the lines: who is next.
    std::map<std::string, size_t> per_host;         ///< Those that wait.
    size_t waiting = 0;
    double turns = 0; ///< Had so far, by share.
    std::array<uint64_t, all_refusals.size()> refused{};
  };

  /// Work of a host whose owner is not told has a line of its own.
  static std::string line_of(const ticket& t) { return t.owner.empty() ? '/' + t.host : t.owner; }

  std::optional<refusal> reason_against(const of_class& c, const ticket& t, int64_t now_ms) const {
    if (t.due_ms <= now_ms)
      return refusal::late;
    if (c.waiting >= limits_.most[t.what])
      return refusal::full;
    if (auto host = c.per_host.find(t.host);
        host != c.per_host.end() && host->second >= limits_.most_of_host[t.what])
      return refusal::host_full;
    auto line = c.lines.find(line_of(t));
    if (line == c.lines.end())
      return {};
    if (!t.owner.empty() && line->second.size() >= limits_.most_of_owner[t.what])
      return refusal::owner_full;
    // Whoever is first in line waits at least as long as this would.
    auto left = std::min(limits_.patience_ms, t.due_ms - now_ms);
    if (now_ms - line->second.front().since_ms >= left)
      return refusal::slow;
    return {};
  }

  template <class May>
  std::optional<urgency> whose_turn(May& may) const {
    std::optional<urgency> best;
    for (auto what : all_urgencies)
      if (classes_[what].waiting > 0 && may(what) &&
          (!best || classes_[what].turns < classes_[*best].turns))
        best = what;
    return best;
  }

  entry take_first(of_class& c) {
    auto key = std::move(c.order.front());
    c.order.pop_front();
    auto line = c.lines.find(key);
    auto x = std::move(line->second.front());
    line->second.pop_front();
    if (line->second.empty())
      c.lines.erase(line);
    else
      c.order.push_back(std::move(key)); // The other owners come first.
    if (!x.how.host.empty())
      if (auto host = c.per_host.find(x.how.host); --host->second == 0)
        c.per_host.erase(host);
    --c.waiting;
    --size_;
    return x;
  }

  queue_limits limits_;
  per_urgency<of_class> classes_;
  double turn_ = 0; ///< Of the class that came last.
  size_t size_ = 0;
};

} // namespace aops::base
