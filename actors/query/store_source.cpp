#include "actors/query/store_source.hpp"

#include "messages/query.hpp"
#include "runtime/base/address.hpp"
#include "runtime/core/check/own_series.hpp"
#include "runtime/core/check/round_codec.hpp"

#include <algorithm>
#include <optional>
#include <span>

namespace aops::actors {

namespace {

using promql::labels;
using promql::matcher;

/// Whether a host can have series that match, as far as its own labels tell.
bool may_match(const std::vector<matcher>& all, const labels& host) {
  return std::all_of(all.begin(), all.end(), [&](const matcher& m) {
    auto value = promql::value_of(host, m.name());
    return value.empty() || m.matches(value);
  });
}

bool name_matches(const std::vector<matcher>& all, std::string_view name) {
  return std::all_of(all.begin(), all.end(), [&](const matcher& m) {
    return m.name() != promql::metric_name || m.matches(name);
  });
}

/// The labels of a series that matches.
std::optional<labels>
matching(const std::vector<matcher>& all, const labels& host, const series_key& key) {
  if (!name_matches(all, key.name))
    return {};
  auto full = labels_of_series(host, key);
  if (!promql::matches(all, full))
    return {};
  return full;
}

/// A stretch of rounds that costs no more to read than what series there are.
constexpr int64_t cheap_ms = 15 * 60 * 1000;

series_key own_key(std::string_view name) { return {std::string{name}, {}}; }

/// Points that are all there already.
class whole_piece : public promql::point_reader {
public:
  explicit whole_piece(std::vector<promql::point> points) : points_(std::move(points)) {}
  std::span<const promql::point> next() override {
    return std::exchange(is_read_, true) ? std::span<const promql::point>{}
                                         : std::span<const promql::point>{points_};
  }

private:
  std::vector<promql::point> points_;
  bool is_read_ = false;
};

} // namespace

labels labels_of_host(const host_record& host, int64_t default_port) {
  auto port = host.exporter_port != 0 ? host.exporter_port : default_port;
  return promql::make_labels({{"host", host.host_name},
                              {"host_id", host.host_id},
                              {"instance", base::with_port(host.public_ip, port)},
                              {"job", query_job}});
}

labels labels_of_series(const labels& host, const series_key& key) {
  labels out;
  out.reserve(host.size() + key.label.size() + 1);
  out.emplace_back(promql::metric_name, key.name);
  for (const auto& [name, value] : key.label) {
    bool is_taken = !promql::value_of(host, name).empty();
    out.emplace_back(is_taken ? "exported_" + name : name, value);
  }
  out.insert(out.end(), host.begin(), host.end());
  return promql::make_labels(std::move(out));
}

/// One host's share of a selection, round after round.
class store_source::host_reading {
public:
  host_reading(const queried_host& host, const promql::selection& wanted)
      : host_(host), wanted_(wanted) {
    for (auto [own, name] : {std::pair{&up_, check::up_series}, {&took_, check::duration_series}})
      if (auto full = matching(wanted.matchers, host.labels, own_key(name)))
        *own = add(std::move(*full));
  }

  bool wants_own() const { return up_ || took_; }

  /// What the slots of the next rows stand for.
  void know(const std::vector<series_entry>& series) {
    by_slot_.clear();
    for (const auto& x : series)
      if (auto full = matching(wanted_.matchers, host_.labels, x.key)) {
        if (x.slot >= by_slot_.size())
          by_slot_.resize(x.slot + size_t{1}, nothing);
        auto known = by_key_.try_emplace(x.key, 0);
        if (known.second)
          known.first->second = add(std::move(*full));
        by_slot_[x.slot] = known.first->second;
      }
  }

  /// @returns How many points came.
  size_t take(const check::round& x) {
    auto before = count_;
    ++round_;
    if (up_)
      put(*up_, x.time_ms, x.answered ? 1 : 0);
    if (took_ && x.answered)
      put(*took_, x.time_ms, x.duration_s);
    for (const auto& s : x.samples)
      if (s.slot < by_slot_.size() && by_slot_[s.slot] != nothing)
        put(by_slot_[s.slot], x.time_ms, s.value.as_double());
    // What was there in the round before and is no more has ended.
    for (auto place : present_before_)
      if (all_[place].round != round_) {
        all_[place].points.push_back({x.time_ms, promql::stale_marker()});
        ++count_;
      }
    present_before_.swap(present_);
    present_.clear();
    return count_ - before;
  }

  size_t size() const { return all_.size(); }

  void hand_over(std::vector<promql::series>& out) {
    for (auto& x : all_)
      if (!x.points.empty())
        out.push_back({std::move(x.metric), std::make_unique<whole_piece>(std::move(x.points))});
  }

private:
  static constexpr uint32_t nothing = UINT32_MAX;
  struct one {
    labels metric;
    std::vector<promql::point> points;
    uint64_t round = 0; ///< The last that had it.
  };

