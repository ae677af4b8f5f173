#include "runtime/core/logs/line_query_node.hpp"
#include "runtime/core/logs/words.hpp"

#include <algorithm>

namespace aops::logs {

namespace {

using condition_kind = line_condition::kind;

line_condition anything_may_match() {
  line_condition out;
  out.is_exact = false;
  return out;
}

/// Whether a text is one word by itself, which is indexed as it stands.
bool is_whole_word(std::string_view text) {
  auto is_of_it = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '_';
  };
  return !text.empty() && text.size() < most_word && text.front() != '_' &&
         std::all_of(text.begin(), text.end(), is_of_it);
}

line_condition words_condition(const line_query::node& x) {
  std::vector<line_condition> words;
  lookup_words(x.text, [&](std::string_view word) {
    auto& one = words.emplace_back();
    one.what = condition_kind::word;
    one.text = word;
  });
  if (words.empty())
    return anything_may_match();
  if (x.may_go_on)
    words.back().what = condition_kind::prefix;
  line_condition out;
  if (words.size() == 1) {
    out = std::move(words.front());
  } else {
    out.what = condition_kind::all;
    out.parts = std::move(words);
  }
  out.is_exact = x.where == line_query::node::field::any && is_whole_word(x.text);
  return out;
}

line_condition term_condition(const line_query::node& x) {
  using field = line_query::node::field;
  line_condition out;
  switch (x.where) {
  case field::severity:
    out.what = condition_kind::severity;
    out.low = x.worst;
    out.high = x.mildest;
    return out;
  case field::facility:
    out.what = condition_kind::facility;
    out.low = x.number;
    return out;
  case field::pid:
    out.what = condition_kind::pid;
    out.text = x.text;
    return out;
  case field::host:
    out.what = condition_kind::host;
    out.text = x.text;
    out.may_go_on = x.may_go_on;
    return out;
  default:
    return words_condition(x);
  }
}

line_condition condition_of(const line_query::node& x) {
  using kind = line_query::node::kind;
  if (x.what == kind::term)
    return term_condition(x);
  line_condition out;
  if (x.what == kind::not_) {
    auto inner = condition_of(x.parts.front());
    if (!inner.is_exact) // Some that meet it do not match, and are wanted.
      return anything_may_match();
    out.what = condition_kind::none;
    out.parts.push_back(std::move(inner));
    return out;
  }
  out.what = x.what == kind::all ? condition_kind::all : condition_kind::any;
  for (const auto& part : x.parts) {
    auto one = condition_of(part);
    out.is_exact = out.is_exact && one.is_exact;
    if (one.what != condition_kind::everything)
      out.parts.push_back(std::move(one));
    else if (x.what == kind::any)
      return one;
  }
  if (out.parts.empty())
    return anything_may_match();
  return out;
}

} // namespace

line_condition line_query::condition() const {
  return root_ ? condition_of(*root_) : line_condition{};
}

} // namespace aops::logs
