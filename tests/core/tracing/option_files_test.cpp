#include "tests/core/tracing/helpers.hpp"

namespace option_files_test {

using namespace aops;
using namespace aops::tracing;
using namespace aops::tests;

BOOST_AUTO_TEST_SUITE(option_files)

BOOST_AUTO_TEST_CASE(ini_keeps_every_section_and_option) {
  BOOST_TEST(
    values_of("top=1\n\n[b]\nx = 1\n# c\n[a]\ny : 2\n; d\n[b]\nz=\n", file_type::ini).dump() ==
    R"({"":{"top":"1"},"b":{"x":"1","z":""},"a":{"y":"2"}})");
  BOOST_TEST(values_of("[a]\nx=1\nx=2\n[e]\n", file_type::ini).dump() ==
             R"({"a":{"x":["1","2"]},"e":{}})");
  BOOST_TEST(values_of("", file_type::ini).dump() == "{}");
  BOOST_TEST(values_of("\xEF\xBB\xBF[a]\r\nx = 1\r\n", file_type::ini).dump() ==
             R"({"a":{"x":"1"}})");
}

BOOST_AUTO_TEST_CASE(an_ini_value_goes_on_where_lines_are_indented_deeper) {
  BOOST_TEST(values_of("[a]\nx = 1\n  2\n # not this\n  3\ny=4\n", file_type::ini).dump() ==
             R"({"a":{"x":"1\n2\n3","y":"4"}})");
  // As in a file whose options are all indented.
  BOOST_TEST(values_of("[a]\n\tx = 1\n\ty = 2\n", file_type::ini).dump() ==
             R"({"a":{"x":"1","y":"2"}})");
}

BOOST_AUTO_TEST_CASE(lines_that_are_nothing_are_told) {
  BOOST_TEST(fault_of("[a]\nx=1\nword\n", file_type::ini) ==
             "line 3: neither a section, an option with a value, nor a comment");
  BOOST_TEST(fault_of("[a\n", file_type::ini) == "line 1: a section without `]` at its end");
  BOOST_TEST(fault_of("[]\n", file_type::ini) == "line 1: a section without a name");
  BOOST_TEST(fault_of("\n=1\n", file_type::ini) == "line 2: a value without an option");
  BOOST_TEST(fault_of("a b\n", file_type::key_value) ==
             "line 1: neither an option with a value nor a comment");
  BOOST_TEST(fault_of("Port\n", file_type::sshd) == "line 1: an option without a value");
}

BOOST_AUTO_TEST_CASE(ini_changes_only_what_differs) {
  std::string text = "# head\n[a]\nx=1\n\n# of y\ny = 2   \n[b]\nz=3\n";
  BOOST_TEST(applied(text, R"({"b":{"z":"3"},"a":{"y":"2","x":"1"}})", file_type::ini) == text);
  BOOST_TEST(applied(text, R"({"a":{"x":"1","y":"5"},"b":{"z":"3"}})", file_type::ini) ==
             "# head\n[a]\nx=1\n\n# of y\ny = 5   \n[b]\nz=3\n");
  BOOST_TEST(applied(text, R"({"a":{"x":"1","n":"7","y":"2"},"b":{"z":"3"}})", file_type::ini) ==
             "# head\n[a]\nx=1\nn=7\n\n# of y\ny = 2   \n[b]\nz=3\n");
  BOOST_TEST(applied(text, R"({"a":{"x":"1"},"c":{"q":"1"}})", file_type::ini) ==
             "# head\n[a]\nx=1\n\n# of y\n\n[c]\nq=1\n");
  BOOST_TEST(applied(text,
                     R"({"":{"t":"0"},"a":{"x":"1","y":"2"},"b":{"z":"3"}})",
                     file_type::ini) == "t=0\n" + text);
  BOOST_TEST(applied("[a]\r\nx = 1", R"({"a":{"x":"1","y":"2"}})", file_type::ini) ==
             "[a]\r\nx = 1\r\ny = 2\r\n");
}

BOOST_AUTO_TEST_CASE(options_that_stand_several_times_are_lists) {
  std::string text = "[a]\nx=1\n# two\nx=2\nx=3\n";
  BOOST_TEST(applied(text, R"({"a":{"x":["1","3"]}})", file_type::ini) == "[a]\nx=1\n# two\nx=3\n");
  BOOST_TEST(applied(text, R"({"a":{"x":["1","2","2b","3"]}})", file_type::ini) ==
             "[a]\nx=1\n# two\nx=2\nx=2b\nx=3\n");
  BOOST_TEST(applied(text, R"({"a":{"x":"1"}})", file_type::ini) == "[a]\nx=1\n# two\n");
  BOOST_TEST(applied(text, R"({"a":{"x":[]}})", file_type::ini) == "[a]\n# two\n");
}

BOOST_AUTO_TEST_CASE(a_value_of_several_lines_is_written_so) {
  std::string text = "[a]\nx = 1\n  # why\n  2\ny = 3\n";
  BOOST_TEST(applied(text, R"({"a":{"x":"1\n4","y":"3"}})", file_type::ini) ==
             "[a]\nx = 1\n    4\n  # why\ny = 3\n");
  BOOST_TEST(applied(text, R"({"a":{"y":"3"}})", file_type::ini) == "[a]\n  # why\ny = 3\n");
}

BOOST_AUTO_TEST_CASE(no_value_can_say_more_than_a_value) {
  for (const char* values : {R"({"a":{"x":"1\ny = 2"}})",
                             R"({"a":{"x":"1\n[b]"}})",
                             R"({"a":{"x\ny":"1"}})",
                             R"({"a":{"x":" 1"}})",
                             R"({"a]\n[b":{"x":"1"}})",
                             R"({"a":{"#x":"1"}})",
                             R"({"a":{"":"1"}})",
                             R"({"a":{"x=y":"1"}})",
                             R"({"a":{"x":{"y":"1"}}})",
                             R"({"a":"x"})",
                             R"(["a"])"}) {
    auto x = apply("[a]\nx=0\n", json::parse(values), syntax_of(file_type::ini));
    // A second line that is indented is the value's own.
    if (x)
      BOOST_TEST(values_of(*x, file_type::ini) == json::parse(values));
    else
      BOOST_TEST((x.error() == ec::bad_request));
  }
  auto x = print(json::parse(R"({"":{"PermitRootLogin":"no\nPermitEmptyPasswords yes"}})"),
                 syntax_of(file_type::sshd));
  BOOST_TEST(!x);
}

BOOST_AUTO_TEST_CASE(comments_behind_values_stay) {
  auto how = syntax_of(file_type::ini);
  how.inline_comments = true;
  BOOST_TEST(values_of("[a] ; s\nx = 1 # one\ny = \"a # b\" # c\nz = it's # d\n", how).dump() ==
             R"({"a":{"x":"1","y":"\"a # b\"","z":"it's"}})");
  BOOST_TEST(applied("[a]\nx = 1   # one\n", R"({"a":{"x":"22"}})", how) ==
             "[a]\nx = 22   # one\n");
}

