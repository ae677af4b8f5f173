#include "runtime/core/schedule/node_memory.hpp"

#include <boost/test/unit_test.hpp>

namespace node_memory_test {

using namespace aops::schedule;

BOOST_AUTO_TEST_CASE(other_timings_are_in_proportion) {
  auto t = cluster_timing::of(10'000, 2000);
  BOOST_TEST(t.calm_gap_ms == 4000);
  BOOST_TEST(t.calm_ms == 10'000);
  BOOST_TEST(t.stand_back_ms == 1000);
  auto usual = cluster_timing::of(5000, 1000);
  BOOST_TEST(usual.queue_ms == cluster_timing{}.queue_ms);
  BOOST_TEST(usual.stand_back_ms == cluster_timing{}.stand_back_ms);
  BOOST_TEST(usual.calm_gap_ms == cluster_timing{}.calm_gap_ms);
}

BOOST_AUTO_TEST_CASE(a_new_incarnation_remembers_nothing_but_evidence) {
  node_memory m;
  m.node = "a";
  m.epochs = {5};
  m.phases = {slot_phase::ended};
  m.took_leadership(3);
  m.suspect({"b", 1, true, 10}, {});
  m.joined(2);
  BOOST_TEST(m.incarnation == 2);
  BOOST_TEST(m.led_epoch == 0U);
  BOOST_TEST(m.epochs[0] == 0U);
  BOOST_TEST((m.phases[0] == slot_phase::at_work));
  BOOST_TEST(m.evidences.size() == 1U);
}

BOOST_AUTO_TEST_CASE(whom_it_met_it_remembers_until_they_are_gone) {
  node_memory m;
  m.node = "a";
  m.joined(2);
  cluster_view view;
  for (auto id : {"a", "b"}) {
    member row;
    row.node = id;
    row.incarnation = 2;
    row.state = member_state::alive;
    view.members.push_back(row);
  }
  auto& b = view.members[1];
  BOOST_TEST(!m.has_met(b));
  m.suspect({"b", 2, true, 10}, {});
  m.meet("b", 2);
  BOOST_TEST(m.has_met(b));
  BOOST_TEST(m.evidences.empty());
  m.joined(3); // The link is to its process, which is the same.
  BOOST_TEST(m.has_met(b));
  view.members[0].incarnation = 3;
  m.meet("b", 3); // It joined again, which the view does not show yet.
  b.state = member_state::gone;
  m.renewed(view, {}, 20);
  BOOST_TEST(m.met.size() == 1U);
  b.incarnation = 3;
  m.renewed(view, {}, 30);
  BOOST_TEST(m.met.empty());
}

BOOST_AUTO_TEST_CASE(a_view_without_this_incarnation_is_no_renewal) {
  node_memory m;
  m.node = "a";
  m.joined(2);
  cluster_view view;
  view.now_ms = 1000;
  member row;
  row.node = "a";
  row.incarnation = 3;
  row.state = member_state::alive;
  view.members.push_back(row);
  m.renewed(view, {}, 50);
  BOOST_TEST(m.renewed_at_ms == node_memory::never);
  view.members[0].incarnation = 2;
  m.renewed(view, {}, 50);
  BOOST_TEST(m.renewed_at_ms == 50);
}

BOOST_AUTO_TEST_CASE(strong_evidence_outlasts_weak_one_of_the_same_incarnation_for_a_while) {
  node_memory m;
  m.suspect({"b", 1, true, 1000}, {});
  m.suspect({"b", 1, false, 2000}, {});
  BOOST_TEST(m.evidences[0].is_strong);
  m.suspect({"b", 1, false, 6001}, {});
  BOOST_TEST(!m.evidences[0].is_strong);
  m.suspect({"b", 1, true, 7000}, {});
  m.suspect({"b", 2, false, 7001}, {}); // Another incarnation is another matter.
  BOOST_TEST(!m.evidences[0].is_strong);
  BOOST_TEST(m.evidences.size() == 1U);
}

} // namespace node_memory_test
