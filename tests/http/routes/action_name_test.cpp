#include "http/routes/routes.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

namespace action_name_test {

using namespace aops;

BOOST_AUTO_TEST_SUITE(actions)

BOOST_AUTO_TEST_CASE(the_log_calls_things_as_those_who_do_them) {
  for (const auto& [path, name] : {
         std::pair{"/manage/host/add", "host.add"},
         std::pair{"/manage/host/group/add", "group.add"},
         std::pair{"/manage/account/change", "account.change"},
         std::pair{"/manage/account/certificate", "vault.enter"},
         std::pair{"/manage/account/certificate/change", "vault.change"},
         std::pair{"/manage/account/user/delete", "user.delete"},
         std::pair{"/manage/account/role/change", "user.role"},
         std::pair{"/manage/account/grant/change", "user.grant"},
         std::pair{"/manage/account/session/delete", "session.delete"},
         std::pair{"/manage/account/token/create", "token.create"},
         std::pair{"/manage/logout", "account.logout"},
         std::pair{"/check/rule/import", "rule.import"},
         std::pair{"/check/execute", "check.execute"},
         std::pair{"/diag/execute", "diagnosis.execute"},
         std::pair{"/diag/task/cancel", "task.cancel"},
         std::pair{"/diag/report/delete", "report.delete"},
         std::pair{"/manage/account/view/save", "view.save"},
         std::pair{"/cluster/node/drain", "cluster.node.drain"},
       })
    BOOST_TEST(http::action_name(path) == name);
}

BOOST_AUTO_TEST_CASE(what_only_reads_is_as_intended) {
  // Neither more nor fewer: a token that may only read depends on it.
  http::node_port nobody =
    [](std::string_view, std::chrono::milliseconds, caf::message) -> expected<caf::message> {
    return fail(ec::unreachable);
  };
  std::set<std::string> odd;
  for (const auto& r : http::contract_routes(nobody)) {
    if (r.changes != http::changes_by_name(r.verb, r.path))
      odd.insert(r.path);
    if (r.verb == http::method::remove)
      BOOST_TEST(r.changes, r.path);
  }
  BOOST_TEST(odd == (std::set<std::string>{"/check/condition/eval",
                                           "/check/rule/test",
                                           "/confs/getDomainStatus",
                                           "/confs/queryExpectedConfs",
                                           "/confs/queryRealConfs",
                                           "/data/host/info/get/user",
                                           "/diag/task/waits",
                                           "/domain/queryDomain",
                                           "/host/getHost",
                                           "/kafka/dlq/show",
                                           "/logs/context",
                                           "/logs/histogram",
                                           "/logs/search",
                                           "/manage/log/verify",
                                           "/manage/task/result/hosts",
                                           "/manage/task/result/log",
                                           "/manage/task/schedule/preview",
                                           "/manage/task/stat",
                                           "/manage/template/diff",
                                           "/manage/tracing/diff",
                                           "/management/getManagementConf",
                                           "/management/queryManageConfChange"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace action_name_test
