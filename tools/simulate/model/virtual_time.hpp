#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

/// A seeded world without a clock: random numbers and events in order.
namespace aops::simulate {

/// The same numbers everywhere (SplitMix64), unlike those of the standard library.
class random_source {
public:
  explicit random_source(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 0x1234567) {}

  uint64_t next() {
    auto z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  /// From `low` to `high`, both included.
  int64_t between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(next() % static_cast<uint64_t>(high - low + 1));
  }

  bool chance(int percent) { return static_cast<int>(next() % 100) < percent; }

private:
  uint64_t state_;
};

enum class event_kind : uint8_t {
  fault,        ///< The next one of the scenario.
  renew,        ///< A node's renewal is due.
  link_check,   ///< A node's links look at their peers.
  sample,       ///< A round of samples is due at a node.
  look,         ///< A node looks for jobs.
  unit_worked,  ///< A unit's work is done: to be stored.
  retry,        ///< A slot of a node tries again after a failure.
  news,         ///< A peer says that the map changed.
  job_news,     ///< A peer says that a job was added in `slot`.
  link_broken,  ///< A node's link to `peer` broke.
  client,       ///< A client creates job `number`.
  request,      ///< A request reaches the store.
  commit,       ///< The COMMIT of an owner reaches the store.
  idle_timeout, ///< The store ends a transaction whose owner is silent.
  granted,      ///< An owner hears that its fence holds.
  answer,       ///< A node hears the outcome.
  deadline,     ///< A node gives up waiting for the outcome.
  watch         ///< Is the bound kept?
};

/// Something that happens to a node (`life`: its process then) or to the world.
struct event {
  int64_t at_ms = 0;
  uint64_t order = 0; ///< Of those at the same time.
  event_kind kind = event_kind::fault;
  int16_t node = -1;
  int16_t peer = -1;
  uint16_t slot = 0;
  uint32_t life = 0;
  uint32_t number = 0; ///< Request, job or fault.
  uint32_t stamp = 0;  ///< Generation of what `number` or `slot` names.
};

class event_queue {
public:
  void push(event x) {
    x.order = ++count_;
    heap_.push_back(x);
    std::push_heap(heap_.begin(), heap_.end(), later);
  }

  event pop() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    auto x = heap_.back();
    heap_.pop_back();
    return x;
  }

  bool empty() const { return heap_.empty(); }
  uint64_t count() const { return count_; }

private:
  static bool later(const event& a, const event& b) {
    return a.at_ms != b.at_ms ? a.at_ms > b.at_ms : a.order > b.order;
  }

  std::vector<event> heap_;
  uint64_t count_ = 0;
};

} // namespace aops::simulate
