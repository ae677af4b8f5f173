#include "runtime/core/check/rule_engine.hpp"

#include "runtime/core/check/lack.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace aops::check {

namespace {

/// Rounds carry numbers only: logs have no data on the grid.
const expr::series* no_entries() {
  static const expr::series none(true);
  return &none;
}

bool is_grouped(const compiled_item& x) { return x.agg != aggregation::none && x.item.by; }

/// Whether the series of an item come and go.
bool has_candidates(const compiled_item& x) {
  return x.match != nullptr && (x.agg == aggregation::none || is_grouped(x));
}

/// Whether an instance is told of although it has no data for longer than its rule looks back.
bool outlives_its_series(const bound_rule& b) {
  return b.terms->no_data == no_data_policy::keep || b.terms->no_data == no_data_policy::alert;
}

} // namespace

std::optional<result_value> plain_verdict(const firing_terms& terms, point_state state) {
  switch (state) {
  case point_state::held:
    return result_value::abnormal;
  case point_state::error:
    return result_value::internal_error;
  case point_state::no_data:
    if (terms.no_data != no_data_policy::ignore)
      return result_value::no_data;
    break;
  default:
    break;
  }
  return {};
}

rule_engine::rule_engine(int64_t period_ms,
                         kept_series& kept,
                         match_limits limits,
                         bool begins_empty)
    : period_ms_(period_ms), kept_(kept), limits_(limits), begins_empty_(begins_empty) {}

rule_engine::~rule_engine() {
  for (auto& b : rules)
    unbind(b);
}

// -- rules

bound_rule rule_engine::bind(rule_set::rule_ptr rule, bool& collected) {
  bound_rule b;
  b.rule = std::move(rule);
  b.terms = terms_of(*b.rule);
  b.looks_back = b.terms->looks_back();
  collected = true;
  if (b.rule->learns())
    b.more.make().learned = std::make_unique<learned_rule>();
  if (b.rule->has_matches() || b.rule->query || b.rule->learns() || b.looks_back)
    b.pending = history_ms(*b.rule, period_ms_) > quick_history_ms ? reach::far : reach::quick;
  if (b.rule->has_matches() || b.rule->query) {
    bind_matches(b, collected);
    return b;
  }
  std::vector<const expr::series*> data;
  for (const auto& x : b.rule->items)
    data.push_back(exact_window(b, x, collected));
  b.common.judge.emplace(b.rule, data);
  if (b.learned() && !b.slots.empty())
    b.common.slot = b.slots[0];
  return b;
}

/// Rules share what mostly is the same.
const bound_terms* rule_engine::terms_of(const compiled_rule& rule) {
  bound_terms terms{rule.terms(period_ms_), horizon_ms(rule, period_ms_)};
  auto known = std::find(terms_.begin(), terms_.end(), terms);
  return known != terms_.end() ? &*known : &terms_.emplace_back(terms);
}

/// The window of an item that names its series.
const expr::series*
rule_engine::exact_window(bound_rule& b, const compiled_item& x, bool& collected) {
  if (!x.is_needed)
    return nullptr;
  if (x.item.type == "log")
    return no_entries();
  bool was_kept = true;
  auto slot = kept_.bind(x.item.name, x.item.label, was_kept);
  b.slots.push_back(slot);
  collected = collected && was_kept;
  return &windows_.use(slot, b.terms->horizon_ms);
}

