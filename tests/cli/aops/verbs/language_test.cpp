#include "cli/aops/text/chinese.hpp"
#include "cli/aops/text/files.hpp"
#include "cli/aops/text/language.hpp"
#include "tests/cli/aops/support/command_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>
#include <set>

namespace language_test {

using namespace aops;
using namespace aops::cli;

namespace {

struct fixture : tests::command_fixture {
  ~fixture() { use_language(language::english); }
};

/// The text of string literals that stand one after the other, beginning at a quote.
std::string literal_at(const std::string& source, size_t at) {
  std::string text;
  while (at < source.size() && source[at] == '"') {
    for (++at; at < source.size() && source[at] != '"'; ++at) {
      if (source[at] != '\\') {
        text += source[at];
        continue;
      }
      ++at;
      text += source[at] == 'n' ? '\n' : source[at];
    }
    at = source.find_first_not_of(" \n", at + 1);
  }
  return text;
}

/// Every text that the sources hand to `tr` and `tr_later`, and where.
std::map<std::string, std::string> texts_of_sources() {
  static const std::regex call{R"(\btr(_later)?\(\s*")"};
  std::map<std::string, std::string> texts;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(std::string{AOPS_SOURCE_DIR} + "/cli/aops")) {
    auto path = entry.path().string();
    if (!path.ends_with(".cpp") && !path.ends_with(".hpp"))
      continue;
    auto source = *read_file(path);
    for (std::sregex_iterator it{source.begin(), source.end(), call}, end; it != end; ++it)
      texts.emplace(
        literal_at(source,
                   static_cast<size_t>(it->position()) + static_cast<size_t>(it->length()) - 1),
        path);
  }
  return texts;
}

std::map<std::string, std::string> texts_of_tables(const verb_list& verbs) {
  std::map<std::string, std::string> texts;
  for (const auto& v : verbs) {
    texts.emplace(v.summary, v.name);
    for (const auto& o : all_options(v))
      if (!o.help.empty())
        texts.emplace(o.help, v.name);
  }
  return texts;
}

/// What `session::missing` is told that there is none of.
const std::set<std::string> kinds = {"host",
                                     "group",
                                     "rule",
                                     "fault tree",
                                     "task",
                                     "running task",
                                     "report",
                                     "template",
                                     "package",
                                     "schedule",
                                     "silence",
                                     "account",
                                     "session",
                                     "token",
                                     "context"};

size_t places(std::string_view text) {
  size_t count = 0;
  for (size_t i = 0; i + 1 < text.size(); ++i)
    if (text[i] == '{' && text[i + 1] == '{')
      ++i;
    else
      count += text[i] == '{';
  return count;
}

bool has_letters(const std::string& text) {
  static const std::regex letters{R"(\{[^}]*\}|--\w+)"};
  auto rest = std::regex_replace(text, letters, "");
  return std::any_of(
    rest.begin(), rest.end(), [](unsigned char c) { return std::isalpha(c) != 0; });
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_language, fixture)

BOOST_AUTO_TEST_CASE(every_text_has_its_chinese_and_every_chinese_is_used) {
  auto texts = texts_of_sources();
  BOOST_TEST(texts.size() > 200u);
  for (const auto& [text, where] : texts_of_tables(verbs))
    texts.emplace(text, where);
  for (const auto& kind : kinds)
    texts.emplace(kind, "a kind of thing");
  std::set<std::string> known;
  for (auto all : {chinese_help(), chinese_messages()})
    for (const auto& x : all) {
      BOOST_TEST(known.emplace(x.english).second, fmt::format("twice: {}", x.english));
      BOOST_TEST(places(x.english) == places(x.chinese), x.english);
      BOOST_TEST(std::any_of(x.chinese.begin(), x.chinese.end(), [](char c) { return c < 0; }),
                 fmt::format("is no Chinese: {}", x.chinese));
      BOOST_TEST(texts.contains(std::string{x.english}), fmt::format("nobody uses: {}", x.english));
    }
  for (const auto& [text, where] : texts)
    if (has_letters(text))
      BOOST_TEST(known.contains(text), fmt::format("no Chinese for a text of {}: {}", where, text));
}

BOOST_AUTO_TEST_CASE(help_and_errors_speak_the_language_of_the_environment) {
  struct row {
    std::map<std::string, std::string> variables;
    bool is_chinese;
  };
  for (const auto& [given, is_chinese] :
       {row{{}, false},
        row{{{"LANG", "zh_CN.UTF-8"}}, true},
        row{{{"LANG", "zh_TW.utf8"}}, true},
        row{{{"LANG", "zh_CN.UTF-8"}, {"LC_ALL", "C"}}, false},
        row{{{"LANG", "C"}, {"LC_ALL", "zh_CN.UTF-8"}}, true},
        row{{{"LANG", "de_DE.UTF-8"}, {"LC_MESSAGES", "zh_CN.UTF-8"}}, true},
        row{{{"LANG", "zh_CN.GB18030"}}, false},
        row{{{"LANG", "C.UTF-8"}}, false}}) {
    for (const auto* name : {"LANG", "LC_ALL", "LC_MESSAGES"})
      variables.erase(name);
    for (const auto& [name, value] : given)
      variables[name] = value;
    BOOST_TEST(run({"group", "--help"}) == 0);
    BOOST_TEST(shown("添加、修改、删除、列出主机组") == is_chinese);
    BOOST_TEST(shown("Add, change, delete, list host groups") == !is_chinese);
    BOOST_TEST(run({"group", "--action", "query", "--host_grup", "x"}) == 2);
    BOOST_TEST(told("未知选项 --host_grup") == is_chinese);
    BOOST_TEST(told("unknown option --host_grup") == !is_chinese);
  }
}

BOOST_AUTO_TEST_CASE(what_programs_read_is_the_same_in_all_languages) {
  know_hosts();
  for (const auto& words : std::vector<std::vector<std::string>>{{"host", "list"},
                                                                 {"host", "--action", "query"},
                                                                 {"host", "list", "-o", "json"},
                                                                 {"host", "list", "-o", "table"},
                                                                 {"host", "list", "-o", "csv"}}) {
    variables.erase("LC_ALL");
    BOOST_TEST(run(words) == 0);
    auto english = out.str();
    variables["LC_ALL"] = "zh_CN.UTF-8";
    BOOST_TEST(run(words) == 0);
    BOOST_TEST(out.str() == english);
  }
}

BOOST_AUTO_TEST_CASE(values_may_change_their_order) {
  know_hosts();
  variables["LC_ALL"] = "zh_CN.UTF-8";
  node.answer("/check/series/get", {{"series", json::array()}});
  BOOST_TEST(run({"series", "wbe1"}) == 1);
  BOOST_TEST(told("没有名为 wbe1 的主机；是否想输入 web1？"), err.str());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace language_test
