#include "runtime/io/storage/job_archive.hpp"
#include "runtime/io/storage/job_repository.hpp"
#include "runtime/io/storage/run_repository.hpp"
#include "tests/io/storage/faulty_database.hpp"
#include "tests/io/storage/samples.hpp"

#include <set>

namespace run_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

new_run run_named(const std::string& id, std::vector<std::string> hosts = {"h1", "h2"}) {
  new_run x;
  x.job.id = id;
  x.job.kind = {"deploy"};
  x.job.owner = x.job.user = owner;
  x.job.slot = 3;
  x.job.plan = "{}";
  x.job.expected = static_cast<int64_t>(hosts.size()) * 2;
  x.job.created_ms = 1000;
  x.task_id = "t";
  x.task_name = "a task";
  x.steps = {"a", "b"};
  for (auto& host : hosts)
    x.hosts.push_back({host, "name-" + host, 0});
  return x;
}

void create(database& db, const new_run& x) {
  ok(transact(db, [&](database& d) { return run_repository{d}.create(x); }));
}

run_change change_of(const std::string& run, job_status was = job_status::running) {
  run_change x;
  x.held = {3, 1};
  x.run = run;
  x.was = was;
  return x;
}

run_after change(database& db, const run_change& x) {
  return committed(db, [&] { return run_repository{db}.change(x); });
}

/// It is at work.
void start(database& db, const std::string& run) {
  auto x = change_of(run, job_status::pending);
  x.job_state = job_status::running;
  x.state = std::pair{std::string{"running"}, std::string{}};
  x.started_ms = 2000;
  BOOST_TEST((change(db, x).progress.state == job_status::running));
}

void finish(database& db, const std::string& run, int64_t ended_ms = 5000) {
  auto x = change_of(run);
  x.job_state = job_status::done;
  x.state = std::pair{std::string{"done"}, std::string{}};
  x.ended_ms = ended_ms;
  x.frees_hosts = true;
  change(db, x);
}

run_host_row host_row(int64_t step, int64_t number, const std::string& state) {
  run_host_row x;
  x.step = step;
  x.number = number;
  x.state = state;
  x.attempts = 1;
  x.started_ms = 2000;
  x.ended_ms = state == "running" ? 0 : 3000;
  return x;
}

run_info info(database& db, const std::string& run) {
  runs_query q;
  q.execution_list.emplace(std::vector{run});
  auto page = ok(run_repository{db}.page(owner, q));
  BOOST_REQUIRE(page.executions.size() == 1u);
  return page.executions.front();
}

std::string states(database& db, run_hosts_query q) {
  std::string out;
  for (const auto& x : ok(run_repository{db}.hosts(owner, q)).results)
    out += x.step + x.host_id + "=" + x.state + " ";
  return out;
}

run_hosts_query hosts_of(const std::string& run) {
  run_hosts_query q;
  q.execution_id = run;
  return q;
}

run_events events(int64_t first, int64_t last) {
  run_events x{first, last, "["};
  for (auto n = first; n <= last; ++n)
    x.body += std::string{n > first ? "," : ""} + R"({"number":)" + std::to_string(n) +
              R"(,"time":1,"type":)" + (n % 2 ? R"("event","host_id":"h1"})" : R"("host"})");
  x.body += "]";
  return x;
}

run_log_page log_of(database& db, int64_t after, int64_t limit) {
  run_log_query q;
  q.execution_id = "r";
  q.after.emplace(after);
  q.limit.emplace(limit);
  return ok(run_repository{db}.log(owner, q));
}

std::string act(database& db, auto how) {
  return committed(db, [&] { return how(run_repository{db}); });
}

} // namespace

BOOST_AUTO_TEST_SUITE(stored_runs)

