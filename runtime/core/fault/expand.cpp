#include "runtime/core/fault/expand.hpp"

#include "runtime/base/near_name.hpp"
#include "runtime/core/check/instance_text.hpp"
#include "runtime/core/fault/condition.hpp"
#include "runtime/core/fault/names.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

namespace aops::fault {
namespace {

using json = nlohmann::ordered_json;

const std::string& text_of(const json& node, const char* member) {
  return node.at(member).get_ref<const std::string&>();
}

bool is_branch(const json& node) { return node.contains("children"); }

/// A template whose facts are missing.
bool is_unresolved(const json& node) { return node.contains("expand"); }

std::string with_id(std::string_view text, std::string_view id) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    auto found = text.find(id_mark, i);
    out.append(text, i, found == text.npos ? text.npos : found - i);
    if (found == text.npos)
      break;
    out += id;
    i = found + id_mark.size();
  }
  return out;
}

/// An id as a part of a node's name: without what could not stand in a condition.
std::string as_name(std::string_view id) {
  std::string out{id};
  for (char& c : out)
    if (std::string_view{"!()&|"}.find(c) != std::string_view::npos)
      c = '_';
  auto trimmed = trim(out);
  return trimmed.empty() ? "_" : std::string{trimmed};
}

/// A text of `match` with the id in it, which means itself there.
std::string in_match(std::string_view text, std::string_view id) {
  auto what = check::read_matcher(text).what;
  using kind = check::label_matcher::kind;
  if (what == kind::like || what == kind::unlike) {
    std::string quoted;
    for (char c : id) {
      bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || (c & 0x80) != 0;
      quoted.append(is_plain ? "" : "\\") += c;
    }
    return with_id(text, quoted);
  }
  if (text.starts_with(id_mark)) // What the id begins with is no operator.
    return "=" + with_id(text, id);
  return with_id(text, id);
}

/// A condition over `children` with other names; `rename(name)` gives what stands there instead.
template <class Rename>
std::string renamed(const std::string& text, const json& children, Rename rename) {
  name_index names;
  uint32_t next = 0;
  for (const auto& child : children)
    names.emplace(text_of(child, "node name"), next++);
  auto parsed = parse_condition(text, names);
  if (!parsed)
    return text; // Cannot be: it was legal, and changes together with its children's names.
  std::string out;
  size_t from = 0;
  for (const auto& place : parsed->names) {
    out.append(text, from, place.begin - from);
    out += rename(text.substr(place.begin, place.size));
    from = place.begin + place.size;
  }
  return out.append(text, from, text.npos);
}

class expansion {
public:
  explicit expansion(const host_facts& facts) : facts_(facts) {}

  /// Replaces the templates below a node; inner ones first, so their ids win over outer ones.
  json below(const json& node) {
    if (!is_branch(node))
      return node;
    auto children = json::array();
    std::map<std::string, std::string, std::less<>> stands_for;
    for (const auto& child : node.at("children")) {
      auto copies = copies_of(child);
      if (child.contains("expand"))
        stands_for[text_of(child, "node name")] = joined(child, copies);
      for (auto& copy : copies)
        children.push_back(std::move(copy));
      if (made_ > max_nodes)
        break; // Refused by `run`.
    }
    auto rename = [&](const std::string& name) {
      auto found = stands_for.find(name);
      return found == stands_for.end() ? name : found->second;
    };
    json out = json::object();
    for (const auto& [name, value] : node.items())
      if (name == "children")
        out[name] = nullptr; // Its place among the members.
      else if (name == "condition")
        out[name] = renamed(text_of(node, "condition"), node.at("children"), rename);
      else
        out[name] = value;
    out["children"] = std::move(children);
    return out;
  }

  expected<expanded_content> run(const json& content) {
    expanded_content out;
    out.content = below(content);
    out.used = std::move(used_);
    if (made_ > max_nodes)
      return fail(
        ec::bad_request,
        fmt::format("the tree has more than {} nodes when expanded for this host", max_nodes));
    return out;
  }

private:
  std::vector<std::string> ids(const json& expand) {
    if (text_of(expand, "by") == "disk") {
      used_.disks = facts_.disks;
      return facts_.disks;
    }
    if (auto wanted = label_in(expand)) {
      auto known = facts_.instances.find(*wanted);
      if (known == facts_.instances.end())
        return {};
      used_.instances.insert(*known);
      return known->second;
    }
    used_.core_count = facts_.core_count;
    std::vector<std::string> out;
    auto count = std::min<size_t>(facts_.core_count.value_or(0), max_nodes + 1);
    for (size_t i = 0; i < count; ++i)
      out.push_back(std::to_string(i));
    return out;
  }

  std::vector<json> copies_of(const json& node) {
    if (!node.contains("expand")) {
      ++made_;
      return {below(node)};
    }
    auto ids_here = ids(node.at("expand"));
    if (ids_here.empty()) {
      ++made_;
      return {without_facts(node)};
    }
    json inside = below(node);
    inside.erase("expand");
    auto size = size_of(inside);
    std::vector<json> out;
    std::set<std::string, std::less<>> names;
    for (const auto& id : ids_here) {
      made_ += size;
      if (made_ > max_nodes)
        break;
      auto name = as_name(id);
      for (int number = 2; !names.insert(name).second; ++number)
        name = as_name(id) + " " + std::to_string(number);
      out.push_back(inside);
      put_id(out.back(), {id, name});
    }
    return out;
  }

