#include "runtime/core/tracing/compare.hpp"
#include "tests/core/tracing/helpers.hpp"

namespace compare_test {

using namespace aops;
using namespace aops::tracing;
using namespace aops::tests;

namespace {

model of(file_type type) {
  model x;
  x.how = syntax_of(type);
  return x;
}

std::string lines_of(const std::string& a, const std::string& b, const model& by) {
  auto x = compare(json::parse(a), json::parse(b), by);
  std::string out;
  for (const auto& one : x.differences)
    out += to_string(one) + "\n";
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(comparison_of_files)

BOOST_AUTO_TEST_CASE(order_of_sections_and_options_is_no_difference) {
  auto ini = of(file_type::ini);
  BOOST_TEST(
    lines_of(R"({"a":{"x":"1","y":"2"},"b":{}})", R"({"b":{},"a":{"y":"2","x":"1"}})", ini) == "");
  BOOST_TEST(lines_of(R"({"a":{"x":"1"}})", R"({"a":{"x":"1"},"z":{"q":"1"}})", ini) ==
             "+ z: {\"q\":\"1\"}\n");
  BOOST_TEST(lines_of(R"({"a":{"x":"1"}})", "{}", ini) == "- a: {\"x\":\"1\"}\n");
  BOOST_TEST(lines_of(R"({"a":{"x":"1","g":"1"}})", R"({"a":{"x":"2","n":null}})", ini) ==
             "a.x: 1 → 2\n- a.g: 1\n+ a.n\n");
}

BOOST_AUTO_TEST_CASE(order_of_values_is_unless_the_model_says_not) {
  auto sshd = of(file_type::sshd);
  sshd.unordered = {"acceptenv"};
  BOOST_TEST(lines_of(R"({"":{"HostKey":["a","b"]}})", R"({"":{"HostKey":["b","a"]}})", sshd) ==
             "HostKey: a, b → b, a\n");
  BOOST_TEST(lines_of(R"({"":{"AcceptEnv":["a","b"]}})", R"({"":{"AcceptEnv":["b","a"]}})", sshd) ==
             "");
  BOOST_TEST(lines_of(R"({"":{"AcceptEnv":["a","b"]}})", R"({"":{"AcceptEnv":"a"}})", sshd) ==
             "AcceptEnv: a, b → a\n");
  BOOST_TEST(lines_of(R"({"":{"Port":["22"]}})", R"({"":{"port":"22"}})", sshd) == "");
  BOOST_TEST(lines_of(R"({"":{"PermitRootLogin":"no"}})",
                      R"({"":{"permitrootlogin":"yes"}})",
                      sshd) == "PermitRootLogin: no → yes\n");
}

BOOST_AUTO_TEST_CASE(trees_are_compared_part_by_part) {
  auto yaml = of(file_type::yaml);
  BOOST_TEST(lines_of(R"({"a":[1,{"b":2,"c":3}],"d":1})",
                      R"({"a":[1,{"c":3,"b":4},5],"d":"1"})",
                      yaml) == "a[1].b: 2 → 4\n+ a[2]: 5\nd: 1 → 1\n");
  BOOST_TEST(lines_of("[1]", "{}", yaml) == "document: 1 → {}\n");
  BOOST_TEST(lines_of(R"({"a":1})", R"({"a":1.0})", yaml) == "");
}

BOOST_AUTO_TEST_CASE(lines_are_paired_where_they_changed) {
  auto text = of(file_type::text);
  BOOST_TEST(lines_of(R"({"lines":["a","b","c"]})", R"({"lines":["a","x","c","d"]})", text) ==
             "lines[1]: b → x\n+ lines[3]: d\n");
  BOOST_TEST(lines_of(R"({"lines":["a","b"]})", R"({"lines":["b"]})", text) == "- lines[0]: a\n");
  BOOST_TEST(lines_of("{}", R"({"lines":["b"]})", text) == "+ lines[0]: b\n");
}

BOOST_AUTO_TEST_CASE(secrets_are_not_shown) {
  auto ini = of(file_type::ini);
  ini.secrets = {"auth"};
  auto all = lines_of(R"({"c":{"password":"p1","auth":"a1","user":"u1"}})",
                      R"({"c":{"password":"p2","auth":"a2","user":"u2"},"d":{"Db_Password":"p3"}})",
                      ini);
  BOOST_TEST(all == "c.password: ******** → ********\nc.auth: ******** → ********\n"
                    "c.user: u1 → u2\n+ d: {\"Db_Password\":\"********\"}\n");
  auto text = of(file_type::text);
  BOOST_TEST(lines_of(R"({"lines":["password = a"]})", R"({"lines":["password = b"]})", text) ==
             "lines[0]: ******** → ********\n");
}

BOOST_AUTO_TEST_CASE(a_summary_is_one_line) {
  auto ini = of(file_type::ini);
  auto x = compare(json::parse(R"({"a":{"p":"1","q":"1","r":"1","s":"1"}})"),
                   json::parse(R"({"a":{"p":"2","q":"2\n3","r":"2","s":"2"}})"),
                   ini);
  BOOST_TEST(x.total == 4u);
  BOOST_TEST(summary(x) == "a.p: 1 → 2; a.q: 1 → 2 3; a.r: 1 → 2; and 1 more");
  BOOST_TEST(summary(x, 0) == "4 differences");
  BOOST_TEST(summary({}) == "");
}

BOOST_AUTO_TEST_CASE(what_is_kept_is_bounded) {
  json a = json::object(), b = json::object();
  for (int i = 0; i < 1000; ++i) {
    a[std::to_string(i)] = std::string(5000, 'a');
    b[std::to_string(i)] = std::string(5000, 'b');
  }
  auto x = compare(a, b, of(file_type::yaml));
  BOOST_TEST(x.total == 1000u);
  BOOST_TEST(x.differences.size() == most_differences);
  BOOST_TEST(x.differences[0].before->get<std::string>().size() <= most_shown_bytes + 3);
  BOOST_TEST(summary(x).size() < 2000u);
}

BOOST_AUTO_TEST_CASE(deep_lists_that_differ_at_their_end_take_no_time) {
  auto deep = [](int x) {
    json out = x;
    for (int i = 0; i < 60; ++i)
      out = json::array({out, i});
    return out;
  };
  BOOST_TEST(compare(deep(1), deep(2), of(file_type::json)).total == 1u);
}

BOOST_AUTO_TEST_CASE(a_status_is_what_the_contract_calls_it) {
  auto ini = of(file_type::ini);
  auto expected = json::parse(R"({"a":{"x":"1"}})");
  auto same = status_of(expected, "# c\n[a]\nx=1\n", ini);
  BOOST_TEST(to_string(same.state) == "SYNCHRONIZED");
  BOOST_TEST(same.text() == "SYNCHRONIZED");
  auto other = status_of(expected, "[a]\nx=2\n", ini);
  BOOST_TEST(to_string(other.state) == "NOT SYNCHRONIZE");
  BOOST_TEST(other.text() == "a.x: 1 → 2");
  auto empty = status_of(expected, "", ini);
  BOOST_TEST(to_string(empty.state) == "NOT SYNCHRONIZE");
  auto broken = status_of(expected, "[a]\nx\n", ini);
  BOOST_TEST(to_string(broken.state) == "NOT SYNCHRONIZE");
  BOOST_TEST(broken.text() == "line 2: neither a section, an option with a value, nor a comment");
  auto gone = status_of(expected, std::nullopt, ini);
  BOOST_TEST(to_string(gone.state) == "NOT FOUND");
  sync_state state{};
  BOOST_TEST(from_text("NOT SYNCHRONIZE", state));
  BOOST_TEST((state == sync_state::not_synchronized));
  BOOST_TEST(!from_text("NOT SYNCHRONIZED", state));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace compare_test
