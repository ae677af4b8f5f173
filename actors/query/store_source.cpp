#include "actors/query/store_source.hpp"

#include "messages/query.hpp"
#include "runtime/core/check/own_series.hpp"
#include "runtime/io/storage/sample_archive.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
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

/// What the name of a series has to be, where the matchers say that.
std::optional<std::string> only_name(const std::vector<matcher>& all) {
  for (const auto& m : all)
    if (m.name() == promql::metric_name && m.kind() == promql::match_kind::equal)
      return m.value();
  return {};
}

bool may_be_own(const std::vector<matcher>& all) {
  return name_matches(all, check::up_series) || name_matches(all, check::duration_series);
}

bool may_be_alerts(const std::vector<matcher>& all) {
  return name_matches(all, alerts_series) || name_matches(all, alert_state_series);
}

bool are_alerts_only(const std::vector<matcher>& all) {
  auto name = only_name(all);
  return name && (*name == alerts_series || *name == alert_state_series);
}

/// Stretches of alerts that one selection may read.
constexpr int64_t most_stretches = 100'000;

/// Alerts whose series are listed are those of the last day.
constexpr int64_t listed_alerts_ms = int64_t{24} * 3600 * 1000;

/// The series of an alert, by the name of their metric.
labels alert_labels(const labels& host, const alert_stretch& x, std::string_view name) {
  labels out{{std::string{promql::metric_name}, std::string{name}}};
  for (auto& [label, value] : labels_of_alert(host, x))
    out.emplace_back(label, value);
  if (name == alerts_series)
    out.emplace_back("alertstate", "firing");
  return promql::make_labels(std::move(out));
}

constexpr int64_t hour_ms = 3600 * 1000;

/// What an hour of a host takes in the cache, about: hosts of many series take more.
constexpr size_t usual_hour_bytes = 160 << 10;

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

/// How a selection is read.
struct store_source::reading_plan {
  const promql::selection& wanted;
  std::vector<std::string> names;
  bool needs_series = true;
};

/// One host's share of a selection, piece after piece.
class store_source::host_reading {
public:
  host_reading(const queried_host& host, const promql::selection& wanted)
      : from_ms(std::max<int64_t>(wanted.after_ms, -1) + 1), host_(&host), wanted_(&wanted) {
    for (auto [own, name] : {std::pair{&up_, check::up_series}, {&took_, check::duration_series}})
      if (auto full = matching(wanted.matchers, host.labels, own_key(name)))
        *own = add(std::move(*full));
  }

  int64_t from_ms; ///< What is before was read.
  bool is_done = false;
  bool is_kept = false; ///< What is read goes into the cache.

  const std::string& host_id() const { return host_->host_id; }
  size_t size() const { return all_.size(); }

  /// What the slots of the next pieces stand for.
  void know(const std::vector<series_entry>& series) {
    for (auto& x : all_)
      x.slots.clear();
    for (const auto& x : series) {
      auto known = by_key_.find(x.key);
      if (known == by_key_.end()) {
        auto full = matching(wanted_->matchers, host_->labels, x.key);
        if (!full)
          continue;
        known = by_key_.emplace(x.key, add(std::move(*full))).first;
      }
      all_[known->second].slots.push_back(x.slot);
    }
  }

  std::vector<uint32_t> slots() const {
    std::vector<uint32_t> out;
    for (const auto& x : all_)
      out.insert(out.end(), x.slots.begin(), x.slots.end());
    std::sort(out.begin(), out.end());
    return out;
  }

  /// @param pieces Those that count come last. @returns How many points came.
  size_t take(const std::vector<columns_ptr>& pieces) {
    auto before = count_;
    table x{*wanted_, pieces};
    for (uint32_t i = 0; i < all_.size(); ++i) {
      if (i == up_)
        x.fill([](const auto& c, size_t r) { return c.answered(r) ? 1.0 : 0.0; },
               [](const auto&, size_t) { return true; });
      else if (i == took_)
        x.fill([](const auto& c, size_t r) { return c.duration_s(r); },
               [](const auto& c, size_t r) { return c.answered(r); });
      else if (!x.read(all_[i].slots) && !all_[i].is_there)
        continue;
      put(all_[i], x);
    }
    return count_ - before;
  }

  void hand_over(std::vector<promql::series>& out) {
    for (auto& x : all_)
      if (!x.points.empty())
        out.push_back({std::move(x.metric), std::make_unique<whole_piece>(std::move(x.points))});
  }

private:
  struct one {
    labels metric;
    std::vector<promql::point> points;
    std::vector<uint32_t> slots; ///< More than one: the first that a round has counts.
    bool is_there = false;       ///< In the last round.
  };

