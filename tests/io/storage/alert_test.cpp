#include "runtime/io/storage/alert_repository.hpp"
#include "runtime/io/storage/notice_repository.hpp"
#include "runtime/io/storage/sample_repository.hpp"
#include "tests/io/storage/samples.hpp"

namespace alert_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

constexpr int64_t day = 86'400'000;
const std::vector<uint16_t> slots = {0, 1, 2};

base::notify_receiver receiver(const std::string& name,
                               std::vector<std::string> severities = {"critical", "warning"}) {
  base::notify_receiver to;
  to.name = name;
  to.severities = std::move(severities);
  return to;
}

alert_change change(const std::string& item,
                    const std::string& value,
                    int64_t since_ms,
                    label_set labels = {},
                    const std::string& severity = "warning") {
  return {item,
          std::move(labels),
          value,
          since_ms,
          severity,
          value == "No data" ? "exporter refused the connection" : ""};
}

/// Commits a round of a host as the store writer does.
void commit(database& db,
            std::vector<alert_change> alerts,
            int64_t until_ms,
            const std::vector<base::notify_receiver>& tell = {},
            const std::string& host = "h",
            maybe<std::string> scrape_error = {}) {
  round_to_commit x;
  x.owner = owner;
  x.host_id = host;
  x.until_ms = until_ms;
  x.alerts = std::move(alerts);
  x.scrape_error = std::move(scrape_error);
  committed(db, [&] { return sample_repository{db, tell}.commit_round(x); });
}

/// `item{label=value} value since` of what is not well, as pages have it.
std::string shown(database& db, const alerts_query& q = {}) {
  std::string out;
  for (const auto& x : ok(alert_repository{db}.page(owner, q)).alerts) {
    out += out.empty() ? "" : "; ";
    out += x.check_item;
    for (const auto& [name, value] : x.labels)
      out += "{" + name + "=" + value + "}";
    out += " " + x.value + " " + std::to_string(x.since.ms) + (x.firing ? " firing" : "");
  }
  return out;
}

std::vector<notice> due(database& db, const std::string& name = "oncall", int64_t now_ms = day) {
  return ok(notice_repository{db}.due({name}, slots, now_ms, 100));
}

std::string told(const std::vector<notice>& all) {
  std::string out;
  for (const auto& x : all)
    out += (out.empty() ? "" : "; ") + x.body.check_item + " " + std::to_string(x.times) +
           (x.body.ended.ms ? " over" : "") +
           (x.body.ended_as.empty() ? "" : " " + x.body.ended_as);
  return out;
}

void store_rule_with(database& db, const std::string& item, const std::string& no_data) {
  auto rule = rule_named(item);
  rule.no_data = no_data;
  committed(db, [&] { return rule_repository{db}.upsert(owner, rule, 1); });
}

} // namespace

BOOST_AUTO_TEST_SUITE(alerts)

STORE_CASE(what_is_not_well_begins_changes_and_ends_with_rounds) {
  auto& db = it.db();
  store_host(db, "h");
  commit(db,
         {change("disk", "Abnormal", 1000, {{"m", "/"}}),
          change("disk", "Abnormal", 1000, {{"m", "/var"}}),
          change("cpu", "No data", 1000)},
         1000);
  BOOST_TEST(shown(db) == "disk{m=/var} Abnormal 1000 firing; disk{m=/} Abnormal 1000 firing; "
                          "cpu No data 1000");
  commit(db, {change("disk", "", 2000, {{"m", "/"}}), change("cpu", "Abnormal", 2000)}, 2000);
  BOOST_TEST(shown(db) == "cpu Abnormal 2000 firing; disk{m=/var} Abnormal 1000 firing");
  commit(db, {change("disk", "", 3000, {{"m", "/var"}}), change("cpu", "", 3000)}, 3000);
  BOOST_TEST(shown(db) == "");
}

