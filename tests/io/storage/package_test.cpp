#include "runtime/io/storage/deploy_task_repository.hpp"
#include "runtime/io/storage/package_repository.hpp"
#include "runtime/io/storage/run_repository.hpp"
#include "runtime/io/storage/template_repository.hpp"
#include "tests/io/storage/samples.hpp"

namespace package_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

constexpr int64_t day_ms = 24LL * 3600 * 1000;

package_piece piece(const std::string& name,
                    int64_t offset,
                    int64_t total = 6,
                    const std::string& digest = std::string(64, 'a')) {
  package_piece x;
  x.package_name = name;
  x.sha256 = digest;
  x.total_bytes = total;
  x.offset = offset;
  return x;
}

expected<upload_state>
append(database& db, const package_piece& x, std::string_view bytes, int64_t now = 5) {
  return transact(
    db, [&](database& d) { return package_repository{d}.append(owner, "ann", x, bytes, now); });
}

archive_facts facts(const std::string& digest = std::string(64, 'a')) {
  return {digest, "tar.gz", "3 1234 files/x\n", "{}", 6, 3, 1, false};
}

void publish(database& db, const upload_state& x, const archive_facts& f = facts()) {
  ok(transact(db, [&](database& d) { return package_repository{d}.publish(x, f, 7); }));
}

int64_t sweep(database& db, int64_t now) {
  int64_t all = 0;
  for (;;) {
    auto gone = ok(transact(db, [&](database& d) { return package_repository{d}.sweep(now); }));
    if (gone == 0)
      return all;
    all += gone;
  }
}

int64_t sweep_once(database& db) {
  return ok(transact(db, [&](database& d) { return package_repository{d}.sweep(5); }));
}

int64_t rows(database& db, const std::string& table) {
  return ok(db.count("select count(*) from " + table));
}

std::string names_of(const packages_page& page) {
  std::string out;
  for (const auto& x : page.package_infos)
    out += x.package_name + " ";
  return out;
}

new_template plain(const std::string& name, const std::string& content, bool replace = false) {
  new_template x{name, json_text{content}, "about " + name};
  x.user = "ann";
  x.replace = replace;
  return x;
}

int64_t keep(database& db, const new_template& x, int64_t now = 5) {
  return ok(transact(db, [&](database& d) { return template_repository{d}.add(owner, x, now); }));
}

} // namespace

BOOST_AUTO_TEST_SUITE(packages)

STORE_CASE(an_upload_comes_in_pieces_and_goes_on_where_it_stopped) {
  auto& db = it.db();
  BOOST_TEST(append(db, piece("p", 3), "def").error().detail.starts_with("offset: 0 is wanted"));
  BOOST_TEST(ok(append(db, piece("p", 0), "abc")).received == 3);
  BOOST_TEST(ok(append(db, piece("p", 0), "abc")).received == 3); // The answer was lost.
  BOOST_TEST(append(db, piece("p", 4), "ef").error().detail == "offset: 3 is wanted");
  BOOST_TEST((failure_of(append(db, piece("p", 3), "defg")) == ec::bad_request));
  BOOST_TEST(
    (failure_of(append(db, piece("p", 3, 6, std::string(64, 'b')), "def")) == ec::bad_request));
  auto whole = ok(append(db, piece("p", 3), "def"));
  BOOST_TEST(whole.is_whole());
  BOOST_TEST(ok(package_repository{db}.chunk(whole.archive, 0)) == "abc");
  BOOST_TEST(ok(package_repository{db}.chunk(whole.archive, 1)) == "def");
  BOOST_TEST(ok(package_repository{db}.chunk(whole.archive, 2)) == "");
  publish(db, whole);
  BOOST_TEST(ok(append(db, piece("p", 0), "abc")).key == 0); // It is there already.
  BOOST_TEST(
    (failure_of(append(db, piece("p", 0, 6, std::string(64, 'b')), "abc")) == ec::conflict));
  auto page = ok(package_repository{db}.page(owner, {}));
  BOOST_REQUIRE(page.package_infos.size() == 1u);
  BOOST_TEST(page.package_infos[0].bytes == 6);
  BOOST_TEST(page.package_infos[0].username == "ann");
  BOOST_TEST(rows(db, "package_upload") == 0);
}

STORE_CASE(nothing_stays_of_what_was_refused_or_given_up) {
  auto& db = it.db();
  auto refused = ok(append(db, piece("p", 0, 3), "abc"));
  ok(transact(db, [&](database& d) { return package_repository{d}.refuse(refused); }));
  (void)ok(append(db, piece("q", 0), "abc", 5));
  (void)ok(append(db, piece("r", 0), "abc", day_ms));
  sweep(db, day_ms + 6);
  BOOST_TEST(rows(db, "package_upload") == 1); // The newer one goes on.
  BOOST_TEST(rows(db, "package_archive") == 1);
  BOOST_TEST(rows(db, "package_chunk") == 1);
  BOOST_TEST((failure_of(transact(db, [&](database& d) {
                return package_repository{d}.publish(refused, facts(), 7);
              })) == ec::not_found));
}

