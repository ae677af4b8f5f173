#include "runtime/io/prometheus/client.hpp"
#include "tests/support/node_exporter.hpp"
#include "tests/support/prometheus_server.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <condition_variable>
#include <deque>
#include <iterator>
#include <map>
#include <mutex>
#include <thread>

namespace client_test {

using namespace aops;
using namespace std::chrono_literals;

namespace {

constexpr int64_t begin_s = 1'700'000'000;
constexpr int hosts = 12, points = 40, period_s = 15;

std::string instance(int host) { return fmt::format("10.0.0.{}:9100", host + 1); }
int64_t time_ms(int i) { return (begin_s + i * period_s) * 1000; }
std::string value(int host, int core, int i) {
  return i % 7 == 3  ? "NaN"
         : core == 0 ? fmt::format("{}", host * 1000 + i)
                     : fmt::format("{}.5", host * 1000 + i);
}

/// Two cores of each host; host 5 has no point at the odd times.
std::string history() {
  std::string text = "# TYPE core gauge\n";
  auto out = std::back_inserter(text);
  for (int h = 0; h < hosts; ++h)
    for (int core = 0; core < 2; ++core)
      for (int i = 0; i < points; ++i)
        if (h != 5 || i % 2 == 0)
          fmt::format_to(out,
                         "core{{core=\"{}\",instance=\"{}\",job=\"node\"}} {} {}\n",
                         core,
                         instance(h),
                         value(h, core, i),
                         begin_s + i * period_s);
  return text + "# TYPE core_count gauge\ncore_count{instance=\"" + instance(0) + "\"} 2 " +
         std::to_string(begin_s) + "\n# EOF\n";
}

series_key core(int n) { return {"core", {{"core", std::to_string(n)}}}; }

/// A thread that runs jobs.
class worker {
public:
  worker() : thread_([this] { run(); }) {}
  ~worker() {
    post(nullptr);
    thread_.join();
  }
  void post(std::function<void()> job) {
    std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    changed_.notify_one();
  }

private:
  void run() {
    for (;;) {
      std::function<void()> job;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return !jobs_.empty(); });
        job = std::move(jobs_.front());
        jobs_.pop_front();
      }
      if (!job)
        return;
      job();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  std::thread thread_;
};

using text_points = std::map<std::tuple<std::string, series_key, int64_t>, std::string>;

std::string text_of(number n) {
  return n.is_integer()         ? fmt::format("{}", n.integer())
         : n.real() != n.real() ? "NaN"
                                : fmt::format("{}", n.real());
}

/// A server with the history above, and a client of it.
struct prometheus_fixture {
  explicit prometheus_fixture(std::vector<std::string> flags = {})
      : server({history(), {}, "1s", std::move(flags)}) {
    source.url = server.url();
  }

  /// Reads all parts; each point once, in the order of time within its series.
  text_points read(prometheus_api::ask what, size_t* part_count = nullptr) {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<prometheus_api::part> parts;
    bool done = false;
    prometheus_api::client client(
      *http, source, [this](auto job) { elsewhere.post(std::move(job)); });
    auto started = client.start(std::move(what), [&](prometheus_api::part p, bool last) {
      std::lock_guard lock(mutex);
      parts.push_back(std::move(p));
      done = last;
      changed.notify_one();
    });
    BOOST_REQUIRE(started.has_value());
    std::unique_lock lock(mutex);
    BOOST_REQUIRE(changed.wait_for(lock, 30s, [&] { return done; }));
    if (part_count)
      *part_count = parts.size();
    return merge(parts);
  }

  static text_points merge(const std::vector<prometheus_api::part>& parts) {
    text_points result;
    std::map<std::pair<std::string, series_key>, int64_t> last;
    for (const auto& part : parts) {
      BOOST_REQUIRE_MESSAGE(part.result.has_value(),
                            (part.result ? "" : part.result.error().detail));
      for (const auto& s : part.result->found)
        for (const auto& p : s.points) {
          auto& before = last[{s.instance, s.key}];
          BOOST_TEST(p.time_ms > before);
          before = p.time_ms;
          result[{s.instance, s.key, p.time_ms}] = text_of(p.value);
        }
    }
    return result;
  }

  /// What the history has of some hosts and both cores from point i to point j.
  static text_points expected(const std::vector<int>& of, int i, int j) {
    text_points result;
    for (int h : of)
      for (int c = 0; c < 2; ++c)
        for (int k = i; k <= j; ++k)
          if (h != 5 || k % 2 == 0)
            result[{instance(h), core(c), time_ms(k)}] = value(h, c, k);
    return result;
  }

  static prometheus_api::ask ask(const std::vector<int>& of, int64_t from_ms, int64_t until_ms) {
    prometheus_api::ask what{{core(0), core(1)}, {}, from_ms, until_ms};
    for (int h : of)
      what.instances.push_back(instance(h));
    return what;
  }

