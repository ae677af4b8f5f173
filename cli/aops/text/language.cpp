#include "cli/aops/text/language.hpp"

#include "cli/aops/text/chinese.hpp"
#include "cli/aops/text/text.hpp"

#include <atomic>
#include <unordered_map>

namespace aops::cli {

namespace {

std::atomic<language> in_use{language::english};

std::string_view chinese_of(std::string_view english) {
  static const auto all = [] {
    std::unordered_map<std::string_view, std::string_view> texts;
    for (auto all : {chinese_help(), chinese_messages()})
      for (const auto& x : all)
        texts.emplace(x.english, x.chinese);
    return texts;
  }();
  auto found = all.find(english);
  return found == all.end() ? english : found->second;
}

} // namespace

language language_of(const environment& env) {
  for (const auto* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    auto value = env(name);
    if (!value || value->empty())
      continue;
    auto locale = lower_case(*value);
    auto dot = locale.find('.');
    auto encoding = dot == locale.npos ? std::string{} : locale.substr(dot + 1);
    encoding = encoding.substr(0, encoding.find('@'));
    bool is_utf8 = encoding.empty() || encoding == "utf-8" || encoding == "utf8";
    return locale.starts_with("zh") && is_utf8 ? language::chinese : language::english;
  }
  return language::english;
}

void use_language(language which) { in_use = which; }

std::string_view translated(std::string_view english) {
  return in_use == language::chinese ? chinese_of(english) : english;
}

} // namespace aops::cli
