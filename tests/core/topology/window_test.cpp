// What a host has told lately, and how figures are judged.
#include "runtime/core/topology/window_codec.hpp"
#include "tests/core/topology/hosts_told.hpp"
#include "tests/support/outcome.hpp"

#include <boost/test/unit_test.hpp>

namespace window_test {

using namespace aops;
using namespace aops::tests;
using namespace aops::topology;

namespace {

const std::string A = "10.0.0.1", B = "10.0.0.2";

struct one_host : told_world {
  one_host() {
    see("a", A);
    see("b", B);
  }
  std::string states() {
    std::string out;
    auto w = world.find("a");
    for (const auto& x : w->links) {
      auto how = state_of(x, *w, rules, now);
      out += x.record.ends.process + (how == link_state::seen      ? " seen;"
                                      : how == link_state::lacking ? " lacking;"
                                                                   : " over;");
    }
    return out;
  }
};

threshold_rules judged_by(const std::string& text, double hysteresis = 0.2) {
  return {{aops::tests::ok(base::parse_threshold(text))}, hysteresis};
}

/// Which of these values of rtt, one after the other, are abnormal.
std::string judged(const std::string& text, const std::vector<int64_t>& values) {
  auto rules = judged_by(text);
  std::string out;
  uint32_t before = 0;
  for (auto x : values) {
    auto record = calls("p", A, B, 1);
    record.figures[static_cast<size_t>(figure::rtt)] = x;
    before = passed(rules, record, 1000, before);
    out += before != 0 ? 'x' : '.';
  }
  return out;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(windows_of_hosts, one_host)

BOOST_AUTO_TEST_CASE(a_link_that_lasted_is_lacking_and_then_over) {
  tell("a", told_by(A, {calls("curl", A, B, 80)}));
  now += 1000;
  BOOST_TEST(!tell("a", told_by(A, {calls("curl", A, B, 80)})).is_visible);
  now += 1000;
  auto change = tell("a", told_by(A, {}));
  BOOST_TEST(change.is_visible);
  BOOST_TEST(change.ended.empty());
  BOOST_TEST(states() == "curl lacking;");
  now += 15'000;
  BOOST_TEST(tell("a", told_by(A, {})).ended.empty());
  now += 5000;
  change = tell("a", told_by(A, {}));
  BOOST_REQUIRE(change.ended.size() == 1u);
  BOOST_TEST(change.ended[0].last_ms == 1'001'000); // When it was seen last.
  BOOST_TEST(states() == "");
}

BOOST_AUTO_TEST_CASE(a_link_that_comes_back_is_the_same) {
  tell("a", told_by(A, {calls("curl", A, B, 80)}));
  now += 1000;
  tell("a", told_by(A, {}));
  BOOST_TEST(states() == "curl seen;"); // In one batch only: that says nothing of its end.
  now += 1000;
  auto change = tell("a", told_by(A, {calls("curl", A, B, 80)}));
  BOOST_TEST(change.began.empty());
  BOOST_TEST(world.find("a")->links[0].first_ms == 1'000'000);
  now += 19'000;
  tell("a", told_by(A, {}));
  now += 5000;
  change = tell("a", told_by(A, {calls("curl", A, B, 80)})); // After longer than the window.
  BOOST_TEST(change.ended.size() == 1u);
  BOOST_TEST(change.began.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_silent_host_is_stale_its_links_lack_and_vanish_and_it_comes_back) {
  tell("a", told_by(A, {calls("curl", A, B, 80)}));
  tell("b", told_by(B, {serves("nginx", A, B, 80)}));
  const std::string link = "a.curl@10.0.0.1>b.nginx@10.0.0.2:80/tcp_link";
  now += 5000;
  tell("a", told_by(A, {calls("curl", A, B, 80)}));
  BOOST_TEST(drawn() == "a\nb STALE\na.curl\nb.nginx STALE\n" + link + " LACKING\n");
  now += 14'999;
  tell("a", told_by(A, {calls("curl", A, B, 80)}));
  BOOST_TEST(drawn() == "a\nb STALE\na.curl\nb.nginx STALE\n" + link + " LACKING\n");
  now += 1;
  tell("a", told_by(A, {calls("curl", A, B, 80)}));
  BOOST_TEST(drawn() ==
             "a\nb STALE\na.curl\n"
             "a.curl@10.0.0.1>external.10.0.0.2@10.0.0.2:80/tcp_link\nexternal.10.0.0.2\n");
  BOOST_TEST(drawn("b") == drawn());
  auto status = status_of(world, who, now, rules);
  BOOST_TEST(status.hosts == 2);
  BOOST_TEST(status.stale_hosts == 1);
  tell("b", told_by(B, {serves("nginx", A, B, 80)}));
  BOOST_TEST(drawn() == "a\nb\na.curl\nb.nginx\n" + link + "\n");
}

BOOST_AUTO_TEST_CASE(thresholds_hold_as_they_are_written) {
  BOOST_TEST(judged("rtt > 100", {99, 100, 101}) == "..x");
  BOOST_TEST(judged("rtt >= 100", {99, 100, 101}) == ".xx");
  BOOST_TEST(judged("rtt < 100", {101, 100, 99}) == "..x");
  BOOST_TEST(judged("rtt <= 100", {101, 100, 99}) == ".xx");
}

BOOST_AUTO_TEST_CASE(a_figure_has_to_fall_back) {
  BOOST_TEST(judged("rtt > 100", {101, 90, 81, 80, 90, 101}) == "xxx..x");
  BOOST_TEST(judged("rtt >= 100", {100, 80, 79, 99}) == "xx..");
  BOOST_TEST(judged("rtt < 100", {99, 110, 119, 120, 110}) == "xxx..");
  BOOST_TEST(judged("rtt <= 100", {100, 120, 121, 101}) == "xx..");
  BOOST_TEST(judged("rtt > 100", {101, not_told, 90}) == "x.."); // Nothing is known in between.
}

BOOST_AUTO_TEST_CASE(figures_per_second_are_by_the_period) {
  auto x = calls("p", A, B, 1);
  x.figures[static_cast<size_t>(figure::retran_packets)] = 10;
  x.figures[static_cast<size_t>(figure::packets_out)] = 40;
  BOOST_TEST(*value_of(x, "retran_packets_per_s", 5000) == 2.0);
  BOOST_TEST(*value_of(x, "retran_share", 5000) == 0.25);
  BOOST_TEST(*value_of(x, "link_count", 5000) == 1.0);
  BOOST_TEST(!value_of(x, "rx_bytes_per_s", 5000));
  BOOST_TEST(!value_of(x, "rtt", 5000));
}

BOOST_AUTO_TEST_CASE(an_abnormal_link_says_why) {
  rules.thresholds = judged_by("retran_packets > 5");
  auto x = calls("curl", A, B, 80), other = serves("nginx", A, B, 80);
  other.figures[static_cast<size_t>(figure::retran_packets)] = 9;
  BOOST_TEST(tell("b", told_by(B, {other})).is_visible);
  tell("a", told_by(A, {x}));
  auto link = picture().entities.back();
  BOOST_TEST(link.anomaly->status == "ANOMALY_YES");
  BOOST_REQUIRE(link.anomaly->anomalyitem.size() == 1u);
  BOOST_TEST(link.anomaly->anomalyitem[0].anomaly_attr == "server_retran_packets");
  BOOST_TEST(link.anomaly->anomalyitem[0].anomaly_type == "ABOVE THRESHOLD");
  BOOST_TEST(attr_of(link, "server_retran_packets") == "9");
}

BOOST_AUTO_TEST_CASE(a_window_has_a_bound) {
  rules.most_links = 3;
  tell("a", told_by(A, {calls("p", A, B, 1), calls("p", A, B, 2)}));
  now += 1000;
  auto change = tell("a", told_by(A, {calls("p", A, B, 3), calls("p", A, B, 4)}));
  BOOST_TEST(world.find("a")->links.size() == 3u);
  BOOST_TEST(change.ended.size() == 1u);
  BOOST_TEST(change.began.size() == 2u); // What is there stays before what was.
}

BOOST_AUTO_TEST_CASE(a_world_forgets_whom_it_is_told_to) {
  tell("a", told_by(A, {calls("curl", A, B, 80)}));
  BOOST_TEST(world.links() == 1u);
  BOOST_TEST(world.owners_of(A).size() == 1u);
  BOOST_TEST(world.callers_of(B).size() == 1u);
  now += 1;
  tell("a", told_by("10.0.0.7", {}));
  BOOST_TEST(world.owners_of(A).empty());
  BOOST_TEST(world.callers_of(B).size() == 1u); // It was called lately.
  auto older = std::make_shared<host_window>(*world.find("a"));
  older->received_ms = 1;
  BOOST_TEST(!world.put(older));
  world.remove("a");
  BOOST_TEST(world.owners_of("10.0.0.7").empty());
  BOOST_TEST(world.callers_of(B).empty());
  BOOST_TEST(world.of_machine("m10.0.0.7").empty());
  BOOST_TEST(world.links() == 0u);
}

BOOST_AUTO_TEST_CASE(windows_travel) {
  auto told = told_by(
    A,
    {calls("curl", A, B, 80), serves("", "fe80::1", A, 22), hands_on(A, "10.0.0.9", 80, B, 8080)});
  told.links[0].figures = {0, 1, not_told, INT64_C(1) << 53, 4, 5, 6, 7};
  told.listening = {{"::", 22, "sshd"}};
  told.processes = {{"curl", "root", "curl", {7, 4'000'000}}};
  told.is_cut = true;
  tell("a", told);
  now += 1000;
  tell("a", told);
  const auto& w = *world.find("a");
  auto bytes = encode_window(w, 1 << 20);
  BOOST_TEST((aops::tests::ok(decode_window(bytes)) == w));
  for (size_t i = 0; i < bytes.size(); ++i)
    BOOST_TEST(!decode_window(std::string_view{bytes}.substr(0, i)));
  auto cut = aops::tests::ok(decode_window(encode_window(w, 1)));
  BOOST_TEST(cut.links.empty());
  BOOST_TEST(cut.is_cut);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace window_test
