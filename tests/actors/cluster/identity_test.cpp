#include "runtime/base/log.hpp"
#include "tests/actors/cluster/link_fixture.hpp"
#include "tests/support/process.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>

#include <arpa/inet.h>
#include <filesystem>
#include <random>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace aops::tests {

namespace {

using namespace std::chrono_literals;
using base::certificate_wish;

certificate_wish good_wish(const std::string& name) {
  certificate_wish w;
  w.name = name;
  w.addresses = {"127.0.0.1"};
  return w;
}

struct secured_pair {
  log::capture log;
  temp_folder folder;
  test_authority authority{folder.path(), "test-authority"};
  link_node a{authority.node("a", good_wish("node-a"), true)};
  link_node b{authority.node("b", good_wish("node-b"), true)};

  secured_pair() {
    b.add_echo("host/x");
    know({});
    BOOST_REQUIRE(eventually([&] { return a.linked("b") && b.linked("a"); }));
  }

  /// All know all; `other` may be null.
  void know(std::vector<link_node*> others) {
    std::vector<known_member> all{a.as_member(), b.as_member()};
    for (auto* x : others)
      all.push_back(x->as_member());
    b.own_all_slots(true);
    a.set_map(all, "b");
    b.set_map(all, "b");
    for (auto* x : others)
      x->set_map(all, "b");
  }

  /// The good ones go on as if nothing had happened.
  bool is_well() {
    BOOST_TEST(a.linked("b"));
    BOOST_TEST(b.linked("a"));
    BOOST_TEST(a.heard->downs("b") == 0, log.text());
    auto answer = a.say("host/x", "well", 5s);
    BOOST_TEST_INFO(answer.value_or(answer ? "" : to_string(answer.error())));
    return answer == std::string{"b:well"};
  }

  /// A third node comes, and stays outside; lines with these texts tell why.
  void stays_outside(link_node_options options, const std::vector<std::string>& logged) {
    link_node c{std::move(options)};
    know({&c});
    for (const auto& x : logged) {
      bool is_logged = eventually([&] { return log.text().find(x) != std::string::npos; });
      BOOST_TEST(is_logged, "no `" << x << "` in\n" << log.text());
    }
    BOOST_TEST((!c.linked("a") && !c.linked("b") && !a.linked("c") && !b.linked("c")));
    BOOST_TEST(is_well());
    know({});
  }
};

size_t open_files() {
  size_t n = 0;
  for (const auto& x : std::filesystem::directory_iterator{"/proc/self/fd"})
    n += x.path().empty() ? 0 : 1;
  return n;
}

int connected_socket(uint16_t port) {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  BOOST_REQUIRE(::connect(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
  return fd;
}

uint16_t port_of(const link_node& x) { return base::parse_endpoint(x.address())->port; }

} // namespace

BOOST_FIXTURE_TEST_SUITE(identity, secured_pair)

BOOST_AUTO_TEST_CASE(nodes_with_certificates_for_their_addresses_are_linked) {
  BOOST_TEST(is_well());
}

BOOST_AUTO_TEST_CASE(a_node_may_be_named_by_its_id_alone) {
  certificate_wish w;
  w.name = "c";
  link_node c{authority.node("c", w)};
  know({&c});
  BOOST_TEST(eventually([&] { return c.linked("a") && c.linked("b"); }));
}

BOOST_AUTO_TEST_CASE(a_certificate_of_another_authority_stays_outside) {
  temp_folder elsewhere;
  test_authority other{elsewhere.path(), "test-authority"}; // Of the same name, too.
  stays_outside(other.node("c", good_wish("node-c")),
                {"its certificate: ", "it refuses this node's certificate: "});
}

BOOST_AUTO_TEST_CASE(an_expired_certificate_stays_outside) {
  auto w = good_wish("node-c");
  w.days = -1;
  auto o = authority.node("c", w);
  o.is_checked = false;
  stays_outside(o,
                {"its certificate: certificate has expired",
                 "it refuses this node's certificate: certificate expired"});
}

BOOST_AUTO_TEST_CASE(a_certificate_for_servers_only_stays_outside) {
  auto w = good_wish("node-c");
  w.for_client = false;
  auto o = authority.node("0", w); // The one that dials: as a server it would pass.
  o.is_checked = false;
  stays_outside(o, {"its certificate: ", "it refuses this node's certificate: "});
}

BOOST_AUTO_TEST_CASE(a_revoked_certificate_stays_outside) {
  auto o = authority.node("c", good_wish("node-c"));
  authority.revoke("c");
  stays_outside(o, {"certificate revoked"});
}

BOOST_AUTO_TEST_CASE(a_link_ends_when_its_certificate_is_revoked) {
  link_node c{authority.node("c", good_wish("node-c"))};
  know({&c});
  BOOST_REQUIRE(eventually([&] { return c.linked("a") && a.linked("c"); }));
  authority.revoke("c");
  BOOST_TEST(eventually([&] { return !c.linked("a") && !a.linked("c") && !b.linked("c"); }));
  BOOST_TEST(log.text().find("certificate revoked") != std::string::npos);
  BOOST_TEST(is_well());
}

BOOST_AUTO_TEST_CASE(a_certificate_for_another_name_stays_outside) {
  certificate_wish w;
  w.name = "somewhere-else";
  w.addresses = {"192.0.2.1"};
  stays_outside(authority.node("c", w), {"not for 127.0.0.1"});
}

BOOST_AUTO_TEST_CASE(another_cluster_stays_outside_and_both_sides_say_why) {
  auto o = authority.node("c", good_wish("node-c"));
  o.cluster = "other-cluster";
  // "a" dials, "c" refuses; so each speaks of its own.
  stays_outside(o, {"No link with node c: it refuses this node: it belongs to another cluster"});
  BOOST_TEST(log.text().find(": it belongs to another cluster, test-cluster") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_plain_node_stays_outside) {
  link_node_options o;
  o.id = "c";
  stays_outside(o, {": no TLS: "});
}

BOOST_AUTO_TEST_CASE(a_thousand_connections_with_garbage_do_no_harm) {
  auto files = open_files();
  std::mt19937 random{42};
  std::vector<int> open;
  for (int i = 0; i < 1000; ++i) {
    auto fd = connected_socket(port_of(a));
    // A client's first flight has some 200 to 500 bytes: shorter, about as long, longer.
    size_t sizes[] = {random() % 32, 200 + random() % 300, 4096 + random() % 60'000};
    std::string bytes(sizes[i % 3], '\0');
    for (auto& x : bytes)
      x = static_cast<char>(random());
    if (i % 2 == 0 && bytes.size() > 5)
      bytes.replace(0, 3, "\x16\x03\x01"); // As if TLS began.
    (void)!::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (i % 10 == 0)
      open.push_back(fd); // Some stay and say no more.
    else
      ::close(fd);
  }
  BOOST_TEST(is_well());
  for (auto fd : open)
    ::close(fd);
  BOOST_TEST(eventually([&] { return open_files() <= files + 2; }), open_files() << " files open");
  BOOST_TEST(is_well());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::tests
