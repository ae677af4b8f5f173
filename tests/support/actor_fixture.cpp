#include "tests/support/actor_fixture.hpp"

#include "actors/support/message_types.hpp"

#include <boost/test/results_collector.hpp>
#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <iostream>

namespace aops::tests {

namespace {

constexpr size_t job_limit = 10'000'000; ///< More is an endless exchange of messages.
constexpr auto an_hour = std::chrono::hours{1};

caf::scheduler::test_coordinator& scheduler_of(caf::actor_system& system) {
  return static_cast<caf::scheduler::test_coordinator&>(system.scheduler());
}

bool test_failed() {
  namespace framework = boost::unit_test::framework;
  auto id = framework::current_test_case_id();
  return !boost::unit_test::results_collector.results(id).passed();
}

} // namespace

actor_fixture::config::config() {
  set("scheduler.policy", caf::atom("testing"));
  actors::add_message_types(*this);
}

actor_fixture::actor_fixture() = default;

actor_fixture::~actor_fixture() {
  end_all();
  if (auto left = alive(); left > 0) {
    BOOST_ERROR(left << " actors are left over");
    system.await_actors_before_shutdown(false);
  }
  scheduler_of(system).clock().cancel_all();
  if (test_failed())
    std::cerr << log.text();
}

void actor_fixture::end_all() {
  for (auto i = started_.rbegin(); i != started_.rend(); ++i)
    caf::anon_send_exit(*i, caf::exit_reason::user_shutdown);
  let_end();
  started_.clear();
  run();
}

void actor_fixture::run() {
  if (scheduler_of(system).run(job_limit) == job_limit)
    BOOST_ERROR("actors exchange messages without end");
}

void actor_fixture::pass(std::chrono::nanoseconds duration) {
  auto& turned = scheduler_of(system).clock();
  auto end = turned.now() + duration;
  run();
  // One event at a time: what happens at one moment may schedule something before the next.
  while (turned.has_pending_timeout() && turned.schedule().begin()->first <= end) {
    turn_to(turned.schedule().begin()->first.time_since_epoch());
    turned.trigger_timeout();
    run();
  }
  turn_to(end.time_since_epoch());
}

/// CAF's test clock starts at zero.
void actor_fixture::turn_to(std::chrono::nanoseconds since_start) {
  auto& turned = scheduler_of(system).clock();
  auto ms = [](std::chrono::nanoseconds x) { return x / std::chrono::milliseconds{1}; };
  auto before = ms(turned.now().time_since_epoch());
  if (since_start > turned.now().time_since_epoch())
    turned.current_time = caf::actor_clock::time_point{since_start};
  time.pass(ms(turned.now().time_since_epoch()) - before);
}

void actor_fixture::let_end() {
  auto& turned = scheduler_of(system).clock();
  auto end = turned.now() + an_hour;
  run();
  while (alive() > 0 && turned.has_pending_timeout() && turned.schedule().begin()->first <= end) {
    turned.trigger_timeout();
    run();
  }
}

size_t actor_fixture::alive() { return system.registry().running(); }

bool actor_fixture::is_alive_pointer(const caf::strong_actor_ptr& x) {
  return x && !x->get()->getf(caf::abstract_actor::is_terminated_flag);
}

std::shared_ptr<caf::scoped_actor> actor_fixture::request(const caf::strong_actor_ptr& target,
                                                          caf::message x) {
  BOOST_REQUIRE(target);
  auto asker = std::make_shared<caf::scoped_actor>(system, true); // Hidden: not counted.
  auto self = asker->ptr();
  target->enqueue(self->ctrl(),
                  self->new_request_id(caf::message_priority::normal),
                  std::move(x),
                  self->context());
  run();
  return asker;
}

bool actor_fixture::has_answer(caf::scoped_actor& asker) { return asker->has_next_message(); }

expected<caf::message> actor_fixture::take_answer(caf::scoped_actor& asker) {
  if (!has_answer(asker))
    return fail(ec::timed_out, "no answer while no time passed");
  auto answer = asker->dequeue()->move_content_to_message();
  if (answer.match_elements<caf::error>())
    return fail(from_caf(answer.get_as<caf::error>(0)));
  return answer;
}

} // namespace aops::tests
