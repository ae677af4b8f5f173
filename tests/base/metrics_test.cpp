#include "runtime/base/metrics.hpp"

#include <boost/test/unit_test.hpp>

namespace metrics_test {

using namespace aops;

BOOST_AUTO_TEST_SUITE(figures)

BOOST_AUTO_TEST_CASE(they_appear_in_the_text_format) {
  metrics::counter_of("aops_test_events_total", "Events.", {{"kind", "a"}}).add(2);
  metrics::counter_of("aops_test_events_total", "Events.", {{"kind", "a"}}).add();
  metrics::gauge_of("aops_test_depth", "Depth.").set(4);
  metrics::histogram_of("aops_test_seconds", "Time.", metrics::second_bounds()).observe(0.02);
  auto text = metrics::metrics_text();
  BOOST_TEST(text.find("aops_test_events_total{kind=\"a\"} 3") != text.npos);
  BOOST_TEST(text.find("aops_test_depth 4") != text.npos);
  BOOST_TEST(text.find("aops_test_seconds_bucket{le=\"0.025\"} 1") != text.npos);
  BOOST_TEST(text.find("# TYPE process_cpu_seconds_total counter") != text.npos);
  BOOST_TEST(text.find("process_resident_memory_bytes") != text.npos);
}

BOOST_AUTO_TEST_CASE(a_refresher_is_asked_while_it_lives) {
  int asked = 0;
  {
    metrics::refresher r{[&] { ++asked; }};
    metrics::metrics_text();
  }
  metrics::metrics_text();
  BOOST_TEST(asked == 1);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace metrics_test
