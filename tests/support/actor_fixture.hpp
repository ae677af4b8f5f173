#pragma once

#include "actors/support/call.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/log.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace aops {
using namespace std::chrono_literals; // For the tests of all modules: `pass(15s)`.
}

namespace aops::tests {

class actor_fixture;

/// The answer to a request that needs time to pass first.
template <class Reply>
class later_answer {
public:
  bool is_there() const;
  expected<Reply> get(); ///< Once. ec::timed_out while it is not there.

private:
  friend actor_fixture;
  later_answer(actor_fixture& fixture, std::shared_ptr<caf::scoped_actor> asker)
      : fixture_(fixture), asker_(std::move(asker)) {}
  actor_fixture& fixture_;
  std::shared_ptr<caf::scoped_actor> asker_;
};

/// Actors on one thread with a clock that is turned by hand.
///
///     BOOST_FIXTURE_TEST_CASE(a_host_that_misses_three_rounds_is_offline, tests::actor_fixture) {
///       auto host = start(actors::host, config, start(silent_scraper));
///       pass(45s);
///       BOOST_TEST(ask<host_status>(host, get_status{})->state == "offline");
///     }
///
/// At its end all actors must end when asked to; those left over fail the test. The log is kept in
/// `log` and printed when the test fails. Detached actors do not run here: give them an
/// `inline_executor` instead.
class actor_fixture {
public:
  actor_fixture();
  ~actor_fixture();
  actor_fixture(const actor_fixture&) = delete;
  actor_fixture& operator=(const actor_fixture&) = delete;

  log::capture log;
  base::turned_time time; ///< Turned by `pass`, together with the actors' own clock.
  base::clock clock{time};

private:
  struct config : caf::actor_system_config {
    config();
  };
  config config_;

public:
  caf::actor_system system{config_};

  /// Spawns an actor and lets it settle.
  template <class F, class... Args>
  auto start(F fun, Args&&... args) {
    auto handle = system.spawn(std::move(fun), std::forward<Args>(args)...);
    keep(caf::actor_cast<caf::strong_actor_ptr>(handle));
    run();
    return handle;
  }

  /// Handles messages until none is left. No time passes.
  void run();

  /// Lets time pass: everything due meanwhile happens at its time and in its order.
  void pass(std::chrono::nanoseconds duration);

  /// The answer that comes without time passing; ec::timed_out when none does.
  template <class Reply, class Handle, class... Args>
  expected<Reply> ask(const Handle& target, Args&&... args) {
    return ask_later<Reply>(target, std::forward<Args>(args)...).get();
  }

  /// Asks and handles messages; no time passes.
  template <class Reply, class Handle, class... Args>
  later_answer<Reply> ask_later(const Handle& target, Args&&... args) {
    static_assert(is_answer_of<Reply, Handle, Args...>(), "the interface has no such request");
    auto pointer = caf::actor_cast<caf::strong_actor_ptr>(target);
    return {*this, request(pointer, caf::make_message(std::forward<Args>(args)...))};
  }

  /// Sends a message from nobody and handles messages.
  template <class Handle, class... Args>
  void tell(const Handle& target, Args&&... args) {
    caf::anon_send(target, std::forward<Args>(args)...);
    run();
  }

  /// Asks an actor to end and handles messages; no time passes.
  template <class Handle>
  void end(const Handle& target, caf::exit_reason reason = caf::exit_reason::user_shutdown) {
    caf::anon_send_exit(target, reason);
    run();
  }

  template <class Handle>
  bool is_alive(const Handle& target) const {
    return is_alive_pointer(caf::actor_cast<caf::strong_actor_ptr>(target));
  }

  /// How many actors live; askers do not count.
  size_t alive();

  /// Ends all started actors, as the fixture does at last. For tests and derived fixtures (in their
  /// destructor) with variables that actors use until their end.
  void end_all();

private:
  template <class>
  friend class later_answer;

  std::shared_ptr<caf::scoped_actor> request(const caf::strong_actor_ptr& target, caf::message x);
  static bool has_answer(caf::scoped_actor& asker);
  static expected<caf::message> take_answer(caf::scoped_actor& asker);
  void keep(caf::strong_actor_ptr x) { started_.push_back(std::move(x)); }
  static bool is_alive_pointer(const caf::strong_actor_ptr& x);
  void let_end(); ///< Time passes until no actor lives, nothing is due, or an hour has gone.
  void turn_to(std::chrono::nanoseconds since_start);

  std::vector<caf::strong_actor_ptr> started_;
};

template <class Reply>
bool later_answer<Reply>::is_there() const {
  return actor_fixture::has_answer(*asker_);
}

template <class Reply>
expected<Reply> later_answer<Reply>::get() {
  return value_of<Reply>(actor_fixture::take_answer(*asker_));
}

} // namespace aops::tests
