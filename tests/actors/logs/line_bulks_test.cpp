#include "actors/logs/opensearch_lines.hpp"
#include "tests/support/outcome.hpp"

#include <boost/test/unit_test.hpp>
#include <httplib.h>

#include <atomic>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

/// What an OpenSearch may do to those who store: answers by a script, item by item.
namespace aops::actors {

namespace {

using namespace std::chrono_literals;
using base::json;

constexpr int64_t bulk_now_ns = 1'700'000'000'000'000'000;

/// Answers bulks: each item with the next status of its script, then with 201; whole bulks
/// likewise.
class scripted_search {
public:
  scripted_search() {
    server_.Get("/", [](const auto&, auto& a) {
      a.set_content(R"({"version":{"number":"2.18.0","distribution":"opensearch"},"tagline":"x"})",
                    "application/json");
    });
    server_.Put("/.*", [](const auto&, auto& a) { a.set_content("{}", "application/json"); });
    server_.Post("/lines/_search", [](const auto&, auto& a) {
      a.set_content(R"({"hits":{"hits":[]}})", "application/json");
    });
    server_.Post("/lines/_bulk", [this](const auto& q, auto& a) { bulk(q, a); });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread{[this] { server_.listen_after_bind(); }};
    while (!server_.is_running())
      std::this_thread::yield();
  }
  ~scripted_search() {
    server_.stop();
    thread_.join();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  std::mutex mutex;
  std::deque<int> whole, items;
  std::vector<std::vector<std::string>> came; ///< Ids of each bulk.
  std::string authorization;

private:
  void bulk(const httplib::Request& q, httplib::Response& a) {
    std::lock_guard guard{mutex};
    authorization = q.get_header_value("Authorization");
    auto& ids = came.emplace_back();
    json told = json::array();
    std::istringstream in{q.body};
    for (std::string action, document; std::getline(in, action) && std::getline(in, document);) {
      ids.push_back(json::parse(action)["create"]["_id"]);
      int status = 201;
      if (!items.empty()) {
        status = items.front();
        items.pop_front();
      }
      json item = {{"_index", ".ds-lines-000001"}, {"status", status}};
      if (status >= 300)
        item["error"] = {{"type", "busy"}, {"reason", "for a test"}};
      told.push_back({{"create", item}});
    }
    int status = 200;
    if (!whole.empty()) {
      status = whole.front();
      whole.pop_front();
    }
    a.status = status;
    a.set_content(status < 300 ? json{{"errors", true}, {"items", told}}.dump()
                               : R"({"error":"no"})",
                  "application/json");
  }

  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

struct bulks_fixture {
  scripted_search search;
  std::shared_ptr<base::health> health = std::make_shared<base::health>();
  std::shared_ptr<line_store> store;
  std::chrono::milliseconds patience = 20s;

  void open(std::string url = {}) {
    opensearch_lines_config c;
    c.where.urls = {url.empty() ? search.url() : std::move(url)};
    c.where.proof = "Authorization: Basic c2VjcmV0";
    c.stream = "lines";
    c.health = health;
    c.patience = patience;
    c.first_pause = 1ms;
    c.last_pause = 2ms;
    store = tests::ok(open_opensearch_lines(std::move(c)));
  }

  static std::vector<logs::record> lines(int count, bool with_offsets = true) {
    std::vector<logs::record> out;
    for (int i = 0; i < count; ++i) {
      auto& x = out.emplace_back();
      x.time_ns = bulk_now_ns;
      x.source = "/a";
      x.message = "line " + std::to_string(i);
      if (with_offsets)
        x.offset = i;
    }
    return out;
  }

  expected<lines_stored> put(std::vector<logs::record> all) {
    std::promise<expected<lines_stored>> told;
    auto taken = store->take("h1", std::move(all), bulk_now_ns, [&](expected<lines_stored> x) {
      told.set_value(std::move(x));
    });
    if (!taken)
      return fail(taken.error());
    return told.get_future().get();
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(line_bulk_trouble, bulks_fixture)

BOOST_AUTO_TEST_CASE(items_that_failed_are_sent_again_alone) {
  open();
  search.items = {201, 429, 201, 503, /* again: */ 429, 201};
  auto stored = tests::ok(put(lines(4)));
  BOOST_TEST(stored.taken == 4u);
  BOOST_REQUIRE(search.came.size() == 3u);
  BOOST_TEST(search.came[1].size() == 2u);
  BOOST_TEST(search.came[1][0] == search.came[0][1]);
  BOOST_TEST(search.came[2] == std::vector<std::string>{search.came[0][1]},
             boost::test_tools::per_element());
  BOOST_TEST(search.authorization == "Basic c2VjcmV0");
  BOOST_TEST(health->problems().empty());
}

BOOST_AUTO_TEST_CASE(what_is_there_is_a_duplicate_unless_we_may_have_stored_it) {
  open();
  search.items = {409, 201};
  auto stored = tests::ok(put(lines(2)));
  BOOST_TEST(stored.duplicates == 1u);
  BOOST_TEST(stored.places[0].place.n == 0u);
  search.whole = {502}; // Stored, and the answer is lost.
  search.items = {201, 201, 409, 409};
  auto again = tests::ok(put(lines(2, false)));
  BOOST_TEST(again.taken == 2u);
  BOOST_TEST(search.came.back() == search.came[search.came.size() - 2],
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_copy_is_known_when_the_line_is_stored) {
  open();
  search.items = {429, 201};
  auto twice = lines(1);
  twice.push_back(twice.front());
  auto stored = tests::ok(put(twice));
  BOOST_TEST((stored.taken == 1u && stored.duplicates == 1u));
  BOOST_TEST(search.came.size() == 2u);
  patience = 100ms;
  open();
  search.items.assign(100'000, 429);
  BOOST_TEST(!put(twice)); // Neither is there.
}

BOOST_AUTO_TEST_CASE(a_busy_store_is_waited_for) {
  open();
  search.whole = {429, 503, 503};
  BOOST_TEST(tests::ok(put(lines(3))).taken == 3u);
  BOOST_TEST(health->problems().empty()); // It is over.
}

BOOST_AUTO_TEST_CASE(what_is_not_stored_in_time_is_not_acknowledged) {
  patience = 100ms;
  open();
  search.items.assign(100'000, 429);
  auto told = put(lines(2));
  BOOST_REQUIRE(!told);
  BOOST_TEST((told.error() == ec::overloaded));
}

BOOST_AUTO_TEST_CASE(what_is_refused_is_named_and_not_acknowledged) {
  patience = 100ms;
  open();
  search.items.assign(100'000, 400);
  auto told = put(lines(1));
  BOOST_REQUIRE(!told);
  BOOST_TEST((told.error() == ec::store_unreachable));
  BOOST_TEST(told.error().detail.find("busy: for a test") != std::string::npos);
  BOOST_REQUIRE(health->problems().size() == 1u);
  BOOST_TEST(health->problems()[0].starts_with("logs: http://127.0.0.1"));
}

BOOST_AUTO_TEST_CASE(wrong_credentials_are_named_and_not_shown) {
  patience = 100ms;
  open();
  search.whole.assign(100'000, 401);
  auto told = put(lines(1));
  BOOST_REQUIRE(!told);
  BOOST_TEST(told.error().detail.find("does not know who asks (401)") != std::string::npos);
  BOOST_TEST(told.error().detail.find("c2VjcmV0") == std::string::npos);
  BOOST_TEST(health->problems().at(0).find("401") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(while_it_is_away_senders_are_told_at_once) {
  patience = 100ms;
  open("http://127.0.0.1:1");
  auto told = put(lines(1));
  BOOST_REQUIRE(!told);
  BOOST_TEST((told.error() == ec::store_unreachable));
  BOOST_TEST(told.error().detail.find("refused the connection") != std::string::npos);
  BOOST_TEST(!store->tidy(bulk_now_ns));
  BOOST_TEST(health->problems().size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
