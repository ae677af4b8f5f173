#include "runtime/io/logs/word_filter.hpp"

#include <boost/test/unit_test.hpp>

using namespace aops::logs;

namespace {

std::vector<uint64_t> hashes_of_numbers(uint64_t from, uint64_t to) {
  std::vector<uint64_t> out;
  for (auto n = from; n < to; ++n)
    out.push_back(hash_of_word(std::to_string(n)));
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(word_filters)

BOOST_AUTO_TEST_CASE(all_its_words_are_in_it_and_few_others) {
  for (uint64_t count : {1, 2, 3, 10, 100, 1000, 5000, 50'000}) {
    auto own = hashes_of_numbers(0, count);
    auto filter = make_word_filter(own);
    BOOST_TEST_REQUIRE(!filter.empty());
    BOOST_TEST(filter.size() <= 36 + count + count / 4);
    for (auto hash : own)
      BOOST_REQUIRE(may_have_word(filter, hash));
    constexpr uint64_t others = 100'000;
    size_t wrong = 0;
    for (auto hash : hashes_of_numbers(1'000'000, 1'000'000 + others))
      wrong += may_have_word(filter, hash);
    BOOST_TEST(wrong < others / 200); // One of 256 is expected.
  }
}

BOOST_AUTO_TEST_CASE(a_word_that_is_told_twice_counts_once) {
  std::vector<uint64_t> twice(100, hash_of_word("a1"));
  auto filter = make_word_filter(twice);
  BOOST_TEST(filter.size() < 40u);
  BOOST_TEST(may_have_word(filter, twice.front()));
}

BOOST_AUTO_TEST_CASE(what_is_no_filter_may_have_anything) {
  auto hash = hash_of_word("a1");
  for (size_t size : {0, 1, 2, 3, 5, 6})
    BOOST_TEST(may_have_word(std::string(size, 'x'), hash));
}

BOOST_AUTO_TEST_CASE(files_of_other_machines_are_read) {
  // What is written must be found by whatever comes later: these are kept in files.
  BOOST_TEST(hash_of_word("sda1") == 0x2A081EB08C042F44U);
}

BOOST_AUTO_TEST_SUITE_END()
