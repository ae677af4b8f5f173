#include "actors/host/history_source.hpp"
#include "actors/host/history_turns.hpp"
#include "actors/host/host_ask.hpp"
#include "actors/host/prometheus_reader.hpp"
#include "messages/names.hpp"
#include "runtime/base/address.hpp"
#include "runtime/core/check/grid.hpp"

#include <limits>
#include <set>

namespace aops::actors {

namespace {

/// Rounds made of one read: an hour at the default period.
constexpr size_t most_rounds = 240;

/// How much one read may ask for. Where nothing is found the next read asks for twice as much, so
/// that an empty stretch costs few queries; the client splits what turns out large.
class stride {
public:
  size_t rounds() const { return most_rounds * factor_; }
  void found(bool something) { factor_ = something ? 1 : std::min(2 * factor_, most_factor); }

private:
  static constexpr size_t most_factor = 64;
  size_t factor_ = 1;
};

class prometheus_history final : public history_source {
public:
  explicit prometheus_history(source_links links)
      : links_(std::move(links)),
        offset_ms_(check::grid_offset_ms(links_.record.host_id, links_.services->period_ms())) {}

  check::time_basis job_basis() const override { return check::time_basis::delivered; }

  void read_rounds(history_order order, each_portion each, done finished) override {
    using check::kept_series;
    auto& wanted = order.wanted;
    wanted.push_back({kept_series::up, {std::string{check::up_series}, {}}});
    wanted.push_back({kept_series::duration, {std::string{check::duration_series}, {}}});
    auto x = std::make_shared<grid_read>();
    for (const auto& s : wanted) {
      x->slots.emplace(s.key, s.slot);
      x->next_slot = std::max(x->next_slot, s.slot + 1);
    }
    x->wanted = wanted_of(x->slots, order.matches);
    x->after_ms = order.from_ms - 1;
    x->order = std::move(order);
    x->each = std::move(each);
    x->finished = std::move(finished);
    read_on(x);
  }

  void run(std::shared_ptr<history_run> x, judged then) override {
    // What Prometheus does not have was not there: nobody here decides what it collects.
    x->since = [](const data_item&) { return std::numeric_limits<int64_t>::min(); };
    if (x->request.basis == check::time_basis::stored_grid)
      return history_source::run(std::move(x), std::move(then));
    if (x->results.size() == x->rules.size())
      return then(std::move(x->results));
    if (x->group_end == x->results.size())
      begin_delivered(*x);
    read_on(std::make_shared<delivered_read>(
      delivered_read{x, wanted_of(x->points, x->matches), std::move(then), {}}));
  }

private:
  /// Rounds on the grid, portion by portion.
  struct grid_read {
    history_order order;
    std::map<series_key, uint32_t> slots;
    uint32_t next_slot = 0;
    size_t matched = 0; ///< Slots of series that matches found.
    std::set<series_key> left_out;
    wanted_list wanted;
    int64_t after_ms = 0;
    each_portion each;
    done finished;
    stride step;
  };

  /// Samples with their own times for a group of rules.
  struct delivered_read {
    std::shared_ptr<history_run> run;
    wanted_list wanted;
    judged then;
    stride step;
  };

  template <class Value>
  static wanted_list wanted_of(const std::map<series_key, Value>& by_key,
                               const std::vector<matched_series>& matches) {
    auto out = std::make_shared<wanted_series>();
    for (const auto& [key, value] : by_key)
      out->keys.push_back(key);
    std::set<prometheus_api::series_match> found;
    for (const auto& x : matches)
      found.insert({x.name, x.match->text()});
    out->matches.assign(found.begin(), found.end());
    return out;
  }

  static bool is_matched(const std::vector<matched_series>& matches, const series_key& key) {
    return std::any_of(matches.begin(), matches.end(), [&](const matched_series& x) {
      return x.name == key.name && x.match->matches(key.label);
    });
  }

  size_t most_matched() const {
    return static_cast<size_t>(links_.services->config->check.max_matched_series);
  }

  /// Of a series that was found: as ordered, or a new one when it is the first of its kind.
  std::optional<uint32_t> slot_for(grid_read& x, const series_key& key) const {
    auto known = x.slots.find(key);
    if (known != x.slots.end())
      return known->second;
    if (!is_matched(x.order.matches, key))
      return {};
    std::optional<uint32_t> slot;
    if (x.order.slot_of)
      slot = x.order.slot_of(key);
    else if (x.matched < most_matched() || (x.order.is_kept && x.order.is_kept(key)))
      slot = x.next_slot++;
    else if (x.left_out.size() < most_matched())
      x.left_out.insert(key);
    if (!slot)
      return {};
    ++x.matched;
    x.slots.emplace(key, *slot);
    x.order.wanted.push_back({*slot, key});
    return slot;
  }

  void read(const wanted_list& wanted,
            int64_t from_ms,
            int64_t until_ms,
            read_kind how,
            std::function<void(expected<samples_read>)> then) {
    if (how == read_kind::background)
      return links_.turns.ask([this, wanted, from_ms, until_ms, then = std::move(then)] {
        read(
          wanted, from_ms, until_ms, read_kind::asked, [this, then](expected<samples_read> found) {
            links_.turns.done();
            then(std::move(found));
          });
      });
    const auto& c = *links_.services->config;
    read_order order{instance_of(links_.record),
                     base::with_port(links_.record.public_ip, c.scrape.port),
                     wanted,
                     from_ms,
                     until_ms};
    ask<prometheus_reader_actor>(links_.self,
                                 *links_.services->names,
                                 prometheus_reader_name,
                                 2 * read_deadline(c),
                                 std::move(then),
                                 std::move(order));
  }

