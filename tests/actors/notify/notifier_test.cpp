#include "actors/host/scraper.hpp"
#include "actors/notify/notifier.hpp"
#include "messages/roles/silence.hpp"
#include "runtime/base/json_codec.hpp"
#include "runtime/base/metrics.hpp"
#include "tests/support/store_fixture.hpp"

#include <caf/all.hpp>

#include <ctime>

namespace aops::actors {

namespace {

using base::json;

/// What receivers were sent, and what they answer.
struct outside {
  struct request {
    std::string url, id;
    json body;
    std::vector<std::string> headers;
  };
  std::vector<request> seen;
  std::map<std::string, int> status; ///< By URL; 0: nobody answers. 200 where none is given.
  bool is_holding = false;           ///< Answers stay away.
  std::string poison;                ///< What has this in its body is refused.
  std::string answer;                ///< The body of each.

  std::vector<std::string> ids(const std::string& url = "http://oncall") const {
    std::vector<std::string> out;
    for (const auto& x : seen)
      if (x.url == url)
        out.push_back(x.id);
    return out;
  }
};

scraper_actor::behavior_type canned_scraper(scraper_actor::pointer self,
                                            std::shared_ptr<outside> world) {
  return {
    [self, world](fetch_order& order) -> caf::result<fetched> {
      outside::request x{
        order.what.url, {}, json::parse(order.what.body, nullptr, false), order.what.headers};
      for (const auto& header : x.headers)
        if (header.starts_with("Idempotency-Key: "))
          x.id = header.substr(17);
      auto known = world->status.find(x.url);
      auto status = known == world->status.end() ? 200 : known->second;
      if (!world->poison.empty() && order.what.body.find(world->poison) != std::string::npos)
        status = 400;
      world->seen.push_back(std::move(x));
      if (world->is_holding)
        return self->make_response_promise<fetched>();
      net::reply how;
      if (status == 0)
        how.result = fail(ec::unreachable, "refused");
      else
        how.result = net::response{status, {}, world->answer};
      return fetched{std::make_shared<net::reply>(std::move(how))};
    },
    [](atom::ping) {},
  };
}

/// The end that an Alertmanager was told, in whole seconds.
int64_t end_of(const json& alert) {
  std::tm when{};
  auto text = alert.value("endsAt", "");
  BOOST_REQUIRE(strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &when) != nullptr);
  return timegm(&when) * 1000;
}

struct notifier_fixture : tests::store_fixture {
  notifier_fixture() {
    base::notify_receiver to;
    to.name = "oncall";
    to.url.text = "http://oncall";
    settings->notify = {to};
    start_as(scraper_name, canned_scraper, world);
  }
  ~notifier_fixture() { end_all(); }

  std::shared_ptr<outside> world = std::make_shared<outside>();
  host_record host = add_host("h1");
  int64_t rounds = 0;

  notifier_actor begin() {
    return start_as(notifier_name,
                    notifier,
                    notifier_parts{tests::ok(notice_targets_of(*settings)), names, now, slots});
  }

  /// A round of the host that changes these, stored so long after it was due.
  void round(std::vector<alert_change> alerts, std::chrono::milliseconds late = 0ms) {
    round_to_commit x;
    x.held = slots->fence_of(host.host_id);
    x.owner = host.owner;
    x.host_id = host.host_id;
    x.until_ms = now->now_ms() - late.count() + ++rounds;
    x.alerts = std::move(alerts);
    tests::ok(ask<done>(of<round_store_actor>(round_store_name), rounds_to_commit{{std::move(x)}}));
  }

  alert_change change(const std::string& item, const std::string& value) {
    return {item, {}, value, now->now_ms(), "critical", {}};
  }

  silence_added silence(int64_t duration_s, std::vector<std::string> matchers = {}) {
    silence_to_add x{"a test", {}, {}, {}, {}, {}, duration_s, {}, {}};
    if (matchers.empty())
      x.host_list.emplace({host.host_id});
    else
      x.matchers.emplace(std::move(matchers));
    return tests::ok(
      ask<silence_added>(of<silence_store_actor>(silence_store_name), admin, std::move(x)));
  }

