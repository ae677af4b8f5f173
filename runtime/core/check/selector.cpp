#include "runtime/core/check/selector.hpp"

#include <fmt/format.h>

#include <re2/re2.h>

namespace aops::check {

expected<std::shared_ptr<const selector>>
selector::compile(const std::map<std::string, std::string>& match) {
  re2::RE2::Options options;
  options.set_max_mem(largest_pattern);
  options.set_log_errors(false);
  auto result = std::make_shared<selector>();
  result->text_ = match;
  for (const auto& [label, text] : match) {
    matcher m;
    m.label = label;
    std::string_view rest = text;
    m.is_negated = rest.starts_with('!') && rest.size() > 1 && (rest[1] == '=' || rest[1] == '~');
    bool is_pattern = rest.starts_with("=~") || rest.starts_with("!~");
    rest.remove_prefix(is_pattern || m.is_negated ? 2 : rest.starts_with('=') ? 1 : 0);
    if (is_pattern) {
      auto pattern =
        std::make_shared<re2::RE2>(re2::StringPiece(rest.data(), rest.size()), options);
      if (!pattern->ok())
        return fail(ec::bad_request, fmt::format("{}: {}", label, pattern->error()));
      m.pattern = std::move(pattern);
    } else {
      m.value = rest;
    }
    result->matchers_.push_back(std::move(m));
  }
  return result;
}

bool selector::matches(const label_set& labels) const {
  static const std::string absent;
  for (const auto& m : matchers_) {
    auto found = labels.find(m.label);
    const auto& value = found == labels.end() ? absent : found->second;
    bool fits = m.pattern ? re2::RE2::FullMatch(value, *m.pattern) : value == m.value;
    if (fits == m.is_negated)
      return false;
  }
  return true;
}

} // namespace aops::check
