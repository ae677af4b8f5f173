#include "actors/support/checked_state.hpp"
#include "actors/support/prepare.hpp"
#include "messages/caf_error.hpp"
#include "messages/interfaces.hpp"
#include "tests/support/actor_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>

#include <iostream>
#include <sstream>

namespace aops::actors {

namespace {

struct parrot_state {
  explicit parrot_state() = default;
  static inline const char* name = "parrot";
};

/// Repeats numbers; throws on a negative one.
caf::behavior parrot(caf::stateful_actor<checked_state<parrot_state>>* self) {
  prepare(self);
  return {[](int x) {
    if (x < 0)
      throw std::runtime_error("negative");
    return x;
  }};
}

struct aggregate {
  bool first = false;
};

template <class S>
concept is_checked_state = requires {
  typename checked_state<S>;
};

static_assert(is_checked_state<parrot_state>);
static_assert(!is_checked_state<aggregate>);

/// What reaches standard output while it lives.
class output_capture {
public:
  output_capture() : former_(std::cout.rdbuf(text_.rdbuf())) {}
  ~output_capture() { std::cout.rdbuf(former_); }
  std::string text() const { return text_.str(); }

private:
  std::ostringstream text_;
  std::streambuf* former_;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(prepared_actors, tests::actor_fixture)

BOOST_AUTO_TEST_CASE(an_exception_ends_the_actor_alone_and_is_logged_once) {
  output_capture output;
  auto bad = start(parrot);
  auto good = start(parrot);
  auto answer = ask<int>(bad, -1);
  BOOST_REQUIRE(!answer);
  BOOST_TEST((answer.error() == error{ec::internal, "exception: negative"}));
  BOOST_TEST(!is_alive(bad));
  BOOST_TEST(*ask<int>(good, 1) == 1);
  BOOST_TEST(log.lines().size() == 1u);
  BOOST_TEST(log.text() == "actor-crashed parrot ends by an exception: negative\n");
  BOOST_TEST(output.text() == "");
  BOOST_TEST((ask<int>(bad, 1).error() == ec::unreachable));
}

BOOST_AUTO_TEST_CASE(an_exception_of_any_type_is_caught_also_in_the_initialiser) {
  auto bad = start([](caf::event_based_actor* self) -> caf::behavior {
    prepare(self, "host/7");
    throw 7;
  });
  BOOST_TEST(!is_alive(bad));
  BOOST_TEST(log.text() ==
             "actor-crashed host/7 ends by an exception: not derived from std::exception\n");
}

BOOST_AUTO_TEST_CASE(an_unknown_message_is_refused_without_showing_what_it_says) {
  output_capture output;
  auto actor = start(parrot);
  auto answer = ask<int>(actor, std::string{"secret"}, atom::tick_v);
  BOOST_TEST((answer.error() == ec::internal));
  BOOST_TEST(log.count("unexpected-message") == 1u);
  BOOST_TEST(log.text().find("(@str, tick)") != std::string::npos, log.text());
  BOOST_TEST(log.text().find("secret") == std::string::npos);
  BOOST_TEST(output.text() == "");
  BOOST_TEST(is_alive(actor));
}

BOOST_AUTO_TEST_CASE(an_error_nobody_handles_is_logged_and_the_actor_goes_on) {
  auto silent = start([]() -> caf::behavior {
    return {[](int) -> caf::result<int> { return refuse(ec::timed_out, "x"); }};
  });
  auto asker = start([silent](caf::event_based_actor* self) -> caf::behavior {
    prepare(self, "asker");
    return {[self, silent](atom::tick) {
      self->request(silent, std::chrono::seconds{1}, 1).then([](int) {});
    }};
  });
  tell(asker, atom::tick_v);
  BOOST_TEST(log.text() == "unhandled-error asker ignores an error: timed_out: x\n");
  BOOST_TEST(is_alive(asker));
}

BOOST_AUTO_TEST_CASE(only_an_abnormal_exit_ends_it) {
  auto actor = start(parrot);
  end(actor, caf::exit_reason::normal);
  BOOST_TEST(is_alive(actor));
  end(actor, caf::exit_reason::user_shutdown);
  BOOST_TEST(!is_alive(actor));
}

BOOST_AUTO_TEST_CASE(the_end_of_another_actor_nobody_expected_is_logged) {
  auto other = start(parrot);
  auto actor = start([other](caf::event_based_actor* self) -> caf::behavior {
    prepare(self, "watcher");
    self->monitor(other);
    return {[](int) {}};
  });
  end(other);
  BOOST_TEST(log.count("unhandled-down") == 1u);
  BOOST_TEST(is_alive(actor));
}

BOOST_AUTO_TEST_CASE(every_actor_shows_its_row_of_the_tree) {
  auto actor = start(parrot);
  auto row = ask<tree_status>(actor, get_tree{});
  BOOST_REQUIRE(row);
  BOOST_TEST(row->name == "parrot");
  BOOST_TEST(row->state == "running");
  BOOST_TEST(*row->mailbox == 0);
  BOOST_TEST(row->children.empty());
  BOOST_TEST(log.lines().empty());
}

BOOST_AUTO_TEST_CASE(a_typed_actor_shows_its_row_too) {
  auto actor = start([](ready_actor::pointer self) -> ready_actor::behavior_type {
    prepare(self, "typed");
    return {[](atom::ping) {}};
  });
  auto row = ask<tree_status>(caf::actor_cast<caf::actor>(actor), get_tree{});
  BOOST_REQUIRE(row);
  BOOST_TEST(row->name == "typed");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
