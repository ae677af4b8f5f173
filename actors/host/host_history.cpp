#include "actors/host/host_ask.hpp"
#include "messages/names.hpp"
#include "messages/roles/rounds.hpp"
#include "runtime/base/log.hpp"

namespace aops::actors {

namespace {

/// Before a host asks again whether it may read its history.
constexpr std::chrono::milliseconds gate_retry{500};

/// Before a back-fill that Prometheus or the store did not answer begins anew.
constexpr std::chrono::seconds source_retry{10};

/// A result over a whole range ends just behind what was judged for it, at a time that belongs to
/// the next range. When the range has data after all, nothing may be left of it there.
void shorten_range_row(std::vector<check::stored_row>& existing,
                       const check::rule_change& judged,
                       int64_t end_ms,
                       int64_t read_from_ms,
                       std::vector<result_change>& to) {
  auto ends_behind = [&](const check::interval& x) {
    return x.value != check::result_value::abnormal && x.end_ms == end_ms && x.start_ms < end_ms;
  };
  if (std::any_of(judged.rows.begin(), judged.rows.end(), ends_behind))
    return;
  auto found = std::find_if(existing.begin(), existing.end(), [&](const check::stored_row& x) {
    return ends_behind(x.row);
  });
  if (found == existing.end() || found->row.start_ms < read_from_ms)
    return;
  found->row.end_ms = end_ms - 1;
  check::rule_change change{judged.check_item, found->rule_digest, found->row.start_ms, end_ms, {}};
  for (auto& x : existing)
    if (x.row.start_ms >= change.replace_from_ms && x.row.end_ms <= end_ms) {
      x.rule_digest = change.rule_digest;
      change.rows.push_back(x.row);
    }
  to.push_back(check::to_message(change));
}

} // namespace

// -- judging again -------------------------------------------------------------------------------

check::run_request host_body::request_for(int64_t start_ms, int64_t end_ms) const {
  check::run_request r;
  r.start_ms = start_ms;
  r.end_ms = end_ms;
  r.period_ms = period_ms();
  r.basis = check::time_basis::stored_grid;
  return r;
}

check::run_request host_body::job_for(int64_t start_ms, int64_t end_ms) const {
  auto r = request_for(start_ms, end_ms);
  r.basis = history_->job_basis();
  return r;
}

host_body::rule_list host_body::rules_for(const std::vector<std::string>& check_items) const {
  auto all = checker_.rules().for_host(groups());
  if (check_items.empty())
    return all;
  rule_list out;
  for (const auto& rule : all)
    if (std::find(check_items.begin(), check_items.end(), rule->rule.check_item) !=
        check_items.end())
      out.push_back(rule);
  return out;
}

void host_body::run_over(rule_list rules, check::run_request request, history_source::judged then) {
  history_->run(
    std::move(rules),
    request,
    [this](const data_item& item) { return checker_.collected_from_ms(item); },
    std::move(then));
}

void host_body::store_runs(rule_list rules,
                           check::run_request request,
                           std::vector<check::run_result> results,
                           done then) {
  when_quiet([this,
              rules = std::move(rules),
              request,
              results = std::move(results),
              then = std::move(then)] {
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
    auto read_from = query.from_ms;
    auto finish = [this, then](expected<void> how) {
      resume_commits();
      then(std::move(how));
    };
    ask<round_store_actor, host_results>(
      round_store_name,
      store_deadline(),
      std::move(query),
      [this, rules, request, read_from, changes = std::move(changes), finish](
        expected<host_results> rows) {
        if (!rows)
          return finish(fail(rows.error()));
        results_to_replace order{held_, record_.owner, record_.host_id, {}};
        for (size_t i = 0; i < rules.size(); ++i) {
          auto existing = rows_of(rows->rows, changes[i].check_item);
          if (request.basis == check::time_basis::delivered)
            shorten_range_row(existing, changes[i], request.end_ms, read_from, order.changes);
          recent_.apply_to(std::move(existing), changes[i], order.changes);
        }
        ask<round_store_actor, aops::done>(round_store_name,
                                           store_deadline(),
                                           std::move(order),
                                           [this, finish](expected<aops::done> how) {
                                             bool is_over = !how && (how.error() == ec::fenced ||
                                                                     how.error() == ec::not_found);
                                             auto why = how ? error{} : how.error();
                                             finish(how.map([](aops::done) {}));
                                             if (is_over)
                                               give_up(why);
                                           });
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
    if (!how && (!services_->scrapes() || is_passing(how.error()))) {
      backfill_items_.insert(backfill_items_.end(), items.begin(), items.end());
      return self_->delayed_send(self_, source_retry, rules_update{nullptr}); // Asks again.
    }
    if (!how)
      log::warn("backfill-failed",
                "{} leaves {} rules without their past: {}",
                record_.host_id,
                items.size(),
                to_string(how.error()));
    start_backfill();
  };
  if (rules.empty() || from > until)
    return finish({});
  run_over(rules,
           request_for(from, until + 1),
           [this, rules, from, until, finish](expected<std::vector<check::run_result>> results) {
             if (!results)
               return finish(fail(results.error()));
             store_runs(rules,
                        request_for(from, until + 1),
                        std::move(*results),
                        [this, rules, from, until, finish](expected<void> how) {
                          if (how)
                            for (const auto& rule : rules) {
                              auto changed = coverage_.judged(rule->rule.check_item, from, until);
                              new_deviations_.insert(
                                new_deviations_.end(), changed.begin(), changed.end());
                            }
                          finish(std::move(how));
                        });
           });
}

} // namespace aops::actors
