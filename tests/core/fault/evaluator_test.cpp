#include "runtime/core/fault/evaluator.hpp"
#include "tests/core/fault/naive.hpp"
#include "tests/core/fault/trees.hpp"
#include "tests/support/effort.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>
#include <set>

namespace evaluator_test {

using namespace aops;
using namespace aops::fault;
using namespace aops::fault::tests;

namespace {

constexpr auto normal = leaf_state::normal, abnormal = leaf_state::abnormal,
               no_data = leaf_state::no_data;
constexpr auto broken = leaf_state::internal_error, unseen = leaf_state::not_evaluated;

evaluator evaluated(const json& content, std::vector<leaf_state> items) {
  evaluator out(compiled(content));
  BOOST_REQUIRE(items.size() == out.of().items().size());
  out.run(items);
  return out;
}

std::vector<std::string> causes(const evaluator& e) {
  std::vector<std::string> out;
  for (auto node : e.root_causes())
    out.push_back(e.of().nodes()[node].name);
  return out;
}

using sets = std::vector<std::vector<uint32_t>>;
using names = std::vector<std::string>;

/// A condition over l0 ... l(n-1) as a tree of one branch; item i is c<i>.
json flat(const std::string& condition, size_t leaves) {
  std::vector<json> children;
  for (size_t i = 0; i < leaves; ++i)
    children.push_back(leaf("l" + std::to_string(i), "c" + std::to_string(i)));
  return branch("root", condition, children);
}

// -- random trees

struct random_tree {
  std::mt19937_64& random;
  size_t items, width;
  size_t next_name = 0;

  size_t below(size_t n) { return random() % n; }

  std::string condition(const std::vector<std::string>& names, int depth) {
    auto count = 1 + below(width);
    std::string out;
    for (size_t i = 0; i < count; ++i) {
      if (i > 0)
        out += below(2) == 0 ? " && " : "||";
      if (below(4) == 0)
        out += below(3) == 0 ? "!!" : "! ";
      if (depth > 0 && below(3) == 0)
        out += "(" + condition(names, depth - 1) + ")";
      else
        out += names[below(names.size())];
    }
    return out;
  }

