#include "actors/store/report_rendering.hpp"

#include "runtime/base/json_library.hpp"
#include "runtime/core/fault/report.hpp"

namespace aops::actors {

namespace {

using nlohmann::json;

json_text member(const json& details, const char* name, const char* otherwise) {
  auto it = details.find(name);
  return {it == details.end() ? otherwise : it->dump()};
}

/// The tree with its values, or why there is none.
expected<void> render_tree(report_info& out, const storage::stored_report& stored) {
  if (stored.values.empty())
    return {};
  auto tree = fault::tree::parse_text(stored.tree_content);
  if (!tree) {
    if (out.error.empty())
      out.error = tree.error().detail;
    return {};
  }
  auto text =
    fault::report_text(std::make_shared<const fault::tree>(std::move(*tree)), stored.values);
  if (!text)
    return fail(text.error());
  out.report.text = std::move(*text);
  return {};
}

} // namespace

bool may_tell_of_other_hosts(const storage::stored_report& stored) {
  return stored.detail.find("\"host_id\"") != std::string::npos ||
         stored.detail.find("\"upstream") != std::string::npos;
}

expected<report_info> render(const storage::stored_report& stored, const fault::seen_hosts* seen) {
  report_info out;
  out.host_id = stored.row.host_id;
  out.tree_name = stored.row.tree_name;
  out.task_id = stored.row.task_id;
  out.report_id = stored.row.report_id;
  out.start = stored.row.start;
  out.end = stored.row.end;
  out.error = stored.error;
  out.content_hash = stored.content_hash;
  out.tree_version = stored.tree_digest;
  auto details = json::parse(stored.detail.empty() ? "{}" : stored.detail, nullptr, false);
  if (!details.is_object())
    return fail(ec::corrupt, "report " + stored.row.report_id);
  out.report.text = member(details, "report", "{}").text; // Of one that was made elsewhere.
  if (auto made = render_tree(out, stored); !made)
    return fail(std::move(made.error()));
  if (seen && fault::tells_of_other_hosts(details))
    fault::hide_hosts(
      details, nlohmann::ordered_json::parse(out.report.text, nullptr, false), *seen);
  out.verdict = details.value("verdict", "unknown");
  out.root_causes = member(details, "root_causes", "[]");
  out.undecided = member(details, "undecided", "[]");
  out.undecided_truncated = details.value("undecided_truncated", false);
  out.evidence = member(details, "evidence", "[]");
  out.missing = member(details, "missing", "[]");
  out.rule_versions = member(details, "rule_versions", "{}");
  return out;
}

} // namespace aops::actors
