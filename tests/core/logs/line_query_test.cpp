#include "runtime/core/logs/buckets.hpp"
#include "runtime/core/logs/line_query.hpp"
#include "runtime/core/logs/words.hpp"

#include <boost/test/unit_test.hpp>

#include <numeric>
#include <set>

using namespace aops;
using namespace aops::logs;

namespace {

record line_of_sshd() {
  record x;
  x.message = "Accepted publickey for root from 10.0.0.12 port 51234, disk /dev/sda1 "
              "\u78c1\u76d8\u6545\u969c";
  x.program = "sshd";
  x.source = "/var/log/auth.log";
  x.severity = 4;
  x.facility = 10;
  x.pid = "77";
  x.fields = {{"unit", "ssh.service"}};
  return x;
}

bool finds(std::string_view text) {
  auto query = line_query::parse(text);
  BOOST_REQUIRE_MESSAGE(query, (query ? std::string{} : query.error().detail));
  auto line = line_of_sshd();
  return query->matches({line, "abc1", "web-1"});
}

std::string query_refusal(std::string_view text) {
  auto query = line_query::parse(text);
  return query ? "none" : query.error().detail;
}

/// A condition, readable.
std::string shown_condition(const line_condition& x) {
  using kind = line_condition::kind;
  auto parts = [&](std::string_view by) {
    std::string out;
    for (const auto& part : x.parts)
      out += (out.empty() ? "(" : std::string{by}) + shown_condition(part);
    return out + ")";
  };
  switch (x.what) {
  case kind::word:
    return x.text;
  case kind::prefix:
    return x.text + "*";
  case kind::severity:
    return "severity " + std::to_string(x.low) + " to " + std::to_string(x.high);
  case kind::all:
    return parts(" and ");
  case kind::any:
    return parts(" or ");
  case kind::none:
    return "not " + shown_condition(x.parts.front());
  case kind::host:
    return "host " + x.text;
  default:
    return "everything";
  }
}

std::string condition_of_text(std::string_view text) {
  return shown_condition(line_query::parse(text)->condition());
}

} // namespace

BOOST_AUTO_TEST_SUITE(log_queries)

BOOST_AUTO_TEST_CASE(words_are_found_whole_and_in_either_case) {
  BOOST_TEST(finds("accepted"));
  BOOST_TEST(finds("ROOT"));
  BOOST_TEST(!finds("accept"));
  BOOST_TEST(finds("accept*"));
  BOOST_TEST(!finds("ccepted"));
  BOOST_TEST(finds(""));
}

BOOST_AUTO_TEST_CASE(words_with_signs_stand_as_they_are) {
  BOOST_TEST(finds("10.0.0.12"));
  BOOST_TEST(!finds("10.0.0.1"));
  BOOST_TEST(!finds("0.0.0.12x"));
  BOOST_TEST(finds("/dev/sda1"));
  BOOST_TEST(finds("/dev/sda*"));
  BOOST_TEST(finds("\"publickey for root\""));
  BOOST_TEST(!finds("\"publickey root\""));
}

BOOST_AUTO_TEST_CASE(scripts_without_blanks_are_found_anywhere) {
  BOOST_TEST(finds("\u78c1\u76d8"));
  BOOST_TEST(finds("\u76d8\u6545"));
  BOOST_TEST(finds("\u969c"));
  BOOST_TEST(!finds("\u969c\u78c1"));
}

BOOST_AUTO_TEST_CASE(and_or_not_and_brackets_join) {
  BOOST_TEST(finds("accepted root"));
  BOOST_TEST(!finds("accepted toor"));
  BOOST_TEST(finds("toor OR root"));
  BOOST_TEST(finds("accepted AND (toor OR root)"));
  BOOST_TEST(!finds("accepted NOT root"));
  BOOST_TEST(!finds("accepted -root"));
  BOOST_TEST(finds("NOT (toor accepted)"));
  BOOST_TEST(finds("nothing OR accepted root")); // AND binds closer.
  BOOST_TEST(!finds("(nothing OR accepted) toor"));
}

BOOST_AUTO_TEST_CASE(fields_are_asked_by_name) {
  BOOST_TEST(finds("program:sshd"));
  BOOST_TEST(!finds("program:ssh"));
  BOOST_TEST(!finds("message:sshd"));
  BOOST_TEST(finds("source:auth.log"));
  BOOST_TEST(finds("host:web-1"));
  BOOST_TEST(finds("host:abc1"));
  BOOST_TEST(!finds("host:web-2"));
  BOOST_TEST(finds("pid:77"));
  BOOST_TEST(finds("facility:authpriv"));
  BOOST_TEST(finds("severity:warning"));
  BOOST_TEST(finds("severity:info+"));
  BOOST_TEST(!finds("severity:err+"));
  BOOST_TEST(finds("fields.unit:ssh.service"));
  BOOST_TEST(!finds("fields.other:ssh.service"));
  BOOST_TEST(finds("ssh.service"));
  BOOST_TEST(!finds("port:51234")); // No such field: a word with a colon, and that is not there.
}

