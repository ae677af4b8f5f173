#include "http/routes/line_stream.hpp"
#include "messages/logs.hpp"
#include "messages/types/logs.hpp"
#include "tests/support/outcome.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>

#include <deque>

namespace line_stream_test {

using namespace aops;

namespace {

log_line line_of(const std::string& id) {
  log_line x;
  x.line_id = id;
  x.message = "text of " + id;
  return x;
}

lines_followed answer(std::vector<std::string> ids) {
  lines_followed x;
  x.places = {{"n1", "r", 1}};
  for (const auto& id : ids)
    x.lines.push_back(line_of(id));
  return x;
}

struct collected final : http::stream_sink {
  std::string text;
  bool is_there = true;
  bool write(std::string_view bytes) override {
    text += bytes;
    return is_there;
  }
  bool is_open() override { return is_there; }
};

/// Nodes that tell what the test wants.
struct fixture {
  std::deque<lines_followed> told;
  std::vector<std::string> stored;
  std::vector<lines_to_follow> asked;
  std::vector<line_search> searched;
  std::chrono::milliseconds settling{60'000};
  http::node_port nodes;
  std::shared_ptr<http::line_followers> all;
  collected sink;

  fixture() {
    auto port = [this](std::string_view,
                       std::chrono::milliseconds,
                       caf::message request) -> expected<caf::message> {
      if (request.match_elements<caller, line_search>()) {
        searched.push_back(request.get_as<line_search>(1));
        lines_found found;
        for (const auto& id : stored)
          found.lines.push_back(line_of(id));
        return caf::make_message(std::move(found));
      }
      asked.push_back(request.get_as<lines_to_follow>(1));
      auto next = told.empty() ? answer({}) : told.front();
      if (!told.empty())
        told.pop_front();
      return caf::make_message(std::move(next));
    };
    nodes = port;
  }

  expected<http::stream> open(const std::string& last_id = {}) {
    if (!all) {
      http::line_stream_limits limits;
      limits.most = 1;
      limits.pause = std::chrono::milliseconds{0};
      limits.settling = settling;
      all = std::make_shared<http::line_followers>(nodes, limits);
    }
    http::stream_request x;
    x.last_event_id = last_id;
    return all->open(x, {"error", {"h1"}});
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(line_stream, fixture)

BOOST_AUTO_TEST_CASE(lines_become_events_each_once) {
  auto live = aops::tests::ok(open());
  BOOST_TEST(live.pump(sink));
  BOOST_TEST(sink.text == ":\n\n");
  BOOST_TEST(asked.front().query.value_or("") == "error");
  BOOST_TEST((asked.front().host_list == std::vector<std::string>{"h1"}));
  auto both = answer({"1-1-0-h", "1-2-0-h"});
  both.dropped = 3;
  both.missing = {{"n2", "gone"}};
  told = {both, answer({"1-2-0-h"})};
  sink.text.clear();
  BOOST_TEST(live.pump(sink));
  BOOST_TEST(sink.text.find("event: missing\ndata: {\"nodes\":[\"n2\"]}\n\n") != sink.text.npos);
  BOOST_TEST(sink.text.find("event: dropped\ndata: {\"count\":3}\n\n") != sink.text.npos);
  BOOST_TEST(sink.text.find("event: line\nid: 1-1-0-h\ndata: {") != sink.text.npos);
  sink.text.clear();
  BOOST_TEST(live.pump(sink));
  BOOST_TEST(sink.text == "event: missing\ndata: {\"nodes\":[]}\n\n");
  BOOST_TEST(asked.back().places.size() == 1u);
  BOOST_TEST(searched.empty());
}

BOOST_AUTO_TEST_CASE(a_stream_goes_on_after_the_line_that_was_seen_last) {
  stored = {"2-1-0-h"};
  told = {answer({"2-1-0-h", "3-1-0-h"})};
  auto live = aops::tests::ok(open("1-1-0-h"));
  BOOST_TEST(live.pump(sink));
  BOOST_REQUIRE(searched.size() == 1u);
  BOOST_TEST(searched[0].after_line.value_or("") == "1-1-0-h");
  BOOST_TEST(searched[0].order.value_or("") == "oldest");
  auto first = sink.text.find("id: 2-1-0-h"), second = sink.text.find("id: 3-1-0-h");
  BOOST_TEST((first < second && second != sink.text.npos));
  BOOST_TEST(sink.text.find("id: 2-1-0-h", first + 1) == sink.text.npos);
  auto again = answer({});
  again.begun = {"n1"}; // It was restarted: what came meanwhile is stored.
  told = {again};
  stored = {"4-1-0-h"};
  BOOST_TEST(live.pump(sink));
  BOOST_REQUIRE(searched.size() == 2u);
  BOOST_TEST(searched[1].after_line.value_or("") == "3-1-0-h");
  BOOST_TEST(sink.text.find("id: 4-1-0-h") != sink.text.npos);
}

BOOST_AUTO_TEST_CASE(a_line_that_another_node_took_just_before_is_told_when_it_shows) {
  settling = std::chrono::milliseconds{0};
  stored = {"2-1-0-h"};
  told = {answer({"9-1-0-h"})};
  auto live = aops::tests::ok(open("1-1-0-h"));
  stored = {"2-1-0-h", "3-1-0-h", "9-1-0-h"};
  BOOST_TEST(live.pump(sink));
  BOOST_TEST(live.pump(sink));
  BOOST_REQUIRE(searched.size() == 2u);
  BOOST_TEST(searched[1].after_line.value_or("") == "1-1-0-h");
  BOOST_TEST(sink.text.find("id: 9-1-0-h") != sink.text.npos);
  // The client goes on after the newest it was sent.
  BOOST_TEST(sink.text.find("id: 3-1-0-h") == sink.text.npos);
  BOOST_TEST(sink.text.find("event: line\ndata: {") != sink.text.npos);
  BOOST_TEST(sink.text.find("text of 3-1-0-h") != sink.text.npos);
  BOOST_TEST(sink.text.find("text of 2-1-0-h") == sink.text.rfind("text of 2-1-0-h"));
  BOOST_TEST(live.pump(sink));
  BOOST_TEST(searched.size() == 2u);
}

BOOST_AUTO_TEST_CASE(there_is_room_for_so_many_and_all_end_with_the_server) {
  {
    auto live = aops::tests::ok(open());
    BOOST_TEST(aops::tests::failure_of(open()) == ec::overloaded);
    sink.is_there = false;
    BOOST_TEST(!live.pump(sink)); // The client is gone.
  }
  auto live = aops::tests::ok(open());
  all->stop();
  BOOST_TEST(!live.pump(sink));
  BOOST_TEST(aops::tests::failure_of(open()) == ec::overloaded);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace line_stream_test