void rule_engine::bind_matches(bound_rule& b, bool& collected) {
  b.windows_wait = true;
  auto& sources = b.more.make().sources;
  for (const auto& x : b.rule->items) {
    auto& source = sources.emplace_back();
    if (x.match == nullptr || !x.is_needed) {
      source.fixed = exact_window(b, x, collected);
      continue;
    }
    collected = collected && (kept_.lists(x.item.name) || kept_.watches(x.item.name, *x.match));
    kept_.watch(x.item.name, x.match);
    ++watched_;
    if (x.agg == aggregation::none)
      continue;
    source.aggregate = aggregates_.use(x);
    for (auto group : aggregates_.groups_of(*source.aggregate))
      aggregates_.at(group).is_bound = false;
    if (!x.item.by)
      source.fixed =
        &derived_.use(aggregates_.groups_of(*source.aggregate).front(), b.terms->horizon_ms);
  }
  if (b.rule->query)
    bind_query(b);
  if (!b.rule->has_instances()) {
    std::vector<const expr::series*> data;
    for (const auto& source : sources)
      data.push_back(source.fixed);
    b.common.judge.emplace(b.rule, data);
  }
  b.must_join = true;
  met_.clear(); // Those that are known already may belong to it.
  must_meet_known_ = true;
}

void rule_engine::unbind(bound_rule& b) {
  for (auto slot : b.slots) {
    windows_.drop(slot, b.terms->horizon_ms);
    kept_.release(slot);
  }
  b.slots.clear();
  if (!b.more.has())
    return;
  auto& more = b.more.make();
  more.query.reset();
  for (const auto& [labels, series] : std::exchange(more.recorded, {}))
    kept_.release(series.slot);
  for (size_t i = 0; i < more.sources.size(); ++i) {
    auto& source = more.sources[i];
    for (auto& c : source.candidates)
      drop_window(b, source, c);
    const auto& x = b.rule->items[i];
    if (x.match == nullptr || !x.is_needed)
      continue;
    kept_.unwatch(x.item.name, x.match);
    --watched_;
    if (!source.aggregate)
      continue;
    if (source.fixed != nullptr)
      derived_.drop(aggregates_.groups_of(*source.aggregate).front(), b.terms->horizon_ms);
    aggregates_.drop(*source.aggregate);
  }
  more.sources.clear();
}

void rule_engine::drop_window(const bound_rule& b, const item_source& source, const candidate& c) {
  (source.aggregate ? derived_ : windows_).drop(c.id, b.terms->horizon_ms);
}

void rule_engine::settle() {
  kept_.settle_watches();
  if (std::exchange(must_meet_known_, false) && !begins_empty_)
    meet_known();
  windows_.settle();
  derived_.settle();
}

/// Instances that outlive their series are there as long as these are known. Those of groups are
/// known by their members.
void rule_engine::meet_known() {
  auto outlives = [](const bound_rule& b) {
    return !b.query() && !b.sources().empty() && b.rule->has_instances() && outlives_its_series(b);
  };
  if (std::none_of(rules.begin(), rules.end(), outlives))
    return;
  for (uint32_t slot = kept_series::duration + 1; slot < kept_.slot_count(); ++slot) {
    auto key = kept_.key_of(slot);
    if (key.name.empty() || !kept_.is_seen(slot))
      continue;
    aggregates_.add(slot, key);
    for (auto& b : rules)
      if (outlives(b))
        connect(b, slot, key);
  }
  for (auto& b : rules)
    if (outlives(b) && b.sources()[0].aggregate)
      for (auto group : aggregates_.groups_of(*b.sources()[0].aggregate))
        connect_group(group);
}

// -- series come

/// Enters series that rules do not know yet.
void rule_engine::meet(std::span<const sample> samples) {
  bool is_new = false;
  for (const auto& s : samples) {
    if (s.slot >= kept_.slot_count())
      continue;
    if (s.slot >= met_.size())
      met_.resize(kept_.slot_count());
    if (met_[s.slot])
      continue;
    met_[s.slot] = true;
    auto key = kept_.key_of(s.slot);
    aggregates_.add(s.slot, key);
    for (auto& b : rules)
      is_new |= connect(b, s.slot, key);
  }
  if (is_new)
    windows_.settle();
}