  void end_silence(const std::string& id) {
    tests::ok(ask<done>(of<silence_store_actor>(silence_store_name), admin, silences_to_end{{id}}));
  }

  alerts_page open() {
    return tests::ok(
      ask<alerts_page>(of<alert_store_actor>(alert_store_name), admin, alerts_query{}));
  }

  int64_t left() { return count("select count(*) from notice"); }
  std::string statuses() const {
    std::string out;
    for (const auto& x : world->seen)
      out += (out.empty() ? "" : " ") + x.body.value("status", "?");
    return out;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(notices, notifier_fixture)

BOOST_AUTO_TEST_CASE(an_alert_is_told_repeated_while_it_lasts_and_resolved) {
  settings->notify[0].repeat = base::minutes(10);
  begin();
  round({change("disk", "Abnormal")});
  pass(1s);
  BOOST_REQUIRE(world->seen.size() == 1u);
  const auto& first = world->seen[0];
  BOOST_TEST(first.body["status"] == "firing");
  BOOST_TEST(first.body["id"] == first.id);
  BOOST_TEST(first.body["alerts"][0]["check_item"] == "disk");
  BOOST_TEST(first.body["alerts"][0]["host_name"] == "name-h1");
  BOOST_TEST(first.body["alerts"][0]["ended"] == 0);
  pass(9min);
  BOOST_TEST(world->seen.size() == 1u);
  pass(2min);
  BOOST_REQUIRE(world->seen.size() == 2u);
  BOOST_TEST(world->seen[1].id != first.id);
  round({change("disk", "")});
  pass(2s);
  BOOST_REQUIRE(world->seen.size() == 3u);
  BOOST_TEST(world->seen[2].body["status"] == "resolved");
  BOOST_TEST(world->seen[2].body["alerts"][0]["alert_id"] ==
             world->seen[0].body["alerts"][0]["alert_id"]);
  BOOST_TEST(world->seen[2].body["alerts"][0]["ended"].get<double>() > 0);
  BOOST_TEST(left() == 0);
  pass(30min);
  BOOST_TEST(world->seen.size() == 3u);
}

BOOST_AUTO_TEST_CASE(plain_no_data_is_not_told) {
  begin();
  round({change("disk", "No data"), change("cpu", "Internal error")});
  pass(10s);
  BOOST_TEST(world->seen.empty());
}

BOOST_AUTO_TEST_CASE(one_that_fails_is_tried_again_with_the_same_id_ever_more_rarely) {
  world->status["http://oncall"] = 0;
  begin();
  round({change("disk", "Abnormal")});
  pass(1h);
  auto ids = world->ids();
  BOOST_TEST(ids.size() >= 10u);
  BOOST_TEST(ids.size() <= 40u); // Every second it would be 3600.
  BOOST_TEST(std::count(ids.begin(), ids.end(), ids.front()) == std::ssize(ids));
  BOOST_TEST(count("select count(*) from notice where times = 0") == 1);
  world->status["http://oncall"] = 503;
  pass(10min);
  BOOST_TEST(world->ids().size() > ids.size());
  world->status["http://oncall"] = 204;
  pass(10min);
  BOOST_TEST(count("select count(*) from notice where times = 1") == 1);
  BOOST_TEST(world->ids().back() == ids.front());
}

BOOST_AUTO_TEST_CASE(an_alert_that_ended_meanwhile_is_told_from_beginning_to_end) {
  world->status["http://oncall"] = 0;
  begin();
  round({change("disk", "Abnormal")});
  pass(5s);
  round({change("disk", "")});
  world->seen.clear();
  world->status["http://oncall"] = 200;
  pass(10min);
  BOOST_TEST(statuses() == "firing resolved");
  BOOST_TEST(left() == 0);
}

BOOST_AUTO_TEST_CASE(what_fails_for_too_long_is_given_up_and_that_is_told) {
  world->status["http://oncall"] = 0;
  settings->notify[0].repeat = base::hours(3);
  settings->notify[0].give_up_after = base::hours(1);
  begin();
  round({change("disk", "Abnormal")});
  pass(55min);
  BOOST_TEST(left() == 1);
  BOOST_TEST(count("select times from notice") == 0);
  pass(15min);
  BOOST_TEST(log.text().find("notice-given-up") != std::string::npos);
  BOOST_TEST(count("select times from notice") == 1);
  auto seen = world->seen.size();
  pass(1h);
  BOOST_TEST(world->seen.size() == seen); // Until the repetition.
  auto told =
    tests::ok(ask<receivers_found>(of<notifier_actor>(notifier_name), admin, receivers_query{}));
  BOOST_TEST(told.receivers.at(0).given_up == 1);
  round({change("disk", "")});
  pass(80min);
  BOOST_TEST(left() == 0);
}

BOOST_AUTO_TEST_CASE(a_receiver_that_fails_delays_no_other) {
  auto to = settings->notify[0];
  to.name = "log";
  to.url.text = "http://log";
  settings->notify.push_back(to);
  world->status["http://oncall"] = 500;
  begin();
  for (int i = 0; i < 20; ++i)
    round({change("r" + std::to_string(i), "Abnormal")});
  pass(10s);
  auto ids = world->ids("http://log");
  BOOST_TEST(std::set(ids.begin(), ids.end()).size() == 20u);
  BOOST_TEST(world->ids().size() <= 30u);
}

BOOST_AUTO_TEST_CASE(one_alert_that_a_receiver_refuses_does_not_block_the_others) {
  begin();
  world->poison = "poison";
  round({change("poison", "Abnormal")});
  pass(1s);
  for (int i = 0; i < 50; ++i)
    round({change("r" + std::to_string(i), "Abnormal")});
  pass(1min);
  BOOST_TEST(count("select count(*) from notice where times = 1") == 50);
  BOOST_TEST(count("select count(*) from notice where times = 0 and attempts > 1") == 1);
}

BOOST_AUTO_TEST_CASE(alerts_of_a_host_can_share_a_notice) {
  settings->notify[0].group = "host";
  auto other = add_host("h2");
  begin();
  round({change("a", "Abnormal"), change("b", "Abnormal")});
  std::swap(host, other);
  round({change("a", "Abnormal")});
  pass(2s);
  BOOST_REQUIRE(world->seen.size() == 2u);
  BOOST_TEST(world->seen[0].body["alerts"].size() + world->seen[1].body["alerts"].size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_notifier_that_died_is_followed_by_one_that_tells_what_was_not_answered) {
  world->is_holding = true; // Sent, and then the node dies.
  auto first = begin();
  round({change("disk", "Abnormal")});
  pass(1s);
  BOOST_REQUIRE(world->seen.size() == 1u);
  end(first, caf::exit_reason::kill);
  world->is_holding = false;
  begin();
  pass(2s);
  BOOST_REQUIRE(world->seen.size() == 2u);
  BOOST_TEST(world->seen[0].id == world->seen[1].id);
  BOOST_TEST(count("select times from notice") == 1);
}

BOOST_AUTO_TEST_CASE(slots_of_other_nodes_are_left_to_them) {
  auto slot = schedule::slot_of(host.host_id);
  begin();
  round({change("disk", "Abnormal")});
  slots->set(slot, 0);
  pass(1min);
  BOOST_TEST(world->seen.empty());
  slots->set(slot, 1);
  pass(2s);
  BOOST_TEST(world->seen.size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_the_store_does_not_take_is_not_told_twice) {
  begin();
  round({change("disk", "Abnormal")});
  world->is_holding = false;
  take_away(store_writer_name);
  pass(5s);
  BOOST_TEST(world->seen.size() == 1u);
  give_back(store_writer_name);
  pass(5s);
  BOOST_TEST(world->seen.size() == 1u);
  BOOST_TEST(count("select times from notice") == 1);
}

BOOST_AUTO_TEST_CASE(a_receiver_that_is_new_is_told_what_lasts_and_one_that_went_is_forgotten) {
  auto first = begin();
  round({change("disk", "Abnormal")});
  pass(2s);
  end(first);
  settings->notify[0].name = "new";
  begin();
  pass(3s);
  BOOST_TEST(world->seen.size() == 2u);
  BOOST_TEST(count("select count(*) from notice where receiver = 'oncall'") == 0);
  BOOST_TEST(count("select count(*) from notice where receiver = 'new' and times = 1") == 1);
}

BOOST_AUTO_TEST_CASE(a_sample_is_sent_when_asked_and_says_what_came_of_it) {
  auto whom = begin();
  auto tested = tests::ok(ask<notice_tested>(whom, admin, notice_to_test{"oncall"}));
  BOOST_TEST(tested.status == 200);
  BOOST_TEST(world->seen.at(0).body["status"] == "test");
  BOOST_TEST(world->seen.at(0).id == tested.id);
  world->status["http://oncall"] = 403;
  auto refused = ask<notice_tested>(whom, admin, notice_to_test{"oncall"});
  BOOST_TEST(tests::failure_of(refused) == ec::unreachable);
  BOOST_TEST(refused.error().detail == "it answered HTTP 403");
  BOOST_TEST(tests::failure_of(ask<notice_tested>(whom, admin, notice_to_test{"nobody"})) ==
             ec::not_found);
}

BOOST_AUTO_TEST_CASE(figures_tell_alerts_hosts_and_what_waits) {
  world->status["http://oncall"] = 0;
  begin();
  round({change("disk", "Abnormal")});
  pass(6s);
  auto text = metrics::metrics_text();
  BOOST_TEST(text.find("aops_alerts{severity=\"critical\"} 1\n") != std::string::npos);
  BOOST_TEST(text.find("aops_hosts_by_status{status=\"unknown\"} 1\n") != std::string::npos);
  BOOST_TEST(text.find("aops_notices_waiting{receiver=\"oncall\"} 1\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_alertmanager_is_told_in_its_form_again_in_time_and_of_the_end) {
  settings->notify[0].format = "alertmanager";
  settings->notify[0].repeat = base::minutes(1);
  settings->http.public_url = "https://aops";
  begin();
  round({change("disk", "Abnormal"), change("cpu", "Abnormal")});
  auto began = now->now_ms();
  pass(1s);
  BOOST_REQUIRE(world->seen.size() == 1u); // Both at once.
  BOOST_TEST(world->seen[0].url == "http://oncall/api/v2/alerts");
  BOOST_REQUIRE(world->seen[0].body.size() == 2u);
  auto first = world->seen[0].body[0];
  BOOST_TEST(first["labels"]["alertname"] == "disk");
  BOOST_TEST(first["labels"]["host"] == "name-h1");
  BOOST_TEST(first["labels"]["host_id"] == host.host_id);
  BOOST_TEST(first["generatorURL"] == "https://aops/ui/hosts/" + host.host_id);
  BOOST_TEST(end_of(first) > began + 3'500'000);
  pass(10min);
  BOOST_TEST(world->seen.size() >= 10u);
  BOOST_TEST(world->seen.size() <= 12u);
  round({change("disk", "")});
  auto before = world->seen.size();
  pass(2s);
  BOOST_REQUIRE(world->seen.size() == before + 1);
  const auto& last = world->seen.back().body;
  BOOST_REQUIRE(last.size() == 1u);
  BOOST_TEST(last[0]["labels"] == first["labels"]);
  BOOST_TEST(last[0]["startsAt"] == first["startsAt"]);
  BOOST_TEST(end_of(last[0]) <= now->now_ms());
}

BOOST_AUTO_TEST_CASE(an_alert_that_begins_again_is_not_ended_by_the_end_of_the_one_before) {
  settings->notify[0].format = "alertmanager";
  settings->notify[0].repeat = base::minutes(1);
  begin();
  round({change("disk", "Abnormal")});
  pass(1s);
  world->status["http://oncall/api/v2/alerts"] = 0;
  round({change("disk", "")});
  pass(10s);
  round({change("disk", "Abnormal")});
  pass(10s);
  world->seen.clear();
  world->status.clear();
  pass(10min);
  BOOST_TEST(!world->seen.empty());
  for (const auto& x : world->seen)
    for (const auto& alert : x.body)
      BOOST_TEST(end_of(alert) > now->now_ms());
  BOOST_TEST(left() == 1);
}

BOOST_AUTO_TEST_CASE(what_an_alertmanager_refuses_is_sent_alone_the_next_time) {
  settings->notify[0].format = "alertmanager";
  settings->notify[0].repeat = base::hours(4);
  world->poison = "poison";
  begin();
  round({change("poison", "Abnormal"), change("a", "Abnormal"), change("b", "Abnormal")});
  pass(1min);
  BOOST_TEST(count("select count(*) from notice where times = 1") == 2);
  BOOST_TEST(count("select count(*) from notice where times = 0") == 1);
}

BOOST_AUTO_TEST_CASE(a_chat_that_refuses_in_its_answer_is_told_again) {
  settings->notify[0].format = "dingtalk";
  world->answer = R"({"errcode":310000,"errmsg":"keywords not in content"})";
  begin();
  round({change("disk", "Abnormal")});
  pass(5s);
  BOOST_TEST(world->seen.size() >= 2u);
  BOOST_TEST(count("select times from notice") == 0);
  BOOST_TEST(log.text().find("it answered errcode 310000") != std::string::npos);
  world->answer = R"({"errcode":0})";
  pass(1min);
  BOOST_TEST(count("select times from notice") == 1);
  BOOST_TEST(world->seen.back().body["msgtype"] == "text");
}

BOOST_AUTO_TEST_CASE(a_template_that_is_wrong_is_refused_by_name) {
  settings->notify[0].body = "{{#alerts}}";
  auto targets = notice_targets_of(*settings);
  BOOST_REQUIRE(!targets);
  BOOST_TEST(targets.error().detail.starts_with("notify oncall: body: "));
}

BOOST_AUTO_TEST_CASE(headers_go_along_and_are_not_logged) {
  auto targets = tests::ok(notice_targets_of(*settings));
  targets[0].headers = {"Authorization: Bearer hunter2"};
  world->status["http://oncall"] = 500;
  start_as(notifier_name, notifier, notifier_parts{std::move(targets), names, now, slots});
  round({change("disk", "Abnormal")});
  pass(5s);
  const auto& headers = world->seen.at(0).headers;
  BOOST_TEST(
    (std::find(headers.begin(), headers.end(), "Authorization: Bearer hunter2") != headers.end()));
  BOOST_TEST(
    (std::find(headers.begin(), headers.end(), "Content-Type: application/json") != headers.end()));
  BOOST_TEST(log.text().find("notice-failed") != std::string::npos);
  BOOST_TEST(log.text().find("hunter2") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(while_silenced_nobody_is_told_but_afterwards_of_what_lasts) {
  begin();
  auto added = silence(600);
  BOOST_TEST(added.state == "active");
  pass(1s);
  round({change("disk", "Abnormal"), change("cpu", "Abnormal")});
  pass(5min);
  BOOST_TEST(world->seen.empty());
  auto page = open();
  BOOST_REQUIRE(page.alerts.size() == 2u);
  BOOST_TEST(page.alerts[0].silenced_by == added.silence_id);
  BOOST_TEST(page.alerts[0].silenced_until->ms == added.ends_at->ms);
  round({change("cpu", "")}); // Nobody ever hears of it.
  pass(2min);
  BOOST_TEST(world->seen.empty());
  BOOST_TEST(left() == 1);
  pass(4min);
  BOOST_TEST(statuses() == "firing");
  BOOST_TEST(world->seen[0].body["alerts"][0]["check_item"] == "disk");
  BOOST_TEST(open().alerts[0].silenced_by == "");
  round({change("disk", "")});
  pass(2s);
  BOOST_TEST(statuses() == "firing resolved");
  BOOST_TEST(left() == 0);
}

BOOST_AUTO_TEST_CASE(the_end_of_what_was_told_before_goes_out_while_silenced) {
  settings->notify[0].repeat = base::minutes(1);
  begin();
  round({change("disk", "Abnormal")});
  pass(2s);
  BOOST_TEST(statuses() == "firing");
  silence(3600);
  pass(10min);
  BOOST_TEST(statuses() == "firing"); // It is not repeated.
  round({change("disk", "")});
  pass(2s);
  BOOST_TEST(statuses() == "firing resolved");
  BOOST_TEST(left() == 0);
}

BOOST_AUTO_TEST_CASE(a_silence_that_is_ended_lets_go_at_once) {
  begin();
  auto first = silence(3600), second = silence(1800, {"alertname=~di.*"});
  pass(1s);
  round({change("disk", "Abnormal")});
  pass(1min);
  end_silence(first.silence_id);
  pass(5s);
  BOOST_TEST(world->seen.empty()); // The other one is about it, too.
  BOOST_TEST(open().alerts[0].silenced_by == second.silence_id);
  end_silence(second.silence_id);
  pass(2s);
  BOOST_TEST(statuses() == "firing");
}

BOOST_AUTO_TEST_CASE(an_attempt_before_the_silence_may_have_been_heard_so_its_end_is_told) {
  world->status["http://oncall"] = 0;
  begin();
  round({change("disk", "Abnormal")});
  pass(2s);
  BOOST_TEST(!world->seen.empty());
  silence(3600);
  world->status["http://oncall"] = 200;
  world->seen.clear();
  pass(10min);
  BOOST_TEST(world->seen.empty());
  round({change("disk", "")});
  pass(2s);
  BOOST_TEST(statuses() == "resolved");
  BOOST_TEST(left() == 0);
}

BOOST_AUTO_TEST_CASE(an_alertmanager_goes_on_hearing_of_what_it_knows_and_of_nothing_else) {
  auto& to = settings->notify[0];
  to.format = "alertmanager";
  to.repeat = base::minutes(1);
  begin();
  round({change("disk", "Abnormal")});
  pass(2s);
  BOOST_TEST(world->seen.size() == 1u);
  silence(3600);
  pass(1s);
  round({change("cpu", "Abnormal")});
  pass(10min);
  BOOST_TEST(world->seen.size() >= 10u);
  for (const auto& x : world->seen)
    for (const auto& alert : x.body)
      BOOST_TEST(alert["labels"]["alertname"] == "disk");
}

BOOST_AUTO_TEST_CASE(a_silence_is_before_what_is_stored_later_though_its_round_was_due_earlier) {
  auto& to = settings->notify[0];
  to.format = "alertmanager";
  begin();
  silence(600);
  auto alert = change("cpu", "Abnormal");
  alert.since_ms -= 800;
  round({alert}, 800ms);
  pass(5min);
  BOOST_TEST(world->seen.empty());
  round({change("cpu", "")});
  pass(10min);
  BOOST_TEST(world->seen.empty());
  BOOST_TEST(left() == 0);
}

BOOST_AUTO_TEST_CASE(a_silence_outlives_the_notifier) {
  begin();
  silence(600);
  pass(1s);
  round({change("disk", "Abnormal")});
  pass(1min);
  take_away(notifier_name);
  begin();
  pass(8min);
  BOOST_TEST(world->seen.empty());
  pass(2min);
  BOOST_TEST(!world->seen.empty());
}

BOOST_AUTO_TEST_CASE(a_receiver_that_is_new_hears_of_what_lasts_with_labels_and_annotations) {
  auto alert = change("disk", "Abnormal");
  alert.rule_labels = {{"team", "storage"}};
  alert.annotations = {{"summary", "nearly full"}};
  round({alert});
  db().run("delete from notice").value();
  begin();
  pass(2s);
  BOOST_REQUIRE(world->seen.size() == 1u);
  const auto& told = world->seen[0].body["alerts"][0];
  BOOST_TEST(told["rule_labels"]["team"] == "storage");
  BOOST_TEST(told["annotations"]["summary"] == "nearly full");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
