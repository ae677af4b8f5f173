#include "actors/data/samples.hpp"
#include "actors/data/samples_read.hpp"
#include "actors/host/prometheus_reader.hpp"
#include "messages/names.hpp"
#include "runtime/core/check/round_codec.hpp"
#include "runtime/io/storage/sample_repository.hpp"
#include "tests/support/store_fixture.hpp"

#include <caf/all.hpp>

#include <cmath>

namespace aops::actors {

namespace {

struct samples_fixture : tests::store_fixture {
  samples_fixture() {
    auto s = std::make_shared<host_services>();
    s->config = settings;
    s->clock = now;
    s->names = names;
    s->slots = slots;
    services = s;
    it = start_as(samples_name, actors::samples, services);
    host = add_host("h1");
  }
  ~samples_fixture() { end_all(); }

  std::shared_ptr<host_services> services;
  samples_actor it;
  host_record host;

  /// One round of the host: values of `load{cpu=0}`, `load{cpu=1}`, `temperature`.
  void add_round(int64_t time_ms, int64_t load0, double load1, bool answered = true) {
    round_to_commit x;
    x.held = slots->fence_of(host.host_id);
    x.owner = host.owner;
    x.host_id = host.host_id;
    x.since_ms = 1;
    x.until_ms = time_ms;
    x.rule_set_digest = "d";
    check::round round{time_ms, answered, 0.5, {}};
    if (answered)
      round.samples = {{2, number::of(load0)}, {3, number::of(load1)}};
    x.sample_blob = check::encode_round(round);
    if (!std::exchange(has_series_, true))
      x.new_series = {{2, {"load", {{"cpu", "0"}, {"mode", "idle"}}}},
                      {3, {"load", {{"cpu", "1"}, {"mode", "idle"}}}}};
    tests::ok(storage::transact(
      db(), [&](storage::database& to) { return storage::sample_repository{to}.commit_round(x); }));
  }

  static wanted_samples
  wanted(const std::string& name, label_set label = {}, const std::string& type = "kpi") {
    return {name, type, std::move(label)};
  }

  expected<samples_found> get(const caller& who,
                              std::map<std::string, std::vector<wanted_samples>> what,
                              bool of_all = false,
                              maybe<int64_t> most_points = {}) {
    samples_to_get x;
    x.time_range = {{0}, {100'000'000}};
    x.data_infos = std::move(what);
    x.most_points = most_points;
    x.of_all = of_all;
    return ask<samples_found>(it, who, x);
  }

