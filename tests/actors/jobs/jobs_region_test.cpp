#include "actors/check/check_intake.hpp"
#include "actors/diag/diag_intake.hpp"
#include "actors/jobs/jobs_region.hpp"
#include "actors/support/prepare.hpp"
#include "messages/names.hpp"
#include "messages/roles/cluster.hpp"
#include "runtime/io/storage/job_repository.hpp"
#include "tests/actors/jobs/jobs_fixture.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

struct region_fixture : tests::jobs_fixture {
  region_fixture() {
    add_canned_host("h1");
    add_canned_host("h2");
    add_tree("t2", admin);
    start_as(progress_name, [this](progress_actor::pointer self) -> progress_actor::behavior_type {
      prepare(self, "canned progress");
      return {[this](const job_progress& x) { heard.push_back(x); },
              [](const watch_job&) {},
              [](atom::tick) {},
              [](atom::ping) {}};
    });
  }
  ~region_fixture() {
    open.clear();
    end_all();
  }

  std::vector<job_progress> heard;
  jobs_actor jobs;
  diag_intake_actor diagnoses;
  check_intake_actor checks;

  /// Starts the region with its supervisor, as a node does.
  void begin() {
    supervisor_config c;
    c.name = job_children_name;
    c.names = names;
    c.past_limit = give_up::leave_child;
    start_as(job_children_name, supervisor, std::move(c), std::vector<child_spec>{});
    jobs = start_as(jobs_name, jobs_region, job_services_ptr{services});
    diagnoses = start_as(diag_intake_name, diag_intake, job_services_ptr{services});
    checks = start_as(check_intake_name, check_intake, job_services_ptr{services});
  }

  expected<diag_started> diagnose(const caller& who,
                                  std::vector<std::string> hosts,
                                  std::vector<std::string> trees,
                                  int64_t from_s = 0,
                                  int64_t until_s = 120,
                                  int64_t interval_s = 60) {
    return ask<diag_started>(
      diagnoses,
      who,
      diag_to_execute{
        std::move(hosts), {{from_s * 1000}, {until_s * 1000}}, std::move(trees), interval_s});
  }

  expected<check_started>
  check(std::vector<std::string> hosts, std::vector<std::string> items, int64_t until_s = 120) {
    return ask<check_started>(
      checks, admin, check_to_execute{std::move(hosts), {{0}, {until_s * 1000}}, std::move(items)});
  }

  static std::string id_of(const diag_started& x) {
    return x.task_id.text.substr(1, x.task_id.text.size() - 2);
  }

  void add_rule(const std::string& item) {
    check_rule rule;
    rule.check_item = item;
    rule.data_list.push_back({"busy", "kpi", {}});
    rule.condition = "$0>1";
    tests::ok(
      ask<rules_imported>(of<rule_store_actor>(rule_store_name), admin, rules_to_import{{rule}}));
  }

  /// The slot is this node's under a new epoch.
  void take_slot(uint16_t slot, uint64_t epoch) {
    tests::ok(db().execute("update slot set epoch = " + std::to_string(epoch) +
                           " where slot = " + std::to_string(slot)));
    slots->set(slot, epoch);
    tell(jobs, slots_changed{{slot}, {}});
  }

