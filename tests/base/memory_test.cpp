#include "runtime/base/memory.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <vector>

namespace aops::base {

namespace {

constexpr size_t mb = size_t{1} << 20;

size_t resident() { return heap().resident; }

} // namespace

BOOST_AUTO_TEST_SUITE(memory)

BOOST_AUTO_TEST_CASE(a_heap_at_work_keeps_what_is_free) {
  BOOST_TEST(!has_slack({100 * mb, 100 * mb}));
  BOOST_TEST(!has_slack({100 * mb, 120 * mb}));
  BOOST_TEST(has_slack({100 * mb, 121 * mb}));
  BOOST_TEST(!has_slack({mb, 9 * mb}), "what is usual is kept, however little is used");
  BOOST_TEST(has_slack({mb, 10 * mb}));
  BOOST_TEST(!has_slack({0, 10 * mb}), "an allocator that shows nothing");
}

BOOST_AUTO_TEST_CASE(what_a_burst_took_goes_back) {
  if (heap().used == 0) { // An allocator of a sanitizer, which shows nothing.
    BOOST_TEST(!give_back_memory());
    return;
  }
  auto before = resident();
  std::vector<std::unique_ptr<char[]>> burst, left;
  for (size_t i = 0; i < 64 * 1024; ++i)
    (i % 1024 == 0 ? left : burst).push_back(std::make_unique<char[]>(1024));
  BOOST_TEST(resident() > before + 48 * mb);
  burst.clear(); // What is left between keeps the heap from shrinking by itself.
  BOOST_TEST(resident() > before + 48 * mb);
  BOOST_TEST(give_back_memory());
  BOOST_TEST(resident() < before + 16 * mb);
  BOOST_TEST(!give_back_memory());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::base
