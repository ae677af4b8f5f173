#pragma once

#include "runtime/core/promql/source.hpp"

#include <map>

namespace aops::promql {

/// Series in memory, for tests of rules and scripts.
class memory_source : public source {
public:
  /// A point of a time that is there takes its place.
  void add(const labels& metric, point p);
  void clear() { series_.clear(); }
  const std::map<labels, std::vector<point>>& all() const { return series_; }
  expected<std::vector<series>> select(const selection& wanted) override;

private:
  std::map<labels, std::vector<point>> series_;
};

} // namespace aops::promql
