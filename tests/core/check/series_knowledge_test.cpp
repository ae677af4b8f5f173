#include "runtime/core/check/series_knowledge.hpp"

#include <boost/test/unit_test.hpp>

namespace series_knowledge_test {

using namespace aops;
using namespace aops::check;

namespace {

data_item named(std::string name, label_set label = {}) {
  data_item x;
  x.name = std::move(name);
  x.label = std::move(label);
  return x;
}

data_item matching(std::string name, std::map<std::string, std::string> match) {
  data_item x;
  x.name = std::move(name);
  x.match = std::move(match);
  return x;
}

series_catalogue linux_host() {
  series_catalogue all;
  all.add("node_load1", {});
  all.add("node_load15", {});
  all.add("node_cpu_seconds_total", {{"cpu", "0"}, {"mode", "idle"}});
  all.add("node_cpu_seconds_total", {{"cpu", "0"}, {"mode", "user"}});
  all.add_name("node_memory_MemTotal_bytes");
  return all;
}

std::string warning(const data_item& x) {
  return warning_of(x, linux_host().about(x), "no host has");
}

} // namespace

BOOST_AUTO_TEST_SUITE(what_is_known_of_series)

BOOST_AUTO_TEST_CASE(of_what_is_there_nothing_is_said) {
  BOOST_TEST(warning(named("node_load1")) == "");
  BOOST_TEST(warning(named("node_cpu_seconds_total", {{"cpu", "0"}, {"mode", "idle"}})) == "");
  BOOST_TEST(warning(matching("node_cpu_seconds_total", {{"mode", "=~idle|steal"}})) == "");
  BOOST_TEST(warning(matching("node_load1", {})) == "");
}

BOOST_AUTO_TEST_CASE(own_series_and_logs_are_always_there) {
  BOOST_TEST(warning(named("up")) == "");
  auto log = named("messages");
  log.type = "log";
  BOOST_TEST(warning(log) == "");
}

BOOST_AUTO_TEST_CASE(a_name_that_nobody_has_comes_with_near_ones) {
  BOOST_TEST(warning(named("node_load")) ==
             "no host has a series node_load; near: node_load1, node_load15");
  BOOST_TEST(warning(matching("node_cpu_secs_total", {{"mode", "idle"}})) ==
             "no host has a series node_cpu_secs_total; near: node_cpu_seconds_total");
  BOOST_TEST(warning(named("temperature")) == "no host has a series temperature");
}

BOOST_AUTO_TEST_CASE(labels_that_nobody_has_come_with_those_there_are) {
  BOOST_TEST(warning(matching("node_cpu_seconds_total", {{"mode", "idel"}})) ==
             "no host has node_cpu_seconds_total{mode=idel}; there are {cpu=0,mode=idle}, "
             "{cpu=0,mode=user}");
  BOOST_TEST(warning(named("node_cpu_seconds_total")) ==
             "no host has node_cpu_seconds_total without labels; there are {cpu=0,mode=idle}, "
             "{cpu=0,mode=user}");
}

BOOST_AUTO_TEST_CASE(two_know_more_than_one) {
  series_catalogue other;
  other.add("node_load", {});
  other.add("node_cpu_seconds_total", {{"cpu", "7"}, {"mode", "idle"}});
  auto x = named("node_load");
  BOOST_TEST(both(linux_host().about(x), other.about(x)).fits);
  x = matching("node_cpu_seconds_total", {{"mode", "idel"}});
  auto known = both(linux_host().about(x), other.about(x));
  BOOST_TEST(!known.fits);
  BOOST_TEST(known.others.size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_rule_that_says_nothing_without_data_is_not_warned_about) {
  check_rule rule;
  rule.data_list = {named("node_load1"), named("none")};
  auto all = linux_host();
  std::vector<item_knowledge> known{all.about(rule.data_list[0]), all.about(rule.data_list[1])};
  BOOST_TEST(warnings_of(rule, known, "no host has") ==
               std::vector<std::string>{"no host has a series none"},
             boost::test_tools::per_element());
  rule.no_data = "ignore";
  BOOST_TEST(warnings_of(rule, known, "no host has").empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace series_knowledge_test
