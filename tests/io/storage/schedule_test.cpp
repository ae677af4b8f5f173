#include "runtime/io/storage/deploy_task_repository.hpp"
#include "runtime/io/storage/schedule_repository.hpp"
#include "tests/io/storage/samples.hpp"

namespace schedule_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

stored_schedule schedule_named(const std::string& name, int64_t next_ms) {
  stored_schedule x;
  x.id = "id of " + name;
  x.owner = x.user = owner;
  x.name = name;
  x.task = "1";
  x.expression = "@daily";
  x.zone = "UTC";
  x.next_ms = next_ms;
  return x;
}

void add_task(database& db) {
  new_deploy_task task;
  task.id = "1";
  task.owner = task.user = owner;
  task.task_name = "one";
  ok(transact(db, [&](database& d) { return deploy_task_repository{d}.add(task); }));
}

expected<void> add(database& db, const stored_schedule& x) {
  return transact(db, [&](database& d) { return schedule_repository{d}.add(x); });
}

int64_t rows(database& db, const std::string& table) {
  return ok(db.count("select count(*) from " + table));
}

} // namespace

BOOST_AUTO_TEST_SUITE(schedules_of_tasks)

STORE_CASE(what_is_due_is_moved_on_once_and_waits_until_it_is_settled) {
  auto& db = it.db();
  BOOST_TEST((failure_of(add(db, schedule_named("a", 100))) == ec::bad_request)); // No task.
  add_task(db);
  ok(add(db, schedule_named("a", 100)));
  ok(add(db, schedule_named("b", 300)));
  BOOST_TEST((failure_of(add(db, schedule_named("a", 1))) == ec::conflict));
  schedule_repository schedules{db};
  BOOST_TEST(ok(schedules.due(99, 10)).empty());
  auto due = ok(schedules.due(200, 10));
  BOOST_REQUIRE(due.size() == 1u);
  auto move = [&] {
    return ok(transact(db, [&](database& d) {
      return schedule_repository{d}.move_on(due[0], due[0].next_ms, 1000);
    }));
  };
  BOOST_TEST(move());
  BOOST_TEST(!move()); // Another one was faster.
  BOOST_TEST(ok(schedules.due(200, 10)).empty());
  auto waiting = ok(schedules.to_start(10));
  BOOST_REQUIRE(waiting.size() == 1u);
  BOOST_TEST(waiting[0].due_ms == 100);
  BOOST_TEST(waiting[0].task == "1");
  ok(transact(db, [&](database& d) {
    return schedule_repository{d}.settle({waiting[0].schedule, 100, "run1", {}});
  }));
  BOOST_TEST(ok(schedules.to_start(10)).empty());
  auto page = ok(schedules.page(owner, {}));
  BOOST_TEST(page.schedule_infos.at(0).last_execution == "run1");
  BOOST_TEST(page.schedule_infos.at(0).task_name == "one");
  BOOST_TEST(page.schedule_infos.at(0).next.at(0).ms == 1000);
  BOOST_TEST(ok(schedules.page("eve", {})).total_count == 0);
}

STORE_CASE(a_schedule_is_changed_and_deleted_with_what_waits) {
  auto& db = it.db();
  add_task(db);
  ok(add(db, schedule_named("a", 100)));
  ok(add(db, schedule_named("b", 100)));
  auto x = *ok(schedule_repository{db}.find(owner, "id of a"));
  BOOST_TEST(!ok(schedule_repository{db}.find("eve", "id of a")).has_value());
  x.name = "b";
  BOOST_TEST((failure_of(transact(db, [&](database& d) {
                return schedule_repository{d}.update(x);
              })) == ec::conflict));
  x.name = "c";
  x.is_enabled = false;
  ok(transact(db, [&](database& d) { return schedule_repository{d}.update(x); }));
  BOOST_TEST(
    ok(transact(db, [&](database& d) { return schedule_repository{d}.move_on(x, x.next_ms, 0); })));
  BOOST_TEST(ok(transact(db, [&](database& d) {
               return schedule_repository{d}.remove(owner, {"c", "id of b", "none"});
             })) == 2);
  BOOST_TEST(rows(db, "task_schedule_due") == 0);
}

STORE_CASE(schedules_go_with_their_task) {
  auto& db = it.db();
  add_task(db);
  ok(add(db, schedule_named("a", 100)));
  new_deploy_task other;
  other.id = "2";
  other.owner = other.user = owner;
  other.task_name = "two";
  ok(transact(db, [&](database& d) { return deploy_task_repository{d}.add(other); }));
  auto x = schedule_named("b", 100);
  x.task = "2";
  ok(add(db, x));
  auto due = ok(schedule_repository{db}.due(200, 10));
  for (const auto& one : due)
    (void)ok(transact(
      db, [&](database& d) { return schedule_repository{d}.move_on(one, one.next_ms, 1000); }));
  BOOST_TEST(rows(db, "task_schedule_due") == 2);
  BOOST_TEST(ok(transact(db, [&](database& d) {
               return deploy_task_repository{d}.remove(owner, {"one"});
             })) == 1);
  auto page = ok(schedule_repository{db}.page(owner, {}));
  BOOST_REQUIRE(page.schedule_infos.size() == 1u);
  BOOST_TEST(page.schedule_infos[0].schedule_name == "b");
  BOOST_TEST(rows(db, "task_schedule_due") == 1);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace schedule_test
