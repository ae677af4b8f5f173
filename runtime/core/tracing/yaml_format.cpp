#include "runtime/base/yaml.hpp"
#include "runtime/core/tracing/formats.hpp"
#include "runtime/core/tracing/yaml_text.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

namespace aops::tracing {

namespace {

/// Whether there is nothing but comments and empty lines.
bool is_empty(std::string_view text) {
  auto lines = source_lines(text);
  return std::all_of(lines.begin(), lines.end(), [&](const source_line& x) {
    auto words = trimmed(text.substr(x.begin, x.stop - x.begin));
    return words.empty() || words[0] == '#';
  });
}

/// `line 3, column 5: reason` of the reader, in the words of here.
tl::unexpected<error> translated(const std::string& detail) {
  constexpr std::string_view mark = "line ";
  std::string_view text = detail;
  size_t line = 1;
  auto at = text.find(mark);
  if (at != text.npos)
    std::from_chars(text.data() + at + mark.size(), text.data() + text.size(), line);
  auto why = text.find(": ", at == text.npos ? 0 : at);
  if (at == text.npos || why == text.npos)
    return fault_at(1, text);
  bool is_syntax = text.starts_with("no valid YAML");
  return fault_at(std::max<size_t>(line, 1),
                  is_syntax ? fmt::format("no valid YAML: {}", text.substr(why + 2))
                            : std::string{text.substr(why + 2)});
}

/// Counts what aliases repeat each time, and ends with the first that is too much.
class bounds {
public:
  expected<void> check(const YAML::Node& x, size_t level) {
    line_ = std::max(line_, static_cast<size_t>(x.Mark().line) + 1);
    if (level > most_levels)
      return fault_at(line_, fmt::format("nested deeper than {} levels", most_levels));
    if (++count_ > most_values)
      return fault_at(line_, fmt::format("more than {} values", most_values));
    if (x.IsSequence()) {
      for (const auto& item : x)
        if (auto fine = check(item, level + 1); !fine)
          return fine;
    } else if (x.IsMap()) {
      for (const auto& member : x) {
        if (!member.first.IsScalar())
          return fault_at(static_cast<size_t>(member.first.Mark().line) + 1, "a key is no text");
        if (member.first.Scalar().size() > most_name_bytes)
          return fault_at(static_cast<size_t>(member.first.Mark().line) + 1, "a name is too long");
        if (auto fine = check(member.second, level + 1); !fine)
          return fine;
      }
    }
    return {};
  }

private:
  size_t count_ = 0, line_ = 1;
};

void note_lines(reading& to, const YAML::Node& root) {
  if (!root.IsMap())
    return;
  auto line_of = [](const YAML::Node& x) { return static_cast<size_t>(x.Mark().line) + 1; };
  for (const auto& section : root) {
    const auto& name = section.first.Scalar();
    note_line(to, name, line_of(section.first));
    if (section.second.IsMap())
      for (const auto& option : section.second)
        note_line(to, name, option.first.Scalar(), line_of(option.first));
  }
}

expected<reading> read(std::string_view text, const syntax&) {
  reading out;
  if (is_empty(text))
    return out;
  try {
    auto root = YAML::Load(std::string{text});
    if (auto fine = bounds{}.check(root, 1); !fine)
      return fail(std::move(fine.error()));
    auto values = base::parse_yaml(text);
    if (!values)
      return translated(values.error().detail);
    note_lines(out, root);
    out.values = std::move(*values);
  } catch (const YAML::Exception& e) {
    return fault_at(static_cast<size_t>(std::max(e.mark.line, 0)) + 1, "no valid YAML");
  }
  return out;
}

// -- writing

/// What cannot be told from the places that the library has.
struct not_in_place {};

class writer {
public:
  writer(std::string_view text, const syntax& how)
      : text_(text), how_(how), newline_(newline_of(text)), limit_(content_end()) {}

  std::string run(const YAML::Node& root, const json& is, const json& to) {
    if (same_values(is, to, how_))
      return std::string{text_};
    if (!change_parts(root, limit_, is, to)) {
      auto begin = place_of(root);
      auto lines = is_yaml_block(to) ? yaml_block(to, {}, newline_) : yaml_scalar(to) + newline_;
      edits_.replace(line_begin(begin), trimmed_end(begin, limit_, true), lines);
    }
    return edits_.applied_to(text_);
  }

private:
  struct entry {
    size_t begin = 0; ///< Of its line.
    size_t place = 0; ///< Of the key, or of the `-`.
    size_t end = 0;   ///< Where its last line ends, without comments behind it.
  };

