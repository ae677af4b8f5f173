#include "messages/template.hpp"

#include "cli/aops/text/files.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "cli/aops/text/yaml.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/verbs.hpp"

#include <fmt/format.h>

namespace aops::cli {

namespace {

/// Tells where in the file the node found what it refuses: `detail` begins with the path.
void point_at(session& s, const std::string& file, std::string_view text, const json& reply) {
  constexpr std::string_view content = "template_content";
  auto detail = text_of(reply, "detail");
  auto end = detail.find(": ");
  if (succeeded(reply) || !detail.starts_with(content) || end == std::string::npos)
    return;
  if (auto at = place_of(text, detail.substr(content.size(), end - content.size())))
    s.note(tr("{}: line {}, column {}", file, at->line, at->column));
}

int import(session& s) {
  const auto& file = s.args.text("template_content");
  auto text = read_file(file);
  if (!text)
    return s.complain(text.error());
  auto content = parse_document(file, *text);
  if (!content)
    return s.complain(content.error());
  if (!content->is_object() && !content->is_array())
    return s.complain(
      {ec::bad_request, tr("{}: holds no playbook, which is a list of plays", file)});
  auto name = s.args.has("template_name") ? exactly_one(s.args, "template_name", "import")
                                          : expected<std::string>{stem_of(file)};
  if (!name)
    return s.complain(name.error());
  // As it is written, so that the order of what is in it stays.
  auto reply = s.post("/manage/template/import",
                      json{{"template_name", *name},
                           {"template_content", *content},
                           {"description", s.args.text("description")}});
  auto code = s.show(reply, {});
  if (reply)
    point_at(s, file, *text, *reply);
  return code;
}

int query(session& s) {
  auto names = s.args.list("template_list");
  if (!names)
    return s.complain(names.error());
  templates_query query;
  query.template_list = *names;
  if (s.args.has("template_name"))
    query.template_list.push_back(s.args.text("template_name"));
  add_sort(query, s.args);
  add_paging(query, s.args);
  auto reply = s.post("/manage/template/get", query);
  return s.show(reply,
                {view::kind::whole, "template_infos", {"template_name", "description", "*"}, {}});
}

int remove(session& s) {
  auto names = at_least_one(s.args, "template_list", "delete");
  if (!names)
    return s.complain(names.error());
  templates_query query; // The node passes over unknown ones.
  query.template_list = *names;
  if (auto known = s.fetch("/manage/template/get", query))
    s.find_missing("template", *names, member(*known, "template_infos"), "template_name");
  return s.show(s.remove("/manage/template/delete", templates_to_delete{*names}), {});
}

} // namespace

verb template_verb() {
  return {
    .name = "template",
    .summary = "Import, list, delete templates of deployment tasks",
    .actions = {{.name = "import",
                 .run = import,
                 .positionals = {"template_content", "template_name"},
                 .needs = {"template_content"}},
                {.name = "query", .run = query, .positionals = {"template_list"}, .lists = true},
                {.name = "delete",
                 .run = remove,
                 .positionals = {"template_list"},
                 .needs = {"template_list"}}},
    .options =
      {{.name = "template_name",
        .value = "NAME",
        .help = "import: its name, else that of the file; query: one to show"},
       {.name = "template_content",
        .value = "FILE",
        .help = "import: a playbook as YAML or JSON; `-` is standard input"},
       {.name = "template_list",
        .value = "NAMES",
        .help = "delete, query: names, separated by commas"},
       {.name = "description",
        .value = "TEXT",
        .help = "import: free text",
        .alias = "descriptipn"},
       {.name = "sort", .value = "FIELD", .help = "query: order", .choices = {"template_name"}},
       direction_option,
       page_option,
       per_page_option},
    .positionals = {"action"},
    .examples = "  aops template import zookeeper.yml --description \"one node\"\n"
                "  aops template list --sort template_name\n"
                "  aops template delete zookeeper\n"};
}

} // namespace aops::cli
