#include "runtime/core/tracing/formats.hpp"
#include "runtime/core/tracing/xml_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace aops::tracing {

namespace {

constexpr std::string_view white = " \t\r\n";
constexpr std::string_view text_name = "#text";

expected<reading> read(std::string_view text, const syntax&) {
  auto root = read_xml(text);
  if (!root)
    return fail(std::move(root.error()));
  reading out;
  note_line(out, root->name, line_at(text, root->begin));
  size_t counted = 0, line = 1;
  auto line_of = [&](size_t place) {
    line += static_cast<size_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(counted),
                                           text.begin() + static_cast<std::ptrdiff_t>(place),
                                           '\n'));
    counted = place;
    return line;
  };
  for (const auto& a : root->attributes)
    note_line(out, root->name, "@" + a.name, line_of(a.begin));
  for (const auto& child : root->children)
    note_line(out, root->name, child.name, line_of(child.begin));
  append_member(out.values, root->name, value_of(*root));
  return out;
}

// -- writing

std::string escaped(std::string_view text, bool is_attribute) {
  std::string out;
  for (auto c : text) {
    switch (c) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '"':
      out += is_attribute ? "&quot;" : "\"";
      break;
    case '\'':
      out += is_attribute ? "&apos;" : "'";
      break;
    case '\n':
    case '\t':
    case '\r':
      if (is_attribute || c == '\r')
        out += fmt::format("&#{};", static_cast<int>(c));
      else
        out += c;
      break;
    default:
      out += c;
    }
  }
  return out;
}

