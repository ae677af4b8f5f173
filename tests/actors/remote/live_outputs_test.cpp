#include "actors/remote/live_outputs.hpp"

#include <boost/test/unit_test.hpp>

namespace live_outputs_test {

using namespace aops;
using actors::live_outputs;

BOOST_AUTO_TEST_SUITE(outputs_of_commands)

BOOST_AUTO_TEST_CASE(are_told_from_where_the_reader_was_and_end_once) {
  live_outputs all{"n1"};
  auto id = *all.begin("eve", 0);
  BOOST_TEST(live_outputs::node_of(id) == "n1");
  all.tell(id, "h1", "a\n");
  all.tell(id, "h2", "b\n");
  all.tell(id, "h1", ""); // Is nothing.
  auto first = *all.read(id, "eve", 0);
  BOOST_TEST(first.outputs.size() == 2u);
  BOOST_TEST(first.next == 2);
  BOOST_TEST(!first.ended);
  BOOST_TEST(all.read(id, "eve", 2)->outputs.empty());
  all.tell(id, "h1", "c");
  all.end(id, {206, {}, {}}, 10);
  auto last = *all.read(id, "eve", 2);
  BOOST_TEST(last.outputs.at(0).output == "c");
  BOOST_TEST(last.ended);
  BOOST_TEST(last.code == 206);
  BOOST_TEST(all.of_host(id, "h1") == "a\nc");
}

BOOST_AUTO_TEST_CASE(are_for_those_who_began_it_only) {
  live_outputs all{"n1"};
  auto id = *all.begin("eve", 0);
  BOOST_TEST((all.read(id, "adam", 0).error() == ec::bad_request));
  BOOST_TEST((all.read("n1.other", "eve", 0).error() == ec::bad_request));
  BOOST_TEST(live_outputs::node_of("none").empty());
}

BOOST_AUTO_TEST_CASE(come_in_pages_and_end_with_the_last) {
  live_outputs all{"n1"};
  auto id = *all.begin("eve", 0);
  const std::string part(100'000, 'x');
  for (int i = 0; i < 5; ++i)
    all.tell(id, "h1", part);
  all.end(id, {}, 10);
  auto first = *all.read(id, "eve", 0);
  BOOST_TEST(first.outputs.size() == 3u); // The first with which the page is full.
  BOOST_TEST(!first.ended);
  BOOST_TEST(all.read(id, "eve", first.next)->ended);
}

BOOST_AUTO_TEST_CASE(are_bounded_and_say_what_is_left_out) {
  live_outputs all{"n1"};
  auto id = *all.begin("eve", 0);
  const std::string part(300'000, 'x');
  for (int i = 0; i < 100; ++i)
    all.tell(id, "h1", part);
  int64_t after = 0;
  std::string last;
  size_t bytes = 0;
  for (auto page = *all.read(id, "eve", 0); !page.outputs.empty();
       page = *all.read(id, "eve", after)) {
    after = page.next;
    for (const auto& x : page.outputs)
      bytes += x.output.size(), last = x.output;
  }
  BOOST_TEST(bytes < live_outputs::most_bytes + part.size());
  BOOST_TEST(last.find("left out") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(are_forgotten_after_a_while_or_for_others) {
  live_outputs all{"n1"};
  std::vector<std::string> ids;
  for (size_t i = 0; i < live_outputs::most_commands; ++i)
    ids.push_back(*all.begin("eve", 0));
  BOOST_TEST((all.begin("eve", 0).error() == ec::overloaded));
  all.end(ids[7], {}, 5);
  BOOST_TEST(all.begin("eve", 6).has_value());
  BOOST_TEST(!all.read(ids[7], "eve", 0));
  all.end(ids[8], {}, 10);
  all.end(ids[9], {}, 20);
  BOOST_TEST(all.begin("eve", 10 + live_outputs::kept_ms).has_value());
  BOOST_TEST(!all.read(ids[8], "eve", 0));
  BOOST_TEST(all.read(ids[9], "eve", 0).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace live_outputs_test
