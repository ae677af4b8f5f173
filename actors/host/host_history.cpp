#include "actors/host/host_ask.hpp"
#include "messages/names.hpp"
#include "messages/roles/rounds.hpp"
#include "runtime/base/log.hpp"

namespace aops::actors {

namespace {

/// A result over a whole range ends just after what was judged for it, at a time that belongs to
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
  check::rule_change change{
    judged.check_item, found->rule_digest, found->row.start_ms, end_ms, {}, judged.labels};
  for (auto& x : existing)
    if (x.row.start_ms >= change.replace_from_ms && x.row.end_ms <= end_ms) {
      x.rule_digest = change.rule_digest;
      change.rows.push_back(x.row);
    }
  to.push_back(check::to_message(change));
}

} // namespace

// -- judging again

check::run_request host_body::request_for(int64_t start_ms, int64_t end_ms) const {
  check::run_request r;
  r.start_ms = start_ms;
  r.end_ms = end_ms;
  r.period_ms = period_ms();
  r.basis = check::time_basis::stored_grid;
  r.max_instances = static_cast<size_t>(services_->config->check.max_instances);
  r.host = labels();
  r.quiet_logs = true;
  return r;
}

check::run_request host_body::job_for(int64_t start_ms, int64_t end_ms) const {
  auto r = request_for(start_ms, end_ms);
  r.basis = source_->history().job_basis();
  r.quiet_logs = false;
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

std::shared_ptr<history_run>
host_body::run_of(rule_list rules, check::run_request request, read_kind how) {
  auto x = std::make_shared<history_run>();
  x->rules = std::move(rules);
  x->request = request;
  x->how = how;
  x->since = [this](const data_item& item) { return checker_.collected_from_ms(item); };
  x->is_kept = [this](const series_key& key) { return checker_.kept().keeps(key); };
  x->ask_outside = [this](const check::rule_set::rule_ptr& rule,
                          const check::run_request& request,
                          const check::run_data& data,
                          std::function<void(check::run_data)> then) {
    ask_outside(rule, request, data, std::move(then));
  };
  return x;
}

void host_body::run_over(rule_list rules,
                         check::run_request request,
                         int64_t deadline_ms,
                         history_source::judged then) {
  auto x = run_of(std::move(rules), request, read_kind::asked);
  x->deadline_ms = deadline_ms;
  history_->run(std::move(x), std::move(then));
}

void host_body::store_runs(rule_list rules,
                           check::run_request request,
                           std::vector<check::run_result> results,
                           done then) {
  commits_.when_quiet([this,
                       rules = std::move(rules),
                       request,
                       results = std::move(results),
                       then = std::move(then)] {
    host_results_query query{record_.owner, record_.host_id, {}, 0, 0};
    query.from_ms = request.start_ms;
    query.until_ms = std::max(request.end_ms, coverage_.until_ms());
    for (size_t i = 0; i < rules.size(); ++i) {
      query.check_items.push_back(rules[i]->rule.check_item);
      for (const auto& change : check::changes_of(*rules[i], request, results[i])) {
        auto needed = check::rows_needed(change, period_ms());
        query.from_ms = std::min(query.from_ms, needed.from_ms);
        query.until_ms = std::max(query.until_ms, needed.until_ms);
      }
    }
    auto read_from = query.from_ms;
    auto finish = [this, then](expected<void> how) {
      commits_.resume();
      then(std::move(how));
    };
    ask<round_store_actor, host_results>(
      round_store_name,
      store_deadline(),
      std::move(query),
      [this, rules, request, read_from, results, finish](expected<host_results> rows) {
        if (!rows)
          return finish(fail(rows.error()));
        results_to_replace order{held_, record_.owner, record_.host_id, {}};
        for (size_t i = 0; i < rules.size(); ++i) {
          // Instances that were not found again have no rows any more.
          const auto& item = rules[i]->rule.check_item;
          auto known = instances_of(rows->rows, item);
          for (const auto& change : check::changes_of(*rules[i], request, results[i], known)) {
            auto existing = rows_of(rows->rows, item, change.labels);
            if (request.basis == check::time_basis::delivered)
              shorten_range_row(existing, change, request.end_ms, read_from, order.changes);
            recent_.apply_to(std::move(existing), change, order.changes);
          }
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

// -- in the background

source_links host_body::links_to_source() {
  return {self_, services_, record_, turns_, [this] { return earliest_ms(); }};
}

/// Samples are not kept for ever, and nobody has any of the time before the host's first round.
int64_t host_body::earliest_ms() const {
  auto now = now_ms();
  return coverage_.since_ms() == 0
           ? now + 1
           : std::max(coverage_.since_ms(), now - services_->config->samples.keep.ms);
}

/// The past of a rule waits until the store has all of it, and its windows are full.
std::optional<coverage::range> host_body::missing_of(const std::string& check_item) const {
  const auto& waiting = checker_.waiting();
  auto parts = coverage_.late_parts(check_item, backfill_from_ms(), INT64_MAX);
  if (is_loading_ || parts.empty() || parts.front().until_ms > coverage_.until_ms() ||
      std::find(waiting.begin(), waiting.end(), check_item) != waiting.end())
    return {};
  return parts.front();
}

backfill::links host_body::backfill_links() {
  backfill::links to{*history_, {}, {}, {}, {}, {}, {}, {}};
  to.missing = [this](const std::string& item) { return missing_of(item); };
  to.rules_for = [this](const std::vector<std::string>& items) {
    return items.empty() ? rule_list{} : rules_for(items);
  };
  to.run_of = [this](rule_list rules, coverage::range when) {
    return run_of(
      std::move(rules), request_for(when.from_ms, when.until_ms + 1), read_kind::background);
  };
  to.store = [this](std::shared_ptr<const history_run> run,
                    std::vector<check::run_result> results,
                    done then) {
    store_runs(run->rules, run->request, std::move(results), std::move(then));
  };
  to.judged = [this](const std::string& item, coverage::range when) {
    auto changed = coverage_.judged(item, when.from_ms, when.until_ms);
    new_deviations_.insert(new_deviations_.end(), changed.begin(), changed.end());
  };
  to.may_ask_again = [this](const error& why) { return source_->keeps_past() || is_passing(why); };
  to.wake_after = [this](std::chrono::milliseconds time) { send_later(time, history_due{}); };
  return to;
}

far_windows::links host_body::far_links() {
  return {source_->history(),
          checker_,
          [this] { return readable_ms(); },
          [this] { return unreadable(); },
          [this](std::chrono::milliseconds time) { send_later(time, history_due{}); },
          [this](const std::vector<std::string>& items) {
            backfill_.add(items);
            backfill_.start();
          }};
}

void host_body::on_history_due() {
  far_windows_.on_due();
  backfill_.on_due();
}

} // namespace aops::actors
