#include "cli/aops/text/text.hpp"
#include "cli/aops/text/time_text.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <ctime>

namespace text_test {

using namespace aops;
using namespace aops::cli;

namespace {

/// Sets the time zone for one test and puts the old one back.
struct zone {
  explicit zone(const char* name) {
    if (const char* old = std::getenv("TZ"))
      before_ = old;
    set(name);
  }
  ~zone() { set(before_.empty() ? nullptr : before_.c_str()); }

private:
  static void set(const char* name) {
    if (name)
      ::setenv("TZ", name, 1);
    else
      ::unsetenv("TZ");
    ::tzset();
  }
  std::string before_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(cli_text)

BOOST_AUTO_TEST_CASE(a_list_is_split_at_commas_and_trimmed) {
  auto parts = split_list("web1, web 2 ,db");
  BOOST_REQUIRE(parts);
  BOOST_TEST(*parts == (std::vector<std::string>{"web1", "web 2", "db"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_empty_element_of_a_list_is_an_error_that_counts_it) {
  for (const auto* text : {"", "a,", ",a", "a, ,b"})
    BOOST_TEST(!split_list(text));
  BOOST_TEST(split_list("a, ,b").error().detail.find("element 2") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(control_characters_and_broken_utf8_never_reach_the_terminal) {
  BOOST_TEST(printable("a\x1b[31mb\n") == "a\\x1b[31mb\\x0a");
  BOOST_TEST(printable("\xff\xc3") == "\xEF\xBF\xBD\xEF\xBF\xBD");
  BOOST_TEST(printable("\xed\xa0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"); // A surrogate.
  BOOST_TEST(printable("x\u202Ey") == "x\\u202ey");
  BOOST_TEST(printable("故障 ok") == "故障 ok");
}

BOOST_AUTO_TEST_CASE(width_counts_columns_not_bytes) {
  BOOST_TEST(columns("abc") == 3u);
  BOOST_TEST(columns("故障") == 4u);
  BOOST_TEST(columns("e\u0301") == 1u);
  BOOST_TEST(clipped("故障诊断", 7) == "故障...");
  BOOST_TEST(clipped("short", 9) == "short");
}

BOOST_AUTO_TEST_CASE(long_text_is_wrapped_at_blanks) {
  auto lines = wrapped("aa bb cc dd", 5);
  BOOST_TEST(lines == (std::vector<std::string>{"aa bb", "cc dd"}),
             boost::test_tools::per_element());
  BOOST_TEST(wrapped("abcdefgh", 3).size() == 3u);
  BOOST_TEST(wrapped("", 3).size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_id_is_32_hex_digits) {
  BOOST_TEST(is_id("0123456789abcdef0123456789ABCDEF"));
  BOOST_TEST(!is_id("0123456789abcdef0123456789abcde"));
  BOOST_TEST(!is_id("web-1"));
}

BOOST_AUTO_TEST_CASE(times_are_read_in_the_local_zone) {
  zone here("CST-8");
  BOOST_TEST(*parse_time("20240301-20:00:00") == 1709294400);
  BOOST_TEST(time_text(1709294400) == "20240301-20:00:00");
  BOOST_TEST(readable_time(1709294400.25) == "2024-03-01 20:00:00.250");
  BOOST_TEST(readable_time(1709294400) == "2024-03-01 20:00:00");
}

BOOST_AUTO_TEST_CASE(a_time_that_is_none_is_refused) {
  zone here("UTC0");
  for (const auto* text : {"",
                           "2024-03-01 10",
                           "2024-03-01T10:00:00+15:00",
                           "2024-03-01T10:00:00 UTC",
                           "2024-02-30",
                           "2024-02-30T10:00Z",
                           "2024-3-1",
                           "20240230-10:00:00",
                           "20240301-24:00:00",
                           "20240301-10:60:00",
                           "20240301-10:00:0",
                           "2024030a-10:00:00",
                           "19600101-00:00:00",
                           "20240301-10:00:61"})
    BOOST_TEST(!parse_time(text), text);
}

BOOST_AUTO_TEST_CASE(an_hour_that_daylight_saving_skips_is_refused) {
  zone here("CET-1CEST,M3.5.0,M10.5.0/3");
  BOOST_TEST(!parse_time("20240331-02:30:00"));
  BOOST_TEST(*parse_time("20240331-03:00:00") == 1711846800);
}

BOOST_AUTO_TEST_CASE(times_may_be_written_as_iso_8601) {
  zone here("CST-8");
  BOOST_TEST(*parse_time("2024-03-01T20:00:00") == 1709294400);
  BOOST_TEST(*parse_time("2024-03-01 20:00") == 1709294400);
  BOOST_TEST(*parse_time("2024-03-01") == 1709222400);
  BOOST_TEST(*parse_time("2024-03-01T12:00:00Z") == 1709294400);
  BOOST_TEST(*parse_time("2024-03-01T12:00Z") == 1709294400);
  BOOST_TEST(*parse_time("2024-03-01T14:00:00+02:00") == 1709294400);
  BOOST_TEST(*parse_time("2024-03-01T06:30:00-0530") == 1709294400);
  BOOST_TEST(*parse_time("2024-03-01t12:00:00z") == 1709294400);
}

BOOST_AUTO_TEST_CASE(what_tables_show_of_times_is_read_again) {
  zone here("CET-1CEST,M3.5.0,M10.5.0/3");
  BOOST_TEST(*parse_time(readable_time(1709294400)) == 1709294400);
}

BOOST_AUTO_TEST_CASE(a_slip_is_near_what_was_meant) {
  const std::vector<std::string> known = {"host", "checkrule", "--ssh_port", "report", "web1"};
  BOOST_TEST(nearest("hots", known) == "host");
  BOOST_TEST(nearest("--ssh_prt", known) == "--ssh_port");
  BOOST_TEST(nearest("chekrule", known) == "checkrule");
  BOOST_TEST(nearest("REPROT", known) == "report");
  BOOST_TEST(nearest("web2", known) == "web1");
  BOOST_TEST(nearest("x", known) == "");
  BOOST_TEST(nearest("", known) == "");
  BOOST_TEST(nearest("something", known) == "");
  BOOST_TEST(nearest(std::string(100000, 'h'), known) == "");
  BOOST_TEST(hint_at("hots", known) == "; did you mean host?");
}

BOOST_AUTO_TEST_CASE(spans_have_units) {
  BOOST_TEST(*parse_span("90") == 90);
  BOOST_TEST(*parse_span("90s") == 90);
  BOOST_TEST(*parse_span("15m") == 900);
  BOOST_TEST(*parse_span("1h") == 3600);
  BOOST_TEST(*parse_span("2d") == 172800);
  BOOST_TEST(*parse_span("1w") == 604800);
  BOOST_TEST(*parse_span("1h30m") == 5400);
  BOOST_TEST(*parse_span("1w2d3h4m5s") == 604800 + 2 * 86400 + 3 * 3600 + 4 * 60 + 5);
  for (const auto* text : {"",
                           "h",
                           "0s",
                           "-1h",
                           "1h-1m",
                           "1h30",
                           "30m1h",
                           "1h1h",
                           "1.5h",
                           "1y",
                           "1 h",
                           "99999999999999999999",
                           "99999999d"})
    BOOST_TEST(!parse_span(text), text);
}

BOOST_AUTO_TEST_CASE(a_list_is_cut_in_order_and_none_is_lost) {
  BOOST_TEST(split_into({}, 50).empty());
  auto parts = split_into({"a", "b", "c"}, 2);
  BOOST_REQUIRE(parts.size() == 2u);
  BOOST_TEST(parts[0] == (std::vector<std::string>{"a", "b"}), boost::test_tools::per_element());
  BOOST_TEST(parts[1] == (std::vector<std::string>{"c"}), boost::test_tools::per_element());
  BOOST_TEST(split_into(std::vector<std::string>(50, "x"), 50).size() == 1u);
  BOOST_TEST(split_into(std::vector<std::string>(300, "x"), 50).size() == 6u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace text_test
