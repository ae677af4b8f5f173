#include "actors/host/prometheus_batch.hpp"

#include <set>

namespace aops::actors {

bool prometheus_batch::fits(const wanted_list& series, int64_t from_ms, int64_t until_ms) const {
  return from_ms == from_ms_ && until_ms == until_ms_ && (series == series_ || *series == *series_);
}

size_t prometheus_batch::add(const std::string& instance, std::string preferred) {
  orders_.push_back({instance, std::move(preferred), {}, {}});
  by_instance_.emplace(instance, orders_.size() - 1);
  return orders_.size() - 1;
}

prometheus_api::ask prometheus_batch::what() const {
  prometheus_api::ask out;
  out.series = series_->keys;
  out.matches = series_->matches;
  std::set<std::string> instances; // Two hosts may share one.
  for (const auto& x : orders_)
    instances.insert(x.instance);
  out.instances.assign(instances.begin(), instances.end());
  out.from_ms = from_ms_;
  out.until_ms = until_ms_;
  return out;
}

void prometheus_batch::take(prometheus_api::part part) {
  auto for_orders_of = [this](const std::string& instance, const auto& work) {
    auto [first, last] = by_instance_.equal_range(instance);
    for (; first != last; ++first)
      work(orders_[first->second]);
  };
  if (!part.result) {
    for (const auto& instance : part.instances)
      for_orders_of(instance, [&](order& x) {
        if (!x.failed)
          x.failed = part.result.error();
      });
    return;
  }
  for (const auto& s : part.result->found) {
    auto append = [&s](order& x) {
      auto& points = x.found[s.key][s.instance];
      points.reserve(points.size() + s.points.size());
      // Not twice when another job reads the same exporter.
      for (const auto& p : s.points)
        if (points.empty() || points.back().time_ms < p.time_ms)
          points.push_back({p.time_ms, p.value});
    };
    for_orders_of(s.instance, append);
    if (std::string host{prometheus_api::host_of(s.instance)}; host != s.instance)
      for_orders_of(host, append);
  }
}

expected<std::vector<series_points>> prometheus_batch::result_of(size_t number) {
  auto& x = orders_.at(number);
  if (x.failed)
    return fail(*x.failed);
  std::vector<series_points> out;
  for (auto& [key, instances] : x.found) {
    auto best = instances.find(x.preferred);
    if (best == instances.end())
      best = instances.begin();
    out.push_back({key, std::move(best->second)});
  }
  x.found.clear();
  return out;
}

} // namespace aops::actors
