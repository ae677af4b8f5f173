#include "actors/support/prepare.hpp"
#include "actors/task/run_book.hpp"
#include "messages/roles/package.hpp"
#include "runtime/base/base64.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/tar_gz.hpp"
#include "tests/actors/task/run_fixture.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

/// Plays of a task with a package start when the case says so.
struct package_fixture : tests::run_fixture {
  package_fixture() {
    auto real = names->find_as<run_book_actor>(run_book_name);
    take_away(run_book_name);
    start_as(run_book_name,
             [this, real](run_book_actor::pointer self) -> run_book_actor::behavior_type {
               prepare(self, "slow book");
               auto as_ever = [self, real](const auto& x) { return self->delegate(real, x); };
               return {
                 [as_ever](const run_to_load& x) { return as_ever(x); },
                 [as_ever](const storage::run_change& x) { return as_ever(x); },
                 [as_ever](const hosts_to_look_at& x) { return as_ever(x); },
                 [as_ever](const hosts_to_take& x) { return as_ever(x); },
                 [as_ever](const run_to_glance_at& x) { return as_ever(x); },
                 [this, self](const play_to_start& x) -> caf::result<play_started> {
                   asked.push_back(x.package);
                   starting = self->make_response_promise<play_started>();
                   return starting;
                 },
                 [](atom::ping) {},
               };
             });
    auto bytes = tests::ok(
      base::tar_gz({{"aops.yml", "name: packed"}, {"site.yml", "[{hosts: all, tasks: []}]"}}));
    digest = base::sha256_hex(bytes);
    package_piece piece;
    piece.package_name = "packed";
    piece.sha256 = digest;
    piece.total_bytes = static_cast<int64_t>(bytes.size());
    piece.content = base::to_base64(bytes);
    tests::ok(ask<package_uploaded>(of<package_store_actor>(package_store_name), admin, piece));
    auto templates = of<template_store_actor>(template_store_name);
    tests::ok(ask<template_imported>(templates, admin, template_package_to_import{"packed"}));
  }

  ~package_fixture() {
    starting = {};
    end_all();
  }

  std::string make_packed_task(std::vector<std::string> of) {
    deploy_task_to_generate x;
    x.task_name = "packed";
    x.template_name = std::move(of);
    x.host_list.emplace(std::vector<std::string>{"h1"});
    auto tasks = this->of<task_store_actor>(task_store_name);
    return tests::ok(ask<deploy_task_generated>(tasks, admin, x)).task_id;
  }

  std::string digest;
  std::vector<std::string> asked; ///< Packages of plays.
  caf::typed_response_promise<play_started> starting;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_run_with_a_package, package_fixture)

BOOST_AUTO_TEST_CASE(waits_until_the_package_has_been_fetched) {
  auto run = run_task(make_packed_task({"packed"}));
  BOOST_REQUIRE(asked.size() == 1u);
  BOOST_TEST(asked[0] == digest);
  pass(9min);
  BOOST_TEST(state(run) == "running");
  pass(10min);
  BOOST_TEST(state(run) != "running"); // But not for ever.
}

BOOST_AUTO_TEST_CASE(waits_shorter_for_a_play_that_has_none) {
  auto run = run_task(make_packed_task({"a"}));
  BOOST_REQUIRE(asked.size() == 1u);
  BOOST_TEST(asked[0] == "");
  pass(8min); // A minute, and what it may have left on hosts is looked for three times.
  BOOST_TEST(state(run) != "running");
}

BOOST_AUTO_TEST_CASE(keeps_its_archive_and_can_be_repeated_only_while_it_is_there) {
  auto task = make_packed_task({"packed"});
  auto run = run_task(task);
  BOOST_TEST(count("select count(*) from run_package") == 1);
  auto delete_all = [&] {
    auto packages = of<package_store_actor>(package_store_name);
    tests::ok(
      ask<done>(of<task_store_actor>(task_store_name), admin, deploy_tasks_to_delete{{task}}));
    tests::ok(ask<done>(
      of<template_store_actor>(template_store_name), admin, templates_to_delete{{"packed"}}));
    tests::ok(ask<done>(packages, admin, packages_to_delete{{package_key{"packed"}}}));
  };
  delete_all();
  BOOST_TEST(count("select count(*) from package_archive") == 1);
  pass(20min); // It has failed to start, nothing of it is left on hosts, and it waits for its user.
  BOOST_TEST(count("select count(*) from package_archive") == 1);
  act<runs_to_stop>(run);
  tests::ok(ask<done>(of<package_store_actor>(package_store_name),
                      admin,
                      packages_to_delete{{package_key{"none"}}})); // Which sweeps.
  BOOST_TEST(count("select count(*) from package_archive") == 0);
  auto again = ask<deploy_tasks_started>(intake, admin, runs_to_retry{{run}});
  BOOST_REQUIRE(!again);
  BOOST_TEST(again.error().detail.starts_with("execution_list[0]: its package is in the store no"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
