#include "actors/host/history_source.hpp"

#include "actors/host/history_turns.hpp"
#include "actors/host/host_ask.hpp"
#include "messages/names.hpp"
#include "messages/roles/rounds.hpp"
#include "runtime/core/check/live.hpp"
#include "runtime/core/check/round_codec.hpp"
#include "runtime/core/check/rounds.hpp"

#include <set>

namespace aops::actors {

namespace {

/// Stored rounds are read in portions of so much time.
constexpr int64_t portion_ms = 3600 * 1000;

/// Slots 0 and 1 are the host's own series.
constexpr uint32_t first_slot = check::kept_series::duration + 1;

/// Samples held at once for a run, about; more rules than that are judged one group after the
/// other.
constexpr int64_t most_samples = 2'000'000;

/// The rules of a run that are being read for.
history_source::rule_list group_of(const history_run& x) {
  auto begin = x.rules.begin();
  return {begin + static_cast<ptrdiff_t>(x.results.size()),
          begin + static_cast<ptrdiff_t>(x.group_end)};
}

/// Series that a rule with a match is taken to need.
constexpr size_t usual_matched = 64;

/// What the group needs, under slots of their own.
void order_series_of(const history_run& x, history_order& to) {
  std::set<series_key> keys;
  for (const auto& rule : group_of(x))
    for (const auto& [item, match, agg, is_needed, lines] : rule->items)
      if (item.type != "kpi" || !is_needed || check::is_own_series(item))
        continue;
      else if (match)
        to.matches.push_back({item.name, match});
      else
        keys.insert({item.name, item.label});
  for (const auto& key : keys)
    to.wanted.push_back({first_slot + static_cast<uint32_t>(to.wanted.size()), key});
}

/// Before the first time that is judged only what is remembered of samples is needed.
int64_t thin_before_ms(const history_run& x) {
  auto from = x.request.start_ms;
  for (const auto& rule : group_of(x))
    from = std::min(from, x.request.start_ms - rule->terms(x.request.period_ms).lead_ms());
  return from - x.request.period_ms;
}

void take(history_run& x, const history_portion& portion) {
  if (!x.rounds) {
    x.rounds.emplace(group_of(x), portion.series);
    x.rounds->thin_before(thin_before_ms(x));
  } else if (portion.series.size() != x.series_known) { // Matches find more as time goes on.
    x.rounds->add_series(portion.series);
  }
  x.series_known = portion.series.size();
  x.left_out.insert(portion.left_out.begin(), portion.left_out.end());
  for (const auto& round : portion.rounds) {
    x.rounds->add(round);
    x.next_ms = round.time_ms + 1;
  }
}

class stored_rounds final : public history_source {
public:
  explicit stored_rounds(source_links links) : links_(std::move(links)) {}

  check::time_basis job_basis() const override { return check::time_basis::stored_grid; }

  void read_rounds(history_order order, each_portion each, done finished) override {
    order.from_ms = std::max(order.from_ms, links_.earliest_ms());
    read_on(
      std::make_shared<reading>(reading{std::move(order), std::move(each), std::move(finished)}));
  }

private:
  struct reading {
    history_order order;
    each_portion each;
    done finished;
  };

  void read_on(std::shared_ptr<reading> x) {
    const auto& order = x->order;
    if (order.from_ms > order.until_ms)
      return x->finished({});
    if (order.deadline_ms > 0 && links_.services->clock->now_ms() > order.deadline_ms)
      return x->finished(fail(ec::timed_out, "history of host " + links_.record.host_id));
    if (order.how == read_kind::asked)
      return read_portion(x);
    links_.turns.ask([this, x] { read_portion(x); });
  }

  void read_portion(std::shared_ptr<reading> x) {
    const auto& order = x->order;
    errand with;
    with.owner = links_.record.owner;
    with.host = links_.record.host_id;
    auto then = [this, x](expected<sample_rows> rows) {
      if (x->order.how == read_kind::background)
        links_.turns.done();
      if (!rows)
        return x->finished(fail(rows.error()));
      if (rows->rows.empty()) // Nothing follows.
        return x->finished({});
      x->order.from_ms = rows->rows.back().time_ms + 1;
      if (!x->each(decoded(std::move(*rows))))
        return x->finished({});
      read_on(x);
    };
    ask_for<round_store_actor>(
      std::move(with),
      links_.self,
      *links_.services->names,
      round_store_name,
      links_.services->config->store.request_timeout.chrono(),
      then,
      samples_query{links_.record.host_id, order.from_ms, order.until_ms, portion_ms});
  }

