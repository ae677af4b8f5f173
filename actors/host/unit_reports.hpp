#pragma once

#include "actors/host/coverage.hpp"
#include "actors/host/host_services.hpp"
#include "actors/host/upstream_knowledge.hpp"
#include "messages/job.hpp"
#include "runtime/core/fault/report.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace aops::actors {

/// What is known of one check item over the time of a unit.
struct item_knowledge {
  std::string rule_digest, condition; ///< Empty: there is no such rule.
  std::vector<fault::result> results;
  std::vector<fault::evidence_sample> samples; ///< Of the main data, where results are abnormal.
  std::vector<fault::item_instance> instances; ///< By their labels.
  std::vector<fault::presence> present = {};   ///< Where a leaf asks of all of them.
  std::vector<fault::judged_part> judged = {};
  std::vector<std::pair<int64_t, int64_t>> covered_late = {}; ///< Judged for this very unit.
};

struct unit_knowledge {
  std::map<std::string, item_knowledge> items;
  std::vector<last_result> rows; ///< As stored; reasons of results refer to them.
  upstream_knowledge upstream;
  /// Whether the rule was judged all over the slice.
  std::function<bool(const std::string& check_item, fault::slice when)> covers;
};

/// The trees of a unit, adapted to the host. A tree that is illegal, or becomes so by adapting, has
/// a reason instead.
struct unit_trees {
  std::vector<fault::tree_ptr> trees; ///< Null where there is a reason.
  std::vector<std::string> reasons;
  /// What their leaves ask of the host itself, each once.
  std::vector<std::string> check_items() const;
  /// What they ask of the hosts that it depends on.
  std::vector<std::string> upstream_items() const;
  /// How many links away these may be, at most.
  int64_t upstream_depth() const;
  /// Whether a leaf asks of all instances of a rule.
  bool asks_of_all(const std::string& check_item) const;
};

/// Labels of instances that trees of the unit are expanded by.
std::vector<fault::rule_label> wanted_labels(const unit_to_diagnose& unit, tree_cache& cache);

unit_trees
adapt_trees(const unit_to_diagnose& unit, tree_cache& cache, const fault::host_facts& facts);

/// One report per tree and slice, slices outermost.
std::vector<report_to_store>
make_reports(const unit_to_diagnose& unit, const unit_trees& trees, const unit_knowledge& known);

/// The reports of a unit that nobody could answer.
std::vector<report_to_store> failed_reports(const unit_to_diagnose& unit,
                                            const std::string& reason);

} // namespace aops::actors
