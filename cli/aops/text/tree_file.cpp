#include "cli/aops/text/tree_file.hpp"

#include "cli/aops/text/files.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/yaml.hpp"

#include <fmt/format.h>

namespace aops::cli {

namespace {

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

} // namespace

expected<json> read_trees(const std::string& name,
                          std::string_view text,
                          const std::string& given_name,
                          const std::string& description) {
  auto kind = extension_of(name);
  if (kind == ".xls" || kind == ".xlsx")
    return fail(ec::bad_request,
                name + ": Excel files are not read by this version; export the mind map as JSON "
                       "(see `faultree` in the manual)");
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
