#include "runtime/core/check/round_codec.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <random>

namespace round_codec_test {

using namespace aops;
using check::sample;

BOOST_AUTO_TEST_SUITE(round_codec)

BOOST_AUTO_TEST_CASE(every_kind_of_number_comes_back_bit_for_bit) {
  check::round x;
  x.time_ms = 15'000;
  x.duration_s = 0.0125;
  x.samples = {{2, number::of(int64_t{0})},
               {3, number::of(std::numeric_limits<int64_t>::min())},
               {900, number::of(std::numeric_limits<int64_t>::max())},
               {901, number::of(-0.0)},
               {902, number::of(std::numeric_limits<double>::infinity())},
               {70'000, number::of(std::nan(""))}};
  auto blob = check::encode_round(x);
  auto back = check::decode_round(15'000, blob);
  BOOST_REQUIRE(back);
  BOOST_TEST(back->answered);
  BOOST_TEST(back->duration_s == 0.0125);
  BOOST_TEST((back->samples == x.samples));
}

BOOST_AUTO_TEST_CASE(a_round_without_an_answer_comes_back_without_samples) {
  check::round x;
  x.answered = false;
  x.duration_s = 2;
  auto back = check::decode_round(0, check::encode_round(x));
  BOOST_REQUIRE(back);
  BOOST_TEST(!back->answered);
  BOOST_TEST(back->samples.empty());
}

BOOST_AUTO_TEST_CASE(samples_may_come_in_any_order) {
  check::round x;
  x.samples = {{9, number::of(int64_t{1})}, {4, number::of(2.5)}};
  auto back = check::decode_round(0, check::encode_round(x));
  BOOST_TEST(
    (back->samples == std::vector<sample>{{4, number::of(2.5)}, {9, number::of(int64_t{1})}}));
}

BOOST_AUTO_TEST_CASE(damaged_blobs_are_corrupt_and_harm_nobody) {
  BOOST_TEST((check::decode_round(0, "").error() == ec::corrupt));
  BOOST_TEST((check::decode_round(0, "\x02 from the future").error() == ec::corrupt));
  check::round x;
  for (uint32_t i = 0; i < 20; ++i)
    x.samples.push_back({i * 1000, i % 2 ? number::of(i * 1.5) : number::of(int64_t{i} << 40)});
  auto blob = check::encode_round(x);
  std::mt19937 random{7};
  for (int i = 0; i < 10'000; ++i) {
    auto bad = blob.substr(0, random() % (blob.size() + 1));
    if (!bad.empty())
      bad[random() % bad.size()] = static_cast<char>(random());
    (void)check::decode_round(0, bad);
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace round_codec_test
