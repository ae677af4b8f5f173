#include "cli/aops/common.hpp"
#include "cli/aops/files.hpp"
#include "cli/aops/rule_file.hpp"
#include "cli/aops/table.hpp"
#include "cli/aops/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace aops::cli {

namespace {

expected<json> rules_of_file(session& s, std::string_view action) {
  if (!s.args.has("conf"))
    return fail(ec::bad_request, fmt::format("{} needs --conf FILE", action));
  const auto& name = s.args.text("conf");
  auto text = read_file(name);
  if (!text)
    return fail(text.error());
  auto rules = read_rules(name, *text);
  if (rules && rules->empty())
    return fail(ec::bad_request, name + ": holds no rules");
  return rules;
}

int add(session& s) {
  auto rules = rules_of_file(s, "add");
  if (!rules)
    return s.complain(rules.error());
  return s.show(s.post("/check/rule/import", {{"check_items", *rules}}), {});
}

int remove(session& s) {
  auto names = at_least_one(s.args, "check_items", "delete");
  if (!names)
    return s.complain(names.error());
  return s.show(s.remove("/check/rule/delete", {{"check_items", *names}}), {});
}

int get(session& s) {
  json body = json::object();
  if (auto done = add_list(body, s.args, "check_items", "check_items"); !done)
    return s.complain(done.error());
  add_sort(body, s.args);
  bool whole = s.args.has("export") && !s.args.has("page") && !s.args.has("per_page");
  if (!whole) // An export holds every rule unless one page was asked for.
    add_paging(body, s.args);
  auto reply = s.post("/check/rule/get", body);
  if (!s.args.has("export") || !reply || !succeeded(*reply))
    return s.show(reply,
                  {view::kind::whole,
                   "check_items",
                   {"check_item", "condition", "severity", "description"},
                   {"check_item", "condition", "data_list", "severity", "description", "*"}});
  json content = {{"check_items", member(*reply, "check_items")}};
  auto done = write_export(s,
                           s.args.text("export"),
                           "check_rule.json",
                           content.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
  if (!done)
    return s.complain(done.error());
  reply->erase("check_items");
  return s.show(reply, {});
}

/// The rules to try: those of the file, fewer when names are given.
expected<json> rules_to_test(session& s) {
  auto rules = rules_of_file(s, "test");
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
                s.args.text("conf") + ": holds none of the rules named by --check_items");
  return chosen;
}

void print_test(session& s, const json& rule, const json& reply, const time_range& range) {
  const auto& results = member(reply, "check_result");
  const auto& points = member(reply, "points");
  auto colours = s.colours();
  auto trouble = cell_text(member(reply, "error"));
  auto count = results.is_array() ? results.size() : 0;
  s.io.out << fmt::format("{} on {}, {} to {}: ",
                          colours.bold(printable(text_of(rule, "check_item"))),
                          printable(s.args.text("host")),
                          readable_time(static_cast<double>(range.start)),
                          readable_time(static_cast<double>(range.end)));
  if (!trouble.empty())
    s.io.out << colours.yellow(trouble) << '\n';
  else
    s.io.out << fmt::format("{} points judged, {}\n",
                            points.is_array() ? points.size() : count_of(reply, "points"),
                            count == 0 ? colours.green("nothing found")
                                       : colours.red(fmt::format("{} found", count)));
  if (count)
    s.io.out << render(table_of(results, {"value", "start", "end"}));
}

int test(session& s) {
  if (!s.args.has("host"))
    return s.misuse("test needs --host HOST");
  auto rules = rules_to_test(s);
  if (!rules)
    return s.complain(rules.error());
  auto range = given_range(s, 3600);
  if (!range)
    return s.complain(range.error());
  auto when = range->value_or(time_range{s.io.now_s() - 3600, s.io.now_s()});
  auto ids = s.host_ids({s.args.text("host")});
  if (!ids)
    return s.complain(ids.error());
  bool as_json = s.form() == format::json || s.form() == format::yaml;
  int code = exit_done;
  for (const auto& rule : *rules) {
    auto reply = s.post("/check/rule/test",
                        {{"rule", rule}, {"host_id", ids->front()}, {"time_range", to_json(when)}});
    if (as_json || !reply || !succeeded(*reply)) {
      if (auto shown = s.show(reply, {}); shown != exit_done)
        return shown;
    } else {
      print_test(s, rule, *reply, when);
    }
    if (!cell_text(member(*reply, "error")).empty())
      code = exit_failed;
  }
  return code;
}

int run(session& s) {
  const auto& action = s.args.text("action");
  return action == "add"      ? add(s)
         : action == "delete" ? remove(s)
         : action == "get"    ? get(s)
                              : test(s);
}

} // namespace

verb checkrule_verb() {
  return {
    "checkrule",
    "Import, delete, list, export, try out check rules",
    {text_option("action", "WHAT", "What to do").one_of("add|delete|get|test").must(),
     text_option(
       "conf",
       "FILE",
       "add, test: rules as JSON, or as CSV when the name ends in .csv; `-` reads standard input"),
     text_option("check_items", "NAMES", "delete, get, test: only these rules, separated by commas")
       .also("chek_items"),
     text_option("export", "FILE", "get: write the rules there; into a folder as check_rule.json"),
     text_option("host", "HOST", "test: id or name of the host to judge"),
     start_option,
     end_option,
     last_option,
     text_option("sort", "FIELD", "get: order").one_of("check_item"),
     direction_option,
     page_option,
     per_page_option},
    {"action"},
    run,
    true,
    true,
    "  aops checkrule --action add --conf rules.json\n"
    "  aops checkrule --action get --export rules.json\n"
    "  aops checkrule test --conf rules.json --host web1 --last 1h\n"};
}

} // namespace aops::cli
