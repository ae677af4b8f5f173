#include "runtime/core/tracing/flow_tree.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace aops::tracing {

namespace {

class changer {
public:
  changer(std::string_view text, const syntax& how, const flow_style& style, changes& edits)
      : text_(text), how_(how), style_(style), edits_(edits) {}

  void change(const flow_node& x, const json& to) {
    if (same_values(value_of(x), to, how_))
      return;
    if (!x.is_closed && x.what == flow_node::kind::object && to.is_object())
      change_object(x, to);
    else if (!x.is_closed && x.what == flow_node::kind::list && to.is_array())
      change_list(x, to);
    else
      edits_.replace(x.begin, x.end, style_.value(to, indent_at(text_, x.begin), unit_or_none()));
  }

private:
  void change_object(const flow_node& x, const json& to) {
    std::map<std::string_view, const json*> wanted;
    for (const auto& [name, value] : to.items())
      wanted.emplace(name, &value);
    std::vector<bool> keeps(x.items.size());
    for (size_t i = 0; i < x.items.size(); ++i) {
      auto found = wanted.find(x.items[i].key);
      keeps[i] = found != wanted.end();
      if (!keeps[i])
        continue;
      change(x.items[i], *found->second);
      wanted.erase(found);
    }
    auto lead = lead_of(x);
    std::vector<std::string> come;
    for (const auto& [name, value] : to.items())
      if (wanted.contains(name))
        come.push_back(style_.key(name) + spelled(value, lead));
    edit_items(x, keeps, x.items.size(), come, lead);
  }

  void change_list(const flow_node& x, const json& to) {
    auto match = match_lists(x.items.size(), to.size(), [&](size_t i, size_t j) {
      return same_values(value_of(x.items[i]), to[j], how_);
    });
    auto old_end = x.items.size() - match.tail, new_end = to.size() - match.tail;
    std::vector<bool> keeps(x.items.size(), true);
    for (auto i = match.head; i < std::min(old_end, new_end); ++i)
      change(x.items[i], to[i]);
    for (auto i = std::max(match.head, new_end); i < old_end; ++i)
      keeps[i] = false;
    auto lead = lead_of(x);
    std::vector<std::string> come;
    for (auto i = old_end; i < new_end; ++i)
      come.push_back(spelled(to[i], lead));
    edit_items(x, keeps, old_end, come, lead);
  }

  /// Takes items out, and puts others in before the item `at`.
  void edit_items(const flow_node& x,
                  const std::vector<bool>& keeps,
                  size_t at,
                  const std::vector<std::string>& come,
                  const std::string& lead) {
    auto count = x.items.size();
    bool keeps_any = std::find(keeps.begin(), keeps.end(), true) != keeps.end();
    if (!keeps_any && count > 0) {
      bool is_empty = come.empty();
      edits_.remove(is_empty ? x.begin + 1 : x.items.front().key_begin,
                    is_empty ? x.end - 1 : x.items.back().end);
    } else {
      bool has_kept = false;
      for (size_t i = 0; i < count; ++i) {
        if (!keeps[i] && has_kept)
          edits_.remove(x.items[i - 1].end, x.items[i].end);
        else if (!keeps[i])
          edits_.remove(x.items[i].key_begin, x.items[i + 1].key_begin);
        has_kept = has_kept || keeps[i];
      }
    }
    if (come.empty())
      return;
    std::string joined;
    for (const auto& one : come)
      joined.append(joined.empty() ? "" : "," + lead).append(one);
    if (count == 0) {
      auto close = lead.find('\n') == lead.npos
                     ? std::string{}
                     : std::string{newline_of(text_)} + std::string{indent_at(text_, x.begin)};
      edits_.replace(x.begin + 1, x.end - 1, (close.empty() ? "" : lead) + joined + close);
    } else if (!keeps_any) {
      edits_.insert(x.items.back().end, joined);
    } else if (at == 0) {
      edits_.insert(x.items.front().key_begin, joined + "," + lead);
    } else {
      edits_.insert(x.items[at - 1].end, "," + lead + joined);
    }
  }

  /// What stands before an item: blanks, with the end of a line where each has a line of its own.
  std::string lead_of(const flow_node& x) const {
    if (x.items.empty()) {
      auto unit = unit_or_none();
      return unit.empty()
               ? " "
               : std::string{newline_of(text_)} + std::string{indent_at(text_, x.begin)} + unit;
    }
    auto before = text_.substr(x.begin + 1, x.items.front().key_begin - x.begin - 1);
    if (before.find('\n') != before.npos)
      return std::string{newline_of(text_)} +
             std::string{indent_at(text_, x.items.front().key_begin)};
    return " ";
  }

  std::string spelled(const json& value, const std::string& lead) const {
    auto line = lead.rfind('\n');
    if (line == lead.npos)
      return style_.value(value, {}, {});
    return style_.value(value, std::string_view{lead}.substr(line + 1), unit());
  }

  /// One level of indentation, as the first indented line has it.
  std::string unit() const {
    if (unit_)
      return *unit_;
    unit_ = "    ";
    for (const auto& line : source_lines(text_))
      if (auto indent = indent_at(text_, line.begin); !indent.empty() && line.stop > line.begin) {
        unit_ = indent[0] == '\t' ? "\t" : std::string{indent};
        break;
      }
    return *unit_;
  }

  /// Nothing when the text has all in one line.
  std::string unit_or_none() const {
    return trimmed(text_).find('\n') == std::string_view::npos ? std::string{} : unit();
  }

  std::string_view text_;
  const syntax& how_;
  const flow_style& style_;
  changes& edits_;
  mutable std::optional<std::string> unit_;
};

} // namespace

json value_of(const flow_node& x) {
  if (x.what == flow_node::kind::scalar)
    return x.value;
  if (x.what == flow_node::kind::list) {
    auto out = json::array();
    for (const auto& item : x.items)
      out.push_back(value_of(item));
    return out;
  }
  auto out = json::object();
  for (const auto& item : x.items)
    append_member(out, item.key, value_of(item));
  return out;
}

void change_flow(std::string_view text,
                 const flow_node& x,
                 const json& to,
                 const syntax& how,
                 const flow_style& style,
                 changes& edits) {
  changer{text, how, style, edits}.change(x, to);
}

} // namespace aops::tracing
