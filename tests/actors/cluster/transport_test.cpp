#include "actors/cluster/transport.hpp"
#include "tests/actors/cluster/link_fixture.hpp"
#include "tests/support/process.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>

namespace aops::tests {

namespace {

using actors::configure_transport;

struct transport_fixture {
  temp_folder folder;
  test_authority authority{folder.path(), "test-authority"};
  base::config config;
  caf::actor_system_config caf_config;

  transport_fixture() { config.storage.engine = "mariadb"; }

  void use(const link_node_options& o) {
    config.cluster.certificate = o.certificate;
    config.cluster.key = o.key;
    config.cluster.ca = o.ca;
  }
  std::string refusal() {
    auto how = configure_transport(caf_config, config);
    return how ? "accepted" : how.error().detail;
  }
  bool is_refused_with(const std::string& part) {
    auto text = refusal();
    BOOST_TEST_INFO(text);
    return text.find(part) != std::string::npos;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(transport, transport_fixture)

BOOST_AUTO_TEST_CASE(plain_links_are_for_loopback_only) {
  config.cluster.listen = {"127.0.0.1", 0};
  BOOST_TEST(refusal() == "accepted");
  config.cluster.listen = {"10.1.2.3", 0};
  BOOST_TEST(is_refused_with("cluster.certificate"));
  config.cluster.listen = {"127.0.0.1.example.org", 0};
  BOOST_TEST(is_refused_with("is not loopback"));
}

BOOST_AUTO_TEST_CASE(each_missing_file_is_named) {
  auto all = authority.node("a", {.name = "a", .addresses = {"127.0.0.1"}});
  use(all);
  BOOST_TEST(refusal() == "accepted");
  config.cluster.key = "";
  BOOST_TEST(is_refused_with("cluster.key is missing"));
  use(all);
  config.cluster.ca = "";
  BOOST_TEST(is_refused_with("cluster.ca is missing"));
  use(all);
  config.cluster.certificate = folder / "nothing.pem";
  BOOST_TEST(is_refused_with("cluster.certificate: "));
}

BOOST_AUTO_TEST_CASE(a_certificate_that_peers_would_refuse_is_refused_at_the_start) {
  use(authority.node("a", {.name = "a"}));
  config.cluster.key = authority.node("b", {.name = "b"}).key;
  BOOST_TEST(is_refused_with("not that of the certificate"));
  use(authority.node("c", {.name = "c", .days = -1}));
  BOOST_TEST(is_refused_with("expired"));
  use(authority.node("d", {.name = "d", .for_client = false}));
  BOOST_TEST(is_refused_with("cluster.certificate"));
  temp_folder elsewhere;
  test_authority other{elsewhere.path(), "other"};
  use(authority.node("e", {.name = "e"}));
  config.cluster.ca = other.file("ca.pem");
  BOOST_TEST(is_refused_with("cluster.certificate"));
}

BOOST_AUTO_TEST_CASE(an_address_nobody_can_connect_to_needs_another_one) {
  use(authority.node("a", {.name = "a"}));
  config.cluster.listen = {"0.0.0.0", 7000};
  BOOST_TEST(is_refused_with("cluster.advertise is missing"));
  config.cluster.advertise = "no port";
  BOOST_TEST(is_refused_with("cluster.advertise"));
  config.cluster.advertise = "node1.example.org:7001";
  BOOST_TEST(refusal() == "accepted");
  BOOST_TEST(actors::advertised(config, {"0.0.0.0", 7000}) == "node1.example.org:7001");
}

BOOST_AUTO_TEST_CASE(a_store_of_one_node_loads_nothing) {
  config.storage.engine = "sqlite";
  config.cluster.listen = {"10.1.2.3", 0};
  BOOST_TEST(refusal() == "accepted");
  caf::actor_system system{caf_config};
  BOOST_TEST(!system.has_middleman());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::tests
