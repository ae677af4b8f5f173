#include "runtime/io/net/http_multi.hpp"
#include "tests/io/net/dns_server.hpp"
#include "tests/support/process.hpp"

#include <boost/test/unit_test.hpp>
#include <httplib.h>

#include <arpa/inet.h>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace http_multi_test {

using namespace aops;
using namespace std::chrono_literals;
using net::http_multi;

namespace {

/// Collects replies on the test's thread, in the order in which they came.
class inbox {
public:
  http_multi::callback slot(std::string name) {
    return [this, name](net::reply r) {
      std::lock_guard lock(mutex_);
      arrived_.emplace_back(name, std::move(r));
      changed_.notify_all();
    };
  }

  std::pair<std::string, net::reply> take() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, 30s, [&] { return !arrived_.empty(); }))
      return {"nothing", {fail(ec::internal, "no reply came")}};
    auto first = std::move(arrived_.front());
    arrived_.pop_front();
    return first;
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<std::string, net::reply>> arrived_;
};

/// An ordinary web server.
class web {
public:
  web() {
    server_.Get("/hello", [](auto&, auto& answer) {
      answer.set_content("hello", "text/plain; version=0.0.4");
    });
    server_.Post("/echo", [](auto& request, auto& answer) {
      answer.set_content(request.get_header_value("X-Word") + request.body, "text/plain");
    });
    server_.Get("/missing", [](auto&, auto& answer) { answer.status = 404; });
    server_.Get("/moved", [](auto&, auto& answer) { answer.set_redirect("/hello"); });
    server_.Get("/circle", [](auto&, auto& answer) { answer.set_redirect("/circle"); });
    server_.Get("/away",
                [](auto&, auto& answer) { answer.set_redirect("http://127.0.0.2:1/hello"); });
    server_.Get("/big", [](auto&, auto& answer) {
      answer.set_content(std::string(100'000, 'x'), "text/plain");
    });
    server_.Get("/chunks", [](auto&, auto& answer) {
      answer.set_chunked_content_provider("text/plain", [](size_t at, httplib::DataSink& sink) {
        std::string piece(1000, 'x');
        sink.write(piece.data(), piece.size());
        if (at > 50'000)
          sink.done();
        return true;
      });
    });
    server_.set_keep_alive_max_count(1000); // Its default closes a connection after five requests.
    server_.new_task_queue = [] { return new httplib::ThreadPool(64); };
    int listener = -1;
    server_.set_socket_options([&](int fd) { listener = fd; });
    port_ = server_.bind_to_any_port("127.0.0.1");
    ::listen(listener, 1024); // Its own backlog is 5.
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    tests::eventually([this] { return server_.is_running(); });
  }
  ~web() {
    server_.stop();
    thread_.join();
  }
  std::string url(const std::string& path, const std::string& host = "127.0.0.1") const {
    return "http://" + host + ":" + std::to_string(port_) + path;
  }

private:
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

/// A port on which the kernel takes connections and nobody answers; with `full`, not even that:
/// first packets are dropped, as by a machine that is gone.
class silent_port {
public:
  explicit silent_port(bool full)
      : listener_(::socket(AF_INET, SOCK_STREAM, 0)), filler_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&at), size);
    ::listen(listener_, full ? 0 : 64);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    if (full)
      ::connect(filler_, reinterpret_cast<sockaddr*>(&at), size);
  }
  ~silent_port() {
    ::close(listener_);
    ::close(filler_);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

private:
  int listener_, filler_;
  uint16_t port_ = 0;
};

/// Answers one request and keeps the connection until its client closes it.
class one_connection {
public:
  one_connection() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&at), size);
    ::listen(listener_, 1);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~one_connection() {
    ::shutdown(listener_, SHUT_RDWR); // Ends an accept.
    thread_.join();
    ::close(listener_);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }
  bool is_closed() const { return is_closed_; }

private:
  void serve() {
    int fd = ::accept(listener_, nullptr, nullptr);
    char some[4096];
    if (::recv(fd, some, sizeof some, 0) > 0) {
      std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nonce";
      ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
      is_closed_ = ::recv(fd, some, sizeof some, 0) == 0;
    }
    ::close(fd);
  }

  int listener_;
  uint16_t port_ = 0;
  std::atomic<bool> is_closed_{false};
  std::thread thread_;
};

net::request get(std::string url) {
  net::request r;
  r.url = std::move(url);
  return r;
}

std::unique_ptr<http_multi> start(net::http_multi_options options = {}) {
  auto started = http_multi::start(options);
  BOOST_REQUIRE(started.has_value());
  return std::move(*started);
}

net::reply fetch(http_multi& http, net::request what) {
  static inbox box; // Outlives a request whose test gave up on it.
  auto taken = http.submit(std::move(what), box.slot("only"));
  BOOST_REQUIRE(taken.has_value());
  return box.take().second;
}

} // namespace

