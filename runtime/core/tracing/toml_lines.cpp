#include "runtime/core/tracing/toml_lines.hpp"

#include <algorithm>
#include <map>

namespace aops::tracing {

namespace {

bool is_key_part(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

class scanner {
public:
  explicit scanner(std::string_view text) : text_(text) {}

  expected<std::vector<toml_line>> run() {
    while (at_ < text_.size()) {
      auto begin = at_;
      skip_blanks();
      if (at_ >= text_.size())
        break;
      if (is_at('\n') || is_at('\r') || is_at('#')) {
        skip_line();
        continue;
      }
      toml_line x;
      x.begin = begin;
      if (!(is_at('[') ? header(x) : pair(x)))
        return fault_at(line_at(text_, at_), "no valid TOML");
      skip_line();
      x.end = at_;
      out_.push_back(std::move(x));
    }
    return std::move(out_);
  }

private:
  bool is_at(char c) const { return at_ < text_.size() && text_[at_] == c; }
  void skip_blanks() { at_ = std::min(text_.find_first_not_of(" \t", at_), text_.size()); }
  void skip_line() { at_ = std::min(text_.find('\n', at_), text_.size() - 1) + 1; }

  /// The parts of a key, and where the last one begins.
  bool key(std::vector<std::string>& parts, size_t& last) {
    for (;;) {
      skip_blanks();
      last = at_;
      if (is_at('"') || is_at('\'')) {
        auto end = toml_string_end(text_, at_);
        auto quoted = text_.substr(at_, end - at_);
        if (quoted.size() < 2 || quoted.back() != quoted.front())
          return false;
        if (quoted[0] == '\'') {
          parts.emplace_back(quoted.substr(1, quoted.size() - 2));
        } else {
          // Its escapes are those of JSON, but \U: such a key is read and not changed.
          auto name = json::parse(quoted, nullptr, false);
          parts.push_back(name.is_string() ? name.get<std::string>() : std::string{quoted});
        }
        at_ = end;
      } else {
        auto end = at_;
        while (end < text_.size() && is_key_part(text_[end]))
          ++end;
        if (end == at_)
          return false;
        parts.emplace_back(text_.substr(at_, end - at_));
        at_ = end;
      }
      skip_blanks();
      if (!is_at('.'))
        return true;
      ++at_;
    }
  }

  /// A path in which lists of tables stand for their last item.
  toml_path resolved(const toml_path& from, const std::vector<std::string>& parts) const {
    auto path = from;
    for (const auto& part : parts) {
      path.push_back({part, false, 0});
      if (auto found = counts_.find(spelled(path)); found != counts_.end())
        path.push_back({{}, true, found->second - 1});
    }
    return path;
  }

  static std::string spelled(const toml_path& path) {
    std::string out;
    for (const auto& x : path)
      out += x.is_index ? "\x1e" + std::to_string(x.index) : "\x1f" + x.name;
    return out;
  }

  bool header(toml_line& x) {
    x.kind = toml_line::what::header;
    ++at_;
    bool is_item = is_at('[');
    if (is_item)
      ++at_;
    std::vector<std::string> parts;
    if (!key(parts, x.last_part) || !is_at(']'))
      return false;
    if (is_item) {
      auto last = std::move(parts.back());
      parts.pop_back();
      x.path = resolved({}, parts);
      x.path.push_back({std::move(last), false, 0});
      auto index = counts_[spelled(x.path)]++;
      x.path.push_back({{}, true, index});
    } else {
      x.path = resolved({}, parts);
    }
    table_ = x.path;
    return true;
  }

  bool pair(toml_line& x) {
    std::vector<std::string> parts;
    if (!key(parts, x.last_part) || !is_at('='))
      return false;
    ++at_;
    skip_blanks();
    x.path = table_;
    for (auto& part : parts)
      x.path.push_back({std::move(part), false, 0});
    return value(x.value, 0);
  }

  void skip_space() {
    for (;;) {
      at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
      if (!is_at('#'))
        return;
      at_ = std::min(text_.find('\n', at_), text_.size());
    }
  }

  bool value(flow_node& x, size_t level) {
    x.begin = x.key_begin = at_;
    bool fine = at_ < text_.size() && level <= most_levels;
    if (fine && is_at('['))
      fine = list(x, level);
    else if (fine && is_at('{'))
      fine = skip_table();
    else if (is_at('"') || is_at('\''))
      at_ = toml_string_end(text_, at_);
    else {
      auto end = std::min(text_.find_first_of(",]}#\r\n", at_), text_.size());
      while (end > at_ && (text_[end - 1] == ' ' || text_[end - 1] == '\t'))
        --end;
      fine = fine && end > at_;
      at_ = end;
    }
    x.end = at_;
    return fine;
  }

  bool list(flow_node& x, size_t level) {
    x.what = flow_node::kind::list;
    ++at_;
    for (;;) {
      skip_space();
      if (is_at(']'))
        break;
      x.items.emplace_back();
      if (!value(x.items.back(), level + 1))
        return false;
      skip_space();
      if (is_at(','))
        ++at_;
      else if (!is_at(']'))
        return false;
    }
    ++at_;
    return true;
  }

  bool skip_table() {
    size_t depth = 0;
    for (; at_ < text_.size(); ++at_) {
      auto c = text_[at_];
      if (c == '"' || c == '\'')
        at_ = toml_string_end(text_, at_) - 1;
      else if (c == '#')
        at_ = std::min(text_.find('\n', at_), text_.size()) - 1;
      else if (c == '{' || c == '[')
        ++depth;
      else if ((c == '}' || c == ']') && --depth == 0) {
        ++at_;
        return true;
      }
    }
    return false;
  }

  std::string_view text_;
  size_t at_ = 0;
  toml_path table_;
  std::map<std::string, size_t> counts_; ///< Of the items of lists of tables.
  std::vector<toml_line> out_;
};

} // namespace

expected<std::vector<toml_line>> read_toml_lines(std::string_view text) {
  return scanner{text}.run();
}

size_t toml_string_end(std::string_view text, size_t begin) {
  auto quote = text[begin];
  std::string triple(3, quote);
  bool is_long = text.substr(begin).starts_with(triple);
  auto i = begin + (is_long ? 3 : 1);
  for (; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (is_long && text.substr(i).starts_with(triple)) {
      i += 3;
      // Up to two quotes may stand before the end.
      for (int extra = 0; extra < 2 && i < text.size() && text[i] == quote; ++extra)
        ++i;
      return i;
    } else if (!is_long && (text[i] == quote || text[i] == '\n')) {
      return i + 1;
    }
  }
  return text.size();
}

} // namespace aops::tracing
