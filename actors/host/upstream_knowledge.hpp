#pragma once

#include "actors/host/coverage.hpp"
#include "messages/upstream.hpp"
#include "runtime/core/fault/report.hpp"

#include <map>
#include <string>
#include <vector>

namespace aops::actors {

/// What is known of the hosts that the host of a unit needed, slice by slice: for leaves that ask
/// of them.
class upstream_knowledge {
public:
  /// @param period_ms Of samples, of every host.
  void take(upstream_found found, const std::vector<std::string>& check_items, int64_t period_ms);

  /// Of one item in one slice, on hosts at most `depth` links away.
  /// @param slice Its number within the unit.
  /// @param results Where the results of the slice are kept for as long as the answer is used.
  fault::item_data of(const std::string& check_item,
                      int64_t depth,
                      size_t slice,
                      fault::slice when,
                      std::vector<fault::result>& results) const;

private:
  struct item {
    std::vector<fault::item_instance> instances; ///< Of each host at least the rule itself.
    std::vector<fault::result> results;
    std::map<std::string, uint32_t> rule_of; ///< By host id: the instance that is the rule itself.
  };

  upstream_found found_; ///< Reasons of results refer to it.
  std::map<std::string, coverage> judged_;
  std::map<std::string, item> items_;
  std::vector<std::vector<fault::upstream_link>> links_; ///< By slice.
  int64_t period_ms_ = 0;
};

} // namespace aops::actors
