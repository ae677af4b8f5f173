#include "runtime/core/tracing/flow_tree.hpp"
#include "runtime/core/tracing/formats.hpp"
#include "runtime/core/tracing/toml_lines.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <sstream>

namespace aops::tracing {

namespace {

/// What the library bounds not: a key of many parts is a table of many levels, which it walks by
/// recursion.
constexpr size_t most_key_parts = 32;

expected<void> check_depth(std::string_view text) {
  size_t dots = 0, depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    auto c = text[i];
    if (c == '#') {
      i = std::min(text.find('\n', i), text.size()) - 1;
    } else if (c == '"' || c == '\'') {
      i = toml_string_end(text, i) - 1;
    } else if (c == '.') {
      if (++dots == most_key_parts)
        return fault_at(line_at(text, i),
                        fmt::format("a key of more than {} parts", most_key_parts));
    } else if (std::string_view{"\n=,{}[]"}.find(c) != std::string_view::npos) {
      dots = 0;
      if ((c == '[' || c == '{') && ++depth > most_levels)
        return fault_at(line_at(text, i), fmt::format("nested deeper than {} levels", most_levels));
      if ((c == ']' || c == '}') && depth > 0)
        --depth;
    }
  }
  return {};
}

expected<toml::table> parsed(std::string_view text) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& e) {
    auto line = static_cast<size_t>(e.source().begin.line);
    return fault_at(std::max<size_t>(line, 1), "no valid TOML");
  }
}

template <class T>
std::string printed(const T& x) {
  std::ostringstream out;
  out << x;
  return out.str();
}

class converter {
public:
  expected<json> convert(const toml::node& x, size_t level) {
    line_ = std::max<size_t>(line_, x.source().begin.line);
    if (level > most_levels)
      return fault_at(line_, fmt::format("nested deeper than {} levels", most_levels));
    if (++count_ > most_values)
      return fault_at(line_, fmt::format("more than {} values", most_values));
    if (const auto* table = x.as_table())
      return object(*table, level);
    if (const auto* list = x.as_array()) {
      auto out = json::array();
      for (const auto& item : *list) {
        auto value = convert(item, level + 1);
        if (!value)
          return value;
        out.push_back(std::move(*value));
      }
      return out;
    }
    return scalar(x);
  }

  /// In the order of the text; the library orders by name.
  static std::vector<std::pair<const toml::key*, const toml::node*>>
  members(const toml::table& table) {
    std::vector<std::pair<const toml::key*, const toml::node*>> out;
    for (const auto& [key, value] : table)
      out.emplace_back(&key, &value);
    auto place = [](const toml::key* x) {
      auto at = x->source().begin;
      return std::pair{at.line, at.column};
    };
    std::stable_sort(out.begin(), out.end(), [&](const auto& a, const auto& b) {
      return place(a.first) < place(b.first);
    });
    return out;
  }

private:
  expected<json> object(const toml::table& table, size_t level) {
    auto out = json::object();
    for (const auto& [key, node] : members(table)) {
      if (key->str().size() > most_name_bytes)
        return fault_at(std::max<size_t>(key->source().begin.line, 1), "a name is too long");
      auto value = convert(*node, level + 1);
      if (!value)
        return value;
      append_member(out, std::string{key->str()}, std::move(*value));
    }
    return out;
  }

  static json scalar(const toml::node& x) {
    if (const auto* text = x.as_string())
      return std::string{text->get()};
    if (const auto* whole = x.as_integer())
      return whole->get();
    if (const auto* truth = x.as_boolean())
      return truth->get();
    if (const auto* fraction = x.as_floating_point()) {
      auto value = fraction->get();
      // JSON has none of these.
      if (std::isnan(value))
        return "nan";
      if (std::isinf(value))
        return value > 0 ? "inf" : "-inf";
      return value;
    }
    if (const auto* date = x.as_date())
      return printed(date->get());
    if (const auto* time = x.as_time())
      return printed(time->get());
    if (const auto* both = x.as_date_time())
      return printed(both->get());
    return nullptr;
  }

  size_t count_ = 0, line_ = 1;
};

expected<reading> read(std::string_view text, const syntax&) {
  if (auto fine = check_depth(text); !fine)
    return fail(std::move(fine.error()));
  // The library asserts where it should refuse (a header that begins with no key): it is not given
  // what is not understood here.
  if (auto lines = read_toml_lines(text); !lines)
    return fail(std::move(lines.error()));
  auto table = parsed(text);
  if (!table)
    return fail(std::move(table.error()));
  auto values = converter{}.convert(*table, 0);
  if (!values)
    return fail(std::move(values.error()));
  reading out{std::move(*values), {}};
  for (const auto& [section, node] : *table) {
    note_line(out, section.str(), section.source().begin.line);
    if (const auto* options = node.as_table())
      for (const auto& [option, value] : *options)
        note_line(out, section.str(), option.str(), option.source().begin.line);
  }
  return out;
}