STORE_CASE(a_start_reads_them_as_they_were_told) {
  auto& db = it.db();
  store_host(db, "h");
  auto x = change("disk", "Abnormal", 1000, {{"m", "/va\"r ä"}}, "critical");
  auto y = change("cpu", "No data", 1500);
  commit(db, {x, y}, 1500);
  auto state = ok(sample_repository{db}.state({owner, "h", 0}));
  BOOST_REQUIRE(state.alerts.size() == 2u);
  BOOST_TEST(state.alerts[0].check_item == "cpu");
  BOOST_TEST(state.alerts[0].reason == "exporter refused the connection");
  BOOST_TEST(state.alerts[1].labels.at("m") == "/va\"r ä");
  BOOST_TEST(state.alerts[1].severity == "critical");
  BOOST_TEST(state.alerts[1].since_ms == 1000);
}

STORE_CASE(a_quiet_round_writes_nothing_and_the_same_round_again_changes_nothing) {
  auto& db = it.db();
  store_host(db, "h");
  const std::vector tell = {receiver("oncall")};
  commit(db, {change("cpu", "Abnormal", 1000)}, 1000, tell);
  auto row = [&] { return ok(db.count("select max(n) from alert")); };
  auto notices = [&] { return ok(db.count("select max(n) + count(*) from notice")); };
  auto before = row();
  auto notices_before = notices();
  commit(db, {}, 2000, tell);
  commit(db, {change("cpu", "Abnormal", 1000)}, 1000, tell);
  BOOST_TEST(row() == before);
  BOOST_TEST(notices() == notices_before);
}

STORE_CASE(many_hosts_in_one_commit_and_a_host_with_several_rounds) {
  auto& db = it.db();
  std::vector<round_to_commit> rounds;
  for (int i = 0; i < 40; ++i) {
    auto id = "h" + std::to_string(i % 20);
    if (i < 20)
      store_host(db, id);
    round_to_commit x;
    x.owner = owner;
    x.host_id = id;
    x.until_ms = 1000 + i / 20;
    for (const auto* item : {"a", "b", "c"})
      x.alerts.push_back(change(item,
                                i < 20           ? "Abnormal"
                                : item[0] == 'a' ? ""
                                                 : "No data",
                                x.until_ms));
    rounds.push_back(std::move(x));
  }
  std::vector<const round_to_commit*> all;
  for (const auto& x : rounds)
    all.push_back(&x);
  const std::vector tell = {receiver("oncall"), receiver("log")};
  committed(db, [&] { return sample_repository{db, tell}.commit_rounds(all); });
  BOOST_TEST(ok(db.count("select count(*) from alert where value = 'No data'")) == 40);
  BOOST_TEST(ok(db.count("select count(*) from alert")) == 40);
  BOOST_TEST(ok(db.count("select count(*) from notice")) == 120);
  BOOST_TEST(ok(db.count("select count(*) from notice where ended_ms = 1001")) == 120);
}

STORE_CASE(a_receiver_gets_a_row_for_each_alert_of_its_severities_and_owners) {
  auto& db = it.db();
  store_host(db, "h");
  auto others = receiver("others");
  others.owners = {"eve"};
  const std::vector tell = {receiver("oncall"), receiver("all", {"info", "critical"}), others};
  commit(db,
         {change("a", "Abnormal", 1, {}, "warning"),
          change("b", "Abnormal", 1, {{"m", "/"}}, "info"),
          change("c", "Abnormal", 1, {}, "critical"),
          change("d", "No data", 1, {}, "critical"),
          change("e", "Internal error", 1, {}, "critical")},
         1,
         tell);
  BOOST_TEST(told(due(db)) == "a 0; c 0");
  BOOST_TEST(told(due(db, "all")) == "b 0; c 0");
  BOOST_TEST(told(due(db, "others")) == "");
  auto b = due(db, "all").at(0).body;
  BOOST_TEST(b.host_name == "name-h");
  BOOST_TEST(b.public_ip == "ip-h");
  BOOST_TEST(b.labels.at("m") == "/");
  BOOST_TEST(b.owner == owner);
  BOOST_TEST(b.since.ms == 1);
}

