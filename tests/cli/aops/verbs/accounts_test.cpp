#include "tests/cli/aops/support/command_fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace accounts_test {

using namespace aops;
using namespace aops::cli;

namespace {

struct accounts_fixture : tests::command_fixture {
  json record(int64_t number, const std::string& entity) {
    return {{"number", number},
            {"time", 1709287200},
            {"kind", "operation"},
            {"username", "ann"},
            {"address", "::1"},
            {"action", "host.add"},
            {"entity", entity},
            {"result", 200}};
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_accounts, accounts_fixture)

BOOST_AUTO_TEST_CASE(users_are_named_and_what_is_granted_is_a_list) {
  for (auto path : {"/manage/account/user/adopt",
                    "/manage/account/grant/change",
                    "/manage/account/role/change",
                    "/manage/account/user/reset"})
    node.answer(path, json::object());
  BOOST_TEST(run({"user", "adopt", "ann"}) == 0);
  BOOST_TEST(sent("/manage/account/user/adopt") == json({{"username", "ann"}}));
  BOOST_TEST(run({"user", "grant", "ann", "web", "db"}) == 0);
  BOOST_TEST(sent("/manage/account/grant/change") ==
             json({{"username", "ann"}, {"grant", {"web", "db"}}}));
  BOOST_TEST(run({"user", "revoke", "ann", "web"}) == 0);
  BOOST_TEST(sent("/manage/account/grant/change") ==
             json({{"username", "ann"}, {"revoke", {"web"}}}));
  BOOST_TEST(run({"user", "role", "ann", "administrator"}) == 0);
  BOOST_TEST(sent("/manage/account/role/change")["role"] == "administrator");
  BOOST_TEST(run({"user", "role", "ann", "king"}) == 2);
  BOOST_TEST(run({"user", "grant", "ann"}) == 2);
  lines = {"correct horse"};
  BOOST_TEST(run({"user", "reset", "ann", "--password", "-"}) == 0);
  BOOST_TEST(sent("/manage/account/user/reset") ==
             json({{"username", "ann"}, {"password", "correct horse"}}));
}

BOOST_AUTO_TEST_CASE(registering_needs_no_session) {
  variables.erase("AOPS_ACCESS_TOKEN");
  variables["AOPS_NEW_PASSWORD"] = "correct horse";
  node.answer("/manage/account/register", json::object());
  BOOST_TEST(run({"account", "register", "ann"}) == 0);
  BOOST_TEST(sent("/manage/account/register") ==
             json({{"username", "ann"}, {"password", "correct horse"}}));
}

BOOST_AUTO_TEST_CASE(a_token_lives_for_whole_days) {
  node.answer("/manage/account/token/create", {{"access_token", "t"}});
  BOOST_TEST(run({"token", "create", "backup"}) == 0);
  BOOST_TEST(sent("/manage/account/token/create") == json({{"name", "backup"}, {"scope", "read"}}));
  BOOST_TEST(run({"token", "create", "backup", "--scope", "act", "--expires", "2w"}) == 0);
  BOOST_TEST(sent("/manage/account/token/create") ==
             json({{"name", "backup"}, {"scope", "act"}, {"days", 14}}));
  BOOST_TEST(run({"token", "create", "backup", "--expires", "1h"}) == 0);
  BOOST_TEST(sent("/manage/account/token/create")["days"] == 1);
}

BOOST_AUTO_TEST_CASE(all_other_sessions_end_only_when_all_are_meant) {
  node.answer("/manage/account/session/delete", {{"deleted", json::array()}});
  BOOST_TEST(run({"session", "delete"}) == 2);
  BOOST_TEST(run({"session", "delete", "--all"}) == 0);
  BOOST_TEST(sent("/manage/account/session/delete") == json({{"session_list", json::array()}}));
  BOOST_TEST(run({"session", "delete", "a", "b", "--username", "ann"}) == 0);
  BOOST_TEST(sent("/manage/account/session/delete") ==
             json({{"session_list", {"a", "b"}}, {"username", "ann"}}));
}

BOOST_AUTO_TEST_CASE(the_vault_key_is_typed_unseen_and_changed_on_request) {
  node.answer("/manage/account/certificate", json::object());
  node.answer("/manage/account/certificate/change", json::object());
  lines = {"first key"};
  BOOST_TEST(run({"certificate", "--key", "-"}) == 0);
  BOOST_TEST(sent("/manage/account/certificate") == json({{"key", "first key"}}));
  variables["AOPS_VAULT_KEY"] = "first key";
  variables["AOPS_NEW_VAULT_KEY"] = "second key";
  BOOST_TEST(run({"certificate", "--change"}) == 0);
  BOOST_TEST(sent("/manage/account/certificate/change") ==
             json({{"key", "first key"}, {"new_key", "second key"}}));
}

BOOST_AUTO_TEST_CASE(an_export_reads_on_behind_the_last_record) {
  json first = json::array();
  for (int64_t n = 1500; n > 500; --n)
    first.push_back(record(n, "a,\"b\""));
  node.answer("/manage/log/get", {{"records", first}});
  node.answer("/manage/log/get", {{"records", json::array({record(500, "c")})}});
  BOOST_TEST(run({"audit", "export", "--form", "csv", "--done", "host.*"}) == 0);
  BOOST_TEST(sent("/manage/log/get") ==
             json({{"action", "host.*"}, {"before", 501}, {"page", 1}, {"per_page", 1000}}));
  BOOST_TEST(
    out.str().starts_with("number,time,kind,username,address,action,entity,result,detail\n"
                          "1500,1709287200,operation,ann,::1,host.add,\"a,\"\"b\"\"\",200,\n"));
  BOOST_TEST(out.str().ends_with("500,1709287200,operation,ann,::1,host.add,c,200,\n"));
  node.answer("/manage/log/get", {{"records", json::array({record(1, "x")})}});
  BOOST_TEST(run({"audit", "export"}) == 0);
  BOOST_TEST(json::parse(out.str())["entity"] == "c"); // The last answer stays.
}

BOOST_AUTO_TEST_CASE(verifying_goes_on_to_the_end_and_names_what_is_broken) {
  node.answer("/manage/log/verify", {{"checked", 10}, {"last", 10}, {"complete", false}});
  node.answer("/manage/log/verify", {{"checked", 5}, {"last", 15}, {"complete", true}});
  BOOST_TEST(run({"audit", "verify"}) == 0);
  BOOST_TEST(sent("/manage/log/verify") == json({{"after", 10}}));
  BOOST_TEST(shown("15 records, all as they were written"));
  node.answer(
    "/manage/log/verify",
    {{"checked", 2}, {"last", 2}, {"complete", true}, {"broken", 3}, {"reason", "was altered"}});
  BOOST_TEST(run({"audit", "verify"}) == 0); // Once more the answer before.
  BOOST_TEST(run({"audit", "verify"}) == 1);
  BOOST_TEST(err.str().find("record 3 was altered") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace accounts_test
