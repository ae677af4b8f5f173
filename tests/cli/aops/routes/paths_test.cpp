#include "cli/aops/net/node_list.hpp"
#include "http/routes/routes.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

namespace paths_test {

using namespace aops;

namespace {

/// What the client posts to; `/data` is for services.
std::vector<http::route> posted() {
  http::node_port nobody =
    [](std::string_view, std::chrono::milliseconds, caf::message) -> expected<caf::message> {
    return fail(ec::unreachable);
  };
  auto all = http::public_routes(nobody);
  std::erase_if(all, [](const auto& r) { return r.verb != http::method::post; });
  return all;
}

} // namespace

BOOST_AUTO_TEST_SUITE(client_and_routes)

BOOST_AUTO_TEST_CASE(a_key_goes_to_the_routes_that_take_one_and_to_no_other) {
  // Neither more nor fewer: what comes with a key is asked again when the connection broke.
  std::set<std::string> keyed, offered;
  for (const auto& r : posted()) {
    if (cli::creates(r.path))
      keyed.insert(r.path);
    if (r.is_repeatable)
      offered.insert(r.path);
  }
  BOOST_TEST(!offered.empty());
  BOOST_TEST(keyed == offered, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_asked_again_without_a_key_changes_nothing) {
  size_t reading = 0;
  for (const auto& r : posted()) {
    reading += cli::only_reads(r.path);
    BOOST_TEST((!cli::only_reads(r.path) || !r.changes), r.path);
  }
  BOOST_TEST(reading > 10u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paths_test
