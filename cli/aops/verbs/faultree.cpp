#include "cli/aops/report/report_text.hpp"
#include "cli/aops/text/files.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "cli/aops/text/tree_file.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/picture_export.hpp"
#include "cli/aops/verbs/verbs.hpp"
#include "messages/diag.hpp"

#include <fmt/format.h>

#include <ostream>

namespace aops::cli {

namespace {

expected<json> trees_of_file(session& s) {
  auto names = s.args.list("tree_list");
  if (!names)
    return fail(names.error());
  if (names->size() > 1)
    return fail(ec::bad_request, tr("add takes at most one name in --tree_list"));
  const auto& file = s.args.text("conf");
  auto text = read_file(file);
  if (!text)
    return fail(text.error());
  return read_trees(file, *text, names->empty() ? "" : names->front(), s.args.text("description"));
}

int add(session& s) {
  auto trees = trees_of_file(s);
  if (!trees)
    return s.complain(trees.error());
  // As they are written: the node judges each by itself, so that one bad tree fails alone.
  auto reply = s.post("/diag/tree/import", json{{"trees", *trees}});
  if (reply)
    for (const auto& warning : member(*reply, "warnings"))
      s.note(tr("warning: {}, {}: {}",
                text_of(warning, "tree_name"),
                text_of(warning, "path"),
                text_of(warning, "message")));
  return s.show(reply, {});
}

exports tree_exports() {
  using kind = export_form::kind;
  return {.forms = {kind::json, kind::yaml, kind::html, kind::dot, kind::svg},
          .in_folder = kind::json,
          .bare = kind::json,
          .name = "fault_tree"};
}

int remove(session& s) {
  auto names = at_least_one(s.args, "tree_list", "delete");
  if (!names)
    return s.complain(names.error());
  auto known = s.fetch("/diag/tree/get", trees_query{*names}); // The node passes over unknown ones.
  if (known)
    s.find_missing("fault tree", *names, member(*known, "trees"), "tree_name");
  return s.show(s.remove("/diag/tree/delete", trees_to_delete{*names}), {});
}

std::vector<picture> pictures_of(const json& trees) {
  std::vector<picture> pictures;
  for (const auto& tree : trees)
    if (auto root = view_tree(member(tree, "tree_content"))) {
      picture p;
      p.report.tree_name = text_of(tree, "tree_name");
      p.report.root = std::move(*root);
      p.report.has_tree = true;
      p.is_judged = false;
      pictures.push_back(std::move(p));
    }
  return pictures;
}

void draw_trees(session& s, const json& trees) {
  auto colours = s.colours();
  for (const auto& p : pictures_of(trees))
    s.io.out << colours.bold(printable(p.report.tree_name)) << '\n'
             << tree_text(p.report.root, {colours, s.io.unicode, s.io.width}) << '\n';
}

int get(session& s) {
  auto names = s.args.list("tree_list");
  if (!names)
    return s.complain(names.error());
  auto to = export_wanted(s.args, tree_exports());
  if (!to)
    return s.misuse(to.error().detail);
  auto reply = s.post("/diag/tree/get", trees_query{*names});
  bool good = reply && succeeded(*reply);
  if (good)
    s.find_missing("fault tree", *names, member(*reply, "trees"), "tree_name");
  if (good && s.args.has("export")) {
    auto trees = member(*reply, "trees");
    if (auto done = export_as(s, *to, {{"trees", trees}}, pictures_of(trees)); !done)
      return s.complain(done.error());
    reply->erase("trees");
    return to->path.empty() ? exit_done : s.show(reply, {});
  }
  if (good && s.form() == format::wide) {
    draw_trees(s, member(*reply, "trees"));
    return exit_done;
  }
  return s.show(reply, {view::kind::whole, "trees", {"tree_name", "description", "tag"}, {}});
}

} // namespace

verb faultree_verb() {
  return {
    .name = "faultree",
    .summary = "Import, delete, show, export fault trees",
    .actions =
      {{.name = "add", .run = add, .positionals = {"conf"}, .needs = {"conf"}},
       {.name = "delete", .run = remove, .positionals = {"tree_list"}, .needs = {"tree_list"}},
       {.name = "get", .run = get, .positionals = {"tree_list", "file"}, .lists = true}},
    .options =
      {{.name = "conf",
        .value = "FILE",
        .help = "add: trees as JSON or YAML, or one as a mind map, .xlsx, .xls or .csv; `-` reads "
                "standard "
                "input"},
       {.name = "tree_list",
        .value = "TREES",
        .help = "add: the tree's name; delete, get: names, separated by commas",
        .takes = [](std::string_view word) { return !names_file(word); }},
       {.name = "description",
        .value = "TEXT",
        .help = "add: of trees that bring none",
        .alias = "descriptipn"},
       {.name = "export",
        .value = "FILE",
        .help = "get: write there, .json, .yaml, or a picture, .html, .dot, .svg; into a folder as "
                "fault_tree.json; a form's name, such as dot: to --file"},
       {.name = "file",
        .value = "FILE",
        .help = "get: where --export html, dot, svg, json, yaml goes; else standard output",
        .is_extra = true}},
    .positionals = {"action", "file"},
    .examples = "  aops faultree add tree.yaml --tree_list cpu_fault\n"
                "  aops faultree list --export trees.json\n"
                "  aops faultree show cpu_fault -o wide\n"};
}

} // namespace aops::cli