BOOST_AUTO_TEST_CASE(what_does_not_read_is_told_by_column) {
  BOOST_TEST(query_refusal("a (b") == "query: column 3: `(` is not closed");
  BOOST_TEST(query_refusal("a)") == "query: column 2: `)` closes nothing");
  BOOST_TEST(query_refusal("\"a") == "query: column 1: the quotation does not end");
  BOOST_TEST(query_refusal("a OR") == "query: column 5: a word is missing here");
  BOOST_TEST(query_refusal("AND a") == "query: column 1: `AND` joins nothing");
  BOOST_TEST(query_refusal("severity:loud").starts_with("query: column 10: must be one of emerg"));
  BOOST_TEST(query_refusal("program:").starts_with("query: column 9: a word is missing"));
  std::string many;
  for (size_t i = 0; i <= most_terms; ++i)
    many += "a ";
  BOOST_TEST(query_refusal(many).ends_with("too many words"));
  BOOST_TEST(
    query_refusal(std::string(40, '(') + "a" + std::string(40, ')')).ends_with("nests too deep"));
  BOOST_TEST(query_refusal(std::string(5000, 'a')).starts_with("query: longer than"));
}

BOOST_AUTO_TEST_CASE(the_index_is_asked_for_what_must_be_there) {
  BOOST_TEST(condition_of_text("Disk sda*") == "(disk and sda*)");
  BOOST_TEST(condition_of_text("10.0.0.12") == "(10 and 0 and 0 and 12)");
  BOOST_TEST(condition_of_text("a OR NOT b") == "(a or not b)");
  BOOST_TEST(condition_of_text("a NOT b.c") == "(a)"); // Lines may have both, and not side by side.
  BOOST_TEST(condition_of_text("a OR b c") == "(a or (b and c))");
  BOOST_TEST(condition_of_text("a OR +++") == "everything");
  BOOST_TEST(condition_of_text("host:x") == "host x");
  BOOST_TEST(condition_of_text("severity:crit+") == "severity 0 to 2");
  BOOST_TEST(condition_of_text("+++") == "everything");
}

BOOST_AUTO_TEST_CASE(every_word_that_is_looked_up_is_indexed) {
  auto line = line_of_sshd();
  std::set<std::string> indexed;
  words_of_line(line, [&](std::string_view word) { indexed.emplace(word); });
  for (auto* text :
       {"Accepted", "10.0.0.12", "/dev/sda1", "\u78c1\u76d8\u6545\u969c", "\u969c", "ssh.service"})
    lookup_words(text,
                 [&](std::string_view word) { BOOST_TEST(indexed.contains(std::string{word})); });
  BOOST_TEST(indexed.contains(severity_word(4)));
}

BOOST_AUTO_TEST_CASE(long_words_are_indexed_by_their_beginning) {
  std::string text(200, 'a');
  size_t count = 0;
  index_words(text, [&](std::string_view word) {
    BOOST_TEST(word.size() == most_word);
    ++count;
  });
  BOOST_TEST(count == 1u);
}

BOOST_AUTO_TEST_CASE(counts_go_to_the_stretch_they_are_in) {
  buckets counts{0, 100, 3};
  for (int64_t t = -5; t < 110; ++t)
    counts.add(t);
  BOOST_TEST(std::accumulate(counts.counts().begin(), counts.counts().end(), int64_t{0}) == 100);
  for (size_t n = 0; n < 3; ++n) {
    BOOST_TEST(counts.at(counts.begin_of(n)) == n);
    BOOST_TEST(counts.at(counts.begin_of(n + 1) - 1) == n);
  }
  BOOST_TEST(counts.are_together(0, 32));
  BOOST_TEST(!counts.are_together(0, 40));
  BOOST_TEST(!counts.are_together(99, 100));
}

BOOST_AUTO_TEST_CASE(a_condition_says_whether_it_says_all) {
  using kind = line_condition::kind;
  auto of = [](std::string_view text) { return line_query::parse(text).value().condition(); };
  BOOST_TEST((of("").what == kind::everything && of("").is_exact));
  for (const auto* exact : {"Error",
                            "conn*",
                            "severity:err+",
                            "facility:kern",
                            "pid:7",
                            "host:web1",
                            "a b",
                            "a OR b",
                            "-a",
                            "NOT (a OR severity:err)"})
    BOOST_TEST(of(exact).is_exact, exact);
  for (const auto* not_exact : {"10.0.0.1",
                                "\"a b\"",
                                "message:a",
                                "fields.x:a",
                                "_a",
                                "a message:b",
                                "-\"a b\"",
                                "\xE7\xA3\x81"})
    BOOST_TEST(!of(not_exact).is_exact, not_exact);
  BOOST_TEST((of("10.0.0.1").what == kind::all && of("10.0.0.1").parts.size() == 4u));
  BOOST_TEST((of("-\"a b\"").what ==
              kind::everything)); // Nothing can be said of what does not match a filter.
  BOOST_TEST((of("a OR \"--\"").what == kind::everything));
  BOOST_TEST((of("a \"--\"").what == kind::all && of("a \"--\"").parts.size() == 1u));
}

BOOST_AUTO_TEST_SUITE_END()
