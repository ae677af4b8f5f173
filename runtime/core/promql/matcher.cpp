#include "runtime/core/promql/matcher.hpp"

#include <algorithm>
#include <re2/re2.h>

namespace aops::promql {

std::shared_ptr<const re2::RE2> anchored(std::string_view pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  options.set_max_mem(1 << 20); // A query may bring many.
  // Alone first: `a)(b` is none, though in brackets it is one.
  if (re2::RE2 alone(re2::StringPiece(pattern.data(), pattern.size()), options); !alone.ok())
    return nullptr;
  auto whole = std::make_shared<const re2::RE2>("^(?s:" + std::string(pattern) + ")$", options);
  return whole->ok() ? whole : nullptr;
}

expected<matcher> matcher::make(match_kind kind, std::string name, std::string value) {
  matcher m;
  m.kind_ = kind;
  m.name_ = std::move(name);
  m.value_ = std::move(value);
  if (kind == match_kind::regex || kind == match_kind::not_regex) {
    m.regex_ = anchored(m.value_);
    if (!m.regex_)
      return fail(ec::bad_request, "invalid regular expression " + in_quotes(m.value_));
  }
  return m;
}

bool matcher::matches(std::string_view value) const {
  switch (kind_) {
  case match_kind::equal:
    return value == value_;
  case match_kind::not_equal:
    return value != value_;
  case match_kind::regex:
  case match_kind::not_regex:
    break;
  }
  bool fits = re2::RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *regex_);
  return fits == (kind_ == match_kind::regex);
}

std::string matcher::to_string() const {
  static constexpr std::string_view signs[] = {"=", "!=", "=~", "!~"};
  return name_ + std::string(signs[static_cast<size_t>(kind_)]) + in_quotes(value_);
}

bool matches(const std::vector<matcher>& all, const labels& x) {
  return std::all_of(
    all.begin(), all.end(), [&](const auto& m) { return m.matches(value_of(x, m.name())); });
}

} // namespace aops::promql