  size_t place_of(const YAML::Node& x) const {
    auto mark = x.Mark();
    if (mark.is_null() || mark.pos < 0 || static_cast<size_t>(mark.pos) > text_.size())
      throw not_in_place{};
    return static_cast<size_t>(mark.pos);
  }

  size_t line_begin(size_t at) const {
    auto before = at == 0 ? text_.npos : text_.rfind('\n', at - 1);
    return before == text_.npos ? 0 : before + 1;
  }

  /// Before what ends the document.
  size_t content_end() const {
    for (const auto& x : source_lines(text_)) {
      auto line = trimmed(text_.substr(x.begin, x.stop - x.begin));
      if (line == "..." && text_[x.begin] == '.')
        return x.begin;
    }
    return text_.size();
  }

  /// Where the lines of what begins at `begin` end: neither empty lines nor comments are behind it.
  /// @param column Of its key: comments that stand deeper may be text of a block.
  size_t trimmed_end(size_t begin, size_t limit, bool has_no_text) const {
    auto first = line_begin(begin);
    auto column = begin - first;
    auto end = limit;
    while (end > first) {
      auto last = line_begin(end - 1);
      if (last <= first)
        break;
      auto line = text_.substr(last, end - last);
      auto words = trimmed(line.substr(0, line.find('\n')));
      auto indent = line.find_first_not_of(" \t");
      bool is_comment = !words.empty() && words[0] == '#' &&
                        (has_no_text || (indent != line.npos && indent <= column));
      if (!words.empty() && !is_comment)
        break;
      end = last;
    }
    return end;
  }

  char at(size_t i) const { return i < text_.size() ? text_[i] : '\n'; }

  /// Where a quoted scalar or a collection in brackets ends.
  size_t closed_end(size_t begin) const {
    size_t depth = 0;
    for (auto i = begin; i < text_.size(); ++i) {
      auto c = text_[i];
      if (c == '"') {
        for (++i; i < text_.size() && text_[i] != '"'; ++i)
          if (text_[i] == '\\')
            ++i;
      } else if (c == '\'' && (depth == 0 || is_quote(i))) {
        for (++i; i < text_.size(); ++i)
          if (text_[i] == '\'' && at(++i) != '\'') {
            --i;
            break;
          }
      } else if (c == '[' || c == '{') {
        ++depth;
        continue;
      } else if (c == ']' || c == '}') {
        --depth;
      }
      if (depth == 0)
        return std::min(i + 1, text_.size());
    }
    throw not_in_place{};
  }

  /// Within brackets a `'` may be a letter of a word.
  bool is_quote(size_t i) const {
    return i > 0 && std::string_view{" \t\n\r,[{:"}.find(text_[i - 1]) != std::string_view::npos;
  }

  /// Where a value ends, without the comment behind it.
  size_t value_end(size_t begin, size_t end) const {
    auto c = at(begin);
    if (c == '"' || c == '\'' || c == '[' || c == '{')
      return closed_end(begin);
    if (std::string_view{"&!*?"}.find(c) != std::string_view::npos)
      throw not_in_place{};
    auto stop = end;
    while (stop > begin && (at(stop - 1) == '\n' || blanks.find(at(stop - 1)) != blanks.npos))
      --stop;
    auto line = text_.find('\n', begin);
    if (c == '|' || c == '>' || (line != text_.npos && line < stop))
      return stop; // Of several lines.
    for (auto i = begin; i < stop; ++i)
      if (text_[i] == '#' && i > begin && (text_[i - 1] == ' ' || text_[i - 1] == '\t')) {
        stop = i;
        while (stop > begin && blanks.find(text_[stop - 1]) != blanks.npos)
          --stop;
      }
    return stop;
  }

  /// Where the `:` behind a key stands.
  size_t colon_of(size_t key) const {
    auto c = at(key);
    if (std::string_view{"&!*?[{"}.find(c) != std::string_view::npos)
      throw not_in_place{};
    auto i = c == '"' || c == '\'' ? closed_end(key) : key;
    for (; at(i) != '\n'; ++i)
      if (at(i) == ':' && (at(i + 1) == '\n' || blanks.find(at(i + 1)) != blanks.npos))
        return i;
    throw not_in_place{};
  }