BOOST_AUTO_TEST_CASE(options_may_be_bare) {
  auto how = syntax_of(file_type::ini);
  how.bare_options = true;
  BOOST_TEST(values_of("[a]\nquick\nx=\n", how).dump() == R"({"a":{"quick":null,"x":""}})");
  BOOST_TEST(applied("[a]\nquick\nx=\n", R"({"a":{"quick":"1","x":null,"n":null}})", how) ==
             "[a]\nquick=1\nx\nn\n");
}

BOOST_AUTO_TEST_CASE(the_spacer_is_that_of_the_file) {
  auto how = syntax_of(file_type::key_value);
  BOOST_TEST(applied("a = 1\n", R"({"":{"a":"1","b":"2"}})", how) == "a = 1\nb = 2\n");
  BOOST_TEST(*print(json::parse(R"({"":{"b":"2"}})"), how) == "b=2\n");
  how.spacer = " ";
  BOOST_TEST(values_of("a   1 2\n", how).dump() == R"({"":{"a":"1 2"}})");
  BOOST_TEST(applied("a   1\n", R"({"":{"a":"1","b":"2"}})", how) == "a   1\nb 2\n");
  how.spacer = ":";
  BOOST_TEST(values_of("a: x=1\n", how).dump() == R"({"":{"a":"x=1"}})");
  BOOST_TEST(applied("", R"({"":{"b":"2"}})", how) == "b: 2\n");
}