STORE_CASE(another_archive_under_the_name_begins_anew) {
  auto& db = it.db();
  (void)ok(append(db, piece("p", 0), "abc"));
  auto again = ok(append(db, piece("p", 0, 2, std::string(64, 'b')), "xy"));
  BOOST_TEST(again.is_whole());
  BOOST_TEST(ok(package_repository{db}.chunk(again.archive, 0)) == "xy");
  for (int i = 0; i < 15; ++i)
    (void)ok(append(db, piece("u" + std::to_string(i), 0), "abc"));
  BOOST_TEST((failure_of(append(db, piece("one more", 0), "abc")) == ec::overloaded));
}

STORE_CASE(an_archive_is_kept_once_and_as_long_as_somebody_needs_it) {
  auto& db = it.db();
  publish(db, ok(append(db, piece("p", 0, 3), "abc")));
  publish(db, ok(append(db, piece("q", 0, 3), "abc")));
  sweep(db, 5);
  BOOST_TEST(rows(db, "package_archive") == 1);
  auto ref = ok(package_repository{db}.find(owner, "p", ""));
  auto x = plain("t", "[1]");
  x.archive = ref.archive;
  x.package_name = "p";
  keep(db, x);
  BOOST_TEST(ok(package_repository{db}.page(owner, {})).package_infos[0].template_list.at(0) ==
             "t");
  new_deploy_task task;
  task.id = "1";
  task.owner = task.user = owner;
  task.task_name = "one";
  task.templates = {"t"};
  ok(transact(db, [&](database& d) { return deploy_task_repository{d}.add(task); }));
  std::vector<package_key> both{{"p"}, {"q"}};
  BOOST_TEST(
    ok(transact(db, [&](database& d) { return package_repository{d}.remove(owner, both); })) == 2);
  ok(transact(db, [&](database& d) { return template_repository{d}.remove(owner, {"t"}); }));
  sweep(db, 5);
  auto frozen = ok(template_repository{db}.frozen_of(owner, "1"));
  BOOST_REQUIRE(frozen.size() == 1u);
  BOOST_TEST(frozen[0].package == std::string(64, 'a'));
  BOOST_TEST(frozen[0].content == "[1]");
  BOOST_TEST(rows(db, "package_archive") == 1);
  ok(transact(db, [&](database& d) { return deploy_task_repository{d}.remove(owner, {"1"}); }));
  sweep(db, 5);
  BOOST_TEST(rows(db, "package_archive") == 0);
  BOOST_TEST(rows(db, "package_chunk") == 0);
  x.name = "u";
  BOOST_TEST((failure_of(transact(db, [&](database& d) {
                return template_repository{d}.add(owner, x, 5);
              })) == ec::bad_request)); // The archive is gone.
}

STORE_CASE(an_archive_that_is_being_deleted_is_not_found_any_more) {
  auto& db = it.db();
  upload_state whole;
  for (int i = 0; i < 40; ++i) // More than one step deletes.
    whole = ok(append(db, piece("p", i, 40), "x"));
  publish(db, whole);
  auto x = plain("t", "[1]");
  x.archive = ok(package_repository{db}.find(owner, "p", "")).archive;
  ok(transact(db, [&](database& d) { return package_repository{d}.remove(owner, {{"p"}}); }));
  while (rows(db, "package_chunk") == 40)
    BOOST_REQUIRE(sweep_once(db) > 0);
  BOOST_TEST(rows(db, "package_chunk") > 0);
  BOOST_TEST(!ok(package_repository{db}.archive_of(std::string(64, 'a'))).has_value());
  BOOST_TEST((failure_of(transact(db, [&](database& d) {
                return template_repository{d}.add(owner, x, 5);
              })) == ec::bad_request));
  // What comes now has its own bytes.
  for (int i = 0; i < 40; ++i)
    whole = ok(append(db, piece("p", i, 40), "y"));
  publish(db, whole);
  sweep(db, 5);
  BOOST_TEST(*ok(package_repository{db}.archive_of(std::string(64, 'a'))) == whole.archive);
  BOOST_TEST(rows(db, "package_archive") == 1);
  BOOST_TEST(rows(db, "package_chunk") == 40);
}