  /// Changes what a collection holds; false when it has to be replaced as a whole.
  bool change_parts(const YAML::Node& x, size_t limit, const json& is, const json& to) {
    if (x.Style() == YAML::EmitterStyle::Flow || x.size() == 0 || to.empty())
      return false;
    if (x.IsMap() && is.is_object() && to.is_object())
      return change_map(x, limit, is, to);
    if (x.IsSequence() && is.is_array() && to.is_array())
      return change_list(x, limit, is, to);
    return false;
  }

  /// Fills in where entries end: where the next one begins.
  void close(std::vector<entry>& all, size_t limit) const {
    for (size_t i = 0; i < all.size(); ++i) {
      auto next = i + 1 < all.size() ? all[i + 1].begin : limit;
      if (next <= all[i].place)
        throw not_in_place{};
      all[i].end = trimmed_end(all[i].place, next, false);
    }
  }

  bool is_first_of_line(const entry& x) const {
    return x.begin + indent_at(text_, x.begin).size() == x.place;
  }

  /// Whether text between is of the entry before: no comment there may be text of a block.
  void remove(const std::vector<entry>& all, size_t i, bool keeps_next) {
    if (is_first_of_line(all[i]))
      edits_.remove(all[i].begin, all[i].end);
    else if (keeps_next)
      edits_.remove(all[i].place, all[i + 1].place); // `- name: x`: the next one moves up.
    else
      throw not_in_place{};
  }

  void insert(size_t place, std::string lines) {
    if (place > 0 && text_[place - 1] != '\n') {
      lines.insert(0, newline_);
      lines.resize(lines.size() - newline_.size());
    }
    edits_.insert(place, std::move(lines));
  }

  bool change_map(const YAML::Node& x, size_t limit, const json& is, const json& to) {
    std::map<std::string_view, const json*> wanted, there;
    for (const auto& [name, value] : to.items())
      wanted.emplace(name, &value);
    for (const auto& [name, value] : is.items())
      there.emplace(name, &value);
    std::vector<entry> entries;
    std::vector<std::pair<std::string, YAML::Node>> members;
    for (const auto& member : x) {
      auto place = place_of(member.first);
      entries.push_back({line_begin(place), place, 0});
      members.emplace_back(member.first.Scalar(), member.second);
    }
    auto keeps = [&](size_t i) { return i < members.size() && wanted.contains(members[i].first); };
    bool keeps_any = false;
    for (size_t i = 0; i < members.size(); ++i)
      keeps_any = keeps_any || keeps(i);
    if (!keeps_any)
      return false;
    close(entries, limit);
    for (size_t i = 0; i < members.size(); ++i) {
      if (!keeps(i)) {
        remove(entries, i, keeps(i + 1));
        continue;
      }
      const auto& value = *wanted[members[i].first];
      const auto& before = *there[members[i].first];
      if (!same_values(before, value, how_))
        change_member(entries[i], members[i].second, before, value);
    }
    std::string indent(entries.front().place - entries.front().begin, ' ');
    std::string come;
    for (const auto& [name, value] : to.items()) {
      if (there.contains(name))
        continue;
      auto one = json::object();
      append_member(one, name, value);
      come += yaml_block(one, indent, newline_);
    }
    if (!come.empty())
      insert(entries.back().end, come);
    return true;
  }

