#include "runtime/io/storage/account_repository.hpp"
#include "runtime/io/storage/job_repository.hpp"
#include "runtime/io/storage/report_repository.hpp"
#include "runtime/io/storage/report_units.hpp"
#include "runtime/io/storage/result_repository.hpp"
#include "runtime/io/storage/sample_archive.hpp"
#include "runtime/io/storage/sample_repository.hpp"
#include "runtime/io/storage/tree_repository.hpp"
#include "tests/io/storage/faulty_database.hpp"
#include "tests/io/storage/mariadb_store.hpp"
#include "tests/io/storage/samples.hpp"

#include <thread>

namespace mariadb_nodes_test {

/// Several nodes change the same rows at once; each case holds one of them in the middle.
using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

struct fixture {
  mariadb_store it;
  database& here = it.db();
  std::unique_ptr<database> beside = ok(it.pool().connect());
  database& there = *beside;

  /// `first` is done but not committed when `second` starts on the other node; its answer comes
  /// after the commit, when it had to wait for it.
  template <class First, class Second>
  auto race(First first, Second second) {
    ok(here.begin());
    ok(first(here));
    std::invoke_result_t<Second, database&> answer = fail(ec::internal);
    std::thread other([&] { answer = transact(there, second); });
    wait_for_lock();
    ok(here.commit());
    other.join();
    return answer;
  }