  uint32_t add(labels metric) {
    all_.push_back({std::move(metric), {}, 0});
    return static_cast<uint32_t>(all_.size() - 1);
  }

  void put(uint32_t place, int64_t time_ms, double value) {
    auto& x = all_[place];
    if (x.round == round_) // Twice in a round: the first counts.
      return;
    x.round = round_;
    x.points.push_back({time_ms, value});
    present_.push_back(place);
    ++count_;
  }

  const queried_host& host_;
  const promql::selection& wanted_;
  std::vector<one> all_;
  std::optional<uint32_t> up_, took_;
  std::map<series_key, uint32_t> by_key_;
  std::vector<uint32_t> by_slot_;
  std::vector<uint32_t> present_, present_before_;
  uint64_t round_ = 0;
  size_t count_ = 0;
};

store_source::store_source(std::vector<queried_host> hosts,
                           round_reading read,
                           const std::atomic<bool>& cancelled,
                           source_limits limits)
    : hosts_(std::move(hosts)), read_(std::move(read)), cancelled_(cancelled), limits_(limits) {}

expected<store_source::series_list> store_source::series_of(const queried_host& host) {
  if (auto it = known_.find(host.host_id); it != known_.end())
    return it->second;
  if (cancelled_.load(std::memory_order_relaxed))
    return fail(ec::cancelled);
  auto found = read_(samples_query{host.host_id, 1, 0, 0}); // Of no time: its series alone.
  if (!found && found.error() != ec::not_found)
    return fail(std::move(found.error()));
  return keep_series(host, found ? std::move(found->series) : std::vector<series_entry>{});
}

store_source::series_list store_source::keep_series(const queried_host& host,
                                                    std::vector<series_entry> series) {
  auto list = std::make_shared<const std::vector<series_entry>>(std::move(series));
  known_.insert_or_assign(host.host_id, list);
  return list;
}

expected<void> store_source::read_host(const queried_host& host,
                                       const promql::selection& wanted,
                                       std::vector<promql::series>& out) {
  host_reading reading{host, wanted};
  auto from = std::max<int64_t>(wanted.after_ms, -1) + 1;
  // Whether the host has such series at all is asked first where its rounds are dear to read.
  if (known_.contains(host.host_id) || wanted.until_ms - from > cheap_ms) {
    auto series = series_of(host);
    if (!series)
      return fail(std::move(series.error()));
    reading.know(**series);
    if (reading.size() == 0)
      return {};
  }
  while (from <= wanted.until_ms) {
    if (cancelled_.load(std::memory_order_relaxed))
      return fail(ec::cancelled);
    const bool is_last = wanted.until_ms - from < limits_.portion_ms; // One portion has all of it.
    auto found = read_(samples_query{host.host_id, from, wanted.until_ms, limits_.portion_ms});
    if (!found && found.error() == ec::not_found) // Deleted meanwhile.
      break;
    if (!found)
      return fail(std::move(found.error()));
    reading.know(found->series);
    if (found->rows.empty() || reading.size() == 0)
      break;
    for (const auto& row : found->rows) {
      auto round = check::decode_round(row.time_ms, row.blob);
      if (!round)
        return fail(std::move(round.error()));
      points_ += reading.take(*round);
      if (points_ > limits_.most_points)
        return fail(ec::overloaded,
                    "query processing would load too many samples into memory in query execution");
    }
    if (reading.size() + out.size() > wanted.most_series)
      return fail(ec::overloaded, "the query selects more series than it may");
    from = found->rows.back().time_ms + 1;
    keep_series(host, std::move(found->series));
    if (is_last)
      break;
  }
  reading.hand_over(out);
  return {};
}

expected<std::vector<promql::series>> store_source::select(const promql::selection& wanted) {
  std::vector<promql::series> out;
  for (const auto& host : hosts_) {
    if (!may_match(wanted.matchers, host.labels))
      continue;
    if (auto read = read_host(host, wanted, out); !read)
      return fail(std::move(read.error()));
  }
  return out;
}

expected<void> store_source::list(const std::vector<std::vector<matcher>>& any_of,
                                  const std::function<bool(const labels&)>& take) {
  auto fits = [&](const labels& x) {
    return any_of.empty() || std::any_of(any_of.begin(), any_of.end(), [&](const auto& all) {
             return promql::matches(all, x);
           });
  };
  for (const auto& host : hosts_) {
    if (!any_of.empty() && std::none_of(any_of.begin(), any_of.end(), [&](const auto& all) {
          return may_match(all, host.labels);
        }))
      continue;
    auto series = series_of(host);
    if (!series)
      return fail(std::move(series.error()));
    for (auto name : {check::up_series, check::duration_series})
      if (auto full = labels_of_series(host.labels, own_key(name)); fits(full) && !take(full))
        return {};
    for (const auto& x : **series)
      if (auto full = labels_of_series(host.labels, x.key); fits(full) && !take(full))
        return {};
  }
  return {};
}

} // namespace aops::actors
