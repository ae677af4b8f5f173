// Functions that look at each point once yield what all of the window yields.
#include "runtime/core/promql/range_functions.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <random>

namespace sliding_test {

using namespace aops::promql;

namespace {

using points = std::span<const point>;

double resets(points x) {
  double n = 0;
  for (size_t i = 1; i < x.size(); ++i)
    n += x[i].value < x[i - 1].value;
  return n;
}

double changes(points x) {
  double n = 0;
  for (size_t i = 1; i < x.size(); ++i)
    n += x[i].value != x[i - 1].value && !(std::isnan(x[i].value) && std::isnan(x[i - 1].value));
  return n;
}

double greatest(points x) {
  double most = std::numeric_limits<double>::quiet_NaN();
  for (const auto& p : x)
    if (std::isnan(most) || p.value > most)
      most = p.value;
  return most;
}

double least(points x) {
  double most = std::numeric_limits<double>::quiet_NaN();
  for (const auto& p : x)
    if (std::isnan(most) || p.value < most)
      most = p.value;
  return most;
}

double increase(const range_call& call, points x) {
  double change = x.back().value - x.front().value;
  for (size_t i = 1; i < x.size(); ++i)
    if (x[i].value < x[i - 1].value)
      change += x[i - 1].value;
  return *extrapolated(call, x, change, true, false);
}

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

} // namespace

BOOST_AUTO_TEST_CASE(sliding_windows_yield_what_recomputation_yields) {
  std::mt19937 random(7);
  auto upto = [&](uint32_t n) { return random() % n; };
  for (int round = 0; round < 2000; ++round) {
    std::vector<point> all;
    for (uint32_t i = 0; i < 60; ++i)
      all.push_back(
        {i * 1000,
         upto(12) == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(upto(8))});
    auto f = [](const char* name) { return make_sliding_function(name); };
    auto rises = f("increase"), falls = f("resets"), moves = f("changes");
    auto top = f("max_over_time"), bottom = f("min_over_time");
    for (size_t first = 0, end = 1; end <= all.size();) {
      window w;
      w.slot = 3;
      w.first = first;
      w.points = points(all).subspan(first, end - first);
      range_call call;
      call.begin_ms = all[first].time_ms - 700;
      call.end_ms = all[end - 1].time_ms + 300;
      BOOST_REQUIRE(same(*falls->at(call, w), resets(w.points)));
      BOOST_REQUIRE(same(*moves->at(call, w), changes(w.points)));
      BOOST_REQUIRE(same(*top->at(call, w), greatest(w.points)));
      BOOST_REQUIRE(same(*bottom->at(call, w), least(w.points)));
      if (auto rise = rises->at(call, w); w.points.size() > 1)
        BOOST_REQUIRE(same(*rise, increase(call, w.points)));
      end += 1 + upto(upto(10) == 0 ? 20 : 3); // Sometimes past all that was in the window.
      first = std::max(first, end > 12 ? end - 1 - upto(12) : 0);
    }
  }
}

} // namespace sliding_test