BOOST_AUTO_TEST_SUITE(http_multi_suite)

BOOST_AUTO_TEST_CASE(a_get_brings_status_content_type_and_body) {
  web server;
  auto http = start();
  auto r = fetch(*http, get(server.url("/hello")));
  BOOST_REQUIRE(r.result.has_value());
  BOOST_TEST(r.result->status == 200);
  BOOST_TEST(r.result->content_type == "text/plain; version=0.0.4");
  BOOST_TEST(r.result->body == "hello");
  BOOST_TEST(r.took.count() > 0);
  BOOST_TEST(fetch(*http, get(server.url("/missing"))).result->status == 404);
}

BOOST_AUTO_TEST_CASE(a_post_carries_body_and_headers_and_a_get_after_it_carries_neither) {
  web server;
  auto http = start();
  auto post = get(server.url("/echo"));
  post.post = true;
  post.body = "body of two megabytes" + std::string(2 << 20, '.');
  post.headers = {"X-Word: word,", "Content-Type: text/plain"};
  BOOST_TEST((fetch(*http, post).result->body == "word," + post.body));
  BOOST_TEST(fetch(*http, get(server.url("/hello"))).result->body == "hello");
}

BOOST_AUTO_TEST_CASE(connections_are_reused) {
  web server;
  auto http = start();
  for (int i = 0; i < 5; ++i)
    fetch(*http, get(server.url("/hello")));
  auto stats = http->stats();
  BOOST_TEST(stats.connects == 1u);
  BOOST_TEST(stats.succeeded == 5u);
  BOOST_TEST(stats.bytes == 25u);
  BOOST_TEST(stats.outstanding == 0u);
}

BOOST_AUTO_TEST_CASE(each_lane_reuses_its_own_connections) {
  web server;
  net::http_multi_options options;
  options.lanes = 3;
  auto http = start(options);
  auto fetch_in = [&](size_t lane) {
    auto request = get(server.url("/hello"));
    request.lane = lane;
    BOOST_TEST(fetch(*http, request).result->body == "hello");
    return http->stats().connects;
  };
  BOOST_TEST(fetch_in(0) == 1u);
  BOOST_TEST(fetch_in(1) == 2u);
  BOOST_TEST(fetch_in(0) == 2u);
  BOOST_TEST(fetch_in(1) == 2u);
  BOOST_TEST(fetch_in(4) == 2u); // Counts modulo three.
}

BOOST_AUTO_TEST_CASE(lanes_share_what_may_be_outstanding_and_are_stopped_together) {
  silent_port stalls(false);
  net::http_multi_options options;
  options.lanes = 4;
  options.max_outstanding = 8;
  auto http = start(options);
  std::atomic<int> cancelled{0};
  for (size_t lane = 0; lane < 9; ++lane) {
    auto request = get(stalls.url());
    request.lane = lane;
    auto taken = http->submit(
      request, [&](net::reply r) { cancelled += !r.result && r.result.error() == ec::cancelled; });
    BOOST_TEST(taken.has_value() == (lane < 8));
  }
  http->stop();
  BOOST_TEST(cancelled == 8);
}

BOOST_AUTO_TEST_CASE(a_lane_that_is_used_no_more_lets_its_connections_go) {
  web server;
  one_connection left;
  net::http_multi_options options;
  options.lanes = 2;
  options.max_idle_age = 1s;
  auto http = start(options);
  BOOST_TEST(fetch(*http, get(left.url())).result->body == "once");
  auto other = get(server.url("/hello"));
  other.lane = 1;
  BOOST_TEST(
    tests::eventually([&] { return fetch(*http, other).result.has_value() && left.is_closed(); }));
  BOOST_TEST(fetch(*http, get(server.url("/hello"))).result->body == "hello"); // It is used again.
}

BOOST_AUTO_TEST_CASE(redirects_are_followed_on_the_same_host_only_and_not_for_ever) {
  web server;
  auto http = start();
  BOOST_TEST(fetch(*http, get(server.url("/moved"))).result->body == "hello");
  BOOST_TEST(fetch(*http, get(server.url("/away"))).result->status == 302);
  BOOST_TEST(fetch(*http, get(server.url("/circle"))).result->status == 302);
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_too_large_fails_announced_or_not) {
  web server;
  auto http = start();
  for (auto path : {"/big", "/chunks"}) {
    auto request = get(server.url(path));
    request.max_bytes = 20'000;
    auto r = fetch(*http, request);
    BOOST_REQUIRE(!r.result.has_value());
    BOOST_TEST(bool(r.result.error() == ec::query_failed));
    BOOST_TEST(r.too_large);
    BOOST_TEST(r.result.error().detail.find("20000") != std::string::npos);
    request.max_bytes = 200'000;
    BOOST_TEST(fetch(*http, request).result.has_value());
  }
}

