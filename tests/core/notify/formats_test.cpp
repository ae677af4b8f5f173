#include "runtime/base/json_codec.hpp"
#include "runtime/core/notify/alertmanager.hpp"
#include "runtime/core/notify/body.hpp"
#include "runtime/core/notify/chat.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>

namespace formats_test {

using namespace aops;
using base::json;

namespace {

constexpr int64_t now_ms = 1'700'000'060'000;

/// With something in it for each chat to trip over.
told_alert alert() {
  told_alert x;
  x.alert_id = "1f";
  x.owner = "admin";
  x.host_id = "h1";
  x.host_name = "web2";
  x.public_ip = "192.0.2.7";
  x.check_item = "disk_full";
  x.labels = {{"mountpoint", "/va\"r"}};
  x.severity = "critical";
  x.value = "Abnormal";
  x.description = "say \"<hello>\" & *all*\n@channel [x](http://evil)";
  x.since.ms = 1'700'000'000'250;
  return x;
}

notice_body notice(std::string status, std::vector<told_alert> alerts) {
  for (auto& x : alerts)
    x.status = status;
  return {"id-1", "oncall", std::move(status), std::move(alerts)};
}

std::vector<std::pair<std::string, notice_body>> cases() {
  auto ended = alert();
  ended.ended.ms = now_ms - 1000;
  ended.ended_as = "No data";
  ended.ended_reason = "refused";
  auto silent = alert();
  silent.alert_id = "2e";
  silent.value = "No data";
  silent.reason = "exporter refused the connection";
  silent.severity = "warning";
  auto diagnosed = alert();
  diagnosed.labels = {{"alertname", "NodeSlow"}, {"instance", "web2:9100"}};
  diagnosed.annotations = {{"summary", "as it was"}};
  diagnosed.source = "http://prometheus/graph";
  diagnosed.cause = "host slow > cpu exhausted: Every core is busy.";
  diagnosed.report_id = "7f";
  return {{"firing", notice("firing", {alert(), silent})},
          {"resolved", notice("resolved", {ended})},
          {"diagnosed", notice("diagnosed", {diagnosed})},
          {"test", notify::sample_notice("oncall", "t", now_ms)}};
}

std::string written(const std::string& format, const notice_body& x) {
  base::notify_receiver to;
  to.format = format;
  auto writer = notify::body_writer::of(to, "https://aops.example.org/");
  BOOST_REQUIRE(writer);
  auto body = writer->write(x, now_ms);
  BOOST_REQUIRE(body);
  return *body;
}

} // namespace

BOOST_AUTO_TEST_SUITE(formats)

/// `bodies.json`: what each format makes of each case. With AOPS_GOLDEN=write it is written anew.
BOOST_AUTO_TEST_CASE(each_format_is_as_it_was_recorded) {
  const std::string path = AOPS_SOURCE_DIR "/tests/core/notify/bodies.json";
  json found;
  for (auto format : {"alertmanager", "slack", "mattermost", "feishu", "dingtalk", "wecom"})
    for (const auto& [name, x] : cases())
      found[format][name] = json::parse(written(format, x));
  if (const char* how = std::getenv("AOPS_GOLDEN"); how && std::string_view{how} == "write")
    std::ofstream{path} << found.dump(1) << '\n';
  std::ifstream file{path};
  auto golden = json::parse(file, nullptr, false);
  for (const auto& [format, bodies] : found.items())
    for (const auto& [name, body] : bodies.items())
      BOOST_TEST(body == golden[format][name], format << " " << name << ": " << body.dump(1));
}

BOOST_AUTO_TEST_CASE(an_alert_has_the_same_labels_from_beginning_to_end) {
  auto begun = alert(), ended = alert();
  ended.status = "resolved";
  ended.ended.ms = now_ms;
  ended.ended_as = "No data";
  BOOST_TEST(notify::alertmanager_key(begun) == notify::alertmanager_key(ended));
  ended.value = "No data"; // Another alert.
  BOOST_TEST(notify::alertmanager_key(begun) != notify::alertmanager_key(ended));
}

BOOST_AUTO_TEST_CASE(labels_of_rules_do_not_replace_ours_and_have_legal_names) {
  auto x = alert();
  x.labels = {{"host", "theirs"}, {"value", "1"}, {"a-b", "2"}, {"9", "3"}, {"empty", ""}};
  auto labels = notify::alertmanager_labels(x);
  BOOST_TEST(labels["host"] == "web2");
  BOOST_TEST(labels["exported_host"] == "theirs");
  BOOST_TEST(labels["exported_value"] == "1");
  BOOST_TEST(labels["a_b"] == "2");
  BOOST_TEST(labels["_9"] == "3");
  BOOST_TEST(!labels.contains("empty"));
}

BOOST_AUTO_TEST_CASE(what_a_rule_gives_its_alerts_stands_over_ours) {
  auto x = alert();
  x.rule_labels = {{"severity", "page"}, {"alertname", "Named"}, {"team", "ops"}, {"host", "no"}};
  x.annotations = {{"summary", "is 5"}};
  auto labels = notify::alertmanager_labels(x);
  BOOST_TEST(labels["severity"] == "page");
  BOOST_TEST(labels["alertname"] == "Named");
  BOOST_TEST(labels["team"] == "ops");
  BOOST_TEST(labels["host"] == "web2");
  auto body = json::parse(notify::alertmanager_body(notice("firing", {x}), {}, "", now_ms)).at(0);
  BOOST_TEST(body["annotations"]["summary"] == "is 5");
}

BOOST_AUTO_TEST_CASE(what_lasts_expires_after_its_time_and_what_ended_has_its_end) {
  base::notify_receiver to;
  to.expire_after = base::minutes(30);
  auto body = [&](notice_body x) {
    return json::parse(notify::alertmanager_body(x, to, "", now_ms)).at(0);
  };
  BOOST_TEST(body(notice("firing", {alert()}))["endsAt"] == "2023-11-14T22:44:20.000Z");
  BOOST_TEST(body(notice("firing", {alert()}))["startsAt"] == "2023-11-14T22:13:20.250Z");
  BOOST_TEST(!body(notice("firing", {alert()})).contains("generatorURL"));
  auto ended = alert();
  ended.ended = ended.since; // As short as can be.
  BOOST_TEST(body(notice("resolved", {ended}))["endsAt"] == "2023-11-14T22:13:20.251Z");
  // When an alert of another system is over is not for us to say.
  BOOST_TEST(!body(notice("diagnosed", {alert()})).contains("endsAt"));
}

BOOST_AUTO_TEST_CASE(addresses_may_be_those_of_the_server_or_of_its_api) {
  BOOST_TEST(notify::alertmanager_url("http://a:9093") == "http://a:9093/api/v2/alerts");
  BOOST_TEST(notify::alertmanager_url("http://a/am/") == "http://a/am/api/v2/alerts");
  BOOST_TEST(notify::alertmanager_url("http://a/api/v2/alerts") == "http://a/api/v2/alerts");
}

BOOST_AUTO_TEST_CASE(messages_are_as_long_as_their_chat_takes) {
  auto x = alert();
  x.description = std::string(5000, 'x') + "é";
  for (size_t i = 0; i < 5; ++i)
    x.description += x.description;
  auto many = notice("firing", std::vector<told_alert>(100, x));
  auto text = [&](const char* format) { return json::parse(written(format, many)); };
  BOOST_TEST(text("wecom")["text"]["content"].get<std::string>().size() <= 2048u);
  BOOST_TEST(text("dingtalk").dump().size() <= 20'000u);
  BOOST_TEST(text("feishu").dump().size() <= 20'000u);
  BOOST_TEST(text("slack")["attachments"].size() == 20u);
  BOOST_TEST(text("slack")["text"] == "firing: 100 alerts\nand 80 more");
  BOOST_TEST(text("mattermost")["text"] == "and 80 more");
}

BOOST_AUTO_TEST_CASE(text_that_is_no_utf8_is_sent_all_the_same) {
  auto x = alert();
  x.description = "caf\xE9";
  for (auto format : {"alertmanager", "slack", "mattermost", "feishu", "dingtalk", "wecom"})
    BOOST_TEST(!json::parse(written(format, notice("firing", {x})), nullptr, false).is_discarded());
}

BOOST_AUTO_TEST_CASE(chats_that_refuse_by_their_body_have_refused) {
  using notify::chat_refusal;
  BOOST_TEST(chat_refusal("wecom", R"({"errcode":0,"errmsg":"ok"})").empty());
  BOOST_TEST(chat_refusal("dingtalk", R"({"errcode":310000,"errmsg":"hunter2"})") ==
             "it answered errcode 310000");
  BOOST_TEST(chat_refusal("feishu", R"({"code":19021,"msg":"sign"})") == "it answered code 19021");
  BOOST_TEST(chat_refusal("feishu", R"({"StatusCode":0,"StatusMessage":"success"})").empty());
  BOOST_TEST(chat_refusal("feishu", "<html>") == "its answer is no JSON object");
  BOOST_TEST(chat_refusal("wecom", "{}") == "its answer has no code");
  BOOST_TEST(chat_refusal("slack", "ok").empty());
  BOOST_TEST(chat_refusal("mattermost", "").empty());
  BOOST_TEST(chat_refusal("alertmanager", "").empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace formats_test