BOOST_AUTO_TEST_CASE(lines_may_go_on_behind_a_backslash) {
  auto how = syntax_of(file_type::key_value);
  how.continuation = continued_by::backslash;
  std::string text = "a = 1 \\\n    2\nb = 3\n";
  BOOST_TEST(values_of(text, how).dump() == R"({"":{"a":"1 2","b":"3"}})");
  BOOST_TEST(applied(text, R"({"":{"a":"1 2","b":"4"}})", how) == "a = 1 \\\n    2\nb = 4\n");
  BOOST_TEST(applied(text, R"({"":{"a":"9","b":"3"}})", how) == "a = 9\nb = 3\n");
}

BOOST_AUTO_TEST_CASE(a_backslash_needs_something_to_join) {
  auto how = syntax_of(file_type::key_value);
  how.continuation = continued_by::backslash;
  BOOST_TEST(fault_of("a=1\n   \\\n", how) ==
             "line 2: neither an option with a value nor a comment");
  BOOST_TEST(fault_of("a=1\n   \\\n\n", how) == "line 2: a line that only goes on");
  BOOST_TEST(fault_of("\\\n\\\nb=1\n", how) == "line 1: a line that only goes on");
  std::string text = "a \\\nb = 1\nc = 2\n";
  BOOST_TEST(values_of(text, how).dump() == R"({"":{"a b":"1","c":"2"}})");
  BOOST_TEST(applied(text, R"({"":{"c":"2"}})", how) == "c = 2\n");
}

BOOST_AUTO_TEST_CASE(sshd_reads_blocks_of_matches_as_sections) {
  std::string text = "Port 22\nPermitRootLogin=no\nport 23\n"
                     "Match  User   git\n  X11Forwarding no # here\nmatch all\n  UsePAM yes\n";
  BOOST_TEST(values_of(text, file_type::sshd).dump() ==
             R"({"":{"Port":["22","23"],"PermitRootLogin":"no"},)"
             R"("Match User git":{"X11Forwarding":"no"},"Match all":{"UsePAM":"yes"}})");
  // Names in any case are the same option; what is new stands before the blocks.
  BOOST_TEST(
    applied(
      text,
      R"({"":{"PORT":"22","permitrootlogin":"yes","UsePAM":"no"},)"
      R"("Match User git":{"X11Forwarding":"yes","Banner":"none"},"Match User ci":{"PermitTTY":"no"}})",
      file_type::sshd) == "Port 22\nPermitRootLogin=yes\nUsePAM no\n"
                          "Match  User   git\n  X11Forwarding yes # here\n  Banner none\n\nMatch "
                          "User ci\n    PermitTTY no\n");
}

BOOST_AUTO_TEST_CASE(an_option_stands_where_it_was_commented_out) {
  BOOST_TEST(applied("#Port 22\n#PermitRootLogin prohibit-password\nUsePAM yes\n",
                     R"({"":{"UsePAM":"yes","PermitRootLogin":"no"}})",
                     file_type::sshd) ==
             "#Port 22\n#PermitRootLogin prohibit-password\nPermitRootLogin no\nUsePAM yes\n");
}

