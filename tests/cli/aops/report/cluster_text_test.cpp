#include "cli/aops/report/cluster_text.hpp"
#include "tests/cli/aops/support/sample_cluster.hpp"

#include <boost/test/unit_test.hpp>

namespace cluster_text_test {

using namespace aops::cli;
using tests::node_a;
using tests::node_b;
using tests::two_nodes;

BOOST_AUTO_TEST_SUITE(cli_cluster_text)

BOOST_AUTO_TEST_CASE(ids_are_cut_where_they_still_differ) {
  BOOST_TEST(short_ids({node_a, node_b}) == (std::vector<std::string>{"018e4c0a", "018e4c0b"}),
             boost::test_tools::per_element());
  BOOST_TEST(short_ids({"0123456789a", "0123456789b"}) ==
               (std::vector<std::string>{"0123456789a", "0123456789b"}),
             boost::test_tools::per_element());
  BOOST_TEST(short_ids({"a", "a"}).size() == 2u);
}

BOOST_AUTO_TEST_CASE(slots_become_ranges) {
  BOOST_TEST(ranges_text({}) == "");
  BOOST_TEST(ranges_text({7}) == "7");
  BOOST_TEST(ranges_text({0, 1, 2, 90, 100, 101}) == "0-2, 90, 100-101");
}

BOOST_AUTO_TEST_CASE(states_are_coloured_on_a_terminal_and_the_table_stays_even) {
  auto plain = draw_nodes(two_nodes(), false, {false});
  auto painted = draw_nodes(two_nodes(), false, {true});
  BOOST_TEST(painted.find("\x1b[32malive  \x1b[0m") != std::string::npos);
  BOOST_TEST(painted.find("\x1b[33msuspect\x1b[0m") != std::string::npos);
  for (size_t at; (at = painted.find('\x1b')) != std::string::npos;)
    painted.erase(at, painted.find('m', at) - at + 1);
  BOOST_TEST(painted == plain);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cluster_text_test
