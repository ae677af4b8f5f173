#include "runtime/core/check/window_store.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>

namespace window_store_test {

using namespace aops;
using namespace aops::check;

namespace {

constexpr int64_t minute = 60'000;

/// The points of a series that a window may show at a time.
std::vector<std::pair<int64_t, int64_t>> shown(const expr::series& w) {
  std::vector<std::pair<int64_t, int64_t>> out;
  for (auto i = w.first(); i < w.end(); ++i)
    out.emplace_back(w.time(i), w.value(i).integer());
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(windows_of_a_host)

/// However windows come and go, each shows what its horizon lets it see, and nothing else.
BOOST_AUTO_TEST_CASE(each_window_shows_its_part_of_the_history) {
  for (uint32_t seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    auto below = [&](uint32_t n) { return random() % n; };
    window_store store;
    std::map<std::pair<uint32_t, int64_t>, const expr::series*> used;
    std::map<uint32_t, std::vector<std::pair<int64_t, int64_t>>> history;
    int64_t t = 0;
    auto load = [&] {
      for (auto which : {reach::quick, reach::far}) {
        for (const auto& [slot, points] : history)
          for (auto [at, x] : points)
            store.load(which, slot, at, number::of(x));
        store.loaded(which);
      }
    };
    for (int round = 0; round < 400; ++round) {
      t += below(12) == 0 ? 40 * minute : minute;
      if (below(6) == 0) { // Rules are others.
        for (int change = 0; change < 3; ++change) {
          std::pair place{below(3), std::vector<int64_t>{2, 5, 30, 600}[below(4)] * minute};
          if (auto known = used.find(place); known != used.end()) {
            store.drop(place.first, place.second);
            used.erase(known);
          } else {
            used.emplace(place, &store.use(place.first, place.second));
          }
        }
        store.settle();
        load();
      }
      store.trim(t);
      for (uint32_t slot = 0; slot < 3; ++slot)
        if (below(4) != 0) {
          history[slot].emplace_back(t, round);
          store.append(slot, t, number::of(int64_t{round}));
          store.append(
            slot, t, number::of(int64_t{-1})); // Of several at one time the first counts.
        }
      for (const auto& [place, w] : used) {
        auto wanted = history[place.first];
        std::erase_if(wanted, [&](auto& x) { return x.first < t - place.second; });
        BOOST_TEST_REQUIRE((shown(*w) == wanted), "seed " << seed << ", round " << round);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(windows_of_one_series_cost_the_longest) {
  window_store one, many;
  for (int64_t minutes : {5, 10, 15, 60})
    many.use(3, minutes * minute);
  one.use(3, 60 * minute);
  for (auto* store : {&one, &many}) {
    store->settle();
    store->loaded(reach::quick);
    for (int64_t t = 0; t < 3 * 60 * minute; t += 15'000) {
      store->trim(t);
      store->append(3, t, number::of(t));
    }
  }
  BOOST_TEST(many.memory_bytes() < one.memory_bytes() + 3 * 64);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace window_store_test
