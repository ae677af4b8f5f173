#include "runtime/core/tracing/formats.hpp"
#include "runtime/core/tracing/option_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

namespace aops::tracing {

namespace {

json value_of(const option_line& x) { return x.value ? json(*x.value) : json(nullptr); }

/// The spelling under which options are the same.
std::string folded(std::string_view name, const syntax& how) {
  return how.ignore_case ? lower(name) : std::string{name};
}

expected<reading> read(std::string_view text, const syntax& how) {
  auto source = read_option_lines(text, how);
  if (!source)
    return fail(std::move(source.error()));
  // The lists are built aside: a document has them in the order of their first lines.
  struct option {
    std::string name;
    std::vector<json> values;
  };
  struct section {
    bool is_there = false;
    std::vector<option> options;
    std::unordered_map<std::string, size_t> known;
  };
  std::vector<section> sections(source->sections.size());
  std::vector<size_t> order;
  reading out;
  size_t count = 0;
  for (const auto& x : source->lines) {
    if (x.kind != line_kind::header && x.kind != line_kind::option)
      continue;
    if (++count > most_values)
      return fault_at(x.line, fmt::format("more than {} options", most_values));
    auto& to = sections[x.section];
    const auto& name = source->sections[x.section];
    if (!std::exchange(to.is_there, true)) {
      order.push_back(x.section);
      note_line(out, name, x.line);
    }
    if (x.kind == line_kind::header)
      continue;
    auto [it, is_new] = to.known.emplace(folded(x.name, how), to.options.size());
    if (is_new) {
      to.options.push_back({x.name, {}});
      note_line(out, name, x.name, x.line);
    }
    to.options[it->second].values.push_back(value_of(x));
  }
  for (auto i : order) {
    auto& members = append_member(out.values, source->sections[i], json::object());
    for (auto& x : sections[i].options)
      append_member(members,
                    std::move(x.name),
                    x.values.size() == 1 ? std::move(x.values.front()) : json(std::move(x.values)));
  }
  return out;
}

// -- writing

/// An option as it is to be.
struct wanted_option {
  std::string name;
  std::vector<std::optional<std::string>> values;
};

struct wanted_section {
  std::string name;
  std::vector<wanted_option> options;
};

tl::unexpected<error> no_text(std::string_view section, std::string_view option) {
  return fail(ec::bad_request,
              section.empty()
                ? fmt::format("{}: must be a text, null, or a list of them", option)
                : fmt::format("{}.{}: must be a text, null, or a list of them", section, option));
}

expected<std::vector<wanted_section>> wanted_in(const json& values) {
  if (!values.is_object())
    return fail(ec::bad_request, "must be an object of sections");
  std::vector<wanted_section> out;
  for (const auto& [section, options] : values.items()) {
    if (!options.is_object())
      return fail(ec::bad_request, fmt::format("{}: must be an object of options", section));
    wanted_section to{section, {}};
    for (const auto& [option, value] : options.items()) {
      wanted_option x{option, {}};
      auto add = [&](const json& one) {
        if (one.is_string())
          x.values.emplace_back(one.get<std::string>());
        else if (one.is_null())
          x.values.emplace_back();
        else if (one.is_primitive())
          x.values.emplace_back(one.dump());
        else
          return false;
        return true;
      };
      bool is_fine = true;
      if (value.is_array())
        for (const auto& one : value)
          is_fine = is_fine && add(one);
      else
        is_fine = add(value);
      if (!is_fine)
        return no_text(section, option);
      to.options.push_back(std::move(x));
    }
    out.push_back(std::move(to));
  }
  return out;
}

class writer {
public:
  writer(std::string_view text, const option_lines& source, const syntax& how)
      : text_(text), source_(source), how_(how), newline_(newline_of(text)) {
    for (size_t i = 0; i < source.lines.size(); ++i) {
      const auto& x = source.lines[i];
      if (x.kind == line_kind::option)
        options_[{x.section, folded(x.name, how)}].push_back(i);
      if (x.kind == line_kind::option || x.kind == line_kind::header)
        last_[{x.section, x.is_directive}] = i;
      if (x.kind == line_kind::comment)
        note_sample(x);
      if (x.kind == line_kind::option && x.value && !x.is_directive) {
        any_separator_ = any_separator_.value_or(separator_of(x));
        separators_.emplace(x.section, separator_of(x));
      }
    }
    top_ = top();
  }

