#include "actors/store/report_rendering.hpp"

#include "runtime/core/fault/report.hpp"

#include <nlohmann/json.hpp>

namespace aops::actors {

namespace {

using nlohmann::json;

json_text member(const json& details, const char* name, const char* otherwise) {
  auto it = details.find(name);
  return {it == details.end() ? otherwise : it->dump()};
}

} // namespace

expected<report_info> render(const storage::stored_report& stored) {
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
  out.verdict = details.value("verdict", "unknown");
  out.root_causes = member(details, "root_causes", "[]");
  out.undecided = member(details, "undecided", "[]");
  out.undecided_truncated = details.value("undecided_truncated", false);
  out.evidence = member(details, "evidence", "[]");
  out.missing = member(details, "missing", "[]");
  out.rule_versions = member(details, "rule_versions", "{}");
  out.report.text = member(details, "report", "{}").text; // Of one that was made elsewhere.
  if (stored.values.empty())
    return out;
  auto tree = fault::tree::parse_text(stored.tree_content);
  if (!tree) {
    if (out.error.empty())
      out.error = tree.error().detail;
    return out;
  }
  auto text =
    fault::report_text(std::make_shared<const fault::tree>(std::move(*tree)), stored.values);
  if (!text)
    return fail(text.error());
  out.report.text = std::move(*text);
  return out;
}

} // namespace aops::actors
