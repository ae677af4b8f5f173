#include "messages/caf_error.hpp"
#include "tests/support/actor_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>

namespace aops {

BOOST_AUTO_TEST_SUITE(caf_error)

BOOST_AUTO_TEST_CASE(every_error_crosses_the_border_and_comes_back_unchanged) {
  for (auto code = 0; code <= static_cast<int>(ec::internal); ++code) {
    error ours{static_cast<ec>(code), "field host_id"};
    auto theirs = to_caf(ours);
    BOOST_TEST(static_cast<bool>(theirs)); // Also the first code is an error to CAF.
    BOOST_TEST((from_caf(theirs) == ours));
  }
}

BOOST_AUTO_TEST_CASE(errors_of_the_transport_become_ours_and_keep_their_name) {
  auto code = [](const caf::error& e) { return to_string(from_caf(e)); };
  BOOST_TEST(code(caf::sec::request_timeout) == "timed_out: request_timeout");
  BOOST_TEST(code(caf::sec::request_receiver_down) == "unreachable: request_receiver_down");
  BOOST_TEST(code(caf::sec::connection_timeout) == "unreachable: connection_timeout");
  BOOST_TEST(code(caf::sec::unavailable_or_would_block) ==
             "overloaded: unavailable_or_would_block");
  BOOST_TEST(code(caf::sec::unexpected_message) == "internal: unexpected_message");
  BOOST_TEST(code(caf::make_error(caf::sec::end_of_stream, std::string{"x"})) ==
             "corrupt: end_of_stream: x");
  BOOST_TEST(code(caf::exit_reason::remote_link_unreachable) ==
             "unreachable: remote_link_unreachable");
  BOOST_TEST(code(caf::error{}) == "internal: no error");
}

BOOST_AUTO_TEST_CASE(an_unknown_code_of_our_category_is_internal) {
  // An error from the wire is loaded unchecked.
  caf::error strange{200, error_category, caf::make_message(std::string{"x"})};
  BOOST_TEST((from_caf(strange) == ec::internal));
}

BOOST_AUTO_TEST_CASE(a_crash_is_known_as_such_and_internal_to_requesters) {
  auto e = crash("out of range");
  BOOST_TEST(is_crash(e));
  BOOST_TEST(!is_crash(to_caf({ec::internal, "x"})));
  BOOST_TEST(to_string(from_caf(e)) == "internal: exception: out of range");
}

BOOST_FIXTURE_TEST_CASE(a_handler_answers_with_an_expected, tests::actor_fixture) {
  auto actor = start([]() -> caf::behavior {
    return {
      [](int x) -> caf::result<int> {
        return to_result<int>(x > 0 ? expected<int>{x} : fail(ec::bad_request, "x"));
      },
      [](bool ok) -> caf::result<void> {
        return to_result<void>(ok ? expected<void>{} : fail(ec::conflict, "y"));
      },
      [](double) -> caf::result<int> { return refuse(ec::not_found, "z"); },
    };
  });
  BOOST_TEST(*ask<int>(actor, 3) == 3);
  BOOST_TEST((ask<int>(actor, -3).error() == error{ec::bad_request, "x"}));
  BOOST_TEST(ask<void>(actor, true).has_value());
  BOOST_TEST((ask<void>(actor, false).error() == error{ec::conflict, "y"}));
  BOOST_TEST((ask<int>(actor, 1.0).error() == error{ec::not_found, "z"}));
}

BOOST_FIXTURE_TEST_CASE(the_system_renders_our_errors, tests::actor_fixture) {
  BOOST_TEST(system.render(to_caf({ec::not_found, "host 1"})) == "not_found: host 1");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops
