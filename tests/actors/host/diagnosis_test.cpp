#include "messages/names.hpp"
#include "messages/roles/host_info.hpp"
#include "runtime/base/json_library.hpp"
#include "runtime/io/storage/host_info_repository.hpp"
#include "tests/actors/host/host_fixture.hpp"

namespace aops::actors::diagnosis_test {

namespace {

using nlohmann::json;

const check_rule hot = tests::rule_on("hot", "busy", "$0>80");

const std::string plain_tree =
  R"({"node name":"slow","condition":"cpu || disk","children":[
      {"node name":"cpu","check item":"hot"},{"node name":"disk","check item":"no rule"}]})";

struct diagnosis_fixture : tests::host_fixture {
  diagnosis_fixture() {
    page = [](int64_t k) { return std::string{k >= 5 && k <= 6 ? "busy 90\n" : "busy 10\n"}; };
  }
  ~diagnosis_fixture() { end_all(); }

  /// A unit of slices of four rounds, from one round on.
  unit_to_diagnose unit(int64_t from_round, size_t slices, const std::string& tree = plain_tree) {
    unit_to_diagnose x;
    x.job = "j";
    x.owner = record.owner;
    x.host_id = record.host_id;
    x.unit = 3;
    x.trees.push_back({"t", "digest of " + tree, tree});
    for (size_t i = 0; i <= slices; ++i)
      x.bounds_ms.push_back(time_of(from_round + static_cast<int64_t>(i) * 4));
    x.deadline_ms = now->now_ms() + 30'000;
    return x;
  }

  std::vector<report_to_store> reports(const unit_to_diagnose& x) {
    return tests::ok(ask<unit_diagnosed>(host, x)).reports;
  }

  /// `verdict` of each report, separated by blanks.
  static std::string verdicts(const std::vector<report_to_store>& all) {
    std::string text;
    for (const auto& x : all)
      text += (text.empty() ? "" : " ") + json::parse(x.detail).at("verdict").get<std::string>();
    return text;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(diagnosis, diagnosis_fixture)

BOOST_AUTO_TEST_CASE(a_unit_gives_a_report_per_slice_with_evidence) {
  set_rules({hot});
  begin();
  to_round(13);
  auto all = reports(unit(0, 3));
  BOOST_REQUIRE(all.size() == 3u);
  BOOST_TEST(verdicts(all) == "unknown true unknown");
  auto detail = json::parse(all[1].detail);
  BOOST_REQUIRE(detail.at("evidence").size() == 1u);
  const auto& evidence = detail.at("evidence").at(0);
  BOOST_TEST(evidence.at("check_item").get<std::string>() == "hot");
  BOOST_TEST(evidence.at("condition").get<std::string>() == "$0>80");
  BOOST_REQUIRE(evidence.at("samples").size() == 2u);
  BOOST_TEST(evidence.dump().find("90") != std::string::npos);
  BOOST_TEST(detail.at("rule_versions").contains("hot"));
  BOOST_TEST(all[1].start_ms == time_of(4));
  BOOST_TEST(all[1].end_ms == time_of(8));
  BOOST_TEST(all[1].error == "");
  BOOST_TEST(!all[1].content_hash.empty());
  BOOST_TEST(all[1].report_id != all[0].report_id);
  // The item without a rule keeps the quiet slices undecided, and is named.
  auto quiet = json::parse(all[0].detail);
  BOOST_TEST(quiet.at("missing").dump().find("no rule") != std::string::npos, quiet.dump());
  BOOST_TEST(quiet.at("undecided").dump().find("no rule") != std::string::npos, quiet.dump());
}

BOOST_AUTO_TEST_CASE(the_same_unit_gives_the_same_reports_also_after_a_restart) {
  set_rules({hot});
  begin();
  to_round(13);
  auto text = [&] {
    std::string out;
    for (const auto& x : reports(unit(0, 3)))
      out += x.report_id + x.values + x.detail + x.content_hash + '\n';
    return out;
  };
  auto first = text();
  BOOST_TEST(text() == first);
  restart();
  BOOST_TEST(text() == first);
}

BOOST_AUTO_TEST_CASE(time_nobody_sampled_is_missing_and_leaves_the_verdict_open) {
  auto only_hot =
    R"({"node name":"slow","condition":"cpu","children":[{"node name":"cpu","check item":"hot"}]})";
  set_rules({hot});
  begin();
  to_round(13);
  auto before_birth = reports(unit(-8, 2, only_hot));
  BOOST_TEST(verdicts(before_birth) == "unknown unknown");
  BOOST_TEST(json::parse(before_birth[0].detail).at("missing").size() == 1u);
  BOOST_TEST(verdicts(reports(unit(8, 1, only_hot))) == "false");
  end(host);
  to_round(19);
  begin();
  to_round(25);
  auto hole = reports(unit(13, 3, only_hot));
  BOOST_TEST(verdicts(hole) == "unknown unknown false");
  BOOST_TEST(hole[0].detail.find("hot") != std::string::npos, hole[0].detail);
}

BOOST_AUTO_TEST_CASE(a_late_rule_is_judged_over_the_slices_when_they_are_asked_for) {
  keep_list->insert("busy");
  begin();
  to_round(13);
  fill_gate(); // The back-fill has to wait for its turn.
  set_rules({hot});
  BOOST_TEST(found() == "");
  BOOST_TEST(verdicts(reports(unit(4, 1))) == "true");
  BOOST_TEST(found() == "hot 75-90 Abnormal");
  leave_gate();
  to_round(15);
  BOOST_TEST(found() == "hot 75-90 Abnormal");
}

BOOST_AUTO_TEST_CASE(a_unit_that_ends_now_waits_for_the_round_that_is_due) {
  set_rules({hot});
  begin();
  to_round(7);
  // The round's time has come, its request has not gone out yet.
  pass(std::chrono::milliseconds{time_of(8) - now->now_ms()});
  BOOST_REQUIRE(state().until_ms == time_of(7));
  auto x = unit(4, 1);
  auto answer = ask_later<unit_diagnosed>(host, x);
  BOOST_TEST(!answer.is_there());
  pass(1s);
  BOOST_TEST(verdicts(tests::ok(answer.get()).reports) == "true");
}

BOOST_AUTO_TEST_CASE(an_illegal_tree_becomes_reports_with_the_reason_beside_good_ones) {
  set_rules({hot});
  begin();
  to_round(13);
  auto x = unit(4, 1);
  x.trees.push_back({"bad", "another digest", R"({"node name":"x","condition":"nowhere"})"});
  auto all = reports(x);
  BOOST_REQUIRE(all.size() == 2u);
  BOOST_TEST(all[0].error == "");
  BOOST_TEST(all[1].error != "");
  BOOST_TEST(all[1].tree_name == "bad");
}

BOOST_AUTO_TEST_CASE(an_adaptive_tree_asks_for_the_cores_the_host_has) {
  auto adaptive = R"({"node name":"slow","condition":"core {id}","children":[
    {"node name":"core {id}","check item":"core_{id}","expand":{"by":"cpu","join":"||"}}]})";
  keep_list->insert("node_cpu_seconds_total");
  page = [](int64_t) {
    return std::string{"node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} "
                       "1\nnode_cpu_seconds_total{cpu=\"1\",mode=\"idle\"} 1\n"
                       "busy 90\n"};
  };
  set_rules({tests::rule_on("core_1", "busy", "$0>80")});
  begin();
  to_round(9);
  auto all = reports(unit(0, 2, adaptive));
  BOOST_TEST(verdicts(all) == "true true");
  BOOST_TEST(all[0].detail.find("core_1") != std::string::npos, all[0].detail);
  BOOST_TEST(all[0].detail.find("core_0") != std::string::npos, all[0].detail);
  BOOST_TEST(all[0].detail.find("core_2") == std::string::npos, all[0].detail);
}

