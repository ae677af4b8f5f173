#include "actors/store/housekeeper.hpp"
#include "messages/names.hpp"
#include "messages/roles/users.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/core/check/round_codec.hpp"
#include "tests/support/store_fixture.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

struct housekeeper_fixture : tests::store_fixture {
  ~housekeeper_fixture() { end_all(); }

  host_record host = add_host("h1");
  round_store_actor rounds = of<round_store_actor>(round_store_name);

  /// A round every minute, now and before.
  void store_rounds(int64_t minutes) {
    for (int64_t i = minutes; i >= 0; --i) {
      round_to_commit x;
      x.held = slots->fence_of(host.host_id);
      x.owner = host.owner;
      x.host_id = host.host_id;
      x.until_ms = now->now_ms() - i * 60'000;
      x.since_ms = x.until_ms;
      x.sample_blob = check::encode_round({x.until_ms, true, 0, {{2, number::of(i)}}});
      tests::ok(ask<done>(rounds, rounds_to_commit{{std::move(x)}}));
    }
  }

  std::vector<sample_row> samples() {
    return tests::ok(ask<sample_rows>(rounds, samples_query{host.host_id, 0, INT64_MAX / 2})).rows;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(keeping_house, housekeeper_fixture)

BOOST_AUTO_TEST_CASE(samples_of_past_hours_are_packed_and_read_the_same) {
  store_rounds(300);
  auto before = caf::deep_to_string(samples());
  start(housekeeper, store);
  pass(10min);
  BOOST_TEST(count("select count(*) from sample_chunk") > 0);
  BOOST_TEST(count("select count(*) from sample") < 301);
  BOOST_TEST(caf::deep_to_string(samples()) == before);
}

BOOST_AUTO_TEST_CASE(what_is_older_than_its_retention_goes) {
  settings->samples.keep = base::hours(10);
  store_rounds(60);
  start(housekeeper, store);
  pass(9h);
  BOOST_TEST(samples().size() == 61u);
  pass(4h);
  BOOST_TEST(samples().empty());
}

BOOST_AUTO_TEST_CASE(samples_that_are_dumped_are_left_to_who_does_it) {
  settings->samples.keep = base::hours(10);
  settings->retention.dump_directory = "/somewhere";
  settings->retention.dump_samples = true;
  store_rounds(60);
  start(housekeeper, store);
  pass(13h);
  BOOST_TEST(samples().size() == 61u);
  BOOST_TEST(count("select count(*) from sample") == 0); // All are packed.
}

BOOST_AUTO_TEST_CASE(reports_audit_rows_and_deviations_go_after_their_time) {
  settings->retention.diag_reports = base::hours(20);
  settings->retention.audit_log = base::hours(30);
  settings->retention.check_results = base::hours(10);
  auto created = now->now_ms();
  tests::ok(db().run("insert into job (id, kind, owner, username, slot, state, epoch, expected, "
                     "finished, failed, last_number, stored, created_ms, deadline_ms, "
                     "plan_version, plan) values ('j', 'diag', 'admin', 'admin', 1, 'done', 1, 0, "
                     "0, 0, 0, 0, ?, 0, 1, '{}')",
                     created));
  tests::ok(audit(db(), created, admin, "x", "y"));
  round_to_commit x;
  x.held = slots->fence_of(host.host_id);
  x.owner = host.owner;
  x.host_id = host.host_id;
  x.until_ms = created;
  x.deviations = {{"cpu", created - 1000, created, "late_rule"}};
  tests::ok(ask<done>(rounds, rounds_to_commit{{x}}));
  auto left = [&] {
    return fmt::format("{} {} {}",
                       count("select count(*) from deviation"),
                       count("select count(*) from job"),
                       count("select count(*) from audit_log where action = 'x'"));
  };
  start(housekeeper, store);
  pass(9h);
  BOOST_TEST(left() == "1 1 1");
  pass(2h);
  BOOST_TEST(left() == "0 1 1");
  pass(10h);
  BOOST_TEST(left() == "0 0 1");
  pass(10h);
  BOOST_TEST(left() == "0 0 0");
}

BOOST_AUTO_TEST_CASE(jobs_that_nobody_runs_end_an_hour_after_their_deadline) {
  auto add = [&](const std::string& id, const std::string& state, int64_t deadline_ms) {
    tests::ok(db().run("insert into job (id, kind, owner, username, slot, state, epoch, expected, "
                       "finished, failed, last_number, stored, created_ms, deadline_ms, "
                       "plan_version, plan) values (?, 'unheard of', 'admin', 'admin', 1, ?, 1, 1, "
                       "0, 0, 0, 0, ?, ?, 1, '{}')",
                       id,
                       state,
                       now->now_ms(),
                       deadline_ms));
  };
  auto soon = now->now_ms() + 60'000;
  add("p", "pending", soon);
  add("r", "running", soon);
  add("u", "interrupted", soon); // Its user has not said.
  add("d", "done", soon);
  add("e", "pending", 0); // May last for ever.
  auto states = [&] {
    auto rows = tests::ok(db().list("select state from job order by id",
                                    [](const storage::row& r) { return r.string(0); }));
    return fmt::format("{}", fmt::join(rows, " "));
  };
  start(housekeeper, store);
  pass(55min);
  BOOST_TEST(states() == "done pending pending running interrupted");
  pass(15min);
  BOOST_TEST(states() == "done pending failed failed interrupted");
  BOOST_TEST(log.count("jobs-orphaned") == 1u);
}

BOOST_AUTO_TEST_CASE(expired_sessions_go) {
  tests::ok(ask<logged_in>(of<account_actor>(account_store_name),
                           log_in{"admin", {"changeme"}},
                           std::string{"192.0.2.1"}));
  start(housekeeper, store);
  pass(settings->auth.session_idle.chrono() - 1min);
  BOOST_TEST(count("select count(*) from session") == 1);
  pass(10min);
  BOOST_TEST(count("select count(*) from session") == 0);
}

BOOST_AUTO_TEST_CASE(tokens_of_programs_go_when_they_have_ended) {
  auto entered = tests::ok(ask<logged_in>(of<account_actor>(account_store_name),
                                          log_in{"admin", {"changeme"}},
                                          std::string{"192.0.2.1"}));
  auto who = tests::ok(ask<caller>(of<account_actor>(account_store_name),
                                   authenticate{base::sha256_hex(entered.access_token)}));
  for (auto days : {1, 2}) {
    token_to_create wanted{std::to_string(days), "read", {}};
    wanted.days.emplace(days);
    tests::ok(ask<token_created>(of<session_store_actor>(session_store_name), who, wanted));
  }
  start(housekeeper, store);
  pass(24h - 1min);
  BOOST_TEST(count("select count(*) from api_token") == 2);
  pass(10min);
  BOOST_TEST(count("select count(*) from api_token where name = '2'") == 1);
  BOOST_TEST(count("select count(*) from api_token") == 1);
}

BOOST_AUTO_TEST_CASE(a_store_that_is_down_is_kept_in_order_later) {
  store_rounds(300);
  start(housekeeper, store);
  take_away(store_writer_name);
  pass(20min);
  BOOST_TEST(log.count("housekeeping-failed") > 0u);
  give_back(store_writer_name);
  pass(6min);
  BOOST_TEST(count("select count(*) from sample_chunk") > 0);
}

BOOST_AUTO_TEST_CASE(a_writer_that_dies_with_an_order_does_not_stop_the_housekeeper) {
  store_rounds(300);
  start(housekeeper, store);
  auto writer = of<store_writer_actor>(store_writer_name);
  end(writer); // The directory has not heard of it yet.
  pass(2min);
  storage::group_writer_config config;
  config.node = "n1";
  start_as(store_writer_name, store_writer, pool, config, 0ms);
  pass(10min);
  BOOST_TEST(count("select count(*) from sample_chunk") > 0);
}

BOOST_AUTO_TEST_CASE(only_the_node_that_leads_keeps_house_and_only_under_its_epoch) {
  store_rounds(300);
  auto shared = std::make_shared<store_access>(*store);
  auto epoch = std::make_shared<std::optional<uint64_t>>();
  shared->leader_epoch = [epoch] { return *epoch; };
  start(housekeeper, store_ptr{shared});
  pass(10min);
  BOOST_TEST(count("select count(*) from sample_chunk") == 0);
  auto stored = static_cast<uint64_t>(count("select epoch from lease where name = 'leader'"));
  *epoch = stored + 1; // Of somebody else.
  pass(10min);
  BOOST_TEST(count("select count(*) from sample_chunk") == 0);
  *epoch = stored;
  pass(10min);
  BOOST_TEST(count("select count(*) from sample_chunk") > 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