STORE_CASE(no_data_is_an_alert_only_where_the_rule_says_so) {
  auto& db = it.db();
  store_host(db, "h");
  store_rule_with(db, "up", "alert");
  store_rule_with(db, "cpu", "");
  commit(db, {change("up", "No data", 1), change("cpu", "No data", 1)}, 1, {receiver("oncall")});
  auto all = due(db);
  BOOST_TEST(told(all) == "up 0");
  BOOST_TEST(all.at(0).body.reason == "exporter refused the connection");
  BOOST_TEST(all.at(0).body.description == "about up");
  alerts_query firing;
  firing.firing = true;
  BOOST_TEST(shown(db, firing) == "up No data 1 firing");
}

STORE_CASE(the_end_of_an_alert_is_due_and_says_what_follows) {
  auto& db = it.db();
  store_host(db, "h");
  const std::vector tell = {receiver("oncall")};
  commit(db,
         {change("a", "Abnormal", 1),
          change("b", "Abnormal", 1),
          change("c", "Abnormal", 1, {{"m", "/"}})},
         1,
         tell);
  notice_repository notices{db};
  for (const auto& x : due(db))
    ok(notices.told(x.key, day));
  BOOST_TEST(told(due(db, "oncall", day - 1)) == "");
  // The host falls silent: the instance goes, a row without labels comes.
  commit(db,
         {change("a", "", 2),
          change("b", "No data", 2),
          change("c", "", 2, {{"m", "/"}}),
          change("c", "No data", 2)},
         2,
         tell);
  BOOST_TEST(told(due(db, "oncall", 2)) == "a 1 over; b 1 over No data; c 1 over No data");
  for (const auto& x : due(db))
    ok(notices.forget(x.key));
  BOOST_TEST(told(due(db)) == "");
}

STORE_CASE(what_was_told_comes_again_when_its_time_has_come) {
  auto& db = it.db();
  store_host(db, "h");
  const std::vector tell = {receiver("oncall")};
  commit(db, {change("a", "Abnormal", 1)}, 1, tell);
  notice_repository notices{db};
  auto key = due(db).at(0).key;
  ok(notices.failed(key, 5, 500));
  ok(notices.failed(key, 100, 500));
  BOOST_TEST(due(db, "oncall", 499).empty());
  auto again = due(db, "oncall", 500).at(0);
  BOOST_TEST(again.attempts == 2);
  BOOST_TEST(again.tried_ms == 5);
  ok(notices.told(key, 2000));
  BOOST_TEST(due(db, "oncall", 1999).empty());
  again = due(db, "oncall", 2000).at(0);
  BOOST_TEST(again.times == 1);
  BOOST_TEST(again.attempts == 0);
  BOOST_TEST(again.tried_ms == 0);
  // It ends while its beginning is on the way: the end stays due.
  commit(db, {change("a", "", 2000)}, 2000, tell);
  ok(notices.told(key, day));
  BOOST_TEST(told(due(db, "oncall", 2000)) == "a 2 over");
}

STORE_CASE(what_begins_and_ends_in_one_commit_is_told_from_beginning_to_end) {
  auto& db = it.db();
  store_host(db, "h");
  const std::vector tell = {receiver("oncall")};
  commit(db, {change("a", "Abnormal", 1)}, 1, tell);
  const std::vector<alert_change> later = {change("a", "", 2),
                                           change("a", "Abnormal", 3),
                                           change("a", "", 4),
                                           change("b", "Abnormal", 3),
                                           change("b", "No data", 4),
                                           change("c", "", 3),
                                           change("c", "Abnormal", 4)};
  for (int again = 0; again < 2; ++again) {
    commit(db, later, 5, tell);
    BOOST_TEST(shown(db) == "c Abnormal 4 firing; b No data 4");
    BOOST_TEST(told(due(db)) == "a 0 over; a 0 over; b 0 over No data; c 0");
    BOOST_TEST(ok(db.count("select count(*) from alert")) == 2);
  }
  BOOST_TEST(due(db).at(0).body.ended.ms == 2);
  BOOST_TEST(due(db).at(1).body.since.ms == 3);
  BOOST_TEST(due(db).at(1).body.ended.ms == 4);
}

