#include "actors/host/host.hpp"
#include "actors/jobs/jobs_region.hpp"
#include "actors/support/ask.hpp"
#include "actors/support/prepare.hpp"
#include "messages/names.hpp"
#include "messages/roles/hosts.hpp"
#include "tests/actors/jobs/jobs_fixture.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

const kind_name acting{"act"};

/// A job whose units act on a host: its plan is the number of units.
class acting_runner final : public unit_runner {
public:
  using unit_runner::unit_runner;
  static inline bool has_key = true; ///< As its user would bring it.

protected:
  expected<int64_t> read_plan(job_state& state) override { return std::stoll(state.job.plan); }
  bool lacks_key() const override { return !has_key; }
  unit_host host_of(int64_t) const override { return {0, "h1"}; }
  void ask_for(int64_t unit) override {
    ask_entity<host_work_actor>(
      self(),
      *services().names,
      "h1",
      host_name_of("h1"),
      unit_deadline(),
      [this, unit](expected<unit_checked> x) {
        answered(unit, x.map([&](const unit_checked&) { return done_with(unit, 0); }));
      },
      unit_to_check{job().id, job().owner, "h1", unit, {std::to_string(unit)}, 0, 0});
  }
  storage::unit_to_commit give_up(int64_t unit, const std::string&) override {
    return done_with(unit, 1);
  }

private:
  static storage::unit_to_commit done_with(int64_t unit, int64_t failed) {
    storage::unit_to_commit x;
    x.unit = unit;
    x.results = 1;
    x.failed = failed;
    return x;
  }
};

job_kind acting_kind() {
  job_kind kind;
  kind.name = acting;
  kind.behaviour = &run_units<acting_runner>;
  kind.is_repeatable = false;
  kind.outcome = [](const job_progress& x) {
    return x.failed > 0 ? job_status::failed : job_status::done;
  };
  return kind;
}

struct acting_fixture : tests::jobs_fixture {
  acting_fixture() {
    acting_runner::has_key = true;
    services->kinds = std::make_shared<job_kinds>(std::vector{acting_kind()});
    services->is_sure = [this] { return sure(); };
    add_canned_host("h1");
    start_as(progress_name, [this](progress_actor::pointer self) -> progress_actor::behavior_type {
      prepare(self, "canned progress");
      return {[this](const job_progress& x) { heard.push_back(x.state); },
              [](const watch_job&) {},
              [](atom::tick) {},
              [](atom::ping) {}};
    });
    supervisor_config c;
    c.name = job_children_name;
    c.names = names;
    c.past_limit = give_up::leave_child;
    start_as(job_children_name, supervisor, std::move(c), std::vector<child_spec>{});
    jobs = start_as(jobs_name, jobs_region, job_services_ptr{services});
  }
  ~acting_fixture() {
    open_checks.clear();
    end_all();
  }

  std::function<bool()> sure = [] { return true; };
  std::vector<job_status> heard;
  jobs_actor jobs;

  void store(int64_t units) {
    job_to_create order;
    auto& job = order.job;
    job.id = "j";
    job.kind = acting;
    job.owner = job.user = "admin";
    job.slot = schedule::slot_of("j");
    job.plan = std::to_string(units);
    job.expected = units;
    job.created_ms = now->now_ms();
    job.deadline_ms = job.created_ms + settings->jobs.deadline.ms;
    BOOST_TEST(!tests::ok(ask<job_created>(jobs, order)).existed);
  }

  std::string state() { return progress("j").state; }
  size_t acts() const { return jobs_asked.size(); } ///< So far.
  bool each_acted_once() const {
    return std::set<std::string>(jobs_asked.begin(), jobs_asked.end()).size() == jobs_asked.size();
  }
  int64_t begun() { return count("select count(*) from job_unit where state = 'begun'"); }

  caf::actor actor() { return names->find_as<caf::actor>(job_name_of("j")); }

  /// The slot is this node's under a new epoch.
  void take_slot(uint64_t epoch) {
    auto slot = schedule::slot_of("j");
    tests::ok(db().execute("update slot set epoch = " + std::to_string(epoch)));
    slots->set(slot, epoch);
    tell(jobs, slots_changed{{slot}, {}});
  }

