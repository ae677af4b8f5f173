#include "runtime/core/push/write_request.hpp"

#include <boost/test/unit_test.hpp>

#include <bit>
#include <protozero/pbf_writer.hpp>
#include <random>
#include <snappy.h>

using namespace aops;
using namespace aops::push;

namespace {

using labels_of_series = std::vector<std::pair<std::string, std::string>>;
using samples_of_series = std::vector<std::pair<int64_t, double>>;

std::string written(const labels_of_series& labels, const samples_of_series& samples) {
  std::string out;
  protozero::pbf_writer series{out};
  for (const auto& [name, value] : labels) {
    protozero::pbf_writer label{series, 1};
    label.add_string(1, name);
    label.add_string(2, value);
  }
  for (const auto& [time, value] : samples) {
    protozero::pbf_writer sample{series, 2};
    sample.add_double(1, value);
    sample.add_int64(2, time);
  }
  return out;
}

std::string request_of(const std::vector<std::string>& series) {
  std::string out;
  protozero::pbf_writer request{out};
  for (const auto& x : series)
    request.add_message(1, x);
  return out;
}

std::string packed_text(const std::string& plain) {
  std::string out;
  snappy::Compress(plain.data(), plain.size(), &out);
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(write_requests)

BOOST_AUTO_TEST_CASE(a_block_is_unpacked_as_far_as_it_may) {
  const std::string plain(1000, 'x');
  BOOST_TEST(unpack_block(packed_text(plain), 1000).value() == plain);
  BOOST_TEST(unpack_block(packed_text(""), 1000).value().empty());
  auto refused = unpack_block(packed_text(plain), 999);
  BOOST_TEST(refused.error().detail.find("1000 bytes") != std::string::npos);
  BOOST_TEST(!unpack_block("", 1000));
  BOOST_TEST(!unpack_block("rubbish", 1000));
  // It says that it is of 2^32 - 1 bytes, and has four.
  BOOST_TEST(!unpack_block("\xff\xff\xff\xff\x0f\x0c"
                           "abcd",
                           SIZE_MAX));
}

BOOST_AUTO_TEST_CASE(series_are_read_as_they_were_written) {
  auto plain = request_of(
    {written({{"__name__", "up"}, {"instance", "a:1"}, {"empty", ""}}, {{1000, 1}, {-5, 0.5}}),
     written({{"__name__", "x:y"}, {"l", "\xc3\xa4"}},
             {{7, std::bit_cast<double>(0x7ff0000000000002)}}),
     written({{"__name__", "without_samples"}}, {})});
  auto read = read_write_request(plain, {});
  BOOST_REQUIRE(read);
  BOOST_REQUIRE(read->series.size() == 2);
  const auto& first = read->series[0];
  BOOST_TEST(first.name == "up");
  BOOST_TEST((first.labels == label_set{{"instance", "a:1"}}));
  BOOST_TEST((first.times_ms == std::vector<int64_t>{1000, -5}));
  BOOST_TEST(std::bit_cast<double>(first.bits[1]) == 0.5);
  BOOST_TEST(read->series[1].bits[0] == 0x7ff0000000000002); // Each bit of it counts.
  BOOST_TEST(read->samples == 3);
  BOOST_TEST(read->bad_samples == 0);
}

BOOST_AUTO_TEST_CASE(what_else_senders_tell_is_passed_over) {
  auto series = written({{"__name__", "x"}}, {{1, 1}});
  protozero::pbf_writer{series}.add_message(3, std::string{"an exemplar"});
  auto plain = request_of({series});
  protozero::pbf_writer{plain}.add_message(3, std::string{"metadata"});
  BOOST_TEST(read_write_request(plain, {}).value().samples == 1);
}

BOOST_AUTO_TEST_CASE(a_series_that_does_not_fit_is_left_out_with_the_reason) {
  auto good = written({{"__name__", "good"}}, {{1, 1}});
  auto reason = [&](const labels_of_series& labels) {
    auto read = read_write_request(request_of({good, written(labels, {{1, 1}, {2, 2}})}), {});
    BOOST_REQUIRE(read);
    BOOST_TEST(read->series.size() == 1);
    BOOST_TEST(read->bad_samples == 2);
    BOOST_REQUIRE(read->causes.size() == 1);
    return read->causes[0];
  };
  BOOST_TEST(reason({{"a", "b"}}) == "series without a name: has no name");
  BOOST_TEST(reason({{"__name__", "1x"}}) == "series without a name: `1x` is no name of a series");
  BOOST_TEST(reason({{"__name__", "x"}, {"a:b", "c"}}) == "series x: `a:b` is no name of a label");
  BOOST_TEST(reason({{"__name__", "x"}, {"a", "\xff"}}) ==
             "series x: the value of label `a` is no UTF-8");
  BOOST_TEST(reason({{"__name__", "x"}, {"a", "b"}, {"a", "c"}}) ==
             "series x: label `a` is there twice");
  BOOST_TEST(reason({{"__name__", "x"}, {"a", std::string(20'000, 'x')}}) ==
             "series x: has labels longer than 16384 bytes");
  auto histogram = written({{"__name__", "h"}}, {});
  protozero::pbf_writer{histogram}.add_message(4, std::string{"native"});
  auto read = read_write_request(request_of({histogram}), {}).value();
  BOOST_TEST(read.bad_samples == 1);
  BOOST_TEST(read.causes.at(0) == "series h: native histograms are not kept");
}

BOOST_AUTO_TEST_CASE(more_than_a_request_may_have_is_refused_as_a_whole) {
  write_limits limits;
  limits.most_samples = 3;
  auto one = written({{"__name__", "x"}}, {{1, 1}});
  BOOST_TEST(read_write_request(request_of({one, one, one}), limits).has_value());
  BOOST_TEST(read_write_request(request_of({one, one, one, one}), limits).error().detail ==
             "more than 3 series (remote_write.max_samples)");
  auto many = written({{"__name__", "x"}}, {{1, 1}, {2, 1}, {3, 1}, {4, 1}});
  BOOST_TEST(read_write_request(request_of({many}), limits).error().detail ==
             "more than 3 samples (remote_write.max_samples)");
}

BOOST_AUTO_TEST_CASE(whatever_comes_is_refused_or_within_bounds) {
  auto plain =
    request_of({written({{"__name__", "up"}, {"instance", "a:1"}}, {{1000, 1}, {2000, 2}}),
                written({{"__name__", "x"}}, {{1, 3}})});
  auto packed = packed_text(plain);
  std::mt19937 random{7};
  for (int i = 0; i < 20'000; ++i) {
    auto mutated = i % 2 ? plain : packed;
    for (auto n = random() % 4 + 1; n > 0; --n)
      mutated[random() % mutated.size()] = static_cast<char>(random());
    mutated.resize(random() % 8 == 0 ? random() % mutated.size() : mutated.size());
    auto text = i % 2 ? expected<std::string>{mutated} : unpack_block(mutated, 4096);
    if (!text)
      continue;
    BOOST_REQUIRE(text->size() <= 4096);
    if (auto read = read_write_request(*text, {}))
      for (const auto& x : read->series)
        BOOST_REQUIRE(x.times_ms.size() == x.bits.size());
    else
      BOOST_REQUIRE(!read.error().detail.empty());
  }
}

BOOST_AUTO_TEST_SUITE_END()