  /// The rounds of some pieces beside one another, and what they say of one series.
  struct table {
    table(const promql::selection& wanted, const std::vector<columns_ptr>& from) : pieces(from) {
      for (const auto& x : pieces)
        times.insert(times.end(), x->times().begin(), x->times().end());
      values.resize(times.size());
      is_there.resize(times.size());
      for (uint32_t i = 0; i < times.size(); ++i)
        if (times[i] > wanted.after_ms && times[i] <= wanted.until_ms)
          order.push_back(i);
      auto is_before = [&](uint32_t a, uint32_t b) { return times[a] < times[b]; };
      if (!std::is_sorted(order.begin(), order.end(), is_before))
        std::stable_sort(order.begin(), order.end(), is_before);
      // Of rounds of the same time the last one counts.
      size_t kept = 0;
      for (size_t i = 0; i < order.size(); ++i)
        if (i + 1 == order.size() || times[order[i]] != times[order[i + 1]])
          order[kept++] = order[i];
      order.resize(kept);
    }

    /// @returns Whether any round has them.
    bool read(const std::vector<uint32_t>& slots) {
      std::fill(is_there.begin(), is_there.end(), 0);
      size_t at = 0;
      bool any = false;
      for (const auto& x : pieces) {
        auto count = x->times().size();
        for (auto slot : slots)
          any |= x->read(
            slot, std::span(values).subspan(at, count), std::span(is_there).subspan(at, count));
        at += count;
      }
      return any;
    }

    template <class Value, class Has>
    void fill(Value value, Has has) {
      size_t at = 0;
      for (const auto& x : pieces)
        for (size_t i = 0; i < x->times().size(); ++i, ++at) {
          values[at] = value(*x, i);
          is_there[at] = has(*x, i) ? 1 : 0;
        }
    }

    const std::vector<columns_ptr>& pieces;
    std::vector<int64_t> times;
    std::vector<double> values;
    std::vector<uint8_t> is_there;
    std::vector<uint32_t> order; ///< Rounds that count, by time.
  };

  uint32_t add(labels metric) {
    all_.push_back({std::move(metric), {}, {}, false});
    return static_cast<uint32_t>(all_.size() - 1);
  }

  void put(one& to, const table& x) {
    auto before = to.points.size();
    if (auto room = before + x.order.size(); room > to.points.capacity())
      to.points.reserve(std::max(room, before * 2));
    for (auto i : x.order)
      if (x.is_there[i]) {
        to.points.push_back({x.times[i], x.values[i]});
        to.is_there = true;
      } else if (std::exchange(to.is_there, false)) {
        // What was there in the round before and is no more has ended.
        to.points.push_back({x.times[i], promql::stale_marker()});
      }
    count_ += to.points.size() - before;
  }

  const queried_host* host_;
  const promql::selection* wanted_;
  std::vector<one> all_;
  std::optional<uint32_t> up_, took_;
  std::map<series_key, uint32_t> by_key_;
  size_t count_ = 0;
};

store_source::store_source(std::vector<queried_host> hosts,
                           piece_reading read,
                           piece_cache& cache,
                           const std::atomic<bool>& cancelled,
                           source_limits limits)
    : hosts_(std::move(hosts)), read_(std::move(read)), cache_(cache), cancelled_(cancelled),
      limits_(limits) {}

expected<pieces_found> store_source::ask(const pieces_query& q) {
  if (cancelled_.load(std::memory_order_relaxed))
    return fail(ec::cancelled);
  return read_(q);
}

/// @param known What was there when it was asked for.
expected<void> store_source::take(host_reading& reading,
                                  host_pieces found,
                                  std::vector<piece_cache::item> known,
                                  const reading_plan& plan) {
  reading.know(found.series);
  reading.from_ms = found.until_ms + 1;
  reading.is_done = reading.size() == 0 || found.until_ms >= plan.wanted.until_ms;
  if (reading.size() == 0 || found.pieces.empty())
    return {};
  std::map<piece_key, columns_ptr> kept;
  for (auto& x : known)
    kept.emplace(x.key, std::move(x.columns));
  // Rows are newer than what is packed, and what was packed later is newer, too.
  std::stable_sort(found.pieces.begin(), found.pieces.end(), [](const auto& a, const auto& b) {
    return std::pair{a.key.chunk == 0, a.key.chunk} < std::pair{b.key.chunk == 0, b.key.chunk};
  });
  const auto slots = reading.is_kept ? std::vector<uint32_t>{} : reading.slots();
  std::vector<columns_ptr> pieces;
  for (auto& x : found.pieces) {
    if (x.is_known) {
      pieces.push_back(kept[x.key]);
      continue;
    }
    if (x.key.chunk != 0) {
      auto rows = storage::unpack_chunk(x.packed);
      if (!rows)
        return fail(std::move(rows.error()));
      x.rows = std::move(*rows);
    }
    auto columns = check::round_columns::of(x.rows, reading.is_kept ? nullptr : &slots);
    if (!columns)
      return fail(std::move(columns.error()));
    pieces.push_back(std::make_shared<const check::round_columns>(std::move(*columns)));
    if (reading.is_kept)
      cache_.put(reading.host_id(), {x.key, pieces.back()});
  }
  points_ += reading.take(pieces);
  if (points_ > limits_.most_points)
    return fail(ec::overloaded,
                "query processing would load too many samples into memory in query execution");
  return {};
}

