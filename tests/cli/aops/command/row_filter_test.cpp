#include "cli/aops/command/row_filter.hpp"

#include <boost/test/unit_test.hpp>

namespace row_filter_test {

using namespace aops;
using namespace aops::cli;

namespace {

const json rows = json::array(
  {{{"name", "web1"},
    {"port", 22},
    {"up", true},
    {"groups", {"web", "all"}},
    {"since", 1709290800}},
   {{"name", "web2"}, {"port", 2222}, {"up", false}, {"labels", {{"cpu", "0"}}}},
   {{"name", "a,b"}, {"port", 7}, {"groups", json::array()}, {"scrape_error", "refused"}}});

std::string names(std::string_view expression) {
  auto filter = row_filter::parse(expression);
  BOOST_REQUIRE_MESSAGE(filter, (filter ? "" : filter.error().detail));
  auto found = filter->choose(rows, {"exporter_port"});
  BOOST_REQUIRE_MESSAGE(found, (found ? "" : found.error().detail));
  std::string text;
  for (const auto& row : *found)
    text += (text.empty() ? "" : " ") + text_of(row, "name");
  return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(cli_row_filter)

BOOST_AUTO_TEST_CASE(rows_are_chosen_by_what_their_fields_hold) {
  for (const auto& [expression, found] : std::initializer_list<std::pair<const char*, const char*>>{
         {"name=web1", "web1"},
         {"name!=web1", "web2 a,b"},
         {" name = web1 ", "web1"},
         {"name=\"a,b\"", "a,b"},
         {"name~^web", "web1 web2"},
         {"name!~^web", "a,b"},
         {"port=22", "web1"},
         {"port=22.0", "web1"},
         {"port>22", "web2"},
         {"port>=22", "web1 web2"},
         {"port<22", "a,b"},
         {"port<=22,name~web", "web1"},
         {"up=True", "web1"},
         {"up=false", "web2"},
         {"groups=all", "web1"},
         {"groups!=all", "web2 a,b"},
         {"groups~^w", "web1"},
         {"groups=", "web2 a,b"},
         {"scrape_error=", "web1 web2"},
         {"scrape_error!=", "a,b"},
         {"labels.cpu=0", "web2"},
         {"name>=web", "web1 web2"},
         {"since>2024-03-01T10:00Z", "web1"},
         {"since<2024-03-01T10:00Z", ""},
         {"exporter_port=", "web1 web2 a,b"},
       })
    BOOST_TEST(names(expression) == found, expression);
}

BOOST_AUTO_TEST_CASE(what_is_no_filter_is_refused_with_the_place) {
  for (const auto& [expression, told] : std::initializer_list<std::pair<const char*, const char*>>{
         {"", "character 1: here a field is expected"},
         {"name", "character 5: behind `name` one of ="},
         {"name=a,", "character 8: here a field"},
         {"=a", "character 1"},
         {"name~(", "is no regular expression"},
         {"name=\"a", "the quote is never closed"},
         {"name=\"a\"b", "behind the quote a comma"},
         {"since>soon", "soon"},
       }) {
    auto filter = row_filter::parse(expression);
    BOOST_REQUIRE_MESSAGE(!filter, expression);
    BOOST_TEST(filter.error().detail.find(told) != std::string::npos, filter.error().detail);
  }
}

BOOST_AUTO_TEST_CASE(an_unknown_field_is_an_error_that_names_the_near_one) {
  auto wrong = row_filter::parse("nmae=web1")->choose(rows, {});
  BOOST_REQUIRE(!wrong);
  BOOST_TEST(wrong.error().detail == "--filter: no field is called nmae; did you mean name?");
  auto far = row_filter::parse("zzzzzzzz=1")->choose(rows, {"*"});
  BOOST_REQUIRE(!far);
  BOOST_TEST(far.error().detail.find("there are groups, labels, name, port") != std::string::npos);
  BOOST_TEST(row_filter::parse("nmae=web1")->choose(json::array(), {})->empty()); // Nobody knows.
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace row_filter_test
