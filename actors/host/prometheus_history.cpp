#include "actors/host/history_source.hpp"
#include "actors/host/host_ask.hpp"
#include "actors/host/prometheus_reader.hpp"
#include "messages/names.hpp"
#include "runtime/core/check/grid.hpp"

#include <limits>

namespace aops::actors {

namespace {

/// Rounds made of one read: an hour at the default period.
constexpr size_t most_rounds = 240;

/// Samples held at once for an explicit check, about; more rules than that are judged one group
/// after the other.
constexpr int64_t most_samples = 4'000'000;

class prometheus_history final : public history_source {
public:
  prometheus_history(host_pointer self, services_ptr services, const host_record& record)
      : self_(self), services_(std::move(services)), record_(record),
        offset_ms_(check::grid_offset_ms(record.host_id, services_->period_ms())) {}

  check::time_basis job_basis() const override { return check::time_basis::delivered; }

  void read_rounds(std::vector<series_entry> wanted,
                   int64_t from_ms,
                   int64_t until_ms,
                   each_portion each,
                   done finished) override {
    using check::kept_series;
    wanted.push_back({kept_series::up, {std::string{check::up_series}, {}}});
    wanted.push_back({kept_series::duration, {std::string{check::duration_series}, {}}});
    auto x = std::make_shared<grid_read>();
    for (const auto& s : wanted)
      x->slots.emplace(s.key, s.slot);
    x->keys = keys_of(x->slots);
    x->series = std::move(wanted);
    x->after_ms = from_ms - 1;
    x->until_ms = until_ms;
    x->each = std::move(each);
    x->finished = std::move(finished);
    read_on(x);
  }

  void
  run(rule_list rules, check::run_request request, collected_from since, judged then) override {
    if (request.basis == check::time_basis::stored_grid)
      // What Prometheus does not have was not there: nobody here decides what it collects.
      return history_source::run(
        std::move(rules),
        request,
        [](const data_item&) { return std::numeric_limits<int64_t>::min(); },
        std::move(then));
    (void)since;
    auto x = std::make_shared<delivered_run>();
    x->rules = std::move(rules);
    x->request = request;
    x->then = std::move(then);
    begin_group(x);
  }

private:
  /// Rounds on the grid, portion by portion.
  struct grid_read {
    std::vector<series_entry> series;
    std::map<series_key, uint32_t> slots;
    key_list keys;
    int64_t after_ms = 0, until_ms = 0;
    each_portion each;
    done finished;
  };

  /// Samples with their own times for some rules.
  struct delivered_run {
    rule_list rules;
    check::run_request request;
    judged then;
    std::vector<check::run_result> results; ///< Of the first rules.
    size_t group_end = 0;                   ///< The rules up to here are being read for.
    int64_t next_ms = 0;                    ///< Read up to here.
    key_list keys;
    std::map<series_key, std::vector<check::point>> points;
  };

  template <class Value>
  static key_list keys_of(const std::map<series_key, Value>& by_key) {
    std::vector<series_key> keys;
    for (const auto& [key, value] : by_key)
      keys.push_back(key);
    return std::make_shared<const std::vector<series_key>>(std::move(keys));
  }

  void read(const key_list& keys,
            int64_t from_ms,
            int64_t until_ms,
            std::function<void(expected<samples_read>)> then) {
    const auto& c = *services_->config;
    read_order order{instance_of(record_),
                     record_.public_ip + ":" + std::to_string(c.scrape.port),
                     keys,
                     from_ms,
                     until_ms};
    ask_of<prometheus_reader_actor, samples_read>(self_,
                                                  *services_,
                                                  prometheus_reader_name,
                                                  2 * read_deadline(c),
                                                  std::move(order),
                                                  std::move(then));
  }

  void read_on(std::shared_ptr<grid_read> x) {
    auto period = services_->period_ms();
    auto times = check::missing_grid(x->after_ms, x->until_ms, period, offset_ms_, 0, most_rounds);
    if (times.empty())
      return x->finished({});
    x->after_ms = times.back();
    auto from = times.front() - period, until = times.back() + period;
    read(x->keys, from, until, [this, x, times = std::move(times)](expected<samples_read> found) {
      if (!found)
        return x->finished(fail(found.error()));
      x->each(rounds_of(*x, *found->series, times));
      read_on(x);
    });
  }

