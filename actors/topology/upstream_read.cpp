#include "actors/topology/upstream_read.hpp"

#include "actors/topology/link_rows.hpp"
#include "runtime/io/storage/result_repository.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace aops::actors {

namespace {

/// Links read for one query.
constexpr int64_t most_upstream_links = 100'000;

/// One query on its way.
class upstream_reading {
public:
  upstream_reading(storage::database& db,
                   const std::string& owner,
                   const topology::viewer& who,
                   const upstream_query& q,
                   int64_t now_ms,
                   const topology::topology_rules& rules)
      : db_(db), owner_(owner), who_(who), q_(q), now_ms_(now_ms),
        silence_ms_(topology::silence_of(rules)) {}

  expected<upstream_found> run() {
    auto rows = links_.hosts_of(owner_);
    if (!rows)
      return fail(std::move(rows.error()));
    hosts_ = actors::hosts_of(*rows);
    for (const auto& x : hosts_)
      by_id_[x.host_id] = &x;
    owners_ = topology::owners_of(hosts_, who_);
    for (size_t i = 0; i + 1 < q_.bounds_ms.size(); ++i)
      if (auto done = look_at(q_.bounds_ms[i], q_.bounds_ms[i + 1]); !done)
        return fail(std::move(done.error()));
    if (auto done = read_hosts(); !done)
      return fail(std::move(done.error()));
    return std::move(out_);
  }

private:
  expected<void> look_at(int64_t start_ms, int64_t end_ms) {
    upstream_slice slice;
    auto root = by_id_.find(q_.host_id);
    slice.is_known = root != by_id_.end() && root->second->first_ms <= end_ms &&
                     root->second->seen_ms + silence_ms_ >= start_ms;
    if (slice.is_known) {
      topology::dependency_walk walk{owners_, who_, q_.host_id, q_.depth};
      for (int64_t away = 1; !walk.wanted().empty(); ++away) {
        std::vector<topology::past_link> links;
        for (const auto& id : walk.wanted()) {
          auto all = links_of_host(id);
          if (!all)
            return fail(std::move(all.error()));
          for (const auto& x : **all)
            if (was_there(x, start_ms, end_ms))
              links.push_back(x);
        }
        if (room_ <= 0)
          cut(slice, away);
        walk.give(links);
      }
      auto found = walk.result();
      for (auto& x : found.hosts) {
        auto away = static_cast<int64_t>(x.path.size());
        if (slice.hosts.size() == most_upstream_hosts) {
          cut(slice, away);
          break;
        }
        if (!needed_.contains(x.host_id) && needed_.size() == most_upstream_hosts_in_all) {
          cut(slice, away);
          continue;
        }
        needed_.insert(x.host_id);
        slice.hosts.push_back(std::move(x));
      }
    }
    if (!slice.hosts.empty()) {
      from_ms_ = std::min(from_ms_, start_ms);
      until_ms_ = std::max(until_ms_, end_ms);
    }
    out_.slices.push_back(std::move(slice));
    return {};
  }

  /// Hosts so many links away, or more, may be missing.
  static void cut(upstream_slice& of, int64_t away) {
    of.cut_from = of.cut_from == 0 ? away : std::min(of.cut_from, away);
  }

  bool was_there(const topology::past_link& x, int64_t start_ms, int64_t end_ms) const {
    auto of = by_id_.find(x.host_id);
    auto end =
      of == by_id_.end() ? x.end_ms : topology::end_of(x, *of->second, silence_ms_, now_ms_);
    return x.begin_ms <= end_ms && (end == 0 || end >= start_ms);
  }

  /// All of the time that is asked about: each host is read once, whatever the slices are.
  expected<const std::vector<topology::past_link>*> links_of_host(const std::string& id) {
    auto [known, is_new] = links_of_.try_emplace(id);
    if (is_new) {
      auto rows = links_.links_of_host(
        id, q_.bounds_ms.front(), q_.bounds_ms.back() + 1, std::max<int64_t>(room_, 1));
      if (!rows)
        return fail(std::move(rows.error()));
      room_ -= static_cast<int64_t>(rows->size());
      known->second = actors::links_of(*rows);
    }
    return &known->second;
  }

  expected<void> read_hosts() {
    storage::result_repository results{db_};
    size_t count = 0;
    for (const auto& id : needed_) {
      upstream_host x;
      x.host_id = id;
      if (const auto* seen = who_.find(id))
        x.host_name = seen->name;
      auto judged = links_.judged(id, from_ms_, until_ms_);
      if (!judged)
        return fail(std::move(judged.error()));
      x.since_ms = judged->since_ms;
      x.until_ms = judged->until_ms;
      x.deviations = std::move(judged->deviations);
      auto rows = results.overlapping({owner_, id, q_.check_items, from_ms_, until_ms_});
      if (!rows)
        return fail(std::move(rows.error()));
      auto room = most_upstream_results - count;
      if (rows->size() > room) {
        rows->resize(room);
        out_.is_cut = true;
      }
      count += rows->size();
      x.results = std::move(*rows);
      out_.hosts.push_back(std::move(x));
    }
    return {};
  }

  storage::database& db_;
  storage::topology_repository links_{db_};
  const std::string& owner_;
  const topology::viewer& who_;
  const upstream_query& q_;
  int64_t now_ms_, silence_ms_;
  std::vector<topology::past_host> hosts_;
  topology::address_owners owners_;
  std::map<std::string, const topology::past_host*> by_id_;
  std::map<std::string, std::vector<topology::past_link>> links_of_;
  int64_t room_ = most_upstream_links;
  std::set<std::string> needed_;
  int64_t from_ms_ = INT64_MAX, until_ms_ = INT64_MIN; ///< Slices in which any host was needed.
  upstream_found out_;
};

} // namespace

expected<upstream_found> upstream_in(storage::database& db,
                                     const std::string& owner,
                                     const topology::viewer& who,
                                     const upstream_query& q,
                                     int64_t now_ms,
                                     const topology::topology_rules& rules) {
  return upstream_reading{db, owner, who, q, now_ms, rules}.run();
}

} // namespace aops::actors