bool rule_engine::connect(bound_rule& b, uint32_t slot, const series_key& key) {
  bool is_new = false;
  auto sources = b.sources();
  for (size_t i = 0; i < sources.size(); ++i) {
    const auto& x = b.rule->items[i];
    if (x.match == nullptr || x.agg != aggregation::none || x.item.name != key.name ||
        !x.match->matches(key.label))
      continue;
    auto& all = sources[i].candidates;
    auto place = std::lower_bound(
      all.begin(), all.end(), slot, [](const candidate& c, uint32_t s) { return c.id < s; });
    if (place != all.end() && place->id == slot)
      continue;
    all.insert(place, {slot, key.label, &windows_.use(slot, b.terms->horizon_ms, b.windows_wait)});
    b.must_join = is_new = true;
  }
  return is_new;
}

/// A group of an aggregate has a sample.
bool rule_engine::connect_group(uint32_t id) {
  auto& group = aggregates_.at(id);
  if (std::exchange(group.is_bound, true))
    return false;
  bool is_new = false;
  for (auto& b : rules)
    for (auto& source : b.sources()) {
      if (source.aggregate != group.aggregate || source.fixed != nullptr)
        continue;
      auto& all = source.candidates;
      auto place = std::lower_bound(
        all.begin(), all.end(), group.labels, [](const candidate& c, const label_set& labels) {
          return c.labels < labels;
        });
      if (place != all.end() && place->labels == group.labels)
        continue;
      all.insert(place, {id, group.labels, &derived_.use(id, b.terms->horizon_ms, b.windows_wait)});
      b.must_join = is_new = true;
    }
  return is_new;
}

template <class IsGone>
bool rule_engine::drop_candidates(bound_rule& b, item_source& source, IsGone is_gone) {
  auto dropped = std::erase_if(source.candidates, [&](const candidate& c) {
    if (!is_gone(c))
      return false;
    drop_window(b, source, c);
    return true;
  });
  b.must_join |= dropped > 0;
  return dropped > 0;
}

/// Judges must not look at windows that go.
void rule_engine::join_again() {
  for (auto& b : rules)
    if (b.must_join)
      join(b);
  windows_.settle();
  derived_.settle();
}

/// Series that have no point any more are forgotten by their rules, and met again when they return.
void rule_engine::drop_empty() {
  bool is_any = false;
  for (auto& b : rules) {
    if (b.windows_wait && b.terms->horizon_ms > quick_history_ms)
      continue; // Nothing is in them yet.
    auto sources = b.sources();
    for (size_t i = 0; i < sources.size(); ++i) {
      auto& source = sources[i];
      if (i == 0 && !b.query() && outlives_its_series(b))
        continue;
      is_any |= drop_candidates(b, source, [&](const candidate& c) {
        if (!c.window->empty())
          return false;
        if (source.aggregate)
          aggregates_.at(c.id).is_bound = false;
        else if (c.id < met_.size())
          met_[c.id] = false;
        return true;
      });
    }
  }
  if (is_any)
    join_again();
}

void rule_engine::forget(const std::vector<uint32_t>& slots) {
  for (auto& b : rules)
    if (b.learned())
      for (auto slot : slots)
        b.learned()->forget(slot);
  if (!has_matches())
    return;
  auto groups = aggregates_.forget(slots);
  for (auto slot : slots)
    if (slot < met_.size())
      met_[slot] = false;
  bool is_any = false;
  for (auto& b : rules)
    for (auto& source : b.sources()) {
      const auto& gone = source.aggregate ? groups : slots;
      is_any |= drop_candidates(b, source, [&](const candidate& c) {
        return std::find(gone.begin(), gone.end(), c.id) != gone.end();
      });
    }
  if (is_any)
    join_again();
}

// -- instances

/// Brings the instances of a rule in line with its series.
void rule_engine::join(bound_rule& b) {
  b.must_join = false;
  if (b.query())
    return b.query()->reset(); // Its instances follow from what it yields.
  if (b.rule->has_instances())
    renew_instances(b);
  for (auto& x : b.others())
    join_items(b, x);
  if (b.common.judge)
    join_items(b, b.common);
}

