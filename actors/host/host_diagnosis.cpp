#include "actors/host/host_ask.hpp"
#include "actors/host/rule_instances.hpp"
#include "messages/names.hpp"
#include "messages/roles/host_info.hpp"
#include "messages/roles/rounds.hpp"
#include "messages/roles/topology.hpp"
#include "runtime/core/check/grid.hpp"
#include "runtime/core/check/instance_text.hpp"
#include "runtime/core/check/trial.hpp"
#include "runtime/core/fault/collected_facts.hpp"

#include <algorithm>
#include <set>

namespace aops::actors {

namespace {

/// Names whose labels tell what the host is made of.
constexpr std::string_view cpu_series = "node_cpu_seconds_total", cpu_label = "cpu";
constexpr std::string_view disk_series = "node_disk_io_time_seconds_total", disk_label = "device";

/// Rounds read for evidence, at most: it is a few samples per rule.
constexpr int64_t most_evidence_ms = 6 * 3600 * 1000LL;

/// Of one rule.
constexpr size_t most_judged_values = 5000, most_evidence_lines = 1000;

/// Results without a rule: files that are not what they should be. See docs/tracing.md.
constexpr std::string_view drift_prefix = "config_drift:", drift_digest = "config_drift";

} // namespace

/// One unit on its way through its steps.
struct host_body::diagnosis {
  unit_to_diagnose unit;
  std::shared_ptr<kept_promise<unit_diagnosed>> promise;
  unit_trees trees;
  unit_knowledge known;
  std::vector<std::string> items;          ///< With a rule.
  std::vector<std::string> upstream_items; ///< The same, on the hosts that this one depends on.

  /// What samples tell of an instance.
  struct sampled {
    int64_t first_ms = 0, last_ms = 0;
    std::vector<std::pair<int64_t, number>> tripped; ///< As many as reports show.
    std::map<size_t, size_t> of_slice;               ///< How many of these.
    std::vector<check::part_values> values;          ///< Of `past::parts`.
  };
  /// A rule of which samples are read.
  struct past {
    explicit past(const check_rule& rule) : of(rule) {}
    rule_instances of;
    bool wants_presence = false; ///< Some leaf asks of all its instances.
    std::map<label_set, sampled> instances;
    std::map<label_set, std::vector<fault::slice>> abnormal; ///< When, as stored.
    std::vector<std::string> parts;                          ///< Of the condition.
    std::vector<std::pair<int64_t, std::string>> lines;      ///< That tripped a rule over logs.
  };
  std::map<std::string, past> pasts; ///< By check item.

  /// Keeps a sample unless its slice, or both it lies between, have enough.
  void keep(sampled& of, int64_t time_ms, const number& value) const {
    const auto& bounds = unit.bounds_ms;
    auto after = std::upper_bound(bounds.begin(), bounds.end(), time_ms) - bounds.begin();
    bool is_wanted = false;
    for (auto slice : {after - 1, after - 2}) {
      bool is_inside = slice >= 0 && slice + 1 < static_cast<ptrdiff_t>(bounds.size()) &&
                       time_ms <= bounds[static_cast<size_t>(slice) + 1];
      if (is_inside && ++of.of_slice[static_cast<size_t>(slice)] <= fault::max_evidence_samples)
        is_wanted = true;
    }
    if (is_wanted)
      of.tripped.emplace_back(time_ms, value);
  }

