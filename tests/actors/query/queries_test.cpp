#include "actors/query/queries.hpp"
#include "messages/names.hpp"
#include "runtime/base/json_library.hpp"
#include "runtime/core/check/round_codec.hpp"
#include "runtime/io/storage/sample_archive.hpp"
#include "runtime/io/storage/sample_pieces.hpp"
#include "runtime/io/storage/sample_repository.hpp"
#include "tests/support/store_fixture.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

using json = nlohmann::json;

/// Keeps what is queued until it is told to go on.
class held_executor final : public executor {
public:
  bool post(std::function<void()>) override { return false; }
  void queue(base::ticket, job work) override { waiting.push_back(std::move(work)); }
  void go_on() {
    for (auto& work : std::exchange(waiting, {}))
      work({});
  }
  std::vector<job> waiting;
};

struct queries_fixture : tests::store_fixture {
  queries_fixture() { begin(std::make_shared<inline_executor>()); }
  ~queries_fixture() { end_all(); }

  void begin(std::shared_ptr<executor> threads) {
    queries_parts parts{settings, names, std::move(threads), {}};
    parts.cache = cache;
    parts.read = [this](const pieces_query& q) {
      ++reads;
      auto found = storage::sample_pieces{db()}.find(q);
      if (found)
        for (const auto& host : found->hosts)
          for (const auto& x : host.pieces)
            sent += x.is_known ? 0 : 1;
      return found;
    };
    parts.read_alerts = [this](const alert_history_query& q) {
      asked_alerts.push_back(q);
      return expected<alert_history>{past};
    };
    parts.clock = now;
    it = start_as(queries_name, queries, std::move(parts));
  }

  full_queries_actor it;
  alert_history past;
  std::vector<alert_history_query> asked_alerts;
  int reads = 0;
  int sent = 0; ///< Pieces that came from the store.
  std::shared_ptr<piece_cache> cache = std::make_shared<piece_cache>(most_cached_bytes);

  void pack(int64_t before_ms) {
    tests::ok(storage::transact(db(), [&](storage::database& to) {
      return storage::sample_archive{to}.compact(before_ms, 1000);
    }));
  }

  /// One round of a host: `load{cpu=0}`, `load{cpu=1}`, `disk{host=sda}`; of an answered one, those
  /// that have a value.
  void add_round(const host_record& host,
                 int64_t time_ms,
                 std::map<uint32_t, double> values,
                 bool answered = true) {
    round_to_commit x;
    x.held = slots->fence_of(host.host_id);
    x.owner = host.owner;
    x.host_id = host.host_id;
    x.since_ms = 1;
    x.until_ms = time_ms;
    x.rule_set_digest = "d";
    check::round round{time_ms, answered, 0.5, {}};
    for (auto [slot, value] : values)
      round.samples.push_back({slot, number::of(value)});
    x.sample_blob = check::encode_round(round);
    if (known.insert(host.host_id).second)
      x.new_series = {{2, {"load", {{"cpu", "0"}}}},
                      {3, {"load", {{"cpu", "1"}}}},
                      {4, {"disk_bytes_total", {{"host", "sda"}}}}};
    tests::ok(storage::transact(
      db(), [&](storage::database& to) { return storage::sample_repository{to}.commit_round(x); }));
  }

