#include "actors/logs/host_logs.hpp"
#include "messages/names.hpp"
#include "runtime/base/digest.hpp"
#include "tests/actors/host/host_fixture.hpp"
#include "tests/actors/logs/awaited_lines.hpp"
#include "tests/support/process.hpp"

#include <caf/all.hpp>

#include <future>

namespace aops::actors::lines_test {

namespace {

check_rule about_sshd(std::string item, std::string condition) {
  check_rule rule;
  rule.check_item = std::move(item);
  rule.data_list.push_back({"sshd", "log", {}});
  rule.condition = std::move(condition);
  return rule;
}

struct lines_fixture : tests::host_fixture {
  lines_fixture() {
    begin_logs();
    log_token_to_create wanted{record.host_id, "t"};
    hash = base::sha256_hex(tests::ok(ask<log_token_created>(it, admin, wanted)).access_token);
  }
  ~lines_fixture() { end_all(); }

  void begin_logs() {
    auto place =
      std::make_shared<line_store_place>([this]() -> expected<std::shared_ptr<line_store>> {
        if (!kept) {
          embedded_lines_config how{folder.path() + "/logs", 864'000'000, int64_t{1} << 30};
          auto opened = open_embedded_lines(how, now->now_ms() * 1'000'000);
          if (!opened)
            return fail(opened.error());
          kept = std::make_shared<tests::awaited_lines>(*opened);
        }
        return kept;
      });
    auto threads = std::make_shared<inline_executor>();
    it = start_as(
      host_logs_name,
      host_logs,
      host_logs_parts{store, std::make_shared<cluster_map>(), "n1", place, threads, threads});
  }

  /// At a time after that of round 0.
  void send(int64_t second, const std::string& text, const std::string& program = "sshd") {
    auto time = origin_ms + second * 1000;
    auto body = fmt::format(R"({{"date": {}, "log": "{}", "program": "{}"}})", time, text, program);
    auto taken = tests::ok(ask<lines_taken>(it, lines_to_take{hash, "json", body}));
    BOOST_TEST(taken.taken == 1);
  }

  expected<rule_tested> test(const check_rule& rule, int64_t from_round, int64_t until_round) {
    return ask<rule_tested>(
      host,
      admin,
      rule_to_test{rule, record.host_id, {{time_of(from_round)}, {time_of(until_round)}}});
  }

  tests::temp_folder folder;
  std::shared_ptr<line_store> kept;
  full_host_logs_actor it;
  std::string hash;
};

const check_rule broken = about_sshd("broken", "keyword('Failed')");

} // namespace

BOOST_FIXTURE_TEST_SUITE(lines, lines_fixture)

BOOST_AUTO_TEST_CASE(lines_are_judged_in_the_rounds_after_they_came) {
  set_rules({broken});
  begin();
  to_round(2);
  send(33, "Failed password");
  send(34, "Failed, but of another program", "cron");
  BOOST_TEST(found() == "");
  to_round(3);
  BOOST_TEST(found() == "broken 33-33 Abnormal");
  BOOST_TEST(alerts() == "broken Abnormal warning");
  to_round(4);
  send(50, "Failed late"); // Within a period before the last round.
  to_round(5);
  BOOST_TEST(found() == "broken 33-50 Abnormal");
  to_round(12);
  BOOST_TEST(alerts() == "");
  BOOST_TEST(found() == "broken 33-50 Abnormal");
}

BOOST_AUTO_TEST_CASE(a_host_that_does_not_answer_still_tells_by_its_lines) {
  page = [](int64_t) { return std::string{}; };
  set_rules({broken});
  begin();
  to_round(1);
  send(16, "Failed");
  to_round(2);
  BOOST_TEST(found() == "broken 16-16 Abnormal");
}

BOOST_AUTO_TEST_CASE(a_new_rule_judges_lines_of_before) {
  begin();
  to_round(1);
  send(16, "Failed once");
  to_round(8);
  set_rules({broken});
  BOOST_TEST(found() == "broken 16-16 Abnormal");
  send(122, "Failed again");
  to_round(9);
  BOOST_TEST(found() == "broken 16-16 Abnormal; broken 122-122 Abnormal");
}

BOOST_AUTO_TEST_CASE(lines_that_came_before_the_first_round_are_judged_however_long_it_took) {
  set_rules({broken});
  send(-40, "Failed before the host was added, and no round is late by so much");
  send(1, "Failed");
  to_round(4);
  begin();
  to_round(6);
  BOOST_TEST(found() == "broken 1-1 Abnormal");
}

BOOST_AUTO_TEST_CASE(what_came_while_the_host_was_away_is_judged_once_it_is_back) {
  set_rules({about_sshd("two", "count(30s, '', '!=') >= 2")});
  begin();
  to_round(3);
  send(44, "a");
  end(host);
  send(48, "b");
  begin();
  to_round(6);
  BOOST_TEST(found() == "two 48-48 Abnormal");
}

BOOST_AUTO_TEST_CASE(a_node_that_forgot_who_listens_loses_nothing) {
  set_rules({broken});
  begin();
  to_round(3);
  end(it);
  begin_logs();
  send(47, "Failed");
  to_round(5);
  BOOST_TEST(found() == "broken 47-47 Abnormal");
}

BOOST_AUTO_TEST_CASE(rules_are_tried_on_lines) {
  begin();
  to_round(4);
  send(16, "Failed");
  send(40, "Accepted");
  auto tested = tests::ok(test(broken, 0, 4));
  BOOST_REQUIRE(tested.check_result.size() == 1u);
  BOOST_TEST(tested.check_result[0].value == "Abnormal");
  BOOST_TEST(tested.check_result[0].reason == "Failed");
  tested = tests::ok(test(broken, 2, 4));
  BOOST_TEST(tested.check_result.empty());
  tested = tests::ok(test(about_sshd("none", "keyword('x')"), 3, 4));
  BOOST_REQUIRE(tested.check_result.size() == 1u);
  BOOST_TEST(tested.check_result[0].value == "No data");
}

BOOST_AUTO_TEST_CASE(numbers_stand_beside_lines) {
  page = [](int64_t k) { return std::string{k == 2 ? "busy 90\n" : "busy 10\n"}; };
  auto rule = about_sshd("both", "keyword('x') && $1 > 80");
  rule.data_list.push_back({"busy", "kpi", {}});
  set_rules({rule});
  begin();
  to_round(2);
  send(31, "x");
  to_round(3);
  send(46, "x");
  to_round(5);
  BOOST_TEST(found() == "both 31-31 Abnormal");
  auto tested = tests::ok(test(rule, 0, 5));
  BOOST_REQUIRE(tested.check_result.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors::lines_test