STORE_CASE(of_each_task_the_newest_run_can_be_asked_for) {
  auto& db = it.db();
  auto run = [&](const std::string& id, const std::string& task, int64_t created_ms) {
    auto x = run_named(id);
    x.job.created_ms = created_ms;
    x.task_id = task;
    create(db, x);
  };
  run("old", "often", 1000);
  run("once", "rare", 1500);
  run("newer", "often", 2000);
  run("newest", "often", 2000); // Of two at the same time the one that was stored last.
  run("late", "often", 1900);   // Stored by a node whose clock is behind.
  auto newest = [&](const runs_query& q) {
    auto page = ok(run_repository{db}.page(owner, q));
    std::set<std::string> ids;
    for (const auto& x : page.executions)
      ids.insert(x.execution_id);
    BOOST_TEST(page.total_count == static_cast<int64_t>(ids.size()));
    return ids;
  };
  runs_query q;
  BOOST_TEST(newest(q).size() == 5u);
  q.latest.emplace(true);
  BOOST_TEST((newest(q) == std::set<std::string>{"newest", "once"}));
  q.task_list.emplace(std::vector<std::string>{"often"});
  BOOST_TEST((newest(q) == std::set<std::string>{"newest"}));
  start(db, "newest");
  finish(db, "newest");
  q.state.emplace(std::vector<std::string>{"pending"});
  BOOST_TEST(newest(q).empty()); // An older one is not the newest because this one has ended.
}

STORE_CASE(a_run_is_pending_on_all_its_hosts_until_it_begins) {
  auto& db = it.db();
  create(db, run_named("r"));
  auto x = info(db, "r");
  BOOST_TEST(x.state == "pending");
  BOOST_TEST(x.hosts.pending == 2);
  BOOST_TEST(x.steps.size() == 2u);
  BOOST_TEST(states(db, hosts_of("r")) == "ah1=pending ah2=pending bh1=pending bh2=pending ");
  BOOST_TEST(failure_of(run_repository{db}.hosts("eve", hosts_of("r"))) == ec::not_found);
  BOOST_TEST(failure_of(run_repository{db}.load("no")) == ec::not_found);
}

STORE_CASE(what_became_of_steps_and_hosts_is_counted_and_filtered) {
  auto& db = it.db();
  create(db, run_named("r", {"h1", "h2", "h3"}));
  start(db, "r");
  auto x = change_of("r");
  x.step = 0;
  x.steps.push_back({0, "running", {}, 1, 2000, 0});
  x.hosts = {host_row(0, 0, "ok"), host_row(0, 1, "failed"), host_row(0, 2, "running")};
  x.hosts[1].action = "install";
  x.hosts[1].message = std::string(2000, 'x');
  x.finished = 2;
  x.failed = 1;
  BOOST_TEST(change(db, x).progress.finished == 2);
  BOOST_TEST(change(db, x).progress.finished == 2); // Once more changes nothing.
  auto now = info(db, "r");
  BOOST_TEST(*now.step == "a");
  BOOST_TEST(now.hosts.failed == 1);
  BOOST_TEST(now.hosts.running == 1);
  BOOST_TEST(now.hosts.pending == 1);
  BOOST_TEST(now.steps[0].hosts.ok == 1);
  BOOST_TEST(now.steps[1].hosts.pending == 3);
  auto q = hosts_of("r");
  q.state.emplace(std::vector<std::string>{"failed", "running"});
  BOOST_TEST(states(db, q) == "ah2=failed ah3=running ");
  q = hosts_of("r");
  q.step.emplace(std::vector<std::string>{"b"});
  q.host_list.emplace(std::vector<std::string>{"h2"});
  BOOST_TEST(states(db, q) == "bh2=pending ");
  q = hosts_of("r");
  q.page.emplace(int64_t{1} << 40);
  q.per_page.emplace(50);
  auto past = ok(run_repository{db}.hosts(owner, q));
  BOOST_TEST(past.results.empty());
  BOOST_TEST(past.total_count == 6);
  finish(db, "r");
  BOOST_TEST(states(db, hosts_of("r")) == "ah1=ok ah2=failed ah3=interrupted bh1=skipped "
                                          "bh2=skipped bh3=skipped ");
  auto stored = ok(run_repository{db}.load("r"));
  BOOST_TEST(stored.hosts.size() == 3u);
  BOOST_TEST(stored.hosts[1].message.size() == 1000u);
  BOOST_TEST(stored.steps[0].batches == 1);
}

