#include "runtime/io/storage/result_repository.hpp"
#include "runtime/io/storage/sample_archive.hpp"
#include "runtime/io/storage/sample_repository.hpp"
#include "tests/io/storage/samples.hpp"

#include <atomic>
#include <random>
#include <thread>

namespace sample_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

constexpr int64_t hour = sample_archive::chunk_ms;

round_to_commit round_at(int64_t until_ms, const std::string& blob = "\x01 sample") {
  round_to_commit x;
  x.owner = owner;
  x.host_id = "h";
  x.since_ms = 500;
  x.until_ms = until_ms;
  x.rule_set_digest = "rules";
  x.sample_blob = blob;
  return x;
}

expected<void> commit(database& db, const round_to_commit& x) {
  return transact(db, [&](database& d) { return sample_repository{d}.commit_round(x); });
}

host_state state_of(database& db, int64_t from_ms = 0) {
  return ok(sample_repository{db}.state({owner, "h", from_ms}));
}

std::string times_of(const std::vector<sample_row>& rows) {
  std::string out;
  for (const auto& x : rows)
    out += std::to_string(x.time_ms) + " ";
  return out;
}

int64_t compact(database& db, int64_t before_ms, int64_t limit = 100) {
  return committed(db, [&] { return sample_archive{db}.compact(before_ms, limit); });
}

} // namespace

BOOST_AUTO_TEST_SUITE(rounds)

STORE_CASE(pushed_samples_are_there_until_their_round_is_judged) {
  auto& db = it.db();
  store_host(db, "h");
  round_to_commit pushed;
  pushed.owner = owner;
  pushed.host_id = "h";
  pushed.pushed = {{1000, "one"}, {2000, "two"}, {1000, "three"}};
  pushed.new_series = {{2, {"x", {}}}};
  ok(commit(db, pushed));
  auto state = state_of(db);
  BOOST_TEST(times_of(state.pushed) == "1000 2000 1000 "); // As they came.
  BOOST_TEST(state.pushed[2].blob == "three");
  BOOST_TEST(state.until_ms == 0);
  BOOST_TEST(state.samples.empty());
  BOOST_TEST(state.series.size() == 1u);
  auto judged = round_at(1000);
  judged.rounds_of_pushed = {1000};
  ok(commit(db, judged));
  state = state_of(db);
  BOOST_TEST(times_of(state.pushed) == "2000 ");
  BOOST_TEST(times_of(state.samples) == "1000 ");
}

STORE_CASE(rounds_of_many_hosts_are_stored_as_one_by_one) {
  auto digest = store_rule(it.db(), "cpu");
  auto memory = store_rule(it.db(), "memory");
  std::vector<round_to_commit> rounds;
  for (int i = 0; i < 150; ++i) {
    auto id = "h" + std::to_string(i % 100); // Some hosts have two rounds.
    if (i < 100)
      store_host(it.db(), id);
    auto x = round_at(1000 + i, "\x01" + id);
    x.host_id = id;
    x.new_series.push_back({static_cast<uint32_t>(i / 100 + 2), {"s" + std::to_string(i), {}}});
    x.changes.push_back({"cpu", digest, 0, 5000, {{100, 1000 + i, "Abnormal"}}});
    if (i % 3 == 0)
      x.changes.push_back({"memory", memory, 0, 5000, {{100, 900, "No data"}}});
    x.deviations.push_back({"cpu", i, i, "late_rule"});
    x.status = "online";
    x.status_since_ms = i;
    rounds.push_back(std::move(x));
  }
  std::swap(rounds[120], rounds[20]); // Its older round comes later.
  std::vector<const round_to_commit*> all;
  for (const auto& x : rounds)
    all.push_back(&x);
  for (int again = 0; again < 2; ++again)
    committed(it.db(), [&] { return sample_repository{it.db()}.commit_rounds(all); });
  auto state_of_host = [&](const std::string& id) {
    return ok(sample_repository{it.db()}.state({owner, id, 0}));
  };
  for (int i : {0, 20, 49, 50, 99}) {
    auto state = state_of_host("h" + std::to_string(i));
    BOOST_TEST(state.until_ms == (i < 50 ? 1100 + i : 1000 + i));
    BOOST_TEST(state.samples.size() == (i < 50 ? 2u : 1u));
    BOOST_TEST(state.series.size() == (i < 50 ? 2u : 1u));
    BOOST_TEST(state.deviations.size() == (i < 50 ? 2u : 1u));
    BOOST_TEST(state.last_rows.size() == (i % 3 == 0 || (i < 50 && (i + 100) % 3 == 0) ? 2u : 1u));
    BOOST_TEST(state.last_rows[0].row.end_ms == (i == 20 ? 1020 : state.until_ms));
  }
  BOOST_TEST(ok(it.db().count("select count(*) from host where status = 'online'")) == 100);
  BOOST_TEST(committed(it.db(), [&] { return result_repository{it.db()}.recount(owner); }) == 0);
  rounds[7].host_id = "unknown";
  auto answer =
    transact(it.db(), [&](database& d) { return sample_repository{d}.commit_rounds(all); });
  BOOST_TEST(failure_of(answer) == ec::not_found);
}

