#include "runtime/core/fault/condition.hpp"

#include <boost/test/unit_test.hpp>

#include <array>

namespace condition_test {

using namespace aops;
using namespace aops::fault;

namespace {

const name_index children = {
  {"a", 0}, {"b", 1}, {"c", 2}, {"d", 3}, {"R&D", 4}, {"p|q", 5}, {"disk full", 6}};

/// The value with a and d true, all others false.
bool value(std::string_view text) {
  const std::array<bool, 7> truths = {true, false, false, true, false, false, false};
  auto parsed = parse_condition(text, children);
  BOOST_REQUIRE_MESSAGE(parsed.has_value(), text << ": " << (parsed ? "" : parsed.error().detail));
  return parsed->value(truths);
}

std::string refusal(std::string_view text) {
  auto parsed = parse_condition(text, children);
  return parsed ? "" : parsed.error().detail;
}

} // namespace

BOOST_AUTO_TEST_SUITE(conditions)

BOOST_AUTO_TEST_CASE(negation_binds_before_and_and_and_before_or) {
  BOOST_TEST(value("a || b && c"));
  BOOST_TEST(!value("(a || b) && c"));
  BOOST_TEST(value("b && c || d"));
  BOOST_TEST(value("!b && a"));
  BOOST_TEST(!value("!(b || a)"));
  BOOST_TEST(!value("!a || b"));
}

BOOST_AUTO_TEST_CASE(negations_cancel_in_pairs) {
  BOOST_TEST(value("!!a"));
  BOOST_TEST(!value("! ! !a"));
  BOOST_TEST(!value("!(!(b))"));
  BOOST_TEST(value("!!(!b && a)"));
}

BOOST_AUTO_TEST_CASE(a_name_is_everything_between_operators) {
  BOOST_TEST(!value("  disk full  ||R&D"));
  BOOST_TEST(value("!p|q"));
  BOOST_TEST(!value("R&D&&a"));
  BOOST_TEST(value("\xE3\x80\x80"
                   "a\xC2\xA0")); // Ideographic and no-break space.
}

BOOST_AUTO_TEST_CASE(malformed_conditions_are_refused_with_their_place) {
  BOOST_TEST(refusal("") == "the condition is empty");
  BOOST_TEST(refusal(" \t ") == "the condition is empty");
  BOOST_TEST(refusal("a && e") == "condition: no child has this name ('e', character 6)");
  BOOST_TEST(refusal("a &&") == "condition: a child's name is missing before this at its end");
  BOOST_TEST(refusal("|| a") ==
             "condition: a child's name is missing before this ('||', character 1)");
  for (auto text : {"a && && b",
                    "a b",
                    "a !b",
                    "!",
                    "()",
                    "!()",
                    "((a)",
                    ")a(",
                    "a)",
                    "a (b)",
                    "(a)(b)",
                    "(a) b",
                    "a && (b",
                    "a ! && b",
                    "true",
                    "a and b",
                    "a & b",
                    "a | b"})
    BOOST_TEST(!refusal(text).empty(), text);
}

BOOST_AUTO_TEST_CASE(mixed_operators_are_noticed_only_without_parentheses) {
  auto mixes = [](std::string_view text) {
    return parse_condition(text, children)->mixes_operators;
  };
  BOOST_TEST(mixes("a || b && c"));
  BOOST_TEST(mixes("a && (b || c && d)"));
  BOOST_TEST(!mixes("a || (b && c)"));
  BOOST_TEST(!mixes("(a || b) && c"));
  BOOST_TEST(!mixes("a || b || !c"));
}

BOOST_AUTO_TEST_CASE(deep_nesting_is_refused_rather_than_fatal) {
  auto nested = [](size_t levels) {
    return std::string(levels, '(').append("a").append(levels, ')');
  };
  BOOST_TEST(refusal(nested(100'000)).find("too deeply") != std::string::npos);
  BOOST_TEST(value(nested(400)));
  BOOST_TEST(value(std::string(100'000, '!').append("a")));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace condition_test
