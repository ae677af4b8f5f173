#include "runtime/core/tracing/compare.hpp"
#include "tests/core/tracing/helpers.hpp"

namespace hostile_test {

using namespace aops;
using namespace aops::tracing;
using namespace aops::tests;

namespace {

constexpr file_type all_types[] = {file_type::ini,
                                   file_type::key_value,
                                   file_type::json,
                                   file_type::toml,
                                   file_type::yaml,
                                   file_type::xml,
                                   file_type::sshd,
                                   file_type::table,
                                   file_type::text};

std::string repeated(std::string_view text, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i)
    out += text;
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(hostile_files)

BOOST_AUTO_TEST_CASE(what_is_no_text_is_told_by_line) {
  using namespace std::string_literals;
  for (auto type : all_types) {
    BOOST_TEST(fault_of("a=1\nb\0=1\n"s, type) == "line 2: holds NUL");
    BOOST_TEST(fault_of("a=1\n\n\xC3(\n", type) == "line 3: is no UTF-8");
    BOOST_TEST(fault_of("\xED\xA0\x80", type) == "line 1: is no UTF-8");
    BOOST_TEST(fault_of("\xC0\x80", type) == "line 1: is no UTF-8");
    BOOST_TEST(fault_of("a\xF4\x90\x80\x80", type) == "line 1: is no UTF-8");
    BOOST_TEST(fault_of("a\xE2\x82", type) == "line 1: is no UTF-8");
  }
}

BOOST_AUTO_TEST_CASE(what_is_too_much_is_refused) {
  for (auto type : all_types) {
    BOOST_TEST(fault_of(std::string(most_file_bytes + 1, ' '), type) ==
               "line 1: a file of more than 1048576 bytes");
    BOOST_TEST(fault_of(std::string(most_lines + 1, '\n'), type) ==
               "line 100001: more than 100000 lines");
  }
  BOOST_TEST(fault_of(std::string(65, '['), file_type::json) ==
             "line 1: nested deeper than 64 levels");
  BOOST_TEST(fault_of(repeated("{\"a\":", 500'00), file_type::json) ==
             "line 1: nested deeper than 64 levels");
  BOOST_TEST(fault_of("[" + repeated("1,", 200'000) + "1]", file_type::json) ==
             "line 1: more than 100000 values");
  BOOST_TEST(fault_of("a = " + std::string(100'000, '['), file_type::toml) ==
             "line 1: nested deeper than 64 levels");
  BOOST_TEST(fault_of("\n" + repeated("a.", 100'000) + "a = 1", file_type::toml) ==
             "line 2: a key of more than 32 parts");
  BOOST_TEST(fault_of("a = " + repeated("{b.c.d=", 100), file_type::toml) ==
             "line 1: nested deeper than 64 levels");
  BOOST_TEST(fault_of(repeated("<a>", 100'000), file_type::xml) ==
             "line 1: nested deeper than 64 levels");
  BOOST_TEST(fault_of("<a>" + repeated("<b/>", 150'000) + "</a>", file_type::xml) ==
             "line 1: more than 100000 values");
  BOOST_TEST(fault_of(repeated("[", 10'000), file_type::yaml).starts_with("line 1: "));
  BOOST_TEST(fault_of(repeated("- ", 10'000), file_type::yaml).starts_with("line 1: "));
  BOOST_TEST(fault_of(std::string(2000, 'a') + "=1", file_type::ini) ==
             "line 1: the name of an option is too long");
  BOOST_TEST(fault_of("[" + std::string(2000, 'a') + "]", file_type::ini) ==
             "line 1: the name of a section is too long");
}

BOOST_AUTO_TEST_CASE(little_does_not_become_much) {
  std::string yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    auto before = "*a" + std::to_string(i - 1), name = "a" + std::to_string(i);
    yaml += name + ": &" + name + " [" + repeated(before + ", ", 9) + before + "]\n";
  }
  auto fault = fault_of(yaml, file_type::yaml);
  BOOST_TEST(fault.starts_with("line "));
  BOOST_TEST(fault.find("more than") != std::string::npos);
  BOOST_TEST(fault_of("a: &a [*a]\n", file_type::yaml).starts_with("line 1: "));
}

BOOST_AUTO_TEST_CASE(a_fault_does_not_repeat_the_file) {
  for (auto type :
       {file_type::ini, file_type::json, file_type::xml, file_type::toml, file_type::sshd}) {
    auto fault = fault_of("[\"hunter2\n hunter2 ' <hunter2", type);
    BOOST_TEST(fault.find("hunter2") == std::string::npos, fault);
  }
}

BOOST_AUTO_TEST_CASE(large_files_are_changed_in_time) {
  // Each of these is quadratic where something is searched one by one.
  std::string ini, table, toml, xml = "<r>\n";
  constexpr int count = 20'000;
  for (int i = 0; i < count; ++i) {
    auto n = std::to_string(i);
    ini += "[s" + n + "]\nx=1\n";
    table += "k" + n + " v\n";
    toml += "k" + n + " = 1\n";
    xml += "<k" + n + "/>\n";
  }
  xml += "</r>\n";
  auto check = [&](const std::string& text, file_type type) {
    auto how = syntax_of(type);
    auto all = values_of(text, how);
    auto emptied = type == file_type::xml ? json::parse(R"({"r":""})") : json::object();
    auto x = apply(text, emptied, how);
    BOOST_REQUIRE(x);
    auto back = apply(*x, all, how);
    BOOST_REQUIRE_MESSAGE(back.has_value(), to_string(type));
    BOOST_TEST(values_of(*back, how).size() == all.size());
  };
  check(ini, file_type::ini);
  check(table, file_type::table);
  check(toml, file_type::toml);
  check(xml, file_type::xml);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace hostile_test
