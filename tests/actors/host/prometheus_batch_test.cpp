#include "actors/host/prometheus_batch.hpp"

#include <boost/test/unit_test.hpp>

namespace aops::actors::prometheus_batch_test {
namespace {

const series_key load{"load", {}}, up{"up", {}};

wanted_list keys(std::vector<series_key> x) {
  return std::make_shared<const wanted_series>(wanted_series{std::move(x), {}});
}

prometheus_api::series found(std::string instance, series_key key, std::vector<int64_t> times) {
  prometheus_api::series s{std::move(instance), std::move(key), {}};
  for (auto t : times)
    s.points.push_back({t, number::of(t)});
  return s;
}

prometheus_api::part part_of(std::vector<prometheus_api::series> series) {
  return {{}, 0, 100, prometheus_api::answer{std::move(series), {}}};
}

std::vector<int64_t> times_of(const series_points& x) {
  std::vector<int64_t> out;
  for (const auto& p : x.points)
    out.push_back(p.time_ms);
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(prometheus_batches)

BOOST_AUTO_TEST_CASE(orders_for_the_same_series_and_times_fit_together) {
  prometheus_batch batch{keys({load, up}), 10, 20};
  BOOST_TEST(batch.fits(keys({load, up}), 10, 20));
  BOOST_TEST(!batch.fits(keys({load}), 10, 20));
  BOOST_TEST(!batch.fits(keys({load, up}), 10, 21));
}

BOOST_AUTO_TEST_CASE(an_instance_that_two_hosts_name_is_asked_for_once) {
  prometheus_batch batch{keys({load}), 0, 100};
  batch.add("10.0.0.1:9100", "");
  batch.add("10.0.0.1:9100", "");
  BOOST_TEST(batch.what().instances.size() == 1u);
  batch.take(part_of({found("10.0.0.1:9100", load, {5})}));
  for (size_t i : {0, 1})
    BOOST_TEST(batch.result_of(i)->size() == 1u);
}

BOOST_AUTO_TEST_CASE(parts_of_one_series_are_joined_and_each_host_gets_its_own) {
  prometheus_batch batch{keys({load}), 0, 100};
  batch.add("10.0.0.1:9100", "");
  batch.add("10.0.0.2:9100", "");
  batch.take(part_of({found("10.0.0.1:9100", load, {5, 20}), found("10.0.0.2:9100", load, {7})}));
  batch.take(part_of({found("10.0.0.1:9100", load, {35})}));
  BOOST_TEST(times_of(batch.result_of(0)->front()) == (std::vector<int64_t>{5, 20, 35}),
             boost::test_tools::per_element());
  BOOST_TEST(times_of(batch.result_of(1)->front()) == (std::vector<int64_t>{7}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(of_several_ports_the_preferred_one_counts) {
  prometheus_batch batch{keys({load, up}), 0, 100};
  batch.add("10.0.0.1", "10.0.0.1:9100");
  batch.take(part_of({found("10.0.0.1:8080", up, {1}),
                      found("10.0.0.1:9100", up, {2}),
                      found("10.0.0.1:8080", load, {3})}));
  auto result = batch.result_of(0);
  BOOST_REQUIRE_EQUAL(result->size(), 2u);
  BOOST_TEST(times_of((*result)[0]).front() == 3); // `load` is only there.
  BOOST_TEST(times_of((*result)[1]).front() == 2);
}

BOOST_AUTO_TEST_CASE(another_job_on_the_same_exporter_doubles_nothing) {
  prometheus_batch batch{keys({load}), 0, 100};
  batch.add("10.0.0.1:9100", "");
  batch.take(part_of(
    {found("10.0.0.1:9100", load, {5, 20, 35}), found("10.0.0.1:9100", load, {6, 21, 34})}));
  BOOST_TEST(batch.result_of(0)->front().points.size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_failed_part_fails_its_hosts_alone) {
  prometheus_batch batch{keys({load}), 0, 100};
  batch.add("10.0.0.1:9100", "");
  batch.add("10.0.0.2:9100", "");
  batch.take({{"10.0.0.1:9100"}, 0, 100, fail(ec::query_failed, "no")});
  batch.take(part_of({found("10.0.0.2:9100", load, {7})}));
  BOOST_TEST((batch.result_of(0).error() == ec::query_failed));
  BOOST_TEST(batch.result_of(1)->size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors::prometheus_batch_test
