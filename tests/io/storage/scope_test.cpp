#include "runtime/io/storage/account_repository.hpp"
#include "runtime/io/storage/alert_repository.hpp"
#include "runtime/io/storage/host_repository.hpp"
#include "runtime/io/storage/job_repository.hpp"
#include "runtime/io/storage/report_repository.hpp"
#include "runtime/io/storage/result_repository.hpp"
#include "runtime/io/storage/user_repository.hpp"
#include "tests/io/storage/engines.hpp"

#include <utility>

namespace scope_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

/// root's hosts h1 in group web, h2 in db, with an alert, a result and a report of each; a job of
/// root and one of ann, who belongs to root and sees web.
struct scene {
  explicit scene(store& it) : db(it.db()) {
    ok(transact(db, [&](database& d) { return fill(d); }));
  }

  expected<void> fill(database& d) {
    host_repository hosts{d};
    for (auto [id, group] : {std::pair{"h1", "web"}, std::pair{"h2", "db"}}) {
      ok(hosts.add_group("root", {group, ""}));
      new_host x;
      x.owner = "root";
      x.host_id = x.host_name = id;
      x.host_group_name = group;
      x.public_ip = std::string{"192.0.2."} + id[1];
      ok(hosts.add(x));
      auto host = ok(d.count("select n from host where id = ?", id));
      ok(d.run("insert into alert (id, owner, host, check_item, instance, labels, value, severity, "
               "firing, since_ms, reason) values (?, 'root', ?, 'hot', '', '', 'Abnormal', "
               "'warning', 1, 10, '')",
               id,
               host));
      ok(d.run("insert into result_count (owner, host, value, total) values ('root', ?, "
               "'Abnormal', 3)",
               host));
    }
    account ann{"ann", "hash", rights::ordinary, "root", false};
    ok(account_repository{d}.add(ann, 1));
    user_repository users{d};
    ok(users.grant(ok(users.lock("ann")), {"web"}));
    for (const std::string user : {"root", "ann"}) {
      job_record x;
      x.id = "job-of-" + user;
      x.kind = diagnosis_kind;
      x.owner = "root";
      x.user = user;
      x.plan = "{}";
      x.expected = 2;
      ok(job_repository{d}.create(x));
    }
    auto job = ok(d.count("select n from job where id = 'job-of-ann'"));
    for (const std::string host : {"h1", "h2"})
      ok(d.run("insert into report (report_id, job, number, owner, host_id, tree_name, tree, "
               "start_ms, end_ms) values (?, ?, ?, 'root', ?, 't', 1, 10, 20)",
               "report-of-" + host,
               job,
               host == "h1" ? 1 : 2,
               host));
    ok(d.run("update job set stored = 2 where n = ?", job));
    return {};
  }

  database& db;
  scope root{"root"}, ann{"root", "ann"}, nobody{"", "bob"};
};

template <class Rows, class Read>
std::string texts(const Rows& rows, Read read) {
  std::string out;
  for (const auto& x : rows)
    out += read(x) + " ";
  return out;
}

std::string hosts_seen(scene& s, const scope& of) {
  return texts(ok(host_repository{s.db}.page(of, hosts_query{})).host_infos,
               [](const host_info& x) { return x.host_id; });
}

} // namespace

BOOST_AUTO_TEST_SUITE(scopes)

STORE_CASE(of_hosts_and_groups_one_sees_what_is_granted) {
  scene s{it};
  host_repository hosts{s.db};
  BOOST_TEST(hosts_seen(s, s.root) == "h1 h2 ");
  BOOST_TEST(hosts_seen(s, s.ann) == "h1 ");
  BOOST_TEST(hosts_seen(s, s.nobody) == "");
  BOOST_TEST(ok(hosts.count(s.root)) == 2);
  BOOST_TEST(ok(hosts.count(s.ann)) == 1);
  BOOST_TEST(ok(hosts.count(s.nobody)) == 0);
  BOOST_TEST(ok(hosts.known(s.ann, {"h2", "h1"})).size() == 1u);
  BOOST_TEST(ok(hosts.groups_page(s.root, {})).total_count == 2);
  auto groups = ok(hosts.groups_page(s.ann, {}));
  BOOST_TEST(groups.total_count == 1);
  BOOST_TEST(groups.host_group_infos.at(0).host_group_name == "web");
  hosts_query other;
  other.host_group_list = {"db"};
  BOOST_TEST(ok(hosts.page(s.ann, other)).total_count == 0);
}