  static query_bounds bounds(int64_t most = 0) { return {30'000, 0, most}; }

  expected<query_answer> at(const std::string& text, int64_t time_ms, const caller& who) {
    return ask<query_answer>(it, who, query_at{text, time_ms, bounds()});
  }

  /// The values of an instant query by labels that tell the series apart.
  std::string values(const std::string& text, int64_t time_ms) {
    auto answer = at(text, time_ms, admin);
    if (!answer)
      return to_string(answer.error());
    std::string out;
    auto data = json::parse(answer->data);
    for (const auto& x : data["result"])
      out += x["metric"].value("host_id", "") + "/" + x["metric"].value("cpu", "") + "=" +
             x["value"][1].get<std::string>() + " ";
    return out;
  }

  std::string data(const expected<query_answer>& x) { return x ? x->data : to_string(x.error()); }

private:
  std::set<std::string> known;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(queries_suite, queries_fixture)

BOOST_AUTO_TEST_CASE(series_have_the_labels_of_their_host) {
  auto host = add_host("h1");
  add_round(host, 1000, {{2, 0.5}, {4, 7}});
  auto x = json::parse(tests::ok(at("load", 1000, admin)).data);
  json wanted = {{"__name__", "load"},
                 {"cpu", "0"},
                 {"host", host.host_name},
                 {"host_id", host.host_id},
                 {"instance", host.public_ip + ":9100"},
                 {"job", "node"}};
  BOOST_TEST(x["resultType"] == "vector");
  BOOST_TEST(x["result"][0]["metric"] == wanted);
  BOOST_TEST(x["result"][0]["value"] == json::parse(R"([1,"0.5"])"));
  x = json::parse(tests::ok(at("disk_bytes_total", 1000, admin)).data);
  BOOST_TEST(x["result"][0]["metric"]["exported_host"] == "sda");
  BOOST_TEST(x["result"][0]["metric"]["host"] == host.host_name);
}

BOOST_AUTO_TEST_CASE(all_hosts_are_looked_at_and_selected_by_their_labels) {
  auto one = add_host("h1"), two = add_host("h2");
  add_round(one, 1000, {{2, 1}, {3, 2}});
  add_round(two, 1000, {{2, 3}});
  BOOST_TEST(values("load", 1000) == "h1/0=1 h2/0=3 h1/1=2 "); // By labels.
  BOOST_TEST(values("sum by (host_id) (load)", 1000) == "h1/=3 h2/=3 ");
  reads = 0;
  BOOST_TEST(values("load{host_id=\"h2\"}", 1500) == "h2/0=3 ");
  BOOST_TEST(reads == 1);
  reads = 0;
  BOOST_TEST(values("load + load{host_id=\"h2\"}", 1500) == "h2/0=6 ");
  BOOST_TEST(reads == 2); // All hosts at once, for each selector.
  sent = 0;
  BOOST_TEST(values("sum_over_time(nothing[1h])", 1000) == "");
  BOOST_TEST(sent == 0); // No round.
}

BOOST_AUTO_TEST_CASE(the_last_round_of_each_host_is_enough_for_one_time) {
  auto one = add_host("h1"), two = add_host("h2");
  for (int64_t t = 1000; t <= 200'000; t += 1000)
    add_round(one, t, {{2, static_cast<double>(t)}});
  add_round(two, 100'000, {{2, 5}});
  BOOST_TEST(values("load", 150'500) == "h1/0=150000 h2/0=5 ");
  BOOST_TEST(sent == 2);
  BOOST_TEST(cache->bytes() == 0u);
  BOOST_TEST(values("load", 99'999) == "h1/0=99000 ");
  BOOST_TEST(values("load @ 2", 99'999) == "h1/0=2000 ");
  BOOST_TEST(values("timestamp(load)", 150'500) == "h1/0=150 h2/0=100 ");
}

BOOST_AUTO_TEST_CASE(what_was_read_is_not_read_again_unless_it_changed) {
  auto host = add_host("h1");
  constexpr int64_t hour = 3'600'000, minute = 60'000;
  for (int64_t t = minute; t <= 3 * hour + 12 * minute; t += minute)
    add_round(host, t, {{2, 1}});
  pack(2 * hour);
  auto count = [&](int64_t at_ms) { return values("count_over_time(load[10h])", at_ms); };
  BOOST_TEST(count(3 * hour + 12 * minute) == "h1/0=192 ");
  BOOST_TEST(sent == 2 + 12 + 3); // Hours, and stretches of five minutes.
  sent = 0;
  BOOST_TEST(count(3 * hour + 12 * minute) == "h1/0=192 ");
  BOOST_TEST(sent == 0);
  add_round(host, 3 * hour + 13 * minute, {{2, 1}});
  BOOST_TEST(count(3 * hour + 13 * minute) == "h1/0=193 ");
  BOOST_TEST(sent == 1); // The stretch that grew.
  sent = 0;
  pack(3 * hour);
  BOOST_TEST(count(3 * hour + 13 * minute) == "h1/0=193 ");
  BOOST_TEST(sent == 1); // The hour that is packed now.
  sent = 0;
  // A round that comes late, beside the hour that is packed already; another of a time that is
  // there.
  tests::ok(storage::transact(db(), [&](storage::database& to) {
    auto row = [](int64_t time_ms, double value) {
      return sample_row{time_ms,
                        check::encode_round({time_ms, true, 0.5, {{2, number::of(value)}}})};
    };
    return storage::sample_repository{to}.save_samples(
      "h1", {row(hour + minute / 2, 1), row(hour + 2 * minute, 8)});
  }));
  BOOST_TEST(count(3 * hour + 13 * minute) == "h1/0=194 ");
  BOOST_TEST(sent == 1);
  BOOST_TEST(values("sum_over_time(load[10h])", 3 * hour + 13 * minute) == "h1/0=201 ");
  BOOST_TEST(values("load", hour + 2 * minute) == "h1/0=8 ");
}

BOOST_AUTO_TEST_CASE(what_is_too_much_for_the_cache_is_read_all_the_same) {
  auto host = add_host("h1");
  for (int64_t t = 15'000; t <= 1'800'000; t += 15'000)
    add_round(host, t, {{2, 1}, {3, 2}});
  cache = std::make_shared<piece_cache>(200);
  begin(std::make_shared<inline_executor>());
  for (int again = 0; again < 2; ++again)
    BOOST_TEST(values("sum_over_time(load[30m])", 1'800'000) == "h1/0=120 h1/1=240 ");
  BOOST_TEST(cache->bytes() == 0u);
  BOOST_TEST(sent == 14); // Seven stretches, each time.
  // One that holds some of it.
  cache = std::make_shared<piece_cache>(400'000);
  begin(std::make_shared<inline_executor>());
  BOOST_TEST(values("sum_over_time(load[30m])", 1'800'000) == "h1/0=120 h1/1=240 ");
  BOOST_TEST(cache->bytes() > 0u);
  BOOST_TEST(cache->bytes() <= 400'000u);
}

BOOST_AUTO_TEST_CASE(a_series_ends_where_a_round_lacks_it) {
  auto host = add_host("h1");
  add_round(host, 1000, {{2, 1}, {3, 2}});
  add_round(host, 2000, {{2, 1}});
  BOOST_TEST(values("load", 1999) == "h1/0=1 h1/1=2 ");
  BOOST_TEST(values("load", 2000) == "h1/0=1 ");
  add_round(host, 3000, {}, false);
  BOOST_TEST(values("load", 3000) == "");
  BOOST_TEST(values("up", 2500) == "h1/=1 ");
  BOOST_TEST(values("up", 3000) == "h1/=0 ");
  BOOST_TEST(values("scrape_duration_seconds", 2500) == "h1/=0.5 ");
  BOOST_TEST(values("count_over_time(load[1m])", 3000) == "h1/0=2 h1/1=1 ");
}

BOOST_AUTO_TEST_CASE(a_sample_counts_for_five_minutes_or_as_long_as_asked) {
  add_round(add_host("h1"), 1000, {{2, 1}});
  BOOST_TEST(values("load", 300'999) == "h1/0=1 ");
  BOOST_TEST(values("load", 301'000) == "");
  auto x = ask<query_answer>(it, admin, query_at{"load", 3000, {1000, 1000, 0}});
  BOOST_TEST(json::parse(tests::ok(x).data)["result"].empty());
}

BOOST_AUTO_TEST_CASE(a_range_is_read_hour_by_hour) {
  auto host = add_host("h1");
  for (int hour = 0; hour < 4; ++hour)
    add_round(host, 3'600'000 * hour + 1000, {{2, hour * 1.0}});
  auto x = ask<query_answer>(
    it, admin, query_over{"load", 1000, 3 * 3'600'000 + 1000, 3'600'000, bounds()});
  auto found = json::parse(tests::ok(x).data);
  BOOST_TEST(found["resultType"] == "matrix");
  BOOST_TEST(found["result"][0]["values"].dump() ==
             R"([[1,"0"],[3601,"1"],[7201,"2"],[10801,"3"]])");
}

BOOST_AUTO_TEST_CASE(each_sees_his_hosts_only) {
  add_round(add_host("h1"), 1000, {{2, 1}});
  auto is_empty = [&](const caller& who) {
    return json::parse(tests::ok(at("load", 1000, who)).data)["result"].empty();
  };
  BOOST_TEST(!is_empty(admin));
  BOOST_TEST(is_empty(other));
  BOOST_TEST(is_empty(caller{}));
  auto granted = admin;
  granted.groups.emplace();
  BOOST_TEST(is_empty(granted));
  granted.groups->push_back("g");
  BOOST_TEST(!is_empty(granted));
}

BOOST_AUTO_TEST_CASE(errors_say_whose_fault_it_is) {
  add_round(add_host("h1"), 1000, {{2, 1}, {3, 2}});
  auto code = [&](const std::string& text) { return at(text, 1000, admin).error(); };
  BOOST_TEST(code("load[").detail.starts_with("invalid parameter \"query\": 1:"));
  BOOST_TEST((code("load[") == ec::bad_request));
  BOOST_TEST((code("load * on (host_id) load") == ec::query_failed));
  auto x = ask<query_answer>(it, admin, query_over{"load[1m]", 0, 1, 1, bounds()});
  BOOST_TEST((x.error() == ec::bad_request));
  BOOST_TEST(x.error().detail ==
             "invalid parameter \"query\": invalid expression type \"range vector\" for range "
             "query, must be Scalar or instant Vector");
}

BOOST_AUTO_TEST_CASE(what_is_truncated_says_so) {
  add_round(add_host("h1"), 1000, {{2, 1}, {3, 2}});
  auto x = tests::ok(ask<query_answer>(it, admin, query_at{"load", 1000, bounds(1)}));
  BOOST_TEST(json::parse(x.data)["result"].size() == 1u);
  BOOST_REQUIRE(x.warnings.size() == 1u);
  BOOST_TEST(x.warnings[0] == "results truncated due to limit");
}

BOOST_AUTO_TEST_CASE(series_and_labels_are_listed) {
  auto host = add_host("h1");
  add_round(host, 1000, {{2, 1}});
  add_host("h2");
  using values_of = label_values_to_list;
  auto list = [&](auto x) { return data(ask<query_answer>(it, admin, x)); };
  BOOST_TEST(list(label_names_to_list{{"load"}, bounds()}) ==
             R"(["__name__","cpu","host","host_id","instance","job"])");
  BOOST_TEST(list(label_names_to_list{{"load"}, bounds(2)}) == R"(["__name__","cpu"])");
  BOOST_TEST(list(values_of{"__name__", {}, bounds()}) ==
             R"(["disk_bytes_total","load","scrape_duration_seconds","up"])");
  BOOST_TEST(list(values_of{"cpu", {}, bounds()}) == R"(["0","1"])");
  BOOST_TEST(list(values_of{"host_id", {}, bounds()}) == R"(["h1","h2"])");
  BOOST_TEST(list(values_of{"host_id", {"load"}, bounds()}) == R"(["h1"])");
  BOOST_TEST(json::parse(list(series_to_list{{"load", "up"}, bounds()})).size() == 4u);
  BOOST_TEST(list(series_to_list{{"{"}, bounds()}).find("invalid parameter \"match[]\"") !=
             std::string::npos);
  BOOST_TEST(list(metrics_to_list{"disk_bytes_total", bounds()}) ==
             R"({"disk_bytes_total":[{"type":"counter","help":"","unit":""}]})");
  BOOST_TEST(list(query_to_format{"a/b"}) == R"("a / b")");
}

BOOST_AUTO_TEST_CASE(a_query_whose_time_is_over_ends) {
  auto threads = std::make_shared<held_executor>();
  begin(threads);
  add_round(add_host("h1"), 1000, {{2, 1}});
  auto x = ask_later<query_answer>(it, admin, query_at{"load", 1000, {2000, 0, 0}});
  pass(1s);
  BOOST_TEST(!x.is_there());
  pass(1s);
  reads = 0;
  threads->go_on();
  auto answer = x.get();
  BOOST_REQUIRE(!answer);
  BOOST_TEST((answer.error() == ec::timed_out));
  BOOST_TEST(reads == 0);
}

BOOST_AUTO_TEST_CASE(what_is_at_work_ends_with_the_actor) {
  auto threads = std::make_shared<held_executor>();
  begin(threads);
  add_round(add_host("h1"), 1000, {{2, 1}});
  auto x = ask_later<query_answer>(it, admin, query_at{"load", 1000, bounds()});
  end(it);
  reads = 0;
  threads->go_on();
  BOOST_TEST(reads == 0);
}

BOOST_AUTO_TEST_CASE(a_store_that_fails_is_told) {
  add_host("h1");
  queries_parts parts{settings, names, std::make_shared<inline_executor>(), {}};
  parts.read = [](const pieces_query&) -> expected<pieces_found> {
    return fail(ec::store_unreachable, "away");
  };
  it = start_as(queries_name, queries, std::move(parts));
  BOOST_TEST((at("load", 1000, admin).error() == ec::store_unreachable));
  settings->samples.source = "prometheus";
  BOOST_TEST((at("load", 1000, admin).error() == ec::unreachable));
}

BOOST_AUTO_TEST_CASE(alerts_are_series_from_their_first_to_their_last_moment) {
  auto host = add_host("h1");
  const auto end = now->now_ms() / 1000 * 1000, begin_ms = end - 120'000;
  alert_stretch x{"h1", "hot", "critical", "Abnormal", {{"core", "0"}}, {{"team", "a"}}};
  x.from_ms = begin_ms;
  x.until_ms = end - 60'000;
  past.all = {x};
  auto over = ask<query_answer>(
    it,
    admin,
    query_over{"ALERTS{alertstate=\"firing\"}", begin_ms - 30'000, end, 30'000, bounds()});
  auto found = json::parse(tests::ok(over).data)["result"];
  BOOST_REQUIRE(found.size() == 1u);
  json labels = {{"__name__", "ALERTS"},
                 {"alertname", "hot"},
                 {"alertstate", "firing"},
                 {"core", "0"},
                 {"host", host.host_name},
                 {"host_id", "h1"},
                 {"instance", host.public_ip + ":9100"},
                 {"job", "node"},
                 {"severity", "critical"},
                 {"team", "a"}};
  BOOST_TEST(found[0]["metric"] == labels);
  BOOST_TEST(found[0]["values"].size() == 3u); // From the beginning, every half minute.
  BOOST_TEST(values("ALERTS", end) == "");     // It has ended.
  past.all[0].until_ms = end;
  past.all[0].lasts = true;
  BOOST_TEST(values("ALERTS", end) == "h1/=1 ");
  BOOST_TEST(values("ALERTS_FOR_STATE * 1000 == bool " + std::to_string(begin_ms), end) ==
             "h1/=1 ");
  BOOST_TEST(values("ALERTS{alertname=\"cold\"}", end) == "");
  BOOST_TEST(reads == 0);
  BOOST_TEST(asked_alerts.back().owner == "admin");
  asked_alerts.clear();
  BOOST_TEST(values("load", end) == "");
  BOOST_TEST(asked_alerts.empty());
  auto names = ask<query_answer>(it, admin, label_values_to_list{"__name__", {}, bounds()});
  BOOST_TEST(data(names).find("\"ALERTS_FOR_STATE\"") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
