#include "cli/aops/text/tree_file.hpp"

#include "cli/aops/text/csv.hpp"
#include "cli/aops/text/files.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/workbook.hpp"
#include "cli/aops/text/yaml.hpp"
#include "runtime/core/fault/mind_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace aops::cli {

namespace {

/// Of the drawing tool.
constexpr std::string_view sheet_name = "diag";

json named_tree(const json& content,
                const std::string& file,
                const std::string& given,
                const std::string& text) {
  auto root = text_of(content, "node name");
  auto name = !given.empty() ? given : !root.empty() ? root : stem_of(file);
  return {{"tree_name", name}, {"tree_content", content}, {"description", text}};
}

expected<json> listed_trees(json trees,
                            const std::string& file,
                            const std::string& given,
                            const std::string& text) {
  if (!trees.is_array() || trees.empty())
    return fail(ec::bad_request, tr("{}: trees is no list of at least one tree", file));
  if (!given.empty() && trees.size() > 1)
    return fail(
      ec::bad_request,
      tr("{}: holds {} trees with names of their own; leave --tree_list out", file, trees.size()));
  for (auto& tree : trees) {
    if (!tree.is_object())
      return fail(ec::bad_request, tr("{}: an element of trees is no object", file));
    if (!given.empty())
      tree["tree_name"] = given;
    if (!tree.contains("description"))
      tree["description"] = text;
  }
  return trees;
}

/// Every row at its place: empty lines are rows too.
expected<std::vector<std::vector<std::string>>> csv_rows(std::string_view text) {
  auto records = parse_csv(text);
  if (!records)
    return fail(records.error());
  std::vector<std::vector<std::string>> rows;
  for (auto& record : *records) {
    rows.resize(std::max(rows.size(), record.line));
    rows[record.line - 1] = std::move(record.cells);
  }
  return rows;
}

/// The tree of a mind map.
expected<json> drawn_trees(const std::string& file,
                           const expected<std::vector<std::vector<std::string>>>& rows,
                           const std::string& where,
                           const std::string& given,
                           const std::string& description) {
  if (!rows)
    return fail(ec::bad_request, fmt::format("{}: {}", file, rows.error().detail));
  auto tree = fault::from_rows(*rows);
  if (!tree)
    return fail(
      ec::bad_request,
      fmt::format("{}: {}{}{}", file, where, where.empty() ? "" : ", ", tree.error().detail));
  return json::array({named_tree(*tree, file, given, description)});
}

} // namespace

expected<json> read_trees(const std::string& name,
                          std::string_view text,
                          const std::string& given_name,
                          const std::string& description) {
  if (is_workbook(text))
    return drawn_trees(
      name, read_sheet(text, sheet_name), tr("sheet {}", sheet_name), given_name, description);
  auto kind = extension_of(name);
  if (kind == ".xls" || kind == ".xlsx")
    return fail(ec::bad_request, tr("{}: is no workbook (.xls or .xlsx)", name));
  if (kind == ".csv")
    return drawn_trees(name, csv_rows(text), {}, given_name, description);
  auto content = parse_document(name, text);
  if (!content)
    return content;
  if (content->is_array())
    return listed_trees(std::move(*content), name, given_name, description);
  if (!content->is_object())
    return fail(ec::bad_request,
                tr("{}: holds no tree; a tree file looks like {{\"trees\": [...]}}", name));
  if (content->contains("trees"))
    return listed_trees(member(*content, "trees"), name, given_name, description);
  if (content->contains("tree_content"))
    return listed_trees(json::array({*content}), name, given_name, description);
  return json::array({named_tree(*content, name, given_name, description)});
}

} // namespace aops::cli