  std::string run(std::vector<wanted_section> wanted) {
    auto is_first = [&](const wanted_section& x) {
      return x.name.empty() && std::any_of(x.options.begin(), x.options.end(), [&](const auto& o) {
               return !is_directive(o.name);
             });
    };
    std::stable_partition(wanted.begin(), wanted.end(), is_first);
    std::vector<bool> is_wanted(source_.sections.size());
    std::map<std::string_view, size_t> index;
    for (size_t i = 0; i < source_.sections.size(); ++i)
      index.emplace(source_.sections[i], i);
    for (const auto& section : wanted) {
      auto found = index.find(section.name);
      if (found == index.end() || !is_there(found->second)) {
        add_section(section);
        if (found != index.end())
          is_wanted[found->second] = true;
        continue;
      }
      is_wanted[found->second] = true;
      change_section(found->second, section);
    }
    for (const auto& x : source_.lines)
      if (!is_wanted[x.section] && (x.kind == line_kind::option || x.kind == line_kind::header))
        remove_line(x);
    if (!at_end_.empty()) {
      if (!text_.empty() && !text_.ends_with('\n'))
        at_end_.insert(0, newline_);
      edits_.insert(text_.size(), at_end_);
    }
    return edits_.applied_to(text_);
  }

private:
  using key = std::pair<size_t, std::string>;

  bool is_directive(const std::string& name) const {
    return !name.empty() && how_.directives.find(name[0]) != std::string::npos;
  }

  bool is_there(size_t section) const {
    return last_.contains({section, false}) || last_.contains({section, true});
  }

  /// `#PermitRootLogin no` shows where the option would stand.
  void note_sample(const option_line& x) {
    auto words = trimmed(text_.substr(x.begin, x.end - x.begin - (x.end > x.begin ? 1 : 0)));
    words.remove_prefix(std::min(words.find_first_not_of("#;"), words.size()));
    auto stop = std::min(words.find_first_of(" \t=:"), words.size());
    if (stop > 0)
      samples_.insert_or_assign(key{x.section, folded(words.substr(0, stop), how_)}, x.end);
  }

  /// What stands between name and value: as in the file, else as is usual.
  std::string separator(size_t section) const {
    if (auto found = separators_.find(section); found != separators_.end())
      return found->second;
    if (any_separator_)
      return *any_separator_;
    switch (how_.spacer.empty() ? '=' : how_.spacer[0]) {
    case ' ':
      return " ";
    case ':':
      return ": ";
    default:
      return how_.type == file_type::ini ? " = " : std::string{how_.spacer.substr(0, 1)};
    }
  }

  std::string separator_of(const option_line& x) const {
    auto between = text_.substr(x.name_end, x.value_begin - x.name_end);
    auto sign = trimmed(between);
    // Names in columns are not for all names as wide.
    if (sign.empty())
      return between == "\t" ? "\t" : " ";
    if (sign.size() != 1)
      return " ";
    std::string out{between.front() == sign[0] ? "" : " "};
    out += sign;
    return out += blanks.find(between.back()) == blanks.npos ? "" : " ";
  }

  std::string spelled(const std::string& value, std::string_view indent) const {
    std::string out;
    for (auto c : value) {
      if (c == '\n')
        out.append(newline_).append(indent).append(4, ' ');
      else
        out += c;
    }
    return out;
  }

  std::string line_of(const std::string& name,
                      const std::optional<std::string>& value,
                      size_t section,
                      std::string_view indent) {
    std::string out{indent};
    out += name;
    if (value) {
      out += is_directive(name) ? " " : separator(section);
      out += spelled(*value, indent);
    }
    out.resize(out.find_last_not_of(' ') + 1);
    return out += newline_;
  }

  void insert_line(size_t at, std::string line) {
    if (at == text_.size())
      at_end_ += line;
    else
      edits_.insert(at, std::move(line));
  }

  void remove_line(const option_line& x) { edits_.replace(x.begin, x.end, x.inner_comments); }

  void change_value(const option_line& x, const std::optional<std::string>& to) {
    auto indent = text_.substr(x.begin, x.indent);
    if (x.value && to) {
      // An empty value may stand at the sign itself.
      bool is_tight = x.value_begin > 0 && x.value_begin == x.value_end &&
                      blanks.find(text_[x.value_begin - 1]) == blanks.npos &&
                      separator(x.section).ends_with(' ');
      edits_.replace(x.value_begin, x.value_end, (is_tight ? " " : "") + spelled(*to, indent));
    } else if (to) {
      edits_.replace(x.name_end, x.value_end, separator(x.section) + spelled(*to, indent));
    } else {
      edits_.remove(x.name_end, x.value_end);
    }
    if (!x.inner_comments.empty())
      edits_.insert(x.end, x.inner_comments);
  }

