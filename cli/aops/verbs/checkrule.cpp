#include "cli/aops/term/table.hpp"
#include "cli/aops/text/files.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/rule_file.hpp"
#include "cli/aops/text/text.hpp"
#include "cli/aops/text/yaml.hpp"
#include "cli/aops/unit/group_rules.hpp"
#include "cli/aops/unit/rule_tests.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/picture_export.hpp"
#include "cli/aops/verbs/trial.hpp"
#include "cli/aops/verbs/verbs.hpp"
#include "messages/check.hpp"
#include "messages/rule_cost.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <glob.h>
#include <ostream>

namespace aops::cli {

namespace {

expected<json> rules_of_file(session& s) {
  const auto& name = s.args.text("conf");
  auto text = read_file(name);
  if (!text)
    return fail(text.error());
  auto content =
    extension_of(name) == ".csv" ? expected<json>{json{}} : parse_document(name, *text);
  if (content && has_rule_groups(*content)) {
    auto made = rules_of_groups(name, *content);
    if (!made)
      return fail(made.error());
    for (const auto& x : made->notes)
      s.note(x);
    return std::move(made->check_items);
  }
  auto rules = read_rules(name, *text);
  if (rules && rules->empty())
    return fail(ec::bad_request, tr("{}: holds no rules", name));
  if (!rules)
    return rules;
  for (auto& rule : *rules) // A query names its series itself.
    if (rule.is_object() && text_of(rule, "plugin") == "promql" && !rule.contains("data_list"))
      rule["data_list"] = json::array();
  return rules;
}

exports rule_exports() {
  return {.forms = {export_form::kind::json, export_form::kind::yaml},
          .in_folder = export_form::kind::json,
          .bare = export_form::kind::json,
          .name = "check_rule"};
}

int add_rule(session& s) {
  auto rules = rules_of_file(s);
  if (!rules)
    return s.complain(rules.error());
  // As they are written: the node judges each by itself, so that one bad rule fails alone.
  auto reply = s.post("/check/rule/import", json{{"check_items", *rules}});
  json warnings = reply ? member(*reply, "warnings") : json{};
  if (warnings.is_object() && s.wants_table())
    reply->erase("warnings"); // Told below.
  auto code = s.show(reply, {});
  if (warnings.is_object())
    for (const auto& [name, texts] : warnings.items())
      note_warnings(s, name, texts);
  return code;
}

int remove_rule(session& s) {
  auto names = at_least_one(s.args, "check_items", "delete");
  if (!names)
    return s.complain(names.error());
  find_missing_rules(s, *names);
  return s.show(s.remove("/check/rule/delete", rules_to_delete{*names}), {});
}

int get_rule(session& s) {
  auto names = s.args.list("check_items");
  if (!names)
    return s.complain(names.error());
  auto to = export_wanted(s.args, rule_exports());
  if (!to)
    return s.misuse(to.error().detail);
  rules_query query;
  query.check_items = *names;
  add_sort(query, s.args);
  bool whole = s.args.has("export") && !s.args.has("page") && !s.args.has("per_page");
  if (!whole) // An export holds every rule unless one page was asked for.
    add_paging(query, s.args);
  auto reply = s.post("/check/rule/get", query);
  bool good = reply && succeeded(*reply);
  // The page may lack some that there are.
  if (good && count_of(*reply, "total_count") < names->size())
    find_missing_rules(s, *names);
  if (!s.args.has("export") || !good)
    return s.show(
      reply,
      {.how = view::kind::whole,
       .list = "check_items",
       .columns = {"check_item", "condition", "severity", "description"},
       .wide_columns = {"check_item", "condition", "data_list", "severity", "description", "*"},
       .csv_row = csv_row_of}); // It can be added again.
  auto done = export_as(s, *to, {{"check_items", member(*reply, "check_items")}}, {});
  if (!done)
    return s.complain(done.error());
  reply->erase("check_items");
  return to->path.empty() ? exit_done : s.show(reply, {});
}

/// Replaces a number by how people read it.
void write_number(json& row, const char* name, double scale, int digits, std::string_view unit) {
  if (auto it = row.find(name); it != row.end() && it->is_number())
    *it = fmt::format("{:.{}f}{}", it->get<double>() * scale, digits, unit);
}

int cost(session& s) {
  auto names = s.args.list("check_items");
  if (!names)
    return s.complain(names.error());
  auto reply = s.post("/check/rule/cost/get", rule_costs_query{*names});
  if (reply && succeeded(*reply) && s.wants_table())
    for (auto& row : (*reply)["rule_costs"]) {
      if (text_of(row, "check_item").empty())
        row["check_item"] = "(others)";
      write_number(row, "share", 100, 1, " %");
      write_number(row, "seconds", 1, 3, "");
      write_number(row, "mean_us", 1, 2, "");
    }
  auto code = s.show(reply,
                     {view::kind::whole,
                      "rule_costs",
                      {"check_item", "share", "seconds", "evaluations", "mean_us"},
                      {}});
  if (reply)
    for (const auto& node : member(*reply, "missing_nodes"))
      s.note(tr("node {} did not tell; its hosts are not counted", printable(cell_text(node))));
  return code;
}

/// The rules to try: those of the file, fewer when names are given.
expected<json> rules_to_test(session& s) {
  auto rules = rules_of_file(s);
  auto names = s.args.list("check_items");
  if (!rules || !names)
    return fail(rules ? names.error() : rules.error());
  json chosen = json::array();
  for (auto& rule : *rules)
    if (names->empty() ||
        std::find(names->begin(), names->end(), text_of(rule, "check_item")) != names->end())
      chosen.push_back(std::move(rule));
  if (chosen.empty())
    return fail(ec::bad_request,
                tr("{}: holds none of the rules named by --check_items", s.args.text("conf")));
  return chosen;
}

std::vector<std::string> files_like(const std::string& pattern) {
  std::vector<std::string> out;
  ::glob_t found{};
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0)
    out.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  return out;
}

/// Tests of rules of Prometheus, run here; what is said is what promtool says.
int test_units(session& s) {
  auto files = s.args.list("unit");
  if (!files)
    return s.complain(files.error());
  int code = exit_done;
  json all = json::array();
  for (const auto& file : *files) {
    if (!s.wants_data())
      s.io.out << "Unit Testing:  " << printable(file) << std::endl;
    auto text = read_file(file);
    auto failed =
      text ? run_rule_tests(file, *text, read_file, files_like) : std::vector{text.error().detail};
    if (!failed.empty())
      code = exit_failed;
    all.push_back({{"file", file}, {"passed", failed.empty()}, {"failures", failed}});
    if (s.wants_data())
      continue;
    if (failed.empty())
      s.io.out << "  SUCCESS\n";
    else
      s.io.err << "  FAILED:" << std::endl;
    for (const auto& why : failed) {
      s.io.err << why << std::endl;
      s.io.out << '\n';
    }
    s.io.out << std::endl;
  }
  if (s.wants_data())
    s.print_json(json{{"files", std::move(all)}});
  return code;
}

int test_rule(session& s) {
  if (s.args.has("unit"))
    return test_units(s);
  auto rules = rules_to_test(s);
  if (!rules)
    return s.complain(rules.error());
  auto when = range_or_last_hour(s);
  if (!when)
    return s.complain(when.error());
  auto ids = s.host_ids({s.args.text("host")});
  if (!ids)
    return s.complain(ids.error());
  if (s.is_missing(s.args.text("host")))
    return exit_done; // Said already; the exit code follows from it.
  int code = exit_done;
  for (const auto& rule : *rules) {
    auto body =
      body_of(rule_to_test{.rule = {}, .host_id = ids->front(), .time_range = moments_of(*when)});
    body["rule"] = rule; // As it is written.
    auto reply = s.post("/check/rule/test", body);
    auto name = text_of(rule, "check_item");
    if (s.wants_data() || !reply || !succeeded(*reply)) {
      if (auto shown = s.show(reply, {}); shown != exit_done)
        return shown;
    } else {
      print_trial(s, name, *reply, *when, tested_figures);
    }
    note_warnings(s, name, member(*reply, "warnings"));
    code = worse_trial(code, trial_exit_code(s, *reply));
  }
  return code;
}

} // namespace