  bool is_too_late(int64_t deadline_ms) const {
    return deadline_ms > 0 && links_.services->clock->now_ms() > deadline_ms;
  }

  error too_late() const { return {ec::timed_out, "history of host " + links_.record.host_id}; }

  void read_on(std::shared_ptr<grid_read> x) {
    const auto& order = x->order;
    auto period = links_.services->period_ms();
    auto times =
      check::missing_grid(x->after_ms, order.until_ms, period, offset_ms_, 0, x->step.rounds());
    if (times.empty())
      return x->finished({});
    if (is_too_late(order.deadline_ms))
      return x->finished(fail(too_late()));
    x->after_ms = times.back();
    auto from = times.front() - period, until = times.back() + period;
    read(x->wanted,
         from,
         until,
         order.how,
         [this, x, times = std::move(times)](expected<samples_read> found) {
           if (!found)
             return x->finished(fail(found.error()));
           x->step.found(!found->series->empty());
           if (!x->each(rounds_of(*x, *found->series, times)))
             return x->finished({});
           read_on(x);
         });
  }

  history_portion rounds_of(grid_read& x,
                            const std::vector<series_points>& found,
                            const std::vector<int64_t>& times) {
    history_portion out;
    std::vector<check::raw_series> raw;
    std::span<const check::point> up;
    for (const auto& s : found)
      if (auto slot = slot_for(x, s.key)) {
        raw.push_back({*slot, s.points});
        if (*slot == check::kept_series::up)
          up = s.points;
      }
    out.series = x.order.wanted;
    out.left_out = x.left_out;
    auto period = links_.services->period_ms();
    out.rounds = check::rounds_on_grid(raw, times, period);
    for (auto& round : out.rounds)
      if (!round.answered) {
        bool is_known = check::nearest_sample(up, round.time_ms, period).has_value();
        round.reason = is_known ? "Prometheus could not scrape the host (its `up` is 0)"
                                : "Prometheus has no sample of the host";
        if (!is_known)
          out.silent.push_back(round.time_ms);
      }
    return out;
  }

  std::vector<check::point>* points_for(history_run& x, const series_key& key) const {
    auto known = x.points.find(key);
    if (known != x.points.end())
      return &known->second;
    if (!is_matched(x.matches, key))
      return nullptr;
    if (x.points.size() < x.named + most_matched() || (x.is_kept && x.is_kept(key)))
      return &x.points[key];
    if (x.left_out.size() < most_matched())
      x.left_out.insert(key);
    return nullptr;
  }

  static void begin_delivered(history_run& x) {
    begin_group(x);
    x.points.clear();
    x.matches.clear();
    for (auto i = x.results.size(); i < x.group_end; ++i)
      for (const auto& [item, match, agg, is_needed, lines] : x.rules[i]->items)
        if (item.type != "kpi" || !is_needed)
          continue;
        else if (match)
          x.matches.push_back({item.name, match});
        else
          x.points[{item.name, item.label}];
    x.named = x.points.size();
  }

  void read_on(std::shared_ptr<delivered_read> d) {
    auto& x = *d->run;
    if (x.next_ms > x.request.end_ms || (d->wanted->keys.empty() && d->wanted->matches.empty())) {
      judge(x);
      return run(d->run, std::move(d->then));
    }
    if (is_too_late(x.deadline_ms))
      return d->then(fail(too_late()));
    auto until = std::min(
      x.request.end_ms,
      x.next_ms + static_cast<int64_t>(d->step.rounds()) * links_.services->period_ms() - 1);
    read(d->wanted, x.next_ms, until, x.how, [this, d, until](expected<samples_read> found) {
      if (!found)
        return d->then(fail(found.error()));
      auto& x = *d->run;
      x.next_ms = until + 1;
      d->step.found(!found->series->empty());
      for (const auto& s : *found->series)
        if (auto* points = points_for(x, s.key))
          points->insert(points->end(), s.points.begin(), s.points.end());
      read_on(d);
    });
  }

  /// Each rule sees what it would have asked for alone: where its alignment begins depends on it.
  static void judge(history_run& x) {
    while (x.results.size() < x.group_end) {
      const auto& rule = x.rules[x.results.size()];
      auto range = check::range_to_fetch(*rule, x.request);
      check::run_data data;
      auto points_from = [&](const std::vector<check::point>& points) {
        auto first = std::lower_bound(
          points.begin(), points.end(), range.from_ms, [](const check::point& p, int64_t t) {
            return p.time_ms < t;
          });
        return std::span<const check::point>{first, points.end()};
      };
      for (const auto& wanted : rule->items) {
        const auto& [item, match, agg, is_needed, lines] = wanted;
        auto& d = data.items.emplace_back();
        if (item.type != "kpi")
          continue;
        if (match) {
          d.left_out = left_out_of(x, wanted);
          for (auto it = x.points.lower_bound({item.name, {}});
               it != x.points.end() && it->first.name == item.name;
               ++it)
            if (match->matches(it->first.label))
              d.series.push_back({0, it->first.label, points_from(it->second)});
        } else if (auto it = x.points.find({item.name, item.label}); it != x.points.end()) {
          d.points = points_from(it->second);
        }
      }
      x.results.push_back(check::run_rule(rule, x.request, data));
    }
  }

  source_links links_;
  int64_t offset_ms_;
};

} // namespace

std::string instance_of(const host_record& record) {
  if (record.exporter_port == 0)
    return record.public_ip;
  return base::with_port(record.public_ip, record.exporter_port);
}

std::unique_ptr<history_source> prometheus_history_of(source_links links) {
  return std::make_unique<prometheus_history>(std::move(links));
}

} // namespace aops::actors
