#include "tests/support/store_fixture.hpp"

#include "actors/store/account_store.hpp"
#include "actors/store/alert_store.hpp"
#include "actors/store/audit_store.hpp"
#include "actors/store/first_account.hpp"
#include "actors/store/host_info_store.hpp"
#include "actors/store/host_store.hpp"
#include "actors/store/job_store.hpp"
#include "actors/store/package_store.hpp"
#include "actors/store/repeat_store.hpp"
#include "actors/store/report_store.hpp"
#include "actors/store/result_store.hpp"
#include "actors/store/round_store.hpp"
#include "actors/store/rule_store.hpp"
#include "actors/store/schedule_store.hpp"
#include "actors/store/session_store.hpp"
#include "actors/store/silence_store.hpp"
#include "actors/store/task_store.hpp"
#include "actors/store/template_store.hpp"
#include "actors/store/tree_store.hpp"
#include "actors/store/user_store.hpp"
#include "runtime/core/check/instance_text.hpp"
#include "runtime/io/storage/host_repository.hpp"
#include "runtime/io/storage/meta_repository.hpp"
#include "runtime/io/storage/sqlite.hpp"

#include <caf/all.hpp>

namespace aops::tests {

using namespace actors;

store_fixture::store_fixture() {
  settings->auth.scrypt_n = 1024;
  pool = ok(storage::open_sqlite_in_memory());
  storage::group_writer_config writer;
  writer.node = "n1";
  ok(storage::meta_repository{db()}.adopt_all_slots(writer.node));
  for (uint16_t slot = 0; slot < schedule::slot_count; ++slot)
    slots->set(slot, 1);
  auto s = std::make_shared<store_access>();
  s->pool = pool;
  s->readers = s->crypto = std::make_shared<inline_executor>();
  s->names = names;
  s->clock = now;
  s->config = settings;
  s->slots = slots;
  store = s;
  ok(storage::transact(db(), [&](storage::database& to) -> expected<void> {
    if (auto seeded = seed_default_task(to, now->now_ms()); !seeded)
      return seeded;
    return seed_accounts(to, *settings, now->now_ms());
  }));
  start_as(store_writer_name,
           store_writer,
           pool,
           writer,
           0ms); // Time stands still unless a case moves it.
  start_as(account_store_name, account_store, store);
  start_as(audit_store_name, audit_store, store);
  start_as(user_store_name, user_store, store);
  start_as(session_store_name, session_store, store);
  start_as(host_store_name, host_store, store);
  start_as(host_info_store_name, host_info_store, store);
  start_as(rule_store_name, rule_store, store);
  start_as(tree_store_name, tree_store, store);
  start_as(template_store_name, template_store, store);
  start_as(
    package_store_name, package_store, package_parts{store, std::make_shared<inline_executor>()});
  start_as(task_store_name, task_store, store);
  start_as(schedule_store_name, schedule_store, store);
  start_as(result_store_name, result_store, store);
  start_as(round_store_name, round_store, store);
  start_as(alert_store_name, alert_store, store);
  start_as(silence_store_name, silence_store, store);
  start_as(job_store_name, job_store, store);
  start_as(report_store_name, report_store, store);
  start_as(repeat_store_name, repeat_store, store);
}

void store_fixture::take_away(std::string_view name) {
  auto who = names->find(name);
  BOOST_REQUIRE(who);
  names->erase(name, who);
  away_[std::string{name}] = who;
}

void store_fixture::give_back(std::string_view name) {
  names->put(name, away_.at(std::string{name}));
}

host_record store_fixture::add_host(const std::string& id, const std::string& owner) {
  return ok(storage::transact(db(), [&](storage::database& to) -> expected<host_record> {
    storage::host_repository hosts{to};
    (void)hosts.add_group(owner, {"g", ""}); // Perhaps it is there.
    auto number = count("select count(*) from host") + 1;
    storage::new_host x;
    x.owner = owner;
    x.host_id = id;
    x.host_name = "name-" + id;
    x.host_group_name = "g";
    x.public_ip = "10.0.0." + std::to_string(number);
    x.slot = schedule::slot_of(id);
    x.created_ms = now->now_ms();
    if (auto added = hosts.add(x); !added)
      return fail(added.error());
    return hosts.find(id);
  }));
}

std::string store_fixture::dump(const host_record& host) {
  auto rounds = of<round_store_actor>(round_store_name);
  auto state = ok(ask<host_state>(rounds, host_state_query{host.owner, host.host_id, 0}));
  auto found = ok(
    ask<host_results>(rounds, host_results_query{host.owner, host.host_id, {}, 0, INT64_MAX / 2}));
  return caf::deep_to_string(state) + '\n' + caf::deep_to_string(found);
}

std::string store_fixture::results(const host_record& host, int64_t since_ms) {
  auto rounds = of<round_store_actor>(round_store_name);
  auto found = ok(
    ask<host_results>(rounds, host_results_query{host.owner, host.host_id, {}, 0, INT64_MAX / 2}));
  std::string text;
  for (const auto& x : found.rows)
    text += (text.empty() ? "" : "; ") + fmt::format("{} {}-{} {}",
                                                     check::instance_text(x.check_item, x.labels),
                                                     (x.row.start_ms - since_ms) / 1000,
                                                     (x.row.end_ms - since_ms) / 1000,
                                                     x.row.value);
  return text;
}

int64_t store_fixture::count(const std::string& query) { return ok(db().count(query)); }

} // namespace aops::tests
