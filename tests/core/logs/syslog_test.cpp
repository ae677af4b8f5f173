#include "runtime/core/logs/syslog_records.hpp"

#include <boost/test/unit_test.hpp>

namespace syslog_test {

using namespace aops;
using namespace aops::logs;

namespace {

std::string frames_of(std::vector<std::string> pieces, bool at_end = false) {
  syslog_frames it;
  std::string out;
  for (const auto& piece : pieces) {
    it.add(piece);
    while (auto message = it.next())
      out += "(" + *message + ")";
  }
  if (at_end)
    if (auto last = it.rest())
      out += "(" + *last + ")";
  return it.is_broken() ? out + "!" : out;
}

std::string why(const std::string& text) {
  auto read = read_syslog(text);
  return read ? "" : read.error().detail;
}

} // namespace

BOOST_AUTO_TEST_SUITE(syslog)

BOOST_AUTO_TEST_CASE(a_message_is_read_with_its_elements_and_without_its_token) {
  auto read =
    read_syslog("<165>1 2026-03-01T08:15:00.003+01:00 web1 app 42 ID47 "
                "[aops@32473 token=\"secret\"][x@1 a=\"1\" b=\"q\\\"\\]\"] \xEF\xBB\xBFIt works\n");
  BOOST_REQUIRE(read);
  const auto& x = read->what;
  BOOST_TEST(x.time_ns == 1'772'349'300'003'000'000);
  BOOST_TEST(severity_name(x.severity) == "notice");
  BOOST_TEST(facility_name(x.facility) == "local4");
  BOOST_TEST((x.program + x.pid + x.source + "|" + x.message) == "app42syslog:web1|It works");
  BOOST_TEST(read->token == "secret");
  std::vector<std::pair<std::string, std::string>> fields{
    {"hostname", "web1"}, {"msgid", "ID47"}, {"x@1.a", "1"}, {"x@1.b", "q\"]"}};
  BOOST_TEST((x.fields == fields));
}

BOOST_AUTO_TEST_CASE(what_is_not_told_stays_open) {
  auto read = read_syslog("<0>1 - - - - - -");
  BOOST_REQUIRE(read);
  BOOST_TEST(read->what.time_ns == 0);
  BOOST_TEST((read->what.program + read->what.pid + read->what.message + read->token) == "");
  BOOST_TEST(read->what.fields.empty());
}

BOOST_AUTO_TEST_CASE(what_does_not_read_is_named) {
  BOOST_TEST(why("Mar 1 08:15:00 web1 app: old").ends_with("PRI"));
  BOOST_TEST(why("<192>1 - - - - - -").ends_with("PRI"));
  BOOST_TEST(why("<34>Oct 11 22:14:15 mymachine su: old").ends_with("VERSION"));
  BOOST_TEST(why("<34>1 yesterday - - - - -").ends_with("TIMESTAMP"));
  BOOST_TEST(why("<34>1 - - -").ends_with("HEADER"));
  BOOST_TEST(why("<34>1 - - - - - [a b=\"1\"").ends_with("STRUCTURED-DATA"));
  BOOST_TEST(why("<34>1 - - - - - x").ends_with("STRUCTURED-DATA"));
  BOOST_TEST(why("<34>1 - - - - - -x").ends_with("MSG"));
}

BOOST_AUTO_TEST_CASE(messages_are_counted_or_end_with_a_line_feed) {
  BOOST_TEST(frames_of({"5 <1>ab6 <2>", "abc"}) == "(<1>ab)(<2>abc)");
  BOOST_TEST(frames_of({"<1>a\n<2", ">b\r\n\n4 <3>c<4>d\n"}) == "(<1>a)(<2>b\r)(<3>c)(<4>d)");
  BOOST_TEST(frames_of({"1", "0 <1>", "4567890"}) == "(<1>4567890)");
  BOOST_TEST(frames_of({"<1>last"}, true) == "(<1>last)");
  BOOST_TEST(frames_of({"9 <1>"}, true) == "");
  BOOST_TEST(frames_of({"5 <1>ab99999999999 x"}) == "(<1>ab)!");
  BOOST_TEST(frames_of({"9x9 <1>ab"}) == "!");
  BOOST_TEST(frames_of({std::string(most_syslog_bytes + 2, '<')}) == "!");
}

BOOST_AUTO_TEST_CASE(a_collector_tells_the_file_of_a_line) {
  auto read = read_syslog(
    R"(<13>1 2026-03-01T08:15:00Z web1 kbox - - [aops@32473 token="t" source="/var/log/kbox.log" data_item="kbox"] panic)");
  BOOST_REQUIRE(read);
  BOOST_TEST(read->token == "t");
  BOOST_TEST(read->what.source == "/var/log/kbox.log");
  bool has_item = false;
  for (const auto& [name, value] : read->what.fields)
    has_item = has_item || (name == "data_item" && value == "kbox");
  BOOST_TEST(has_item);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace syslog_test
