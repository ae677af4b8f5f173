#pragma once

#include "actors/host/prometheus_reader.hpp"
#include "actors/support/prepare.hpp"
#include "messages/names.hpp"
#include "runtime/core/check/selector.hpp"
#include "tests/actors/host/host_fixture.hpp"

#include <functional>
#include <map>
#include <optional>

namespace aops::tests {

/// What a series has in a round; nothing where it is not there.
using values_of = std::function<std::optional<int64_t>(int64_t round)>;

/// A host that a Prometheus watches: it takes its samples a second after each grid time.
struct prometheus_fixture : host_fixture {
  static constexpr int64_t after_ms = 1000;

  prometheus_fixture() {
    settings->samples.source = "prometheus";
    world[{std::string{check::up_series}, {}}] = always(1);
    start_as(actors::prometheus_reader_name, reader, this);
  }
  ~prometheus_fixture() { end_all(); }

  std::map<series_key, values_of> world;

  static values_of always(int64_t x) {
    return [x](int64_t) { return x; };
  }

  /// A value in some rounds, another one in all others from the first on.
  static values_of high_in(int64_t from, int64_t until, int64_t low = 50, int64_t high = 5) {
    return [=](int64_t k) { return k >= from && k <= until ? high : low; };
  }

  void put(const std::string& mount, values_of free) {
    world[{"fs_free", {{"mountpoint", mount}}}] = std::move(free);
  }

  static actors::prometheus_reader_actor::behavior_type
  reader(actors::prometheus_reader_actor::pointer self, prometheus_fixture* outside) {
    actors::prepare(self, "canned prometheus");
    return {
      [outside](const actors::read_order& order) { return outside->read(order); },
      [](const actors::list_order&) {
        return actors::series_listed{std::make_shared<const std::vector<series_info>>()};
      },
      [](atom::tick) {},
      [](atom::ping) {},
    };
  }

  actors::samples_read read(const actors::read_order& order) const {
    auto found = std::make_shared<std::vector<actors::series_points>>();
    for (const auto& [key, values] : world) {
      if (!asks_for(*order.series, key))
        continue;
      actors::series_points x{key, {}};
      auto first = (order.from_ms - after_ms - origin_ms) / period_ms - 2;
      for (auto k = first; time_of(k) + after_ms <= order.until_ms; ++k)
        if (auto value = values(k); value && time_of(k) + after_ms >= order.from_ms)
          x.points.push_back({time_of(k) + after_ms, number::of(*value)});
      if (!x.points.empty())
        found->push_back(std::move(x));
    }
    return {std::move(found)};
  }

  static bool asks_for(const actors::wanted_series& wanted, const series_key& key) {
    if (std::find(wanted.keys.begin(), wanted.keys.end(), key) != wanted.keys.end())
      return true;
    return std::any_of(wanted.matches.begin(), wanted.matches.end(), [&](const auto& x) {
      return x.name == key.name && ok(check::selector::compile(x.match))->matches(key.label);
    });
  }

  void check(int64_t from_round, int64_t until_round) {
    unit_to_check x;
    x.job = "c";
    x.owner = record.owner;
    x.host_id = record.host_id;
    x.unit = ++checks;
    x.start_ms = time_of(from_round);
    x.end_ms = time_of(until_round);
    ok(ask<unit_checked>(host, x));
  }

  check_rule disk = matching(rule_on("disk", "fs_free", "$0<10"));
  static check_rule matching(check_rule rule) {
    for (auto& x : rule.data_list)
      x.match.emplace();
    return rule;
  }

  int64_t checks = 0;
};

} // namespace aops::tests
