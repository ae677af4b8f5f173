#include "messages/template.hpp"

#include "cli/aops/text/files.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "cli/aops/text/yaml.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/package_upload.hpp"
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

/// What a reply warns of, a line each.
void warn_template(session& s, const expected<json>& reply) {
  if (reply)
    for (const auto& text : member(*reply, "warnings"))
      s.note(tr("warning: {}", text.get<std::string>()));
}

/// Uploads the folder or archive, and imports what it is.
int import_package(session& s) {
  const auto& path = s.args.text("template_content");
  auto content = archive_at(path);
  if (!content)
    return s.complain(content.error());
  upload x;
  x.package_name = package_stem(path);
  x.version = short_digest(*content);
  x.content = std::move(*content);
  if (auto sent = upload_package(s, x); !sent)
    return s.complain(sent.error());
  template_package_to_import request;
  request.package_name = x.package_name;
  request.version = x.version;
  if (s.args.has("template_name"))
    request.template_name = s.args.text("template_name");
  if (s.args.has("description"))
    request.description = s.args.text("description");
  if (s.args.on("replace"))
    request.replace = true;
  auto reply = s.post("/manage/template/import/package", request);
  warn_template(s, reply);
  return s.show(reply, {});
}

int import_shipped(session& s) {
  shipped_templates_to_import request;
  for (const auto* option : {"template_content", "template_name"})
    if (s.args.has(option))
      request.template_list.push_back(s.args.text(option));
  return s.show(s.post("/manage/template/import/shipped", request), {});
}

int import_templates(session& s) {
  if (s.args.on("shipped"))
    return import_shipped(s);
  if (!s.args.has("template_content"))
    return s.misuse(tr("import: a playbook, a folder, an archive or --shipped is wanted"));
  if (is_packable(s.args.text("template_content")))
    return import_package(s);
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
  json body{{"template_name", *name},
            {"template_content", *content},
            {"description", s.args.text("description")}};
  if (s.args.on("replace"))
    body["replace"] = true;
  auto reply = s.post("/manage/template/import", body);
  warn_template(s, reply);
  auto code = s.show(reply, {});
  if (reply)
    point_at(s, file, *text, *reply);
  return code;
}

int query_templates(session& s) {
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

int versions(session& s) {
  template_versions_query query;
  query.template_name = s.args.text("template_name");
  add_paging(query, s.args);
  return s.show(
    s.post("/manage/template/version/get", query),
    {view::kind::whole, "versions", {"version", "created", "username", "description", "*"}, {}});
}

int diff_template(session& s) {
  template_diff_query query;
  query.template_name = s.args.text("template_name");
  if (s.args.has("from"))
    query.from = s.args.whole("from");
  if (s.args.has("to"))
    query.to = s.args.whole("to");
  auto reply = s.fetch("/manage/template/diff", query);
  if (!reply)
    return s.complain(reply.error());
  if (s.wants_data())
    s.print_json(*reply);
  else
    s.io.out << text_of(*reply, "diff");
  return exit_done;
}

int remove_template(session& s) {
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
    .summary = "Import, list, compare, delete templates of deployment tasks",
    .actions =
      {{.name = "import",
        .run = import_templates,
        .positionals = {"template_content", "template_name"}},
       {.name = "query", .run = query_templates, .positionals = {"template_list"}, .lists = true},
       {.name = "versions",
        .run = versions,
        .positionals = {"template_name"},
        .needs = {"template_name"},
        .lists = true},
       {.name = "diff",
        .run = diff_template,
        .positionals = {"template_name"},
        .needs = {"template_name"}},
       {.name = "delete",
        .run = remove_template,
        .positionals = {"template_list"},
        .needs = {"template_list"}}},
    .options =
      {{.name = "template_name",
        .value = "NAME",
        .help = "import: its name, else that of the file; query, versions, diff: one to show"},
       {.name = "template_content",
        .value = "FILE",
        .help = "import: a playbook as YAML or JSON, `-` is standard input; or a folder or archive "
                "with aops.yml"},
       {.name = "template_list",
        .value = "NAMES",
        .help = "delete, query: names, separated by commas"},
       {.name = "description",
        .value = "TEXT",
        .help = "import: free text",
        .alias = "descriptipn"},
       {.name = "replace",
        .help = "import: one of this name gets a new version",
        .kind = option_kind::flag,
        .is_extra = true},
       {.name = "shipped",
        .help = "import: the templates that come with aops, or the one of this name",
        .kind = option_kind::flag,
        .is_extra = true},
       {.name = "from",
        .value = "N",
        .help = "diff: a version; the one before unless given",
        .kind = option_kind::whole,
        .is_extra = true},
       {.name = "to",
        .value = "N",
        .help = "diff: a version; the newest unless given",
        .kind = option_kind::whole,
        .is_extra = true},
       {.name = "sort", .value = "FIELD", .help = "query: order", .choices = {"template_name"}},
       direction_option,
       page_option,
       per_page_option},
    .positionals = {"action"},
    .examples = "  aops template import zookeeper.yml --description \"one node\"\n"
                "  aops template import --shipped\n"
                "  aops template import zookeeper/ --replace\n"
                "  aops template diff zookeeper\n"
                "  aops template list --sort template_name\n"
                "  aops template delete zookeeper\n"};
}

} // namespace aops::cli
