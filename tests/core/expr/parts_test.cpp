#include "runtime/core/expr/evaluator.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

namespace parts_test {

using namespace aops;
using namespace aops::expr;

namespace {

std::vector<data_item> items() {
  std::vector<data_item> list(2);
  list[0].name = "a";
  list[1].name = "b";
  return list;
}

std::string texts_of(std::string_view condition) {
  std::string text;
  for (const auto& part : parts_of(condition, items()))
    text += part.text + ";";
  return text;
}

std::shared_ptr<const program> compiled(std::string_view condition) {
  auto p = program::compile(condition, items());
  BOOST_REQUIRE(p.has_value());
  return *p;
}

series points(std::initializer_list<std::pair<int64_t, double>> xs) {
  series s;
  for (auto [t, x] : xs)
    s.append(t, number::of(x));
  return s;
}

} // namespace

BOOST_AUTO_TEST_SUITE(parts)

BOOST_AUTO_TEST_CASE(the_operands_of_comparisons_are_the_parts) {
  BOOST_TEST(texts_of("$0 > 80") == "$0;");
  BOOST_TEST(texts_of("avg(10m) - min(600) > 3 && b.max(90s) < $0 / 2 || $0 > 5") ==
             "avg(10m) - min(10m);$1.max(90s);$0 / 2;$0;");
  BOOST_TEST(texts_of("$0 > $0") == "$0;");
  BOOST_TEST(texts_of("!(a + 1 > 2) ? rate(1.5h) == 3 : 7 < sum(#5)") ==
             "$0 + 1;rate(90m);sum(#5);");
  BOOST_TEST(texts_of("($0 > 1) == ($1 > 2)") == "$0 > 1;$1 > 2;");
  BOOST_TEST(texts_of("{1: $0} in {1: $1 > 3}") == "$1;");
  BOOST_TEST(texts_of("diff(#1)") == "diff(#1);"); // Nothing is compared.
  BOOST_TEST(texts_of("$0 > cpu_count") == "$0;cpu_count;");
  BOOST_TEST(texts_of("$0 > -1 && 2 * 3 < $1 - 0") == "$0;$1 - 0;");
  BOOST_TEST(texts_of("1 > -1") == "1 > -1;");
  BOOST_TEST(texts_of("$0 >") == "");
}

BOOST_AUTO_TEST_CASE(parts_have_values_at_each_point) {
  auto a = points({{0, 4}, {15'000, 6}}), b = points({{0, 2}, {15'000, 0}});
  auto all = parts_of("$0 / $1 > 2 && max(#2) < 5", items());
  BOOST_TEST_REQUIRE(all.size() == 2u);
  evaluator ratio(all[0].compute, {&a, &b}), largest(all[1].compute, {&a, &b});
  BOOST_TEST((ratio.value_at(0) == value::of(2.0)));
  BOOST_TEST(ratio.value_at(1).is_null()); // An error.
  BOOST_TEST((largest.value_at(1) == value::of(6.0)));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(facts)

BOOST_AUTO_TEST_CASE(facts_follow_the_items) {
  BOOST_TEST(compiled("$0 > 1")->item_count() == 2u);
  auto p = compiled("memory_total.max(5m) > 1");
  BOOST_TEST(p->item_count() == 4u);
  BOOST_TEST(!p->uses(2));
  BOOST_TEST(p->uses(3));
  BOOST_TEST(p->to_text() == "memory_total.max(300s) > 1");
  BOOST_TEST((*compiled(p->to_text()) == *p));
  auto list = items();
  list[1].name = "cpu_count";
  BOOST_TEST((*program::compile("cpu_count > 1", list))->item_count() == 2u);
  // They have no number.
  BOOST_TEST(!program::compile("$2 > cpu_count", items()).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(history_that_lacks)

BOOST_AUTO_TEST_CASE(an_error_for_want_of_points_is_told_from_others) {
  auto lacks = [](std::string_view condition, const series& a, const series& b) {
    evaluator e(compiled(condition), {&a, &b});
    BOOST_TEST((e.verdict_at(a.end() - 1) == verdict::error));
    BOOST_TEST(e.why() != nullptr);
    return e.lacked_history(15'000);
  };
  auto one = points({{60'000, 1}});
  auto full = points({{0, 0}, {15'000, 0}, {30'000, 0}, {45'000, 0}, {60'000, 0}});
  BOOST_TEST(lacks("change(1m) > 1", one, one));
  BOOST_TEST(lacks("diff(#3)", one, one));
  BOOST_TEST(lacks("rate(1m) > 1", one, one));
  BOOST_TEST(lacks("rate(#2) > 1", one, one));
  BOOST_TEST(lacks("$1.max(30s) > 1", full, points({{0, 1}})));
  BOOST_TEST(!lacks("rate(10s) > 1", full, full)); // Never two points.
  BOOST_TEST(!lacks("rate(#1) > 1", full, full));
  BOOST_TEST(!lacks("1 / $0 > 1", full, full));
  // One of five, and that is no number.
  BOOST_TEST(lacks("max(1m) > 1", points({{60'000, std::nan("")}}), full));
  BOOST_TEST(!lacks("max(#1) > 1", points({{60'000, std::nan("")}}), full));
  // What was an error before is none of the next evaluation.
  evaluator e(compiled("$0 > 0 ? 1 : change(#9)"), {&one, &one});
  BOOST_TEST((e.verdict_at(0) == verdict::abnormal));
  BOOST_TEST(!e.lacked_history(15'000));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace parts_test