expected<void> store_source::read_group(std::span<host_reading> group, const reading_plan& plan) {
  const auto span_ms =
    std::max<int64_t>(limits_.hours_at_once / static_cast<int64_t>(group.size()), 1) * hour_ms;
  for (;;) {
    pieces_query q;
    q.names = plan.names;
    q.needs_series = plan.needs_series;
    q.newest_only = plan.wanted.newest_only;
    std::map<std::string, std::pair<host_reading*, std::vector<piece_cache::item>>> asked;
    auto from = plan.wanted.until_ms;
    for (auto& x : group)
      if (!x.is_done)
        from = std::min(from, x.from_ms);
    q.until_ms = from + std::min(span_ms - 1, plan.wanted.until_ms - from);
    for (auto& x : group) {
      if (x.is_done || x.from_ms > q.until_ms)
        continue;
      auto& [reading, known] = asked[x.host_id()];
      reading = &x;
      if (!q.newest_only)
        known = cache_.of(x.host_id(), x.from_ms, q.until_ms);
      q.hosts.push_back({x.host_id(), x.from_ms, {}});
      for (const auto& item : known)
        q.hosts.back().known.push_back(item.key);
    }
    if (q.hosts.empty())
      return {};
    auto found = ask(q);
    if (!found)
      return fail(std::move(found.error()));
    for (auto& x : found->hosts) {
      auto at = asked.find(x.host_id);
      if (at == asked.end())
        continue;
      auto& [reading, known] = at->second;
      if (auto taken = take(*reading, std::move(x), std::move(known), plan); !taken)
        return taken;
      asked.erase(at);
    }
    for (auto& [host, x] : asked) // Deleted meanwhile.
      x.first->is_done = true;
    if (cancelled_.load(std::memory_order_relaxed))
      return fail(ec::cancelled);
  }
}

void store_source::know_alerts(std::string owner, alert_reading read, int64_t now_ms) {
  alerts_ = alerts_known{std::move(owner), std::move(read), now_ms};
}

expected<alert_history> store_source::ask_alerts(const std::vector<matcher_list>& any_of,
                                                 int64_t from_ms,
                                                 int64_t until_ms) {
  if (cancelled_.load(std::memory_order_relaxed))
    return fail(ec::cancelled);
  alert_history_query q{alerts_->owner, {}, {}, from_ms, std::min(until_ms, alerts_->now_ms), 0};
  q.most = most_stretches;
  for (const auto& host : hosts_)
    if (any_of.empty() || std::any_of(any_of.begin(), any_of.end(), [&](const auto& all) {
          return may_match(all, host.labels);
        }))
      q.hosts.push_back(host.host_id);
  return alerts_->read(q);
}

expected<void> store_source::select_alerts(const promql::selection& wanted,
                                           std::vector<promql::series>& out) {
  // One millisecond before: what ended then ends here.
  auto found = ask_alerts({wanted.matchers}, wanted.after_ms, wanted.until_ms);
  if (!found)
    return fail(std::move(found.error()));
  std::map<std::string_view, const labels*> hosts;
  for (const auto& x : hosts_)
    hosts.emplace(x.host_id, &x.labels);
  std::map<labels, std::vector<promql::point>> all;
  for (const auto& x : found->all) {
    auto host = hosts.find(x.host_id);
    if (host == hosts.end())
      continue;
    for (auto name : {alerts_series, alert_state_series}) {
      auto full = alert_labels(*host->second, x, name);
      if (!promql::matches(wanted.matchers, full))
        continue;
      auto& points = all[std::move(full)];
      auto before = points.size();
      append_alert_points(points,
                          x,
                          name == alert_state_series,
                          wanted.after_ms,
                          std::min(wanted.until_ms, alerts_->now_ms),
                          wanted.newest_only);
      points_ += points.size() - before;
      if (points_ > limits_.most_points)
        return fail(ec::overloaded,
                    "query processing would load too many samples into memory in query execution");
      if (all.size() > wanted.most_series)
        return fail(ec::overloaded, "the query selects more series than it may");
    }
  }
  for (auto& [metric, points] : all) {
    // Of two that share a moment, one that ends and one that begins, the later one counts.
    std::stable_sort(points.begin(), points.end(), [](const auto& a, const auto& b) {
      return a.time_ms < b.time_ms;
    });
    std::vector<promql::point> kept;
    for (const auto& x : points)
      if (!kept.empty() && kept.back().time_ms == x.time_ms)
        kept.back() = promql::is_stale(x.value) ? kept.back() : x;
      else
        kept.push_back(x);
    if (!kept.empty())
      out.push_back({metric, std::make_unique<whole_piece>(std::move(kept))});
  }
  return {};
}

