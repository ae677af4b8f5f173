#include "runtime/core/task/run_machine.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

namespace run_machine_test {

using namespace aops;
using namespace aops::task;

namespace {

using how = host_state;

run_plan plan_of(size_t hosts, std::vector<planned_step> steps) {
  run_plan x;
  x.steps = std::move(steps);
  for (size_t i = 0; i < hosts; ++i)
    x.hosts.push_back({fmt::format("h{}", i), "", 0, {}});
  return x;
}

/// What it does next, as text; a batch is begun.
struct machine : run_machine {
  using run_machine::run_machine;
  std::string go() {
    auto what = next();
    if (auto* x = std::get_if<begin_batch>(&what)) {
      began(*x);
      return fmt::format("{}: {}", plan().steps[x->step].name, fmt::join(x->hosts, " "));
    }
    if (auto* x = std::get_if<end_step>(&what)) {
      step_ended(x->step);
      return fmt::format("{} {}", plan().steps[x->step].name, x->is_failed ? "failed" : "ok");
    }
    if (auto* x = std::get_if<need_approval>(&what))
      return "approve " + plan().steps[x->step].name;
    if (auto* x = std::get_if<need_decision>(&what))
      return fmt::format("decide {}: {}", plan().steps[x->step].name, fmt::join(x->hosts, " "));
    auto& end = std::get<end_run>(what);
    auto why = end.reason.empty() ? "" : ": " + end.reason;
    return (end.is_failed ? "failed" : "done") + why;
  }
  void all(size_t step, host_state x) {
    for (size_t i = 0; i < plan().hosts.size(); ++i)
      if (state(step, i) == how::running)
        ended(step, i, x);
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(run_machines)

BOOST_AUTO_TEST_CASE(all_hosts_do_one_step_after_the_other) {
  machine m{plan_of(3, {{"a"}, {"b"}})};
  BOOST_TEST(m.most_results() == 6);
  BOOST_TEST(m.go() == "a: 0 1 2");
  m.all(0, how::ok);
  BOOST_TEST(m.go() == "a ok");
  BOOST_TEST(m.go() == "b: 0 1 2");
  m.all(1, how::ok);
  BOOST_TEST(m.go() == "b ok");
  BOOST_TEST(m.go() == "done");
  BOOST_TEST(m.go() == "done");
}

BOOST_AUTO_TEST_CASE(one_failure_ends_a_run_whose_step_does_not_allow_it) {
  machine m{plan_of(2, {{"a"}, {"b"}})};
  m.go();
  m.ended(0, 0, how::ok);
  m.ended(0, 1, how::unreachable);
  BOOST_TEST(m.go() == "a failed");
  BOOST_TEST(m.go() == "failed: step a failed");
}

BOOST_AUTO_TEST_CASE(with_continue_the_others_go_on_and_who_failed_does_not) {
  machine m{plan_of(3, {{"a", true}, {"b", true}})};
  m.go();
  m.ended(0, 0, how::failed);
  m.ended(0, 1, how::ok);
  m.ended(0, 2, how::skipped); // Left out by the playbook: no failure.
  BOOST_TEST(m.go() == "a failed");
  BOOST_TEST(m.go() == "b: 1 2");
  m.all(1, how::ok);
  BOOST_TEST(m.go() == "b ok");
  BOOST_TEST(m.go() == "done: 1 of 3 hosts did not come through");
}

BOOST_AUTO_TEST_CASE(a_run_that_nobody_came_through_has_failed) {
  machine m{plan_of(2, {{"a", true}, {"b", true}})};
  m.go();
  m.all(0, how::failed);
  BOOST_TEST(m.go() == "a failed");
  BOOST_TEST(m.go() == "b ok"); // Nobody is left for it.
  BOOST_TEST(m.go() == "failed: no host came through");
}

BOOST_AUTO_TEST_CASE(batches_follow_their_sizes_and_the_last_counts_for_the_rest) {
  auto plan = plan_of(10, {{"a"}});
  plan.serial = {{1, 0}, {0, 30}};
  machine m{plan};
  for (const auto* batch : {"a: 0", "a: 1 2 3", "a: 4 5 6", "a: 7 8 9"}) {
    BOOST_TEST(m.go() == batch);
    m.all(0, how::ok);
  }
  BOOST_TEST(m.go() == "a ok");
}

BOOST_AUTO_TEST_CASE(a_share_is_one_host_at_least) {
  auto plan = plan_of(3, {{"a"}});
  plan.serial = {{0, 1}};
  machine m{plan};
  BOOST_TEST(m.go() == "a: 0");
}

BOOST_AUTO_TEST_CASE(the_canary_is_first_in_each_step_and_stops_the_others_when_it_fails) {
  auto plan = plan_of(5, {{"a"}, {"b"}});
  plan.canary = {3};
  plan.serial = {{2, 0}};
  machine m{plan};
  for (const auto* batch : {"a: 3", "a: 0 1", "a: 2 4"}) {
    BOOST_TEST(m.go() == batch);
    m.all(0, how::ok);
  }
  BOOST_TEST(m.go() == "a ok");
  BOOST_TEST(m.go() == "b: 3");
  m.all(1, how::failed);
  BOOST_TEST(m.go() == "b failed");
  BOOST_TEST(m.go() == "failed: step b failed");
}

BOOST_AUTO_TEST_CASE(a_share_of_failures_is_allowed_and_one_more_ends_the_run) {
  auto plan = plan_of(4, {{"a"}, {"b"}});
  plan.max_fail_percentage = 25;
  plan.serial = {{2, 0}};
  machine m{plan};
  m.go();
  m.ended(0, 0, how::failed);
  m.ended(0, 1, how::ok);
  BOOST_TEST(m.go() == "a: 2 3"); // A quarter.
  m.all(0, how::ok);
  BOOST_TEST(m.go() == "a ok");
  BOOST_TEST(m.go() == "b: 1 2");
  m.ended(1, 1, how::unreachable);
  m.ended(1, 2, how::ok);
  BOOST_TEST(m.go() == "b failed");
  BOOST_TEST(m.go() == "failed: 2 of 4 hosts failed, more than 25 %");
}

BOOST_AUTO_TEST_CASE(approval_is_for_one_batch) {
  auto plan = plan_of(2, {{"a"}, {"b"}});
  plan.serial = {{1, 0}};
  plan.approves_batches = true;
  machine m{plan};
  BOOST_TEST(m.go() == "a: 0"); // The first needs none.
  m.all(0, how::ok);
  BOOST_TEST(m.go() == "approve a");
  BOOST_TEST(m.go() == "approve a");
  m.approve(0, 1);
  BOOST_TEST(m.go() == "a: 1");
  m.all(0, how::ok);
  BOOST_TEST(m.go() == "a ok");
  BOOST_TEST(m.go() == "approve b");
  m.approve(1, 0);
  BOOST_TEST(m.go() == "b: 0");
}

BOOST_AUTO_TEST_CASE(a_step_that_needs_approval_waits_before_its_first_batch_only) {
  auto plan = plan_of(2, {{"a"}, {"b"}});
  plan.steps[0].needs_approval = true;
  plan.serial = {{1, 0}};
  machine m{plan};
  BOOST_TEST(m.go() == "approve a");
  m.approve(0, 0);
  BOOST_TEST(m.go() == "a: 0");
  m.all(0, how::ok);
  BOOST_TEST(m.go() == "a: 1");
}

BOOST_AUTO_TEST_CASE(a_batch_that_never_started_is_that_batch_still) {
  auto plan = plan_of(6, {{"a"}});
  plan.canary = {5};
  plan.serial = {{1, 0}, {3, 0}};
  plan.approves_batches = true;
  machine m{plan};
  auto go_approved = [&](int64_t batch) {
    BOOST_TEST(m.go() == "approve a");
    m.approve(0, batch);
    return m.go();
  };
  m.go();
  m.all(0, how::pending);
  BOOST_TEST(m.go() == "a: 5"); // The canary, and nobody need approve it now.
  m.all(0, how::ok);
  BOOST_TEST(go_approved(1) == "a: 0");
  m.all(0, how::pending);
  BOOST_TEST(m.go() == "a: 0"); // It is approved.
  m.all(0, how::ok);
  BOOST_TEST(go_approved(2) == "a: 1 2 3");
  m.ended(0, 1, how::ok);
  m.all(0, how::pending); // Cut off.
  BOOST_TEST(m.go() == "a: 2 3");
  m.all(0, how::ok);
  BOOST_TEST(go_approved(3) == "a: 4");
}

BOOST_AUTO_TEST_CASE(what_was_under_way_is_done_again_only_where_that_does_no_harm) {
  auto plan = plan_of(3, {{"a", false, true}, {"b"}});
  machine m{plan};
  m.restore_step(0, false);
  BOOST_TEST((m.restore_host(0, 0, how::ok) == how::ok));
  BOOST_TEST((m.restore_host(0, 1, how::running) == how::pending));
  BOOST_TEST((m.restore_host(0, 2, how::running) == how::pending));
  BOOST_TEST(m.go() == "a: 1 2"); // Not 0: it has ended.
  m.all(0, how::ok);
  BOOST_TEST(m.go() == "a ok");

  machine n{plan};
  n.restore_step(0, true);
  for (size_t i = 0; i < 3; ++i)
    n.restore_host(0, i, how::ok);
  n.restore_step(1, false);
  n.restore_host(1, 0, how::ok);
  BOOST_TEST((n.restore_host(1, 1, how::running) == how::interrupted));
  BOOST_TEST(n.go() == "decide b: 1");
  n.restore_host(1, 1, how::pending); // Again.
  BOOST_TEST(n.go() == "b: 1 2");
}

BOOST_AUTO_TEST_CASE(who_was_left_out_takes_part_in_nothing_and_is_no_failure) {
  machine m{plan_of(2, {{"a"}, {"b"}})};
  m.restore_step(0, false);
  m.restore_host(0, 0, how::left_out);
  m.restore_host(0, 1, how::ok);
  BOOST_TEST(m.go() == "a ok");
  BOOST_TEST(m.go() == "b: 1");
  m.all(1, how::ok);
  BOOST_TEST(m.go() == "b ok");
  BOOST_TEST(m.go() == "done: 1 of 2 hosts did not come through");
}

BOOST_AUTO_TEST_CASE(a_run_that_failed_names_the_last_step_in_which_a_host_failed) {
  machine m{plan_of(2, {{"a", true}, {"b"}})};
  m.go();
  m.ended(0, 0, how::failed);
  m.ended(0, 1, how::ok);
  m.go();
  m.go();
  m.ended(1, 1, how::failed);
  m.go();
  auto what = m.next();
  BOOST_TEST(*std::get<run_machine::end_run>(what).step == 1u);
}

BOOST_AUTO_TEST_CASE(a_host_of_a_retry_begins_where_it_stopped) {
  auto plan = plan_of(2, {{"a"}, {"b"}});
  plan.hosts[1].first_step = 1;
  machine m{plan};
  BOOST_TEST(m.most_results() == 3);
  BOOST_TEST(m.go() == "a: 0");
  m.all(0, how::ok);
  BOOST_TEST(m.go() == "a ok");
  BOOST_TEST(m.go() == "b: 0 1");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace run_machine_test