/// One for each series of `$0`, as far as they are allowed; those that were there stay.
void rule_engine::renew_instances(bound_rule& b) {
  auto by_labels = [](const label_set* x, const label_set* y) { return *x < *y; };
  std::map<const label_set*, instance*, decltype(by_labels)> known(by_labels);
  auto& more = b.more.make();
  auto before = std::exchange(more.others, {});
  for (auto& x : before)
    known.emplace(&x.labels(), &x);
  b.common.judge.reset();
  const auto& wanted = more.sources[0].candidates;
  auto count = std::min(wanted.size(), limits_.instances);
  more.left_out = static_cast<uint32_t>(wanted.size() - count);
  more.others.reserve(count);
  for (size_t k = 0; k < count; ++k) {
    const auto& c = wanted[k];
    if (c.labels.empty()) { // It is called as the rule is.
      b.common.judge.emplace(b.rule, windows_for(b, c));
      b.common.slot = c.id;
      continue;
    }
    auto same = known.find(&c.labels);
    bool is_known = same != known.end();
    // Its labels, by which it is known, stay where they are.
    auto& x =
      is_known ? more.others.emplace_back(std::move(*same->second)) : more.others.emplace_back();
    if (is_known)
      known.erase(same);
    else
      x.more.make().labels = c.labels;
    x.slot = c.id;
    if (!x.judge || x.judge->windows().front() != c.window)
      x.judge.emplace(b.rule, windows_for(b, c));
  }
  have_gone_ |= !known.empty();
  if (!b.common.judge) {
    if (b.common.more.has())
      b.common.more.make().time = {};
    b.common.is_fresh = true;
  }
}

std::vector<const expr::series*> rule_engine::windows_for(const bound_rule& b,
                                                          const candidate& main) const {
  std::vector<const expr::series*> data;
  for (const auto& source : b.sources())
    data.push_back(source.fixed);
  data[0] = main.window;
  return data;
}

/// Which series each further item may mean for an instance.
void rule_engine::join_items(const bound_rule& b, instance& x) {
  auto sources = b.sources();
  for (size_t i = b.rule->has_instances() ? 1 : 0; i < sources.size(); ++i) {
    if (!has_candidates(b.rule->items[i]) || !b.rule->items[i].is_needed)
      continue;
    std::vector<const expr::series*> windows;
    for (const auto& c : sources[i].candidates)
      if (belongs_to(b.rule->items[i].item, c.labels, x.labels()))
        windows.push_back(c.window);
    x.judge->join(i, std::move(windows));
  }
}

// -- rounds

template <class Take>
void rule_engine::each_sample(std::span<const sample> samples,
                              bool answered,
                              double duration_s,
                              Take take) {
  take(kept_series::up, number::of(int64_t{answered}));
  take(kept_series::duration, number::of(duration_s));
  for (const auto& s : samples)
    if (s.slot < kept_.slot_count())
      take(s.slot, s.value);
}

/// The samples of aggregates. @param take `void(group, value)`
template <class Take>
void rule_engine::each_derived(std::span<const sample> samples, Take take) {
  if (aggregates_.empty())
    return;
  aggregates_.begin();
  for (const auto& s : samples)
    aggregates_.take(s.slot, s.value);
  bool is_new = false;
  const auto& found = aggregates_.finish();
  for (const auto& d : found)
    is_new |= connect_group(d.group);
  if (is_new)
    derived_.settle();
  for (const auto& d : found)
    take(d.group, d.value);
}

void rule_engine::enter(int64_t t_ms,
                        std::span<const sample> samples,
                        bool answered,
                        double duration_s,
                        bool is_now,
                        std::vector<sample>* recorded) {
  windows_.trim(t_ms);
  if (has_matches()) {
    derived_.trim(t_ms);
    meet(samples);
  }
  each_sample(samples, answered, duration_s, [&](uint32_t slot, number value) {
    windows_.append(slot, t_ms, value);
    if (is_now)
      kept_.remember(slot, t_ms, value);
  });
  std::vector<sample> all;
  if (recorded != nullptr)
    record(t_ms, samples, *recorded);
  if (recorded != nullptr && !recorded->empty() && !aggregates_.empty()) {
    all.assign(samples.begin(), samples.end());
    all.insert(all.end(), recorded->begin(), recorded->end());
    samples = all;
  }
  each_derived(samples, [&](uint32_t group, number value) { derived_.append(group, t_ms, value); });
  learn_now(t_ms);
  if (has_matches())
    drop_empty();
}