  static history_portion decoded(sample_rows rows) {
    history_portion out;
    out.series = std::move(rows.series);
    for (const auto& row : rows.rows)
      if (auto round =
            check::decode_round(row.time_ms, row.blob)) // A damaged row is a round nobody took.
        out.rounds.push_back(std::move(*round));
    return out;
  }

  source_links links_;
};

} // namespace

history_order order_for_windows(check::host_checker& checker, int64_t from_ms, int64_t until_ms) {
  history_order order{checker.kept().bound(), from_ms, until_ms};
  for (const auto& rule : checker.rules().rules())
    for (const auto& item : rule->items)
      if (item.match && item.is_needed)
        order.matches.push_back({item.item.name, item.match});
  // What no rule of this host takes gets none.
  order.slot_of = [&checker](const series_key& key) { return checker.slot_of(key); };
  return order;
}

void history_source::begin_group(history_run& x) {
  std::set<series_key> keys;
  size_t matched = 0;
  x.left_out.clear();
  x.next_ms = x.request.start_ms;
  for (auto i = x.results.size(); i < x.rules.size(); ++i) {
    const auto& rule = *x.rules[i];
    auto from = std::min(x.next_ms, check::range_to_fetch(rule, x.request).from_ms);
    auto with_it = keys;
    auto matched_with_it = matched;
    for (const auto& item : rule.items)
      if (item.match)
        matched_with_it += usual_matched;
      else if (item.item.type == "kpi")
        with_it.insert({item.item.name, item.item.label});
    auto rounds = (x.request.end_ms - from) / x.request.period_ms + 1;
    auto series = static_cast<int64_t>(with_it.size() + matched_with_it);
    if (i > x.results.size() && series > most_samples / rounds)
      break;
    keys = std::move(with_it);
    matched = matched_with_it;
    x.next_ms = from;
    x.group_end = i + 1;
  }
}

size_t history_source::left_out_of(const history_run& x, const check::compiled_item& item) {
  if (item.match == nullptr)
    return 0;
  return static_cast<size_t>(
    std::count_if(x.left_out.begin(), x.left_out.end(), [&](const series_key& key) {
      return key.name == item.item.name && item.match->matches(key.label);
    }));
}

void history_source::judge_group(std::shared_ptr<history_run> x, std::function<void()> then) {
  if (!x->rounds)
    x->rounds.emplace(group_of(*x), std::vector<series_entry>{});
  while (x->results.size() < x->group_end) {
    auto rule = x->rules[x->results.size()];
    auto data = x->rounds->data_for(*rule);
    for (size_t i = 0; i < data.items.size(); ++i) {
      data.items[i].collected_from_ms = x->since(rule->items[i].item);
      data.items[i].left_out = left_out_of(*x, rule->items[i]);
    }
    if (rule->outside && x->ask_outside)
      return x->ask_outside(rule, x->request, data, [x, rule, data, then](check::run_data said) {
        auto all = data;
        all.is_outside_asked = true;
        all.outside = std::move(said.outside);
        all.outside_problem = std::move(said.outside_problem);
        x->results.push_back(check::run_rule(rule, x->request, all));
        judge_group(x, then);
      });
    x->results.push_back(check::run_rule(rule, x->request, data));
  }
  then();
}

void history_source::run(std::shared_ptr<history_run> x, judged then) {
  if (x->results.size() == x->rules.size())
    return then(std::move(x->results));
  if (x->group_end == x->results.size()) {
    x->rounds.reset();
    begin_group(*x);
  }
  // The end belongs to the next range.
  history_order order{{}, x->next_ms, x->request.end_ms - 1, x->how, x->deadline_ms};
  order_series_of(*x, order);
  order.is_kept = x->is_kept;
  read_rounds(
    std::move(order),
    [x](const history_portion& portion) {
      take(*x, portion);
      return true;
    },
    [this, x, then = std::move(then)](expected<void> how) mutable {
      if (!how)
        return then(fail(how.error()));
      judge_group(x, [this, x, then] { run(x, then); });
    });
}

std::unique_ptr<history_source> stored_rounds_of(source_links links) {
  return std::make_unique<stored_rounds>(std::move(links));
}

} // namespace aops::actors
