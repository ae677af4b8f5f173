#include "actors/query/piece_cache.hpp"

#include <boost/test/unit_test.hpp>

namespace aops::actors {

namespace {

columns_ptr some_columns() {
  return std::make_shared<const check::round_columns>(*check::round_columns::of({}));
}

std::string begins(piece_cache& it, std::string_view host, int64_t from_ms, int64_t until_ms) {
  std::string out;
  for (const auto& x : it.of(host, from_ms, until_ms))
    out += (x.key.chunk != 0 ? "c" : "r") + std::to_string(x.key.from_ms) + " ";
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(piece_cache_suite)

BOOST_AUTO_TEST_CASE(pieces_are_found_by_time) {
  piece_cache it{100'000};
  it.put("h", {{7, 1000, 3000, 0, 50}, some_columns()});
  it.put("h", {{0, 4000, 4999, 3, 9}, some_columns()});
  it.put("other", {{0, 4000, 4999, 3, 9}, some_columns()});
  BOOST_TEST(begins(it, "h", 0, 9000) == "c1000 r4000 ");
  BOOST_TEST(begins(it, "h", 3000, 3999) == "c1000 ");
  BOOST_TEST(begins(it, "h", 3001, 4000) == "r4000 ");
  BOOST_TEST(begins(it, "h", 5000, 9000) == "");
  BOOST_TEST(begins(it, "nobody", 0, 9000) == "");
}

BOOST_AUTO_TEST_CASE(what_changed_takes_the_place_of_what_it_was) {
  piece_cache it{100'000};
  it.put("h", {{0, 4000, 4999, 3, 9}, some_columns()});
  auto bytes = it.bytes();
  it.put("h", {{0, 4000, 4999, 4, 10}, some_columns()});
  BOOST_TEST(it.bytes() == bytes);
  BOOST_REQUIRE(it.of("h", 0, 9000).size() == 1u);
  BOOST_TEST(it.of("h", 0, 9000)[0].key.rows == 4);
  // Packed, they are no longer there as rows.
  it.put("h", {{1, 3500, 7000, 0, 50}, some_columns()});
  BOOST_TEST(begins(it, "h", 0, 9000) == "c3500 ");
  it.put("h", {{0, 4000, 4999, 1, 11}, some_columns()}); // Late.
  BOOST_TEST(begins(it, "h", 0, 9000) == "c3500 r4000 ");
}

BOOST_AUTO_TEST_CASE(what_was_not_looked_at_for_longest_goes) {
  piece_cache probe{100'000};
  probe.put("h", {{0, 0, 9, 1, 1}, some_columns()});
  piece_cache it{probe.bytes() * 3};
  for (int64_t i = 0; i < 3; ++i)
    it.put("h", {{0, i * 10, i * 10 + 9, 1, 1}, some_columns()});
  BOOST_TEST(begins(it, "h", 0, 9) == "r0 ");
  it.put("h", {{0, 30, 39, 1, 1}, some_columns()});
  BOOST_TEST(begins(it, "h", 0, 99) == "r0 r20 r30 ");
  BOOST_TEST(it.bytes() == it.most_bytes());
  piece_cache none{10};
  none.put("h", {{0, 0, 9, 1, 1}, some_columns()});
  BOOST_TEST(none.bytes() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