  json make(int depth) {
    auto name = "n" + std::to_string(next_name++);
    std::vector<json> children;
    std::vector<std::string> names;
    for (size_t i = 0, count = 1 + below(width + 1); i < count; ++i) {
      bool is_leaf = depth == 0 || below(2) == 0;
      children.push_back(
        is_leaf ? leaf("n" + std::to_string(next_name++), "c" + std::to_string(below(items)))
                : make(depth - 1));
      names.push_back(children.back()["node name"]);
    }
    return branch(name, condition(names, 2), children);
  }
};

std::map<std::string, leaf_state> by_name(const tree& of, const std::vector<leaf_state>& states) {
  std::map<std::string, leaf_state> out;
  for (size_t i = 0; i < states.size(); ++i)
    out[of.items()[i]] = states[i];
  return out;
}

/// All sets of unknown items that decide and hold no smaller one that does, by size, then order; by
/// brute force.
sets deciding_sets(evaluator& e, const std::vector<leaf_state>& states) {
  std::vector<uint32_t> unknown;
  for (uint32_t i = 0; i < states.size(); ++i)
    if (states[i] != normal && states[i] != abnormal)
      unknown.push_back(i);
  std::set<std::vector<uint32_t>> deciding;
  size_t assignments = 1;
  for (size_t i = 0; i < unknown.size(); ++i)
    assignments *= 3;
  for (size_t code = 0; code < assignments; ++code) {
    auto assigned = states;
    std::vector<uint32_t> set;
    auto rest = code;
    for (auto item : unknown) {
      if (rest % 3 != 0) {
        assigned[item] = rest % 3 == 1 ? normal : abnormal;
        set.push_back(item);
      }
      rest /= 3;
    }
    e.run(assigned);
    if (e.root_verdict() != verdict::unknown)
      deciding.insert(set);
  }
  sets out;
  for (const auto& set : deciding)
    if (std::none_of(deciding.begin(), deciding.end(), [&](const auto& other) {
          return other.size() < set.size() &&
                 std::includes(set.begin(), set.end(), other.begin(), other.end());
        }))
      out.push_back(set);
  std::stable_sort(
    out.begin(), out.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(evaluation)

BOOST_AUTO_TEST_CASE(missing_data_counts_as_not_abnormal_in_values_and_as_unknown_in_verdicts) {
  auto content = branch("root", "!l1 || l2", {leaf("l1", "c1"), leaf("l2", "c2")});
  for (auto missing : {no_data, broken, unseen}) {
    auto e = evaluated(content, {missing, normal});
    BOOST_TEST(e.value());
    BOOST_TEST((e.root_verdict() == verdict::unknown));
    BOOST_TEST((e.node_verdict(1) == verdict::unknown));
    BOOST_TEST(!e.holds(1));
  }
  BOOST_TEST((evaluated(content, {no_data, abnormal}).root_verdict() == verdict::yes));
  BOOST_TEST((evaluated(content, {abnormal, normal}).root_verdict() == verdict::no));
  BOOST_TEST((evaluated(content, {abnormal, no_data}).root_verdict() == verdict::unknown));
}

BOOST_AUTO_TEST_CASE(root_causes_are_the_deepest_true_branches_in_tree_order) {
  auto content =
    branch("root",
           "hw || sw || net",
           {branch("hw", "fan || l1", {branch("fan", "l2", {leaf("l2", "c2")}), leaf("l1", "c1")}),
            branch("sw", "l3", {leaf("l3", "c3")}),
            branch("net", "l4 && l1", {leaf("l4", "c4"), leaf("l1", "c1")})});
  // Items in order: c2, c1, c3, c4.
  BOOST_TEST(
    (causes(evaluated(content, {abnormal, abnormal, normal, abnormal})) == names{"fan", "net"}));
  BOOST_TEST(
    (causes(evaluated(content, {normal, abnormal, abnormal, normal})) == names{"hw", "sw"}));
  BOOST_TEST((causes(evaluated(content, {normal, normal, normal, abnormal})).empty()));
}

BOOST_AUTO_TEST_CASE(a_root_without_true_branches_is_its_own_cause_and_a_false_root_has_none) {
  BOOST_TEST((causes(evaluated(flat("l0", 1), {abnormal})) == names{"root"}));
  auto content = branch("root", "!b", {branch("b", "l", {leaf("l", "c")})});
  BOOST_TEST((causes(evaluated(content, {normal})) == names{"root"}));
  BOOST_TEST(causes(evaluated(content, {abnormal})).empty());
}

BOOST_AUTO_TEST_CASE(one_item_decides_an_unknown_and) {
  auto e = evaluated(flat("l0 && l1 && l2", 3), {no_data, abnormal, broken});
  BOOST_TEST((e.undecided().sets == sets{{0}, {2}}));
  BOOST_TEST(!e.undecided().is_truncated);
}

BOOST_AUTO_TEST_CASE(pairs_and_triples_come_behind_single_items_in_tree_order) {
  auto e = evaluated(flat("(l0 || l1) && (l2 || l3) || l4", 5),
                     {no_data, no_data, no_data, no_data, no_data});
  // l4 alone makes it true; to make it false takes l4 and one whole side.
  BOOST_TEST((e.undecided().sets == sets{{4}, {0, 2}, {0, 3}, {1, 2}, {1, 3}}));
  BOOST_TEST(!e.undecided().is_truncated);
}

BOOST_AUTO_TEST_CASE(a_known_verdict_leaves_nothing_undecided) {
  auto e = evaluated(flat("l0 || l1", 2), {abnormal, no_data});
  BOOST_TEST(e.undecided().sets.empty());
  e.run(std::vector{normal, no_data});
  BOOST_TEST((e.undecided().sets == sets{{1}}));
  e.run(std::vector{normal, normal});
  BOOST_TEST(e.undecided().sets.empty());
}

BOOST_AUTO_TEST_CASE(more_than_five_sets_or_three_items_are_truncated) {
  std::string any = "l0";
  for (int i = 1; i < 6; ++i)
    any += " || l" + std::to_string(i);
  auto six = evaluated(flat(any, 6), std::vector<leaf_state>(6, no_data));
  BOOST_TEST((six.undecided().sets == sets{{0}, {1}, {2}, {3}, {4}}));
  BOOST_TEST(six.undecided().is_truncated);

  auto large =
    evaluated(flat("l0 && l1 && l2 && l3 || l4", 5), std::vector<leaf_state>(5, no_data));
  BOOST_TEST((large.undecided().sets == sets{{4}}));
  BOOST_TEST(large.undecided().is_truncated, "l0 ... l3 together would decide too");

  auto none = evaluated(
    flat("(l0 || l1 || l2 || l3) && (l4 || l5 || l6 || l7) && (l8 || l9) && (l10 || l11)", 12),
    std::vector<leaf_state>(12, no_data));
  BOOST_TEST((none.undecided().sets == sets{{8, 9}, {10, 11}}));
  BOOST_TEST(none.undecided().is_truncated);
}

BOOST_AUTO_TEST_CASE(an_item_of_several_leaves_has_one_outcome) {
  auto content = branch("root",
                        "a && b",
                        {branch("a", "x || y", {leaf("x", "c0"), leaf("y", "c1")}),
                         branch("b", "x || z", {leaf("x", "c0"), leaf("z", "c2")})});
  auto e = evaluated(content, {no_data, no_data, no_data});
  BOOST_TEST((e.undecided().sets == sets{{0}, {1, 2}}));
}

BOOST_AUTO_TEST_CASE(wide_and_deep_unknowns_are_answered_within_the_budget) {
  // 3 x 300 items of which one of each third is needed: millions of triples, the first five
  // suffice.
  std::vector<std::string> parts;
  for (int part = 0; part < 3; ++part) {
    std::string any = "l" + std::to_string(part * 300);
    for (int i = 1; i < 300; ++i)
      any += " || l" + std::to_string(part * 300 + i);
    parts.push_back("(" + any + ")");
  }
  auto e = evaluated(flat(parts[0] + " && " + parts[1] + " && " + parts[2], 900),
                     std::vector<leaf_state>(900, no_data));
  BOOST_TEST((e.undecided().sets ==
              sets{{0, 300, 600}, {0, 300, 601}, {0, 300, 602}, {0, 300, 603}, {0, 300, 604}}));
  BOOST_TEST(e.undecided().is_truncated);
  // Conditions that name their child twice, 150 levels deep: written out in full they would have
  // 2^150 places.
  auto deep = leaf("n", "c0");
  for (int i = 0; i < 150; ++i)
    deep = branch("n", "n && n || n", {deep});
  BOOST_TEST((evaluated(deep, {no_data}).undecided().sets == sets{{0}}));
}

BOOST_AUTO_TEST_CASE(random_trees_come_to_what_a_naive_reading_says) {
  std::mt19937_64 random(20'240'101);
  for (int round = 0; round < aops::test::tries(3'000); ++round) {
    random_tree maker{random, 6, 3};
    auto content = maker.make(3);
    auto of = compiled(content);
    evaluator e(of);
    for (int slice = 0; slice < 4; ++slice) {
      std::vector<leaf_state> states(of->items().size());
      for (auto& state : states)
        state = static_cast<leaf_state>(random() % 5);
      e.run(states);
      auto named = by_name(*of, states);
      BOOST_REQUIRE_MESSAGE(naive_value(content, named, missing_is::not_abnormal) == e.value(),
                            content.dump());
      auto known = naive_value(content, named, missing_is::unknown);
      auto expected = !known ? verdict::unknown : *known ? verdict::yes : verdict::no;
      BOOST_REQUIRE_MESSAGE((expected == e.root_verdict()), content.dump());
    }
  }
}

BOOST_AUTO_TEST_CASE(random_trees_are_decided_by_exactly_the_sets_that_brute_force_finds) {
  std::mt19937_64 random(77);
  size_t unknown = 0, truncated = 0;
  for (size_t round = 0; round < aops::test::tries<size_t>(2'000); ++round) {
    random_tree maker{random, 8, 2 + round % 5};
    auto content = maker.make(2);
    auto of = compiled(content);
    std::vector<leaf_state> states(of->items().size());
    for (auto& state : states)
      state = random() % 4 == 0 ? static_cast<leaf_state>(random() % 2) : no_data;
    evaluator e(of);
    e.run(states);
    if (e.root_verdict() != verdict::unknown)
      continue;
    ++unknown;
    auto got = e.undecided();
    auto all = deciding_sets(e, states);
    auto shown = all;
    std::erase_if(shown, [](const auto& set) { return set.size() > max_undecided_items; });
    shown.resize(std::min(shown.size(), max_undecided_sets));
    BOOST_REQUIRE_MESSAGE((got.sets == shown), content.dump());
    auto is_truncated = shown.size() < all.size();
    truncated += is_truncated;
    BOOST_REQUIRE_MESSAGE(got.is_truncated == is_truncated, content.dump());
  }
  BOOST_TEST(unknown > aops::test::tries(500u));
  BOOST_TEST(truncated >= aops::test::tries(10u));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace evaluator_test