STORE_CASE(a_host_that_was_never_sampled_has_an_empty_state) {
  store_host(it.db(), "h");
  auto state = state_of(it.db());
  BOOST_TEST(state.until_ms == 0);
  BOOST_TEST(state.series.empty());
  BOOST_TEST(state.samples.empty());
  BOOST_TEST(failure_of(sample_repository{it.db()}.state({owner, "unknown", 0})) == ec::not_found);
  BOOST_TEST(failure_of(sample_repository{it.db()}.state({"bob", "h", 0})) == ec::not_found);
}

STORE_CASE(a_deviation_of_which_nothing_is_left_is_deleted) {
  auto& db = it.db();
  store_host(db, "h");
  auto x = round_at(2000);
  x.deviations = {{"cpu", 100, 200, "late_rule"}, {"memory", 100, 200, "late_rule"}};
  ok(commit(db, x));
  auto first = round_at(3000), second = round_at(4000);
  first.deviations = {{"cpu", 100, 99, "late_rule"}, {"memory", 100, 99, "late_rule"}};
  second.deviations = {{"memory", 100, 300, "late_rule"}}; // Replaced meanwhile: late again.
  std::vector<const round_to_commit*> both{&first, &second};
  committed(db, [&] { return sample_repository{db}.commit_rounds(both); });
  auto state = state_of(db);
  BOOST_REQUIRE(state.deviations.size() == 1u);
  BOOST_TEST(state.deviations[0].check_item == "memory");
  BOOST_TEST(state.deviations[0].end_ms == 300);
}

STORE_CASE(a_round_moves_everything_together) {
  auto& db = it.db();
  auto digest = store_rule(db, "cpu");
  store_host(db, "h");
  auto x = round_at(2000);
  x.new_series = {{0, {"up", {}}}, {1, {"load", {{"cpu", "0"}, {"mode", "idle ä\""}}}}};
  x.changes = {{"cpu", digest, 1000, 2000, {{1000, 2000, "Abnormal"}}}};
  x.deviations = {{"cpu", 100, 200, "missed(not_collected)"}};
  x.status = "online";
  x.status_since_ms = 1500;
  ok(commit(db, x));
  auto state = state_of(db);
  BOOST_TEST(state.since_ms == 500);
  BOOST_TEST(state.until_ms == 2000);
  BOOST_TEST(state.rule_set_digest == "rules");
  BOOST_REQUIRE(state.series.size() == 2u);
  BOOST_TEST((state.series[1].key == x.new_series[1].key));
  BOOST_REQUIRE(state.samples.size() == 1u);
  BOOST_TEST(state.samples[0].time_ms == 2000);
  BOOST_TEST(state.samples[0].blob == "\x01 sample");
  BOOST_REQUIRE(state.last_rows.size() == 1u);
  BOOST_TEST(state.last_rows[0].rule_digest == digest);
  BOOST_REQUIRE(state.deviations.size() == 1u);
  BOOST_TEST(state.deviations[0].reason == "missed(not_collected)");
  auto record = ok(host_repository{db}.find("h"));
  BOOST_TEST(record.status == "online");
  BOOST_TEST(record.status_since_ms == 1500);
}

STORE_CASE(a_round_that_fails_moves_nothing) {
  auto& db = it.db();
  store_host(db, "h");
  ok(commit(db, round_at(1000)));
  auto x = round_at(2000);
  x.new_series = {{0, {"up", {}}}};
  x.changes = {{"cpu", "unknown digest", 1000, 2000, {{1000, 2000, "Abnormal"}}}};
  BOOST_TEST(failure_of(commit(db, x)) == ec::not_found);
  auto state = state_of(db);
  BOOST_TEST(state.until_ms == 1000);
  BOOST_TEST(state.series.empty());
  BOOST_TEST(times_of(state.samples) == "1000 ");
}