STORE_CASE(a_run_that_somebody_else_ended_is_not_changed) {
  auto& db = it.db();
  create(db, run_named("r"));
  auto stop = [](auto runs) { return runs.ask_to(owner, "r", "stop", 7); };
  BOOST_TEST(act(db, stop) == "");
  BOOST_TEST(info(db, "r").state == "cancelled");
  auto x = change_of("r", job_status::pending);
  x.job_state = job_status::running;
  x.hosts = {host_row(0, 0, "running")};
  BOOST_TEST((change(db, x).progress.state == job_status::cancelled));
  BOOST_TEST(info(db, "r").state == "cancelled");
  BOOST_TEST(ok(run_repository{db}.load("r")).hosts.empty());
  BOOST_TEST(act(db, stop) == "it is cancelled");
}

STORE_CASE(a_run_at_work_is_asked_to_stop_and_does_so_itself) {
  auto& db = it.db();
  create(db, run_named("r"));
  start(db, "r");
  BOOST_TEST(act(db, [](auto runs) { return runs.ask_to(owner, "r", "stop", 7); }) == "");
  BOOST_TEST(info(db, "r").state == "running");
  BOOST_TEST(ok(run_repository{db}.glance("r")).wish == "stop");
  BOOST_TEST(act(db, [](auto runs) { return runs.ask_to("eve", "r", "stop", 7); }) ==
             "there is no such run");
}

