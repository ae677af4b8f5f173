#include "actors/host/host_ask.hpp"
#include "actors/support/foreign_promise.hpp"
#include "messages/names.hpp"
#include "runtime/core/check/rule_limits.hpp"
#include "runtime/core/check/trial.hpp"
#include "runtime/core/check/typed_condition.hpp"

namespace aops::actors {

namespace {

/// Rules being tried at once, and explicit checks that are under way or may be gone on with.
constexpr int most_tests = 2;
constexpr size_t most_checks = 16;

series_page page_of(std::vector<series_info> all, const series_query& q) {
  std::sort(all.begin(), all.end(), [](const series_info& a, const series_info& b) {
    return std::tie(a.name, a.label) < std::tie(b.name, b.label);
  });
  auto p = paging_of(q);
  if (p.descending)
    std::reverse(all.begin(), all.end());
  series_page out;
  out.total_count = static_cast<int64_t>(all.size());
  out.total_page = total_pages(out.total_count, p.per_page);
  auto [first, count] = rows_of(p, out.total_count);
  if (p.is_paged())
    all = {std::make_move_iterator(all.begin() + first),
           std::make_move_iterator(all.begin() + first + count)};
  out.series = std::move(all);
  return out;
}

check::series_catalogue catalogue_of(const std::vector<series_info>& all) {
  check::series_catalogue out;
  for (const auto& x : all)
    out.add(x.name, x.label);
  return out;
}

/// Judging a rule that is tried out, and what the host has, on their way.
struct trial {
  std::optional<expected<std::vector<check::run_result>>> results;
  std::optional<check::series_catalogue> known;
};

} // namespace

caf::result<series_page> host_body::on_series(const series_query& q) {
  auto promise = self_->make_response_promise<series_page>();
  source_->list_series([promise, q](std::vector<series_info> found) mutable {
    promise.deliver(page_of(std::move(found), q));
  });
  return promise;
}

caf::result<host_series_known> host_body::on_series(const host_series_query& q) {
  auto promise = self_->make_response_promise<host_series_known>();
  source_->list_series([promise, items = q.items](const std::vector<series_info>& found) mutable {
    auto known = catalogue_of(found);
    host_series_known reply;
    for (const auto& item : items)
      reply.items.push_back(known.about(item));
    promise.deliver(std::move(reply));
  });
  return promise;
}

caf::result<rule_tested> host_body::on_test(const rule_to_test& x) {
  if (auto fine = check::validate(x.rule, check::limits_of(*services_->config)); !fine)
    return refuse(ec::bad_request, "rule." + fine.error().detail);
  if (services_->plugins)
    if (auto why = services_->plugins->why_not(x.rule); !why.empty())
      return refuse(ec::bad_request, "rule." + why);
  return try_out(x.rule, x.time_range, check::tested);
}

caf::result<condition_evaluated> host_body::on_eval(const condition_to_eval& x) {
  auto typed = check::read_typed(x.condition);
  if (!typed)
    return refuse(ec::bad_request, "condition: " + typed.error().detail);
  check_rule rule;
  rule.check_item = "eval";
  rule.data_list = std::move(typed->data_list);
  rule.condition = std::move(typed->condition);
  rule.for_ = x.for_;
  if (auto fine = check::validate(rule, check::limits_of(*services_->config)); !fine)
    return to_caf(fine.error());
  return try_out(rule, x.time_range, check::evaluated);
}

/// Judges a rule over what is stored of a range, and asks the host meanwhile what it has.
template <class Reply>
caf::result<Reply> host_body::try_out(const check_rule& rule,
                                      const std::vector<moment>& range,
                                      reply_maker<Reply> make) {
  auto rules =
    check::rule_set::build({{rule, {}, 0}}, nullptr, checker_.rules().recorded())->rules();
  auto start = range[0].ms;
  auto end = std::min(range[1].ms, source_->known_until_ms(coverage_.until_ms()));
  if (end <= start)
    return refuse(ec::bad_request, "time_range: nothing is stored of it");
  if (tests_ >= most_tests)
    return refuse(ec::overloaded, "rules are being tried on this host");
  ++tests_;
  auto promise = self_->make_response_promise<Reply>();
  auto request = job_for(start, end);
  request.most_values = check::most_tried_values;
  auto parts = std::make_shared<trial>();
  auto answer_when_complete = [this, promise, rules, request, parts, make]() mutable {
    if (!parts->results || !parts->known)
      return;
    --tests_;
    if (!*parts->results)
      return void(promise.deliver(to_caf(parts->results->error())));
    promise.deliver(
      make(*rules[0], record_.host_id, request, (*parts->results)->front(), *parts->known));
  };
  source_->list_series(
    [parts, answer_when_complete](const std::vector<series_info>& found) mutable {
      parts->known = catalogue_of(found);
      answer_when_complete();
    });
  run_over(rules,
           request,
           now_ms() + services_->config->http.request_timeout.ms,
           [parts, answer_when_complete](expected<std::vector<check::run_result>> results) mutable {
             parts->results = std::move(results);
             answer_when_complete();
           });
  return promise;
}

// -- explicit checks

caf::result<unit_checked> host_body::on_unit(const unit_to_check& x) {
  auto promise = keep_promise<unit_checked>();
  check_key key{x.job, x.unit};
  auto deadline = now_ms() + services_->config->diag.unit_timeout.ms;
  auto known = checks_.find(key);
  if (known != checks_.end() && !known->second.is_under_way && !is_same(known->second, x)) {
    checks_.erase(known); // A rule has changed.
    known = checks_.end();
  }
  if (known != checks_.end()) {
    auto& check = known->second;
    check.waiting.push_back(promise);
    check.run->deadline_ms = deadline;
    if (!check.is_under_way)
      read_on(key);
    return caf::delegated<unit_checked>{};
  }
  // Nobody can judge what lies ahead.
  auto wanted = std::min(x.end_ms - 1, judgeable_ms());
  wait_for_cursor(wanted, deadline, [this, x, key, promise, deadline] {
    if (checks_.contains(key)) // Asked twice while it waited.
      return checks_[key].waiting.push_back(promise);
    begin_check(key, x, promise, deadline);
  });
  return caf::delegated<unit_checked>{};
}

bool host_body::is_same(const running_check& check, const unit_to_check& x) const {
  return check.request.start_ms == x.start_ms && check.request.end_ms <= x.end_ms &&
         check.rules == rules_for(x.check_items);
}

void host_body::begin_check(const check_key& key,
                            const unit_to_check& x,
                            std::shared_ptr<kept_promise<unit_checked>> promise,
                            int64_t deadline_ms) {
  running_check check;
  check.rules = rules_for(x.check_items);
  check.pairs =
    static_cast<int64_t>(x.check_items.empty() ? check.rules.size() : x.check_items.size());
  auto end = std::min(x.end_ms, coverage_.until_ms() + 1);
  if (check.rules.empty() || end <= x.start_ms)
    return promise->answer(unit_checked{x.unit, check.pairs});
  if (checks_.size() >= most_checks) {
    auto idle = std::find_if(
      checks_.begin(), checks_.end(), [](const auto& c) { return !c.second.is_under_way; });
    if (idle == checks_.end())
      return promise->answer(fail(ec::overloaded, "checks of host " + record_.host_id));
    checks_.erase(idle);
  }
  check.request = job_for(x.start_ms, end);
  check.run = run_of(check.rules, check.request, read_kind::asked);
  check.run->deadline_ms = deadline_ms;
  check.waiting.push_back(std::move(promise));
  checks_.emplace(key, std::move(check));
  read_on(key);
}

void host_body::read_on(const check_key& key) {
  auto& check = checks_[key];
  check.is_under_way = true;
  history_->run(check.run, [this, key](expected<std::vector<check::run_result>> results) {
    if (!results)
      return answer_check(key, fail(results.error()));
    auto& check = checks_[key];
    note_outcome(check.rules, check.request, *results);
    check.is_read = true;
    store_runs(check.rules, check.request, std::move(*results), [this, key](expected<void> how) {
      answer_check(key, std::move(how));
    });
  });
}

/// What ended with an error that passes stays, to be gone on with when it is asked again.
void host_body::answer_check(const check_key& key, expected<void> how) {
  auto& check = checks_[key];
  check.is_under_way = false;
  auto pairs = check.pairs;
  auto waiting = std::exchange(check.waiting, {});
  // Once everything was read there is nothing to go on with.
  bool is_worth_keeping = !how && is_passing(how.error()) && !check.is_read;
  if (!is_worth_keeping)
    checks_.erase(key);
  for (const auto& promise : waiting)
    promise->answer(how.map([&] { return unit_checked{key.second, pairs}; }));
}

} // namespace aops::actors
