#include "runtime/core/logs/formats.hpp"

#include <boost/test/unit_test.hpp>

using namespace aops;
using namespace aops::logs;

namespace {

constexpr std::string_view this_host = "h1";

template <class Read>
std::vector<record> lines_by(Read read, std::string_view body) {
  auto got = read(body, origin{this_host});
  BOOST_REQUIRE_MESSAGE(got, (got ? std::string{} : got.error().detail));
  return std::move(*got);
}

template <class Read>
std::string refusal_by(Read read, std::string_view body) {
  auto got = read(body, origin{this_host});
  return got ? "none" : to_string(got.error());
}

std::string field_of(const record& x, std::string_view name) {
  for (const auto& [key, value] : x.fields)
    if (key == name)
      return value;
  return "absent";
}

} // namespace

BOOST_AUTO_TEST_SUITE(log_formats)

BOOST_AUTO_TEST_CASE(a_list_of_fluent_bit_is_read) {
  auto all = lines_by(json_records, R"([
    {"date": 1588189675.25, "log": "first\n", "path": "/var/log/messages", "offset": 17, "level": "WARN", "k": {"a": 1}},
    {"date": "2026-03-01T08:15:00.123456789Z", "message": "second", "ident": "sshd", "pid": 7, "PRIORITY": "3"}])");
  BOOST_REQUIRE(all.size() == 2u);
  BOOST_TEST(all[0].time_ns == 1588189675250000000);
  BOOST_TEST(all[0].message == "first");
  BOOST_TEST(all[0].source == "/var/log/messages");
  BOOST_TEST(all[0].offset == 17);
  BOOST_TEST(all[0].severity == 4);
  BOOST_TEST(field_of(all[0], "k") == R"({"a":1})");
  BOOST_TEST(all[1].time_ns == 1772352900123456789);
  BOOST_TEST(all[1].program == "sshd");
  BOOST_TEST(all[1].pid == "7");
  BOOST_TEST(all[1].severity == 3);
}

BOOST_AUTO_TEST_CASE(objects_on_lines_are_read) {
  auto all = lines_by(json_records, "{\"msg\": \"a\"}\n\r\n{\"msg\": \"b\"}");
  BOOST_REQUIRE(all.size() == 2u);
  BOOST_TEST(all[1].message == "b");
  BOOST_TEST(all[1].time_ns == 0);
  BOOST_TEST(all[1].offset == no_offset);
}

BOOST_AUTO_TEST_CASE(without_a_message_the_whole_object_is_it) {
  auto all = lines_by(json_records, R"({"cpu": 1})");
  BOOST_TEST(all[0].message == R"({"cpu":1})");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_named_by_its_place) {
  BOOST_TEST(refusal_by(json_records, "{\"a\": 1}\n[]").find("line 2: must be an object") !=
             std::string::npos);
  BOOST_TEST(refusal_by(json_records, "[{}, 3]").find("record 2: must be an object") !=
             std::string::npos);
  BOOST_TEST(refusal_by(json_records, "{\"a\": 1}\n{\"a\"").find("line 2:") != std::string::npos);
  BOOST_TEST(refusal_by(json_records, "nonsense").find("bad_request") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_line_of_another_host_is_refused) {
  BOOST_TEST(refusal_by(json_records, R"([{"log": "x"}, {"log": "x", "host_id": "h2"}])") ==
             "permission_denied: record 2: host_id: the token is of another host");
  BOOST_TEST(lines_by(json_records, R"({"log": "x", "host_id": "h1"})").size() == 1u);
  BOOST_TEST(refusal_by(journal_records, "MESSAGE=x\nAOPS_HOST_ID=h2\n\n") ==
             "permission_denied: line 2: AOPS_HOST_ID: the token is of another host");
  BOOST_TEST(refusal_by(otlp_records, R"({"resourceLogs": [{"resource": {"attributes":
    [{"key": "aops.host_id", "value": {"stringValue": "h2"}}]}}]})") ==
             "permission_denied: record 1: aops.host_id: the token is of another host");
}

BOOST_AUTO_TEST_CASE(a_long_line_is_cut_with_a_mark) {
  std::string text(most_message - 1, 'x');
  auto fits = lines_by(json_records, R"({"log": ")" + text + "y\"}");
  BOOST_TEST(!fits[0].is_cut);
  auto longer =
    lines_by(json_records, R"({"log": ")" + text + "\u00e9\"}"); // Two bytes where one fits.
  BOOST_TEST(longer[0].is_cut);
  BOOST_TEST(longer[0].message.size() == most_message - 1);
}

BOOST_AUTO_TEST_CASE(more_fields_than_are_kept_are_cut) {
  std::string body = R"({"log": "x")";
  for (size_t i = 0; i < 100; ++i)
    body += ",\"f" + std::to_string(i) + "\":1";
  auto all = lines_by(json_records, body + "}");
  BOOST_TEST(all[0].fields.size() == most_fields);
  BOOST_TEST(all[0].is_cut);
}

