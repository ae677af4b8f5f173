#include "actors/logs/line_answers.hpp"

#include <boost/test/unit_test.hpp>

namespace aops::actors {

namespace {

/// A line as a node tells it.
log_line told_line(int64_t time_ns, uint64_t n, std::string message, int64_t offset = -1) {
  log_line x;
  x.line_id = to_text({{time_ns, n}, 7, "h1"});
  x.host_id = "h1";
  x.source = "/a";
  x.message = std::move(message);
  if (offset >= 0)
    x.offset.emplace(offset);
  return x;
}

told_by_node<lines_found>
from_node(std::string node, std::vector<log_line> lines, std::string cut = "") {
  lines_found x;
  x.lines = std::move(lines);
  x.cut = std::move(cut);
  return {std::move(node), std::move(x)};
}

std::string messages_of(const lines_found& x) {
  std::string out;
  for (const auto& line : x.lines)
    out += line.message + " ";
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(line_answers)

BOOST_AUTO_TEST_CASE(the_id_of_a_line_reads_back) {
  line_key key{{1'700'000'000'000'000'001, 42}, 0xFEDCBA9876543210, "host-with-dashes"};
  auto again = line_key_from(to_text(key));
  BOOST_REQUIRE(again);
  BOOST_TEST(again->place.time_ns == key.place.time_ns);
  BOOST_TEST(again->place.n == key.place.n);
  BOOST_TEST(again->source == key.source);
  BOOST_TEST(again->host_id == key.host_id);
  for (auto* wrong : {"", "x", "1-2-3", "1-2-3-", "-1-2-3-h", "1-2-xyz-h"})
    BOOST_TEST(!line_key_from(wrong));
}

BOOST_AUTO_TEST_CASE(lines_of_nodes_are_merged_in_order_and_once) {
  auto all = merged(line_search{},
                    {from_node("a", {told_line(30, 1, "c", 3), told_line(10, 2, "a", 1)}),
                     from_node("b", {told_line(30, 9, "c", 3), told_line(20, 8, "b")})});
  BOOST_REQUIRE(all);
  BOOST_TEST(messages_of(*all) == "c b a ");
  BOOST_TEST(all->code == 200);
  BOOST_TEST(all->cut == "");
}

BOOST_AUTO_TEST_CASE(beyond_what_a_node_could_not_tell_nothing_is_shown) {
  // `a` has more before 20: whatever `b` has there would stand beside a hole.
  auto all = merged(line_search{},
                    {from_node("a", {told_line(30, 1, "c"), told_line(20, 2, "b")}, "size"),
                     from_node("b", {told_line(25, 1, "x"), told_line(10, 2, "y")})});
  BOOST_TEST(messages_of(*all) == "c x b ");
  BOOST_TEST(all->cut == "size");
}

BOOST_AUTO_TEST_CASE(more_than_asked_for_is_cut) {
  line_search asked;
  asked.limit.emplace(2);
  auto all = merged(asked,
                    {from_node("a", {told_line(3, 1, "c")}),
                     from_node("b", {told_line(2, 1, "b"), told_line(1, 2, "a")})});
  BOOST_TEST(messages_of(*all) == "c b ");
  BOOST_TEST(all->cut == "limit");
}

BOOST_AUTO_TEST_CASE(who_does_not_tell_is_named) {
  auto all =
    merged(line_search{}, {from_node("a", {told_line(1, 1, "x")}), {"b", fail(ec::timed_out)}});
  BOOST_REQUIRE(all);
  BOOST_TEST(all->code == 206);
  BOOST_REQUIRE(all->missing.size() == 1u);
  BOOST_TEST(all->missing[0].node == "b");
  auto alone = merged(line_search{}, {{"a", fail(ec::store_unreachable, "disk")}});
  BOOST_REQUIRE(!alone);
  BOOST_TEST((alone.error() == ec::store_unreachable));
}

BOOST_AUTO_TEST_CASE(counts_are_added) {
  line_histogram a, b;
  a.buckets = {{{0}, 1}, {{1}, 2}};
  a.total = 3;
  b.buckets = {{{0}, 10}, {{1}, 0}};
  b.total = 10;
  b.cut = "time";
  auto all = merged(std::vector<told_by_node<line_histogram>>{{"a", a}, {"b", b}});
  BOOST_REQUIRE(all);
  BOOST_TEST(all->total == 13);
  BOOST_TEST(all->buckets[0].count == 11);
  BOOST_TEST(all->cut == "time");
}

BOOST_AUTO_TEST_CASE(context_is_what_stands_around_the_line) {
  line_context a, b;
  a.lines = {told_line(10, 1, "a"), told_line(20, 2, "b"), told_line(40, 3, "d")};
  b.lines = {told_line(30, 1, "c"), told_line(50, 2, "e")};
  line_context_query asked;
  asked.line_id = a.lines[2].line_id;
  asked.before.emplace(1);
  asked.after.emplace(1);
  auto all = merged(asked, {{"a", a}, {"b", b}});
  BOOST_REQUIRE(all);
  std::string shown;
  for (const auto& x : all->lines)
    shown += x.message;
  BOOST_TEST(shown == "cde");
  asked.line_id = told_line(99, 9, "").line_id;
  auto none = merged(asked, {{"a", a}, {"b", b}});
  BOOST_TEST((!none && none.error() == ec::not_found));
}

BOOST_AUTO_TEST_CASE(context_is_found_by_either_copy_of_a_line) {
  line_context a, b;
  a.lines = {told_line(10, 1, "a"), told_line(20, 2, "b", 5)};
  b.lines = {told_line(20, 1, "b", 5), told_line(30, 2, "c")};
  for (const auto& id : {a.lines[1].line_id, b.lines[0].line_id}) {
    line_context_query asked;
    asked.line_id = id;
    auto all = merged(asked, {{"a", a}, {"b", b}});
    BOOST_REQUIRE(all);
    BOOST_TEST(all->lines.size() == 3u);
  }
}

BOOST_AUTO_TEST_CASE(long_answers_are_cut_by_size) {
  lines_had had;
  for (uint64_t i = 0; i < 20; ++i) {
    found_log_line x;
    x.n = i;
    x.host_id = "h1";
    x.what.message.assign(60'000, 'x');
    had.lines.push_back(x);
  }
  auto answer = answer_of(std::move(had), {{"h1", "web"}});
  BOOST_TEST(answer.cut == "size");
  BOOST_TEST(answer.lines.size() == most_line_bytes / 60'256);
  BOOST_TEST(answer.lines[0].host_name == "web");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