  void change_section(size_t section, const wanted_section& wanted) {
    std::map<std::string, bool> seen;
    std::optional<size_t> before; // The line after which a new option stands.
    for (const auto& option : wanted.options) {
      auto name = folded(option.name, how_);
      if (option.values.empty())
        continue; // No value is no option.
      seen[name] = true;
      auto found = options_.find({section, name});
      if (found == options_.end()) {
        add_option(section, option, before);
        continue;
      }
      change_option(section, found->second, option);
      before = found->second.back();
    }
    for (auto it = options_.lower_bound({section, {}});
         it != options_.end() && it->first.first == section;
         ++it)
      if (!seen.contains(it->first.second))
        for (auto i : it->second)
          remove_line(source_.lines[i]);
  }

  void
  change_option(size_t section, const std::vector<size_t>& lines, const wanted_option& wanted) {
    const auto& values = wanted.values;
    auto is_same = [&](size_t i, size_t j) {
      return source_.lines[lines[i]].value == normal(values[j]);
    };
    auto match = match_lists(lines.size(), values.size(), is_same);
    auto olds = lines.size() - match.tail, news = values.size() - match.tail;
    for (auto i = match.head; i < std::min(olds, news); ++i)
      if (!is_same(i, i))
        change_value(source_.lines[lines[i]], values[i]);
    for (auto i = std::max(match.head, news); i < olds; ++i)
      remove_line(source_.lines[lines[i]]);
    if (news <= olds)
      return;
    auto last = olds > 0 ? lines[olds - 1] : lines.front();
    const auto& at = source_.lines[last];
    auto place = olds > 0 ? at.end : at.begin;
    auto indent = text_.substr(at.begin, at.indent);
    for (auto i = olds; i < news; ++i)
      insert_line(place, line_of(at.name, values[i], section, indent));
  }

  std::optional<std::string> normal(const std::optional<std::string>& value) const {
    return value && how_.collapse_blanks ? collapsed(*value) : value;
  }

  void add_option(size_t section, const wanted_option& option, std::optional<size_t> before) {
    bool is_apart = is_directive(option.name);
    auto last = last_.find({section, is_apart});
    if (!before && last != last_.end())
      before = last->second;
    std::string_view indent;
    auto place = is_apart ? text_.size() : top_;
    if (before) {
      const auto& x = source_.lines[*before];
      if (x.is_directive == is_apart)
        place = x.end;
      if (x.kind == line_kind::option)
        indent = text_.substr(x.begin, x.indent);
      else if (how_.type == file_type::sshd)
        indent = "    ";
    }
    if (auto sample = samples_.find({section, folded(option.name, how_)}); sample != samples_.end())
      place = sample->second;
    for (const auto& value : option.values)
      insert_line(place, line_of(option.name, value, section, indent));
  }

  /// Where options without a section begin: before the first section and what is said of it.
  size_t top() const {
    size_t place = text_.size();
    for (size_t i = 0; i < source_.lines.size(); ++i) {
      if (source_.lines[i].kind != line_kind::header)
        continue;
      place = source_.lines[i].begin;
      for (; i > 0 && source_.lines[i - 1].kind == line_kind::comment; --i)
        place = source_.lines[i - 1].begin;
      break;
    }
    return place;
  }

  void add_section(const wanted_section& wanted) {
    if (wanted.name.empty()) {
      for (const auto& option : wanted.options)
        add_option(0, option, {});
      return;
    }
    bool is_first = text_.empty() && at_end_.empty();
    bool is_apart =
      is_first || (at_end_.empty() && (text_.ends_with("\n\n") || text_.ends_with("\r\n\r\n")));
    if (!is_apart)
      at_end_ += newline_;
    at_end_ += how_.type == file_type::ini ? "[" + wanted.name + "]" : wanted.name;
    at_end_ += newline_;
    for (const auto& option : wanted.options)
      for (const auto& value : option.values)
        at_end_ += line_of(
          option.name, value, source_.sections.size(), how_.type == file_type::sshd ? "    " : "");
  }

  std::string_view text_;
  const option_lines& source_;
  const syntax& how_;
  std::string newline_;
  std::map<key, std::vector<size_t>> options_;
  std::map<std::pair<size_t, bool>, size_t> last_; ///< Of a section; of its directives.
  std::map<key, size_t> samples_;
  std::map<size_t, std::string> separators_; ///< Of a section.
  std::optional<std::string> any_separator_;
  size_t top_ = 0;
  changes edits_;
  std::string at_end_;
};

expected<std::string> write(std::string_view text, const json& values, const syntax& how) {
  auto source = read_option_lines(text, how);
  if (!source)
    return fail(std::move(source.error()));
  auto wanted = wanted_in(values);
  if (!wanted)
    return fail(std::move(wanted.error()));
  return writer{text, *source, how}.run(std::move(*wanted));
}

} // namespace

const format option_format{read, write};

} // namespace aops::tracing
