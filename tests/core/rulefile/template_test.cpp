#include "runtime/core/rulefile/template_text.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

namespace template_test {

using namespace aops::rulefile;

namespace {

const template_data data{{{"instance", "web1.example.com:9100"}, {"job", "node"}},
                         0.25,
                         {{"cluster", "eu"}},
                         "http://p.example/prom"};

std::string made(const std::string& text, const template_data& of = data) {
  auto parsed = template_text::parse(text);
  if (!parsed)
    return "refused: " + parsed.error().detail;
  auto out = parsed->expand(of);
  return out ? *out : "failed: " + out.error().detail;
}

/// A function of a number, which the template gets as its value.
std::string of(const std::string& function, double value) {
  return made("{{ $value | " + function + " }}", {{}, value, {}, ""});
}

} // namespace

BOOST_AUTO_TEST_SUITE(templates)

BOOST_AUTO_TEST_CASE(variables_and_fields_are_put_in) {
  BOOST_TEST(made("{{ $labels.instance }} is {{ .Value }} {{$value}}") ==
             "web1.example.com:9100 is 0.25 0.25");
  BOOST_TEST(made("{{ .Labels.job }}{{ $externalLabels.cluster }}{{ .ExternalURL }}") ==
             "nodeeuhttp://p.example/prom");
  BOOST_TEST(made("[{{ $labels.nothing }}]") == "[]");
  BOOST_TEST(made("{{ $labels }}") == "map[instance:web1.example.com:9100 job:node]");
  BOOST_TEST(made("{{ $x := $labels.job }}{{ $x }}-{{ $x | toUpper }}") == "node-NODE");
  BOOST_TEST(made("no } braces { at }} all") == "no } braces { at }} all");
}

BOOST_AUTO_TEST_CASE(actions_trim_and_comments_are_nothing) {
  BOOST_TEST(made("a  {{- \"b\" -}}  c {{/* }} no */}} d") == "abc  d");
  BOOST_TEST(made("{{ \"}}\" }}{{ `{{` }}") == "}}{{");
}

BOOST_AUTO_TEST_CASE(blocks_choose) {
  BOOST_TEST(made("{{ if eq $labels.job \"node\" }}n{{ else }}o{{ end }}!") == "n!");
  BOOST_TEST(made("{{ if gt $value 0.5 }}a{{ else if gt $value 0.2 }}b{{ else }}c{{ end }}.") ==
             "b.");
  BOOST_TEST(
    made("{{ if and $labels.job (not $labels.x) }}y{{ end }}{{ if or false 0 }}z{{ end }}") == "y");
  BOOST_TEST(
    made(
      "{{ with $labels.job }}<{{ . }}>{{ end }}{{ with $labels.x }}{{ . }}{{ else }}-{{ end }}") ==
    "<node>-");
  BOOST_TEST(made("{{ if true }}{{ if false }}a{{ else }}b{{ end }}c{{ end }}d") == "bcd");
}

BOOST_AUTO_TEST_CASE(variables_are_of_their_block_but_set_where_they_are) {
  BOOST_TEST(made("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $x }}{{ end }}{{ $x }}") == "22");
  BOOST_TEST(made("{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}") == "21");
  BOOST_TEST(made("{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x = 3 }}{{ $x }}{{ end }}{{ $x }}") ==
             "31");
  BOOST_TEST(
    made(
      "{{ $x := 1 }}{{ with $labels.job }}{{ if true }}{{ $x = . }}{{ end }}{{ end }}{{ $x }}") ==
    "node");
  BOOST_TEST(made("{{ $x := 1 }}{{ if $x = 0 }}a{{ else }}{{ $x }}{{ end }}{{ $x }}") == "00");
  BOOST_TEST(made("{{ $value = 7 }}{{ $value }} {{ .Value }}") == "7 0.25");
  BOOST_TEST(made("{{ if true }}{{ $x := 1 }}{{ end }}{{ $x }}") ==
             "failed: undefined variable \"$x\"");
  BOOST_TEST(made("{{ $x = 1 }}") == "failed: undefined variable \"$x\"");
}

BOOST_AUTO_TEST_CASE(numbers_are_made_readable) {
  BOOST_TEST(of("humanize", 0) == "0");
  BOOST_TEST(of("humanize", 1234567) == "1.235M");
  BOOST_TEST(of("humanize", 0.00123) == "1.23m");
  BOOST_TEST(of("humanize", -1e30) == "-1e+06Y");
  BOOST_TEST(of("humanize", std::nan("")) == "NaN");
  BOOST_TEST(of("humanize1024", 1048576) == "1Mi");
  BOOST_TEST(of("humanize1024", 0.5) == "0.5");
  BOOST_TEST(of("humanizeDuration", 0) == "0s");
  BOOST_TEST(of("humanizeDuration", 90061.5) == "1d 1h 1m 1s");
  BOOST_TEST(of("humanizeDuration", -61) == "-1m 1s");
  BOOST_TEST(of("humanizeDuration", 12.345678) == "12.35s");
  BOOST_TEST(of("humanizeDuration", 0.0023) == "2.3ms");
  BOOST_TEST(of("humanizePercentage", 0.12345) == "12.35%");
  BOOST_TEST(of("humanizeTimestamp", 1435065584.128) == "2015-06-23 13:19:44.128 +0000 UTC");
  BOOST_TEST(of("humanizeTimestamp", 0) == "1970-01-01 00:00:00 +0000 UTC");
  BOOST_TEST(made("{{ \"1500\" | humanize }}") == "1.5k");
  BOOST_TEST(made("{{ \"x\" | humanize }}") ==
             "failed: error calling humanize: parsing \"x\": invalid syntax");
}

BOOST_AUTO_TEST_CASE(numbers_are_printed_as_go_prints_them) {
  BOOST_TEST(made("{{ 1e6 }} {{ 123456.0 }} {{ 0.00001 }} {{ 5 }}") == "1e+06 123456 1e-05 5");
  BOOST_TEST(
    made("{{ printf \"%.2f|%6.1f|%-4s|%d|%v|%q|%%|%g\" $value $value \"a\" 7 true \"b\" 1e6 }}") ==
    "0.25|   0.2|a   |7|true|\"b\"|%|1e+06");
  BOOST_TEST(made("{{ printf \"%d %s\" $value }}") == "%!d(float64=0.25) %!s(MISSING)");
  BOOST_TEST(made("{{ printf \"x\" 1 }}") == "x%!(EXTRA int=1)");
  BOOST_TEST(made("{{ print \"a\" 1 2 \"b\" }}") == "a1 2b");
}

BOOST_AUTO_TEST_CASE(texts_are_changed) {
  BOOST_TEST(made("{{ $labels.instance | stripPort }} {{ $labels.instance | stripDomain }}") ==
             "web1.example.com web1:9100");
  BOOST_TEST(made("{{ \"10.0.0.1:80\" | stripDomain }} {{ \"[::1]:80\" | stripPort }}") ==
             "10.0.0.1:80 ::1");
  BOOST_TEST(made("{{ reReplaceAll \"(.*):.*\" \"<$1>\" $labels.instance }}") ==
             "<web1.example.com>");
  BOOST_TEST(made("{{ if match \"^web\" $labels.instance }}w{{ end }}") == "w");
  BOOST_TEST(made("{{ title \"disk is full\" }} {{ toLower \"ABC\" }}") == "Disk Is Full abc");
  BOOST_TEST(made("{{ title \"web-1.x it's a_b 1st (ab) caféx\" }}") ==
             "Web-1.X It'S A_b 1st (Ab) Caféx");
  BOOST_TEST(made("{{ parseDuration \"1h30m\" }} {{ len \"abc\" }} {{ index $labels \"job\" }}") ==
             "5400 3 node");
  BOOST_TEST(made("{{ externalURL }}{{ pathPrefix }} {{ graphLink \"up == 0\" }}") ==
             "http://p.example/prom/prom /graph?g0.expr=up+%3D%3D+0&g0.tab=0");
}

BOOST_AUTO_TEST_CASE(what_fails_says_why) {
  BOOST_TEST(made("{{ gt $value 5 }}") ==
             "failed: error calling gt: incompatible types for comparison");
  BOOST_TEST(made("{{ .Vale }}") == "failed: there is no field Vale");
  BOOST_TEST(made("{{ $other }}") == "failed: undefined variable \"$other\"");
  BOOST_TEST(made("{{ humanize }}") == "failed: error calling humanize: wrong number of args");
}

BOOST_AUTO_TEST_CASE(what_does_not_read_is_refused) {
  BOOST_TEST(made("{{ $labels.job") == "refused: unclosed action");
  BOOST_TEST(made("{{ if true }}x") == "refused: unexpected EOF, {{end}} is missing");
  BOOST_TEST(made("x{{ end }}") == "refused: unexpected {{end}}");
  BOOST_TEST(made("{{ humanise $value }}") == "refused: function \"humanise\" not defined");
  BOOST_TEST(made("{{ range query \"up\" }}{{ end }}") == "refused: not supported: {{range}}");
  BOOST_TEST(made("{{ query \"up\" | first | value }}") ==
             "refused: not supported: the function \"query\"");
  BOOST_TEST(made("{{ }}") == "refused: a command is missing");
  BOOST_TEST(made("{{ \"a }}") == "refused: unclosed action");
  BOOST_TEST(made("{{ (1 }}") == "refused: unclosed left paren");
  BOOST_TEST(made(std::string(200, '(').insert(0, "{{") + "1" + std::string(200, ')') + "}}") ==
             "refused: is nested too deeply");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace template_test
