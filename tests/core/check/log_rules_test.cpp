#include "runtime/core/check/log_checker.hpp"

#include <boost/test/unit_test.hpp>

#include "support.hpp"

namespace log_rules_test {

using namespace aops;
using namespace aops::check;

namespace {

constexpr int64_t period = 15'000, delay = 15'000;

logged_line line(int64_t time_ms, std::string text, label_set labels = {{"program", "sshd"}}) {
  logged_line x;
  x.time_ms = time_ms;
  x.identity = std::hash<std::string>{}(text + std::to_string(time_ms));
  labels.emplace("message", text);
  x.text = std::move(text);
  x.labels = std::move(labels);
  return x;
}

check_rule about(std::string item, std::string condition) {
  return make_rule(std::move(item), std::move(condition), {"sshd"}, "log");
}

struct fixture {
  log_checker host{period};
  row_store store{period};
  std::string alerts; ///< Told by the last look.

  std::vector<std::string> use(std::vector<check_rule> rules) {
    return host.set_rules(*make_rules(std::move(rules)), {});
  }
  size_t look(int64_t until_ms) {
    auto found = host.look(until_ms, delay);
    for (const auto& x : found.changes)
      store.apply(x);
    alerts.clear();
    for (const auto& x : found.alerts)
      alerts +=
        x.check_item + " " + x.value + " " + std::to_string(x.since_ms) + " " + x.reason + ";";
    return found.judged;
  }
};

bool is_of(const char* name, label_set labels) { return is_of_log(name, labels); }

} // namespace

BOOST_FIXTURE_TEST_SUITE(log_rules, fixture)

BOOST_AUTO_TEST_CASE(a_log_is_known_by_what_its_collector_calls_it_its_program_or_its_file) {
  BOOST_TEST(is_of("kbox", {{"data_item", "kbox"}}));
  BOOST_TEST(is_of("sshd", {{"program", "sshd"}}));
  BOOST_TEST(is_of("error", {{"source", "/var/log/nginx/error.log"}}));
  BOOST_TEST(is_of("error.log", {{"source", "/var/log/nginx/error.log"}}));
  BOOST_TEST(is_of("/var/log/app", {{"source", "/var/log/app"}}));
  BOOST_TEST(!is_of("rror", {{"source", "/var/log/nginx/error.log"}}));
  BOOST_TEST(!is_of("error", {{"source", "/error/log"}}));
  BOOST_TEST(is_of("message", {{"source", "/var/log/messages"}}));
  BOOST_TEST(is_of("message", {{"source", "journal:01234567"}, {"program", "cron"}}));
  BOOST_TEST(is_of("dmesg", {{"facility", "kern"}}));
  BOOST_TEST(is_of("history", {{"source", "/root/.bash_history"}}));
  BOOST_TEST(!is_of("history", {{"source", "/var/log/messages"}}));
  BOOST_TEST(!is_of("message", {}));
}

BOOST_AUTO_TEST_CASE(a_line_counts_once_it_has_come_and_its_result_shows_it) {
  use({about("broken", "keyword('Failed')")});
  host.resume(0, 0, {});
  host.take(line(1'000, "Accepted"));
  host.take(line(2'000, "Failed password"));
  host.take(line(20'000, "Failed again")); // Its time is yet to come.
  look(15'000);
  BOOST_TEST(store.rows("broken") == (std::vector<interval>{{2'000, 2'000, abnormal}}));
  BOOST_TEST(store.rows("broken").front().reason == "Failed password");
  BOOST_TEST(alerts == "broken Abnormal 2000 Failed password;");
  look(30'000);
  BOOST_TEST(store.rows("broken") == (std::vector<interval>{{2'000, 20'000, abnormal}}));
  BOOST_TEST(alerts == "");
  look(80'000);
  BOOST_TEST(alerts == "");
  look(95'000);
  BOOST_TEST(alerts == "broken  95000 ;");
}

BOOST_AUTO_TEST_CASE(late_lines_count_within_the_delay_and_the_same_line_once) {
  use({about("two", "count(10s, '', '!=') >= 2")});
  host.resume(0, 0, {});
  host.take(line(20'000, "a"));
  look(30'000);
  BOOST_TEST(store.rows("two").empty());
  host.take(line(20'000, "a")); // Told by another node, too.
  BOOST_TEST(look(30'000) == 0u);
  host.take(line(19'000, "b")); // Late, and before it.
  look(45'000);
  BOOST_TEST(store.rows("two") == (std::vector<interval>{{20'000, 20'000, abnormal}}));
  host.take(line(21'000, "c")); // Too late.
  look(60'000);
  BOOST_TEST(store.rows("two") == (std::vector<interval>{{20'000, 20'000, abnormal}}));
}

BOOST_AUTO_TEST_CASE(match_narrows_a_log_by_fields_of_its_lines) {
  auto rule = about("bad", "count(1m, '', '!=') >= 2");
  rule.data_list[0].match.emplace();
  (*rule.data_list[0].match)["message"] = "=~.*(bad|worse).*";
  (*rule.data_list[0].match)["severity"] = "err";
  BOOST_TEST(validate(rule).has_value());
  use({rule});
  host.resume(0, 0, {});
  host.take(line(1'000, "so bad", {{"program", "sshd"}, {"severity", "err"}}));
  host.take(line(2'000, "worse", {{"program", "sshd"}, {"severity", "info"}}));
  host.take(line(3'000, "good", {{"program", "sshd"}, {"severity", "err"}}));
  look(15'000);
  BOOST_TEST(store.rows("bad").empty());
  host.take(line(16'000, "even worse", {{"program", "sshd"}, {"severity", "err"}}));
  look(30'000);
  BOOST_TEST(store.rows("bad") == (std::vector<interval>{{16'000, 16'000, abnormal}}));
  rule.data_list[0].agg = "sum";
  BOOST_TEST(validate(rule).error().detail == "data_list[0].agg: not of a log");
}

BOOST_AUTO_TEST_CASE(numbers_beside_lines_are_read_by_time) {
  auto rule = make_rule("hot", "keyword('x') && $1 > 80", {"sshd", "load"});
  rule.data_list[0].type = "log";
  use({rule});
  host.resume(0, 0, {});
  BOOST_REQUIRE(host.numbers().size() == 1u);
  host.take({"load", {}}, {10'000, number::of(int64_t{90})});
  host.take({"load", {}}, {25'000, number::of(int64_t{10})});
  host.take(line(12'000, "x"));
  host.take(line(26'000, "x"));
  look(30'000);
  BOOST_TEST(store.rows("hot") == (std::vector<interval>{{12'000, 12'000, abnormal}}));
}

BOOST_AUTO_TEST_CASE(a_silent_log_says_nothing_unless_it_is_asked_to) {
  auto quiet = about("quiet", "keyword('x')"), loud = about("loud", "keyword('x')");
  loud.no_data = "alert";
  loud.for_ = "1m";
  use({quiet, loud});
  host.resume(0, 0, {});
  look(60'000);
  BOOST_TEST(alerts == "");
  look(75'000);
  BOOST_TEST(alerts == "loud No data 75000 no line came;");
  host.take(line(76'000, "y"));
  look(90'000);
  BOOST_TEST(alerts == "loud  90000 ;");
  BOOST_TEST(store.rows("quiet").empty());
}

BOOST_AUTO_TEST_CASE(what_found_no_room_is_told) {
  use({about("broken", "keyword('x')")});
  host.resume(0, 0, {});
  host.lack("7 lines came that found no room");
  look(15'000);
  BOOST_TEST(store.rows("broken") == (std::vector<interval>{{14'999, 14'999, internal_error}}));
  BOOST_TEST(store.rows("broken").front().reason == "7 lines came that found no room");
  BOOST_TEST(alerts.starts_with("broken Internal error 14999"));
}

BOOST_AUTO_TEST_CASE(alerts_of_rules_that_go_end_and_those_before_a_start_go_on) {
  use({about("a", "keyword('x')"), about("b", "keyword('x')")});
  std::vector<alert_change> before{{"a", {}, "Abnormal", 500, "warning", "x"}};
  host.resume(10'000, 11'000, before);
  look(15'000);
  BOOST_TEST(alerts == "");
  BOOST_TEST(use({about("b", "keyword('x')"), about("c", "keyword('x')")}) ==
             (std::vector<std::string>{"c"}));
  auto ended = host.take_ended(20'000);
  BOOST_REQUIRE(ended.size() == 1u);
  BOOST_TEST((ended[0].check_item == "a" && ended[0].value.empty()));
}

BOOST_AUTO_TEST_CASE(over_the_past_lines_come_in_pieces) {
  auto rule = make_rules({about("two", "count(10s, '', '!=') >= 2")})->rules().front();
  run_request request;
  request.start_ms = 100'000;
  request.end_ms = 200'000;
  request.period_ms = period;
  log_run run{rule, request};
  for (int64_t t : {95'000, 101'000, 120'000, 125'000, 199'999, 200'000}) {
    run.take(line(t, "x"));
    run.judge_until(t);
  }
  auto result = run.result();
  BOOST_TEST(result.judged == 4u);
  BOOST_REQUIRE(result.points.size() == 2u);
  BOOST_TEST(result.points[0].time_ms == 101'000);
  BOOST_TEST(result.points[1].time_ms == 125'000);
  BOOST_TEST(result.points[1].reason == "x");
  BOOST_TEST(!result.whole);

  log_run nothing{rule, request};
  BOOST_TEST((nothing.result().whole == result_value::no_data));
  request.quiet_logs = true;
  log_run quiet{rule, request};
  BOOST_TEST(!quiet.result().whole);
  log_run lacking{rule, request};
  lacking.lack("node n2 is gone");
  auto told = lacking.result();
  BOOST_TEST((told.whole == result_value::internal_error));
  BOOST_TEST(told.reason == "node n2 is gone");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace log_rules_test