  int64_t stored_jobs() { return count("select count(*) from job"); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(region, region_fixture)

// -- taking in

BOOST_AUTO_TEST_CASE(a_start_that_comes_again_is_the_same_task) {
  begin();
  add_rule("r");
  auto who = admin;
  who.repeatable = {"k", "d"};
  auto first = tests::ok(diagnose(who, {"h1", "nobody"}, {"t"}));
  auto again = tests::ok(diagnose(who, {"h1", "nobody"}, {"t"}));
  BOOST_TEST(id_of(again) == id_of(first));
  BOOST_TEST(again.code == 206);
  BOOST_TEST(again.expected_report_num == first.expected_report_num);
  BOOST_TEST(again.ignored_hosts == first.ignored_hosts, boost::test_tools::per_element());
  BOOST_TEST(stored_jobs() == 1);
  run();
  BOOST_TEST(reports(id_of(first)) == first.expected_report_num);
  auto changed = who;
  changed.repeatable.digest = "other";
  BOOST_TEST(tests::failure_of(diagnose(changed, {"h1"}, {"t"})) == ec::bad_request);
  who.repeatable.key = "l";
  auto start = [&] {
    return tests::ok(
      ask<check_started>(checks, who, check_to_execute{{"h1"}, {{0}, {120'000}}, {}}));
  };
  auto check = start();
  BOOST_TEST(start().task_id == check.task_id);
  BOOST_TEST(stored_jobs() == 2);
}

BOOST_AUTO_TEST_CASE(a_start_whose_job_was_not_stored_is_stored_when_it_comes_again) {
  begin();
  auto who = admin;
  who.repeatable = {"k", "d"};
  take_away(job_store_name);
  BOOST_TEST(tests::ok(diagnose(who, {"h1"}, {"t"})).code == 1101);
  give_back(job_store_name);
  auto reply = tests::ok(diagnose(who, {"h1"}, {"t"}));
  BOOST_TEST(reply.code == 200);
  BOOST_TEST(stored_jobs() == 1);
  run();
  BOOST_TEST(reports(id_of(reply)) == reply.expected_report_num);
}

BOOST_AUTO_TEST_CASE(a_diagnosis_is_stored_before_it_is_acknowledged_and_then_done) {
  begin();
  how = manner::stay_silent;
  auto reply = tests::ok(diagnose(admin, {"h1", "h2"}, {"t", "t2"}));
  BOOST_TEST(reply.code == 200);
  BOOST_TEST(reply.expected_report_num == 8);
  BOOST_TEST(reply.ignored_hosts.empty());
  auto id = id_of(reply);
  BOOST_TEST(progress(id).expected_report_num == 8);
  release();
  BOOST_TEST(progress(id).state == "done");
  BOOST_TEST(reports(id) == 8);
  BOOST_REQUIRE(!heard.empty());
  BOOST_TEST((heard.back().state == job_status::done));
  BOOST_TEST(heard.back().finished == 8);
}

BOOST_AUTO_TEST_CASE(a_task_says_which_hosts_it_waits_for_and_why) {
  begin();
  how = manner::stay_silent;
  auto id = id_of(tests::ok(diagnose(admin, {"h1", "h2"}, {"t"})));
  auto waits = [&](const caller& who) {
    return tests::ok(ask<task_waits>(jobs, who, task_waits_query{id}));
  };
  auto since = now->now_ms();
  pass(3s);
  auto all = waits(admin);
  BOOST_TEST(all.task_id == id);
  BOOST_TEST(all.hosts == 2);
  BOOST_REQUIRE(all.waits_for.size() == 2u);
  BOOST_TEST(all.waits_for[0].host_id == "h1");
  BOOST_TEST(all.waits_for[0].since.ms == since);
  BOOST_TEST(all.waits_for[0].attempts == 1);
  BOOST_TEST(all.waits_for[0].last_error == "");
  BOOST_TEST(waits(other).hosts == 0); // Not his.
  auto ann = admin;
  ann.role = rights::ordinary;
  ann.groups.emplace();
  BOOST_TEST(waits(ann).waits_for.empty()); // Hosts that are not granted any more.
  BOOST_TEST(tests::ok(db().run("insert into group_grant (account, host_group) select u.n, g.n "
                                "from account u, host_group g where u.username = ?",
                                ann.user)) > 0);
  BOOST_TEST(waits(ann).hosts == 2);
  release(1);
  BOOST_TEST(waits(admin).hosts == 1);
  // What it heard last, also while it waits to ask again.
  open.back().second.fail(ec::store_unreachable, "canned");
  open.pop_back();
  run();
  auto left = waits(admin);
  BOOST_REQUIRE(left.waits_for.size() == 1u);
  BOOST_TEST(left.waits_for[0].last_error.find("canned") != std::string::npos,
             left.waits_for[0].last_error);
  pass(5s);
  release();
  BOOST_TEST(progress(id).state == "done");
  BOOST_TEST(waits(admin).hosts == 0);
}

BOOST_AUTO_TEST_CASE(unknown_hosts_and_trees_among_known_ones_are_206_and_listed) {
  begin();
  auto reply = tests::ok(diagnose(admin, {"h1", "nowhere", "nowhere"}, {"t", "none"}));
  BOOST_TEST(reply.code == 206);
  BOOST_TEST(reply.expected_report_num == 2);
  BOOST_TEST(reply.ignored_hosts == std::vector<std::string>{"nowhere"},
             boost::test_tools::per_element());
  BOOST_TEST(reply.ignored_trees == std::vector<std::string>{"none"},
             boost::test_tools::per_element());
  BOOST_TEST(progress(id_of(reply)).state == "done");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_diagnosed_is_refused_with_the_reason) {
  begin();
  auto reason = [&](const expected<diag_started>& x) {
    BOOST_TEST(tests::failure_of(x) == ec::bad_request);
    return x.error().detail;
  };
  BOOST_TEST(reason(diagnose(admin, {"nowhere"}, {"t"})) == "No valid host.");
  BOOST_TEST(reason(diagnose(admin, {"h1"}, {"none"})) == "No valid fault tree.");
  BOOST_TEST(reason(diagnose(admin, {"h1"}, {"t"}, 120, 120)) == "Time range is not valid.");
  BOOST_TEST(reason(diagnose(other, {"h1"}, {"t"})) == "No valid host.");
  auto nobodys = other;
  nobodys.owner = "";
  BOOST_TEST(reason(diagnose(nobodys, {"h1"}, {"t"})) == "No valid host.");
  settings->diag.max_reports = 3;
  BOOST_TEST(reason(diagnose(admin, {"h1", "h2"}, {"t"})).find("reports") != std::string::npos);
  BOOST_TEST(stored_jobs() == 0);
}

BOOST_AUTO_TEST_CASE(a_job_that_cannot_be_stored_has_no_id) {
  begin();
  take_away(store_writer_name);
  auto reply = tests::ok(diagnose(admin, {"h1"}, {"t"}));
  BOOST_TEST(reply.code == 1101);
  BOOST_TEST(reply.task_id.text == "null");
  BOOST_TEST(reply.expected_report_num == 0);
  give_back(store_writer_name);
  take_away(job_store_name);
  BOOST_TEST(tests::ok(diagnose(admin, {"h1"}, {"t"})).code == 1101);
  give_back(job_store_name);
  BOOST_TEST(stored_jobs() == 0);
  take_away(tree_store_name);
  BOOST_TEST(tests::failure_of(diagnose(admin, {"h1"}, {"t"})) == ec::store_unreachable);
  give_back(tree_store_name);
}

BOOST_AUTO_TEST_CASE(an_explicit_check_asks_each_host_for_its_rules) {
  begin();
  BOOST_TEST(tests::failure_of(check({"h1"}, {})) == ec::bad_request);
  add_rule("a");
  add_rule("b");
  auto all = tests::ok(check({"h1", "h2"}, {}));
  BOOST_TEST(all.code == 200);
  BOOST_TEST(all.expected_result_num == 4);
  BOOST_REQUIRE(jobs_asked.size() == 2u);
  BOOST_TEST(jobs_asked[0] == all.task_id + "/h1/a,b");
  BOOST_TEST(progress(all.task_id).state == "done");
  auto some = tests::ok(check({"h1", "nowhere"}, {"b", "none"}));
  BOOST_TEST(some.code == 206);
  BOOST_TEST(some.expected_result_num == 1);
  BOOST_TEST(some.ignored_hosts.size() == 1u);
  BOOST_TEST(some.ignored_items.size() == 1u);
  auto refused = [&](const expected<check_started>& x) { return to_string(x.error()); };
  BOOST_TEST(refused(check({"nowhere"}, {})) == "bad_request: No valid host.");
  BOOST_TEST(refused(check({"h1"}, {"none"})) == "bad_request: No valid check item.");
  BOOST_TEST(refused(check({"h1"}, {}, 0)) == "bad_request: Time range is not valid.");
}

// -- running

BOOST_AUTO_TEST_CASE(stored_jobs_are_found_by_looking) {
  store_job("before", {"h1"}, 1);
  begin();
  BOOST_TEST(progress("before").state == "done");
  store_job("later", {"h1"}, 1);
  BOOST_TEST(progress("later").state == "pending");
  pass(2s);
  BOOST_TEST(progress("later").state == "done");
}

BOOST_AUTO_TEST_CASE(jobs_of_slots_of_other_nodes_are_left_alone) {
  slots->set(schedule::slot_of("theirs"), 0);
  store_job("theirs", {"h1"}, 1);
  begin();
  pass(10s);
  BOOST_TEST(progress("theirs").state == "pending");
}

BOOST_AUTO_TEST_CASE(owners_take_turns) {
  settings->jobs.max_running = 1;
  how = manner::stay_silent;
  for (int i = 1; i <= 3; ++i)
    store_job("admins" + std::to_string(i), {"h1"}, 1);
  store_job("eves", {"h1"}, 1, "eve");
  begin();
  std::vector<std::string> order;
  while (!open.empty()) {
    order.push_back(asked.back().job);
    BOOST_TEST(open.size() == 1u);
    release();
  }
  BOOST_TEST(order.size() == 4u);
  BOOST_TEST((order[0] == "eves" || order[1] == "eves"));
}

BOOST_AUTO_TEST_CASE(who_comes_after_more_jobs_than_a_look_finds_has_his_turn) {
  settings->jobs.max_running = 1;
  how = manner::stay_silent;
  job_to_create first;
  first.job = store_job("flood", {"h1"}, 1);
  auto trees = of<tree_store_actor>(tree_store_name);
  first.trees = tests::ok(ask<tree_contents>(trees, find_trees{"admin", {"t"}})).trees;
  constexpr size_t many = storage::job_repository::most_open_at_once;
  std::vector<job_to_create> flood(many + 100, first);
  for (size_t i = 0; i < flood.size(); ++i) {
    flood[i].job.id = "flood" + std::to_string(i);
    flood[i].job.slot = schedule::slot_of(flood[i].job.id);
  }
  tests::ok(storage::transact(
    db(), [&](storage::database& to) { return storage::job_repository{to}.create_many(flood); }));
  store_job("eves", {"h1"}, 1, "eve");
  begin();
  BOOST_TEST(asked.size() == 1u);
  auto has_turn = [&] {
    release();
    return asked.back().job == "eves";
  };
  BOOST_TEST(!has_turn()); // Nobody knows of it yet.
  pass(40s);               // By then each slot was looked at.
  BOOST_TEST((has_turn() || has_turn()));
}

BOOST_AUTO_TEST_CASE(at_most_so_many_jobs_run_at_once) {
  settings->jobs.max_running = 2;
  how = manner::stay_silent;
  begin();
  for (int i = 0; i < 5; ++i)
    tests::ok(diagnose(admin, {"h1"}, {"t"}));
  BOOST_TEST(asked.size() == 2u);
  pass(4s); // Looking does not start them twice.
  BOOST_TEST(asked.size() == 2u);
  while (!open.empty())
    release(1);
  BOOST_TEST(asked.size() == 5u);
  BOOST_TEST(count("select count(*) from job where state = 'done'") == 5);
}

BOOST_AUTO_TEST_CASE(a_job_whose_actor_crashes_goes_on) {
  begin();
  how = manner::stay_silent;
  auto id = id_of(tests::ok(diagnose(admin, {"h1"}, {"t"})));
  end(names->find_as<caf::actor>(job_name_of(id)), caf::exit_reason::kill);
  open.clear();
  how = manner::answer;
  pass(10s);
  BOOST_TEST(progress(id).state == "done");
  BOOST_TEST(reports(id) == 2);
}

BOOST_AUTO_TEST_CASE(a_region_that_crashes_finds_its_jobs_again) {
  begin();
  how = manner::stay_silent;
  auto id = id_of(tests::ok(diagnose(admin, {"h1"}, {"t"})));
  end(jobs, caf::exit_reason::kill);
  end(diagnoses);
  end(checks);
  end(of<supervisor_actor>(job_children_name));
  pass(1s);
  open.clear();
  how = manner::answer;
  begin();
  BOOST_TEST(progress(id).state == "done");
  BOOST_TEST(reports(id) == 2);
}

// -- slots that come and go

BOOST_AUTO_TEST_CASE(jobs_of_slots_that_come_begin_at_once_and_those_of_slots_that_go_end_at_once) {
  auto slot = schedule::slot_of("theirs");
  slots->set(slot, 0);
  store_job("theirs", {"h1"}, 1);
  begin();
  how = manner::stay_silent;
  take_slot(slot, 2);
  BOOST_REQUIRE(asked.size() == 1u);
  BOOST_TEST(asked[0].job == "theirs");
  BOOST_TEST(progress("theirs").state == "running");
  slots->set(slot, 0);
  tell(jobs, slots_changed{{}, {slot}});
  BOOST_TEST(!names->find(job_name_of("theirs")));
  pass(4s);
  release();
  BOOST_TEST(reports("theirs") == 0);
  BOOST_TEST(progress("theirs").state == "running");
}

BOOST_AUTO_TEST_CASE(a_job_that_came_back_under_a_newer_epoch_is_run_anew_and_its_old_self_ended) {
  store_job("j", {"h1"}, 2);
  how = manner::stay_silent;
  begin();
  BOOST_TEST(asked.size() == 2u);
  auto old = names->find(job_name_of("j"));
  how = manner::answer;
  take_slot(schedule::slot_of("j"), 2);
  BOOST_TEST(asked.size() == 4u);
  BOOST_TEST(progress("j").state == "done");
  BOOST_TEST(!is_alive(caf::actor_cast<caf::actor>(old)));
  BOOST_TEST(reports("j") == 2 * slices_per_unit);
}

BOOST_AUTO_TEST_CASE(a_slot_that_goes_and_comes_in_one_breath_has_its_jobs_anew) {
  store_job("j", {"h1"}, 1);
  how = manner::stay_silent;
  begin();
  how = manner::answer;
  auto slot = schedule::slot_of("j");
  tests::ok(db().execute("update slot set epoch = 2"));
  slots->set(slot, 2);
  tell(jobs, slots_changed{{slot}, {slot}});
  BOOST_TEST(asked.size() == 2u);
  BOOST_TEST(progress("j").state == "done");
}

BOOST_AUTO_TEST_CASE(a_fenced_job_is_found_again_when_the_slot_is_ours_under_a_newer_epoch) {
  store_job("j", {"h1"}, 1);
  how = manner::stay_silent;
  begin();
  auto slot = std::to_string(schedule::slot_of("j"));
  tests::ok(db().execute("update slot set epoch = 2 where slot = " + slot));
  release(); // Refused by the store: the actor ends.
  BOOST_TEST(!names->find(job_name_of("j")));
  how = manner::answer;
  slots->set(schedule::slot_of("j"), 2);
  pass(2s); // Without any news.
  BOOST_TEST(progress("j").state == "done");
}

BOOST_AUTO_TEST_CASE(released_slots_are_quiet_and_come_back_when_they_stay) {
  store_job("j", {"h1"}, 1);
  how = manner::stay_silent;
  begin();
  auto slot = schedule::slot_of("j");
  tests::ok(ask<done>(jobs, slots_to_release{{slot}, now->now_ms() + 4000}));
  BOOST_TEST(!names->find(job_name_of("j")));
  pass(6s);
  BOOST_TEST(asked.size() == 1u);
  pass(4s);
  BOOST_TEST(asked.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_job_of_another_nodes_slot_is_stored_here_and_its_owner_told) {
  begin();
  for (uint16_t slot = 0; slot < schedule::slot_count; ++slot)
    slots->set(slot, 0);
  std::vector<parcel> sent;
  start_as(router_name, [&](router_actor::pointer self) -> router_actor::behavior_type {
    prepare(self, "canned router");
    return {[&](const parcel& x) -> caf::result<parcel> {
              sent.push_back(x);
              return parcel{};
            },
            [](const map_changed&) {},
            [](atom::tick) {},
            [](atom::ping) {}};
  });
  auto id = id_of(tests::ok(diagnose(admin, {"h1"}, {"t"})));
  run();
  BOOST_TEST(progress(id).state == "pending");
  BOOST_REQUIRE(sent.size() == 1u);
  BOOST_TEST(sent[0].to == jobs_name);
  BOOST_TEST(sent[0].slot == schedule::slot_of(id));
  BOOST_TEST(sent[0].is_one_way);
  BOOST_REQUIRE(sent[0].body.match_elements<jobs_added>());
  // Any node can cancel it.
  tests::ok(ask<tasks_cancelled>(jobs, admin, tasks_to_cancel{{id}}));
  run();
  BOOST_TEST(progress(id).state == "cancelled");
  BOOST_REQUIRE(sent.size() == 2u);
  BOOST_REQUIRE(sent[1].body.match_elements<jobs_cancelled>());
  BOOST_TEST((heard.back().state == job_status::cancelled));
  take_away(router_name);
}

BOOST_AUTO_TEST_CASE(the_owner_runs_at_once_what_others_stored_and_ends_what_they_cancelled) {
  begin();
  how = manner::stay_silent;
  store_job("j", {"h1"}, 1);
  tell(jobs, jobs_added{{"j"}});
  BOOST_TEST(asked.size() == 1u);
  tests::ok(
    ask<tasks_cancelled>(of<job_store_actor>(job_store_name), admin, tasks_to_cancel{{"j"}}));
  tell(jobs, jobs_cancelled{{"j"}});
  BOOST_TEST(!names->find(job_name_of("j")));
  BOOST_REQUIRE(!heard.empty());
  BOOST_TEST((heard.back().state == job_status::cancelled));
}

BOOST_AUTO_TEST_CASE(a_cancellation_whose_news_got_lost_ends_the_job_all_the_same) {
  begin();
  how = manner::stay_silent;
  store_job("j", {"h1"}, 1);
  tell(jobs, jobs_added{{"j"}});
  tests::ok(
    ask<tasks_cancelled>(of<job_store_actor>(job_store_name), admin, tasks_to_cancel{{"j"}}));
  pass(2s);
  BOOST_TEST(!names->find(job_name_of("j")));
}

// -- cancelling

BOOST_AUTO_TEST_CASE(a_cancelled_job_ends_and_streams_hear_of_it) {
  settings->jobs.max_running = 1;
  begin();
  how = manner::stay_silent;
  auto first = id_of(tests::ok(diagnose(admin, {"h1"}, {"t"})));
  auto second = id_of(tests::ok(diagnose(admin, {"h2"}, {"t"})));
  BOOST_TEST(
    tests::ok(ask<tasks_cancelled>(jobs, other, tasks_to_cancel{{first}})).cancelled.empty());
  heard.clear();
  auto reply = tests::ok(ask<tasks_cancelled>(jobs, admin, tasks_to_cancel{{first, "unknown"}}));
  BOOST_TEST(reply.code == 206);
  BOOST_TEST(reply.cancelled.size() == 1u);
  run();
  BOOST_TEST(!names->find(job_name_of(first)));
  BOOST_TEST(asked.back().job == second);
  bool told = false;
  for (const auto& x : heard)
    told = told || (x.job == first && x.state == job_status::cancelled);
  BOOST_TEST(told);
  release();
  BOOST_TEST(progress(first).state == "cancelled");
  BOOST_TEST(progress(second).state == "done");
  BOOST_TEST(reports(first) == 0);
}

BOOST_AUTO_TEST_CASE(a_job_that_waits_can_be_cancelled) {
  settings->jobs.max_running = 1;
  begin();
  how = manner::stay_silent;
  tests::ok(diagnose(admin, {"h1"}, {"t"}));
  auto second = id_of(tests::ok(diagnose(admin, {"h2"}, {"t"})));
  BOOST_TEST(tests::ok(ask<tasks_cancelled>(jobs, admin, tasks_to_cancel{{second}})).code == 200);
  while (!open.empty())
    release();
  pass(4s);
  BOOST_TEST(asked.size() == 1u);
  BOOST_TEST(progress(second).state == "cancelled");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
