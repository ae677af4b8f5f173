#include "tests/core/expr/random_condition.hpp"

namespace program_test {

using namespace tests;

namespace {

/// A few points for `condition_writer::items`.
struct sample_data {
  series load, m, dmesg{true};
  sample_data() {
    for (int64_t i = 0; i < 40; ++i) {
      load.append(i * 15'000,
                  i % 7 == 0 ? number::of(static_cast<double>(i) / 4) : number::of(i - 5));
      if (i % 3 != 0)
        m.append(i * 15'000 + 4'000 * (i % 2), i % 11 == 0 ? unreadable_sample : number::of(i % 5));
      dmesg.append(i * 15'000 + 1'000, i % 2 == 0 ? "a" : "error b");
    }
  }
  std::vector<const series*> views() const { return {&load, &m, &dmesg}; }
};

/// The position that a refusal names, as "line:position".
std::string place(std::string_view condition, const std::vector<data_item>& items = kpis(2)) {
  auto text = refusal(condition, items);
  size_t line = 0, position = 0;
  if (std::sscanf(text.c_str(), "line %zu, position %zu: ", &line, &position) != 2)
    return "none in '" + text + "'";
  return std::to_string(line) + ":" + std::to_string(position);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_refusal_names_line_and_position_in_characters) {
  BOOST_TEST(place("") == "1:1");
  BOOST_TEST(place("   ") == "1:4");
  BOOST_TEST(place("$0 >> ") == "1:7");
  BOOST_TEST(place("$0 >\n  max(5m,\n 3)") == "2:9");
  BOOST_TEST(place("$0 >\n  max(5m) +\n @") == "3:2");
  BOOST_TEST(place("$0 == '\xE4\xB8\xAD\xE6\x96\x87' = 1") == "1:12");
  BOOST_TEST(place("1\n+\n@") == "3:1");
  BOOST_TEST(place("1 + 'a\nb'") == "1:7");
  BOOST_TEST(place("$0 > 1 && unknown > 2") == "1:11");
  BOOST_TEST(place("count(5m, 1, '=')") == "1:1");
  BOOST_TEST(place("1 + $0.count(5m, 1, '=')") == "1:8");
}

BOOST_AUTO_TEST_CASE(a_refusal_says_what_is_wrong) {
  BOOST_TEST(refusal("max(5m > 80") ==
             "line 1, position 8: a window must be written literally: seconds, 30s, 5m, 1h or #N");
  BOOST_TEST(refusal("(1 + 2") == "line 1, position 7: ')' is missing");
  BOOST_TEST(refusal("$7 > 1") == "line 1, position 1: '$7' is unknown: data_list has 2 entries");
  BOOST_TEST(refusal("'a\x80'") == "line 1, position 3: a string must be UTF-8");
}

BOOST_AUTO_TEST_CASE(a_refusal_is_short_and_repeats_no_string) {
  BOOST_TEST(refusal("1 'secret'") == "line 1, position 3: unexpected string");
  BOOST_TEST(refusal(std::string(10'000, 'x')).size() < 100u);
}

BOOST_AUTO_TEST_CASE(a_refusal_is_a_bad_request) {
  auto p = program::compile("1 +", kpis(1));
  BOOST_REQUIRE(!p.has_value());
  BOOST_TEST((p.error() == aops::ec::bad_request));
}

BOOST_AUTO_TEST_CASE(a_program_knows_its_items_and_look_back) {
  auto p = compiled("$0 > 1 && $2.max(90) > count(#12, $0, '>') || change(1.5m)", kpis(4));
  BOOST_TEST(p->item_count() == 4u);
  BOOST_TEST(p->uses(0));
  BOOST_TEST(!p->uses(1));
  BOOST_TEST(p->uses(2));
  BOOST_TEST(!p->uses(3));
  BOOST_TEST(!p->uses(99));
  BOOST_TEST(p->lookback_ms() == 90'000);
  BOOST_TEST(p->lookback_points() == 12u);
  BOOST_TEST(compiled("max(1.1s)", kpis(1))->lookback_ms() == 1'100);
  BOOST_TEST(compiled("max(0.0001s)", kpis(1))->lookback_ms() == 1);
}

BOOST_AUTO_TEST_CASE(names_resolve_to_the_one_item_so_called) {
  std::vector<data_item> items{
    {"max", "kpi", {}}, {"s", "kpi", {}}, {"h", "kpi", {}}, {"a.b", "kpi", {}}};
  BOOST_TEST(compiled("max + s + h", items)->to_text() == "$0 + $1 + $2");
  BOOST_TEST(compiled("max.max(5s)", items)->to_text() == "$0.max(5s)");
  BOOST_TEST(compiled("s.max(5 s) > s", items)->to_text() == "$1.max(5s) > $1");
  BOOST_TEST(place("a.b > 1", items) == "1:3");
}

BOOST_AUTO_TEST_CASE(the_canonical_text_keeps_only_needed_parentheses) {
  auto text = [](std::string_view condition) { return compiled(condition, kpis(2))->to_text(); };
  BOOST_TEST(text("((1)+((2)))*3") == "(1 + 2) * 3");
  BOOST_TEST(text("1-(2-3)-4") == "1 - (2 - 3) - 4");
  BOOST_TEST(text("(1?2:3)?(4?5:6):(7?8:9)") == "(1 ? 2 : 3) ? 4 ? 5 : 6 : 7 ? 8 : 9");
  BOOST_TEST(text("-(-1)") == "--1");
  BOOST_TEST(text("!({1:2}in{})==true") == "!({1: 2} in {}) == true");
  BOOST_TEST(text("max(1.5m) > 1.0 || \"it's\\n\" == 'x'") ==
             "$0.max(90s) > 1.0 || 'it\\'s\\n' == 'x'");
  BOOST_TEST(text("count(#3,1e99,'>')") == "$0.count(#3, 1e+99, '>')");
}

BOOST_AUTO_TEST_CASE(a_random_condition_prints_to_text_that_compiles_to_an_equal_program) {
  random_source random(10);
  condition_writer writer(random);
  auto items = condition_writer::items();
  sample_data data;
  size_t values = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto condition = writer.expression(4);
    auto p = compiled(condition, items);
    auto again = program::compile(p->to_text(), items);
    BOOST_REQUIRE_MESSAGE(again.has_value(), condition << " printed as " << p->to_text());
    BOOST_REQUIRE_MESSAGE(**again == *p, condition << " printed as " << p->to_text());
    BOOST_REQUIRE_EQUAL((*again)->to_text(), p->to_text());
    evaluator e(p, data.views()), f(*again, data.views());
    for (uint64_t at : {0, 20, 21, 39}) {
      auto got = text_of(e.at(at));
      BOOST_REQUIRE_EQUAL(got, text_of(f.at(at)));
      values += !got.starts_with("error");
    }
  }
  BOOST_TEST(values > 20'000u);
}

BOOST_AUTO_TEST_CASE(random_bytes_and_tokens_are_judged_without_harm) {
  const std::vector<std::string> tokens = {"$0",
                                           "$1",
                                           "$9",
                                           "load",
                                           "m",
                                           "x",
                                           "1",
                                           "0",
                                           "1.5",
                                           "5m",
                                           "#3",
                                           "#",
                                           "'a'",
                                           "\"",
                                           "'",
                                           "(",
                                           ")",
                                           "{",
                                           "}",
                                           ",",
                                           ".",
                                           ":",
                                           "?",
                                           "+",
                                           "-",
                                           "*",
                                           "/",
                                           "%",
                                           "!",
                                           "~",
                                           "<<",
                                           ">>",
                                           "<",
                                           ">",
                                           "<=",
                                           ">=",
                                           "==",
                                           "!=",
                                           "&",
                                           "^",
                                           "|",
                                           "&&",
                                           "||",
                                           "in",
                                           "notin",
                                           "true",
                                           "null",
                                           "max(",
                                           "count(",
                                           "keyword(",
                                           "change(",
                                           "'>'",
                                           "=",
                                           " ",
                                           "\n",
                                           "\\",
                                           "e5",
                                           "0x",
                                           "\xE4\xB8\xAD",
                                           "\x80",
                                           ">>>"};
  random_source random(11);
  auto items = condition_writer::items();
  sample_data data;
  size_t compiled_ones = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string condition;
    for (auto n = random.below(12); n > 0; --n)
      condition += random.one_in(10) ? std::string(1, static_cast<char>(random.below(256)))
                                     : random.pick(tokens);
    auto p = program::compile(condition, items);
    if (!p) {
      BOOST_REQUIRE(p.error().detail.starts_with("line "));
      continue;
    }
    ++compiled_ones;
    evaluator e(*p, data.views());
    for (uint64_t at : {0, 39, 40})
      (void)e.at(at);
    BOOST_REQUIRE(program::compile((*p)->to_text(), items).has_value());
  }
  BOOST_TEST(compiled_ones > 1'000u);
}

BOOST_AUTO_TEST_CASE(a_cut_or_changed_condition_is_judged_without_harm) {
  random_source random(12);
  condition_writer writer(random);
  auto items = condition_writer::items();
  sample_data data;
  for (int i = 0; i < 30'000; ++i) {
    auto condition = writer.expression(3);
    for (auto n = random.below(3); n > 0 && !condition.empty(); --n)
      condition[random.below(condition.size())] = static_cast<char>(' ' + random.below(95));
    condition = condition.substr(0, condition.size() - random.below(condition.size() + 1) / 2);
    if (auto p = program::compile(condition, items))
      (void)evaluator(*p, data.views()).at(20);
  }
}

BOOST_AUTO_TEST_CASE(deep_nesting_is_refused_and_long_chains_are_not) {
  auto repeated = [](std::string_view part, size_t times) {
    std::string text;
    for (size_t i = 0; i < times; ++i)
      text += part;
    return text;
  };
  BOOST_TEST(refusal(repeated("(", 350) + "1" + repeated(")", 350)) == "");
  BOOST_TEST(refusal(repeated("-", 700) + "1") == "");
  for (const auto* opening :
       {"(", "-", "!", "1?", "{", "keyword(", "{1:", "1||1&&1|1^1&1==1<1<<1+1*("}) {
    auto text = refusal(repeated(opening, 1'000));
    BOOST_TEST(text.find("nested too deeply") != std::string::npos, opening << ": " << text);
  }
  auto deep = repeated("$0||1&&1|1^1&1==1<1<<1+1*(", 60) + "1" + repeated(")", 60);
  BOOST_TEST((*compiled(compiled(deep, kpis(1))->to_text(), kpis(1)) == *compiled(deep, kpis(1))));
  auto chain = repeated("1+", 10'000) + "$0";
  auto p = compiled(chain, kpis(1));
  auto s = every_15s({5});
  BOOST_TEST(text_of(evaluator(p, {&s}).at(0)) == "10005 real");
  BOOST_TEST(refusal(repeated("$0&&", 5'000) + "1") == "");
  BOOST_TEST(refusal(repeated("1+", 20'000) + "1").find("longer than 32768") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_long_chain_of_joined_logs_costs_no_square_of_its_length) {
  std::string chain = "$0";
  for (int i = 0; i < 1'000; ++i)
    chain += " + $0";
  series log(true);
  log.append(0, std::string(10'000, 'x'));
  evaluator e(compiled(chain, {{"log", "log", {}}}), {&log});
  BOOST_TEST(e.at(0).result.text().size() == 10'010'000u);
  log.append(1, std::string(20'000, 'x'));
  BOOST_TEST(text_of(e.at(1)) == "error: a joined string beyond 16 MiB");
}

BOOST_AUTO_TEST_CASE(equal_calls_share_their_windows) {
  auto p = compiled(
    "max(5m) > 1 && max(5m) < 3 || sum(#4) / 4 > avg(#4) || count(1m, 2, '>') > count(60, 2, '>')",
    kpis(1));
  const auto& code = p->code();
  BOOST_TEST(code.extreme_states == 1);
  BOOST_TEST(code.sum_states == 1);
  BOOST_TEST(code.count_states == 1);
}

BOOST_AUTO_TEST_CASE(a_constant_and_a_sample_of_the_same_value_give_the_same_result) {
  const std::vector<std::string> values = {"0",
                                           "1",
                                           "-1",
                                           "3",
                                           "2.5",
                                           "-2.75",
                                           "1e300",
                                           "9223372036854775807",
                                           "9007199254740993",
                                           "64",
                                           "-7"};
  const std::vector<std::string> operators = {"+",
                                              "-",
                                              "*",
                                              "/",
                                              "%",
                                              "&",
                                              "|",
                                              "^",
                                              "<<",
                                              ">>",
                                              "<",
                                              ">",
                                              "<=",
                                              ">=",
                                              "==",
                                              "!=",
                                              "&&",
                                              "||"};
  for (const auto& a : values)
    for (const auto& b : values)
      for (const auto& o : operators) {
        series x, y;
        x.append(0, *parse_sample(a));
        y.append(0, *parse_sample(b));
        auto of = [&](const std::string& condition) {
          return text_of(evaluator(compiled(condition, kpis(2)), {&x, &y}).at(0));
        };
        auto constant = of("(" + a + ")" + o + "(" + b + ")");
        BOOST_REQUIRE_EQUAL(of("$0" + o + "$1"), constant);
        BOOST_REQUIRE_EQUAL(of("$0" + o + "(" + b + ")"), constant);
        BOOST_REQUIRE_EQUAL(of("(" + a + ")" + o + "$1"), constant);
      }
}

} // namespace program_test