BOOST_AUTO_TEST_CASE(an_adaptive_tree_asks_for_the_cores_that_were_collected) {
  auto adaptive = R"({"node name":"slow","condition":"core {id}","children":[
    {"node name":"core {id}","check item":"core_{id}","expand":{"by":"cpu","join":"||"}}]})";
  set_rules({hot});
  begin();
  to_round(9);
  BOOST_TEST(reports(unit(0, 2, adaptive))[0].detail.find("core_0") == std::string::npos);
  tests::ok(storage::transact(db(), [&](storage::database& to) {
    return storage::host_info_repository{to}.save(
      {}, record.host_id, R"({"cpu": {"core_count": 3}})", now->now_ms());
  }));
  auto all = reports(unit(0, 2, adaptive));
  for (auto core : {"core_0", "core_1", "core_2"})
    BOOST_TEST(all[0].detail.find(core) != std::string::npos, all[0].detail);
  BOOST_TEST(all[0].detail.find("core_3") == std::string::npos, all[0].detail);
  take_away(host_info_store_name);
  BOOST_TEST(!ask<unit_diagnosed>(host, unit(0, 2, adaptive))); // Another tree would be a guess.
  BOOST_TEST(verdicts(reports(unit(0, 2))) != "");              // This one needs no facts.
}

BOOST_AUTO_TEST_CASE(a_unit_fails_when_the_store_cannot_be_read) {
  set_rules({hot});
  begin();
  to_round(9);
  take_away(round_store_name);
  BOOST_TEST(tests::failure_of(ask<unit_diagnosed>(host, unit(0, 2))) == ec::store_unreachable);
  give_back(round_store_name);
  auto none = unit(0, 0);
  BOOST_TEST(tests::failure_of(ask<unit_diagnosed>(host, none)) == ec::bad_request);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors::diagnosis_test
