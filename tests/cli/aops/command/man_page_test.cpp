#include "cli/aops/command/man_page.hpp"
#include "cli/aops/text/files.hpp"
#include "tests/cli/aops/support/command_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace man_page_test {

using namespace aops;
using namespace aops::cli;

namespace {

/// As roff shows it.
std::string plain(std::string text) {
  for (const auto& [roff, shown] :
       std::initializer_list<std::pair<const char*, const char*>>{{"\\&", ""},
                                                                  {"\\-", "-"},
                                                                  {"\\(aq", "'"},
                                                                  {"\\(ga", "`"},
                                                                  {"\\(ha", "^"},
                                                                  {"\\(ti", "~"},
                                                                  {"\\e", "\\"}})
    for (size_t at = 0; (at = text.find(roff, at)) != text.npos;
         at += std::string_view{shown}.size())
      text.replace(at, std::string_view{roff}.size(), shown);
  return text;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_man_pages, tests::command_fixture)

BOOST_AUTO_TEST_CASE(a_page_says_what_the_help_says) {
  BOOST_TEST(run({"man", folder + "/man1"}) == 0, err.str());
  auto overview = plain(*read_file(folder + "/man1/aops.1"));
  for (const auto& v : verbs) {
    auto page = plain(*read_file(fmt::format("{}/man1/aops-{}.1", folder, v.name)));
    BOOST_TEST((overview.find(fmt::format("aops-{} (1)", v.name)) != overview.npos), v.name);
    BOOST_TEST((page.find(v.summary) != page.npos), v.name);
    for (const auto& o : all_options(v)) {
      BOOST_TEST((page.find(fmt::format("--{}\\fR", o.name)) != page.npos), o.name);
      BOOST_TEST((page.find(o.help) != page.npos), o.help);
    }
    for (const auto& x : v.actions)
      BOOST_TEST((page.find(fmt::format("\\fBaops {} {}\\fR", v.name, x.name)) != page.npos),
                 x.name);
  }
  auto files = std::filesystem::directory_iterator{folder + "/man1"};
  BOOST_TEST(static_cast<size_t>(std::distance(begin(files), end(files))) == verbs.size() + 1);
}

BOOST_AUTO_TEST_CASE(no_text_becomes_a_request_of_roff) {
  verb odd{.name = "odd",
           .summary = ".SH it's `a` back\\slash",
           .run = [](cli::session&) { return 0; },
           .examples = "  'quoted'\n  .dotted\n"};
  auto page = man_page(odd);
  BOOST_TEST((page.find("\\&.SH it\\(aqs \\(gaa\\(ga back\\eslash") != page.npos), page);
  BOOST_TEST((page.find("\n\\&\\(aqquoted\\(aq\n\\&.dotted\n") != page.npos), page);
}

BOOST_AUTO_TEST_CASE(pages_are_in_the_language_of_the_environment) {
  variables["LC_ALL"] = "zh_CN.UTF-8";
  BOOST_TEST(run({"man", folder + "/zh"}) == 0);
  BOOST_TEST((read_file(folder + "/zh/aops-group.1")->find("添加、修改、删除、列出主机组") !=
              std::string::npos));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace man_page_test