  /// Until the other node waits for a row of ours, or for half a second when it need not.
  void wait_for_lock() {
    std::ignore = eventually(
      [&] {
        return shared_server().sql("select count(*) from information_schema.innodb_trx where "
                                   "trx_state = 'LOCK WAIT'") != "0\n";
      },
      std::chrono::milliseconds{500});
  }
};

job_record job_named(const std::string& id, const std::string& key) {
  job_record x;
  x.id = id;
  x.kind = diagnosis_kind;
  x.owner = x.user = owner;
  x.slot = 1;
  x.state = job_status::running;
  x.idempotency_key = key;
  x.expected = 10;
  x.created_ms = 1;
  x.plan = "{}";
  return x;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(nodes_on_one_store, fixture)

BOOST_AUTO_TEST_CASE(one_idempotency_key_makes_one_job) {
  auto create = [](std::string id) {
    return [id](database& d) { return job_repository{d}.create(job_named(id, "key"), {}); };
  };
  auto stored = ok(race(create("first"), create("second")));
  BOOST_TEST(stored.id == "first");
  BOOST_TEST(ok(here.count("select count(*) from job")) == 1);
}

BOOST_AUTO_TEST_CASE(a_cancelled_job_stays_cancelled_when_a_unit_comes_at_the_same_time) {
  committed(here, [&] { return job_repository{here}.create(job_named("j", ""), {}); });
  unit_to_commit unit;
  unit.job = "j";
  unit.owner = owner;
  unit.unit = 1;
  unit.results = 1;
  auto after = ok(race([](database& d) { return job_repository{d}.cancel(owner, {"j"}); },
                       [&](database& d) { return job_repository{d}.commit_unit(unit); }));
  BOOST_TEST((after.state == job_status::cancelled));
  BOOST_TEST((ok(job_repository{here}.find("j")).state == job_status::cancelled));
}

BOOST_AUTO_TEST_CASE(one_name_makes_one_host_and_the_other_hears_why) {
  store_host(here, "h0");
  auto add = [](std::string id) {
    return [id](database& d) -> expected<void> {
      auto x = host_named(id);
      x.host_name = "same";
      return host_repository{d}.add(x);
    };
  };
  auto answer = race(add("h1"), add("h2"));
  BOOST_TEST(failure_of(answer) == ec::conflict);
  BOOST_TEST(answer.error().detail == "host_name: exists already");
}

BOOST_AUTO_TEST_CASE(a_group_that_gets_a_host_is_not_deleted) {
  store_host(here, "h0");
  ok(host_repository{here}.add_group(owner, {"g2", ""}));
  auto deleted =
    ok(race([](database& d) { return host_repository{d}.add(host_named("h1", "g2")); },
            [](database& d) { return host_repository{d}.delete_groups(owner, {"g2"}); }));
  BOOST_TEST(deleted.code == 1106);
  BOOST_TEST(ok(here.count("select count(*) from host_group where name = 'g2'")) == 1);
}

BOOST_AUTO_TEST_CASE(rules_and_trees_imported_twice_at_once_are_there_once) {
  auto import_rule = [](database& d) {
    return rule_repository{d}.upsert(owner, rule_named("cpu"), 1);
  };
  BOOST_TEST(!ok(race(import_rule, import_rule))); // Not new.
  BOOST_TEST(ok(rule_repository{here}.count(owner)) == 1);
  tree_to_import tree;
  tree.tree_name = "t";
  tree.tree_content.text = R"({"node name":"x","value":null,"condition":"","children":[]})";
  auto import_tree = [&](database& d) { return tree_repository{d}.upsert(owner, tree, 1); };
  BOOST_TEST(!ok(race(import_tree, import_tree)));
  BOOST_TEST(ok(here.count("select count(*) from diag_tree")) == 1);
}

BOOST_AUTO_TEST_CASE(two_administrators_cannot_dismiss_each_other) {
  for (auto name : {"a", "b"}) {
    account x;
    x.username = x.owner = name;
    x.role = rights::administrator;
    ok(account_repository{here}.add(x, 1));
  }
  auto dismiss = [](const char* name) {
    return [name](database& d) { return account_repository{d}.set_role(name, rights::ordinary); };
  };
  auto answer = race(dismiss("a"), dismiss("b"));
  BOOST_TEST(failure_of(answer) == ec::has_dependency);
}

BOOST_AUTO_TEST_CASE(a_report_removed_twice_at_once_is_counted_once) {
  auto digest = std::string(64, 'd');
  ok(here.run("insert into content (digest, kind, body) values (?, 'tree', '{}')", digest));
  committed(here, [&] { return job_repository{here}.create(job_named("j", ""), {}); });
  unit_to_commit unit;
  unit.job = "j";
  unit.owner = owner;
  unit.unit = 1;
  std::vector<report_to_store> reports;
  for (auto id : {"r1", "r2"}) {
    report_to_store x;
    x.report_id = id;
    x.tree_digest = digest;
    reports.push_back(x);
  }
  unit.content = std::make_shared<unit_reports>(std::move(reports));
  committed(here, [&] { return job_repository{here}.commit_unit(unit); });
  auto remove = [](database& d) { return report_repository{d}.remove(owner, {"r1"}); };
  BOOST_TEST(ok(race(remove, remove)) == 0);
  BOOST_TEST(ok(here.count("select stored from job where id = 'j'")) == 1);
}

BOOST_AUTO_TEST_CASE(results_expired_and_replaced_at_once_are_counted_right) {
  store_host(here, "h0");
  auto digest = store_rule(here, "cpu");
  auto replace = [&](std::vector<result_interval> rows) {
    return [&, rows](database& d) {
      return result_repository{d}.replace_range(owner, "h0", {"cpu", digest, 0, 100'000, rows});
    };
  };
  committed(here, [&] {
    return replace({{1000, 2000, "Abnormal"}, {5000, 6000, "Abnormal"}})(here);
  });
  auto answer = race([](database& d) { return result_repository{d}.expire(3000, 10); },
                     replace({{5000, 7000, "Abnormal"}}));
  ok(std::move(answer));
  BOOST_TEST(ok(here.count("select count(*) from check_result")) == 1);
  BOOST_TEST(committed(here, [&] { return result_repository{here}.recount(owner); }) == 0);
}

BOOST_AUTO_TEST_CASE(a_counter_that_appears_while_results_are_recounted_is_not_counted_twice) {
  store_host(here, "h0");
  auto digest = store_rule(here, "cpu");
  faulty_database counting{here};
  bool is_first = true;
  counting.before_query = [&](std::string_view query) {
    if (!query.starts_with("select host, value, count(*)") || !std::exchange(is_first, false))
      return;
    ok(transact(there, [&](database& d) {
      return result_repository{d}.replace_range(
        owner, "h0", {"cpu", digest, 0, 100, {{10, 20, "Abnormal"}}});
    }));
  };
  BOOST_TEST(committed(counting, [&] { return result_repository{counting}.recount(owner); }) == 0);
  BOOST_TEST(!is_first);
  BOOST_TEST(ok(here.count("select sum(total) from result_count")) == 1);
}

BOOST_AUTO_TEST_CASE(the_same_result_saved_twice_at_once_is_one_row) {
  store_host(here, "h0");
  auto save = [](std::string value) {
    return [value](database& d) {
      external_result x;
      x.host_id = "h0";
      x.rule = rule_named("cpu");
      x.start_ms = 1000;
      x.end_ms = 2000;
      x.value = value;
      return result_repository{d}.save_external(owner, x);
    };
  };
  ok(race(save("one"), save("two")));
  BOOST_TEST(ok(here.count("select count(*) from check_result where value = 'two'")) == 1);
  BOOST_TEST(ok(here.count("select count(*) from check_result")) == 1);
  BOOST_TEST(committed(here, [&] { return result_repository{here}.recount(owner); }) == 0);
}

BOOST_AUTO_TEST_CASE(a_sample_that_comes_while_its_hour_is_packed_is_kept) {
  store_host(here, "h0");
  committed(here, [&] {
    return sample_repository{here}.save_samples("h0", {{1000, "a"}, {2000, "b"}});
  });
  ok(race([](database& d) { return sample_archive{d}.compact(3'600'000, 10); },
          [](database& d) {
            return sample_repository{d}.save_samples("h0", {{3000, "c"}});
          }));
  samples_query all;
  all.host_id = "h0";
  all.from_ms = 0;
  all.until_ms = 10'000;
  BOOST_TEST(ok(sample_repository{here}.range(all)).rows.size() == 3u);
}

BOOST_AUTO_TEST_CASE(two_log_ins_at_once_see_each_other) {
  account x;
  x.username = x.owner = "a";
  ok(account_repository{here}.add(x, 1));
  auto log_in = [](std::string token) {
    return [token](database& d) -> expected<bool> {
      account_repository accounts{d};
      auto has = accounts.has_session("a");
      if (!has || *has)
        return has;
      return accounts.save_session({token, "a", 1, 1}).map([] { return false; });
    };
  };
  BOOST_TEST(ok(race(log_in("one"), log_in("two")))); // The second one sees the first.
  BOOST_TEST(ok(here.count("select count(*) from session")) == 1);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace mariadb_nodes_test