STORE_CASE(a_severity_that_changes_while_an_alert_lasts_is_told_to_those_of_the_new_one) {
  auto& db = it.db();
  store_host(db, "h");
  const std::vector tell = {receiver("oncall", {"critical"}),
                            receiver("log", {"info", "warning", "critical"}),
                            receiver("quiet", {"warning"})};
  notice_repository notices{db};
  auto hear = [&](const std::string& name) {
    auto all = due(db, name);
    for (const auto& x : all)
      ok(x.body.ended.ms > 0 ? notices.forget(x.key) : notices.told(x.key, not_again_ms));
    return (all.empty() ? "" : all.at(0).body.severity + " ") + told(all);
  };
  commit(db, {change("a", "Abnormal", 1, {}, "warning")}, 1, tell);
  BOOST_TEST(hear("oncall") == "");
  BOOST_TEST(hear("log") == "warning a 0");
  BOOST_TEST(hear("quiet") == "warning a 0");
  for (int again = 0; again < 2; ++again)
    commit(db, {change("a", "Abnormal", 1, {}, "critical")}, 2, tell);
  BOOST_TEST(shown(db) == "a Abnormal 1 firing");
  BOOST_TEST(ok(alert_repository{db}.counts(owner, {})).critical == 1);
  BOOST_TEST(ok(sample_repository{db}.state({owner, "h", 0})).alerts.at(0).severity == "critical");
  BOOST_TEST(hear("oncall") == "critical a 0");
  BOOST_TEST(hear("log") == "critical a 1");
  BOOST_TEST(hear("quiet") == "");
  // Who heard of it while he was told of such hears the end, the others nothing.
  commit(db, {change("a", "Abnormal", 1, {}, "info")}, 3, tell);
  BOOST_TEST(hear("oncall") == "");
  BOOST_TEST(hear("log") == "info a 2");
  commit(db, {change("a", "", 4, {}, "info")}, 4, tell);
  BOOST_TEST(hear("oncall") == "info a 1 over");
  BOOST_TEST(hear("log") == "info a 3 over");
  BOOST_TEST(hear("quiet") == "info a 1 over");
  BOOST_TEST(ok(db.count("select count(*) from notice")) == 0);
  // Nobody who was not told yet.
  commit(db, {change("b", "Abnormal", 5, {}, "critical")}, 5, tell);
  commit(db, {change("b", "Abnormal", 5, {}, "info")}, 6, tell);
  BOOST_TEST(hear("oncall") == "");
  BOOST_TEST(hear("log") == "info b 0");
}

STORE_CASE(no_data_becomes_an_alert_and_none_as_its_rule_says) {
  auto& db = it.db();
  store_host(db, "h");
  const std::vector tell = {receiver("oncall")};
  store_rule_with(db, "up", "");
  commit(db, {change("up", "No data", 1)}, 1, tell);
  BOOST_TEST(told(due(db)) == "");
  store_rule_with(db, "up", "alert");
  commit(db, {change("up", "No data", 1)}, 2, tell);
  BOOST_TEST(shown(db) == "up No data 1 firing");
  BOOST_TEST(told(due(db)) == "up 0");
  store_rule_with(db, "up", "");
  commit(db, {change("up", "No data", 1)}, 3, tell);
  BOOST_TEST(shown(db) == "up No data 1");
  BOOST_TEST(told(due(db)) == "up 0 over No data");
}

