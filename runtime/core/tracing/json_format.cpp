#include "runtime/core/tracing/flow_tree.hpp"
#include "runtime/core/tracing/formats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

namespace aops::tracing {

namespace {

/// Reads JSON with its places. With `//` among the comments of the syntax, comments as in C++ may
/// stand between the parts.
class scanner {
public:
  scanner(std::string_view text, const syntax& how)
      : text_(text), has_comments_(std::find(how.comments.begin(), how.comments.end(), "//") !=
                                   how.comments.end()) {}

  expected<flow_node> run() {
    flow_node root;
    if (auto fine = skip(); !fine)
      return fail(std::move(fine.error()));
    root.key_begin = at_;
    if (auto fine = value(root, 1); !fine)
      return fail(std::move(fine.error()));
    if (auto fine = skip(); !fine)
      return fail(std::move(fine.error()));
    if (at_ < text_.size())
      return wrong("something follows the document");
    return root;
  }

private:
  tl::unexpected<error> wrong(std::string_view why) const {
    return fault_at(line_at(text_, at_), why);
  }

  bool is_at(char c) const { return at_ < text_.size() && text_[at_] == c; }

  expected<void> skip() {
    for (;;) {
      at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
      auto rest = text_.substr(at_);
      if (!has_comments_)
        return {};
      if (rest.starts_with("//")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (rest.starts_with("/*")) {
        auto end = text_.find("*/", at_ + 2);
        if (end == text_.npos)
          return wrong("a comment without an end");
        at_ = end + 2;
      } else {
        return {};
      }
    }
  }

  expected<void> value(flow_node& x, size_t level) {
    if (level > most_levels)
      return wrong(fmt::format("nested deeper than {} levels", most_levels));
    if (++count_ > most_values)
      return wrong(fmt::format("more than {} values", most_values));
    x.begin = at_;
    auto fine = is_at('{')   ? object(x, level)
                : is_at('[') ? list(x, level)
                : is_at('"') ? text(x.value)
                             : word(x.value);
    x.end = at_;
    return fine;
  }

  expected<void> text(json& to) {
    auto begin = at_;
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (static_cast<unsigned char>(text_[at_]) < 0x20)
        return wrong("a text with a control character");
      if (text_[at_] == '\\')
        ++at_;
    }
    if (at_ >= text_.size()) {
      at_ = begin;
      return wrong("a text without an end");
    }
    ++at_;
    return leaf(begin, to);
  }

  expected<void> word(json& to) {
    auto begin = at_;
    while (at_ < text_.size() &&
           std::string_view{",]}: \t\r\n\"/"}.find(text_[at_]) == std::string_view::npos)
      ++at_;
    if (at_ == begin)
      return wrong("a value is missing");
    return leaf(begin, to);
  }

  /// The library reads what has no parts.
  expected<void> leaf(size_t begin, json& to) {
    auto token = text_.substr(begin, at_ - begin);
    bool is_leaf = !token.empty() && token[0] != '[' && token[0] != '{';
    to = is_leaf ? json::parse(token, nullptr, false) : json(json::value_t::discarded);
    if (!to.is_discarded())
      return {};
    at_ = begin;
    return wrong("no valid value");
  }

  expected<void> object(flow_node& x, size_t level) {
    x.what = flow_node::kind::object;
    std::unordered_set<std::string> seen;
    return items(x, '}', [&](flow_node& item) -> expected<void> {
      if (!is_at('"'))
        return wrong("a name in quotes is missing");
      item.key_begin = at_;
      json key;
      if (auto fine = text(key); !fine)
        return fine;
      item.key = key.get<std::string>();
      if (item.key.size() > most_name_bytes)
        return wrong("a name is too long");
      if (!seen.insert(item.key).second)
        return wrong("a name stands twice in one object");
      if (auto fine = skip(); !fine)
        return fine;
      if (!is_at(':'))
        return wrong("`:` is missing");
      ++at_;
      if (auto fine = skip(); !fine)
        return fine;
      return value(item, level + 1);
    });
  }

  expected<void> list(flow_node& x, size_t level) {
    x.what = flow_node::kind::list;
    return items(x, ']', [&](flow_node& item) -> expected<void> {
      item.key_begin = at_;
      return value(item, level + 1);
    });
  }

  template <class Read>
  expected<void> items(flow_node& x, char close, Read read) {
    ++at_;
    if (auto fine = skip(); !fine)
      return fine;
    while (!is_at(close)) {
      x.items.emplace_back();
      if (auto fine = read(x.items.back()); !fine)
        return fine;
      if (auto fine = skip(); !fine)
        return fine;
      if (is_at(close))
        break;
      if (!is_at(','))
        return wrong(close == '}' ? "`,` or `}` is missing" : "`,` or `]` is missing");
      ++at_;
      if (auto fine = skip(); !fine)
        return fine;
      if (is_at(close))
        return wrong("a value is missing");
    }
    ++at_;
    return {};
  }

  std::string_view text_;
  bool has_comments_;
  size_t at_ = 0, count_ = 0;
};

bool is_empty(std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

expected<reading> read(std::string_view text, const syntax& how) {
  reading out;
  if (is_empty(text))
    return out;
  auto root = scanner{text, how}.run();
  if (!root)
    return fail(std::move(root.error()));
  // Lines are counted on from the member before.
  size_t counted = 0, line = 1;
  auto line_of = [&](const flow_node& x) {
    line += static_cast<size_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(counted),
                                           text.begin() + static_cast<std::ptrdiff_t>(x.key_begin),
                                           '\n'));
    counted = x.key_begin;
    return line;
  };
  if (root->what == flow_node::kind::object)
    for (const auto& section : root->items) {
      note_line(out, section.key, line_of(section));
      if (section.what == flow_node::kind::object)
        for (const auto& option : section.items)
          note_line(out, section.key, option.key, line_of(option));
    }
  out.values = value_of(*root);
  return out;
}

/// With other indentation and ends of lines than the library's.
std::string
spelled(const json& x, std::string_view indent, std::string_view unit, std::string_view newline) {
  bool is_tab = unit == "\t";
  auto width = unit.empty() ? -1 : static_cast<int>(unit.size());
  auto text = x.dump(width, is_tab ? '\t' : ' ', false, json::error_handler_t::replace);
  std::string out;
  for (auto c : text) {
    if (c == '\n')
      out.append(newline).append(indent);
    else
      out += c;
  }
  return out;
}

expected<std::string> write(std::string_view text, const json& values, const syntax& how) {
  if (is_empty(text))
    return to_json_text(values);
  auto root = scanner{text, how}.run();
  if (!root)
    return fail(std::move(root.error()));
  auto newline = newline_of(text);
  flow_style style{[&](const json& x, std::string_view indent, std::string_view unit) {
                     return spelled(x, indent, unit, newline);
                   },
                   [&](const std::string& name) {
                     return json(name).dump(-1, ' ', false, json::error_handler_t::replace) + ": ";
                   }};
  changes edits;
  change_flow(text, *root, values, how, style, edits);
  return edits.applied_to(text);
}

} // namespace

const format json_format{read, write};

} // namespace aops::tracing
