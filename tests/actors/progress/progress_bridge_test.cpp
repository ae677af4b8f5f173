#include "actors/progress/progress_bridge.hpp"
#include "http/routes/routes.hpp"
#include "tests/support/actor_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>

namespace aops::actors {

namespace {

using http::job_news;
using http::report_event;
using http::request_context;
using http::sse_hub;
using http::sse_limits;
using http::sse_source;
using http::stream;
using http::stream_sink;

/// Takes what a stream writes.
struct text_sink final : stream_sink {
  bool write(std::string_view text) override {
    seen += text;
    return true;
  }
  bool is_open() override { return true; }
  std::string seen;
};

/// Two nodes that share a store, each with its hub and its bridge.
struct bridges_fixture : tests::actor_fixture {
  struct node {
    std::string id;
    std::shared_ptr<sse_hub> hub;
    progress_actor bridge;
  };

  bridges_fixture() {
    for (auto* x : {&a, &b})
      x->bridge = start(progress_bridge, streams_of(x->hub), links_of(*x));
  }
  ~bridges_fixture() {
    streams.clear();
    end_all();
  }

  static progress_streams streams_of(const std::shared_ptr<sse_hub>& hub) {
    return {[hub](const job_progress& x) { hub->publish(http::news_of(x)); },
            [hub](const std::string& job) { hub->refresh(job); },
            [hub] { return hub->jobs(); }};
  }

  progress_links links_of(const node& x) {
    progress_links links;
    links.node = x.id;
    links.owner_of = [this](const std::string&) { return owner; };
    links.tell = [this](const std::string& to, caf::message news) {
      if (news.match_elements<watch_job>())
        watches.push_back(to);
      else
        told.push_back(news.get_as<job_progress>(0));
      auto whom = caf::actor_cast<caf::strong_actor_ptr>(to == "a" ? a.bridge : b.bridge);
      whom->enqueue(nullptr, caf::make_message_id(), std::move(news), nullptr);
    };
    return links;
  }

  sse_source source_of(const std::string& id) {
    sse_source s;
    s.find = [this](const request_context&, const std::string& job) -> expected<job_news> {
      ++finds;
      auto news = stored;
      news.job = job;
      return news;
    };
    s.fetch_after = [this](const request_context&,
                           const std::string&,
                           int64_t after,
                           size_t limit) -> expected<http::report_page> {
      http::report_page out;
      for (auto seq = after + 1; seq <= after + static_cast<int64_t>(limit) && seq <= reports;
           ++seq)
        out.events.push_back({seq, {{"number", seq}}});
      return out;
    };
    s.subscribe = [this, id](const std::string& job) {
      caf::anon_send(id == "a" ? a.bridge : b.bridge, watch_job{job, id});
    };
    return s;
  }

  static sse_limits limits() {
    sse_limits l;
    l.write_interval = l.check_interval = 1ms;
    l.heartbeat = 5ms;
    l.refresh = 1h; // Only on the bridge's word.
    return l;
  }

  void open_at(node& x, const std::string& job) {
    auto opened = x.hub->open({}, job);
    BOOST_REQUIRE(opened.has_value());
    streams.push_back(std::move(*opened));
    run();
  }

  static job_progress progress(int64_t finished, job_status state = job_status::running) {
    return {"j", state, 100, finished, 0, finished};
  }

  /// Pumps the newest stream until its text has a part, or a while has gone.
  bool shows(const std::string& part) {
    for (int i = 0; i < 100 && sink.seen.find(part) == std::string::npos; ++i)
      if (!streams.back().pump(sink))
        break;
    return sink.seen.find(part) != std::string::npos;
  }

