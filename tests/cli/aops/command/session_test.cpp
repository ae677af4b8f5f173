#include "cli/aops/command/session.hpp"
#include "tests/cli/aops/support/canned_node.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>

namespace session_test {

using namespace aops;
using namespace aops::cli;
using tests::canned_node;

namespace {

struct fixture : tests::test_console {
  std::string context_file() const { return folder + "/config/aops/context.json"; }
  context kept() const { return *load_context(context_file()); }
  bool told(std::string_view what) const { return err.str().find(what) != std::string::npos; }
};

} // namespace

BOOST_AUTO_TEST_SUITE(cli_session)

BOOST_FIXTURE_TEST_CASE(a_login_is_remembered_for_its_owner_only, fixture) {
  canned_node node;
  node.answer("/manage/account/login", {{"access_token", "t1"}});
  variables["AOPS_PASSWORD"] = "secret-1";
  BOOST_TEST(run({"login", "--url", node.url()}) == 0);
  BOOST_TEST(out.str() == "logged in to " + node.url() + " as admin\n");
  json wanted = {{"username", "admin"}, {"password", "secret-1"}};
  BOOST_TEST(node.last("/manage/account/login").body == wanted);
  BOOST_TEST(
    (std::filesystem::status(context_file()).permissions() == std::filesystem::perms(0600)));
  BOOST_TEST(kept().access_token == "t1");
  node.answer("/manage/host/count", {{"host_count", 3}});
  BOOST_TEST(run({"stat", "--action", "count", "--field", "host"}) == 0);
  BOOST_TEST(node.last("/manage/host/count").token == "t1");
}

BOOST_FIXTURE_TEST_CASE(secrets_come_from_standard_input_or_the_terminal_and_are_never_shown,
                        fixture) {
  canned_node node;
  node.answer("/manage/account/login", {{"code", 1200}, {"msg", "incorrect username or password"}});
  lines = {"from-stdin"};
  BOOST_TEST(run({"login", "--url", node.url(), "--username", "ann", "--password", "-"}) == 1);
  BOOST_TEST(text_of(node.last("/manage/account/login").body, "password") == "from-stdin");
  BOOST_TEST(told("incorrect username or password; check user name and password (1200)"));
  BOOST_TEST(!told("from-stdin"));
  answers = {"typed"};
  BOOST_TEST(run({"login", "--url", node.url()}) == 1);
  BOOST_TEST(text_of(node.last("/manage/account/login").body, "password") == "typed");
  BOOST_TEST(run({"login", "--url", node.url()}) == 1);
  BOOST_TEST(told("--password is needed"));
  BOOST_TEST(!std::filesystem::exists(context_file()));
}

BOOST_FIXTURE_TEST_CASE(the_default_password_is_changed_within_the_login, fixture) {
  canned_node node;
  node.answer("/manage/account/login",
              {{"code", 1204}, {"msg", "please change"}, {"access_token", "t1"}});
  node.answer("/manage/account/change", json::object());
  variables["AOPS_PASSWORD"] = "changeme";
  BOOST_TEST(run({"login", "--url", node.url()}) == 1);
  BOOST_TEST(told("aops account --action change --password -"));
  BOOST_TEST(kept().access_token == "t1"); // So that the change can be made.
  answers = {"a better one", "a bettr one", "a better one", "a better one"};
  BOOST_TEST(run({"login", "--url", node.url()}) == 0);
  BOOST_TEST(told("the two differ"));
  BOOST_TEST(text_of(node.last("/manage/account/change").body, "password") == "a better one");
  variables["AOPS_NEW_PASSWORD"] = "a better one";
  BOOST_TEST(run({"login", "--url", node.url()}) == 0);
  auto change = node.last("/manage/account/change");
  BOOST_TEST(text_of(change.body, "password") == "a better one");
  BOOST_TEST(change.token == "t1");
}

BOOST_FIXTURE_TEST_CASE(a_certificate_is_pinned_by_the_login_and_another_one_is_refused, fixture) {
  variables["AOPS_PASSWORD"] = "p";
  std::string first_url;
  {
    canned_node node(canned_node::scheme::https);
    node.answer("/manage/account/login", {{"access_token", "t1"}});
    BOOST_TEST(run({"login", "--url", node.url()}) == 0);
    BOOST_TEST(kept().fingerprint == node.fingerprint());
    node.answer("/manage/host/count", {{"host_count", 3}});
    BOOST_TEST(run({"stat", "--action", "count", "--field", "host"}) == 0);
  }
  canned_node other(canned_node::scheme::https);
  other.answer("/manage/account/login", {{"access_token", "t2"}});
  auto known = kept();
  known.url = other.url(); // As if the node had come back with a new certificate.
  BOOST_REQUIRE(save_context(context_file(), known));
  BOOST_TEST(run({"stat", "--action", "count", "--field", "host"}) == 3);
  BOOST_TEST(told("another certificate than the one pinned"));
  BOOST_TEST(run({"login", "--url", other.url()}) == 3);
  BOOST_TEST(other.seen().empty()); // Neither token nor password went out.
  BOOST_TEST(run({"login", "--url", other.url(), "--trust"}) == 0);
  BOOST_TEST(kept().fingerprint == other.fingerprint());
}

BOOST_FIXTURE_TEST_CASE(a_certificate_file_takes_the_place_of_a_pin, fixture) {
  canned_node node(canned_node::scheme::https), other(canned_node::scheme::https);
  node.answer("/manage/account/login", {{"access_token", "t1"}});
  node.answer("/manage/host/count", {{"host_count", 3}});
  variables["AOPS_PASSWORD"] = "p";
  auto cacert = file("node.pem", node.certificate());
  BOOST_TEST(run({"login", "--url", node.url(), "--cacert", cacert}) == 0);
  BOOST_TEST(kept().cacert == cacert);
  BOOST_TEST(kept().fingerprint.empty());
  BOOST_TEST(run({"stat", "--action", "count", "--field", "host"}) == 0);
  BOOST_TEST(run({"login", "--url", other.url(), "--cacert", cacert}) == 3);
  BOOST_TEST(told("is not trusted"));
  BOOST_TEST(other.seen().empty());
}

BOOST_FIXTURE_TEST_CASE(the_token_goes_to_no_other_node, fixture) {
  canned_node home, other;
  home.answer("/manage/account/login", {{"access_token", "t1"}});
  other.answer("/manage/host/count", {{"host_count", 1}});
  variables["AOPS_PASSWORD"] = "p";
  BOOST_TEST(run({"login", "--url", home.url()}) == 0);
  BOOST_TEST(run({"stat", "--action", "count", "--field", "host", "--url", other.url()}) == 2);
  BOOST_TEST(told("no access token"));
  variables["AOPS_URL"] = other.url();
  variables["AOPS_ACCESS_TOKEN"] = "t2";
  BOOST_TEST(run({"stat", "--action", "count", "--field", "host"}) == 0);
  BOOST_TEST(other.last("/manage/host/count").token == "t2");
  BOOST_TEST(run({"stat", "--action", "count", "--field", "host", "--access_token", "t3"}) == 0);
  BOOST_TEST(other.last("/manage/host/count").token == "t3");
}

BOOST_FIXTURE_TEST_CASE(a_logout_forgets_the_token_and_keeps_the_pin, fixture) {
  canned_node node(canned_node::scheme::https);
  node.answer("/manage/account/login", {{"access_token", "t1"}});
  node.answer("/manage/account/logout", json::object());
  variables["AOPS_PASSWORD"] = "p";
  BOOST_TEST(run({"login", "--url", node.url()}) == 0);
  BOOST_TEST(run({"logout"}) == 0);
  BOOST_TEST(node.last("/manage/account/logout").token == "t1");
  BOOST_TEST(kept().access_token.empty());
  BOOST_TEST(kept().fingerprint == node.fingerprint());
  BOOST_TEST(run({"logout"}) == 0);
  BOOST_TEST(told("not logged in"));
}

BOOST_FIXTURE_TEST_CASE(a_context_that_others_may_read_is_refused, fixture) {
  BOOST_REQUIRE(save_context(context_file(), {"http://127.0.0.1:1", "admin", "t", "", ""}));
  std::filesystem::permissions(context_file(), std::filesystem::perms(0644));
  BOOST_TEST(run({"stat", "--action", "count", "--field", "host"}) == 1);
  BOOST_TEST(told("chmod 600"));
}

BOOST_FIXTURE_TEST_CASE(exit_codes_tell_what_happened, fixture) {
  variables["AOPS_ACCESS_TOKEN"] = "t";
  canned_node node;
  variables["AOPS_URL"] = node.url();
  std::vector<std::string> count = {"stat", "--action", "count", "--field", "host"};
  BOOST_TEST(run(count) == 1); // HTTP 404.
  BOOST_TEST(told("does not offer it"));
  node.answer("/manage/host/count", {{"host_count", 1}});
  node.answer("/manage/host/count", {{"code", 1201}, {"msg", "the session is invalid"}});
  BOOST_TEST(run(count) == 0);
  BOOST_TEST(run(count) == 1);
  BOOST_TEST(told("the session is invalid; run: aops login (1201)"));
  BOOST_TEST(printed()["code"] == 1201);
  node.answer_http("/check/rule/count", 429, "{\"code\":1001}", {{"Retry-After", "3"}});
  BOOST_TEST(run({"stat", "--action", "count", "--field", "check_rule"}) == 1);
  BOOST_TEST(told("try again in 3 s"));
  node.answer_http("/check/rule/count", 500, "<html>");
  run({"stat", "--action", "count", "--field", "check_rule"});
  BOOST_TEST(run({"stat", "--action", "count", "--field", "check_rule"}) == 1);
  BOOST_TEST(told("is no reply of an aops node"));
  variables["AOPS_URL"] = "http://127.0.0.1:1";
  BOOST_TEST(run(count) == 3);
  variables["AOPS_URL"] = "ftp://nonsense";
  BOOST_TEST(run(count) == 1);
}

BOOST_FIXTURE_TEST_CASE(speaking_the_wrong_protocol_is_explained, fixture) {
  variables["AOPS_ACCESS_TOKEN"] = "t";
  canned_node plain, tls(canned_node::scheme::https);
  auto swapped = [](std::string url, const std::string& from, const std::string& to) {
    return to + url.substr(from.size());
  };
  variables["AOPS_URL"] = swapped(plain.url(), "http", "https");
  BOOST_TEST(run({"stat", "--action", "count", "--field", "host"}) == 3);
  BOOST_TEST(told("http://"));
  variables["AOPS_URL"] = swapped(tls.url(), "https", "http");
  BOOST_TEST(run({"stat", "--action", "count", "--field", "host"}) == 3);
  BOOST_TEST(told("https://"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace session_test