STORE_CASE(alerts_of_deleted_rules_and_hosts_end_and_that_is_told) {
  auto& db = it.db();
  store_host(db, "h");
  store_rule_with(db, "a", "");
  const std::vector tell = {receiver("oncall")};
  commit(db, {change("a", "Abnormal", 1), change("b", "Abnormal", 1)}, 1, tell);
  for (const auto& x : due(db))
    ok(notice_repository{db}.told(x.key, day));
  committed(db, [&] { return rule_repository{db}.remove(owner, {"a"}, 77); });
  BOOST_TEST(shown(db) == "b Abnormal 1 firing");
  BOOST_TEST(told(due(db, "oncall", 77)) == "a 1 over");
  committed(db, [&] { return host_repository{db}.remove(owner, "h", 88); });
  BOOST_TEST(ok(db.count("select count(*) from alert")) == 0);
  BOOST_TEST(told(due(db, "oncall", 88)) == "a 1 over; b 1 over");
  BOOST_TEST(due(db).at(0).body.host_name == "name-h");
}

STORE_CASE(a_receiver_that_is_new_is_told_what_lasts) {
  auto& db = it.db();
  store_host(db, "h");
  store_rule_with(db, "a", "");
  const std::vector before = {receiver("oncall"), receiver("old")};
  const std::vector after = {receiver("oncall"), receiver("new", {"critical"})};
  commit(db,
         {change("a", "Abnormal", 1, {{"m", "/"}}, "critical"), change("b", "Abnormal", 1)},
         1,
         before);
  notice_repository notices{db};
  for (int again = 0; again < 2; ++again)
    committed(db, [&] { return notices.adopt(after, slots, 9); });
  BOOST_TEST(told(due(db, "new")) == "a 0");
  BOOST_TEST(due(db, "new").at(0).body.description == "about a");
  BOOST_TEST(due(db, "new").at(0).body.labels.at("m") == "/");
  BOOST_TEST(ok(notices.forget_others({"oncall", "new"}, slots)) == 2);
  BOOST_TEST(due(db, "old").empty());
  BOOST_TEST(due(db).size() == 2u);
}

STORE_CASE(slots_of_others_are_left_to_them) {
  auto& db = it.db();
  store_host(db, "h"); // In slot 1.
  commit(db, {change("a", "Abnormal", 1)}, 1, {receiver("oncall")});
  notice_repository notices{db};
  const std::vector<uint16_t> others = {0, 2};
  BOOST_TEST(ok(notices.due({"oncall"}, others, day, 10)).empty());
  BOOST_TEST(ok(notices.due({"oncall"}, {}, day, 10)).empty());
  BOOST_TEST(ok(notices.waiting(others)).empty());
  BOOST_TEST(ok(notices.waiting(slots)).at(0).second == 1);
  BOOST_TEST(ok(alert_repository{db}.counts_in(others)).warning == 0);
  BOOST_TEST(ok(alert_repository{db}.counts_in(slots)).warning == 1);
}

STORE_CASE(the_oldest_go_when_too_many_wait) {
  auto& db = it.db();
  store_host(db, "h");
  std::vector<alert_change> many;
  for (int i = 0; i < 7; ++i)
    many.push_back(change("r" + std::to_string(i), "Abnormal", 1));
  commit(db, many, 1, {receiver("oncall")});
  notice_repository notices{db};
  ok(notices.told(due(db).at(6).key, day)); // What was told does not wait.
  BOOST_TEST(committed(db, [&] { return notices.trim("oncall", slots, 4); }) == 2);
  BOOST_TEST(told(due(db, "oncall", 1)) == "r2 0; r3 0; r4 0; r5 0");
}

