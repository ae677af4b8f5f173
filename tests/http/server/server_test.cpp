#include "http/server/server.hpp"
#include "runtime/base/log.hpp"
#include "tests/http/support/raw_client.hpp"
#include "tests/http/support/sample_service.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <thread>

namespace server_test {

using namespace aops;
using namespace std::chrono_literals;
using http::json;
using tests::get_request;
using tests::json_request;
using tests::raw_client;

namespace {

http::server_options quick_options() {
  http::server_options o;
  o.limits.head.max_body_bytes = 100'000;
  o.limits.header_timeout = 300ms;
  o.limits.body_timeout = 500ms;
  o.limits.keep_alive = 5s;
  o.max_connections = 64;
  return o;
}

struct server_fixture {
  explicit server_fixture(http::server_options o = quick_options()) {
    auto started = http::http_server::start(o, tests::sample_service(sessions));
    BOOST_REQUIRE_MESSAGE(started, (started ? "" : started.error().detail));
    it = std::move(*started);
  }
  tests::sessions_by_hand sessions;
  std::unique_ptr<http::http_server> it;
};

const std::string fine = R"({"text":"hi"})";

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_server, server_fixture)

BOOST_AUTO_TEST_CASE(it_answers_many_requests_over_one_connection) {
  raw_client c{it->port()};
  for (int i = 0; i < 50; ++i) {
    auto r = c.ask(json_request("POST", "/test/open", fine));
    BOOST_REQUIRE(r.status == 200);
    BOOST_TEST(json::parse(r.body)["said"] == "hi");
  }
  BOOST_TEST(it->connections() == 1u);
}

BOOST_AUTO_TEST_CASE(a_stream_that_throws_ends_its_connection_only) {
  auto what = tests::sample_service(sessions);
  auto throws = [](const http::stream_request&, const nothing&) -> expected<http::stream> {
    http::stream live;
    live.pump = [](http::stream_sink& sink) {
      sink.write("data: first\n\n");
      return tests::text_of_what_is_not_there(json::object()).empty();
    };
    return live;
  };
  what.streams.push_back(
    http::make_stream_route<nothing>("/test/throwing", http::may::anyone, "It throws.", throws));
  auto started = http::http_server::start(quick_options(), std::move(what));
  BOOST_REQUIRE(started.has_value());
  log::capture captured;
  raw_client c{(*started)->port()};
  c.send(get_request("/test/throwing"));
  BOOST_TEST(c.read_until("data: first"));
  BOOST_TEST(c.is_closed_within(20s));
  BOOST_TEST(captured.count("connection-failed") == 1);
  raw_client other{(*started)->port()};
  BOOST_TEST(other.ask(json_request("POST", "/test/open", fine)).status == 200);
}

BOOST_AUTO_TEST_CASE(its_successor_takes_the_clients_that_came_between_the_two) {
  auto door = std::make_shared<http::listener>();
  BOOST_REQUIRE(door->open({"127.0.0.1", 0}));
  auto first = http::http_server::start(quick_options(), tests::sample_service(sessions), door);
  BOOST_REQUIRE(first);
  raw_client before{door->port()};
  BOOST_TEST(before.ask(json_request("POST", "/test/open", fine)).status == 200);
  first->reset();
  raw_client between{door->port()};
  between.send(json_request("POST", "/test/open", fine));
  auto second = http::http_server::start(quick_options(), tests::sample_service(sessions), door);
  BOOST_REQUIRE(second);
  BOOST_TEST((*second)->port() == door->port());
  BOOST_TEST(between.read_response().status == 200);
}

BOOST_AUTO_TEST_CASE(pipelined_requests_are_answered_in_order) {
  raw_client c{it->port()};
  c.send(json_request("POST", "/test/open", R"({"text":"one"})") +
         json_request("POST", "/test/open", R"({"text":"two"})") + get_request("/healthz"));
  BOOST_TEST(json::parse(c.read_response().body)["said"] == "one");
  BOOST_TEST(json::parse(c.read_response().body)["said"] == "two");
  BOOST_TEST(json::parse(c.read_response().body)["status"] == "ok");
}

BOOST_AUTO_TEST_CASE(an_answer_leaves_in_one_piece) {
  raw_client c{it->port()};
  c.send(get_request("/healthz"));
  BOOST_REQUIRE(c.read_until("\r\n\r\n"));
  BOOST_TEST(c.received().ends_with("{\"status\":\"ok\"}"));
}

BOOST_AUTO_TEST_CASE(delete_bodies_are_read) {
  raw_client c{it->port()};
  auto token = sessions.open("admin");
  BOOST_TEST(json::parse(c.ask(json_request("DELETE", "/test/delete", fine, token)).body)["said"] ==
             "hi");
  BOOST_TEST(
    json::parse(c.ask(json_request("DELETE", "/test/delete", "{}", token)).body)["detail"] ==
    "text: is missing");
}

BOOST_AUTO_TEST_CASE(chunked_and_compressed_bodies_are_refused_unread) {
  for (auto [header, status] : {std::pair{"Transfer-Encoding: chunked", 411},
                                {"transfer-encoding : gzip", 411},
                                {"Content-Encoding: gzip", 415},
                                {"Content-Length: 100001", 413},
                                {"Content-Length: 99999999999999999999", 413},
                                {"Content-Length: -1", 400},
                                {"Content-Length: 1\r\nContent-Length: 1", 400},
                                {"Content-Length: 0x10", 400},
                                {" folded", 400},
                                {"no colon", 400}}) {
    raw_client c{it->port()};
    auto r = c.ask(std::string{"POST /test/open HTTP/1.1\r\nHost: x\r\n"} + header + "\r\n\r\n");
    BOOST_TEST_CONTEXT(header) {
      BOOST_TEST(r.status == status);
      BOOST_TEST(r.says("Connection: close"));
      BOOST_TEST(json::parse(r.body)["code"] == 1000);
      BOOST_TEST(c.is_closed_within(2s));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_refusal_reaches_a_client_that_is_still_sending) {
  raw_client c{it->port()};
  std::string body(1'000'000, 'x');
  c.send("POST /test/open HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
  c.send(body);
  BOOST_TEST(c.read_response().status == 413);
}

BOOST_AUTO_TEST_CASE(too_many_or_too_long_headers_are_refused) {
  std::string many = "GET /healthz HTTP/1.1\r\n";
  for (int i = 0; i < 101; ++i)
    many += "X-" + std::to_string(i) + ": y\r\n";
  BOOST_TEST(raw_client{it->port()}.ask(many + "\r\n").status == 431);
  BOOST_TEST(raw_client{it->port()}
               .ask("GET /healthz HTTP/1.1\r\nX: " + std::string(9000, 'y') + "\r\n\r\n")
               .status == 431);
  BOOST_TEST(
    raw_client{it->port()}.ask("GET /healthz HTTP/1.1\r\n" + std::string(40'000, 'y')).status ==
    431);
  BOOST_TEST(
    raw_client{it->port()}.ask("GET /" + std::string(9000, 'y') + " HTTP/1.1\r\n\r\n").status ==
    414);
}

BOOST_AUTO_TEST_CASE(a_hundred_headers_are_fine) {
  std::string many = "GET /healthz HTTP/1.1\r\n";
  for (int i = 0; i < 100; ++i)
    many += "X-" + std::to_string(i) + ": y\r\n";
  BOOST_TEST(raw_client{it->port()}.ask(many + "\r\n").status == 200);
}

BOOST_AUTO_TEST_CASE(who_drips_headers_is_cut) {
  raw_client c{it->port()};
  c.send("GET /healthz HTTP/1.1\r\nX-A: ");
  auto began = std::chrono::steady_clock::now();
  while (!c.is_closed_within(50ms) && std::chrono::steady_clock::now() < began + 10s)
    c.send("a");
  BOOST_TEST(c.received().find("408") != std::string::npos);
  BOOST_TEST((std::chrono::steady_clock::now() - began < 5s));
}

BOOST_AUTO_TEST_CASE(who_drips_a_body_is_cut) {
  raw_client c{it->port()};
  c.send(
    "POST /test/open HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 50000\r\n\r\n");
  auto began = std::chrono::steady_clock::now();
  while (!c.is_closed_within(50ms) && std::chrono::steady_clock::now() < began + 10s)
    c.send("a");
  BOOST_TEST((std::chrono::steady_clock::now() - began < 5s));
  BOOST_TEST(c.received().find(" 400 ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(drippers_do_not_keep_others_waiting) {
  std::vector<raw_client> drippers;
  for (int i = 0; i < 50; ++i) {
    drippers.emplace_back(it->port());
    drippers.back().send("GET /healthz HTTP/1.1\r\nX-A: ");
  }
  BOOST_TEST(raw_client{it->port()}.ask(get_request("/healthz")).status == 200);
}

BOOST_AUTO_TEST_CASE(expect_100_continue_is_honoured) {
  raw_client c{it->port()};
  c.send("POST /test/open HTTP/1.1\r\nContent-Type: application/json\r\nExpect: "
         "100-continue\r\nContent-Length: 13\r\n\r\n");
  BOOST_REQUIRE(c.read_until("100 Continue\r\n\r\n"));
  c.received().clear();
  c.send(fine);
  BOOST_TEST(c.read_response().status == 200);
}

BOOST_AUTO_TEST_CASE(what_the_parser_does_not_understand_is_a_bad_request) {
  for (auto text : {"nonsense\r\n\r\n",
                    "brew /healthz HTTP/1.1\r\n\r\n",
                    "PRI * HTTP/2.0\r\n\r\n",
                    "GET /healthz HTTP/3\r\n\r\n",
                    "\r\n\r\n",
                    "GET /healthz\nHTTP/1.1\r\n\r\n"}) {
    raw_client c{it->port()};
    auto r = c.ask(text);
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(r.status == 400);
      BOOST_TEST(json::parse(r.body)["code"] == 1000);
      BOOST_TEST(c.is_closed_within(2s));
    }
  }
}

BOOST_AUTO_TEST_CASE(any_method_a_path_does_not_have_is_405_with_those_it_has) {
  raw_client c{it->port()};
  for (const std::string method : {"TRACE", "QUERY", "BREW", "PUT", "PATCH", "DELETE", "POST"}) {
    auto r = c.ask(method + " /healthz HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
    BOOST_TEST_CONTEXT(method) {
      BOOST_TEST(r.status == 405);
      BOOST_TEST(r.says("Allow: GET, HEAD, OPTIONS\r\n"));
    }
  }
  BOOST_TEST(c.ask("TRACE / HTTP/1.1\r\n\r\n").status == 404);
}

BOOST_AUTO_TEST_CASE(options_tell_what_a_path_has) {
  raw_client c{it->port()};
  auto r = c.ask("OPTIONS /test/open HTTP/1.1\r\nOrigin: https://elsewhere.example\r\n"
                 "Access-Control-Request-Method: POST\r\n\r\n");
  BOOST_TEST(r.status == 204);
  BOOST_TEST(r.says("Allow: POST, OPTIONS\r\n"));
  BOOST_TEST(!r.says("Access-Control-")); // No other site's pages may read us.
  BOOST_TEST(c.ask("OPTIONS /nowhere HTTP/1.1\r\n\r\n").status == 404);
}

BOOST_AUTO_TEST_CASE(nothing_but_100_continue_can_be_expected) {
  auto ask = [&](const std::string& what) {
    return raw_client{it->port()}
      .ask("GET /healthz HTTP/1.1\r\nExpect: " + what + "\r\n\r\n")
      .status;
  };
  BOOST_TEST(ask("miracles") == 417);
  BOOST_TEST(ask("100-Continue") == 200);
}

BOOST_AUTO_TEST_CASE(what_is_no_page_can_neither_be_framed_nor_run_anything) {
  auto r = raw_client{it->port()}.ask(get_request("/healthz"));
  for (auto header : {"X-Content-Type-Options: nosniff\r\n",
                      "X-Frame-Options: DENY\r\n",
                      "Referrer-Policy: no-referrer\r\n",
                      "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n",
                      "Cache-Control: no-store\r\n"})
    BOOST_TEST_CONTEXT(header) BOOST_TEST(r.says(header));
}

BOOST_AUTO_TEST_CASE(a_body_nobody_reads_ends_the_connection) {
  raw_client c{it->port()};
  auto r =
    c.ask("GET /healthz HTTP/1.1\r\nContent-Length: 30\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n1234");
  BOOST_TEST(r.status == 200);
  BOOST_TEST(c.is_closed_within(2s));
}

BOOST_AUTO_TEST_CASE(long_paths_and_ranges_do_no_harm) {
  auto path = "/" + std::string(7000, 'a');
  BOOST_TEST(raw_client{it->port()}.ask(get_request(path)).status == 404);
  std::string ranges = "bytes=0-0";
  for (int i = 0; i < 1500; ++i)
    ranges += ",0-0";
  BOOST_TEST(
    raw_client{it->port()}.ask("GET /healthz HTTP/1.1\r\nRange: " + ranges + "\r\n\r\n").status ==
    200);
}

BOOST_AUTO_TEST_CASE(unknown_things_are_json) {
  auto r = raw_client{it->port()}.ask(get_request("/nowhere"));
  BOOST_TEST(r.status == 404);
  BOOST_TEST(json::parse(r.body)["code"] == 1000);
  BOOST_TEST(raw_client{it->port()}.ask(get_request("/test/open")).status == 405);
}

BOOST_AUTO_TEST_CASE(head_requests_have_no_body) {
  raw_client c{it->port()};
  c.send("HEAD /healthz HTTP/1.1\r\n\r\n" + get_request("/healthz"));
  BOOST_REQUIRE(c.read_until("\r\n\r\n"));
  c.received().erase(0, c.received().find("\r\n\r\n") + 4);
  BOOST_TEST(c.read_response().status == 200);
}

BOOST_AUTO_TEST_CASE(idle_connections_close_on_stop_at_once) {
  std::vector<raw_client> idle;
  for (int i = 0; i < 20; ++i) {
    idle.emplace_back(it->port());
    BOOST_TEST(idle.back().ask(get_request("/healthz")).status == 200);
  }
  auto began = std::chrono::steady_clock::now();
  it->stop();
  BOOST_TEST((std::chrono::steady_clock::now() - began < 2s));
  for (auto& c : idle)
    BOOST_TEST(c.is_closed_within(1s));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(servers)

BOOST_AUTO_TEST_CASE(a_request_in_progress_is_answered_before_the_stop_ends) {
  tests::sessions_by_hand sessions;
  auto what = tests::sample_service(sessions);
  std::mutex gate;
  std::condition_variable opened;
  bool is_open = false;
  std::atomic<bool> is_inside{false};
  what.routes.push_back(
    http::make_route<nothing, done>(http::method::post,
                                    "/test/slow",
                                    http::may::anyone,
                                    "Wait.",
                                    [&](const auto&, const nothing&) -> expected<done> {
                                      std::unique_lock lock{gate};
                                      is_inside = true;
                                      opened.notify_all();
                                      opened.wait(lock, [&] { return is_open; });
                                      return done{};
                                    }));
  auto server = std::move(*http::http_server::start(quick_options(), std::move(what)));
  raw_client c{server->port()};
  c.send(json_request("POST", "/test/slow", "{}"));
  {
    std::unique_lock lock{gate};
    opened.wait(lock, [&] { return is_inside.load(); });
  }
  std::thread stopper{[&] { server->stop(); }};
  {
    std::lock_guard lock{gate};
    is_open = true;
  }
  opened.notify_all();
  BOOST_TEST(c.read_response().status == 200);
  stopper.join();
}

BOOST_AUTO_TEST_CASE(beyond_the_limit_connections_are_refused_with_429) {
  auto o = quick_options();
  o.max_connections = 16;
  o.limits.header_timeout = 20s;
  server_fixture s{o};
  std::vector<raw_client> held;
  for (int i = 0; i < 16; ++i) {
    held.emplace_back(s.it->port());
    held.back().send("GET /healthz HTTP/1.1\r\n"); // The header never ends.
  }
  // The listener takes connections in order, so by now all places are taken.
  raw_client extra{s.it->port()};
  auto r = extra.read_response();
  BOOST_TEST(r.status == 429);
  BOOST_TEST(r.says("Retry-After"));
  BOOST_TEST(json::parse(r.body)["code"] == 1001);
}

BOOST_AUTO_TEST_CASE(keep_alive_is_short_and_tells_so) {
  auto o = quick_options();
  o.limits.keep_alive = 1s;
  server_fixture s{o};
  raw_client c{s.it->port()};
  auto r = c.ask(get_request("/healthz"));
  BOOST_TEST(r.says("Keep-Alive: timeout=1"));
  BOOST_TEST(!c.is_closed_within(500ms));
  BOOST_TEST(c.is_closed_within(5s));
}

BOOST_AUTO_TEST_CASE(a_port_in_use_is_an_error_that_names_it) {
  server_fixture first;
  auto o = quick_options();
  o.listen.port = first.it->port();
  auto second = http::http_server::start(o, tests::sample_service(first.sessions));
  BOOST_REQUIRE(!second);
  BOOST_TEST(second.error().detail == "cannot listen on 127.0.0.1:" +
                                        std::to_string(o.listen.port) + ": Address already in use");
}

BOOST_AUTO_TEST_CASE(an_address_that_is_not_ours_is_an_error) {
  auto o = quick_options();
  o.listen = {"192.0.2.1", 0};
  tests::sessions_by_hand sessions;
  BOOST_TEST(!http::http_server::start(o, tests::sample_service(sessions)).has_value());
}

BOOST_AUTO_TEST_CASE(a_stopped_server_can_be_started_again_on_its_port) {
  tests::sessions_by_hand sessions;
  auto o = quick_options();
  for (int i = 0; i < 3; ++i) {
    auto server = http::http_server::start(o, tests::sample_service(sessions));
    BOOST_REQUIRE_MESSAGE(server, (server ? "" : server.error().detail));
    o.listen.port = (*server)->port();
    raw_client c{o.listen.port};
    BOOST_TEST(c.ask(get_request("/healthz")).status == 200);
  }
}

BOOST_AUTO_TEST_CASE(many_clients_at_once_are_all_served) {
  server_fixture s;
  std::atomic<int> answered{0};
  std::vector<raw_client> clients;
  for (int i = 0; i < 16; ++i)
    clients.emplace_back(s.it->port());
  std::vector<std::thread> threads;
  for (auto& c : clients)
    threads.emplace_back([&] {
      for (int n = 0; n < 50; ++n)
        answered += c.ask(json_request("POST", "/test/open", fine)).status == 200;
    });
  for (auto& t : threads)
    t.join();
  BOOST_TEST(answered == 800);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace server_test
