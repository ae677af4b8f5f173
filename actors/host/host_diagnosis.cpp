#include "actors/host/host_ask.hpp"
#include "messages/names.hpp"
#include "messages/roles/rounds.hpp"
#include "runtime/core/check/grid.hpp"

#include <algorithm>
#include <set>

namespace aops::actors {

namespace {

/// Names whose labels tell what the host is made of.
constexpr std::string_view cpu_series = "node_cpu_seconds_total", cpu_label = "cpu";
constexpr std::string_view disk_series = "node_disk_io_time_seconds_total", disk_label = "device";

/// Rounds read for evidence, at most: it is a few samples per rule.
constexpr int64_t most_evidence_ms = 6 * 3600 * 1000LL;

} // namespace

/// One unit on its way through its steps.
struct host_body::diagnosis {
  unit_to_diagnose unit;
  std::shared_ptr<kept_promise<unit_diagnosed>> promise;
  unit_trees trees;
  unit_knowledge known;
  std::vector<std::string> items; ///< With a rule.

  int64_t start_ms() const { return unit.bounds_ms.front(); }
  int64_t end_ms() const { return unit.bounds_ms.back(); }
};

fault::host_facts host_body::facts() const {
  std::set<std::string> cpus, disks;
  auto gather = [&](std::string_view name, const label_set& label) {
    auto take =
      [&](std::string_view its_name, std::string_view its_label, std::set<std::string>& into) {
        if (auto it = label.find(std::string{its_label}); name == its_name && it != label.end())
          into.insert(it->second);
      };
    take(cpu_series, cpu_label, cpus);
    take(disk_series, disk_label, disks);
  };
  const auto& kept = checker_.kept();
  for (uint32_t slot = 0; slot < kept.slot_count(); ++slot)
    if (kept.last_of(slot)) {
      auto key = kept.key_of(slot);
      gather(key.name, key.label);
    }
  for (const auto& x : machine_series_)
    gather(x.name, x.label);
  fault::host_facts out;
  if (!cpus.empty())
    out.core_count = static_cast<uint32_t>(cpus.size());
  out.disks.assign(disks.begin(), disks.end());
  return out;
}

caf::result<unit_diagnosed> host_body::on_unit(const unit_to_diagnose& x) {
  if (x.bounds_ms.size() < 2)
    return refuse(ec::bad_request, "bounds_ms: at least one slice");
  auto d = std::make_shared<diagnosis>();
  d->unit = x;
  d->promise = keep_promise<unit_diagnosed>();
  // Up to the round of now, unless judging is so far behind that nobody would wait for it.
  bool is_near = source_->delay_ms() <= services_->config->diag.unit_timeout.ms / 2;
  auto latest =
    is_near ? check::floor_grid(now_ms(), period_ms(), checker_.offset_ms()) : judgeable_ms();
  auto wanted = std::min(d->end_ms(), latest);
  wait_for_cursor(wanted, x.deadline_ms, [this, d] { learn_facts(d); });
  return caf::delegated<unit_diagnosed>{};
}

void host_body::learn_facts(std::shared_ptr<diagnosis> d) {
  source_->find_machine({std::string{cpu_series}, std::string{disk_series}},
                        [this, d](std::vector<series_info> found) {
                          machine_series_ = std::move(found);
                          prepare_unit(d);
                        });
}

void host_body::prepare_unit(std::shared_ptr<diagnosis> d) {
  d->trees = adapt_trees(d->unit, *services_->trees, facts());
  for (const auto& item : d->trees.check_items())
    if (auto rule = checker_.rules().find(item)) {
      d->known.items[item] = {rule->digest, rule->rule.condition, {}, {}, {}};
      d->items.push_back(item);
    }
  d->known.covers = [this, d = d.get()](const std::string& item, fault::slice when) {
    auto it = d->known.items.find(item);
    if (it == d->known.items.end())
      return false;
    for (auto [from, until] : it->second.covered_late)
      if (from <= when.start_ms && when.end_ms <= until)
        return true;
    return coverage_.covers(item, when.start_ms, when.end_ms, period_ms());
  };
  judge_late_parts(d);
}

void host_body::judge_late_parts(std::shared_ptr<diagnosis> d) {
  for (const auto& item : d->items) {
    auto& known = d->known.items[item];
    auto parts = coverage_.late_parts(item, d->start_ms(), d->end_ms());
    auto part = std::find_if(parts.begin(), parts.end(), [&](const coverage::range& x) {
      return std::find(known.covered_late.begin(),
                       known.covered_late.end(),
                       std::pair{x.from_ms, x.until_ms}) == known.covered_late.end();
    });
    if (part == parts.end())
      continue;
    auto [from, until] = *part;
    known.covered_late.emplace_back(from, until);
    auto rules = rules_for({item});
    if (rules.empty())
      continue;
    // One after the other: each comes back here.
    run_over(rules,
             request_for(from, until + 1),
             d->unit.deadline_ms,
             [this, d, rules, from = from, until = until](
               expected<std::vector<check::run_result>> results) {
               if (!results)
                 return d->promise->answer(fail(results.error()));
               store_runs(rules,
                          request_for(from, until + 1),
                          std::move(*results),
                          [this, d](expected<void> how) {
                            if (!how)
                              return d->promise->answer(fail(how.error()));
                            judge_late_parts(d);
                          });
             });
    return;
  }
  read_results(d);
}

void host_body::read_results(std::shared_ptr<diagnosis> d) {
  if (d->items.empty())
    return report(d);
  host_results_query query{record_.owner, record_.host_id, d->items, d->start_ms(), d->end_ms()};
  ask<round_store_actor, host_results>(
    round_store_name, store_deadline(), std::move(query), [this, d](expected<host_results> found) {
      if (!found)
        return d->promise->answer(fail(found.error()));
      for (const auto& x : found->rows)
        d->known.items[x.check_item].results.push_back(
          {x.row.start_ms, x.row.end_ms, fault::state_of(x.row.value)});
      read_evidence(d);
    });
}

void host_body::read_evidence(std::shared_ptr<diagnosis> d) {
  // Only where something is abnormal, and only the main data of those rules.
  auto by_key = std::make_shared<std::map<series_key, std::vector<std::string>>>();
  int64_t from = INT64_MAX, until = INT64_MIN;
  for (const auto& item : d->items)
    for (const auto& r : d->known.items[item].results) {
      auto rule = checker_.rules().find(item);
      if (r.value != fault::leaf_state::abnormal || !rule)
        continue;
      from = std::min(from, std::max(r.start_ms, d->start_ms()));
      until = std::max(until, std::min(r.end_ms, d->end_ms()));
      const auto& main = rule->rule.data_list.front();
      series_key key{main.name, main.label};
      auto& items = (*by_key)[key];
      if (std::find(items.begin(), items.end(), item) == items.end())
        items.push_back(item);
    }
  if (by_key->empty())
    return report(d);
  until = std::min(until, from + most_evidence_ms);
  std::vector<series_entry> wanted;
  for (const auto& [key, items] : *by_key)
    wanted.push_back(
      {check::kept_series::duration + 1 + static_cast<uint32_t>(wanted.size()), key});
  auto beside = source_->beside_grid_ms();
  source_->history().read_rounds(
    {std::move(wanted), from - beside, until + beside, read_kind::asked, d->unit.deadline_ms},
    [d, by_key, beside](const history_portion& x) {
      std::map<uint32_t, std::vector<std::string>> by_slot;
      for (const auto& s : x.series)
        if (auto it = by_key->find(s.key); it != by_key->end())
          by_slot[s.slot] = it->second;
      for (const auto& round : x.rounds)
        for (const auto& sample : round.samples)
          if (auto it = by_slot.find(sample.slot); it != by_slot.end())
            for (const auto& item : it->second) {
              auto& k = d->known.items[item];
              bool tripped =
                std::any_of(k.results.begin(), k.results.end(), [&](const fault::result& r) {
                  return r.value == fault::leaf_state::abnormal &&
                         r.start_ms - beside <= round.time_ms && round.time_ms <= r.end_ms + beside;
                });
              if (tripped)
                k.samples.push_back({round.time_ms, sample.value});
            }
      return true;
    },
    [this, d](expected<void> how) {
      if (!how)
        return d->promise->answer(fail(how.error()));
      report(d);
    });
}

void host_body::report(std::shared_ptr<diagnosis> d) {
  unit_diagnosed reply{d->unit.unit, make_reports(d->unit, d->trees, d->known)};
  d->known.covers = nullptr; // It refers to its own owner.
  d->promise->answer(std::move(reply));
}

} // namespace aops::actors