verb checkrule_verb() {
  return {
    .name = "checkrule",
    .summary = "Import, delete, list, export, try out check rules, see what they cost",
    .actions = {{.name = "add", .run = add_rule, .positionals = {"conf"}, .needs = {"conf"}},
                {.name = "delete",
                 .run = remove_rule,
                 .positionals = {"check_items"},
                 .needs = {"check_items"}},
                {.name = "get", .run = get_rule, .positionals = {"check_items"}, .lists = true},
                {.name = "cost", .run = cost, .positionals = {"check_items"}, .lists = true},
                {.name = "test",
                 .run = test_rule,
                 .positionals = {"conf", "host"},
                 .needs = {"conf", "host"},
                 .offline = "unit"}},
    .options =
      {{.name = "conf",
        .value = "FILE",
        .help = "add, test: rules as JSON or YAML, rule groups of Prometheus too, or as CSV when "
                "the name ends in .csv; `-` reads standard input"},
       {.name = "check_items",
        .value = "NAMES",
        .help = "delete, get, cost, test: only these rules, separated by commas",
        .alias = "chek_items"},
       {.name = "export",
        .value = "FILE",
        .help = "get: write the rules there, .json or .yaml; into a folder as check_rule.json"},
       {.name = "host",
        .value = "HOST",
        .help = "test: id or name of the host to judge",
        .is_extra = true},
       {.name = "unit",
        .value = "FILES",
        .help = "test: tests of rules of Prometheus, as promtool takes them; no node is asked",
        .is_list = true,
        .is_extra = true},
       extra(start_option),
       extra(end_option),
       last_option,
       exit_code_option,
       {.name = "sort", .value = "FIELD", .help = "get: order", .choices = {"check_item"}},
       direction_option,
       page_option,
       per_page_option},
    .positionals = {"action"},
    .examples = "  aops checkrule add rules.json\n"
                "  aops checkrule list --export rules.yaml\n"
                "  aops checkrule cost\n"
                "  aops checkrule test rules.json web1 --last 1h30m\n"
                "  aops checkrule test --unit rules_test.yml\n"};
}

} // namespace aops::cli
