#include "cli/aops/report/fault_view.hpp"

#include "cli/aops/term/table.hpp"
#include "cli/aops/text/instance.hpp"
#include "cli/aops/text/text.hpp"

#include <algorithm>

namespace aops::cli {

namespace {

constexpr size_t deepest = 200;

node_state state_of(const json& node, const std::string& msg) {
  const auto& value = member(node, "value");
  if (value.is_boolean() && value.get<bool>())
    return node_state::is_true;
  if (text_of(node, "verdict") == "unknown" || !msg.empty())
    return node_state::missing;
  return value.is_boolean() ? node_state::is_false : node_state::plain;
}

/// What a leaf asks, as reports write it.
std::string asked_by(const json& node, const std::string& check_item) {
  auto text = instance_text(check_item, member(node, "match"), true);
  if (text_of(node, "scope") == "upstream")
    return "upstream " + text;
  return text_of(node, "instances") == "all" ? "all " + text : text;
}

expected<fault_node> view_node(const json& node, size_t depth) {
  if (!node.is_object() || text_of(node, "node name").empty())
    return fail(ec::bad_request, "the tree has a node without a `node name`");
  if (depth > deepest)
    return fail(ec::bad_request, "the tree is deeper than 200 levels");
  fault_node result;
  result.name = text_of(node, "node name");
  result.check_item = text_of(node, "check item");
  result.msg = text_of(node, "msg");
  result.condition = text_of(node, "condition");
  result.description = text_of(node, "description");
  result.advice = text_of(node, "advice");
  result.is_leaf = !result.check_item.empty();
  if (result.is_leaf)
    result.asked = asked_by(node, result.check_item);
  result.state = state_of(node, result.msg);
  for (const auto& child : member(node, "children")) {
    auto view = view_node(child, depth + 1);
    if (!view)
      return view;
    result.children.push_back(std::move(*view));
  }
  return result;
}

std::vector<std::string> texts(const json& list) {
  std::vector<std::string> result;
  for (const auto& x : list) // A single text counts as a list of one.
    result.push_back(x.is_object() ? text_of(x, "check_item") : cell_text(x));
  return result;
}

root_cause view_cause(const json& cause) {
  return {texts(member(cause, "path")),
          text_of(cause, "description"),
          text_of(cause, "advice"),
          texts(member(cause, "evidence")),
          !member(cause, "certain").is_boolean() || member(cause, "certain").get<bool>(),
          texts(member(cause, "instances"))};
}

std::vector<std::pair<double, std::string>> timed_values(const json& list) {
  std::vector<std::pair<double, std::string>> out;
  for (const auto& x : list)
    if (x.is_array() && x.size() >= 2 && x[0].is_number())
      out.emplace_back(x[0].get<double>(), cell_text(x[1]));
  return out;
}

evidence_item view_evidence(const json& item) {
  evidence_item result{text_of(item, "check_item"),
                       text_of(item, "condition"),
                       text_of(item, "instance"),
                       number_of(item, "first"),
                       number_of(item, "last"),
                       timed_values(member(item, "samples")),
                       {},
                       static_cast<int64_t>(number_of(item, "more_instances")),
                       texts(member(item, "path"))};
  for (const auto& part : member(item, "judged"))
    result.judged.push_back({text_of(part, "part"), timed_values(member(part, "values"))});
  return result;
}

missing_item view_missing(const json& item) {
  auto name = text_of(item, "leaf");
  if (name.empty())
    name = text_of(item, "check_item");
  return {name.empty() ? joined(texts(member(item, "path")), " > ") : name,
          text_of(item, "reason"),
          text_of(item, "detail")};
}

/// Evidence that says only what was missing (`missing`: true or a reason) goes to that list.
void add_evidence(fault_report& report, const json& item) {
  const auto& missing = member(item, "missing");
  bool is_missing = missing == true || (missing.is_string() && !missing.empty());
  if (is_missing)
    report.missing.push_back({text_of(item, "check_item"),
                              missing.is_string() ? missing.get<std::string>() : "No data",
                              {}});
  else
    report.evidence.push_back(view_evidence(item));
}

/// A leaf that nobody could judge has the value of a healthy one; what is not known must not look
/// healthy.
void mark_missing(fault_node& node, const std::vector<missing_item>& missing) {
  auto found = std::find_if(missing.begin(), missing.end(), [&](const auto& x) {
    return node.is_leaf && x.name == node.asked;
  });
  if (found != missing.end() && node.state != node_state::is_true) {
    node.state = node_state::missing;
    if (node.msg.empty())
      node.msg = found->reason;
  }
  for (auto& child : node.children)
    mark_missing(child, missing);
}

void mark_cause(fault_node& root, const std::vector<std::string>& path) {
  if (path.empty() || root.name != path.front())
    return;
  auto* at = &root;
  for (size_t i = 1; i < path.size(); ++i) {
    auto next = std::find_if(
      at->children.begin(), at->children.end(), [&](const auto& c) { return c.name == path[i]; });
    if (next == at->children.end())
      return;
    at = &*next;
  }
  at->is_cause = true;
}

} // namespace

expected<fault_node> view_tree(const json& content) { return view_node(content, 1); }

expected<fault_report> view_report(const json& row) {
  fault_report result;
  result.host_id = text_of(row, "host_id");
  result.tree_name = text_of(row, "tree_name");
  result.task_id = text_of(row, "task_id");
  result.report_id = text_of(row, "report_id");
  result.verdict = cell_text(member(row, "verdict"));
  result.error = text_of(row, "error");
  result.content_hash = text_of(row, "content_hash");
  result.tree_version = cell_text(member(row, "tree_version"));
  result.start = number_of(row, "start");
  result.end = number_of(row, "end");
  for (const auto& item : member(row, "evidence"))
    add_evidence(result, item);
  for (const auto& item : member(row, "missing"))
    result.missing.push_back(view_missing(item));
  for (const auto& cause : member(row, "root_causes"))
    result.causes.push_back(view_cause(cause));
  for (const auto& set : member(row, "undecided"))
    result.undecided.push_back(texts(set));
  result.undecided_truncated = member(row, "undecided_truncated") == true;
  const auto& content = member(row, "report");
  if (result.error.empty())
    result.error = text_of(content, "error");
  result.has_tree = content.is_object() && content.contains("node name");
  if (!result.has_tree)
    return result;
  auto root = view_tree(content);
  if (!root)
    return fail(root.error());
  result.root = std::move(*root);
  mark_missing(result.root, result.missing);
  for (const auto& cause : result.causes)
    mark_cause(result.root, cause.path);
  return result;
}

std::vector<std::pair<std::string, const evidence_item*>> evidence_of(const root_cause& cause,
                                                                      const fault_report& report) {
  std::vector<std::pair<std::string, const evidence_item*>> out;
  for (const auto& item : cause.evidence) {
    auto before = out.size();
    for (const auto& e : report.evidence)
      if (e.check_item == item &&
          (e.instance.empty() ||
           std::count(cause.instances.begin(), cause.instances.end(), e.instance)))
        out.emplace_back(e.name(), &e);
    if (out.size() == before)
      out.emplace_back(item, nullptr);
  }
  return out;
}

std::string verdict_of(const fault_report& report) {
  if (!report.verdict.empty())
    return report.verdict;
  if (!report.has_tree)
    return "unknown";
  return report.root.state == node_state::is_true   ? "true"
         : report.root.state == node_state::missing ? "unknown"
                                                    : "false";
}

} // namespace aops::cli