  history_portion rounds_of(const grid_read& x,
                            const std::vector<series_points>& found,
                            const std::vector<int64_t>& times) {
    history_portion out;
    out.series = x.series;
    std::vector<check::raw_series> raw;
    std::span<const check::point> up;
    for (const auto& s : found)
      if (auto slot = x.slots.find(s.key); slot != x.slots.end()) {
        raw.push_back({slot->second, s.points});
        if (slot->second == check::kept_series::up)
          up = s.points;
      }
    auto period = services_->period_ms();
    out.rounds = check::rounds_on_grid(raw, times, period);
    for (const auto& round : out.rounds)
      if (!round.answered && !check::nearest_sample(up, round.time_ms, period))
        out.silent.push_back(round.time_ms);
    return out;
  }

  /// Takes as many of the rules that are left as memory allows, one at least.
  void begin_group(std::shared_ptr<delivered_run> x) {
    if (x->results.size() == x->rules.size())
      return x->then(std::move(x->results));
    x->points.clear();
    x->next_ms = x->request.start_ms;
    auto per_series = (x->request.end_ms - x->request.start_ms) / services_->period_ms() + 1;
    for (auto i = x->results.size(); i < x->rules.size(); ++i) {
      if (i > x->results.size() &&
          static_cast<int64_t>(x->points.size()) * per_series > most_samples)
        break;
      const auto& rule = *x->rules[i];
      x->next_ms = std::min(x->next_ms, check::range_to_fetch(rule, x->request).from_ms);
      for (const auto& item : rule.rule.data_list)
        if (item.type == "kpi")
          x->points[{item.name, item.label}];
      x->group_end = i + 1;
    }
    x->keys = keys_of(x->points);
    read_on(x);
  }

  void read_on(std::shared_ptr<delivered_run> x) {
    if (x->next_ms > x->request.end_ms || x->keys->empty()) {
      judge(*x);
      return begin_group(x);
    }
    auto until =
      std::min(x->request.end_ms,
               x->next_ms + static_cast<int64_t>(most_rounds) * services_->period_ms() - 1);
    read(x->keys, x->next_ms, until, [this, x, until](expected<samples_read> found) {
      if (!found)
        return x->then(fail(found.error()));
      x->next_ms = until + 1;
      for (const auto& s : *found->series)
        if (auto it = x->points.find(s.key); it != x->points.end())
          it->second.insert(it->second.end(), s.points.begin(), s.points.end());
      read_on(x);
    });
  }

  /// Each rule sees what it would have asked for alone: where its alignment begins depends on it.
  static void judge(delivered_run& x) {
    while (x.results.size() < x.group_end) {
      const auto& rule = x.rules[x.results.size()];
      auto range = check::range_to_fetch(*rule, x.request);
      check::run_data data;
      for (const auto& item : rule->rule.data_list) {
        auto& d = data.items.emplace_back();
        if (auto it = x.points.find({item.name, item.label});
            item.type == "kpi" && it != x.points.end()) {
          auto first =
            std::lower_bound(it->second.begin(),
                             it->second.end(),
                             range.from_ms,
                             [](const check::point& p, int64_t t) { return p.time_ms < t; });
          d.points = {first, it->second.end()};
        }
      }
      x.results.push_back(check::run_rule(rule, x.request, data));
    }
  }

  host_pointer self_;
  services_ptr services_;
  const host_record& record_;
  int64_t offset_ms_;
};

} // namespace

std::string instance_of(const host_record& record) {
  if (record.exporter_port == 0)
    return record.public_ip;
  bool is_ipv6 = record.public_ip.find(':') != std::string::npos;
  auto ip = is_ipv6 ? "[" + record.public_ip + "]" : record.public_ip;
  return ip + ":" + std::to_string(record.exporter_port);
}

std::unique_ptr<history_source>
prometheus_history_of(host_pointer self, services_ptr services, const host_record& record) {
  return std::make_unique<prometheus_history>(self, std::move(services), record);
}

} // namespace aops::actors