  std::vector<std::string> resume(const caller& who) {
    return tests::ok(ask<tasks_resumed>(jobs, who, tasks_to_resume{{"j"}})).resumed;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_kind_that_acts, acting_fixture)

BOOST_AUTO_TEST_CASE(does_each_unit_once_and_ends_as_its_kind_says) {
  store(10);
  BOOST_TEST(acts() == 10u);
  BOOST_TEST(each_acted_once());
  BOOST_TEST(begun() == 0);
  BOOST_TEST(state() == "done");
}

BOOST_AUTO_TEST_CASE(notes_what_begins_before_it_acts) {
  how = manner::stay_silent;
  store(10);
  BOOST_TEST(acts() == 4u);
  BOOST_TEST(begun() == 4);
  release_checks();
  BOOST_TEST(acts() == 8u);
  BOOST_TEST(begun() == 4);
  BOOST_TEST(progress("j").progress == 4);
}

BOOST_AUTO_TEST_CASE(does_not_ask_again_what_failed_or_stayed_silent) {
  how = manner::refuse;
  store(3);
  pass(2min);
  BOOST_TEST(acts() == 3u);
  BOOST_TEST(state() == "failed");
  BOOST_TEST(progress("j").failed.value_or(0) == 3);
  BOOST_TEST(log.count("unit-given-up") == 3u);
}

BOOST_AUTO_TEST_CASE(tells_the_log_of_a_thousand_failures_once_a_minute) {
  how = manner::refuse;
  store(1000);
  BOOST_TEST(acts() == 1000u);
  BOOST_TEST(state() == "failed");
  BOOST_TEST(log.count("unit-given-up") == 3u);
}

BOOST_AUTO_TEST_CASE(does_not_ask_again_at_its_deadline) {
  settings->jobs.deadline = base::seconds(20);
  how = manner::stay_silent;
  store(6);
  BOOST_TEST(acts() == 4u);
  pass(1min);
  BOOST_TEST(acts() == 4u);
  BOOST_TEST(state() == "failed");
  BOOST_TEST(progress("j").failed.value_or(0) == 6);
}

BOOST_AUTO_TEST_CASE(stores_a_result_later_and_does_not_act_for_it_again) {
  how = manner::stay_silent;
  store(4);
  take_away(store_writer_name);
  release_checks();
  pass(3s);
  give_back(store_writer_name);
  pass(3s);
  BOOST_TEST(acts() == 4u);
  BOOST_TEST(state() == "done");
}

BOOST_AUTO_TEST_CASE(waits_for_its_user_after_a_crash_and_goes_on_when_he_says_so) {
  how = manner::stay_silent;
  store(6);
  BOOST_TEST(acts() == 4u);
  heard.clear();
  end(actor(), caf::exit_reason::kill);
  open_checks.clear();
  how = manner::answer;
  pass(1min);
  BOOST_TEST(state() == "interrupted");
  BOOST_TEST(acts() == 4u);
  BOOST_TEST(!actor());
  BOOST_TEST(log.count("job-interrupted") == 1u);
  BOOST_REQUIRE(!heard.empty());
  BOOST_TEST((heard.back() == job_status::interrupted));
  BOOST_TEST(resume(other).empty());
  BOOST_TEST(resume(admin).size() == 1u);
  run();
  BOOST_TEST(state() == "done");
  BOOST_TEST(acts() == 10u); // The four are done again, on his word.
}

BOOST_AUTO_TEST_CASE(leaves_room_for_others_while_it_waits_for_its_user) {
  settings->jobs.max_running = 1;
  end(jobs);
  jobs = start_as(jobs_name, jobs_region, job_services_ptr{services});
  how = manner::stay_silent;
  store(1);
  end(actor(), caf::exit_reason::kill);
  open_checks.clear();
  how = manner::answer;
  pass(10s);
  BOOST_TEST(state() == "interrupted");
  job_to_create second;
  second.job.id = "k";
  second.job.kind = acting;
  second.job.owner = second.job.user = "admin";
  second.job.slot = schedule::slot_of("k");
  second.job.plan = "1";
  second.job.expected = 1;
  tests::ok(ask<job_created>(jobs, second));
  BOOST_TEST(progress("k").state == "done");
}

BOOST_AUTO_TEST_CASE(can_be_cancelled_while_it_waits_for_its_user) {
  how = manner::stay_silent;
  store(1);
  end(actor(), caf::exit_reason::kill);
  open_checks.clear();
  pass(10s);
  BOOST_TEST(state() == "interrupted");
  auto reply = tests::ok(ask<tasks_cancelled>(jobs, admin, tasks_to_cancel{{"j"}}));
  BOOST_TEST(reply.cancelled.size() == 1u);
  BOOST_TEST(state() == "cancelled");
  BOOST_TEST(resume(admin).empty());
}

BOOST_AUTO_TEST_CASE(waits_for_its_user_when_another_node_takes_over) {
  how = manner::stay_silent;
  store(2);
  how = manner::answer;
  take_slot(2); // The epoch is new, so is the actor.
  BOOST_TEST(state() == "interrupted");
  BOOST_TEST(acts() == 2u);
  release_checks(); // What the old one hears then changes nothing.
  BOOST_TEST(state() == "interrupted");
  BOOST_TEST(progress("j").progress == 0);
}

BOOST_AUTO_TEST_CASE(ends_what_it_began_before_its_slot_is_handed_over) {
  how = manner::stay_silent;
  store(10);
  auto slot = schedule::slot_of("j");
  auto released = ask_later<done>(jobs, slots_to_release{{slot}, now->now_ms() + 4000});
  pass(1s);
  BOOST_TEST(!released.is_there());
  how = manner::answer;
  release_checks();
  pass(1s);
  BOOST_TEST(released.is_there());
  BOOST_TEST(acts() == 4u); // Nothing new began.
  BOOST_TEST(begun() == 0);
  take_slot(2);
  BOOST_TEST(state() == "done");
  BOOST_TEST(acts() == 10u);
  BOOST_TEST(each_acted_once());
}

BOOST_AUTO_TEST_CASE(is_cut_off_at_the_deadline_of_a_hand_over) {
  how = manner::stay_silent;
  store(1);
  auto slot = schedule::slot_of("j");
  auto released = ask_later<done>(jobs, slots_to_release{{slot}, now->now_ms() + 4000});
  pass(5s);
  BOOST_TEST(released.is_there());
  BOOST_TEST(!actor());
  take_slot(2);
  BOOST_TEST(state() == "interrupted");
}

BOOST_AUTO_TEST_CASE(acts_only_while_this_node_surely_holds_its_lease) {
  bool is_sure = false;
  sure = [&] { return is_sure; };
  store(2);
  pass(10s);
  BOOST_TEST(acts() == 0u);
  BOOST_TEST(begun() == 0);
  BOOST_TEST(state() == "running");
  is_sure = true;
  pass(1s);
  BOOST_TEST(acts() == 2u);
  BOOST_TEST(state() == "done");
}

BOOST_AUTO_TEST_CASE(does_not_act_when_the_lease_ran_out_while_it_noted_that_it_begins) {
  int looks = 0;
  sure = [&] { return ++looks == 1 || looks > 4; }; // At the first look, and later.
  store(1);
  BOOST_TEST(acts() == 0u);
  BOOST_TEST(begun() == 1);
  pass(20s);
  BOOST_TEST(acts() == 1u);
  BOOST_TEST(state() == "done");
}

BOOST_AUTO_TEST_CASE(waits_for_a_key_and_goes_on_with_it) {
  acting_runner::has_key = false;
  store(2);
  BOOST_TEST(state() == "waiting_for_key");
  BOOST_TEST(!actor());
  pass(10s);
  BOOST_TEST(acts() == 0u);
  BOOST_TEST(resume(admin).size() == 1u); // Too early.
  BOOST_TEST(state() == "waiting_for_key");
  acting_runner::has_key = true;
  BOOST_TEST(resume(admin).size() == 1u);
  BOOST_TEST(state() == "done");
  BOOST_TEST(acts() == 2u);
}

BOOST_AUTO_TEST_CASE(has_the_limits_of_its_kind_not_those_of_diagnoses) {
  settings->diag.deadline = settings->diag.unit_timeout = base::seconds(1);
  settings->jobs.unit_timeout = base::seconds(20);
  how = manner::stay_silent;
  store(1);
  pass(10s);
  BOOST_TEST(state() == "running");
  pass(15s);
  BOOST_TEST(state() == "failed"); // Asked once, not answered within its own time.
}

BOOST_AUTO_TEST_CASE(is_left_alone_by_a_node_that_does_not_know_it) {
  services->kinds = std::make_shared<job_kinds>();
  store(1);
  pass(10s);
  BOOST_TEST(state() == "pending");
  BOOST_TEST(acts() == 0u);
  BOOST_TEST(log.count("job-kind-unknown") == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