STORE_CASE(an_archive_stays_until_the_runs_that_need_it_have_ended) {
  auto& db = it.db();
  publish(db, ok(append(db, piece("p", 0, 3), "abc")));
  new_run run;
  run.job.id = "run1";
  run.job.kind = {"deploy"};
  run.job.owner = run.job.user = owner;
  run.job.plan = "{}";
  run.steps = {"a"};
  run.packages = {std::string(64, 'a')};
  auto create = [&] {
    return transact(db, [&](database& d) { return run_repository{d}.create(run); });
  };
  ok(create());
  ok(transact(db, [&](database& d) { return package_repository{d}.remove(owner, {{"p"}}); }));
  sweep(db, 5);
  BOOST_TEST(ok(package_repository{db}.archive_of(std::string(64, 'a'))).has_value());
  BOOST_TEST(rows(db, "package_chunk") == 1);
  BOOST_TEST(ok(transact(db, [&](database& d) {
               return run_repository{d}.ask_to(owner, "run1", "stop", 7);
             })) == "");
  sweep(db, 5);
  BOOST_TEST(rows(db, "package_archive") == 0);
  run.job.id = "run2";
  auto refused = create();
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().detail.starts_with("its package is in the store no longer"));
  BOOST_TEST(rows(db, "run_package") == 0);
}

STORE_CASE(what_a_run_needed_is_forgotten_with_it) {
  auto& db = it.db();
  publish(db, ok(append(db, piece("p", 0, 3), "abc")));
  new_run run;
  run.job.id = "run1";
  run.job.kind = {"deploy"};
  run.job.owner = run.job.user = owner;
  run.job.plan = "{}";
  run.packages = {std::string(64, 'a')};
  ok(transact(db, [&](database& d) { return run_repository{d}.create(run); }));
  (void)ok(
    transact(db, [&](database& d) { return run_repository{d}.ask_to(owner, "run1", "stop", 7); }));
  while (ok(transact(db, [&](database& d) { return run_repository{d}.expire(100); })) > 0) {
  }
  BOOST_TEST(rows(db, "run") == 0);
  BOOST_TEST(rows(db, "run_package") == 0);
  BOOST_TEST(rows(db, "package_archive") == 1);
}

STORE_CASE(packages_are_listed_and_found_by_a_part_of_the_name) {
  auto& db = it.db();
  for (const auto* name : {"kafka_3", "zookeeper", "kafka%"})
    publish(db, ok(append(db, piece(name, 0, 3), "abc")));
  packages_query q;
  q.search = "a_3";
  BOOST_TEST(names_of(ok(package_repository{db}.page(owner, q))) == "kafka_3 ");
  q.search = "%";
  BOOST_TEST(names_of(ok(package_repository{db}.page(owner, q))) == "kafka% ");
  q.search.reset();
  q.sort = "package_name";
  q.package_list = {"zookeeper", "kafka_3"};
  BOOST_TEST(names_of(ok(package_repository{db}.page(owner, q))) == "kafka_3 zookeeper ");
  BOOST_TEST(ok(package_repository{db}.page("eve", {})).total_count == 0);
  BOOST_TEST((failure_of(package_repository{db}.find("eve", "zookeeper", "")) == ec::bad_request));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(versions_of_templates)

STORE_CASE(a_template_that_is_replaced_has_a_new_version) {
  auto& db = it.db();
  BOOST_TEST(keep(db, plain("t", "[1]"), 1) == 1);
  BOOST_TEST((failure_of(transact(db, [&](database& d) {
                return template_repository{d}.add(owner, plain("t", "[2]"), 2);
              })) == ec::conflict));
  BOOST_TEST(keep(db, plain("t", "[2]", true), 2) == 2);
  BOOST_TEST(keep(db, plain("t", "[2]", true), 3) == 2); // Nothing changed.
  auto x = plain("t", "[2]", true);
  x.settings = R"({"idempotent":true})";
  BOOST_TEST(keep(db, x, 4) == 3);
  template_repository templates{db};
  template_versions_query q;
  q.template_name = "t";
  auto page = ok(templates.versions(owner, q));
  BOOST_TEST(page.total_count == 3);
  BOOST_TEST(page.versions.at(0).version == 3);
  BOOST_TEST(page.versions.at(2).created.ms == 1);
  BOOST_TEST(ok(templates.whole(owner, "t", 1))->content == "[1]");
  BOOST_TEST(ok(templates.whole(owner, "t", 0))->settings == x.settings);
  BOOST_TEST(!ok(templates.whole(owner, "t", 9)).has_value());
  BOOST_TEST(!ok(templates.whole("eve", "t", 1)).has_value());
  BOOST_TEST(*ok(templates.page(owner, {})).template_infos.at(0).idempotent);
  ok(transact(db, [&](database& d) { return template_repository{d}.remove(owner, {"t"}); }));
  BOOST_TEST(rows(db, "deploy_template_version") == 0);
  BOOST_TEST((failure_of(templates.versions(owner, q)) == ec::bad_request));
}

STORE_CASE(only_so_many_versions_are_kept) {
  auto& db = it.db();
  for (int i = 0; i < 103; ++i)
    keep(db, plain("t", "[" + std::to_string(i) + "]", true));
  BOOST_TEST(rows(db, "deploy_template_version") == template_repository::most_versions);
  BOOST_TEST(!ok(template_repository{db}.whole(owner, "t", 2)).has_value());
  BOOST_TEST(ok(template_repository{db}.whole(owner, "t", 3)).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace package_test