expected<std::vector<promql::series>> store_source::select(const promql::selection& wanted) {
  std::vector<promql::series> out;
  if (alerts_ && may_be_alerts(wanted.matchers))
    if (auto read = select_alerts(wanted, out); !read)
      return fail(std::move(read.error()));
  if (alerts_ && are_alerts_only(wanted.matchers))
    return out;
  reading_plan plan{wanted, {}, !may_be_own(wanted.matchers)};
  if (auto name = only_name(wanted.matchers))
    plan.names.push_back(std::move(*name));
  std::vector<host_reading> all;
  for (const auto& host : hosts_)
    if (may_match(wanted.matchers, host.labels))
      all.emplace_back(host, wanted);
  // Of more than fits the same hosts are kept each time: else each would drive out the next one.
  const auto hours =
    static_cast<size_t>(std::max<int64_t>(wanted.until_ms - wanted.after_ms, 0) / hour_ms + 1);
  const auto kept_hosts = wanted.newest_only ? 0 : cache_.most_bytes() / usual_hour_bytes / hours;
  for (size_t i = 0; i < std::min(kept_hosts, all.size()); ++i)
    all[i].is_kept = true;
  size_t series = out.size();
  for (size_t i = 0; i < all.size(); i += limits_.hosts_at_once) {
    auto group = std::span(all).subspan(i, std::min(limits_.hosts_at_once, all.size() - i));
    if (auto read = read_group(group, plan); !read)
      return fail(std::move(read.error()));
    for (auto& x : group) {
      series += x.size();
      if (series > wanted.most_series)
        return fail(ec::overloaded, "the query selects more series than it may");
      x.hand_over(out);
    }
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
  if (alerts_ && (any_of.empty() || std::any_of(any_of.begin(), any_of.end(), may_be_alerts))) {
    auto found = ask_alerts(any_of, alerts_->now_ms - listed_alerts_ms, alerts_->now_ms);
    if (!found)
      return fail(std::move(found.error()));
    std::map<std::string_view, const labels*> known;
    for (const auto& x : hosts_)
      known.emplace(x.host_id, &x.labels);
    std::set<labels> listed;
    for (const auto& x : found->all)
      if (auto host = known.find(x.host_id); host != known.end())
        for (auto name : {alerts_series, alert_state_series})
          if (auto full = alert_labels(*host->second, x, name); fits(full))
            listed.insert(std::move(full));
    for (const auto& x : listed)
      if (!take(x))
        return {};
  }
  if (alerts_ && !any_of.empty() && std::all_of(any_of.begin(), any_of.end(), are_alerts_only))
    return {};
  std::vector<const queried_host*> hosts;
  for (const auto& host : hosts_)
    if (any_of.empty() || std::any_of(any_of.begin(), any_of.end(), [&](const auto& all) {
          return may_match(all, host.labels);
        }))
      hosts.push_back(&host);
  pieces_query q;
  q.until_ms = -1; // Series alone.
  for (const auto& all : any_of) {
    auto name = only_name(all);
    if (!name) {
      q.names.clear();
      break;
    }
    q.names.push_back(std::move(*name));
  }
  for (size_t i = 0; i < hosts.size(); i += limits_.hosts_at_once) {
    const auto end = std::min(i + limits_.hosts_at_once, hosts.size());
    q.hosts.clear();
    for (auto at = i; at < end; ++at)
      q.hosts.push_back({hosts[at]->host_id, 0, {}});
    auto found = ask(q);
    if (!found)
      return fail(std::move(found.error()));
    std::map<std::string_view, const host_pieces*> series;
    for (const auto& x : found->hosts)
      series.emplace(x.host_id, &x);
    for (auto at = i; at < end; ++at) {
      const auto& own = hosts[at]->labels;
      for (auto name : {check::up_series, check::duration_series})
        if (auto full = labels_of_series(own, own_key(name)); fits(full) && !take(full))
          return {};
      if (auto known = series.find(hosts[at]->host_id); known != series.end())
        for (const auto& x : known->second->series)
          if (auto full = labels_of_series(own, x.key); fits(full) && !take(full))
            return {};
    }
  }
  return {};
}

} // namespace aops::actors
