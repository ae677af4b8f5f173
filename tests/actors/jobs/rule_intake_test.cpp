#include "actors/check/rule_intake.hpp"
#include "actors/support/foreign_promise.hpp"
#include "actors/support/prepare.hpp"
#include "messages/names.hpp"
#include "runtime/core/check/series_knowledge.hpp"
#include "tests/support/store_fixture.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

/// The real store, and stand-ins for hosts.
struct intake_fixture : tests::store_fixture {
  intake_fixture() {
    parts.config = settings;
    parts.names = names;
    intake = start_as(rule_intake_name, rule_intake, parts);
  }
  ~intake_fixture() {
    silent.clear();
    end_all();
  }

  /// A host that answered once, with these series, and is there now with more.
  void add_sampled(const std::string& name,
                   std::vector<series_key> stored,
                   std::vector<series_key> now_has) {
    auto record = add_host(name);
    round_to_commit x;
    x.owner = record.owner;
    x.host_id = record.host_id;
    x.held = slots->fence_of(record.host_id);
    x.since_ms = x.until_ms = 1000;
    x.rule_set_digest = "none";
    x.sample_blob = "\x01";
    x.status = "online";
    x.status_since_ms = 1000;
    for (auto& key : stored)
      x.new_series.push_back({static_cast<uint32_t>(2 + x.new_series.size()), std::move(key)});
    tests::ok(ask<done>(of<round_store_actor>(round_store_name), rounds_to_commit{{x}}));
    check::series_catalogue known;
    for (const auto& key : now_has)
      known.add(key.name, key.label);
    start_as(
      host_name_of(record.host_id), [this, known](caf::event_based_actor* self) -> caf::behavior {
        return {[this, self, known](const host_series_query& q) -> caf::result<host_series_known> {
          asked.push_back(q.items.size());
          if (are_dead) {
            silent.emplace_back(self);
            return silent.back();
          }
          host_series_known reply;
          for (const auto& item : q.items)
            reply.items.push_back(known.about(item));
          return reply;
        }};
      });
  }

  static check_rule
  on(const std::string& item, const std::string& series, const std::string& no_data = "") {
    check_rule rule;
    rule.check_item = item;
    rule.data_list.push_back({series, "kpi", {}});
    rule.condition = "$0 > 1";
    rule.no_data = no_data;
    return rule;
  }

  rules_imported import(std::vector<check_rule> rules) {
    return tests::ok(ask<rules_imported>(intake, admin, rules_to_import{std::move(rules)}));
  }

