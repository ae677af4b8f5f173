#include "actors/host/host_ask.hpp"
#include "messages/names.hpp"
#include "runtime/base/log.hpp"
#include "runtime/core/check/grid.hpp"
#include "runtime/core/check/round_codec.hpp"

namespace aops::actors {

namespace {

/// Stored rounds are read in portions of so much time.
constexpr int64_t portion_ms = 3600 * 1000;

/// Before a host asks again whether it may read its history.
constexpr std::chrono::milliseconds gate_retry{500};

} // namespace

// -- reading -------------------------------------------------------------------------------------

void host_body::read_rounds(int64_t from_ms, int64_t until_ms, std::function<void(const sample_rows&)> each,
                            done finished) {
  if (from_ms > until_ms)
    return finished({});
  auto end = std::min(until_ms, from_ms + portion_ms - 1);
  samples_query query{record_.host_id, from_ms, end};
  ask<round_store_actor, sample_rows>(
    round_store_name, store_deadline(), std::move(query),
    [this, end, until_ms, each = std::move(each), finished = std::move(finished)](expected<sample_rows> rows) mutable {
      if (!rows)
        return finished(fail(rows.error()));
      each(*rows);
      read_rounds(end + 1, until_ms, std::move(each), std::move(finished));
    });
}

// -- judging again -------------------------------------------------------------------------------

check::run_request host_body::request_for(int64_t start_ms, int64_t end_ms) const {
  check::run_request r;
  r.start_ms = start_ms;
  r.end_ms = end_ms;
  r.period_ms = period_ms();
  r.basis = check::time_basis::stored_grid;
  return r;
}

host_body::rule_list host_body::rules_for(const std::vector<std::string>& check_items) const {
  auto all = checker_.rules().for_host(groups());
  if (check_items.empty())
    return all;
  rule_list out;
  for (const auto& rule : all)
    if (std::find(check_items.begin(), check_items.end(), rule->rule.check_item) != check_items.end())
      out.push_back(rule);
  return out;
}

/// Gathers the stored rounds some rules need, then judges.
struct host_body::run_order {
  rule_list rules;
  check::run_request request;
  std::optional<check::stored_history> history; ///< Made with the first rows, which tell the series.

  void take(const sample_rows& rows) {
    if (!history)
      history.emplace(rules, rows.series);
    for (const auto& row : rows.rows)
      if (auto round = check::decode_round(row.time_ms, row.blob)) // A damaged row is a round nobody took.
        history->add(*round);
  }

  std::vector<check::run_result> judge(const check::host_checker& checker) {
    std::vector<check::run_result> out;
    if (!history)
      history.emplace(rules, std::vector<series_entry>{});
    for (const auto& rule : rules) {
      auto data = history->data_for(*rule);
      for (size_t i = 0; i < data.items.size(); ++i)
        data.items[i].collected_from_ms = checker.collected_from_ms(rule->rule.data_list[i]);
      out.push_back(check::run_rule(rule, request, data));
    }
    return out;
  }
};

void host_body::run_over(rule_list rules, int64_t start_ms, int64_t end_ms,
                         std::function<void(expected<std::vector<check::run_result>>)> then) {
  auto order = std::make_shared<run_order>();
  order->rules = std::move(rules);
  order->request = request_for(start_ms, end_ms);
  auto from = start_ms;
  for (const auto& rule : order->rules)
    from = std::min(from, check::range_to_fetch(*rule, order->request).from_ms);
  read_rounds(
    from, end_ms, [order](const sample_rows& rows) { order->take(rows); },
    [this, order, then = std::move(then)](expected<void> how) {
      if (!how)
        return then(fail(how.error()));
      then(order->judge(checker_));
    });
}

void host_body::store_runs(rule_list rules, check::run_request request, std::vector<check::run_result> results, done then) {
  when_quiet([this, rules = std::move(rules), request, results = std::move(results), then = std::move(then)] {
    host_results_query query{record_.owner, record_.host_id, {}, 0, 0};
    std::vector<check::rule_change> changes;
    query.from_ms = request.start_ms;
    query.until_ms = std::max(request.end_ms, coverage_.until_ms());
    for (size_t i = 0; i < rules.size(); ++i) {
      changes.push_back(check::change_of(*rules[i], request, results[i]));
      query.check_items.push_back(rules[i]->rule.check_item);
      auto needed = check::rows_needed(changes.back(), period_ms());
      query.from_ms = std::min(query.from_ms, needed.from_ms);
      query.until_ms = std::max(query.until_ms, needed.until_ms);
    }
    auto finish = [this, then](expected<void> how) {
      resume_commits();
      then(std::move(how));
    };
    ask<round_store_actor, host_results>(
      round_store_name, store_deadline(), std::move(query),
      [this, rules, changes = std::move(changes), finish](expected<host_results> rows) {
        if (!rows)
          return finish(fail(rows.error()));
        results_to_replace order{services_->slots->fence_of(record_.host_id), record_.owner, record_.host_id, {}};
        for (size_t i = 0; i < rules.size(); ++i)
          recent_.apply_to(rows_of(rows->rows, changes[i].check_item), changes[i], order.changes);
        ask<round_store_actor, aops::done>(round_store_name, store_deadline(), std::move(order),
                                           [finish](expected<aops::done> how) { finish(how.map([](aops::done) {})); });
      });
  });
}

// -- back-fill -----------------------------------------------------------------------------------

void host_body::start_backfill() {
  if (is_backfilling_ || backfill_items_.empty())
    return;
  is_backfilling_ = true;
  backfill(std::exchange(backfill_items_, {}));
}

void host_body::backfill(std::vector<std::string> items) {
  if (!services_->history->enter()) {
    backfill_items_.insert(backfill_items_.end(), items.begin(), items.end());
    is_backfilling_ = false;
    self_->delayed_send(self_, gate_retry, rules_update{nullptr}); // Asks again.
    return;
  }
  auto rules = rules_for(items);
  auto from = backfill_from_ms();
  auto until = coverage_.until_ms();
  auto finish = [this, items](expected<void> how) {
    services_->history->leave();
    is_backfilling_ = false;
    if (!how)
      log::warn("backfill-failed", "{} leaves {} rules without their past: {}", record_.host_id, items.size(),
                to_string(how.error()));
    start_backfill();
  };
  if (rules.empty() || from > until)
    return finish({});
  run_over(rules, from, until + 1, [this, rules, from, until, finish](expected<std::vector<check::run_result>> results) {
    if (!results)
      return finish(fail(results.error()));
    store_runs(rules, request_for(from, until + 1), std::move(*results), [this, rules, from, until, finish](expected<void> how) {
      if (how)
        for (const auto& rule : rules) {
          auto changed = coverage_.judged(rule->rule.check_item, from, until);
          new_deviations_.insert(new_deviations_.end(), changed.begin(), changed.end());
        }
      finish(std::move(how));
    });
  });
}

} // namespace aops::actors