STORE_CASE(pages_filter_sort_and_fold) {
  auto& db = it.db();
  store_host(db, "h");
  store_host(db, "silent");
  commit(db,
         {change("a", "Abnormal", 5, {}, "critical"),
          change("b", "Abnormal", 9),
          change("c", "Internal error", 7)},
         10);
  commit(db,
         {change("a", "No data", 3), change("b", "No data", 3)},
         10,
         {},
         "silent",
         std::string{"exporter refused the connection"});
  BOOST_TEST(shown(db) == "b Abnormal 9 firing; a Abnormal 5 firing; c Internal error 7; "
                          "b No data 3; a No data 3");
  alerts_query q;
  q.fold = true;
  BOOST_TEST(shown(db, q) == "b Abnormal 9 firing; a Abnormal 5 firing; c Internal error 7");
  q.severity.emplace(std::vector<std::string>{"critical"});
  BOOST_TEST(shown(db, q) == "a Abnormal 5 firing");
  q = {};
  q.host_list.emplace(std::vector<std::string>{"silent"});
  q.sort = "check_item";
  BOOST_TEST(shown(db, q) == "a No data 3; b No data 3");
  q = {};
  q.value = "Internal error";
  BOOST_TEST(shown(db, q) == "c Internal error 7");
  q = {};
  q.check_items.emplace(std::vector<std::string>{"a"});
  q.firing = false;
  BOOST_TEST(shown(db, q) == "a No data 3");
  q = {};
  q.page = 2;
  q.per_page = 2;
  BOOST_TEST(shown(db, q) == "c Internal error 7; b No data 3");
  BOOST_TEST(ok(alert_repository{db}.page(owner, q)).total_count == 5);
  BOOST_TEST(ok(alert_repository{db}.page("eve", {})).alerts.empty());
}

STORE_CASE(counts_are_by_severity_and_by_state_of_hosts) {
  auto& db = it.db();
  store_host(db, "h");
  store_host(db, "silent");
  committed(db, [&] { return host_repository{db}.set_status("h", "online", 5); });
  commit(db,
         {change("a", "Abnormal", 5, {}, "critical"),
          change("b", "Abnormal", 5),
          change("d", "Abnormal", 5),
          change("c", "Internal error", 5)},
         10,
         {},
         "h",
         std::string{});
  commit(db,
         {change("a", "No data", 3), change("b", "No data", 3)},
         10,
         {},
         "silent",
         std::string{"exporter refused the connection"});
  auto x = ok(alert_repository{db}.counts(owner, {}));
  BOOST_TEST(x.critical == 1);
  BOOST_TEST(x.warning == 2);
  BOOST_TEST(x.info == 0);
  BOOST_TEST(x.no_data == 2);
  BOOST_TEST(x.internal_error == 1);
  BOOST_TEST(x.online == 1);
  BOOST_TEST(x.offline == 0);
  BOOST_TEST(x.unknown == 1);
  BOOST_TEST(x.silent == 1);
  BOOST_REQUIRE(x.silent_hosts.size() == 1u);
  BOOST_TEST(x.silent_hosts[0].host_name == "name-silent");
  BOOST_TEST(x.silent_hosts[0].scrape_error == "exporter refused the connection");
  BOOST_TEST(x.silent_hosts[0].no_data == 2);
  status_query one;
  one.host_list.emplace(std::vector<std::string>{"h"});
  BOOST_TEST(ok(alert_repository{db}.counts(owner, one)).no_data == 0);
  BOOST_TEST(ok(alert_repository{db}.counts(owner, one)).unknown == 0);
}

STORE_CASE(why_a_host_does_not_answer_is_shown_with_it_until_it_does) {
  auto& db = it.db();
  store_host(db, "h");
  auto reason = [&] {
    return ok(host_repository{db}.page(owner, hosts_query{})).host_infos.at(0).scrape_error;
  };
  BOOST_TEST(reason() == "");
  commit(db, {}, 1, {}, "h", std::string{"exporter refused the connection"});
  commit(db, {}, 2);
  BOOST_TEST(reason() == "exporter refused the connection");
  std::string text = "x";
  while (text.size() < 300)
    text += "ä";
  commit(db, {}, 3, {}, "h", text);
  BOOST_TEST(reason() == text.substr(0, 255)); // Whole characters.
  commit(db, {}, 4, {}, "h", std::string{});
  BOOST_TEST(reason() == "");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace alert_test