STORE_CASE(of_alerts_and_results_one_sees_those_of_ones_hosts) {
  scene s{it};
  alert_repository alerts{s.db};
  BOOST_TEST(ok(alerts.page(s.root, alerts_query{})).total_count == 2);
  auto page = ok(alerts.page(s.ann, alerts_query{}));
  BOOST_TEST(page.total_count == 1);
  BOOST_TEST(page.alerts.at(0).host_id == "h1");
  BOOST_TEST(ok(alerts.counts(s.root, status_query{})).warning == 2);
  auto counts = ok(alerts.counts(s.ann, status_query{}));
  BOOST_TEST(counts.warning == 1);
  BOOST_TEST(counts.unknown == 1);
  result_repository results{s.db};
  BOOST_TEST(ok(results.counts_page(s.root, result_count_query{})).total_count == 2);
  auto counted = ok(results.counts_page(s.ann, result_count_query{}));
  BOOST_TEST(counted.total_count == 1);
  BOOST_TEST(counted.results.at(0).host_id == "h1");
  BOOST_TEST(ok(results.page(s.nobody, results_query{})).total_count == 0);
}

STORE_CASE(of_reports_one_sees_those_of_ones_hosts_whoever_began_them) {
  scene s{it};
  report_repository reports{s.db};
  auto ids = [&](const scope& of, const reports_query& q = {}) {
    auto page = ok(reports.page(of, q));
    BOOST_TEST(page.total_count == static_cast<int64_t>(page.result.size()));
    return texts(page.result, [](const report_row& x) { return x.report_id; });
  };
  BOOST_TEST(ids(s.root) == "report-of-h1 report-of-h2 ");
  BOOST_TEST(ids(s.ann) == "report-of-h1 ");
  BOOST_TEST(ids(s.nobody) == "");
  reports_query of_task;
  of_task.task_id.emplace("job-of-ann");
  BOOST_TEST(ids(s.root, of_task) == "report-of-h1 report-of-h2 ");
  BOOST_TEST(ids(s.ann, of_task) == "report-of-h1 ");
  BOOST_TEST(ok(reports.after(s.ann, "job-of-ann", 0, 10)).size() == 1u);
  BOOST_TEST(ok(reports.after(s.root, "job-of-ann", 0, 10)).size() == 2u);
}

STORE_CASE(of_tasks_one_sees_ends_and_resumes_ones_own) {
  scene s{it};
  job_repository jobs{s.db};
  auto ids = [&](const scope& of) {
    return texts(ok(jobs.page(of, diagnosis_kind, tasks_query{})).task_infos,
                 [](const task_info& x) { return x.task_id; });
  };
  BOOST_TEST(ids(s.root) == "job-of-root job-of-ann ");
  BOOST_TEST(ids(s.ann) == "job-of-ann ");
  BOOST_TEST(ids(s.nobody) == "");
  auto progress = ok(jobs.progress(s.ann, {"job-of-root", "job-of-ann"}));
  BOOST_TEST(progress.at(0).expected_report_num == 0);
  BOOST_TEST(progress.at(1).expected_report_num == 2);
  auto ended = ok(transact(s.db, [&](database& d) {
    return job_repository{d}.cancel(s.ann, {"job-of-root", "job-of-ann"});
  }));
  BOOST_TEST(ended.cancelled == std::vector<std::string>{"job-of-ann"},
             boost::test_tools::per_element());
  ok(s.db.execute("update job set state = 'interrupted'"));
  auto resumed = ok(transact(s.db, [&](database& d) {
    return job_repository{d}.resume(s.ann, {"job-of-root", "job-of-ann"}, 5);
  }));
  BOOST_TEST(resumed.resumed == std::vector<std::string>{"job-of-ann"},
             boost::test_tools::per_element());
}

STORE_CASE(a_grant_that_is_taken_away_counts_at_once) {
  scene s{it};
  ok(transact(s.db, [&](database& d) {
    user_repository in{d};
    return in.revoke(ok(in.lock("ann")), {"web"});
  }));
  BOOST_TEST(hosts_seen(s, s.ann) == "");
  ok(transact(s.db, [&](database& d) {
    user_repository in{d};
    return in.grant(ok(in.lock("ann")), {"db", "web"});
  }));
  BOOST_TEST(hosts_seen(s, s.ann) == "h1 h2 ");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace scope_test