  rule_intake_parts parts;
  rule_intake_actor intake;
  bool are_dead = false;
  std::vector<foreign_promise<host_series_known>> silent;
  std::vector<size_t> asked; ///< Items that each host was asked about.
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(rules_as_they_come_in, intake_fixture)

BOOST_AUTO_TEST_CASE(a_series_that_no_host_has_is_warned_about_and_the_rule_is_stored) {
  add_sampled("h1", {{"load", {}}}, {{"load", {}}});
  auto reply = import({on("good", "load"), on("odd", "laod")});
  BOOST_TEST(reply.code == 200);
  BOOST_TEST(reply.succeed_list.size() == 2u);
  BOOST_REQUIRE(reply.warnings.size() == 1u);
  BOOST_TEST(reply.warnings.at("odd") ==
               std::vector<std::string>{"no host has a series laod; near: load"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_the_store_knows_is_asked_of_nobody) {
  add_sampled("h1", {{"load", {}}}, {});
  BOOST_TEST(import({on("good", "load")}).warnings.empty());
  BOOST_TEST(asked.empty());
}

BOOST_AUTO_TEST_CASE(what_exporters_tell_but_nobody_keeps_is_there) {
  add_sampled("h1", {{"load", {}}}, {{"load", {}}});
  add_sampled("h2", {{"load", {}}}, {{"rare", {}}});
  BOOST_TEST(import({on("good", "rare"), on("fine", "load")}).warnings.empty());
  BOOST_TEST(asked == (std::vector<size_t>{1, 1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_label_that_nobody_has_is_warned_about) {
  add_sampled("h1", {{"disk", {{"d", "sda"}}}}, {{"disk", {{"d", "sda"}}}});
  auto exact = on("exact", "disk");
  exact.data_list[0].label = {{"d", "sdb"}};
  auto like = on("like", "disk");
  like.data_list[0].match = std::map<std::string, std::string>{{"d", "=~sd[b-z]"}};
  auto all = on("all", "disk");
  all.data_list[0].match.emplace();
  auto reply = import({exact, like, all});
  BOOST_TEST(reply.warnings.size() == 2u);
  BOOST_TEST(reply.warnings["exact"].at(0) == "no host has disk{d=sdb}; there are {d=sda}");
  BOOST_TEST(reply.warnings["like"].at(0) == "no host has disk{d=~sd[b-z]}; there are {d=sda}");
}

BOOST_AUTO_TEST_CASE(rules_that_say_nothing_without_data_and_refused_ones_are_not_warned_about) {
  add_sampled("h1", {{"load", {}}}, {{"load", {}}});
  auto refused = on("refused", "laod");
  refused.condition = "$0 >";
  auto reply = import({on("quiet", "laod", "ignore"), on("own", "up"), refused});
  BOOST_TEST(reply.code == 206);
  BOOST_TEST(reply.warnings.empty());
}

BOOST_AUTO_TEST_CASE(before_the_first_host_answered_nothing_is_said) {
  BOOST_TEST(import({on("odd", "laod")}).warnings.empty());
  add_host("h1");
  BOOST_TEST(import({on("odd", "laod")}).warnings.empty());
}

BOOST_AUTO_TEST_CASE(an_import_does_not_wait_for_dead_hosts) {
  add_sampled("h1", {{"load", {}}}, {{"load", {}}});
  are_dead = true;
  auto answer = ask_later<rules_imported>(intake, admin, rules_to_import{{on("odd", "laod")}});
  pass(parts.patience + std::chrono::milliseconds{100});
  auto reply = tests::ok(answer.get());
  BOOST_TEST(reply.succeed_list.size() == 1u);
  BOOST_TEST(reply.warnings.empty());
}

BOOST_AUTO_TEST_CASE(hosts_are_asked_about_few_series_and_few_of_them_are_asked) {
  for (int i = 0; i < 20; ++i)
    add_sampled("h" + std::to_string(i), {{"load", {}}}, {{"load", {}}});
  std::vector<check_rule> rules;
  for (int i = 0; i < 80; ++i)
    rules.push_back(on("r" + std::to_string(i), "none" + std::to_string(i)));
  BOOST_TEST(import(rules).warnings.size() == 50u);
  BOOST_TEST(asked == std::vector<size_t>(16, 50), boost::test_tools::per_element());
}

// -- groups

BOOST_AUTO_TEST_CASE(a_group_that_is_not_there_is_refused_with_a_near_one) {
  tests::ok(ask<host_group_added>(
    of<host_store_actor>(host_store_name), admin, host_group_to_add{"web", ""}));
  auto in = [](const std::string& item, std::vector<std::string> groups) {
    auto rule = on(item, "load");
    rule.host_group_list.emplace(std::move(groups));
    return rule;
  };
  auto reply = import({in("good", {"web", "default"}), in("bad", {"web", "wbe"}), in("all", {})});
  BOOST_TEST(reply.code == 206);
  BOOST_TEST(reply.succeed_list == (std::vector<std::string>{"good", "all"}),
             boost::test_tools::per_element());
  BOOST_TEST(reply.fail_reasons.at("bad") ==
             "host_group_list: no group 'wbe', did you mean 'web'?");
  auto none = import({in("bad", {"db"})});
  BOOST_TEST(none.code == 1000);
  BOOST_TEST(none.fail_reasons.at("bad") == "host_group_list: no group 'db'");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
