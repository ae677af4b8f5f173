// Lists that pages follow, as streams show them.
#include "http/routes/routes.hpp"
#include "tests/support/outcome.hpp"

#include <boost/test/unit_test.hpp>

namespace list_topics_test {

using namespace aops;
using namespace std::chrono_literals;

namespace {

struct kept_text final : http::stream_sink {
  bool write(std::string_view text) override {
    seen += text;
    return true;
  }
  bool is_open() override { return true; }
  std::string seen;
};

http::sse_limits quick() {
  http::sse_limits l;
  l.write_interval = l.check_interval = 1ms;
  l.heartbeat = 1h;
  l.refresh = 1ms; // Each round asks where the lists stand: nothing may follow from that alone.
  return l;
}

struct lists_fixture {
  std::shared_ptr<http::list_versions> lists = std::make_shared<http::list_versions>(100);
  std::vector<std::string> opened;
  http::node_port nobody =
    [](std::string_view, std::chrono::milliseconds, caf::message) -> expected<caf::message> {
    return fail(ec::unreachable);
  };
  http::sse_hub hub{http::progress_source(
                      nobody, [this](const std::string& job) { opened.push_back(job); }, lists),
                    quick()};

  /// Pumps until a part was written, or a while has gone.
  static bool shows(http::stream& stream, kept_text& to, const std::string& part) {
    for (int i = 0; i < 200 && to.seen.find(part) == std::string::npos; ++i)
      if (!stream.pump(to))
        break;
    return to.seen.find(part) != std::string::npos;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(lists_that_pages_follow, lists_fixture)

BOOST_AUTO_TEST_CASE(a_stream_says_where_lists_stand_and_when_one_has_changed) {
  std::vector<http::sse_topic> topics{{"list:hosts", "list:hosts", "change"},
                                      {"list:runs", "list:runs", "change"}};
  auto live = aops::tests::ok(hub.open({}, topics));
  kept_text to;
  BOOST_TEST(shows(live, to, R"({"topic":"list:runs","version":100})"));
  BOOST_TEST(to.seen.find("event: change\ndata: {\"topic\":\"list:hosts\"") != std::string::npos);
  BOOST_TEST(opened.empty()); // No node is asked about it.
  lists->raise(bit_of(followed_list::runs) | bit_of(followed_list::alerts), hub);
  BOOST_TEST(shows(live, to, R"({"topic":"list:runs","version":101})"));
  for (int i = 0; i < 20; ++i)
    live.pump(to);
  BOOST_TEST(to.seen.find(R"("list:hosts","version":101)") == std::string::npos);
  const std::string last = R"({"topic":"list:runs","version":101})"
                           "\n\n";
  BOOST_TEST(to.seen.ends_with(last)); // Nothing is said twice.
}

BOOST_AUTO_TEST_CASE(what_is_no_list_is_not_found) {
  BOOST_TEST(aops::tests::failure_of(lists->find("list:secrets")) == ec::not_found);
  BOOST_TEST(aops::tests::failure_of(lists->find("alerts")) == ec::not_found);
  BOOST_TEST(aops::tests::ok(lists->find("list:alerts")).progress == 100);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace list_topics_test
