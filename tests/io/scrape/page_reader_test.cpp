#include "runtime/io/scrape/page_reader.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <set>

namespace page_reader_test {

using namespace aops;
using scrape::page_reader;
using scrape::slot_value;

namespace {

/// Numbers series as they come and counts the questions.
struct numbering {
  std::set<std::string, std::less<>> names{"a", "b", "c"};
  std::map<series_key, uint32_t> slots;
  size_t lookups = 0;

  page_reader reader() {
    return page_reader(
      {[this](std::string_view name) { return names.contains(name); },
       [this](const series_key& key) -> std::optional<uint32_t> {
         ++lookups;
         if (key.label.contains("unwanted"))
           return std::nullopt;
         return slots.emplace(key, static_cast<uint32_t>(slots.size())).first->second;
       }});
  }
};

std::vector<slot_value> read(page_reader& reader, std::string_view page) {
  auto values = reader.read(page);
  BOOST_REQUIRE_MESSAGE(values.has_value(), (values ? "" : values.error().detail));
  return {values->begin(), values->end()};
}

slot_value sample(uint32_t slot, int64_t value) { return {slot, number::of(value)}; }

using values = std::vector<slot_value>;

} // namespace

BOOST_AUTO_TEST_SUITE(page_reader_suite)

BOOST_AUTO_TEST_CASE(a_series_is_looked_up_once_and_read_in_every_page) {
  numbering n;
  auto reader = n.reader();
  BOOST_TEST(bool(read(reader, "a{x=\"1\"} 1\na{unwanted=\"1\"} 2\nz 3\nb 4\n") ==
                  values{sample(0, 1), sample(1, 4)}));
  BOOST_TEST(n.lookups == 3u);
  BOOST_TEST(bool(read(reader, "a{x=\"1\"} 5\na{unwanted=\"1\"} 6\nz 7\nb 8\n") ==
                  values{sample(0, 5), sample(1, 8)}));
  BOOST_TEST(n.lookups == 3u);
}

BOOST_AUTO_TEST_CASE(series_too_long_for_a_store_are_left_out_and_counted) {
  numbering n;
  auto longest = std::string(page_reader::longest_name, 'a');
  n.names.insert({longest, longest + 'a'});
  auto reader = n.reader();
  auto big = "a{x=\"" + std::string(page_reader::longest_series, 'x') + "\"} 2\n";
  auto page = "b 1\n" + big + longest + "a 3\n" + longest + " 4\n" + "c 5\n";
  for (bool is_first : {true, false}) {
    BOOST_TEST(bool(read(reader, page) == values{sample(0, 1), sample(1, 4), sample(2, 5)}));
    BOOST_TEST(reader.oversized() == 2u);
    BOOST_TEST(reader.is_first_oversized() == is_first);
  }
  BOOST_TEST(n.lookups == 3u);
  read(reader, "b 1\n");
  BOOST_TEST(reader.oversized() == 0u);
}

BOOST_AUTO_TEST_CASE(lines_may_move_appear_and_vanish) {
  numbering n;
  auto reader = n.reader();
  read(reader, "a 1\nb 2\nc 3\n");
  BOOST_TEST(
    bool(read(reader, "c 1\na 2\nb 3\n") == values{sample(2, 1), sample(0, 2), sample(1, 3)}));
  BOOST_TEST(bool(read(reader, "b 1\n") == values{sample(1, 1)}));
  BOOST_TEST(bool(read(reader, "a 1\na{n=\"ew\"} 9\nb 2\nc 3\n") ==
                  values{sample(0, 1), sample(3, 9), sample(1, 2), sample(2, 3)}));
  BOOST_TEST(n.lookups == 4u);
}

BOOST_AUTO_TEST_CASE(a_name_that_another_begins_with_is_not_mistaken_for_it) {
  numbering n;
  n.names = {"a", "ab", "a_b"};
  auto reader = n.reader();
  read(reader, "a 1\n");
  BOOST_TEST(bool(read(reader, "ab 2\n") == values{sample(1, 2)}));
  BOOST_TEST(bool(read(reader, "a {x=\"1\"} 3\n") == values{sample(2, 3)}));
  BOOST_TEST(bool(read(reader, "a\t4\n") == values{sample(0, 4)}));
}

BOOST_AUTO_TEST_CASE(the_first_of_repeated_series_counts) {
  numbering n;
  auto reader = n.reader();
  for (int round = 0; round < 3; ++round) {
    auto got = read(reader,
                    "a{x=\"1\",y=\"2\"} 1\na{y=\"2\",x=\"1\"} 2\na{x=\"1\",y=\"2\"} "
                    "3\na{x=\"1\",y=\"2\",job=\"j\"} 4\nb 5\n");
    BOOST_TEST(bool(got == values{sample(0, 1), sample(1, 5)}));
    BOOST_TEST(reader.repeated() == 3u);
  }
}

BOOST_AUTO_TEST_CASE(a_page_with_an_error_gives_nothing_and_the_next_one_is_fine) {
  numbering n;
  auto reader = n.reader();
  read(reader, "a 1\nb 2\n");
  for (auto page : {"a 1\nb two\n", "a 1\nc{\n", "a 1\nb\n", "a 1\nc two\n"}) {
    auto bad = reader.read(page);
    BOOST_REQUIRE(!bad.has_value());
    BOOST_TEST(bad.error().detail.starts_with("line 2: "));
  }
  BOOST_TEST(bool(read(reader, "a 3\nb 4\n") == values{sample(0, 3), sample(1, 4)}));
}

BOOST_AUTO_TEST_CASE(forgetting_asks_again) {
  numbering n;
  auto reader = n.reader();
  read(reader, "a 1\nb 2\nc 3\n");
  n.names.erase("b");
  BOOST_TEST(read(reader, "a 1\nb 2\nc 3\n").size() == 3u);
  reader.forget();
  BOOST_TEST(read(reader, "a 1\nb 2\nc 3\n").size() == 2u);
}

BOOST_AUTO_TEST_CASE(series_that_never_come_back_do_not_pile_up) {
  numbering n;
  auto reader = n.reader();
  size_t largest = 0;
  for (int round = 0; round < 50; ++round) {
    std::string page;
    for (int i = 0; i < 1000; ++i)
      page += "a{pid=\"" + std::to_string(round * 1000 + i) + "\",unwanted=\"1\"} 1\n";
    read(reader, page);
    largest = std::max(largest, reader.memory_bytes());
  }
  BOOST_TEST(largest < 1'000'000u);
}

BOOST_AUTO_TEST_CASE(remembered_pages_read_as_fresh_ones_do) {
  std::mt19937 random(7);
  numbering n;
  auto remembering = n.reader();
  for (int round = 0; round < 300; ++round) {
    std::string page;
    for (int line = 0; line < 30; ++line)
      page += std::string(1, static_cast<char>('a' + random() % 4)) +
              (random() % 2 ? "{x=\"" + std::to_string(random() % 5) + "\"} " : " ") +
              std::to_string(random() % 100) + "\n";
    auto fresh = n.reader();
    BOOST_TEST(bool(read(remembering, page) == read(fresh, page)));
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace page_reader_test
