#include "runtime/core/tracing/option_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

namespace aops::tracing {

namespace {

bool begins_with_any(std::string_view text, const std::vector<std::string>& words) {
  return std::any_of(
    words.begin(), words.end(), [&](const std::string& x) { return text.starts_with(x); });
}

bool is_blank(char c) { return blanks.find(c) != blanks.npos; }

size_t skip_blanks(std::string_view text, size_t at) {
  return std::min(text.find_first_not_of(blanks, at), text.size());
}

class reader {
public:
  reader(std::string_view text, const syntax& how)
      : text_(text), how_(how), physical_(source_lines(text)) {
    out_.sections.emplace_back();
    known_.emplace(std::string{}, 0);
  }

  expected<option_lines> run() {
    for (at_ = 0; at_ < physical_.size(); ++at_)
      if (auto fine = take(); !fine)
        return fail(std::move(fine.error()));
    return std::move(out_);
  }

private:
  std::string_view content(size_t i) const {
    return text_.substr(physical_[i].begin, physical_[i].stop - physical_[i].begin);
  }

  expected<void> take() {
    auto whole = content(at_);
    auto words = trimmed(whole);
    option_line x;
    x.line = at_ + 1;
    x.begin = physical_[at_].begin;
    x.end = physical_[at_].end;
    x.indent = skip_blanks(whole, 0);
    x.section = section_;
    if (words.empty()) {
      open_.reset();
    } else if (is_comment(words, how_)) {
      x.kind = line_kind::comment;
    } else if (how_.type == file_type::ini && words[0] == '[') {
      if (auto fine = take_header(whole, x); !fine)
        return fine;
      open_.reset();
    } else if (goes_on(x.indent)) {
      go_on(whole);
      return {};
    } else {
      if (auto fine = take_option(x); !fine)
        return fine;
      open_ = out_.lines.size();
    }
    out_.lines.push_back(std::move(x));
    return {};
  }

  /// Whether a line belongs to the option before.
  bool goes_on(size_t indent) const {
    return how_.continuation == continued_by::indentation && open_ &&
           indent > out_.lines[*open_].indent && out_.lines[*open_].value;
  }

  void go_on(std::string_view whole) {
    auto& x = out_.lines[*open_];
    // Comments that stand between are of the option, too.
    for (auto i = *open_ + 1; i < out_.lines.size(); ++i)
      x.inner_comments +=
        text_.substr(out_.lines[i].begin, out_.lines[i].end - out_.lines[i].begin);
    out_.lines.resize(*open_ + 1);
    auto begin = skip_blanks(whole, 0);
    auto stop = value_stop(whole, begin, how_);
    *x.value += '\n';
    *x.value += shown(whole.substr(begin, stop - begin));
    x.value_end = physical_[at_].begin + stop;
    x.end = physical_[at_].end;
  }

  std::string shown(std::string_view value) const {
    return how_.collapse_blanks ? collapsed(value) : std::string{value};
  }

  expected<size_t> section_of(std::string name) {
    if (name.size() > most_name_bytes)
      return fault_at(at_ + 1, "the name of a section is too long");
    auto [it, is_new] = known_.emplace(std::move(name), out_.sections.size());
    if (is_new)
      out_.sections.push_back(it->first);
    return it->second;
  }

  expected<void> take_header(std::string_view whole, option_line& x) {
    auto stop = value_stop(whole, x.indent, how_);
    auto inside = whole.substr(x.indent + 1, stop - x.indent - 1);
    if (!inside.ends_with(']'))
      return fault_at(x.line, "a section without `]` at its end");
    inside.remove_suffix(1);
    auto name = trimmed(inside);
    if (name.empty())
      return fault_at(x.line, "a section without a name");
    auto section = section_of(std::string{name});
    if (!section)
      return fail(section.error());
    x.kind = line_kind::header;
    section_ = x.section = *section;
    return {};
  }

  /// The line at hand with those that its backslashes join to it; takes them.
  std::string logical(option_line& x) {
    std::string out{content(at_)};
    while (how_.continuation == continued_by::backslash && out.ends_with('\\') &&
           at_ + 1 < physical_.size()) {
      out.pop_back();
      out.resize(out.find_last_not_of(blanks) + 1);
      out += ' ';
      out += trimmed(content(++at_));
      x.end = physical_[at_].end;
    }
    return out;
  }

