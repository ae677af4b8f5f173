#include "actors/host/unit_reports.hpp"

#include "runtime/base/ids.hpp"

#include <algorithm>
#include <set>

namespace aops::actors {

namespace {

report_to_store
report_frame(const unit_to_diagnose& unit, const tree_content& tree, fault::slice when) {
  report_to_store out;
  out.report_id =
    base::report_id(unit.job, unit.host_id, tree.tree_name, when.start_ms, when.end_ms);
  out.host_id = unit.host_id;
  out.tree_name = tree.tree_name;
  out.tree_digest = tree.digest;
  out.start_ms = when.start_ms;
  out.end_ms = when.end_ms;
  return out;
}

/// @param rule_versions JSON object; becomes a member of the details, themselves a JSON object.
void fill(report_to_store& to,
          fault::report from,
          std::string error,
          const std::string& rule_versions = "{}") {
  to.values = std::move(from.values);
  to.detail = std::move(from.details);
  if (to.detail.size() > 2)
    to.detail.insert(to.detail.size() - 1, ",\"rule_versions\":" + rule_versions);
  to.content_hash = std::move(from.content_hash);
  to.error = std::move(error);
}

std::vector<fault::item_rule> rules_of(const fault::tree& tree, const unit_knowledge& known) {
  std::vector<fault::item_rule> rules;
  for (const auto& asked : tree.asked()) {
    auto it = known.items.find(asked.check_item);
    rules.push_back(it == known.items.end()
                      ? fault::item_rule{}
                      : fault::item_rule{it->second.rule_digest, it->second.condition});
  }
  return rules;
}

std::vector<std::string> items_asked(const std::vector<fault::tree_ptr>& trees, bool is_upstream) {
  std::set<std::string> items;
  for (const auto& tree : trees)
    if (tree)
      for (const auto& asked : tree->asked())
        if (asked.is_upstream == is_upstream)
          items.insert(asked.check_item);
  return {items.begin(), items.end()};
}

} // namespace

std::vector<std::string> unit_trees::check_items() const { return items_asked(trees, false); }

std::vector<std::string> unit_trees::upstream_items() const { return items_asked(trees, true); }

int64_t unit_trees::upstream_depth() const {
  int64_t out = 0;
  for (const auto& tree : trees)
    if (tree)
      for (const auto& asked : tree->asked())
        out = std::max(out, asked.depth);
  return out;
}

bool unit_trees::asks_of_all(const std::string& check_item) const {
  return std::any_of(trees.begin(), trees.end(), [&](const fault::tree_ptr& tree) {
    return tree && std::any_of(tree->asked().begin(), tree->asked().end(), [&](const auto& asked) {
             return asked.is_all && asked.check_item == check_item;
           });
  });
}

std::vector<fault::rule_label> wanted_labels(const unit_to_diagnose& unit, tree_cache& cache) {
  std::vector<fault::rule_label> out;
  for (const auto& x : unit.trees)
    if (auto tree = cache.get(x.digest, x.content))
      out.insert(out.end(), (*tree)->wanted_labels().begin(), (*tree)->wanted_labels().end());
  return out;
}

unit_trees
adapt_trees(const unit_to_diagnose& unit, tree_cache& cache, const fault::host_facts& facts) {
  unit_trees out;
  for (const auto& x : unit.trees) {
    auto tree = cache.get(x.digest, x.content).and_then([&](auto t) {
      return fault::adapt(std::move(t), facts);
    });
    out.trees.push_back(tree ? *tree : nullptr);
    out.reasons.push_back(tree ? std::string{} : tree.error().detail);
  }
  return out;
}

std::vector<report_to_store>
make_reports(const unit_to_diagnose& unit, const unit_trees& trees, const unit_knowledge& known) {
  static const item_knowledge nothing_known;
  std::vector<report_to_store> out;
  std::vector<fault::item_data> items;
  std::vector<std::vector<fault::result>> of_others; ///< What items of the slice refer to.
  std::vector<std::optional<fault::reporter>> reporters(trees.trees.size());
  for (size_t t = 0; t < trees.trees.size(); ++t)
    if (const auto& tree = trees.trees[t])
      reporters[t].emplace(tree, rules_of(*tree, known));
  for (size_t s = 0; s + 1 < unit.bounds_ms.size(); ++s) {
    fault::slice when{unit.bounds_ms[s], unit.bounds_ms[s + 1]};
    for (size_t t = 0; t < unit.trees.size(); ++t) {
      auto report = report_frame(unit, unit.trees[t], when);
      if (!reporters[t]) {
        fill(report, fault::failed_report(trees.reasons[t]), trees.reasons[t]);
      } else {
        items.clear();
        of_others.resize(std::max(of_others.size(), trees.trees[t]->asked().size()));
        for (const auto& asked : trees.trees[t]->asked()) {
          if (asked.is_upstream) {
            items.push_back(
              known.upstream.of(asked.check_item, asked.depth, s, when, of_others[items.size()]));
            continue;
          }
          auto it = known.items.find(asked.check_item);
          const auto& k = it == known.items.end() ? nothing_known : it->second;
          items.push_back({k.results,
                           k.samples,
                           known.covers(asked.check_item, when),
                           k.instances,
                           k.present,
                           k.judged});
        }
        fill(report, reporters[t]->make(when, items), {}, reporters[t]->rule_versions());
      }
      out.push_back(std::move(report));
    }
  }
  return out;
}

std::vector<report_to_store> failed_reports(const unit_to_diagnose& unit,
                                            const std::string& reason) {
  std::vector<report_to_store> out;
  for (size_t s = 0; s + 1 < unit.bounds_ms.size(); ++s)
    for (const auto& tree : unit.trees) {
      auto report = report_frame(unit, tree, {unit.bounds_ms[s], unit.bounds_ms[s + 1]});
      fill(report, fault::failed_report(reason), reason);
      out.push_back(std::move(report));
    }
  return out;
}

} // namespace aops::actors
