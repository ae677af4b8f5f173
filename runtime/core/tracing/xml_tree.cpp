#include "runtime/core/tracing/xml_tree.hpp"

#include "runtime/base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <unordered_map>
#include <unordered_set>

namespace aops::tracing {

namespace {

constexpr std::string_view white = " \t\r\n";
constexpr size_t most_attributes = 256; ///< Of an element: they are searched one by one.

bool is_name_start(char c) {
  auto byte = static_cast<unsigned char>(c);
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' || byte >= 0x80;
}

bool is_name_part(char c) {
  return is_name_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

/// What `&name;` stands for; nothing when it is not known.
std::optional<std::string> entity(std::string_view name) {
  if (name == "lt")
    return "<";
  if (name == "gt")
    return ">";
  if (name == "amp")
    return "&";
  if (name == "quot")
    return "\"";
  if (name == "apos")
    return "'";
  if (!name.starts_with('#'))
    return std::nullopt;
  bool is_hex = name.starts_with("#x");
  auto digits = name.substr(is_hex ? 2 : 1);
  uint32_t code = 0;
  auto [stop, failed] =
    std::from_chars(digits.data(), digits.data() + digits.size(), code, is_hex ? 16 : 10);
  bool is_legal = code == '\t' || code == '\n' || code == '\r' || (code >= 0x20 && code < 0xD800) ||
                  (code > 0xDFFF && code <= 0x10FFFF);
  if (digits.empty() || failed != std::errc{} || stop != digits.data() + digits.size() || !is_legal)
    return std::nullopt;
  std::string out;
  base::append_utf8(out, code);
  return out;
}

class scanner {
public:
  explicit scanner(std::string_view text) : text_(text) {}

  expected<xml_element> run() {
    if (auto fine = skip_misc(true); !fine)
      return fail(std::move(fine.error()));
    if (!rest().starts_with('<'))
      return wrong("an element is missing");
    xml_element root;
    if (auto fine = element(root, 1); !fine)
      return fail(std::move(fine.error()));
    if (auto fine = skip_misc(false); !fine)
      return fail(std::move(fine.error()));
    if (at_ < text_.size())
      return wrong("something follows the document");
    return root;
  }

private:
  tl::unexpected<error> wrong(std::string_view why) const {
    return fault_at(line_at(text_, at_), why);
  }
  std::string_view rest() const { return text_.substr(at_); }
  bool is_at(char c) const { return at_ < text_.size() && text_[at_] == c; }
  void skip_white() { at_ = std::min(text_.find_first_not_of(white, at_), text_.size()); }

  /// Skips up to and with `end`.
  expected<void> skip_past(std::string_view end, size_t from, std::string_view why) {
    auto found = text_.find(end, from);
    if (found == text_.npos)
      return wrong(why);
    at_ = found + end.size();
    return {};
  }

  expected<void> skip_comment() { return skip_past("-->", at_ + 4, "a comment without an end"); }
  expected<void> skip_instruction() {
    return skip_past("?>", at_ + 2, "an instruction without an end");
  }

  /// What stands around the root.
  expected<void> skip_misc(bool is_before) {
    for (;;) {
      skip_white();
      expected<void> fine;
      if (rest().starts_with("<!--"))
        fine = skip_comment();
      else if (rest().starts_with("<?"))
        fine = skip_instruction();
      else if (is_before && rest().starts_with("<!DOCTYPE"))
        fine = skip_type();
      else
        return {};
      if (!fine)
        return fine;
    }
  }

  expected<void> skip_type() {
    auto end = text_.find_first_of("[>", at_);
    if (end == text_.npos)
      return wrong("a document type without an end");
    if (text_[end] == '[')
      return wrong("declarations within a document type are not read");
    at_ = end + 1;
    return {};
  }

  expected<std::string> name() {
    auto begin = at_;
    if (at_ >= text_.size() || !is_name_start(text_[at_]))
      return wrong("a name is missing");
    while (at_ < text_.size() && is_name_part(text_[at_]))
      ++at_;
    if (at_ - begin > most_name_bytes)
      return wrong("a name is too long");
    return std::string{text_.substr(begin, at_ - begin)};
  }

  /// What a piece of the text stands for.
  expected<std::string> decoded(size_t begin, size_t end, bool is_attribute) {
    std::string out;
    for (auto i = begin; i < end; ++i) {
      auto c = text_[i];
      if (c == '&') {
        auto stop = text_.find(';', i);
        auto what = stop < end ? entity(text_.substr(i + 1, stop - i - 1)) : std::nullopt;
        if (!what) {
          at_ = i;
          return wrong("an unknown entity");
        }
        out += *what;
        i = stop;
      } else if (c == '\r' && i + 1 < end && text_[i + 1] == '\n') {
        continue;
      } else if (is_attribute && white.find(c) != white.npos) {
        out += ' ';
      } else {
        out += c;
      }
    }
    return out;
  }

  expected<void> attributes(xml_element& x) {
    std::unordered_set<std::string> seen;
    for (;;) {
      auto before = at_;
      skip_white();
      if (is_at('>') || is_at('/'))
        return {};
      if (at_ == before)
        return wrong("a tag without an end");
      if (x.attributes.size() == most_attributes || ++count_ > most_values)
        return wrong("too many attributes");
      xml_attribute a;
      a.begin = at_;
      auto its = name();
      if (!its)
        return fail(std::move(its.error()));
      a.name = std::move(*its);
      if (!seen.insert(a.name).second)
        return wrong("an attribute stands twice");
      skip_white();
      if (!is_at('='))
        return wrong("an attribute without a value");
      ++at_;
      skip_white();
      if (!is_at('"') && !is_at('\''))
        return wrong("a value without quotes");
      auto end = text_.find(text_[at_], at_ + 1);
      if (end == text_.npos)
        return wrong("a value without an end");
      a.value_begin = at_ + 1;
      a.value_end = end;
      if (text_.substr(a.value_begin, end - a.value_begin).find('<') != text_.npos)
        return wrong("`<` in a value");
      auto value = decoded(a.value_begin, a.value_end, true);
      if (!value)
        return fail(std::move(value.error()));
      a.value = std::move(*value);
      a.end = at_ = end + 1;
      x.attributes.push_back(std::move(a));
    }
  }

  expected<void> element(xml_element& x, size_t level) {
    if (level > most_levels)
      return wrong(fmt::format("nested deeper than {} levels", most_levels));
    if (++count_ > most_values)
      return wrong(fmt::format("more than {} values", most_values));
    x.begin = at_++;
    auto its = name();
    if (!its)
      return fail(std::move(its.error()));
    x.name = std::move(*its);
    if (auto fine = attributes(x); !fine)
      return fine;
    x.open_stop = at_;
    x.is_short = is_at('/');
    if (x.is_short)
      ++at_;
    if (!is_at('>'))
      return wrong("`>` is missing");
    x.open_end = ++at_;
    if (!x.is_short)
      if (auto fine = content(x, level); !fine)
        return fine;
    if (x.is_short)
      x.close_begin = at_;
    x.end = at_;
    return {};
  }

  expected<void> content(xml_element& x, size_t level) {
    for (;;) {
      auto stop = std::min(text_.find('<', at_), text_.size());
      if (stop > at_) {
        auto begin = at_;
        auto value = decoded(begin, stop, false);
        if (!value)
          return fail(std::move(value.error()));
        x.texts.push_back({begin, stop, std::move(*value)});
        at_ = stop;
      }
      if (at_ >= text_.size()) {
        at_ = x.begin;
        return wrong("an element without an end");
      }
      expected<void> fine;
      if (rest().starts_with("</"))
        return close(x);
      if (rest().starts_with("<!--"))
        fine = skip_comment();
      else if (rest().starts_with("<![CDATA["))
        fine = raw(x);
      else if (rest().starts_with("<?"))
        fine = skip_instruction();
      else {
        x.children.emplace_back();
        fine = element(x.children.back(), level + 1);
      }
      if (!fine)
        return fine;
    }
  }

  expected<void> raw(xml_element& x) {
    constexpr size_t mark = 9;
    auto begin = at_;
    if (auto fine = skip_past("]]>", at_ + mark, "CDATA without an end"); !fine)
      return fine;
    x.texts.push_back(
      {begin, at_, std::string{text_.substr(begin + mark, at_ - 3 - begin - mark)}});
    return {};
  }

  expected<void> close(xml_element& x) {
    x.close_begin = at_;
    at_ += 2;
    auto its = name();
    if (!its)
      return fail(std::move(its.error()));
    if (*its != x.name)
      return wrong("a tag closes another element");
    skip_white();
    if (!is_at('>'))
      return wrong("`>` is missing");
    ++at_;
    return {};
  }

  std::string_view text_;
  size_t at_ = 0, count_ = 0;
};

} // namespace

expected<xml_element> read_xml(std::string_view text) { return scanner{text}.run(); }

json value_of(const xml_element& x) {
  std::string text;
  for (const auto& piece : x.texts)
    text += piece.value;
  auto first = text.find_first_not_of(white);
  text = first == text.npos ? std::string{}
                            : text.substr(first, text.find_last_not_of(white) - first + 1);
  if (x.attributes.empty() && x.children.empty())
    return text;
  auto out = json::object();
  for (const auto& a : x.attributes)
    append_member(out, "@" + a.name, a.value);
  std::vector<std::pair<const std::string*, std::vector<json>>> groups;
  std::unordered_map<std::string_view, size_t> known;
  for (const auto& child : x.children) {
    auto [it, is_new] = known.emplace(child.name, groups.size());
    if (is_new)
      groups.push_back({&child.name, {}});
    groups[it->second].second.push_back(value_of(child));
  }
  for (auto& [name, values] : groups)
    append_member(
      out, *name, values.size() == 1 ? std::move(values.front()) : json(std::move(values)));
  if (!text.empty())
    append_member(out, "#text", std::move(text));
  return out;
}

} // namespace aops::tracing