  /// `name{labels} values` of each series.
  static std::string shown(const host_samples& x) {
    std::string out;
    for (const auto& s : x.succeed_list) {
      out += s.name;
      for (const auto& [name, value] : s.label)
        out += " " + name + "=" + value;
      out += " " + s.values.text + "; ";
    }
    for (const auto& s : x.fail_list)
      out += "not " + s.name + ": " + s.reason + "; ";
    return out;
  }

private:
  bool has_series_ = false;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(samples_suite, samples_fixture)

BOOST_AUTO_TEST_CASE(series_are_found_by_some_of_their_labels) {
  add_round(1000, 7, 0.5);
  add_round(3'601'500, 8, 1.5);
  auto reply = tests::ok(get(admin, {{host.public_ip, {wanted("load", {{"cpu", "0"}})}}}));
  BOOST_TEST(reply.code == 200);
  BOOST_TEST(shown(reply.result.at(host.public_ip)) ==
             R"(load cpu=0 mode=idle [[1,"7"],[3601.5,"8"]]; )");
  reply = tests::ok(get(admin, {{host.host_id, {wanted("load")}}}));
  BOOST_TEST(
    shown(reply.result.at(host.host_id)) ==
    R"(load cpu=0 mode=idle [[1,"7"],[3601.5,"8"]]; load cpu=1 mode=idle [[1,"0.5"],[3601.5,"1.5"]]; )");
}

BOOST_AUTO_TEST_CASE(of_many_points_the_least_and_the_greatest_of_each_stretch_are_told) {
  // Four points: two stretches of 50,000 s. The peaks of the first stand in this order.
  for (auto [second, load] : {std::pair{1, 5}, {2, 9}, {3, 4}, {4, 5}, {60'000, 7}})
    add_round(second * 1000, load, 1.5);
  std::map<std::string, std::vector<wanted_samples>> what{{host.host_id, {wanted("load")}}};
  maybe<int64_t> most;
  most.emplace(4);
  auto reply = tests::ok(get(admin, what, false, most));
  BOOST_TEST(
    shown(reply.result.at(host.host_id)) ==
    R"(load cpu=0 mode=idle [[2,"9"],[3,"4"],[60000,"7"]]; load cpu=1 mode=idle [[1,"1.5"],[60000,"1.5"]]; )");
}

BOOST_AUTO_TEST_CASE(what_is_no_number_is_neither_least_nor_greatest) {
  thinned_points it{0, 100};
  auto nan = number::of(std::nan(""));
  for (auto [at, value] : {std::pair{1, nan}, {2, number::of(3.0)}, {3, nan}})
    BOOST_TEST(it.add({at, value}).empty());
  auto done = it.add({100, nan});
  BOOST_REQUIRE(done.size() == 1u);
  BOOST_TEST(done.front().time_ms == 2);
  BOOST_TEST(it.rest().size() == 1u);
}

BOOST_AUTO_TEST_CASE(every_host_has_a_series_that_tells_whether_it_answered) {
  add_round(1000, 7, 0.5);
  add_round(2000, 7, 0.5, false);
  auto reply = tests::ok(get(admin, {{host.host_id, {wanted("up")}}}));
  BOOST_TEST(shown(reply.result.at(host.host_id)) == R"(up [[1,"1"],[2,"0"]]; )");
}

BOOST_AUTO_TEST_CASE(what_has_no_samples_is_in_neither_list) {
  add_round(1000, 7, 0.5);
  auto reply =
    tests::ok(get(admin, {{host.host_id, {wanted("load", {{"cpu", "9"}}), wanted("x")}}}));
  BOOST_TEST(reply.code == 200);
  BOOST_TEST(shown(reply.result.at(host.host_id)) == "");
  BOOST_TEST(tests::ok(get(admin, {})).code == 200);
}

BOOST_AUTO_TEST_CASE(logs_unknown_types_and_unknown_hosts_fail_each_for_itself) {
  add_round(1000, 7, 0.5);
  auto reply = tests::ok(get(admin,
                             {{host.host_id, {wanted("up"), wanted("history", {}, "log")}},
                              {"192.0.2.99", {wanted("up")}}}));
  BOOST_TEST(reply.code == 206);
  auto told = shown(reply.result.at(host.host_id));
  BOOST_TEST(told.starts_with(R"(up [[1,"1"]]; not history: )")); // Nobody keeps lines here.
  BOOST_TEST(shown(reply.result.at("192.0.2.99")) == "not up: no such host; ");
  BOOST_TEST(tests::ok(get(admin, {{"192.0.2.99", {wanted("up")}}})).code == 1104);
  BOOST_TEST(tests::ok(get(admin, {{host.host_id, {wanted("x", {}, "odd")}}})).code == 1104);
}

BOOST_AUTO_TEST_CASE(nobody_reads_hosts_of_others_but_a_service_that_acts_for_nobody) {
  add_round(1000, 7, 0.5);
  std::map<std::string, std::vector<wanted_samples>> what{{host.host_id, {wanted("up")}}};
  BOOST_TEST(tests::ok(get(other, what)).code == 1104);
  caller nobody;
  nobody.user = "nobody";
  BOOST_TEST(tests::ok(get(nobody, what)).code == 1104);
  BOOST_TEST(tests::ok(get({}, what, true)).code == 200);
  auto granted = admin;
  granted.groups.emplace();
  BOOST_TEST(tests::ok(get(granted, what)).code == 1104);
  granted.groups->push_back("g");
  BOOST_TEST(tests::ok(get(granted, what)).code == 200);
}

BOOST_AUTO_TEST_CASE(a_prometheus_is_asked_for_the_labels_and_its_failure_is_told) {
  settings->samples.source = "prometheus";
  std::optional<read_order> asked;
  expected<samples_read> answer = fail(ec::query_failed, "the query failed");
  start_as(prometheus_reader_name,
           [&](prometheus_reader_actor::pointer) -> prometheus_reader_actor::behavior_type {
             return {[&](const read_order& x) -> caf::result<samples_read> {
                       asked = x;
                       return to_result(answer);
                     },
                     [](const list_order&) { return series_listed{}; },
                     [](atom::tick) {},
                     [](atom::ping) {}};
           });
  std::map<std::string, std::vector<wanted_samples>> what{
    {host.host_id, {wanted("load", {{"cpu", "!=0"}})}}};
  auto reply = tests::ok(get(admin, what));
  BOOST_TEST(reply.code == 1104);
  BOOST_TEST(shown(reply.result.at(host.host_id)) == "not load: the query failed; ");
  BOOST_REQUIRE(asked);
  BOOST_REQUIRE(asked->series->matches.size() == 1u);
  BOOST_TEST(asked->series->matches[0].match.at("cpu") == "=!=0");
  series_points found{{"load", {{"cpu", "!=0"}, {"mode", "x"}}}, {{1500, number::of(2.5)}}};
  answer = samples_read{std::make_shared<const std::vector<series_points>>(1, found)};
  reply = tests::ok(get(admin, what));
  BOOST_TEST(reply.code == 200);
  BOOST_TEST(shown(reply.result.at(host.host_id)) == R"(load cpu=!=0 mode=x [[1.5,"2.5"]]; )");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
