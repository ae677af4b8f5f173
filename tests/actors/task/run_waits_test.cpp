#include "actors/jobs/jobs_region.hpp"
#include "actors/support/prepare.hpp"
#include "actors/task/run_book.hpp"
#include "actors/task/run_job.hpp"
#include "messages/names.hpp"
#include "tests/actors/task/run_fixture.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

/// What runs ask their book, seen on its way; looks at where they stand are answered when the test
/// says so.
struct waits_fixture : tests::run_fixture {
  waits_fixture() {
    auto real = of<run_book_actor>(run_book_name);
    start_as(run_book_name,
             [this, real](run_book_actor::pointer self) { return book(self, real); });
  }
  ~waits_fixture() { end_all(); }

  bool holds_glances = false;
  std::vector<std::function<void()>> glances; ///< Answers that are held.
  int takes = 0;                              ///< Of hosts: what is written.
  int looks = 0;                              ///< At hosts.

  void release() {
    holds_glances = false;
    tell(of<run_book_actor>(run_book_name), atom::ping_v);
  }

private:
  run_book_actor::behavior_type book(run_book_actor::pointer self, const run_book_actor& real) {
    prepare(self, "canned book");
    return {
      [self, real](const run_to_load& x) { return self->delegate(real, x); },
      [self, real](const storage::run_change& x) { return self->delegate(real, x); },
      [this, self, real](const hosts_to_look_at& x) {
        ++looks;
        return self->delegate(real, x);
      },
      [this, self, real](const hosts_to_take& x) {
        ++takes;
        return self->delegate(real, x);
      },
      [this, self, real](const run_to_glance_at& x) -> caf::result<storage::run_after> {
        auto promise = self->make_response_promise<storage::run_after>();
        self->request(real, 10s, x)
          .then(
            [this, promise](const storage::run_after& after) mutable {
              auto answer = [promise, after]() mutable { promise.deliver(after); };
              holds_glances ? glances.push_back(answer) : answer();
            },
            [promise](caf::error& e) mutable { promise.deliver(std::move(e)); });
        return promise;
      },
      [self, real](const play_to_start& x) { return self->delegate(real, x); },
      [this](atom::ping) {
        for (auto& answer : std::exchange(glances, {}))
          answer();
      },
    };
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(runs_that_wait, waits_fixture)

BOOST_AUTO_TEST_CASE(for_hosts_write_nothing_and_look_less_often_after_a_while) {
  run_task(make_task({}, {"h1"}));
  auto second = run_task(make_task({}, {"h1"}));
  BOOST_TEST(takes == 1);
  pass(10min);
  BOOST_TEST(takes == 1);
  BOOST_TEST(looks > 100);
  BOOST_TEST(looks < 150);
  end_as(play(), "h1 failed");
  pass(6s);
  BOOST_TEST(takes == 2);
  BOOST_TEST(state(second) == "running");
}

BOOST_AUTO_TEST_CASE(for_hosts_take_no_place_of_others) {
  settings->jobs.max_running = 1;
  end(of<jobs_actor>(jobs_name));
  start_as(jobs_name, jobs_region, job_services_ptr{services});
  run_task(make_task({}, {"h1"}));
  auto second = run_task(make_task({}, {"h1"}));
  BOOST_TEST(state(second) == "pending");
  auto third = run_task(make_task({}, {"h2"}));
  BOOST_TEST(state(third) == "running");
}

BOOST_AUTO_TEST_CASE(are_not_ended_by_an_answer_from_before_they_began) {
  run_task(make_task({}, {"h1"}));
  auto second = run_task(make_task({}, {"h1"}));
  holds_glances = true;
  pass(1500ms);
  BOOST_TEST(!glances.empty()); // They say that it waits.
  end_as(play(), "h1 failed");
  pass(2s);
  BOOST_TEST(plays() == 2u);
  release();
  BOOST_TEST(!player->plays.back()->is_gone);
  BOOST_TEST(state(second) == "running");
  end_well(play());
  end_well(play());
  BOOST_TEST(state(second) == "done");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