  static json without_facts(const json& node) {
    json out = node;
    out.erase("children");
    out.erase("condition");
    return out;
  }

  static size_t size_of(const json& node) {
    size_t out = 1;
    if (is_branch(node))
      for (const auto& child : node.at("children"))
        out += size_of(child);
    return out;
  }

  static std::string joined(const json& node, const std::vector<json>& copies) {
    if (copies.size() == 1 && is_unresolved(copies.front()))
      return text_of(node, "node name");
    const auto& expand = node.at("expand");
    auto join = expand.contains("join") ? text_of(expand, "join") : "||";
    std::string out = "(";
    for (const auto& copy : copies) {
      if (out.size() > 1)
        out.append(" ").append(join).append(" ");
      out += text_of(copy, "node name");
    }
    return out + ")";
  }

  /// An id as it is, and as a part of names.
  struct copy_id {
    std::string_view value, name;
  };

  /// Puts an id into a copy and all below it, except inner templates without facts, which keep
  /// their names.
  static void put_id(json& node, copy_id id) {
    if (is_unresolved(node))
      return;
    node["node name"] = with_id(text_of(node, "node name"), id.name);
    if (!is_branch(node)) {
      node["check item"] = with_id(text_of(node, "check item"), id.value);
      if (auto match = node.find(match_member); match != node.end() && match->is_object())
        for (auto& [label, value] : match->items())
          if (value.is_string())
            value = in_match(value.get_ref<const std::string&>(), id.value);
      return;
    }
    std::set<std::string, std::less<>> kept;
    for (const auto& child : node.at("children"))
      if (is_unresolved(child))
        kept.insert(text_of(child, "node name"));
    auto rename = [&](const std::string& name) {
      return kept.contains(name) ? name : with_id(name, id.name);
    };
    node["condition"] = renamed(text_of(node, "condition"), node.at("children"), rename);
    for (auto& child : node.at("children"))
      put_id(child, id);
  }

  const host_facts& facts_;
  host_facts used_;
  size_t made_ = 1;
};

} // namespace

std::string refuse_expand(const json& expand, std::string_view node_name) {
  static constexpr std::string_view members[] = {"by", "join", "check item", "label"};
  if (!expand.is_object())
    return "\"expand\" must be an object such as {\"by\": \"cpu\", \"join\": \"||\"}";
  bool is_by_instance = expand.contains("by") && expand.at("by") == "instance";
  for (const auto& [name, value] : expand.items()) {
    bool is_of_instances = name == "check item" || name == "label";
    if (name != "by" && name != "join" && !is_of_instances)
      return fmt::format(
        "\"expand\" has an unknown member \"{}\"{}", name, base::did_you_mean(name, members));
    if (name == "by" && value != "cpu" && value != "disk" && value != "instance")
      return "\"by\" of \"expand\" must be \"cpu\" or \"disk\" or \"instance\"";
    if (name == "join" && value != "||" && value != "&&")
      return "\"join\" of \"expand\" must be \"||\" or \"&&\"";
    if (is_of_instances && !is_by_instance)
      return fmt::format("\"{}\" of \"expand\" goes with \"by\": \"instance\"", name);
    if (is_of_instances &&
        (!value.is_string() || trim(value.get_ref<const std::string&>()).empty() ||
         value.get_ref<const std::string&>().find(id_mark) != std::string::npos))
      return fmt::format("\"{}\" of \"expand\" must be a text that is not empty, without {{id}}",
                         name);
  }
  if (!expand.contains("by"))
    return "\"by\" of \"expand\" is missing";
  if (is_by_instance && !(expand.contains("check item") && expand.contains("label")))
    return "\"expand\" by instances needs \"check item\" (the rule) and \"label\" (what {id} is)";
  if (node_name.find(id_mark) == node_name.npos)
    return "the name of a node with \"expand\" must contain {id}";
  return {};
}

std::optional<rule_label> label_in(const json& expand) {
  if (expand.at("by") != "instance")
    return {};
  return rule_label{text_of(expand, "check item"), text_of(expand, "label")};
}

expected<expanded_content> expand(const json& content, const host_facts& facts) {
  return expansion(facts).run(content);
}

expected<tree_ptr> adapt(tree_ptr what, const host_facts& facts) {
  if (!what->is_adaptive())
    return what;
  auto content = expand(*what->template_, facts);
  if (!content)
    return fail(std::move(content.error()));
  auto out = tree::build(content->content, tree::origin::expansion);
  if (!out)
    return fail(ec::bad_request, "expanded for this host: " + out.error().detail);
  out->digest_ = what->digest_;
  out->facts_ = std::move(content->used);
  return std::make_shared<const tree>(std::move(*out));
}

} // namespace aops::fault