  void change_member(const entry& at_entry, const YAML::Node& x, const json& is, const json& to) {
    auto colon = colon_of(at_entry.place);
    auto rest = text_.substr(colon + 1, text_.find('\n', colon) - colon - 1);
    auto first = rest.find_first_not_of(blanks);
    bool is_on_line = first != rest.npos && rest[first] != '#';
    auto begin = is_on_line ? colon + 1 + first : colon + 1;
    if (!is.is_null() && !is_on_line) {
      begin = place_of(x);
      if (begin <= colon || begin >= at_entry.end)
        throw not_in_place{}; // An alias: what it shows stands elsewhere.
    }
    if (is_on_line && std::string_view{"&!*"}.find(at(begin)) != std::string_view::npos)
      throw not_in_place{};
    if (is.is_structured() && !is.empty() && change_parts(x, at_entry.end, is, to))
      return;
    std::string indent(at_entry.place - at_entry.begin + 2, ' ');
    auto end = is.is_null() && !is_on_line ? begin : value_end(begin, at_entry.end);
    // What stands in lines of its own goes with them; so does the end of the last one.
    bool had_lines = is.is_structured() && !is_on_line;
    if (had_lines)
      end = at_entry.end;
    if (is_yaml_block(to)) {
      auto lines = newline_ + yaml_block(to, indent, newline_);
      bool is_ended = end > 0 && text_[end - 1] == '\n';
      if (!is_ended)
        lines.resize(lines.size() - newline_.size());
      edits_.replace(colon + 1, end, lines);
    } else if (had_lines || !is_on_line) {
      bool is_ended = end > colon + 1 && text_[end - 1] == '\n';
      edits_.replace(colon + 1, end, " " + yaml_scalar(to) + (is_ended ? newline_ : std::string{}));
    } else {
      edits_.replace(begin, end, yaml_scalar(to, quote_at(begin)));
    }
  }

  char quote_at(size_t place) const {
    return at(place) == '"' || at(place) == '\'' ? at(place) : char{0};
  }

  bool change_list(const YAML::Node& x, size_t limit, const json& is, const json& to) {
    std::vector<entry> entries;
    std::vector<YAML::Node> items;
    for (const auto& item : x) {
      auto place = place_of(item);
      auto dash = place;
      while (dash > 0 && blanks.find(text_[dash - 1]) != blanks.npos && text_[dash - 1] != '\n')
        --dash;
      if (dash == 0 || text_[dash - 1] != '-')
        return false;
      entries.push_back({line_begin(place), dash - 1, 0});
      items.push_back(item);
    }
    // Lists in lists on one line, and what does not stand where it is read.
    for (const auto& each : entries)
      if (!is_first_of_line(each))
        return false;
    close(entries, limit);
    auto match = match_lists(
      is.size(), to.size(), [&](size_t i, size_t j) { return same_values(is[i], to[j], how_); });
    auto old_end = is.size() - match.tail, new_end = to.size() - match.tail;
    std::string indent(entries.front().place - entries.front().begin, ' '), come;
    for (auto i = match.head; i < std::max(old_end, new_end); ++i) {
      if (i >= new_end)
        edits_.remove(entries[i].begin, entries[i].end);
      else if (i < old_end)
        change_item(entries[i], items[i], is[i], to[i], indent);
      else
        come += yaml_block(json::array({to[i]}), indent, newline_);
    }
    if (!come.empty())
      insert(old_end > 0 ? entries[old_end - 1].end : entries.front().begin, come);
    return true;
  }

  void change_item(const entry& its,
                   const YAML::Node& x,
                   const json& is,
                   const json& to,
                   const std::string& indent) {
    if (same_values(is, to, how_) ||
        (is.is_structured() && !is.empty() && change_parts(x, its.end, is, to)))
      return;
    auto begin = place_of(x);
    if (!is_yaml_block(to) && !is.is_structured()) {
      edits_.replace(begin, value_end(begin, its.end), yaml_scalar(to, quote_at(begin)));
      return;
    }
    edits_.replace(its.begin, its.end, yaml_block(json::array({to}), indent, newline_));
  }

  std::string_view text_;
  const syntax& how_;
  std::string newline_;
  size_t limit_;
  changes edits_;
};

expected<std::string> write(std::string_view text, const json& values, const syntax& how) {
  if (is_empty(text)) {
    std::string newline{newline_of(text)};
    auto out = std::string{text} + (text.empty() || text.ends_with('\n') ? std::string{} : newline);
    return out + (is_yaml_block(values) ? yaml_block(values, {}, newline)
                                        : yaml_scalar(values) + newline);
  }
  auto is = base::parse_yaml(text);
  if (!is)
    return translated(is.error().detail);
  try {
    return writer{text, how}.run(YAML::Load(std::string{text}), *is, values);
  } catch (const YAML::Exception& e) {
    return fault_at(static_cast<size_t>(std::max(e.mark.line, 0)) + 1, "no valid YAML");
  } catch (const not_in_place&) {
    // The caller finds that nothing has changed, and says so.
    return std::string{text};
  }
}

} // namespace

const format yaml_format{read, write};

} // namespace aops::tracing