BOOST_AUTO_TEST_CASE(lines_are_those_of_the_file) {
  auto x = parse("\n[a]\n\nx=1\n", syntax_of(file_type::ini));
  BOOST_REQUIRE(x);
  BOOST_TEST(x->line_of("a") == 2u);
  BOOST_TEST(x->line_of("a", "x") == 4u);
  BOOST_TEST(x->line_of("b") == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(table_files)

namespace {

syntax mounts() {
  auto how = syntax_of(file_type::table);
  how.columns = {"device", "mount", "type", "options"};
  how.key = "mount";
  return how;
}

} // namespace

BOOST_AUTO_TEST_CASE(rows_are_sections) {
  BOOST_TEST(values_of("# c\n/dev/a  /  ext4\tdefaults # d\n\n/dev/b none swap\n/dev/c none swap\n",
                       mounts())
               .dump() ==
             R"({"/":{"device":"/dev/a","type":"ext4","options":"defaults"},)"
             R"("none":[{"device":"/dev/b","type":"swap"},{"device":"/dev/c","type":"swap"}]})");
  BOOST_TEST(fault_of("a b c d e\n", mounts()) == "line 1: more than 4 columns");
  BOOST_TEST(fault_of("\na\n", mounts()) == "line 2: the column `mount` is missing");
}

BOOST_AUTO_TEST_CASE(cells_change_where_they_stand) {
  std::string text = "# c\n/dev/a   /     ext4   defaults  # root\n/dev/b   /srv  xfs    ro\n";
  BOOST_TEST(applied(text,
                     R"({"/":{"device":"/dev/a","type":"ext4","options":"noatime"},)"
                     R"("/srv":{"device":"/dev/b","type":"xfs","options":"ro"}})",
                     mounts()) ==
             "# c\n/dev/a   /     ext4   noatime  # root\n/dev/b   /srv  xfs    ro\n");
  BOOST_TEST(applied(text,
                     R"({"/":{"device":"/dev/a","type":"ext4","options":"defaults"},)"
                     R"("/x":{"device":"d","type":"t"}})",
                     mounts()) == "# c\n/dev/a   /     ext4   defaults  # root\nd\t/x\tt\n");
  BOOST_TEST(!apply(text, json::parse(R"({"/":{"device":"a b","type":"t"}})"), mounts()));
  BOOST_TEST(!apply(text, json::parse(R"({"/":{"device":"a","colour":"t"}})"), mounts()));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(text_files)

BOOST_AUTO_TEST_CASE(lines_are_a_list) {
  BOOST_TEST(values_of("a\n\n b\r\nc", file_type::text).dump() == R"({"lines":["a",""," b","c"]})");
  BOOST_TEST(values_of("", file_type::text).dump() == "{}");
  BOOST_TEST(applied("a\nb\nc", R"({"lines":["a","x","c"]})", file_type::text) == "a\nx\nc");
  BOOST_TEST(applied("a\nc", R"({"lines":["a","c","d"]})", file_type::text) == "a\nc\nd\n");
  BOOST_TEST(applied("a\nc", R"({"lines":["a"]})", file_type::text) == "a\n");
  BOOST_TEST(applied("a\n", "{}", file_type::text) == "");
  BOOST_TEST(!apply("a\n", json::parse(R"({"lines":["a\nb"]})"), syntax_of(file_type::text)));
}

BOOST_AUTO_TEST_CASE(comments_may_not_count) {
  auto how = syntax_of(file_type::text);
  how.comments = {"#"};
  how.not_comments = {"#include"};
  how.trim = true;
  std::string text = "# a\nuser x;\n\n{\n    one;  \n    # two\n    #include y\n}\n";
  BOOST_TEST(values_of(text, how).dump() == R"({"lines":["user x;","{","one;","#include y","}"]})");
  BOOST_TEST(applied(text, R"({"lines":["user x;","{","one;","more;","}"]})", how) ==
             "# a\nuser x;\n\n{\n    one;  \n    # two\n    more;\n}\n");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace option_files_test
