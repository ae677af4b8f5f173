// What was: pictures of then, what began and ended, which hosts a host needed.
#include "runtime/core/topology/past.hpp"
#include "tests/core/topology/hosts_told.hpp"

#include <boost/test/unit_test.hpp>

namespace past_test {

using namespace aops;
using namespace aops::tests;
using namespace aops::topology;

namespace {

const std::string A = "10.0.0.1", B = "10.0.0.2", C = "10.0.0.3";

struct stored : told_world {
  stored() {
    for (const auto& [id, ip] : {std::pair{"a", A}, {"b", B}, {"c", C}}) {
      see(id, ip);
      hosts.push_back({id, "m", "h", {ip}, 1000, 1'000'000});
    }
  }
  void add(const std::string& host, const link_record& x, int64_t begin, int64_t end = 0) {
    links.push_back({host, x.ends, begin, end});
  }
  std::string then(int64_t at) {
    topology::world past;
    for (auto& w : windows_then(hosts, links, at, now, rules))
      past.put(std::make_shared<host_window>(std::move(w)));
    picture_query q;
    q.now_ms = at;
    return lines_of(picture_of(past, who, q, rules));
  }
  std::string changes(int64_t from, int64_t to, const std::string& host = {}) {
    changes_wanted q;
    q.host_id = host;
    q.from_ms = from;
    q.to_ms = to;
    q.now_ms = now;
    std::string out;
    for (const auto& x : changes_of(hosts, links, who, q, rules).changes)
      out += std::to_string(x.time.ms) + " " + x.change + " " + x.client.host_name + " " +
             x.client.process_name + " " + x.server.host_name + " " + x.server.process_name + " " +
             x.server.address + "\n";
    return out;
  }
  std::string needed(const std::string& host, int64_t depth) {
    const auto owners = owners_of(hosts, who);
    dependency_walk walk{owners, who, host, depth};
    size_t rounds = 0;
    while (!walk.wanted().empty() && ++rounds < 20) {
      std::vector<past_link> some;
      for (const auto& x : links)
        for (const auto& id : walk.wanted())
          if (x.host_id == id)
            some.push_back(x);
      walk.give(some);
    }
    std::string out;
    for (const auto& x : walk.result().hosts) {
      out += x.host_id + ":";
      for (const auto& step : x.path)
        out += " [" + step + "]";
      out += "\n";
    }
    return out;
  }