BOOST_AUTO_TEST_CASE(otlp_is_read) {
  auto all = lines_by(otlp_records, R"({"resourceLogs": [{
    "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}},
                                {"key": "zone", "value": {"stringValue": "a"}}]},
    "scopeLogs": [{"scope": {"name": "s"}, "logRecords": [
      {"timeUnixNano": "1544712660300000001", "severityNumber": 17, "body": {"stringValue": "down"},
       "attributes": [{"key": "log.file.path", "value": {"stringValue": "/a"}},
                      {"key": "log.file.record_offset", "value": {"intValue": "12"}},
                      {"key": "zone", "value": {"stringValue": "b"}}], "traceId": "abc", "unknown": 1},
      {"observedTimeUnixNano": 1544712660000000000, "severityText": "Information",
       "body": {"kvlistValue": {"values": [{"key": "a", "value": {"boolValue": true}}]}}}]}]}]})");
  BOOST_REQUIRE(all.size() == 2u);
  BOOST_TEST(all[0].time_ns == 1544712660300000001);
  BOOST_TEST(all[0].severity == 3);
  BOOST_TEST(all[0].program == "shop");
  BOOST_TEST(all[0].source == "/a");
  BOOST_TEST(all[0].offset == 12);
  BOOST_TEST(field_of(all[0], "zone") == "b");
  BOOST_TEST(field_of(all[0], "traceId") == "abc");
  BOOST_TEST(all[1].severity == 6);
  BOOST_TEST(all[1].message == R"({"a":true})");
  BOOST_TEST(all[1].offset == no_offset);
  BOOST_TEST(lines_by(otlp_records, "{}").empty());
  BOOST_TEST(refusal_by(otlp_records, R"({"resourceLogs": 1})") ==
             "bad_request: record 1: resourceLogs: must be a list");
}

BOOST_AUTO_TEST_CASE(the_journals_export_is_read) {
  std::string body =
    "__CURSOR=s=0123456789ab;i=1f;b=2;m=3;t=4;x=5\n__REALTIME_TIMESTAMP=1700000000000001\n"
    "PRIORITY=3\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=cron\n_PID=12\n_SYSTEMD_UNIT=cron.service\n"
    "_BOOT_ID=ff\nCODE_LINE=7\nMESSAGE\n";
  body += std::string("\x07\0\0\0\0\0\0\0", 8) + "two\nrow\n\n_PID=1\n\nMESSAGE=last\n";
  auto all = lines_by(journal_records, body);
  BOOST_REQUIRE(all.size() == 2u); // One without a message is none.
  BOOST_TEST(all[0].message == "two\nrow");
  BOOST_TEST(all[0].time_ns == 1700000000000001000);
  BOOST_TEST(all[0].source == "journal:01234567");
  BOOST_TEST(all[0].offset == 0x1f);
  BOOST_TEST(all[0].severity == 3);
  BOOST_TEST(all[0].facility == 3);
  BOOST_TEST(all[0].program == "cron");
  BOOST_TEST(all[0].pid == "12");
  BOOST_TEST(field_of(all[0], "unit") == "cron.service");
  BOOST_TEST(field_of(all[0], "CODE_LINE") == "7");
  BOOST_TEST(field_of(all[0], "_BOOT_ID") == "absent");
  BOOST_TEST(all[1].message == "last");
}

BOOST_AUTO_TEST_CASE(a_broken_export_is_refused_by_line) {
  BOOST_TEST(refusal_by(journal_records, "MESSAGE=x") ==
             "bad_request: line 1: the line does not end");
  BOOST_TEST(refusal_by(journal_records, "A=1\nlow=2\n").find("line 2: the name of a field") !=
             std::string::npos);
  BOOST_TEST(refusal_by(journal_records, "MESSAGE\nabc") ==
             "bad_request: line 1: the length of the field is cut off");
  BOOST_TEST(refusal_by(journal_records,
                        "MESSAGE\n\xff\xff\xff\xff\xff\xff\xff\xff"
                        "abc\n") == "bad_request: line 1: the field is longer than what came");
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_text_become_one) {
  auto all = lines_by(journal_records,
                      "MESSAGE=a\xff"
                      "b\n");
  BOOST_TEST(all[0].message == "a\xEF\xBF\xBD"
                               "b");
}

BOOST_AUTO_TEST_CASE(times_are_known_by_their_size) {
  BOOST_TEST(time_of_text("1588189675") == 1588189675000000000);
  BOOST_TEST(time_of_text("1588189675327") == 1588189675327000000);
  BOOST_TEST(time_of_text("1588189675327123") == 1588189675327123000);
  BOOST_TEST(time_of_text("1588189675327123456") == 1588189675327123456);
  BOOST_TEST(time_of_text("2020-04-29 19:07:55.327122") == 1588187275327122000);
  BOOST_TEST(time_of_text("2020-04-29T21:07:55+0200") == 1588187275000000000);
  for (auto* none : {"", "soon", "-1", "0", "2020-04-29", "2020-13-29T00:00:00Z"})
    BOOST_TEST(time_of_text(none) == 0);
  BOOST_TEST(time_of_number(1e300) == 0);
  BOOST_TEST(time_of_number(1588189675.327123) == 1588189675327123000); // No chance below.
  BOOST_TEST(time_of_number(1588189675327.125) == 1588189675327125000);
}

BOOST_AUTO_TEST_SUITE_END()