STORE_CASE(runs_are_no_tasks_of_diagnosis) {
  auto& db = it.db();
  create(db, run_named("r"));
  job_repository jobs{db};
  BOOST_TEST(committed(db, [&] { return jobs.cancel(owner, {"r"}); }).cancelled.empty());
  BOOST_TEST(committed(db, [&] { return jobs.resume(owner, {"r"}, 7); }).resumed.empty());
  start(db, "r");
  finish(db, "r");
  BOOST_TEST(committed(db, [&] { return job_archive{db}.expire(99'000); }) == 0);
}

STORE_CASE(hosts_are_taken_all_or_none) {
  auto& db = it.db();
  create(db, run_named("r", {"h1", "h2"}));
  create(db, run_named("s", {"h2", "h3"}));
  auto take = [&](const char* id) {
    return committed(db, [&] { return run_repository{db}.take_hosts(id, false); });
  };
  BOOST_TEST(take("r").is_ours);
  BOOST_TEST(take("r").is_ours);
  auto other = take("s");
  BOOST_TEST(!other.is_ours);
  BOOST_TEST(other.holder == "r");
  BOOST_TEST(other.host == "name-h2");
  BOOST_TEST(ok(db.count("select count(*) from run_lock")) == 2);
  auto look = [&](const char* id) { return ok(run_repository{db}.look_at_hosts(id, false)); };
  BOOST_TEST(look("r").is_ours);
  BOOST_TEST(look("s").holder == "r");
  BOOST_TEST(look("s").host == "name-h2");
  BOOST_TEST(failure_of(run_repository{db}.look_at_hosts("no", false)) == ec::not_found);
  start(db, "r");
  finish(db, "r");
  BOOST_TEST(look("s").is_ours);
  BOOST_TEST(ok(db.count("select count(*) from run_lock")) == 0); // Looking took nothing.
  BOOST_TEST(take("s").is_ours);
}

STORE_CASE(hosts_are_shared_by_runs_that_all_say_so) {
  auto& db = it.db();
  create(db, run_named("r", {"h1", "h2"}));
  create(db, run_named("s", {"h2", "h3"}));
  create(db, run_named("t", {"h3"}));
  auto take = [&](const char* id, bool is_shared) {
    return committed(db, [&] { return run_repository{db}.take_hosts(id, is_shared); });
  };
  BOOST_TEST(take("r", true).is_ours);
  BOOST_TEST(take("s", true).is_ours);
  BOOST_TEST(ok(db.count("select count(*) from run_lock")) == 4);
  BOOST_TEST(take("t", false).holder == "s");
  BOOST_TEST(take("t", true).is_ours);
  start(db, "s");
  finish(db, "s");
  start(db, "t");
  finish(db, "t");
  create(db, run_named("u", {"h1"}));
  BOOST_TEST(take("u", false).holder == "r");
  start(db, "r");
  finish(db, "r");
  BOOST_TEST(take("u", false).is_ours);
  create(db, run_named("v", {"h1"}));
  BOOST_TEST(take("v", true).holder == "u"); // Which holds it alone.
  BOOST_TEST(ok(run_repository{db}.look_at_hosts("v", true)).holder == "u");
}

STORE_CASE(how_long_a_run_was_at_work_is_known_to_who_goes_on) {
  auto& db = it.db();
  create(db, run_named("r"));
  BOOST_TEST(ok(run_repository{db}.load("r")).worked_ms == 0);
  start(db, "r");
  auto x = change_of("r");
  x.worked_ms = 70'000;
  change(db, x);
  x.worked_ms.reset();
  change(db, x);
  BOOST_TEST(ok(run_repository{db}.load("r")).worked_ms == 70'000);
}

STORE_CASE(open_runs_are_told_from_those_that_ended_and_those_of_others) {
  auto& db = it.db();
  for (const auto* id : {"open", "over"})
    create(db, run_named(id));
  start(db, "over");
  finish(db, "over");
  auto his = run_named("his");
  his.job.owner = his.job.user = "eve";
  create(db, his);
  auto among = [&](std::string_view whose) {
    auto found = ok(run_repository{db}.open_among({"open", "over", "his", "none"}, whose));
    std::sort(found.begin(), found.end());
    return found;
  };
  BOOST_TEST(among({}) == (std::vector<std::string>{"his", "open"}),
             boost::test_tools::per_element());
  BOOST_TEST(among(owner) == std::vector<std::string>{"open"}, boost::test_tools::per_element());
}

STORE_CASE(a_run_that_cannot_end_what_it_left_running_says_so) {
  auto& db = it.db();
  create(db, run_named("r"));
  start(db, "r");
  auto x = change_of("r");
  x.hosts = {host_row(0, 0, "ok"), host_row(0, 1, "running")};
  x.job_state = job_status::waiting_for_key;
  x.state = std::pair{std::string{"waiting_for_key"}, std::string{"why"}};
  change(db, x);
  BOOST_TEST(act(db, [](auto runs) { return runs.ask_to(owner, "r", "stop", 7); }) == "");
  BOOST_TEST(info(db, "r").reason ==
             "stopped by its user; what it left running on 1 hosts could not be ended");
}

STORE_CASE(events_are_read_by_number_however_they_were_stored) {
  auto& db = it.db();
  create(db, run_named("r"));
  start(db, "r");
  auto x = change_of("r");
  x.events = {events(1, 3), events(4, 4)};
  x.event_bytes = 10;
  BOOST_TEST(change(db, x).progress.last_number == 4);
  change(db, x); // The answer got lost: they replace themselves.
  x.events = {events(5, 7)};
  change(db, x);
  auto numbers = [](const run_log_page& page) {
    std::string out;
    for (const auto& e : page.events)
      out += std::to_string(e.number) + " ";
    return out + "next " + std::to_string(page.next);
  };
  BOOST_TEST(numbers(log_of(db, 0, 100)) == "1 2 3 4 5 6 7 next 7");
  BOOST_TEST(numbers(log_of(db, 2, 3)) == "3 4 5 next 5");
  BOOST_TEST(numbers(log_of(db, 7, 3)) == "next 7");
  run_log_query q;
  q.execution_id = "r";
  q.type.emplace(std::vector<std::string>{"host"});
  BOOST_TEST(numbers(ok(run_repository{db}.log(owner, q))) == "2 4 6 next 7");
  q.host_list.emplace(std::vector<std::string>{"h1"});
  BOOST_TEST(numbers(ok(run_repository{db}.log(owner, q))) == "next 7");
  BOOST_TEST(ok(run_repository{db}.standing(owner, "r")).events == 7);
}

STORE_CASE(who_was_interrupted_is_done_again_or_left_out) {
  auto& db = it.db();
  create(db, run_named("r"));
  start(db, "r");
  auto x = change_of("r");
  x.job_state = job_status::interrupted;
  x.state = std::pair{std::string{"interrupted"}, std::string{"why"}};
  auto lost = host_row(0, 0, "interrupted");
  lost.ended_ms = 0;
  x.hosts = {lost};
  change(db, x);
  auto resume = [&](const char* how) {
    return act(db, [&](auto runs) { return runs.resume(owner, "r", how, 9); });
  };
  BOOST_TEST(resume("").starts_with("it is interrupted"));
  BOOST_TEST(resume("again") == "");
  BOOST_TEST(ok(run_repository{db}.load("r")).hosts[0].state == "pending");
  BOOST_TEST(info(db, "r").state == "pending");
  start(db, "r");
  change(db, x);
  BOOST_TEST(resume("skip") == "");
  BOOST_TEST(ok(run_repository{db}.load("r")).hosts[0].ended_ms == 9);
}

STORE_CASE(approval_is_for_the_batch_that_waits) {
  auto& db = it.db();
  create(db, run_named("r"));
  start(db, "r");
  auto approve = [&] { return act(db, [](auto runs) { return runs.approve(owner, "r"); }); };
  BOOST_TEST(approve() == "it is running");
  auto x = change_of("r");
  x.job_state = job_status::interrupted;
  x.state = std::pair{std::string{"waiting_for_approval"}, std::string{}};
  x.step = 1;
  x.steps.push_back({1, "running", {}, 2, 0, 0});
  change(db, x);
  BOOST_TEST(approve() == "");
  auto stored = ok(run_repository{db}.load("r"));
  BOOST_TEST(stored.approved_step == 1);
  BOOST_TEST(stored.approved_batch == 2);
}

STORE_CASE(runs_go_after_their_time_with_all_they_told) {
  auto& db = it.db();
  create(db, run_named("r"));
  create(db, run_named("open"));
  start(db, "r");
  auto x = change_of("r");
  x.events = {events(1, 3)};
  x.hosts = {host_row(0, 0, "ok")};
  change(db, x);
  finish(db, "r", 5000);
  auto expire = [&](int64_t before) {
    while (committed(db, [&] { return run_repository{db}.expire(before); }) > 0)
      ;
  };
  expire(5000);
  BOOST_TEST(ok(db.count("select count(*) from run")) == 2);
  expire(5001);
  BOOST_TEST(ok(db.count("select count(*) from run")) == 1);
  BOOST_TEST(ok(db.count("select count(*) from run_event")) == 0);
  BOOST_TEST(ok(db.count("select count(*) from job")) == 1);
}

BOOST_AUTO_TEST_CASE(runs_that_may_go_are_found_without_reading_all) {
  auto it = engines().front().make(); // SQLite.
  std::string query;
  faulty_database watched{it->db()};
  watched.before_query = [&](std::string_view x) {
    if (x.find("ended_ms <") != x.npos)
      query = x;
  };
  ok(transact(static_cast<database&>(watched),
              [](database& to) { return run_repository{to}.expire(5); }));
  auto plan = ok(it->db().list(
    "explain query plan " + query, [](const row& r) { return r.string(3); }, 5));
  BOOST_REQUIRE(plan.size() == 1u); // Nothing is sorted.
  BOOST_TEST(plan[0].find("run_ended") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace run_test
