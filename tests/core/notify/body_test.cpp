#include "runtime/base/json_codec.hpp"
#include "runtime/core/notify/body.hpp"

#include <boost/test/unit_test.hpp>

namespace body_test {

using namespace aops;
using base::json;
using notify::body_writer;

namespace {

notice_body notice() {
  told_alert x;
  x.alert_id = "1f";
  x.host_id = "h1";
  x.host_name = "web2";
  x.check_item = "disk-full";
  x.labels = {{"mountpoint", "/va\"r"}};
  x.severity = "critical";
  x.value = "Abnormal";
  x.description = "say \"hello\"\nto <all>";
  x.since.ms = 1'700'000'000'500;
  auto y = x;
  y.alert_id = "2e";
  y.host_name = "web3";
  y.labels.clear();
  return {"id-1", "oncall", "firing", {x, y}};
}

std::string written(const std::string& text, const std::string& type = "application/json") {
  base::notify_receiver to;
  to.body = text;
  to.content_type = type;
  auto writer = body_writer::of(to);
  BOOST_REQUIRE_MESSAGE(writer, (writer ? "" : writer.error().detail));
  auto body = writer->write(notice(), 0);
  BOOST_REQUIRE(body);
  return *body;
}

} // namespace

BOOST_AUTO_TEST_SUITE(bodies)

BOOST_AUTO_TEST_CASE(without_a_template_it_is_a_json_document) {
  auto body = json::parse(written(""));
  BOOST_TEST(body["id"] == "id-1");
  BOOST_TEST(body["status"] == "firing");
  BOOST_TEST(body["alerts"].size() == 2u);
  const auto& x = body["alerts"][0];
  BOOST_TEST(x["host_name"] == "web2");
  BOOST_TEST(x["labels"]["mountpoint"] == "/va\"r");
  BOOST_TEST(x["since"] == 1'700'000'000.5);
  BOOST_TEST(x["ended"] == 0);
  BOOST_TEST(x["description"] == "say \"hello\"\nto <all>");
}

BOOST_AUTO_TEST_CASE(templates_of_json_escape_as_json) {
  auto body = json::parse(
    written("{\"text\": \"{{title}}: {{description}}\", \"all\": [{{#alerts}}\"{{host_name}} "
            "{{#labels}}{{name}}={{value}}{{/labels}}\"{{^is_last}},{{/is_last}}{{/alerts}}]}"));
  BOOST_TEST(body["text"] ==
             "critical  web2  disk-full{mountpoint=\"/va\"r\"}: say \"hello\"\nto <all>");
  BOOST_TEST(body["all"][0] == "web2 mountpoint=/va\"r");
  BOOST_TEST(body["all"][1] == "web3 ");
}

BOOST_AUTO_TEST_CASE(plain_text_stays_as_it_is_and_html_is_escaped) {
  const std::string text = "{{count}} {{status}} {{since_time}} {{description}}";
  BOOST_TEST(written(text, "text/plain") ==
             "2 firing 2023-11-14T22:13:20Z say \"hello\"\nto <all>");
  BOOST_TEST(written(text, "text/html").find("&lt;all&gt;") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_begins_and_what_ends_can_be_told_apart) {
  BOOST_TEST(written("{{#is_firing}}on{{/is_firing}}{{#is_resolved}}off{{/is_resolved}}") == "on");
}

BOOST_AUTO_TEST_CASE(files_are_not_read_and_unknown_names_are_empty) {
  BOOST_TEST(written("[{{> /etc/passwd}}{{nothing}}]", "text/plain") == "[]");
}

BOOST_AUTO_TEST_CASE(a_template_that_is_not_closed_is_refused) {
  base::notify_receiver to;
  for (auto text : {"{{#alerts}}", "{{title", "{{/alerts}}"}) {
    to.body = text;
    auto writer = body_writer::of(to);
    BOOST_REQUIRE(!writer);
    BOOST_TEST((writer.error() == ec::bad_request));
    BOOST_TEST(!writer.error().detail.empty());
  }
}

BOOST_AUTO_TEST_CASE(a_body_has_an_end) {
  base::notify_receiver to;
  to.body = "{{#alerts}}{{#alerts}}{{#alerts}}{{description}}{{/alerts}}{{/alerts}}{{/alerts}}";
  to.content_type = "text/plain";
  auto x = notice();
  x.alerts.assign(100, x.alerts.front());
  x.alerts.front().description = std::string(100, 'x');
  auto writer = body_writer::of(to);
  BOOST_REQUIRE(writer);
  BOOST_TEST(!writer->write(x, 0).has_value());
}

BOOST_AUTO_TEST_CASE(the_sample_says_that_it_is_one) {
  auto x = notify::sample_notice("oncall", "t", 1000);
  BOOST_TEST(x.status == "test");
  BOOST_TEST(x.alerts.at(0).description.find("test") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace body_test
