#include "runtime/core/sockets/probe_lines.hpp"

#include <boost/test/unit_test.hpp>

namespace probe_lines_test {

using namespace aops;
using namespace aops::sockets;

namespace {

probe_table table_of(const std::string& name, const std::vector<std::string>& fields) {
  probe_table out{name, {}};
  for (const auto& x : fields)
    out.fields.push_back(*read_probe_field(x));
  return out;
}

std::vector<probe_table> tables() {
  return {table_of("nginx_link",
                   {"client_ip key",
                    "virtual_ip key",
                    "virtual_port key",
                    "server_ip key",
                    "server_port key",
                    "is_l7 label",
                    "link_count gauge"}),
          table_of("queue", {"name key", "kind label", "depth gauge", "done counter"})};
}

std::vector<probe_record> records_of(probe_lines& x, int64_t now_ms) {
  std::vector<probe_record> out;
  x.records(now_ms, out);
  return out;
}

std::string reason(const expected<void>& x) { return x ? "none" : x.error().detail; }

} // namespace

BOOST_AUTO_TEST_SUITE(probe_line_contract)

BOOST_AUTO_TEST_CASE(a_line_is_a_record) {
  probe_lines x{tables()};
  x.take(
    "noise\n|nginx_link|10.0.0.1|10.0.0.100|80|10.0.0.2|8080|1|4|\n|queue|mail|fifo|1.5|7|\r\n", 0);
  auto all = records_of(x, 0);
  BOOST_REQUIRE(all.size() == 2u);
  BOOST_TEST(all[0].table == "nginx_link");
  BOOST_TEST(all[0].is_link);
  BOOST_TEST(all[0].texts.at(0).second == "10.0.0.1");
  BOOST_TEST(all[0].numbers.at(0).name == "virtual_port");
  BOOST_TEST(all[0].numbers[0].value == "80");
  BOOST_TEST(all[0].numbers[0].is_label);
  BOOST_TEST(all[0].numbers.at(3).name == "link_count");
  BOOST_TEST(!all[0].numbers[3].is_label);
  BOOST_TEST(!all[1].is_link);
  BOOST_TEST(all[1].numbers.at(0).value == "1.5");
  BOOST_TEST(all[1].numbers.at(1).is_counter);
  BOOST_TEST(x.taken() == 2u);
  BOOST_TEST(x.refused() == 0u);
}

BOOST_AUTO_TEST_CASE(it_comes_in_pieces_and_half_a_line_means_nothing) {
  probe_lines x{tables()};
  for (char c : std::string{"|queue|a|b|1|2|\n|queue|c|b|1|2|"})
    x.take({&c, 1}, 0);
  BOOST_TEST(records_of(x, 0).size() == 1u);
  x.end();
  x.take("\n", 0);
  BOOST_TEST(records_of(x, 0).size() == 1u);
}

BOOST_AUTO_TEST_CASE(the_last_line_of_a_key_counts_for_a_while) {
  probe_lines x{tables()};
  x.take("|queue|a|b|1|2|\n|queue|a|c|5|2|\n", 0);
  auto all = records_of(x, probe_record_ms - 1);
  BOOST_REQUIRE(all.size() == 1u);
  BOOST_TEST(all[0].numbers[0].value == "5");
  BOOST_TEST(records_of(x, probe_record_ms).empty());
}

BOOST_AUTO_TEST_CASE(what_does_not_read_is_counted) {
  probe_lines x{tables()};
  for (auto* line : {"|none|1|\n",
                     "|queue|a|b|1|\n",
                     "|queue|a|b|1|2|3|\n",
                     "|queue|a|b|x|2|\n",
                     "|queue|a|b|nan|2|\n",
                     "|queue|a\x01|b|1|2|\n",
                     "|nginx_link|a|b|port|c|1|1|1|\n"})
    x.take(line, 0);
  BOOST_TEST(records_of(x, 0).empty());
  BOOST_TEST(x.refused() == 7u);
  x.take("||\n|\n\n", 0);
  BOOST_TEST(x.refused() == 7u);
}

BOOST_AUTO_TEST_CASE(a_line_without_end_and_records_without_number_are_bounded) {
  probe_lines x{tables()};
  for (int i = 0; i < 100; ++i)
    x.take(std::string(1000, 'a'), 0);
  x.take("|queue|a|b|1|2|\n", 0); // Still that line.
  BOOST_TEST(records_of(x, 0).empty());
  BOOST_TEST(x.refused() == 1u);
  for (size_t i = 0; i < most_probe_records + 5; ++i)
    x.take("|queue|" + std::to_string(i) + "|b|1|2|\n", 0);
  BOOST_TEST(records_of(x, 0).size() == most_probe_records);
  BOOST_TEST(x.refused() == 6u);
  x.take("|queue|7|b|9|2|\n", 0); // A known one has its place.
  BOOST_TEST(x.refused() == 6u);
  x.take("|queue|new|b|9|2|\n", probe_record_ms);
  BOOST_TEST(records_of(x, probe_record_ms).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_table_says_what_is_wrong_with_it) {
  BOOST_TEST(read_probe_field("a-b key").error().detail.find("NAME KIND") != std::string::npos);
  BOOST_TEST(read_probe_field("a").error().detail.find("must be key") != std::string::npos);
  BOOST_TEST(read_probe_field("a keys").error().detail.find("must be key") != std::string::npos);
  BOOST_TEST(reason(check_probe_table(table_of("a", {"k key"}))) == "none");
  BOOST_TEST(reason(check_probe_table(table_of("a b", {"k key"}))).find("name must") !=
             std::string::npos);
  BOOST_TEST(reason(check_probe_table(table_of("a", {}))).find("1 to 64 fields") !=
             std::string::npos);
  BOOST_TEST(reason(check_probe_table(table_of("a", {"k label"}))) == "one field must be a key");
  BOOST_TEST(reason(check_probe_table(table_of("a", {"k key", "k gauge"}))) ==
             "k stands there twice");
  BOOST_TEST(reason(check_probe_table(table_of("a", {"k key", "hostname label"}))) ==
             "hostname is told by the agent itself");
  BOOST_TEST(reason(check_probe_table(table_of("haproxy_link", {"client_ip key"}))) ==
             "haproxy_link must have the field virtual_ip");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace probe_lines_test
