#include "tests/actors/host/host_fixture.hpp"

#include "actors/support/prepare.hpp"
#include "messages/names.hpp"
#include "runtime/io/storage/alert_repository.hpp"
#include "runtime/io/storage/rule_repository.hpp"

#include <caf/all.hpp>

namespace aops::tests {

using namespace actors;

namespace {

/// Answers at once with the page of the round that is due.
scraper_actor::behavior_type canned_scraper(scraper_actor::pointer self, host_fixture* fixture) {
  prepare(self, "canned scraper");
  return {
    [fixture](fetch_order& order) {
      ++fixture->asked;
      fixture->last_url = order.what.url;
      fixture->last_lane = order.what.lane;
      auto offset = check::grid_offset_ms(fixture->record.host_id, fixture->period_ms);
      auto time = check::floor_grid(fixture->now->now_ms(), fixture->period_ms, offset);
      auto text = fixture->page((time - fixture->origin_ms) / fixture->period_ms);
      auto reply = std::make_shared<net::reply>();
      if (text.empty())
        reply->result = fail(ec::unreachable, "refused the connection");
      else
        reply->result = net::response{200, "text/plain", text};
      return fetched{reply};
    },
    [](atom::ping) {},
  };
}

} // namespace

host_fixture::host_fixture() {
  services->config = settings;
  services->clock = now;
  services->names = names;
  services->slots = slots;
  services->keep_list = keep_list;
  origin_ms =
    check::next_grid(now->now_ms(), period_ms, check::grid_offset_ms(record.host_id, period_ms));
  start_as(scraper_name, canned_scraper, this);
}

void host_fixture::set_rules(const std::vector<check_rule>& rules) {
  auto stored = ok(storage::transact(db(), [&](storage::database& to) -> expected<owner_rules> {
    storage::rule_repository repository{to};
    auto before = repository.of_owner(record.owner);
    if (!before)
      return before;
    std::vector<std::string> items;
    for (const auto& old : before->rules) // Those that stay keep the time of their import.
      if (std::none_of(rules.begin(), rules.end(), [&](const check_rule& rule) {
            return rule.check_item == old.check_item;
          }))
        items.push_back(old.check_item);
    if (auto gone = repository.remove(record.owner, items, now->now_ms()); !gone && !items.empty())
      return fail(gone.error());
    for (const auto& rule : rules)
      if (auto put = repository.upsert(record.owner, rule, now->now_ms()); !put)
        return fail(put.error());
    return repository.of_owner(record.owner);
  }));
  std::vector<check::rule_source> sources;
  for (size_t i = 0; i < stored.rules.size(); ++i)
    sources.push_back({stored.rules[i], stored.digests[i], stored.since_ms[i]});
  rules_ = check::rule_set::build(std::move(sources), rules_.get());
  if (host)
    tell(host, rules_update{rules_});
}

host_record host_fixture::known() {
  auto hosts = of<host_store_actor>(host_store_name);
  return ok(ask<host_records>(hosts, find_hosts{record.owner, {record.host_id}, {}})).hosts.at(0);
}

host_info host_fixture::info() {
  auto hosts = of<host_store_actor>(host_store_name);
  hosts_query q;
  q.host_list = {record.host_id};
  return ok(ask<hosts_page>(hosts, admin, q)).host_infos.at(0);
}

void host_fixture::begin() {
  host = start_as(host_name_of(record.host_id), actors::host, services, known(), rules_);
}

void host_fixture::fill_gate() {
  for (size_t i = 0; i < history_gate::most_inside; ++i) {
    places_.push_back(services->history->new_ticket());
    BOOST_TEST(services->history->enter(places_.back(), "others", [] {}));
  }
}

void host_fixture::leave_gate(size_t places) {
  for (; places > 0; --places) {
    services->history->leave(places_.back());
    places_.pop_back();
  }
  run();
}

void host_fixture::restart() {
  end(host);
  begin();
}

void host_fixture::to_round(int64_t round) {
  pass(std::chrono::milliseconds{time_of(round) + 5000 - now->now_ms()});
}

std::string host_fixture::alerts() {
  std::string out;
  for (const auto& x : ok(storage::alert_repository{db()}.page(record.owner, {})).alerts)
    out += (out.empty() ? "" : "; ") + x.check_item + (x.labels.empty() ? "" : "{}") + " " +
           x.value + " " + x.severity;
  return out;
}

host_state host_fixture::state() {
  auto rounds = of<round_store_actor>(round_store_name);
  return ok(ask<host_state>(rounds, host_state_query{record.owner, record.host_id, 0}));
}

std::string host_fixture::deviations() {
  std::string text;
  for (const auto& x : state().deviations)
    text += (text.empty() ? "" : "; ") + fmt::format("{} {}-{} {}",
                                                     x.check_item,
                                                     (x.start_ms - origin_ms) / 1000,
                                                     (x.end_ms - origin_ms) / 1000,
                                                     x.reason);
  return text;
}

} // namespace aops::tests