  int64_t start_ms() const { return unit.bounds_ms.front(); }
  int64_t end_ms() const { return unit.bounds_ms.back(); }
};

namespace {

/// Of each part the numbers it was.
void add_judged(const std::vector<std::string>& parts,
                const std::vector<check::part_values>& values,
                uint32_t instance,
                std::vector<fault::judged_part>& to) {
  if (values.empty())
    return;
  for (size_t i = 0; i < parts.size(); ++i) {
    auto& part = to.emplace_back(fault::judged_part{parts[i], instance, {}});
    for (const auto& x : values)
      if (i < x.values.size())
        if (auto value = check::number_in(x.values[i]))
          part.values.emplace_back(x.time_ms, *value);
  }
}

} // namespace

fault::host_facts host_body::facts(const std::vector<fault::rule_label>& wanted) const {
  std::set<std::string> cpus, disks;
  std::map<std::string, std::set<label_set>> by_rule; ///< Labels of instances.
  std::vector<std::pair<std::string, rule_instances>> rules;
  for (const auto& x : wanted)
    if (auto rule = checker_.rules().find(x.check_item); rule && !by_rule.contains(x.check_item)) {
      by_rule[x.check_item];
      rules.emplace_back(x.check_item, rule_instances{rule->rule});
    }
  auto gather = [&](std::string_view name, const label_set& label) {
    auto take =
      [&](std::string_view its_name, std::string_view its_label, std::set<std::string>& into) {
        if (auto it = label.find(std::string{its_label}); name == its_name && it != label.end())
          into.insert(it->second);
      };
    take(cpu_series, cpu_label, cpus);
    take(disk_series, disk_label, disks);
    for (const auto& [item, rule] : rules)
      if (name == rule.name())
        if (auto labels = rule.instance_of(label))
          by_rule[item].insert(std::move(*labels));
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
  fault::take_collected(collected_facts_, out);
  auto most = static_cast<size_t>(services_->config->check.max_instances);
  for (const auto& x : wanted) {
    std::set<std::string> values;
    for (const auto& labels : by_rule[x.check_item])
      if (auto found = labels.find(x.label); found != labels.end() && values.size() < most)
        values.insert(found->second);
    out.instances[x].assign(values.begin(), values.end());
  }
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
  wait_for_cursor(wanted, x.deadline_ms, [this, d] { judge_lines_for(d); });
  return caf::delegated<unit_diagnosed>{};
}

/// What hosts sent up to now counts, and is stored before results are read.
void host_body::judge_lines_for(std::shared_ptr<diagnosis> d) {
  if (lines_.empty())
    return learn_facts(d);
  look_at_lines(std::min(d->end_ms(), now_ms()) + 1, [this, d] {
    commits_.when_quiet([this, d] {
      commits_.resume();
      learn_facts(d);
    });
  });
}

void host_body::learn_facts(std::shared_ptr<diagnosis> d) {
  std::vector<std::string> names{std::string{cpu_series}, std::string{disk_series}};
  for (const auto& x : wanted_labels(d->unit, *services_->trees))
    if (auto rule = checker_.rules().find(x.check_item); rule && !rule->rule.data_list.empty())
      names.push_back(rule->rule.data_list.front().name);
  source_->find_machine(std::move(names), [this, d](std::vector<series_info> found) {
    machine_series_ = std::move(found);
    learn_collected(d);
  });
}

/// Trees that are the same on every host need no facts.
void host_body::learn_collected(std::shared_ptr<diagnosis> d) {
  collected_facts_.clear();
  const bool is_any_adaptive =
    std::any_of(d->unit.trees.begin(), d->unit.trees.end(), [&](const auto& x) {
      auto tree = services_->trees->get(x.digest, x.content);
      return tree && (*tree)->is_adaptive();
    });
  if (!is_any_adaptive)
    return prepare_unit(d);
  auto then = [this, d](expected<host_infos_found> found) {
    if (!found)
      return d->promise->answer(fail(found.error()));
    if (!found->host_infos.empty())
      collected_facts_ = std::move(found->host_infos.front().infos.text);
    prepare_unit(d);
  };
  caller owner;
  owner.owner = record_.owner;
  errand with;
  with.owner = record_.owner;
  with.host = record_.host_id;
  ask_for<host_info_store_actor>(std::move(with),
                                 self_,
                                 *services_->names,
                                 host_info_store_name,
                                 services_->config->store.request_timeout.chrono(),
                                 std::move(then),
                                 std::move(owner),
                                 host_infos_query{{record_.host_id}, {}});
}

void host_body::prepare_unit(std::shared_ptr<diagnosis> d) {
  auto wanted = wanted_labels(d->unit, *services_->trees);
  d->trees = adapt_trees(d->unit, *services_->trees, facts(wanted));
  auto find_rule = [this, d = d.get()](const std::string& item) {
    if (auto rule = checker_.rules().find(item)) {
      auto& known = d->known.items[item];
      known.rule_digest = rule->digest;
      known.condition = rule->rule.condition;
      return true;
    }
    if (!item.starts_with(drift_prefix))
      return false;
    d->known.items[item].rule_digest = drift_digest;
    return true;
  };
  for (const auto& item : d->trees.check_items())
    if (find_rule(item))
      d->items.push_back(item);
  for (const auto& item : d->trees.upstream_items())
    if (find_rule(item))
      d->upstream_items.push_back(item);
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
    return read_upstream(d);
  host_results_query query{record_.owner, record_.host_id, d->items, d->start_ms(), d->end_ms()};
  ask<round_store_actor, host_results>(
    round_store_name, store_deadline(), std::move(query), [this, d](expected<host_results> found) {
      if (!found)
        return d->promise->answer(fail(found.error()));
      d->known.rows = std::move(found->rows);
      for (const auto& x : d->known.rows) // In the order of time: the newest tells.
        if (auto& known = d->known.items[x.check_item]; known.rule_digest == drift_digest)
          known.condition = x.row.reason;
      read_evidence(d);
    });
}

void host_body::read_evidence(std::shared_ptr<diagnosis> d) {
  // Only where something is abnormal, and only the main data of those rules.
  int64_t from = INT64_MAX, until = INT64_MIN;
  for (const auto& x : d->known.rows) {
    auto rule = checker_.rules().find(x.check_item);
    if (fault::state_of(x.row.value) != fault::leaf_state::abnormal || !rule)
      continue;
    auto [past, is_new] = d->pasts.try_emplace(x.check_item, rule->rule);
    if (is_new && d->trees.asks_of_all(x.check_item)) {
      past->second.wants_presence = true;
      from = std::min(from, d->start_ms());
      until = std::max(until, d->end_ms());
    }
    past->second.abnormal[x.labels].push_back({x.row.start_ms, x.row.end_ms});
    from = std::min(from, std::max(x.row.start_ms, d->start_ms()));
    until = std::max(until, std::min(x.row.end_ms, d->end_ms()));
  }
  if (d->pasts.empty())
    return read_upstream(d);
  until = std::min(until, from + most_evidence_ms);
  std::set<series_key> keys;
  history_order order;
  for (const auto& [item, past] : d->pasts) {
    auto rule = checker_.rules().find(item);
    const auto& data = rule->rule.data_list;
    // A query, or lines: what these came to is judged again.
    if (data.empty() || rule->has_logs())
      continue;
    const auto& main = data.front();
    if (past.of.match())
      order.matches.push_back({main.name, past.of.match()});
    else
      keys.insert({main.name, main.label});
  }
  for (const auto& key : keys)
    order.wanted.push_back(
      {check::kept_series::duration + 1 + static_cast<uint32_t>(order.wanted.size()), key});
  if (order.wanted.empty() && order.matches.empty())
    return judge_evidence(d, from, until);
  auto beside = source_->beside_grid_ms();
  order.from_ms = from - beside;
  order.until_ms = until + beside;
  order.deadline_ms = d->unit.deadline_ms;
  source_->history().read_rounds(
    std::move(order),
    [d, beside](const history_portion& x) {
      take_evidence(*d, x, beside);
      return true;
    },
    [this, d, from, until](expected<void> how) {
      if (!how)
        return d->promise->answer(fail(how.error()));
      judge_evidence(d, from, until);
    });
}

/// What the parts of the conditions were meanwhile.
void host_body::judge_evidence(std::shared_ptr<diagnosis> d, int64_t from_ms, int64_t until_ms) {
  std::vector<std::string> items;
  for (const auto& [item, past] : d->pasts) {
    // What is usual would have to be learned again: weeks are read for that.
    auto rule = checker_.rules().find(item);
    if (rule && !rule->learns())
      items.push_back(item);
  }
  if (items.empty())
    return read_upstream(d);
  auto request = request_for(from_ms, until_ms + 1);
  request.most_values = most_judged_values;
  auto rules = rules_for(items);
  if (rules.empty())
    return read_upstream(d);
  run_over(rules,
           request,
           d->unit.deadline_ms,
           [this, d, rules](expected<std::vector<check::run_result>> results) {
             if (!results)
               return d->promise->answer(fail(results.error()));
             for (size_t i = 0; i < rules.size(); ++i) {
               auto& past = d->pasts.at(rules[i]->rule.check_item);
               auto& found = (*results)[i];
               past.parts = std::move(found.parts);
               if (rules[i]->has_logs())
                 for (auto& x : found.points)
                   if (x.value == check::result_value::abnormal && !x.reason.empty() &&
                       past.lines.size() < most_evidence_lines)
                     past.lines.emplace_back(x.time_ms, std::move(x.reason));
               past.instances[{}].values = std::move(found.values);
               for (auto& x : found.instances)
                 past.instances[x.labels].values = std::move(x.values);
             }
             read_upstream(d);
           });
}

/// Samples of the rounds by rule and instance.
void host_body::take_evidence(diagnosis& d, const history_portion& x, int64_t beside_ms) {
  struct place {
    const rule_instances* of = nullptr;
    const std::vector<fault::slice>* abnormal = nullptr;
    diagnosis::sampled* to = nullptr;
  };
  static const std::vector<fault::slice> never;
  std::map<uint32_t, std::vector<place>> by_slot;
  for (const auto& s : x.series)
    for (auto& [item, past] : d.pasts)
      if (s.key.name == past.of.name())
        if (auto labels = past.of.instance_of(s.key.label)) {
          auto abnormal = past.abnormal.find(*labels);
          by_slot[s.slot].push_back({&past.of,
                                     abnormal == past.abnormal.end() ? &never : &abnormal->second,
                                     &past.instances[*labels]});
        }
  auto has_tripped = [&](const place& at, int64_t time_ms) {
    return std::any_of(at.abnormal->begin(), at.abnormal->end(), [&](fault::slice r) {
      return r.start_ms - beside_ms <= time_ms && time_ms <= r.end_ms + beside_ms;
    });
  };
  for (const auto& round : x.rounds) {
    std::map<diagnosis::sampled*, std::pair<place, std::vector<number>>> values;
    for (const auto& sample : round.samples)
      if (auto it = by_slot.find(sample.slot); it != by_slot.end())
        for (const auto& at : it->second) {
          auto& its = values[at.to];
          its.first = at;
          its.second.push_back(sample.value);
        }
    for (const auto& [to, its] : values) {
      if (to->first_ms == 0)
        to->first_ms = round.time_ms;
      to->last_ms = round.time_ms;
      if (has_tripped(its.first, round.time_ms))
        d.keep(*to, round.time_ms, its.first.of->value_of(its.second));
    }
  }
}

/// What was read by labels, as results by number.
void host_body::number_instances(diagnosis& d) {
  std::map<std::string_view, std::set<label_set>> found;
  for (const auto& x : d.known.rows)
    if (!x.labels.empty())
      found[x.check_item].insert(x.labels);
  for (const auto& [item, past] : d.pasts)
    if (past.wants_presence)
      for (const auto& [labels, sampled] : past.instances)
        if (!labels.empty() && sampled.first_ms != 0)
          found[item].insert(labels);
  std::map<std::pair<std::string_view, label_set>, uint32_t> numbers;
  for (const auto& [item, all] : found)
    for (const auto& labels : all) {
      auto& to = d.known.items[std::string{item}].instances;
      to.push_back({labels, check::instance_text(item, labels)});
      numbers[{item, labels}] = static_cast<uint32_t>(to.size());
    }
  auto number_of = [&](std::string_view item, const label_set& labels) {
    auto known = numbers.find({item, labels});
    return known == numbers.end() ? 0 : known->second;
  };
  for (const auto& x : d.known.rows)
    d.known.items[x.check_item].results.push_back({x.row.start_ms,
                                                   x.row.end_ms,
                                                   fault::state_of(x.row.value),
                                                   number_of(x.check_item, x.labels),
                                                   x.row.reason});
  for (auto& [item, past] : d.pasts)
    for (auto& [time_ms, text] : past.lines)
      d.known.items[item].samples.push_back({time_ms, std::move(text), 0});
  for (auto& [item, past] : d.pasts)
    for (const auto& [labels, sampled] : past.instances) {
      auto& known = d.known.items[item];
      auto number = number_of(item, labels);
      for (const auto& [time_ms, value] : sampled.tripped)
        known.samples.push_back({time_ms, value, number});
      if (number > 0 || labels.empty())
        add_judged(past.parts, sampled.values, number, known.judged);
      if (past.wants_presence && number > 0 && sampled.first_ms != 0)
        known.present.push_back({number, sampled.first_ms, sampled.last_ms});
    }
}

/// What leaves ask of the hosts that this one depends on.
void host_body::read_upstream(std::shared_ptr<diagnosis> d) {
  if (d->upstream_items.empty())
    return report(d);
  auto then = [this, d](expected<upstream_found> found) {
    if (!found)
      return d->promise->answer(fail(found.error()));
    d->known.upstream.take(std::move(*found), d->upstream_items, period_ms());
    report(d);
  };
  caller owner;
  owner.owner = record_.owner;
  errand with;
  with.owner = record_.owner;
  with.host = record_.host_id;
  ask_for<topology_actor>(
    std::move(with),
    self_,
    *services_->names,
    topology_name,
    store_deadline(),
    std::move(then),
    std::move(owner),
    upstream_query{
      record_.host_id, d->upstream_items, d->unit.bounds_ms, d->trees.upstream_depth()});
}

void host_body::report(std::shared_ptr<diagnosis> d) {
  number_instances(*d);
  unit_diagnosed reply{d->unit.unit, make_reports(d->unit, d->trees, d->known)};
  d->known.covers = nullptr; // It refers to its own owner.
  d->promise->answer(std::move(reply));
}

} // namespace aops::actors