// -- writing

bool is_bare_key(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

std::string spelled_text(const std::string& x) {
  return json(x).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string spelled_key(const std::string& name) {
  return is_bare_key(name) ? name : spelled_text(name);
}

std::string spelled(const json& x) {
  std::string out;
  if (x.is_array()) {
    for (const auto& item : x)
      out.append(out.empty() ? "" : ", ").append(spelled(item));
    return "[" + out + "]";
  }
  if (x.is_object()) {
    for (const auto& [name, value] : x.items())
      out.append(out.empty() ? "" : ", ").append(spelled_key(name) + " = " + spelled(value));
    return out.empty() ? "{}" : "{ " + out + " }";
  }
  return x.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// What a value of one line is; discarded when it is none.
json value_of_token(std::string_view token) {
  auto table = parsed(fmt::format("x = {}", token));
  if (!table || table->size() != 1)
    return json(json::value_t::discarded);
  auto value = converter{}.convert(*table, 0);
  return value && value->contains("x") ? (*value)["x"] : json(json::value_t::discarded);
}

bool is_list_of_tables(const json& x) {
  return x.is_array() && !x.empty() &&
         std::all_of(x.begin(), x.end(), [](const json& item) { return item.is_object(); });
}

const json* find(const json& at,
                 const toml_path& path,
                 size_t from,
                 std::map<const json*, std::map<std::string_view, const json*>>& index) {
  const auto* x = &at;
  for (auto i = from; i < path.size(); ++i) {
    if (path[i].is_index) {
      if (!x->is_array() || path[i].index >= x->size())
        return nullptr;
      x = &(*x)[path[i].index];
      continue;
    }
    if (!x->is_object())
      return nullptr;
    auto [members, is_new] = index.try_emplace(x);
    if (is_new)
      for (const auto& [name, value] : x->items())
        members->second.emplace(name, &value);
    auto found = members->second.find(path[i].name);
    if (found == members->second.end())
      return nullptr;
    x = found->second;
  }
  return x;
}

class writer {
public:
  writer(std::string_view text, std::vector<toml_line> lines, const syntax& how)
      : text_(text), how_(how), newline_(newline_of(text)), lines_(std::move(lines)) {}

  std::string run(const json& is, const json& to) {
    for (const auto& x : lines_) {
      auto path = joined(x.path);
      if (x.kind == toml_line::what::pair) {
        pairs_.insert(path);
        last_pair_[joined({x.path.begin(), x.path.end() - 1})] = &x;
      } else {
        headers_[path] = &x;
        if (x.path.back().is_index)
          lists_.insert(joined({x.path.begin(), x.path.end() - 1}));
      }
      change_line(x, to);
    }
    add_missing(is, to, {});
    if (!blocks_.empty())
      edits_.insert(text_.size(),
                    (text_.empty() || text_.ends_with('\n') ? std::string{} : newline_) + blocks_);
    return edits_.applied_to(text_);
  }

private:
  static std::string joined(const toml_path& path) {
    std::string out;
    for (const auto& x : path)
      out += x.is_index ? fmt::format("\x1e{}", x.index) : "\x1f" + x.name;
    return out;
  }

  static std::string header_of(const toml_path& path) {
    std::string out;
    for (const auto& x : path)
      if (!x.is_index)
        out.append(out.empty() ? "" : ".").append(spelled_key(x.name));
    return out;
  }

  void change_line(const toml_line& x, const json& to) {
    const auto* wanted = find(to, x.path, 0, index_);
    bool is_kept = wanted && (x.kind == toml_line::what::pair || wanted->is_object());
    if (!is_kept) {
      edits_.remove(x.begin, x.end);
      return;
    }
    if (x.kind != toml_line::what::pair)
      return;
    flow_node value = x.value;
    fill(value);
    // Dates are texts in JSON, but not here.
    auto is_bare =
      value.value.is_string() && text_[value.begin] != '"' && text_[value.begin] != '\'';
    if (is_bare && wanted->is_string() && *wanted != value.value) {
      auto word = wanted->get<std::string>();
      bool is_word = word.find_first_of("\n#\"'") == word.npos && value_of_token(word) == *wanted;
      edits_.replace(value.begin, value.end, is_word ? word : spelled(*wanted));
      return;
    }
    flow_style style{[](const json& v, std::string_view, std::string_view) { return spelled(v); },
                     [](const std::string& name) { return spelled_key(name) + " = "; }};
    change_flow(text_, value, *wanted, how_, style, edits_);
  }

  void fill(flow_node& x) const {
    if (x.what == flow_node::kind::scalar)
      x.value = value_of_token(text_.substr(x.begin, x.end - x.begin));
    for (auto& item : x.items)
      fill(item);
  }

  void add_missing(const json& is, const json& to, const toml_path& path) {
    std::map<std::string_view, const json*> there;
    for (const auto& [name, value] : is.items())
      there.emplace(name, &value);
    // Pairs first: what follows a header belongs to it.
    for (bool is_for_tables : {false, true}) {
      for (const auto& [name, value] : to.items()) {
        auto inner = path;
        inner.push_back({name, false, 0});
        auto found = there.find(name);
        auto key = joined(inner);
        bool is_table = value.is_object() || is_list_of_tables(value);
        if (is_table != is_for_tables || pairs_.contains(key))
          continue;
        if (found == there.end() || (found->second->is_object() && !value.is_object()) ||
            (lists_.contains(key) && !value.is_array()))
          add(inner, value);
        else if (value.is_object() && found->second->is_object())
          add_missing(*found->second, value, inner);
        else if (lists_.contains(key) && value.is_array())
          add_items(*found->second, value, inner);
      }
    }
  }

  void add_items(const json& is, const json& to, const toml_path& path) {
    for (size_t i = 0; i < to.size(); ++i) {
      auto item = path;
      item.push_back({{}, true, i});
      if (i < is.size() && to[i].is_object())
        add_missing(is[i], to[i], item);
      else if (i >= is.size())
        add_block(item, to[i]);
    }
  }

  void add(const toml_path& path, const json& value) {
    if (value.is_object()) {
      add_block(path, value);
      return;
    }
    if (is_list_of_tables(value)) {
      for (size_t i = 0; i < value.size(); ++i) {
        auto item = path;
        item.push_back({{}, true, i});
        add_block(item, value[i]);
      }
      return;
    }
    toml_path parent{path.begin(), path.end() - 1};
    auto key = joined(parent);
    auto line = spelled_key(path.back().name) + " = " + spelled(value) + newline_;
    if (auto sibling = last_pair_.find(key); sibling != last_pair_.end()) {
      const auto& x = *sibling->second;
      insert(x.end, std::string{text_.substr(x.begin, x.last_part - x.begin)} + line);
    } else if (auto header = headers_.find(key); header != headers_.end()) {
      insert(header->second->end, line);
    } else if (parent.empty()) {
      insert(top(), line);
    } else {
      auto [it, is_new] = new_headers_.insert(key);
      if (is_new)
        blocks_ += newline_ + "[" + header_of(parent) + "]" + newline_;
      blocks_ += line;
    }
  }

  void add_block(const toml_path& path, const json& value) {
    if (!blocks_.empty() || !text_.empty())
      blocks_ += newline_;
    bool is_item = path.back().is_index;
    blocks_ += fmt::format(
      "{}{}{}{}", is_item ? "[[" : "[", header_of(path), is_item ? "]]" : "]", newline_);
    for (const auto& [name, x] : value.items())
      if (!x.is_object() && !is_list_of_tables(x))
        blocks_ += spelled_key(name) + " = " + spelled(x) + newline_;
    for (const auto& [name, x] : value.items()) {
      auto inner = path;
      inner.push_back({name, false, 0});
      if (x.is_object() || is_list_of_tables(x))
        add(inner, x);
    }
  }

  void insert(size_t at, std::string line) {
    // The last line of a file may lack its end.
    if (at > 0 && text_[at - 1] != '\n') {
      line.insert(0, newline_);
      line.resize(line.size() - newline_.size());
    }
    edits_.insert(at, std::move(line));
  }

  /// Before the first header and the comments on top of it.
  size_t top() const {
    for (const auto& x : lines_) {
      if (x.kind == toml_line::what::pair)
        continue;
      auto place = x.begin;
      while (place > 0) {
        auto before = place == 1 ? text_.npos : text_.rfind('\n', place - 2);
        auto begin = before == text_.npos ? 0 : before + 1;
        if (!trimmed(text_.substr(begin, place - 1 - begin)).starts_with('#'))
          break;
        place = begin;
      }
      return place;
    }
    return text_.size();
  }

  std::string_view text_;
  const syntax& how_;
  std::string newline_;
  std::vector<toml_line> lines_;
  std::map<const json*, std::map<std::string_view, const json*>> index_;
  std::set<std::string> pairs_, lists_, new_headers_;
  std::map<std::string, const toml_line*> last_pair_, headers_; ///< By the path of their table.
  changes edits_;
  std::string blocks_; ///< At the end.
};

expected<std::string> write(std::string_view text, const json& values, const syntax& how) {
  if (!values.is_object())
    return fail(ec::bad_request, "must be an object");
  auto is = read(text, how);
  if (!is)
    return fail(std::move(is.error()));
  auto lines = read_toml_lines(text);
  if (!lines)
    return fail(std::move(lines.error()));
  auto out = writer{text, std::move(*lines), how}.run(is->values, values);
  // A new file does not begin with an empty line.
  if (text.empty())
    out.erase(0, std::min(out.find_first_not_of('\n'), out.size()));
  return out;
}

} // namespace

const format toml_format{read, write};

} // namespace aops::tracing