std::optional<result_value>
rule_engine::verdict_in_time(bound_rule& b, instance& x, int64_t t_ms, point_state state) {
  if (each_state_)
    each_state_(b, x, t_ms, state);
  x.is_fresh = false;
  return x.more.make().time.at(
    t_ms, state, *b.terms, [&] { return x.judge && x.judge->recovers(); });
}

void rule_engine::judge_alone(bound_rule& b, int64_t t_ms, const std::string_view* why_silent) {
  auto state = state_at(b, b.common, t_ms, why_silent == nullptr);
  auto value = verdict(b, b.common, t_ms, state);
  note(b.common, t_ms, value, [&] { return why(b, b.common, t_ms, why_silent); });
}

/// What is made of some of the series only is nothing anybody asked for.
void rule_engine::judge_aggregate(bound_rule& b, int64_t t_ms, const std::string_view* why_silent) {
  if (why_silent != nullptr || !is_incomplete(b))
    return judge_alone(b, t_ms, why_silent);
  note(b.common, t_ms, result_value::internal_error, [&] { return why_incomplete(b); });
}

void rule_engine::judge_instances(bound_rule& b, int64_t t_ms, const std::string_view* why_silent) {
  if (b.must_join)
    join(b);
  if (!b.rule->has_instances())
    return judge_aggregate(b, t_ms, why_silent);
  bool is_away = why_silent == nullptr && b.learned() && !b.learned()->problem.empty();
  auto judge = [&](instance& x) {
    auto state = state_at(b, x, t_ms, why_silent == nullptr);
    auto value = verdict(b, x, t_ms, state);
    // That the host is silent, or a plug-in away, is said once, of no instance.
    bool is_said = (why_silent != nullptr && value == result_value::no_data) ||
                   (is_away && value == result_value::internal_error);
    return is_said ? std::nullopt : value;
  };
  for (auto& x : b.others())
    note(x, t_ms, judge(x), [&] { return why(b, x, t_ms, why_silent); });
  auto value = b.common.judge ? judge(b.common) : std::nullopt;
  bool tells =
    b.terms->no_data == no_data_policy::tell || b.terms->no_data == no_data_policy::alert;
  if (!value && tells && (why_silent != nullptr || (b.others().empty() && !b.common.judge)))
    value = result_value::no_data;
  if (!value && why_silent == nullptr && (is_away || is_incomplete(b)))
    value = result_value::internal_error;
  note(b.common, t_ms, value, [&] { return why(b, b.common, t_ms, why_silent); });
}

// -- reasons

/// Whether some series that match are left out.
bool rule_engine::is_incomplete(const bound_rule& b) const {
  return b.more->left_out > 0 || b.more->unkept > 0 ||
         std::any_of(b.rule->items.begin(), b.rule->items.end(), [&](const compiled_item& x) {
           return x.match != nullptr && kept_.unmatched(x.item.name, *x.match) > 0;
         });
}

std::string rule_engine::why_incomplete(const bound_rule& b) const {
  if (b.more->left_out > 0)
    return fmt::format("{} series match, {} are judged (check.max_instances)",
                       b.sources()[0].candidates.size(),
                       limits_.instances);
  size_t unmatched = b.more->unkept;
  for (const auto& x : b.rule->items)
    if (x.match != nullptr)
      unmatched += kept_.unmatched(x.item.name, *x.match);
  return why_unkept(unmatched);
}

