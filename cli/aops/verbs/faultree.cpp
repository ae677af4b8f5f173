#include "cli/aops/report/report_text.hpp"
#include "cli/aops/text/files.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "cli/aops/text/tree_file.hpp"
#include "cli/aops/unit/tree_tests.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/picture_export.hpp"
#include "cli/aops/verbs/verbs.hpp"
#include "messages/diag.hpp"

#include <fmt/format.h>

#include <algorithm>
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

int add_tree(session& s) {
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

int remove_tree(session& s) {
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

int get_tree(session& s) {
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

json data_of(const tree_tests_result& result) {
  json tests = json::array(), coverage = json::array();
  for (const auto& x : result.cases)
    tests.push_back({{"name", x.name},
                     {"tree_name", x.tree},
                     {"passed", x.mismatches.empty()},
                     {"mismatches", x.mismatches}});
  for (const auto& x : result.coverage) {
    json nodes = json::array();
    for (const auto& n : x.nodes)
      nodes.push_back({{"node", n.path}, {"was_true", n.was_true}, {"was_false", n.was_false}});
    coverage.push_back({{"tree_name", x.tree}, {"nodes", std::move(nodes)}});
  }
  return {{"tests", std::move(tests)}, {"coverage", std::move(coverage)}};
}

void print_coverage(session& s, const tree_coverage& of) {
  auto covered = static_cast<size_t>(
    std::count_if(of.nodes.begin(), of.nodes.end(), [](auto& n) { return n.is_covered(); }));
  s.io.out << tr("{}: {} of {} nodes were seen true and false\n",
                 s.colours().bold(printable(of.tree)),
                 covered,
                 of.nodes.size());
  for (const auto& n : of.nodes)
    if (!n.is_covered())
      s.io.out << "  "
               << (n.was_true    ? tr("never false: {}", printable(n.path))
                   : n.was_false ? tr("never true: {}", printable(n.path))
                                 : tr("never known: {}", printable(n.path)))
               << '\n';
}

/// Tests of trees, run here.
int test_tree(session& s) {
  const auto& file = s.args.text("conf");
  auto text = read_file(file);
  auto result =
    text ? run_tree_tests(file, *text, read_file) : expected<tree_tests_result>(fail(text.error()));
  if (!result)
    return s.complain(result.error());
  auto failed = static_cast<size_t>(std::count_if(
    result->cases.begin(), result->cases.end(), [](auto& x) { return !x.mismatches.empty(); }));
  int code = failed == 0 ? exit_done : exit_failed;
  if (s.wants_data())
    return s.print_json(data_of(*result)), code;
  auto colours = s.colours();
  for (const auto& x : result->cases) {
    s.io.out << (x.mismatches.empty() ? colours.green("ok    ") : colours.red("FAILED")) << ' '
             << printable(x.name) << '\n';
    for (const auto& why : x.mismatches)
      s.io.out << "  " << printable(why) << '\n';
  }
  s.io.out << tr("{} passed, {} failed\n", result->cases.size() - failed, failed);
  for (const auto& of : result->coverage)
    print_coverage(s, of);
  return code;
}

} // namespace

verb faultree_verb() {
  return {
    .name = "faultree",
    .summary = "Import, delete, show, export, test fault trees",
    .actions =
      {{.name = "add", .run = add_tree, .positionals = {"conf"}, .needs = {"conf"}},
       {.name = "delete", .run = remove_tree, .positionals = {"tree_list"}, .needs = {"tree_list"}},
       {.name = "get", .run = get_tree, .positionals = {"tree_list", "file"}, .lists = true},
       {.name = "test",
        .run = test_tree,
        .needs_token = false,
        .positionals = {"conf"},
        .needs = {"conf"}}},
    .options =
      {{.name = "conf",
        .value = "FILE",
        .help = "add: trees as JSON or YAML, or one as a mind map, .xlsx, .xls or .csv; `-` reads "
                "standard input; test: tests of trees as JSON or YAML"},
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
                "  aops faultree show cpu_fault -o wide\n"
                "  aops faultree test tests.yaml\n"};
}

} // namespace aops::cli
