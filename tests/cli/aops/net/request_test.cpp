#include "cli/aops/net/request.hpp"
#include "messages/account.hpp"
#include "messages/check.hpp"
#include "messages/diag.hpp"
#include "messages/host.hpp"

#include <boost/test/unit_test.hpp>

namespace request_test {

using namespace aops;
using cli::body_of;

namespace {

/// What the node makes of the body.
template <described T>
expected<T> as_read(const T& x) {
  return base::decode_text<T>(cli::to_line(body_of(x)));
}

} // namespace

BOOST_AUTO_TEST_SUITE(cli_request)

BOOST_AUTO_TEST_CASE(a_node_reads_what_was_meant_secrets_included) {
  hosts_to_add hosts;
  hosts.key = sealed_text{"vault"};
  hosts.host_list.resize(1);
  auto& host = hosts.host_list[0];
  host.host_name = "web1";
  host.host_group_name = "web";
  host.public_ip = "192.0.2.7";
  host.username = "ops";
  host.password = sealed_text{"pw"};
  host.sudo_password = sealed_text{"root \"pw\""};
  host.exporter_port = 9200;
  auto read = as_read(hosts);
  BOOST_REQUIRE(read);
  BOOST_TEST(read->key->text == "vault");
  BOOST_REQUIRE(read->host_list.size() == 1u);
  BOOST_TEST(read->host_list[0].sudo_password->text == "root \"pw\"");
  BOOST_TEST(*read->host_list[0].exporter_port == 9200);
}

BOOST_AUTO_TEST_CASE(what_is_unset_is_left_out_because_null_would_be_refused) {
  results_query query;
  query.time_range = {{1709290800000}, {1709294400000}};
  query.page = 2;
  BOOST_TEST(cli::to_line(body_of(query)) ==
             R"({"time_range":[1709290800,1709294400],"check_items":[],"host_list":[],"page":2})");
  BOOST_TEST(as_read(query).has_value());
  BOOST_TEST(cli::to_line(body_of(count_hosts{})) == "{}");
}

BOOST_AUTO_TEST_CASE(what_only_actors_say_to_each_other_is_left_out) {
  BOOST_TEST(cli::to_line(body_of(logged_in{.code = 200, .access_token = "t"})) ==
             R"({"access_token":"t"})");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace request_test