BOOST_AUTO_TEST_CASE(an_answer_of_another_media_type_fails) {
  web server;
  auto http = start();
  auto request = get(server.url("/hello"));
  request.expect_content = "text/plain";
  BOOST_TEST(fetch(*http, request).result.has_value());
  request.expect_content = "application/json";
  auto r = fetch(*http, request);
  BOOST_REQUIRE(!r.result.has_value());
  BOOST_TEST(bool(r.result.error() == ec::query_failed));
}

BOOST_AUTO_TEST_CASE(a_closed_port_is_unreachable_and_the_error_shows_no_password) {
  auto http = start();
  auto port = std::to_string(tests::free_port());
  auto r = fetch(*http, get("http://user:secret@127.0.0.1:" + port + "/x?token=secret"));
  BOOST_REQUIRE(!r.result.has_value());
  BOOST_TEST(bool(r.result.error() == ec::unreachable));
  BOOST_TEST(r.result.error().detail == "refused the connection at 127.0.0.1:" + port);
  BOOST_TEST(r.result.error().detail.find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(only_http_and_https_are_spoken) {
  auto http = start();
  for (auto url : {"file:///etc/hostname",
                   "ftp://127.0.0.1/x",
                   "",
                   "http://",
                   "http://a b/",
                   "gopher://127.0.0.1"}) {
    auto r = fetch(*http, get(url));
    BOOST_REQUIRE(!r.result.has_value());
    BOOST_TEST(bool(r.result.error() == ec::bad_request), url << " " << r.result.error().detail);
  }
}

BOOST_AUTO_TEST_CASE(hosts_that_swallow_packets_or_never_answer_time_out_and_delay_nobody) {
  web server;
  silent_port swallows(true), stalls(false);
  inbox box;
  auto http = start();
  for (int i = 0; i < 20; ++i)
    for (auto& url : {swallows.url(), stalls.url()}) {
      auto request = get(url);
      request.connect_timeout = 300ms;
      request.total_timeout = 400ms;
      BOOST_TEST(http->submit(request, box.slot("silent")).has_value());
    }
  for (int i = 0; i < 20; ++i)
    BOOST_TEST(http->submit(get(server.url("/hello")), box.slot("healthy")).has_value());
  for (int i = 0; i < 20; ++i) {
    auto [name, r] = box.take();
    BOOST_TEST(name == "healthy");
    BOOST_TEST(r.result.has_value());
  }
  for (int i = 0; i < 40; ++i) {
    auto [name, r] = box.take();
    BOOST_TEST(name == "silent");
    BOOST_REQUIRE(!r.result.has_value());
    BOOST_TEST(bool(r.result.error() == ec::timed_out), r.result.error().detail);
  }
}

BOOST_AUTO_TEST_CASE(too_many_outstanding_requests_are_refused) {
  silent_port stalls(false);
  inbox box;
  net::http_multi_options options;
  options.max_outstanding = 2;
  auto http = start(options);
  BOOST_TEST(http->submit(get(stalls.url()), box.slot("")).has_value());
  BOOST_TEST(http->submit(get(stalls.url()), box.slot("")).has_value());
  auto third = http->submit(get(stalls.url()), box.slot(""));
  BOOST_REQUIRE(!third.has_value());
  BOOST_TEST(bool(third.error() == ec::overloaded));
  BOOST_TEST(http->stats().refused == 1u);
  BOOST_TEST(http->stats().outstanding == 2u);
  http.reset();
  box.take();
  box.take();
}

BOOST_AUTO_TEST_CASE(stopping_cancels_what_is_outstanding_before_it_returns) {
  silent_port stalls(false);
  auto http = start();
  std::atomic<int> cancelled = 0;
  for (int i = 0; i < 50; ++i) {
    auto taken = http->submit(get(stalls.url()), [&](net::reply r) {
      cancelled += !r.result && r.result.error() == ec::cancelled;
    });
    BOOST_TEST(taken.has_value());
  }
  http->stop();
  BOOST_TEST(cancelled == 50);
  auto late = http->submit(get(stalls.url()), [](net::reply) {});
  BOOST_REQUIRE(!late.has_value());
  BOOST_TEST(bool(late.error() == ec::cancelled));
  http->stop();
}

BOOST_AUTO_TEST_CASE(a_callback_may_submit_the_next_request) {
  web server;
  inbox box;
  auto http = start();
  int left = 10;
  std::function<void(net::reply)> again = [&](net::reply r) {
    if (--left == 0)
      box.slot("last")(std::move(r));
    else
      (void)http->submit(get(server.url("/hello")), again);
  };
  BOOST_TEST(http->submit(get(server.url("/hello")), again).has_value());
  BOOST_TEST(box.take().second.result->body == "hello");
  BOOST_TEST(http->stats().connects == 1u);
}

BOOST_AUTO_TEST_CASE(requests_from_many_threads_are_each_answered_once) {
  web server;
  auto http = start();
  std::atomic<int> answered = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 12; ++i) // Fewer than the server has threads.
        (void)http->submit(get(server.url("/hello")),
                           [&](net::reply r) { answered += r.result.has_value(); });
    });
  for (auto& t : threads)
    t.join();
  BOOST_TEST(tests::eventually([&] { return http->stats().outstanding == 0; }));
  http->stop();
  BOOST_TEST(answered == 48);
}