STORE_CASE(committing_a_round_again_changes_nothing) {
  auto& db = it.db();
  auto digest = store_rule(db, "cpu");
  store_host(db, "h");
  auto x = round_at(2000);
  x.new_series = {{0, {"up", {}}}};
  x.changes = {{"cpu", digest, 1000, 2000, {{1000, 2000, "Abnormal"}}}};
  x.deviations = {{"cpu", 100, 200, "late_rule"}};
  ok(commit(db, x));
  ok(commit(db, x));
  auto state = state_of(db);
  BOOST_TEST(times_of(state.samples) == "2000 ");
  BOOST_TEST(state.deviations.size() == 1u);
  BOOST_TEST(ok(result_repository{db}.page(owner, {})).total_count == 1);
}

STORE_CASE(the_cursor_never_moves_back_and_zero_leaves_it_alone) {
  auto& db = it.db();
  auto digest = store_rule(db, "cpu");
  store_host(db, "h");
  ok(commit(db, round_at(5000)));
  ok(commit(db, round_at(4000)));
  BOOST_TEST(state_of(db).until_ms == 5000);
  BOOST_TEST(times_of(state_of(db).samples) == "4000 5000 ");
  auto job = round_at(0);
  job.changes = {{"cpu", digest, 0, 100, {{10, 20, "Abnormal"}}}};
  ok(commit(db, job));
  BOOST_TEST(state_of(db).until_ms == 5000);
  BOOST_TEST(times_of(state_of(db).samples) == "4000 5000 ");
  BOOST_TEST(ok(result_repository{db}.page(owner, {})).total_count == 1);
}

STORE_CASE(a_series_keeps_its_slot) {
  auto& db = it.db();
  store_host(db, "h");
  auto x = round_at(1000);
  x.new_series = {{0, {"up", {{"a", "1"}}}}};
  ok(commit(db, x));
  ok(commit(db, x));
  x.new_series = {{0, {"up", {{"a", "2"}}}}};
  BOOST_TEST(failure_of(commit(db, x)) == ec::conflict);
}

STORE_CASE(numbers_of_gone_series_are_given_again_and_no_stored_sample_carries_them) {
  auto& db = it.db();
  store_host(db, "h");
  constexpr auto hour = sample_archive::chunk_ms;
  auto x = round_at(hour);
  x.new_series = {{2, {"seen", {{"id", "a"}}}}, {3, {"seen", {{"id", "b"}}}}};
  ok(commit(db, x));
  ok(commit(db, round_at(2 * hour)));
  committed(db, [&] { return sample_archive{db}.compact(2 * hour); });
  ok(commit(db, round_at(2 * hour + 1)));
  x = round_at(60 * hour);
  x.gone_series = {2};
  x.gone_until_ms = 2 * hour;
  x.new_series = {{2, {"seen", {{"id", "c"}}}}};
  ok(commit(db, x));
  ok(commit(db, x)); // Its answer got lost.
  auto state = state_of(db);
  BOOST_REQUIRE(state.series.size() == 2u);
  BOOST_TEST(state.series[0].slot == 2u);
  BOOST_TEST((state.series[0].key == x.new_series[0].key));
  BOOST_TEST(state.series[1].slot == 3u);
  BOOST_TEST(times_of(state.samples) ==
             std::to_string(2 * hour + 1) + " " + std::to_string(60 * hour) + " ");
}

STORE_CASE(rounds_of_one_host_stay_in_order_when_stored_together) {
  store_host(it.db(), "h");
  auto first = round_at(1000), second = round_at(2000);
  first.new_series = {{2, {"seen", {{"id", "a"}}}}, {3, {"seen", {{"id", "b"}}}}};
  second.gone_series = {2, 3};
  second.gone_until_ms = 1500;
  second.new_series = {{3, {"seen", {{"id", "c"}}}}};
  const round_to_commit* both[] = {&first, &second};
  committed(it.db(), [&] { return sample_repository{it.db()}.commit_rounds(both); });
  auto state = state_of(it.db());
  BOOST_REQUIRE(state.series.size() == 1u);
  BOOST_TEST((state.series[0].key == second.new_series[0].key));
  BOOST_TEST(times_of(state.samples) == "2000 ");
}

STORE_CASE(a_round_of_a_deleted_host_is_not_found) {
  auto& db = it.db();
  store_host(db, "h");
  committed(db, [&] { return host_repository{db}.remove(owner, "h", 1); });
  BOOST_TEST(failure_of(commit(db, round_at(1000))) == ec::not_found);
}

