#include "actors/support/prepare.hpp"
#include "actors/task/run_job.hpp"
#include "actors/task/run_keys.hpp"
#include "messages/cluster.hpp"
#include "messages/names.hpp"
#include "messages/roles/cluster.hpp"
#include "runtime/base/digest.hpp"
#include "tests/actors/task/run_fixture.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

struct keys_fixture : tests::run_fixture {
  keys_fixture() { other.session = "s2"; }
  ~keys_fixture() { end_all(); }

  bool has_key(const std::string& run) {
    auto key = ask<opened_vault>(of<full_run_keys_actor>(run_keys_name), key_of_run{run});
    if (!key)
      BOOST_TEST((key.error() == ec::vault_key), to_string(key.error()));
    return key.has_value();
  }

  runs_acted_on resume_as(const caller& who, const std::string& run) {
    runs_to_resume x;
    x.execution_list = {run};
    return tests::ok(ask<runs_acted_on>(intake, who, x));
  }

  /// As a schedule does, whose user is not there.
  std::string run_by_schedule(const std::string& task) {
    auto who = admin;
    admin.session.clear();
    admin.repeatable = {"schedule:s/1", "digest"};
    auto run = run_task(task);
    admin = who;
    return run;
  }

  /// Of the runs whose keys were brought to their owner, those that still have one.
  std::set<std::string> kept;
  void watch_keys() {
    start_as(run_keys_name, [this](run_keys_actor::pointer self) -> run_keys_actor::behavior_type {
      prepare(self, "canned keys");
      return {[this](const run_key& x) {
                kept.insert(x.run);
                return done{};
              },
              [this](const run_key_to_wipe& x) { kept.erase(x.run); },
              [](atom::ping) {}};
    });
  }
};

/// This node's router, as far as the vault of node `n2` is concerned, which has the key of one
/// session, and the owner of runs, which is this node.
router_actor::behavior_type router_to_lender(router_actor::pointer self,
                                             const std::string& session,
                                             const full_run_keys_actor& keys) {
  return {
    [self, session, keys](const parcel& x) -> caf::result<parcel> {
      parcel back;
      if (x.to == run_keys_name && x.body.match_elements<run_key>()) {
        auto promise = self->make_response_promise<parcel>();
        self->request(keys, 1s, x.body.get_as<run_key>(0))
          .then(
            [promise, back](const done& answer) mutable {
              back.body = caf::make_message(answer);
              promise.deliver(std::move(back));
            },
            [promise](caf::error& e) mutable { promise.deliver(std::move(e)); });
        return promise;
      }
      if (x.node != "n2" || x.to != vault_name || !x.body.match_elements<session_key_to_lend>())
        return refuse(ec::unreachable, "no link");
      if (x.body.get_as<session_key_to_lend>(0).session != session)
        return refuse(ec::vault_key);
      back.body =
        caf::make_message(session_key_lent{sealed_text{std::string(vault::data_key_bytes, 'k')}});
      return back;
    },
    [](const map_changed&) {},
    [](atom::tick) {},
    [](atom::ping) {},
  };
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(keys_of_runs, keys_fixture)

BOOST_AUTO_TEST_CASE(go_with_runs_of_their_owner_only) {
  auto run = run_task(make_task());
  crash(run);
  BOOST_TEST(state(run) == "waiting_for_key");
  unlocked.insert("s2");
  BOOST_TEST(resume_as(other, run).ignored.at(0).reason == "there is no such run");
  BOOST_TEST(!has_key(run));
  resume_as(other, "018e4c0a7b1f");
  BOOST_TEST(!has_key("018e4c0a7b1f"));
  resume_as(admin, run);
  BOOST_TEST(has_key(run));
}

BOOST_AUTO_TEST_CASE(are_not_brought_to_runs_that_have_ended) {
  auto run = run_task(make_task());
  end_as(play(), "h1 failed,h2 ok,h3 ok");
  BOOST_TEST(state(run) == "failed");
  BOOST_TEST(!has_key(run));
  resume_as(admin, run);
  BOOST_TEST(!has_key(run));
}

BOOST_AUTO_TEST_CASE(are_wiped_when_runs_end_that_nobody_is_at_work_on) {
  auto run = run_task(make_task());
  act<runs_to_pause>(run);
  end_well(play());
  BOOST_TEST(state(run) == "paused");
  pass(3min);
  BOOST_TEST(has_key(run));
  act<runs_to_stop>(run);
  BOOST_TEST(state(run) == "cancelled");
  pass(2min);
  BOOST_TEST(!has_key(run));
}

BOOST_AUTO_TEST_CASE(are_wiped_when_another_node_owns_the_run) {
  auto run = run_task(make_task());
  act<runs_to_pause>(run);
  end_well(play());
  auto slot = schedule::slot_of(run);
  auto epoch = slots->fence_of(run).epoch;
  slots->set(slot, 0);
  pass(3min);
  slots->set(slot, epoch);
  BOOST_TEST(!has_key(run));
}

BOOST_AUTO_TEST_CASE(do_not_stay_behind_when_no_run_came_of_a_request) {
  watch_keys();
  BOOST_TEST((execute("no").error() == ec::bad_request));
  BOOST_TEST(kept.empty());
  auto task = make_task();
  admin.repeatable = {"r", "digest"};
  auto first = run_task(task);
  BOOST_TEST(run_task(task) == first);
  BOOST_TEST(kept == std::set<std::string>{first}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(are_asked_for_before_a_run_holds_its_hosts) {
  auto waiting = run_by_schedule(make_task({}, {"h1"}));
  BOOST_TEST(state(waiting) == "waiting_for_key");
  BOOST_TEST(count("select count(*) from run_lock") == 0);
  auto run = run_task(make_task({}, {"h1"}));
  BOOST_TEST(state(run) == "running");
}

BOOST_AUTO_TEST_CASE(that_open_nothing_are_not_asked_for_again) {
  opens_nothing.insert(admin.session);
  auto refused = execute(make_task());
  BOOST_TEST(tests::failure_of(refused) == ec::bad_request);
  BOOST_TEST(refused.error().detail == "task_list: no host has credentials");
}

BOOST_AUTO_TEST_CASE(are_lent_by_the_node_that_has_the_key_of_the_session) {
  auto accounts = of<account_actor>(account_store_name);
  auto in =
    tests::ok(ask<logged_in>(accounts, log_in{"admin", {"changeme"}}, std::string{"192.0.2.7"}));
  admin = tests::ok(ask<caller>(accounts, authenticate{base::sha256_hex(in.access_token)}));
  unlocked_elsewhere.insert(admin.session);
  auto task = make_task();
  BOOST_TEST((execute(task).error() == ec::vault_key)); // No node is noted.
  tests::ok(db().run("update session set vault_node = 'n2' where token_hash = ?", admin.session));
  BOOST_TEST((execute(task).error() == ec::vault_key)); // Nobody answers.
  start_as(router_name, router_to_lender, admin.session, of<full_run_keys_actor>(run_keys_name));
  auto run = run_task(task);
  BOOST_TEST(state(run) == "running");
  BOOST_TEST(has_key(run));
  BOOST_TEST(play().hosts() == "h1 h2 h3"); // It opens their credentials.
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