  expected<void> take_option(option_line& x) {
    auto first = at_;
    auto joined = logical(x);
    std::string_view line = joined;
    // A backslash alone joins nothing to what follows.
    if (x.indent >= line.size() || is_blank(line[x.indent]))
      return fault_at(x.line, "a line that only goes on");
    x.kind = line_kind::option;
    x.is_directive = how_.directives.find(line[x.indent]) != std::string::npos;
    bool by_blank = x.is_directive || how_.spacer.find(' ') != std::string::npos;
    auto is_spacer = [&](char c) {
      return !is_blank(c) && !x.is_directive && how_.spacer.find(c) != std::string::npos;
    };
    auto most = how_.bare_options ? value_stop(line, x.indent, how_) : line.size();
    auto spacer = x.indent;
    while (spacer < most && !is_spacer(line[spacer]) && !(by_blank && is_blank(line[spacer])))
      ++spacer;
    auto name = trimmed(line.substr(x.indent, spacer - x.indent));
    if (name.empty())
      return fault_at(x.line, "a value without an option");
    if (name.size() > most_name_bytes)
      return fault_at(x.line, "the name of an option is too long");
    x.name = name;
    x.name_end = x.indent + name.size();
    auto begin = skip_blanks(line, spacer);
    bool has_spacer = spacer < most && is_spacer(line[spacer]);
    if (!has_spacer && by_blank && begin < line.size() && is_spacer(line[begin]))
      spacer = begin, has_spacer = true;
    if (has_spacer)
      begin = skip_blanks(line, spacer + 1);
    auto stop = value_stop(line, begin, how_);
    bool has_value = has_spacer || stop > begin;
    if (!by_blank && !has_spacer)
      has_value = false;
    if (has_value)
      x.value = shown(line.substr(begin, stop - begin));
    else if (!how_.bare_options)
      return fault_at(x.line,
                      by_blank ? "an option without a value"
                      : how_.type == file_type::ini
                        ? "neither a section, an option with a value, nor a comment"
                        : "neither an option with a value nor a comment");
    // Places are those of the text; what several lines hold is replaced as a whole.
    bool is_one = first == at_;
    x.value_begin = x.begin + std::min(begin, physical_[first].stop - x.begin);
    x.value_end = is_one ? x.begin + std::max(stop, begin) : physical_[at_].stop;
    x.name_end = std::min(x.name_end + x.begin, x.value_begin);
    if (!has_value)
      x.value_begin = x.value_end = x.name_end;
    if (x.is_directive) {
      x.section = 0;
      return {};
    }
    return how_.type == file_type::sshd ? take_sshd_header(x) : expected<void>{};
  }

  expected<void> take_sshd_header(option_line& x) {
    auto small = lower(x.name);
    for (const auto& header : how_.headers) {
      if (lower(header) != small)
        continue;
      auto section = section_of(header + " " + x.value.value_or(std::string{}));
      if (!section)
        return fail(section.error());
      x.kind = line_kind::header;
      section_ = x.section = *section;
    }
    return {};
  }

  std::string_view text_;
  const syntax& how_;
  std::vector<source_line> physical_;
  size_t at_ = 0;
  option_lines out_;
  std::unordered_map<std::string, size_t> known_;
  size_t section_ = 0;
  std::optional<size_t> open_; ///< The option that may go on.
};

} // namespace

bool is_comment(std::string_view line, const syntax& how) {
  return begins_with_any(line, how.comments) && !begins_with_any(line, how.not_comments);
}

size_t value_stop(std::string_view line, size_t begin, const syntax& how) {
  auto end = line.size();
  if (how.inline_comments) {
    char quote = 0;
    for (auto i = begin; i < line.size(); ++i) {
      auto c = line[i];
      bool after_blank = i == 0 || is_blank(line[i - 1]);
      if (quote != 0)
        quote = c == quote ? char{0} : quote;
      else if (c == '"' || (c == '\'' && (i == begin || after_blank)))
        quote = c;
      else if (after_blank && begins_with_any(line.substr(i), how.comments)) {
        end = i;
        break;
      }
    }
    // A quote that nothing closes is a letter.
    if (quote != 0 && end == line.size())
      for (auto i = begin; i < line.size() && end == line.size(); ++i)
        if ((i == 0 || is_blank(line[i - 1])) && begins_with_any(line.substr(i), how.comments))
          end = i;
  }
  while (end > begin && is_blank(line[end - 1]))
    --end;
  return end;
}

expected<option_lines> read_option_lines(std::string_view text, const syntax& how) {
  return reader{text, how}.run();
}

} // namespace aops::tracing
