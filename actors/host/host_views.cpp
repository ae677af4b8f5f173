#include "actors/host/host_ask.hpp"
#include "actors/support/foreign_promise.hpp"
#include "messages/names.hpp"
#include "runtime/io/scrape/scrape_request.hpp"

namespace aops::actors {

namespace {

constexpr size_t most_series = 50'000;

/// A series of which Prometheus has no sample for so long is not there any more; as long as its own
/// look-back.
constexpr int64_t listing_ms = 5 * 60 * 1000;

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

/// What the host keeps, with its last values: for when the exporter does not answer.
std::vector<series_info> kept(const check::host_checker& checker) {
  std::vector<series_info> all;
  for (uint32_t slot = 0; slot < checker.kept().slot_count(); ++slot) {
    auto key = checker.kept().key_of(slot);
    auto last = checker.kept().last_of(slot);
    if (!key.name.empty() && last)
      all.push_back(
        {std::move(key.name), "kpi", std::move(key.label), {last->time_ms}, last->value});
  }
  return all;
}

std::vector<check_result> shown(const check::compiled_rule& rule,
                                const std::string& host_id,
                                const std::vector<check::interval>& rows) {
  std::vector<check_result> out;
  for (const auto& row : rows) {
    check_result x;
    x.host_id = host_id;
    x.data_list = rule.rule.data_list;
    x.start = {row.start_ms};
    x.end = {row.end_ms};
    x.check_item = rule.rule.check_item;
    x.condition = rule.rule.condition;
    x.value = check::to_string(row.value);
    x.description = rule.rule.description;
    x.severity = rule.rule.severity;
    x.host_group_list = rule.rule.host_group_list;
    out.push_back(std::move(x));
  }
  return out;
}

} // namespace

void host_body::list_series(std::vector<std::string> names,
                            std::function<void(expected<series_listed>)> then) {
  const auto& c = *services_->config;
  auto now = now_ms();
  list_order order{instance_of(record_),
                   record_.public_ip + ":" + std::to_string(c.scrape.port),
                   std::move(names),
                   now - std::max(listing_ms, 2 * period_ms()),
                   now};
  ask<prometheus_reader_actor, series_listed>(
    prometheus_reader_name, read_deadline(c), std::move(order), std::move(then));
}

caf::result<series_page> host_body::on_series(const series_query& q) {
  auto promise = self_->make_response_promise<series_page>();
  const auto& c = *services_->config;
  if (!services_->scrapes()) {
    list_series({}, [this, promise, q](expected<series_listed> found) mutable {
      bool is_known = found && !found->series->empty();
      promise.deliver(page_of(is_known ? *found->series : kept(checker_), q));
    });
    return promise;
  }
  scrape::exporter from{
    record_.public_ip,
    static_cast<uint16_t>(record_.exporter_port ? record_.exporter_port : c.scrape.port)};
  scrape::scrape_limits limits{c.scrape.connect_timeout.chrono(),
                               std::chrono::seconds{5},
                               static_cast<size_t>(c.scrape.max_bytes.bytes)};
  fetch_order order{scrape::scrape_request(from, limits, page_bytes_)};
  ask<scraper_actor, fetched>(
    scraper_name,
    std::chrono::seconds{6},
    std::move(order),
    [this, promise, q](expected<fetched> answer) mutable {
      auto all = kept(checker_);
      auto page = answer ? scrape::page_of(std::move(*answer->how))
                         : expected<std::string>{fail(answer.error())};
      if (page)
        if (auto found = scrape::all_series(*page, most_series)) {
          std::erase_if(all, [](const series_info& x) {
            return x.name != "up" && x.name != "scrape_duration_seconds";
          });
          for (auto& [key, value] : *found)
            if (key.name != "up" && key.name != "scrape_duration_seconds")
              all.push_back({std::move(key.name), "kpi", std::move(key.label), {now_ms()}, value});
        }
      promise.deliver(page_of(std::move(all), q));
    });
  return promise;
}

caf::result<rule_tested> host_body::on_test(const rule_to_test& x) {
  if (auto fine = check::validate(x.rule); !fine)
    return refuse(ec::bad_request, "rule." + fine.error().detail);
  auto rules = check::rule_set::build({{x.rule, {}, 0}})->rules();
  auto start = x.time_range[0].ms;
  auto known_until = services_->scrapes() ? coverage_.until_ms() + 1 : now_ms();
  auto end = std::min(x.time_range[1].ms, known_until);
  if (end <= start)
    return refuse(ec::bad_request, "time_range: nothing is stored of it");
  auto promise = self_->make_response_promise<rule_tested>();
  run_over(
    rules,
    job_for(start, end),
    [this, promise, rules, start, end](expected<std::vector<check::run_result>> results) mutable {
      if (!results)
        return void(promise.deliver(to_caf(results.error())));
      auto change = check::change_of(*rules[0], job_for(start, end), results->front());
      promise.deliver(rule_tested{shown(*rules[0], record_.host_id, change.rows),
                                  static_cast<int64_t>(results->front().judged)});
    });
  return promise;
}

caf::result<unit_checked> host_body::on_unit(const unit_to_check& x) {
  auto promise = keep_promise<unit_checked>();
  auto pairs =
    static_cast<int64_t>(x.check_items.empty() ? rules_for({}).size() : x.check_items.size());
  // Nobody can judge what lies ahead.
  auto wanted = std::min(x.end_ms - 1, judgeable_ms());
  auto deadline = now_ms() + services_->config->diag.unit_timeout.ms;
  wait_for_cursor(wanted, deadline, [this, x, promise, pairs]() mutable {
    auto rules = rules_for(x.check_items);
    auto end = std::min(x.end_ms, coverage_.until_ms() + 1);
    unit_checked reply{x.unit, pairs};
    if (rules.empty() || end <= x.start_ms)
      return promise->answer(reply);
    auto request = job_for(x.start_ms, end);
    run_over(rules,
             request,
             [this, rules, request, promise, reply](
               expected<std::vector<check::run_result>> results) mutable {
               if (!results)
                 return promise->answer(fail(results.error()));
               note_outcome(rules, request, *results);
               store_runs(
                 rules, request, std::move(*results), [promise, reply](expected<void> how) mutable {
                   promise->answer(how.map([&] { return reply; }));
                 });
             });
  });
  return caf::delegated<unit_checked>{};
}

} // namespace aops::actors
