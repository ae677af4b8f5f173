#include "runtime/core/notify/group.hpp"

#include <boost/test/unit_test.hpp>

namespace group_test {

using namespace aops;
using notify::parse_rfc3339;

BOOST_AUTO_TEST_SUITE(groups)

BOOST_AUTO_TEST_CASE(times_are_read_in_any_zone_to_the_millisecond) {
  BOOST_TEST(*parse_rfc3339("1970-01-01T00:00:00Z") == 0);
  BOOST_TEST(*parse_rfc3339("2023-11-14T22:13:20.250999Z") == 1'700'000'000'250);
  BOOST_TEST(*parse_rfc3339("2023-11-15T06:13:20+08:00") == 1'700'000'000'000);
  BOOST_TEST(*parse_rfc3339("2023-11-14T19:43:20.5-02:30") == 1'700'000'000'500);
  BOOST_TEST(parse_rfc3339("0001-01-01T00:00:00Z").has_value()); // Alertmanager's "never".
  for (auto text : {"",
                    "now",
                    "2023-11-14",
                    "2023-13-14T22:13:20Z",
                    "2023-11-14T24:13:20Z",
                    "2023-11-14T22:13:20",
                    "2023-11-14T22:13:20.Z",
                    "2023-11-14T22:13:20Zx",
                    "2023-11-14T22:13:20+8",
                    "-023-11-14T22:13:20Z",
                    "2023-02-30T22:13:20Z"})
    BOOST_TEST(!parse_rfc3339(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(hosts_are_looked_for_by_id_name_and_instance) {
  auto hints =
    notify::hints_of({{"host_id", "1f"}, {"nodename", "web2"}, {"instance", "192.0.2.7:9101"}});
  BOOST_TEST(hints.id == "1f");
  BOOST_TEST((hints.names == std::vector<std::string>{"web2", "192.0.2.7"}));
  BOOST_TEST(hints.port == 9101);
  auto name = [](std::string instance) {
    return notify::hints_of({{"instance", std::move(instance)}}).names.at(0);
  };
  BOOST_TEST(name("web2") == "web2");
  BOOST_TEST(name("[2001:db8::1]:9100") == "2001:db8::1");
  BOOST_TEST(name("2001:db8::1") == "2001:db8::1");
  BOOST_TEST(notify::hints_of({{"job", "node"}}).names.empty());
}

BOOST_AUTO_TEST_CASE(a_diagnosis_is_of_an_owner_a_group_and_its_beginning) {
  auto id = notify::diagnosis_id("admin", "g", 1000);
  BOOST_TEST(id.size() == 32u);
  BOOST_TEST(id == notify::diagnosis_id("admin", "g", 1000));
  BOOST_TEST(id != notify::diagnosis_id("eve", "g", 1000));
  BOOST_TEST(id != notify::diagnosis_id("admin", "h", 1000));
  BOOST_TEST(id != notify::diagnosis_id("admin", "g", 1001));
}

BOOST_AUTO_TEST_CASE(trees_are_bound_by_pairs) {
  const std::vector<std::string> pairs = {"a=t1", "b=t2", "a=t=3", "*=t4"};
  BOOST_TEST((notify::trees_of(pairs, "a") == std::vector<std::string>{"t1", "t=3"}));
  BOOST_TEST((notify::trees_of(pairs, "*") == std::vector<std::string>{"t4"}));
  BOOST_TEST(notify::trees_of(pairs, "c").empty());
}

BOOST_AUTO_TEST_CASE(a_report_in_a_line_names_its_causes_or_says_that_there_is_none) {
  report_info x;
  x.tree_name = "host_slow";
  x.verdict = "false";
  x.root_causes.text = "[]";
  BOOST_TEST(notify::cause_of(x) == "host_slow: no fault found");
  BOOST_TEST(!notify::has_cause(x));
  x.verdict = "unknown";
  BOOST_TEST(notify::cause_of(x) == "host_slow: not decided, data is missing");
  x.verdict = "true";
  x.root_causes.text = R"([{"path":["host slow","cpu"],"description":"Busy.","advice":""},)"
                       R"({"path":["host slow","disk"],"description":"","certain":false}])";
  BOOST_TEST(notify::cause_of(x) == "host slow > cpu: Busy.; host slow > disk (not certain)");
  BOOST_TEST(notify::has_cause(x));
  x.error = "timed out";
  BOOST_TEST(notify::cause_of(x) == "host_slow: not judged: timed out");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace group_test