// -- names

namespace {

/// A client that asks a name server of the test, at the test's time.
struct names_fixture {
  base::turned_time time;
  tests::dns_server dns;
  web server;
  std::unique_ptr<http_multi> http = [this] {
    net::http_multi_options options;
    options.names.servers = dns.address();
    options.names.time = &time;
    return start(options);
  }();

  net::reply at(const std::string& name) { return fetch(*http, get(server.url("/hello", name))); }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(names_are_found_and_their_connections_reused, names_fixture) {
  dns.set("web.test", {{"127.0.0.1"}, 60});
  for (int i = 0; i < 3; ++i)
    BOOST_TEST(at("web.test").result->body == "hello");
  BOOST_TEST(http->stats().connects == 1u);
  BOOST_TEST(dns.asked("web.test") == 1);
}

BOOST_FIXTURE_TEST_CASE(an_address_that_changed_is_followed_whatever_connection_is_open,
                        names_fixture) {
  dns.set("web.test", {{"127.0.0.1"}, 60});
  BOOST_TEST(at("web.test").result->body == "hello");
  dns.set("web.test", {{"127.0.0.2"}, 60}); // Nobody listens there.
  time.pass(600'000);
  auto r = at("web.test");
  BOOST_REQUIRE(!r.result.has_value());
  BOOST_TEST(bool(r.result.error() == ec::unreachable));
}

BOOST_FIXTURE_TEST_CASE(addresses_that_refuse_are_passed_over_and_the_good_one_is_remembered,
                        names_fixture) {
  for (auto name : {"one.test", "two.test"}) {
    bool is_last = name == std::string{"one.test"};
    dns.set(name,
            {is_last ? std::vector<std::string>{"127.0.0.3", "127.0.0.2", "127.0.0.1"}
                     : std::vector<std::string>{"127.0.0.1", "127.0.0.3", "127.0.0.2"},
             60});
    auto before = http->stats().connects;
    for (int i = 0; i < 3; ++i)
      BOOST_TEST(at(name).result->body == "hello");
    // Were it forgotten, the others would be tried each time.
    BOOST_TEST(http->stats().connects - before <= 3u);
  }
  dns.set("none.test", {{"127.0.0.2", "127.0.0.3"}, 60});
  BOOST_TEST(bool(at("none.test").result.error() == ec::unreachable));
}

BOOST_FIXTURE_TEST_CASE(a_name_that_does_not_resolve_is_told_at_once, names_fixture) {
  auto r = at("nobody.test");
  BOOST_REQUIRE(!r.result.has_value());
  BOOST_TEST(to_string(r.result.error()) ==
             "unreachable: is not found: the name nobody.test does not exist");
  BOOST_TEST(http->stats().outstanding == 0u);
  BOOST_TEST(http->stats().failed == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_name_server_that_is_silent_costs_no_more_than_a_host_that_is,
                        names_fixture) {
  dns.set("web.test", {{"127.0.0.1"}, 60});
  dns.set("silent.test", {{}, 60, tests::dns_server::manner::silent});
  inbox replies;
  auto request = get(server.url("/hello", "silent.test"));
  request.connect_timeout = 200ms;
  BOOST_REQUIRE(http->submit(request, replies.slot("silent")).has_value());
  BOOST_TEST(at("web.test").result->body == "hello");
  auto [name, r] = replies.take();
  BOOST_REQUIRE(!r.result.has_value());
  BOOST_TEST(bool(r.result.error() == ec::timed_out));
}

BOOST_FIXTURE_TEST_CASE(stopping_cancels_what_waits_for_a_name, names_fixture) {
  dns.set("silent.test", {{}, 60, tests::dns_server::manner::silent});
  inbox replies;
  BOOST_REQUIRE(
    http->submit(get(server.url("/hello", "silent.test")), replies.slot("silent")).has_value());
  http->stop();
  BOOST_TEST(http->stats().outstanding == 0u);
  BOOST_TEST(bool(replies.take().second.result.error() == ec::cancelled));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace http_multi_test
