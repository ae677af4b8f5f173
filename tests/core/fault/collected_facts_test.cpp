#include "runtime/core/fault/collected_facts.hpp"

#include <boost/test/unit_test.hpp>

namespace collected_facts_test {

using namespace aops::fault;

namespace {

host_facts seen() {
  host_facts x;
  x.core_count = 2;
  x.disks = {"dm-0", "sda"};
  return x;
}

host_facts with(std::string_view infos) {
  auto x = seen();
  take_collected(infos, x);
  return x;
}

} // namespace

BOOST_AUTO_TEST_SUITE(collected_facts)

BOOST_AUTO_TEST_CASE(go_before_what_series_show) {
  auto x = with(R"({"cpu": {"core_count": 4},
                    "disk": {"count": 3, "info": [{"name": "vdb"}, {"name": "vda"}, {"name": "vdb"}]}})");
  BOOST_TEST(x.core_count.value_or(0) == 4u);
  BOOST_TEST(x.disks == (std::vector<std::string>{"vda", "vdb"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(that_are_not_known_leave_what_series_show) {
  for (auto infos :
       {"",
        "{}",
        "[]",
        "7",
        "{",
        R"({"cpu": {"core_count": 0}, "disk": {"info": []}})",
        R"({"cpu": {"core_count": "4"}, "disk": {"info": [{"model": "x"}, {"name": ""}, 7]}})",
        R"({"cpu": {"core_count": 4000000000}, "disk": [{"name": "sda"}]})",
        R"({"cpu": 4, "disk": {"info": {"name": "x"}}})"})
    BOOST_TEST((with(infos) == seen()), infos);
}

BOOST_AUTO_TEST_CASE(may_tell_one_part_only) {
  auto x =
    with(R"({"disk": {"info": [{"name": "nvme0n1"}]}, "failed": {"cpu": "lscpu is missing"}})");
  BOOST_TEST(x.core_count.value_or(0) == 2u);
  BOOST_TEST(x.disks == (std::vector<std::string>{"nvme0n1"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace collected_facts_test
