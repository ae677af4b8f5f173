#include "runtime/core/schedule/slot.hpp"

#include <boost/test/unit_test.hpp>

namespace slot_test {

using namespace aops;

BOOST_AUTO_TEST_CASE(a_slot_is_xxh64_of_the_id_modulo_256) {
  // Values of the reference `xxhsum -H64` for these texts, modulo 256.
  BOOST_TEST(schedule::slot_of("") == 0xef46db3751d8e999ULL % 256);
  BOOST_TEST(schedule::slot_of("a") == 0xd24ec4f1a98c6e5bULL % 256);
  BOOST_TEST(schedule::slot_of("abc") == 0x44bc2cf5ad770999ULL % 256);
}

BOOST_AUTO_TEST_CASE(a_fence_of_a_slot_that_is_not_ours_has_epoch_0) {
  schedule::ownership slots;
  auto slot = schedule::slot_of("abc");
  BOOST_TEST(slots.fence_of("abc").epoch == 0U);
  slots.set(slot, 7);
  BOOST_TEST(slots.owns(slot));
  BOOST_TEST(slots.fence_of("abc").epoch == 7U);
  BOOST_TEST(slots.fence_of("abc").slot == slot);
}

} // namespace slot_test