std::string rule_engine::why(const bound_rule& b,
                             const instance& x,
                             int64_t t_ms,
                             const std::string_view* why_silent) const {
  if (b.rule->is_refused())
    return b.rule->refusal;
  if (b.learned() && x.value == result_value::internal_error && !b.learned()->problem.empty())
    return b.learned()->problem;
  if (x.value == result_value::internal_error)
    return x.judge && !x.judge->reason().empty() ? x.judge->reason() : why_incomplete(b);
  if (why_silent != nullptr)
    return std::string(*why_silent);
  auto i = x.judge ? x.judge->lacking(t_ms) : std::optional<size_t>(0);
  if (!i)
    return {};
  const auto& item = b.rule->items[*i].item;
  // One that is known by its labels was there before.
  if (*i == 0 && !x.labels().empty())
    return "no sample of " + item.name + shown_labels(x.labels());
  if (*i > 0 && !b.sources().empty() && !b.sources()[*i].candidates.empty())
    return "no series " + shown_series(item) + " belongs to the instance";
  return why_lacking(kept_, item);
}

// -- history

void rule_engine::load(
  reach which, int64_t t_ms, std::span<const sample> samples, bool answered, double duration_s) {
  loaded_until_ms_ = std::max(loaded_until_ms_.value_or(t_ms), t_ms);
  if (has_matches())
    meet(samples);
  each_sample(samples, answered, duration_s, [&](uint32_t slot, number value) {
    windows_.load(which, slot, t_ms, value);
  });
  each_derived(samples,
               [&](uint32_t group, number value) { derived_.load(which, group, t_ms, value); });
  learn_past(t_ms, samples);
}

void rule_engine::loaded(reach which) {
  windows_.loaded(which);
  derived_.loaded(which);
  if (loaded_until_ms_) {
    windows_.trim(*loaded_until_ms_);
    derived_.trim(*loaded_until_ms_);
  }
  for (auto& b : rules) {
    if (b.pending == which)
      b.pending.reset();
    if ((b.terms->horizon_ms > quick_history_ms) == (which == reach::far))
      b.windows_wait = false;
  }
  if (has_matches())
    drop_empty(); // Series that were gone before the end of it.
}

int64_t rule_engine::missing_history_ms(reach which) const {
  auto longest = std::max(windows_.missing_history_ms(which), derived_.missing_history_ms(which));
  for (const auto& b : rules) {
    if (b.pending == which)
      longest = std::max(longest, history_ms(*b.rule, period_ms_));
    if (b.windows_wait && (b.terms->horizon_ms > quick_history_ms) == (which == reach::far))
      longest = std::max(longest, b.terms->horizon_ms);
  }
  return longest;
}

bool rule_engine::waits_far(const bound_rule& b) const {
  return b.pending == reach::far || std::any_of(b.slots.begin(), b.slots.end(), [&](uint32_t slot) {
           return windows_.waits_far(slot, b.terms->horizon_ms);
         });
}

size_t rule_engine::memory_bytes() const {
  size_t bytes = windows_.memory_bytes() + derived_.memory_bytes() + aggregates_.memory_bytes() +
                 met_.capacity() / 8;
  auto of_instance = [](const instance& x) {
    size_t sum = x.judge ? x.judge->memory_bytes() - sizeof(rule_judge) : 0;
    if (!x.more.has())
      return sum;
    return sum + sizeof(instance_more) + x.reason().capacity() +
           x.labels().size() * 2 * sizeof(label_set::value_type) +
           (x.more->run ? sizeof(interval) + x.more->run->reason.capacity() : 0) +
           (x.more->told ? sizeof(told_texts) + 256 : 0);
  };
  for (const auto& b : rules) {
    bytes += b.learned() ? b.learned()->memory_bytes() : 0;
    bytes += sizeof(b) + b.slots.memory_bytes() + of_instance(b.common);
    bytes += b.more.has() ? sizeof(bound_more) : 0;
    for (const auto& x : b.others())
      bytes += sizeof(x) + of_instance(x);
    for (const auto& source : b.sources())
      bytes += sizeof(source) + source.candidates.capacity() * sizeof(candidate);
  }
  return bytes;
}

} // namespace aops::check
