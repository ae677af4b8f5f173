#include "runtime/base/number_text.hpp"
#include "runtime/io/scrape/exposition.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <optional>
#include <set>

namespace exposition_test {

using namespace aops;
using scrape::all_series;

namespace {

using series = std::vector<std::pair<series_key, number>>;

series read(std::string_view page) {
  auto result = all_series(page, 1000);
  BOOST_REQUIRE_MESSAGE(result.has_value(), (result ? "" : result.error().detail));
  return *result;
}

std::string error_of(std::string_view page) {
  auto result = all_series(page, 1000);
  if (result)
    return "";
  BOOST_TEST(bool(result.error() == ec::corrupt));
  return result.error().detail;
}

/// Counts questions and remembers what it was given.
struct recorder : scrape::line_sink {
  std::set<std::string, std::less<>> wanted;
  std::vector<std::string> asked, got, types;

  bool wants(std::string_view name) override {
    asked.emplace_back(name);
    return wanted.contains(name);
  }
  expected<void> on(std::string_view text,
                    std::string_view,
                    const scrape::label_view&,
                    std::string_view value) override {
    got.push_back(std::string(text) + "|" + std::string(value));
    return {};
  }
  void on_type(std::string_view name, std::string_view kind) override {
    types.push_back(std::string(name) + " " + std::string(kind));
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(exposition_suite)

BOOST_AUTO_TEST_CASE(a_page_of_every_kind_of_line_is_read) {
  auto all = read("# HELP http_requests_total The \\\\ total\\nnumber.\n"
                  "# TYPE http_requests_total counter\n"
                  "http_requests_total{method=\"post\",code=\"200\"} 1027 1395066363000\n"
                  "\n"
                  "# a comment, and a line of blanks\n"
                  "   \t \n"
                  "metric_without_timestamp_and_labels 12.47\n"
                  "something_weird{problem=\"division by zero\"} +Inf -3982045\n"
                  "colon:name{a=\"1\",} NaN\n"
                  "no_labels{} -Inf\n"
                  "\t spaced  { a = \"x\" , b = \"y\" }   7  \n");
  BOOST_REQUIRE(all.size() == 6u);
  BOOST_TEST(all[0].first.name == "http_requests_total");
  BOOST_TEST(bool(all[0].first.label == label_set{{"code", "200"}, {"method", "post"}}));
  BOOST_TEST(bool(all[0].second == number::of(int64_t{1027})));
  BOOST_TEST(bool(all[1].second == number::of(12.47)));
  BOOST_TEST(all[2].second.as_double() == INFINITY);
  BOOST_TEST(all[3].first.name == "colon:name");
  BOOST_TEST(std::isnan(all[3].second.as_double()));
  BOOST_TEST(all[4].first.label.empty());
  BOOST_TEST(all[4].second.as_double() == -INFINITY);
  BOOST_TEST(bool(all[5].first == series_key{"spaced", {{"a", "x"}, {"b", "y"}}}));
}

BOOST_AUTO_TEST_CASE(escapes_in_label_values_are_undone) {
  auto all =
    read("m{path=\"C:\\\\DIR\\\\FILE.TXT\",error=\"Cannot find:\\n\\\"F\\\"\",odd=\"\\x}\"} 1\n");
  BOOST_TEST(all.at(0).first.label.at("path") == "C:\\DIR\\FILE.TXT");
  BOOST_TEST(all.at(0).first.label.at("error") == "Cannot find:\n\"F\"");
  BOOST_TEST(all.at(0).first.label.at("odd") == "\\x}");
}

BOOST_AUTO_TEST_CASE(braces_commas_and_hashes_inside_quotes_are_text) {
  auto all = read("m{a=\"}, # {\"} 5 # {trace=\"}\"} 1\n");
  BOOST_TEST(all.at(0).first.label.at("a") == "}, # {");
  BOOST_TEST(bool(all.at(0).second == number::of(int64_t{5})));
}

BOOST_AUTO_TEST_CASE(instance_job_and_empty_labels_are_left_out_of_the_label_set) {
  auto all = read("m{instance=\"h:1\",job=\"node\",zone=\"\",cpu=\"0\"} 1\n");
  BOOST_TEST(bool(all.at(0).first.label == label_set{{"cpu", "0"}}));
}

BOOST_AUTO_TEST_CASE(open_metrics_pages_are_read_up_to_eof) {
  auto all = read("# TYPE foo histogram\n# UNIT foo seconds\n"
                  "foo_bucket{le=\"0.01\"} 8 1520879607.789 # {} 0.054\n"
                  "foo_bucket{le=\"1\"} 11 # {trace_id=\"KOO5S4vxi0o\"} 0.67 1520879607.789\n"
                  "# EOF\n"
                  "anything after it\n");
  BOOST_TEST(all.size() == 2u);
}

BOOST_AUTO_TEST_CASE(lines_may_end_in_cr_lf_and_the_last_one_without) {
  auto all = read("a 1\r\n# TYPE b gauge\r\n\r\nb{x=\"y\"} 2\r\nc 3");
  BOOST_TEST(all.size() == 3u);
  BOOST_TEST(bool(all.at(1).second == number::of(int64_t{2})));
  BOOST_TEST(read("").empty());
}

BOOST_AUTO_TEST_CASE(errors_name_the_line_and_the_reason) {
  BOOST_TEST(
    error_of("a 1\n\nb{x=\"y} 2\n").starts_with("line 3: a label value lacks its closing quote"));
  BOOST_TEST(error_of("a\n") == "line 1: the value is missing");
  BOOST_TEST(error_of("a{x=\"y\"}\n") == "line 1: the value is missing");
  BOOST_TEST(error_of("a many\n") == "line 1: the value is no number");
  BOOST_TEST(error_of("a 1 soon\n") == "line 1: the time stamp is no number");
  BOOST_TEST(error_of("a 1 2 3\n") == "line 1: something stands after the time stamp");
  BOOST_TEST(error_of("<html>\n") == "line 1: a metric name cannot begin like this");
  BOOST_TEST(error_of("a.b 1\n") == "line 1: a character that no metric name has");
  BOOST_TEST(error_of("a{x} 1\n") == "line 1: a label lacks '='");
  BOOST_TEST(error_of("a{x=y} 1\n") == "line 1: a label value lacks its opening quote");
  BOOST_TEST(error_of("a{x=\"y\" z=\"y\"} 1\n") ==
             "line 1: labels lack a comma or the closing brace");
  BOOST_TEST(error_of("a{0=\"y\"} 1\n") == "line 1: a label name is missing or malformed");
  BOOST_TEST(error_of("a{x=\"1\",x=\"2\"} 1\n") == "line 1: a label name stands twice");
  BOOST_TEST(error_of("a{x=\"y\\\n") == "line 1: a label value lacks its closing quote");
  BOOST_TEST(error_of("# TYPE a\n") == "line 1: a TYPE comment needs a name and a type");
}

BOOST_AUTO_TEST_CASE(label_values_are_utf_8) {
  BOOST_TEST(read("a{x=\"h\xC3\xA9llo \xE2\x82\xAC \xF0\x9F\x98\x80\"} 1\n").size() == 1u);
  for (auto bad : {"\xFF", "\xC0\xAF", "\xE2\x82", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80"})
    BOOST_TEST(error_of(std::string("a{x=\"") + bad + "\"} 1\n") ==
               "line 1: a label value is not UTF-8");
}

BOOST_AUTO_TEST_CASE(unwanted_names_are_skipped_unread_and_asked_about_once_per_run_of_lines) {
  recorder sink;
  sink.wanted = {"b"};
  auto summary = scrape::parse_exposition(
    "# TYPE a counter\na{x=\"1\"} 1\na{x=\"2\"} 2\na{x= broken\nb{x=\"1\"}3\nb 4 5\na 5\n", sink);
  BOOST_REQUIRE(summary.has_value());
  BOOST_TEST(summary->lines == 7u);
  BOOST_TEST(summary->samples == 6u);
  BOOST_TEST(sink.asked == (std::vector<std::string>{"a", "b", "a"}),
             boost::test_tools::per_element());
  BOOST_TEST(sink.got == (std::vector<std::string>{"b{x=\"1\"}|3", "b|4"}),
             boost::test_tools::per_element());
  BOOST_TEST(sink.types == (std::vector<std::string>{"a counter"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_limit_bounds_what_is_collected) {
  auto some = all_series("a 1\nb 2\nc 3\n", 2);
  BOOST_TEST(some->size() == 2u);
}

BOOST_AUTO_TEST_CASE(sample_texts_become_integers_where_they_are_64_bit_integers) {
  auto integer = [](std::string_view text) {
    auto n = base::read_number(text);
    return n && n->is_integer() ? std::optional(n->integer()) : std::nullopt;
  };
  auto real = [](std::string_view text) {
    auto n = base::read_number(text);
    return n && !n->is_integer() ? std::optional(n->real()) : std::nullopt;
  };
  BOOST_TEST(bool(integer("42") == 42));
  BOOST_TEST(bool(integer(" +007\t") == 7));
  BOOST_TEST(bool(integer("-9223372036854775808") == INT64_MIN));
  BOOST_TEST(bool(integer("9223372036854775807") == INT64_MAX));
  BOOST_TEST(bool(real("9223372036854775808") == 9223372036854775808.0));
  BOOST_TEST(bool(real("1.0") == 1.0));
  BOOST_TEST(bool(real("-1e3") == -1000.0));
  BOOST_TEST(bool(real("+.5") == 0.5));
  BOOST_TEST(bool(real("5.") == 5.0));
  BOOST_TEST(bool(real("-INF") == -INFINITY));
  BOOST_TEST(bool(real("+infinity") == INFINITY));
  BOOST_TEST(std::isnan(*real("nan")));
  BOOST_TEST(std::isnan(*real("+NaN")));
  BOOST_TEST(bool(real("1e400") == INFINITY));
  BOOST_TEST(bool(real("-1e400") == -INFINITY));
  BOOST_TEST(bool(real("0.000001e-400") == 0.0));
  BOOST_TEST(bool(real("1e-400") == 0.0));
  BOOST_TEST(bool(real(std::string(400, '9')) == INFINITY));
  BOOST_TEST(bool(real("0." + std::string(400, '0') + "1") == 0.0));
  BOOST_TEST(bool(real("5e-324") == 5e-324));
  for (auto text : {"",
                    " ",
                    "+",
                    "-",
                    "+-1",
                    "--1",
                    "1 2",
                    "0x10",
                    "1e",
                    "e5",
                    ".",
                    "1_000",
                    "infinit",
                    "1,5",
                    "nano",
                    "-+1"})
    BOOST_TEST(!base::read_number(text), text);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace exposition_test