std::string text_of(const json& x) {
  if (x.is_string())
    return x.get<std::string>();
  return x.is_null() ? std::string{} : x.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// The items of a list; a single value is the list of it.
std::vector<const json*> items_of(const json& x) {
  std::vector<const json*> out;
  if (!x.is_array())
    out.push_back(&x);
  else
    for (const auto& item : x)
      out.push_back(&item);
  return out;
}

class writer {
public:
  explicit writer(std::string_view text) : text_(text), newline_(newline_of(text)) {}

  std::string printed(const std::string& name, const json& x, const std::string& indent) const {
    if (!x.is_object()) {
      auto text = escaped(text_of(x), false);
      return text.empty() ? fmt::format("<{}/>", name) : fmt::format("<{0}>{1}</{0}>", name, text);
    }
    std::string out = "<" + name, inner, text;
    for (const auto& [member, value] : x.items()) {
      if (member.starts_with('@'))
        out += fmt::format(" {}=\"{}\"", member.substr(1), escaped(text_of(value), true));
      else if (member == text_name)
        text = escaped(text_of(value), false);
      else
        for (const auto* item : items_of(value))
          inner += newline_ + indent + unit_ + printed(member, *item, indent + unit_);
    }
    if (inner.empty() && text.empty())
      return out + "/>";
    out += ">" + text + inner;
    if (!inner.empty())
      out += newline_ + indent;
    return out + "</" + name + ">";
  }

  void change(const xml_element& x, const json& to, const syntax& how) {
    auto is = value_of(x);
    if (same_values(is, to, how))
      return;
    bool is_plain = x.attributes.empty() && x.children.empty();
    if (!to.is_object() && !is_plain) {
      edits_.replace(x.begin, x.end, printed(x.name, to, std::string{indent_at(text_, x.begin)}));
      return;
    }
    if (!to.is_object()) {
      change_text(x, text_of(to));
      return;
    }
    change_attributes(x, to);
    auto old_text = is.is_object() ? is.value(std::string{text_name}, json("")) : is;
    auto new_text = to.value(std::string{text_name}, json(""));
    if (old_text != new_text)
      change_text(x, text_of(new_text));
    change_children(x, to, how);
  }

  std::string take() { return edits_.applied_to(text_); }

private:
  void change_text(const xml_element& x, const std::string& to) {
    auto text = escaped(to, false);
    if (x.is_short) {
      edits_.replace(x.open_stop, x.open_end, fmt::format(">{}</{}>", text, x.name));
      return;
    }
    bool is_put = false;
    for (const auto& piece : x.texts) {
      auto raw = text_.substr(piece.begin, piece.end - piece.begin);
      auto first = raw.find_first_not_of(white);
      if (first == raw.npos)
        continue;
      auto last = raw.find_last_not_of(white) + 1;
      edits_.replace(piece.begin + first, piece.begin + last, is_put ? std::string{} : text);
      is_put = true;
    }
    if (!is_put)
      edits_.insert(x.open_end, text);
  }

  void change_attributes(const xml_element& x, const json& to) {
    auto before = x.begin + 1 + x.name.size();
    for (const auto& a : x.attributes) {
      auto wanted = to.find("@" + a.name);
      if (wanted == to.end())
        edits_.remove(before, a.end);
      else if (text_of(*wanted) != a.value)
        edits_.replace(a.value_begin, a.value_end, escaped(text_of(*wanted), true));
      before = a.end;
    }
    for (const auto& [name, value] : to.items()) {
      auto is_it = [own = std::string_view{name}](const xml_attribute& a) {
        return own.substr(1) == a.name;
      };
      if (name.starts_with('@') && std::none_of(x.attributes.begin(), x.attributes.end(), is_it))
        edits_.insert(before,
                      fmt::format(" {}=\"{}\"", name.substr(1), escaped(text_of(value), true)));
    }
  }

  void change_children(const xml_element& x, const json& to, const syntax& how) {
    std::map<std::string_view, std::vector<const xml_element*>> groups;
    for (const auto& child : x.children)
      groups[child.name].push_back(&child);
    std::string come; // Into an element without children.
    for (const auto& [name, value] : to.items()) {
      if (name.starts_with('@') || name == text_name)
        continue;
      auto news = items_of(value);
      auto found = groups.find(name);
      auto olds =
        found == groups.end() ? std::vector<const xml_element*>{} : std::move(found->second);
      if (found != groups.end())
        groups.erase(found);
      auto match = match_lists(olds.size(), news.size(), [&](size_t i, size_t j) {
        return same_values(value_of(*olds[i]), *news[j], how);
      });
      auto old_end = olds.size() - match.tail, new_end = news.size() - match.tail;
      for (auto i = match.head; i < std::max(old_end, new_end); ++i) {
        if (i >= new_end)
          remove(*olds[i]);
        else if (i < old_end)
          change(*olds[i], *news[i], how);
        else if (x.children.empty())
          come += newline_ + inner_indent(x) + printed(name, *news[i], inner_indent(x));
        else
          add_after(old_end > 0 ? *olds[old_end - 1] : x.children.back(), name, *news[i]);
      }
    }
    for (const auto& [name, elements] : groups)
      for (const auto* each : elements)
        remove(*each);
    if (come.empty())
      return;
    come += newline_ + std::string{indent_at(text_, x.begin)};
    if (x.is_short)
      edits_.replace(x.open_stop, x.open_end, fmt::format(">{}</{}>", come, x.name));
    else
      edits_.insert(x.close_begin, come);
  }

  std::string inner_indent(const xml_element& x) const {
    return std::string{indent_at(text_, x.begin)} + unit_;
  }

  bool begins_line(size_t at) const {
    auto line = at == 0 ? text_.npos : text_.rfind('\n', at - 1);
    auto begin = line == text_.npos ? 0 : line + 1;
    return begin + indent_at(text_, at).size() == at;
  }

  void add_after(const xml_element& sibling, const std::string& name, const json& value) {
    std::string indent{indent_at(text_, sibling.begin)};
    auto lead = begins_line(sibling.begin) ? newline_ + indent : std::string{};
    edits_.insert(sibling.end, lead + printed(name, value, indent));
  }

  void remove(const xml_element& x) {
    auto begin = x.begin, end = x.end;
    auto next = text_.find_first_not_of(" \t\r", end);
    // With the line that it has for itself.
    if (begins_line(begin) && next != text_.npos && text_[next] == '\n') {
      begin -= indent_at(text_, begin).size();
      end = next + 1;
    }
    edits_.remove(begin, end);
  }

  std::string_view text_;
  std::string newline_;
  std::string unit_ = "  ";
  changes edits_;
};

expected<std::string> write(std::string_view text, const json& values, const syntax& how) {
  if (!values.is_object() || values.size() != 1)
    return fail(ec::bad_request, "must be an object with one member, the root");
  auto name = values.begin().key();
  const auto& to = values.begin().value();
  if (text.empty())
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + writer{text}.printed(name, to, {}) +
           "\n";
  auto root = read_xml(text);
  if (!root)
    return fail(std::move(root.error()));
  writer out{text};
  out.change(*root, to, how);
  return out.take();
}

} // namespace

const format xml_format{read, write};

} // namespace aops::tracing