  tests::prometheus_server server;
  worker elsewhere;
  std::unique_ptr<net::http_multi> http = std::move(*net::http_multi::start());
  prometheus_api::source source;
};

std::vector<int> all_hosts() {
  std::vector<int> result;
  for (int h = 0; h < hosts; ++h)
    result.push_back(h);
  return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(real_prometheus_suite)

BOOST_AUTO_TEST_CASE(raw_samples_of_many_hosts_are_read_with_both_ends_of_the_range) {
  prometheus_fixture f;
  auto check = [&](const std::vector<int>& of, int64_t from_ms, int64_t until_ms, int i, int j) {
    size_t parts = 0;
    BOOST_TEST(bool(f.read(f.ask(of, from_ms, until_ms), &parts) == f.expected(of, i, j)),
               from_ms << ".." << until_ms);
    BOOST_TEST(parts == 1u);
  };
  check(all_hosts(), time_ms(0), time_ms(points), 0, points - 1);
  check({0, 3, 5}, time_ms(10), time_ms(20), 10, 20);
  check({0, 3, 5}, time_ms(10) + 1, time_ms(20) - 1, 11, 19);
  check({2}, time_ms(10), time_ms(10), 10, 10);
  check({2}, time_ms(10) + 1, time_ms(11) - 1, 1, 0);
  check({5}, time_ms(11), time_ms(11), 1, 0);
}

BOOST_AUTO_TEST_CASE(splitting_by_hosts_and_time_changes_nothing) {
  prometheus_fixture f;
  auto whole = f.expected(all_hosts(), 0, points - 1);
  for (size_t bytes : {20'000, 4'000, 1'000}) {
    f.source.limits.max_answer_bytes = bytes;
    size_t parts = 0;
    BOOST_TEST(bool(f.read(f.ask(all_hosts(), time_ms(0), time_ms(points - 1)), &parts) == whole),
               bytes);
    BOOST_TEST(parts > 1u);
  }
}

BOOST_AUTO_TEST_CASE(answers_that_are_too_large_are_asked_for_in_smaller_pieces) {
  prometheus_fixture f({"--query.max-samples=200"}); // The server's limit,
  auto whole = f.expected(all_hosts(), 0, points - 1);
  size_t parts = 0;
  BOOST_TEST(bool(f.read(f.ask(all_hosts(), time_ms(0), time_ms(points - 1)), &parts) == whole));
  BOOST_TEST(parts > 4u);
  f.source.max_bytes = 1500; // and ours.
  BOOST_TEST(bool(f.read(f.ask(all_hosts(), time_ms(0), time_ms(points - 1)), &parts) == whole));
  BOOST_TEST(parts > 12u);
}

BOOST_AUTO_TEST_CASE(long_selectors_go_by_post_and_hosts_may_come_without_a_port) {
  prometheus_fixture f;
  auto what = f.ask(all_hosts(), time_ms(0), time_ms(3));
  for (int i = 0; i < 400; ++i)
    what.instances.push_back(fmt::format("10.1.{}.{}:9100", i / 200, i % 200));
  BOOST_TEST(bool(f.read(what) == f.expected(all_hosts(), 0, 3)));
  what.instances = {"10.0.0.3", "10.0.0.4"};
  BOOST_TEST(bool(f.read(what) == f.expected({2, 3}, 0, 3)));
}

BOOST_AUTO_TEST_CASE(only_the_label_sets_that_were_asked_for_come_back) {
  prometheus_fixture f;
  prometheus_api::ask what{
    {core(1), {"core_count", {}}, {"core", {}}}, {instance(0)}, time_ms(0), time_ms(0)};
  auto got = f.read(what);
  BOOST_TEST(got.size() == 2u);
  BOOST_TEST((got.at({instance(0), core(1), time_ms(0)})) == value(0, 1, 0));
  BOOST_TEST((got.at({instance(0), {"core_count", {}}, time_ms(0)})) == "2");
}

BOOST_AUTO_TEST_CASE(a_server_that_is_gone_is_unreachable) {
  prometheus_fixture f;
  f.server.child().terminate();
  prometheus_api::fetch one(f.ask({0}, time_ms(0), time_ms(1)), f.source);
  auto out = one.next();
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<net::reply> reply;
  auto taken = f.http->submit(out.at(0).what, [&](net::reply r) {
    std::lock_guard lock(mutex);
    reply = std::move(r);
    changed.notify_one();
  });
  BOOST_REQUIRE(taken.has_value());
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return reply.has_value(); });
  auto parts = one.on_reply(out.at(0).id, std::move(*reply));
  BOOST_TEST(bool(parts.at(0).result.error() == ec::unreachable));
}

BOOST_AUTO_TEST_CASE(what_prometheus_scrapes_of_a_real_exporter_is_found_by_its_instance) {
  tests::node_exporter exporter;
  tests::prometheus_server server({"", {exporter.instance()}, "1s", {}});
  BOOST_TEST(tests::eventually([&] {
    return server.get("/api/v1/query?query=node_load1").find("127.0.0.1") != std::string::npos;
  }));
  auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
               .count();
  auto http = std::move(*net::http_multi::start());
  prometheus_api::source source;
  source.url = server.url();
  std::vector<prometheus_api::part> parts;
  std::mutex mutex;
  std::condition_variable changed;
  prometheus_api::client client(
    *http, source, [](auto job) { job(); }); // Inline: on the I/O thread.
  series_key idle{"node_cpu_seconds_total", {{"cpu", "0"}, {"mode", "idle"}}};
  auto started = client.start(
    {{{"up", {}}, idle, {"node_load1", {}}}, {exporter.instance()}, now - 60'000, now + 60'000},
    [&](prometheus_api::part p, bool) {
      std::lock_guard lock(mutex);
      parts.push_back(std::move(p));
      changed.notify_one();
    });
  BOOST_REQUIRE(started.has_value());
  std::unique_lock lock(mutex);
  BOOST_REQUIRE(changed.wait_for(lock, 30s, [&] { return parts.size() == 2; }));
  std::set<series_key> found;
  for (auto& part : parts) {
    BOOST_REQUIRE(part.result.has_value());
    for (auto& s : part.result->found) {
      BOOST_TEST(prometheus_api::host_of(s.instance) == "127.0.0.1");
      found.insert(s.key);
    }
  }
  BOOST_TEST(found.size() == 3u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace client_test