  std::vector<past_host> hosts;
  std::vector<past_link> links;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(what_was, stored)

BOOST_AUTO_TEST_CASE(a_picture_of_then_has_the_links_of_then) {
  add("a", calls("curl", A, B, 80), 2000, 5000);
  add("b", serves("nginx", A, B, 80), 2000);
  const std::string link = "a.curl@10.0.0.1>b.nginx@10.0.0.2:80/tcp_link\n";
  BOOST_TEST(then(999) == "");
  BOOST_TEST(then(1999) == "a\nb\nc\n");
  BOOST_TEST(then(2000) == "a\nb\nc\na.curl\nb.nginx\n" + link);
  BOOST_TEST(then(5000) == "a\nb\nc\na.curl\nb.nginx\n" + link);
  // The server still saw it.
  BOOST_TEST(then(5001) == "a\nb\nc\na.?\nb.nginx\na.?@10.0.0.1>b.nginx@10.0.0.2:80/tcp_link\n");
}

BOOST_AUTO_TEST_CASE(a_silent_host_is_stale_then) {
  add("a", calls("curl", A, B, 80), 2000);
  hosts[0].seen_ms = 10'000;
  BOOST_TEST(then(10'000).find("a.curl") != std::string::npos);
  BOOST_TEST(then(500'000) == "a STALE\nb\nc\n");
  BOOST_TEST(end_of(links[0], hosts[0], silence_of(rules), now) == 10'000);
  BOOST_TEST(end_of(links[0], hosts[1], silence_of(rules), now) == 0);
}

BOOST_AUTO_TEST_CASE(what_began_and_ended_is_told_once) {
  add("a", calls("curl", A, B, 80), 2000, 5000);
  add("b", serves("nginx", A, B, 80), 2100, 5100);
  add("b", serves("nginx", "192.0.2.1", B, 80), 3000);
  BOOST_TEST(changes(0, now) == "2000 began host-a curl host-b nginx 10.0.0.2\n"
                                "3000 began   host-b nginx 10.0.0.2\n"
                                "5000 ended host-a curl host-b nginx 10.0.0.2\n");
  BOOST_TEST(changes(2001, 5000) == "3000 began   host-b nginx 10.0.0.2\n");
  BOOST_TEST(changes(0, 3000, "b") == "2000 began host-a curl host-b nginx 10.0.0.2\n");
  BOOST_TEST(changes(0, now, "c") == "");
}

BOOST_AUTO_TEST_CASE(changes_of_hosts_of_others_are_not_told) {
  hosts.push_back({"x", "m", "h", {"10.0.0.9"}, 1000, 1'000'000});
  add("x", calls("curl", "10.0.0.9", "192.0.2.1", 80), 2000);
  add("a", calls("curl", A, "10.0.0.9", 80), 2000);
  BOOST_TEST(changes(0, now) == "2000 began host-a curl   10.0.0.9\n");
}

BOOST_AUTO_TEST_CASE(hosts_that_a_host_needed_come_with_their_paths) {
  add("a", calls("nginx", A, B, 8080), 2000);
  add("b", serves("app", A, B, 8080), 2000);
  add("b", calls("app", B, C, 5432), 2000);
  add("c", serves("postgres", B, C, 5432), 2000);
  BOOST_TEST(needed("a", 1) == "b: [host-a nginx -> host-b app 10.0.0.2:8080]\n");
  const std::string both = "b: [host-a nginx -> host-b app 10.0.0.2:8080]\n"
                           "c: [host-a nginx -> host-b app 10.0.0.2:8080]"
                           " [host-b app -> host-c postgres 10.0.0.3:5432]\n";
  BOOST_TEST(needed("a", 2) == both);
  add("c", calls("postgres", C, A, 22), 2000); // In a circle.
  BOOST_TEST(needed("a", 8) == both);
  BOOST_TEST(needed("c", 1) == "a: [host-c postgres -> host-a 10.0.0.1:22]\n");
}

BOOST_AUTO_TEST_CASE(hosts_without_agents_are_needed_by_the_address_they_are_managed_under) {
  see("d", "10.0.0.4");
  add("a", calls("app", A, "10.0.0.4", 3306), 2000);
  add("a", calls("app", A, "192.0.2.1", 443), 2000); // Nobody's.
  add("a", calls("app", "127.0.0.1", "127.0.0.1", 1), 2000);
  BOOST_TEST(needed("a", 3) == "d: [host-a app -> host-d 10.0.0.4:3306]\n");
  BOOST_TEST(needed("unknown", 3) == "");
}

BOOST_AUTO_TEST_CASE(what_a_balancer_hands_on_to_is_needed_through_it) {
  hosts[1].addresses = {B, "10.0.0.9"};
  add("a", calls("curl", A, "10.0.0.9", 80), 2000);
  add("b", hands_on(A, "10.0.0.9", 80, C, 8080), 2000);
  BOOST_TEST(needed("a", 2) == "b: [host-a curl -> host-b 10.0.0.9:80]\n"
                               "c: [host-a curl -> host-b 10.0.0.9:80]"
                               " [host-b ipvs -> host-c 10.0.0.3:8080]\n");
}

BOOST_AUTO_TEST_CASE(links_are_known_by_their_ends) {
  auto key = key_of(calls("curl", A, B, 80).ends);
  BOOST_TEST(key.size() == 32u);
  BOOST_TEST(key == key_of(calls("curl", A, B, 80).ends));
  BOOST_TEST(key != key_of(calls("curl", A, B, 81).ends));
  BOOST_TEST(key != key_of(serves("curl", A, B, 80).ends));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace past_test
