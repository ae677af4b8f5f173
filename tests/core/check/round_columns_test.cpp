#include "runtime/core/check/round_codec.hpp"
#include "runtime/core/check/round_columns.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <map>
#include <random>

using namespace aops;
using check::round_columns;

namespace {

/// What rows have of a slot, as a reader of rounds finds it.
std::map<int64_t, uint64_t> by_rounds(const std::vector<sample_row>& rows, uint32_t slot) {
  std::map<int64_t, uint64_t> out;
  for (const auto& row : rows) {
    const auto round = check::decode_round(row.time_ms, row.blob);
    for (const auto& s : round->samples)
      if (s.slot == slot)
        out.emplace(row.time_ms, std::bit_cast<uint64_t>(s.value.as_double()));
  }
  return out;
}

/// The same, as columns have it.
std::map<int64_t, uint64_t> by_columns(const round_columns& x, uint32_t slot) {
  std::vector<double> values(x.times().size());
  std::vector<uint8_t> is_there(x.times().size());
  std::map<int64_t, uint64_t> out;
  bool any = x.read(slot, values, is_there);
  for (size_t i = 0; i < values.size(); ++i)
    if (is_there[i])
      out.emplace(x.times()[i], std::bit_cast<uint64_t>(values[i]));
  BOOST_TEST(any == !out.empty());
  return out;
}

sample_row row_of(int64_t time_ms, std::vector<check::sample> samples, bool answered = true) {
  return {time_ms, check::encode_round({time_ms, answered, time_ms / 1000.0, std::move(samples)})};
}

/// Rows of many kinds of series, which come and go.
std::vector<sample_row> some_rows(std::mt19937& random, size_t count) {
  std::vector<sample_row> out;
  double counter = 1756.74;
  for (size_t i = 0; i < count; ++i) {
    std::vector<check::sample> x;
    auto add = [&](uint32_t slot, number value) {
      if (random() % 8 != 0)
        x.push_back({slot, value});
    };
    counter += 0.01 * static_cast<double>(random() % 1600);
    x.push_back({2, number::of(std::round(counter * 100) / 100)}); // In each.
    add(3, number::of(int64_t{7}));
    add(4, number::of(static_cast<int64_t>(random()) << (random() % 32)));
    add(5, number::of(static_cast<double>(random()) / 7));
    add(6, number::of(random() % 2 ? -0.0 : 0.0));
    add(7, number::of(random() % 3 ? std::nan("") : std::numeric_limits<double>::infinity()));
    add(8, number::of(0.001 * static_cast<double>(static_cast<int>(random() % 9000) - 4500)));
    add(9, number::of(std::numeric_limits<int64_t>::min() + static_cast<int64_t>(random())));
    add(10, number::of(1e-300 * static_cast<double>(random())));
    if (i % 20 == 3)
      add(70'000, number::of(static_cast<double>(i)));
    out.push_back(row_of(static_cast<int64_t>(i + 1) * 15'000, std::move(x)));
  }
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(round_columns_suite)

BOOST_AUTO_TEST_CASE(columns_say_what_rounds_say_bit_for_bit) {
  std::mt19937 random{11};
  for (size_t count : {1, 2, 7, 8, 9, 20, 240})
    for (int repeat = 0; repeat < 20; ++repeat) {
      auto rows = some_rows(random, count);
      auto all = round_columns::of(rows);
      BOOST_REQUIRE(all);
      std::vector<uint32_t> wanted = {3, 8, 70'000};
      auto few = round_columns::of(rows, &wanted);
      BOOST_REQUIRE(few);
      for (uint32_t slot : {2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 70'000}) {
        auto expected = by_rounds(rows, slot);
        BOOST_TEST((by_columns(*all, slot) == expected), "slot " << slot << " of " << count);
        bool is_wanted = std::find(wanted.begin(), wanted.end(), slot) != wanted.end();
        BOOST_TEST((by_columns(*few, slot) == (is_wanted ? expected : decltype(expected){})));
      }
      BOOST_TEST(few->bytes() <= all->bytes());
    }
}

BOOST_AUTO_TEST_CASE(how_rounds_went_is_there_too) {
  std::vector<sample_row> rows = {row_of(1000, {{2, number::of(1.5)}}), row_of(2000, {}, false)};
  auto x = round_columns::of(rows);
  BOOST_REQUIRE(x);
  BOOST_REQUIRE(x->times().size() == 2u);
  BOOST_TEST(x->times()[1] == 2000);
  BOOST_TEST(x->answered(0));
  BOOST_TEST(!x->answered(1));
  BOOST_TEST(x->duration_s(1) == 2.0);
  BOOST_TEST((by_columns(*x, 2).size()) == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_there_already_stays) {
  auto x = round_columns::of(std::vector{row_of(1, {{2, number::of(1.0)}, {3, number::of(5.0)}}),
                                         row_of(2, {{3, number::of(6.0)}})});
  BOOST_REQUIRE(x);
  std::vector<double> values(2);
  std::vector<uint8_t> is_there(2);
  BOOST_TEST(x->read(2, values, is_there));
  BOOST_TEST(x->read(3, values, is_there));
  BOOST_TEST((values == std::vector<double>{1, 6}));
}

BOOST_AUTO_TEST_CASE(a_usual_hour_is_small) {
  std::vector<sample_row> rows;
  for (int i = 0; i < 240; ++i) {
    std::vector<check::sample> x;
    for (uint32_t slot = 0; slot < 100; ++slot)
      x.push_back({slot + 2,
                   slot % 2 ? number::of(int64_t{1} << 33)
                            : number::of((175'674 + i * 1493 + slot) / 100.0)});
    rows.push_back(row_of(i * 15'000, std::move(x)));
  }
  auto x = round_columns::of(rows);
  BOOST_REQUIRE(x);
  BOOST_TEST(x->bytes() < 240u * 100u * 2u);
}

BOOST_AUTO_TEST_CASE(damaged_rows_are_corrupt) {
  auto good = row_of(1, {{2, number::of(1.5)}, {400, number::of(int64_t{3})}});
  for (size_t size = 0; size < good.blob.size(); ++size) {
    auto x = round_columns::of(std::vector{good, sample_row{2, good.blob.substr(0, size)}});
    // Cut behind a sample it is a round of fewer.
    if (!check::decode_round(2, good.blob.substr(0, size)))
      BOOST_TEST((!x && x.error() == ec::corrupt));
  }
  std::mt19937 random{7};
  for (int i = 0; i < 2000; ++i) {
    auto bad = good.blob;
    bad[random() % bad.size()] = static_cast<char>(random());
    auto x = round_columns::of(std::vector{good, sample_row{2, bad}});
    BOOST_TEST(x.has_value() == check::decode_round(2, bad).has_value());
  }
}

BOOST_AUTO_TEST_SUITE_END()
