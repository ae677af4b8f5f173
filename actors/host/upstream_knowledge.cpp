#include "actors/host/upstream_knowledge.hpp"

#include "runtime/core/check/instance_text.hpp"

#include <algorithm>
#include <set>

namespace aops::actors {

namespace {

constexpr std::string_view no_agent_told = "no agent told then which hosts this one depends on";
constexpr std::string_view too_many_upstream =
  "it depends on more hosts than are looked at, or they have too many results";

} // namespace

void upstream_knowledge::take(upstream_found found,
                              const std::vector<std::string>& check_items,
                              int64_t period_ms) {
  found_ = std::move(found);
  period_ms_ = period_ms;
  std::map<std::string, std::string> names;
  for (const auto& host : found_.hosts) {
    names[host.host_id] = host.host_name;
    judged_[host.host_id].load(host.since_ms, host.until_ms, host.deviations);
  }
  for (const auto& slice : found_.slices) {
    auto& links = links_.emplace_back();
    for (const auto& x : slice.hosts)
      links.push_back({x.host_id, names[x.host_id], x.path});
  }
  for (const auto& check_item : check_items) {
    auto& to = items_[check_item];
    for (const auto& host : found_.hosts) {
      std::set<label_set> labels{{}};
      for (const auto& x : host.results)
        if (x.check_item == check_item)
          labels.insert(x.labels);
      std::map<label_set, uint32_t> numbers;
      for (const auto& of : labels) {
        auto text = check::instance_text(check_item, of) + " on " + host.host_name;
        to.instances.push_back({of, std::move(text), host.host_id});
        numbers[of] = static_cast<uint32_t>(to.instances.size());
      }
      to.rule_of[host.host_id] = numbers[{}];
      for (const auto& x : host.results)
        if (x.check_item == check_item)
          to.results.push_back({x.row.start_ms,
                                x.row.end_ms,
                                fault::state_of(x.row.value),
                                numbers[x.labels],
                                x.row.reason});
    }
  }
}

fault::item_data upstream_knowledge::of(const std::string& check_item,
                                        int64_t depth,
                                        size_t slice,
                                        fault::slice when,
                                        std::vector<fault::result>& results) const {
  auto unknown = [&](std::string_view why) {
    results.push_back({when.start_ms, when.end_ms, fault::leaf_state::no_data, 0, why});
  };
  results.clear();
  auto known = items_.find(check_item);
  if (known == items_.end() || slice >= found_.slices.size()) // There is no such rule.
    return {results, {}, false};
  const auto& [instances, all, rule_of] = known->second;
  // The nearest first: those that are not too far stand together.
  auto is_near = [&](const fault::upstream_link& x) {
    return static_cast<int64_t>(x.path.size()) <= depth;
  };
  const auto& found = links_[slice];
  const std::span hosts{found.begin(), std::find_if_not(found.begin(), found.end(), is_near)};
  if (!found_.slices[slice].is_known)
    unknown(no_agent_told);
  std::set<std::string_view> needed;
  for (const auto& x : hosts)
    needed.insert(x.host_id);
  for (const auto& x : all)
    if (needed.contains(instances[x.instance - 1].host_id) && x.start_ms <= when.end_ms &&
        x.end_ms >= when.start_ms)
      results.push_back(x);
  for (const auto& x : hosts)
    if (!judged_.at(x.host_id).covers(check_item, when.start_ms, when.end_ms, period_ms_))
      results.push_back(
        {when.start_ms, when.end_ms, fault::leaf_state::not_evaluated, rule_of.at(x.host_id), {}});
  auto cut_from = found_.slices[slice].cut_from;
  if ((cut_from != 0 && cut_from <= depth) || (found_.is_cut && !hosts.empty()))
    unknown(too_many_upstream);
  fault::item_data out{results, {}, true, instances};
  out.upstream = hosts;
  return out;
}

} // namespace aops::actors
