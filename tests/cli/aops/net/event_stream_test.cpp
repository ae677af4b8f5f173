#include "cli/aops/net/event_stream.hpp"

#include <boost/test/unit_test.hpp>

namespace event_stream_test {

using namespace aops::cli;

BOOST_AUTO_TEST_SUITE(cli_event_stream)

BOOST_AUTO_TEST_CASE(events_come_out_however_the_bytes_are_cut) {
  std::string text = ": hello\n\nevent: progress\ndata: {\"a\":1}\n\nid: 7\r\nevent: "
                     "report\r\ndata: x\r\ndata:y\r\n\r\n";
  for (size_t piece = 1; piece <= text.size(); ++piece) {
    event_stream stream;
    std::vector<stream_event> events;
    for (size_t at = 0; at < text.size(); at += piece)
      for (auto& e : stream.feed(std::string_view{text}.substr(at, piece)))
        events.push_back(e);
    BOOST_REQUIRE(events.size() == 2u);
    BOOST_TEST(events[0].name == "progress");
    BOOST_TEST(events[0].data == "{\"a\":1}");
    BOOST_TEST(events[1].name == "report");
    BOOST_TEST(events[1].data == "x\ny");
    BOOST_TEST(stream.last_id() == "7");
  }
}

BOOST_AUTO_TEST_CASE(a_reconnect_forgets_half_an_event_but_not_the_id) {
  event_stream stream;
  stream.feed("id: 3\ndata: x\n\ndata: half");
  stream.reconnect();
  auto events = stream.feed("data: whole\n\n");
  BOOST_REQUIRE(events.size() == 1u);
  BOOST_TEST(events[0].data == "whole");
  BOOST_TEST(stream.last_id() == "3");
}

BOOST_AUTO_TEST_CASE(an_endless_line_breaks_the_stream_instead_of_filling_memory) {
  event_stream stream;
  std::string much(1 << 16, 'x');
  for (int i = 0; i < 20; ++i)
    stream.feed(much);
  BOOST_TEST(stream.broken());
}

BOOST_AUTO_TEST_CASE(names_without_data_are_no_events) {
  event_stream stream;
  BOOST_TEST(stream.feed("event: x\n\n:\n\nretry: 5\n\n").empty());
  BOOST_TEST(stream.feed("data\n\n").size() == 1u); // An empty data line is one.
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace event_stream_test