  std::string owner = "a";
  job_news stored{{}, 0, 100, 0, false, {}, {}};
  int64_t reports = 0; ///< Stored.
  int finds = 0;
  std::vector<std::string> watches; ///< Whom.
  std::vector<job_progress> told;   ///< From node to node.
  std::vector<stream> streams;
  text_sink sink;
  node a{"a", std::make_shared<sse_hub>(source_of("a"), limits()), {}};
  node b{"b", std::make_shared<sse_hub>(source_of("b"), limits()), {}};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(progress_of_foreign_jobs, bridges_fixture)

BOOST_AUTO_TEST_CASE(a_stream_shows_a_job_that_another_node_runs) {
  open_at(b, "j");
  BOOST_TEST(watches == std::vector<std::string>{"a"}, boost::test_tools::per_element());
  tell(a.bridge, progress(3));
  BOOST_TEST(told.size() == 1u);
  BOOST_TEST(shows("\"progress\":3"));
  tell(a.bridge, progress(100, job_status::done));
  BOOST_TEST(shows("event: done"));
  BOOST_TEST(sink.seen.find("\"state\":\"done\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(at_most_four_messages_a_second_go_out_and_the_last_one_always) {
  open_at(b, "j");
  for (int64_t i = 1; i <= 90; ++i) {
    tell(a.bridge, progress(i));
    pass(10ms);
  }
  BOOST_TEST(told.size() <= 5u);
  pass(1s);
  BOOST_TEST(told.size() <= 6u);
  BOOST_TEST(told.back().finished == 90);
  tell(a.bridge, progress(91));
  tell(a.bridge, progress(100, job_status::done)); // At once, whatever the rate.
  BOOST_TEST((told.back().state == job_status::done));
}

BOOST_AUTO_TEST_CASE(whoever_watches_late_hears_where_the_job_stands) {
  tell(a.bridge, progress(100, job_status::done));
  BOOST_TEST(told.empty());
  open_at(b, "j");
  BOOST_REQUIRE(told.size() == 1u);
  BOOST_TEST((told[0].state == job_status::done));
  BOOST_TEST(shows("event: done"));
}

BOOST_AUTO_TEST_CASE(watching_is_repeated_and_ends_with_the_stream) {
  open_at(b, "j");
  pass(10s);
  BOOST_TEST(watches.size() >= 5u);
  BOOST_TEST(watches.size() <= 7u);
  streams.clear();
  pass(3s);
  auto before = watches.size();
  pass(20s);
  BOOST_TEST(watches.size() == before);
  told.clear();
  tell(a.bridge, progress(5));
  BOOST_TEST(told.empty());
}

BOOST_AUTO_TEST_CASE(a_stream_follows_its_job_to_another_owner_without_a_repeated_id) {
  open_at(b, "j");
  reports = 3;
  tell(a.bridge, progress(3));
  BOOST_TEST(shows("id: 3\n"));
  owner = "b";
  reports = stored.progress = stored.max_seq = 7; // What happened before anybody told.
  auto before = finds;
  tell(b.bridge, atom::tick_v); // The map changed.
  BOOST_TEST(shows("id: 7\n"));
  BOOST_TEST(finds == before + 1);
  reports = 8;
  tell(b.bridge, progress(8));
  BOOST_TEST(shows("id: 8\n"));
  for (int id = 1; id <= 8; ++id) {
    auto line = "id: " + std::to_string(id) + "\n";
    auto first = sink.seen.find(line);
    BOOST_TEST(first != std::string::npos);
    BOOST_TEST(sink.seen.find(line, first + 1) == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(while_nobody_owns_the_job_the_store_is_asked) {
  owner = "";
  open_at(b, "j");
  stored.progress = stored.max_seq = 4;
  pass(2s);
  BOOST_TEST(shows("\"progress\":4"));
  BOOST_TEST(watches.empty());
}

BOOST_AUTO_TEST_CASE(two_nodes_that_take_each_other_for_the_owner_fall_silent) {
  tell(a.bridge, watch_job{"j", "b"});
  tell(b.bridge, watch_job{"j", "a"});
  tell(a.bridge, progress(1));
  pass(5s);
  BOOST_TEST(told.size() <= 3u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