STORE_CASE(a_deviation_is_replaced_by_its_item_and_start_and_forgotten_when_old) {
  auto& db = it.db();
  store_host(db, "h");
  auto x = round_at(1000);
  x.deviations = {{"cpu", 100, 200, "a"}, {"disk", 100, 900, "b"}};
  ok(commit(db, x));
  x.deviations = {{"cpu", 100, 300, "c"}};
  ok(commit(db, x));
  auto state = state_of(db);
  BOOST_REQUIRE(state.deviations.size() == 2u);
  BOOST_TEST(state.deviations[0].end_ms == 300);
  BOOST_TEST(state.deviations[0].reason == "c");
  BOOST_TEST(ok(sample_repository{db}.expire_deviations(301)) == 1);
  BOOST_TEST(state_of(db).deviations.at(0).check_item == "disk");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(samples)

STORE_CASE(a_range_has_both_ends) {
  auto& db = it.db();
  store_host(db, "h");
  for (int64_t t = 1000; t <= 9000; t += 1000)
    ok(commit(db, round_at(t)));
  auto rows = ok(sample_repository{db}.range({"h", 3000, 5000})).rows;
  BOOST_TEST(times_of(rows) == "3000 4000 5000 ");
  BOOST_TEST(times_of(state_of(db, 7500).samples) == "8000 9000 ");
  BOOST_TEST(failure_of(sample_repository{db}.range({"x", 0, 1})) == ec::not_found);
}

STORE_CASE(an_empty_stretch_is_crossed_in_one_query) {
  auto& db = it.db();
  store_host(db, "h");
  for (auto t :
       {10 * hour + 1, 10 * hour + 2, 20 * hour - 1, 500 * hour, 501 * hour - 1, 501 * hour})
    ok(commit(db, round_at(t)));
  compact(db, 400 * hour); // The first ones are chunks.
  auto next = [&](int64_t from, int64_t until, int64_t span) {
    return times_of(ok(sample_repository{db}.range({"h", from, until, span})).rows);
  };
  auto spelled = [](std::initializer_list<int64_t> times) {
    std::string out;
    for (auto t : times)
      out += std::to_string(t) + " ";
    return out;
  };
  BOOST_TEST(next(0, INT64_MAX, hour) == spelled({10 * hour + 1, 10 * hour + 2}));
  BOOST_TEST(next(10 * hour + 2, INT64_MAX, hour) == spelled({10 * hour + 2}));
  BOOST_TEST(next(10 * hour + 3, INT64_MAX, hour) == spelled({20 * hour - 1}));
  BOOST_TEST(next(20 * hour, INT64_MAX, hour) == spelled({500 * hour, 501 * hour - 1}));
  BOOST_TEST(next(20 * hour, 500 * hour, hour) == spelled({500 * hour}));
  BOOST_TEST(next(20 * hour, 499 * hour, hour) == "");
  BOOST_TEST(next(20 * hour, INT64_MAX, 2 * hour) ==
             spelled({500 * hour, 501 * hour - 1, 501 * hour}));
  BOOST_TEST(next(501 * hour + 1, INT64_MAX, hour) == "");
}

STORE_CASE(rows_and_chunks_read_the_same) {
  auto& db = it.db();
  store_host(db, "h");
  store_host(db, "other");
  std::mt19937 random{7};
  std::vector<sample_row> all;
  for (int64_t t = 2 * hour - 60'000; t < 5 * hour + 60'000; t += 15'000) {
    std::string blob{"\x01"};
    for (auto left = random() % 300; left > 0; --left)
      blob += static_cast<char>(random());
    all.push_back({t, blob});
  }
  committed(db, [&] { return sample_repository{db}.save_samples("h", all); });
  auto other = round_at(3 * hour);
  other.host_id = "other";
  ok(commit(db, other));
  auto read = [&](int64_t from, int64_t until) {
    return ok(sample_repository{db}.range({"h", from, until})).rows;
  };
  auto whole = read(0, INT64_MAX);
  BOOST_TEST(whole.size() == all.size());
  // Whole hours before the time, of both hosts; the running hour stays as it is.
  BOOST_TEST(compact(db, 5 * hour + 1, 2) == 2);
  BOOST_TEST(compact(db, 5 * hour + 1) == 3);
  BOOST_TEST(compact(db, 5 * hour + 1) == 0);
  BOOST_TEST(ok(db.count("select count(*) from sample_chunk")) == 5);
  BOOST_TEST(ok(db.count("select count(*) from sample")) == 4);
  auto after = read(0, INT64_MAX);
  BOOST_REQUIRE(after.size() == all.size());
  for (size_t i = 0; i < all.size(); ++i)
    BOOST_REQUIRE((after[i].time_ms == all[i].time_ms && after[i].blob == all[i].blob));
  for (int i = 0; i < 50; ++i) {
    auto from = static_cast<int64_t>(random() % static_cast<uint64_t>(6 * hour));
    auto until = from + static_cast<int64_t>(random() % static_cast<uint64_t>(2 * hour));
    auto wanted = std::count_if(all.begin(), all.end(), [&](const sample_row& x) {
      return x.time_ms >= from && x.time_ms <= until;
    });
    BOOST_TEST(read(from, until).size() == static_cast<size_t>(wanted));
  }
}

STORE_CASE(a_late_row_joins_its_compacted_hour) {
  auto& db = it.db();
  store_host(db, "h");
  ok(commit(db, round_at(1000, "\x01 old")));
  ok(commit(db, round_at(3000)));
  compact(db, hour);
  ok(sample_repository{db}.save_samples("h", {{2000, "\x01 late"}, {1000, "\x01 new"}}));
  BOOST_TEST(compact(db, hour) == 1);
  auto rows = ok(sample_repository{db}.range({"h", 0, hour})).rows;
  BOOST_TEST(times_of(rows) == "1000 2000 3000 ");
  BOOST_TEST(rows[0].blob == "\x01 new");
}

STORE_CASE(a_reader_misses_no_sample_while_rows_become_chunks) {
  auto& db = it.db();
  store_host(db, "h");
  std::vector<sample_row> all;
  for (int64_t i = 0; i < 600; ++i)
    all.push_back({i * hour / 5, "\x01 sample"});
  committed(db, [&] { return sample_repository{db}.save_samples("h", all); });
  auto reader = ok(it.pool().read());
  std::atomic<bool> ends = false;
  std::thread compactor{[&] {
    while (transact(db, [&](database& d) {
             return sample_archive{d}.compact(200 * hour, 2);
           }).value_or(0) > 0) {
    }
    ends = true;
  }};
  size_t reads = 0, complete = 0;
  do {
    ++reads;
    complete += ok(sample_repository{*reader}.range({"h", 0, INT64_MAX})).rows.size() == all.size();
  } while (!ends);
  compactor.join();
  BOOST_TEST(complete == reads);
  BOOST_TEST(ok(db.count("select count(*) from sample")) == 0);
}

STORE_CASE(old_samples_go_by_age_and_by_size) {
  auto& db = it.db();
  store_host(db, "h");
  for (int64_t t = 1; t < 6; ++t)
    ok(commit(db, round_at(t * hour)));
  compact(db, 4 * hour);
  sample_archive archive{db};
  auto bytes = ok(archive.bytes());
  BOOST_TEST(bytes > 0);
  BOOST_TEST(committed(db, [&] { return archive.expire(2 * hour); }) == 1);
  BOOST_TEST(ok(archive.bytes()) < bytes);
  BOOST_TEST(committed(db, [&] { return archive.trim(1 << 20); }) == 0);
  BOOST_TEST(committed(db, [&] { return archive.trim(0); }) == 2);
  BOOST_TEST(times_of(state_of(db).samples) ==
             std::to_string(4 * hour) + " " + std::to_string(5 * hour) + " ");
  BOOST_TEST(committed(db, [&] { return archive.expire(10 * hour); }) == 2);
  BOOST_TEST(ok(archive.bytes()) == 0);
}

BOOST_AUTO_TEST_CASE(chunks_come_back_and_damage_is_noticed) {
  std::vector<sample_row> rows{
    {5, ""}, {5'000'000'000'000, std::string(70'000, 'x')}, {5'000'000'000'001, "y"}};
  auto chunk = pack_chunk(rows);
  BOOST_TEST(chunk[0] == 1);
  BOOST_TEST(chunk.size() < 1000u);
  auto back = ok(unpack_chunk(chunk));
  BOOST_REQUIRE(back.size() == 3u);
  BOOST_TEST(back[1].time_ms == rows[1].time_ms);
  BOOST_TEST(back[1].blob == rows[1].blob);
  BOOST_TEST(ok(unpack_chunk(pack_chunk({}))).empty());
  BOOST_TEST(failure_of(unpack_chunk("")) == ec::corrupt);
  BOOST_TEST(failure_of(unpack_chunk("\x02 a later format")) == ec::corrupt);
  for (size_t cut = 1; cut < chunk.size(); ++cut)
    BOOST_TEST(failure_of(unpack_chunk(chunk.substr(0, cut))) == ec::corrupt);
  std::mt19937 random{3};
  for (int i = 0; i < 2000; ++i) {
    auto bad = chunk;
    bad[1 + random() % (bad.size() - 1)] ^= static_cast<char>(1 + random() % 255);
    std::ignore = unpack_chunk(bad); // Whatever comes out, nothing breaks.
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace sample_test
