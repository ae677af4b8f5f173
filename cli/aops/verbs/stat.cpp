#include "cli/aops/command/session.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/verbs/verbs.hpp"
#include "messages/check.hpp"
#include "messages/host.hpp"

namespace aops::cli {

namespace {

int count(session& s) {
  const auto& field = s.args.text("field");
  if (field != "check_result" && (s.wants_rows() || s.args.has("filter")))
    return s.misuse(tr("-o name, -o csv and --filter are for lists: --field check_result"));
  if (field == "host")
    return s.show(s.post("/manage/host/count", count_hosts{}), {});
  if (field == "check_rule")
    return s.show(s.post("/check/rule/count", count_rules{}), {});
  return s.show(s.post("/check/result/count", result_count_query{}),
                {view::kind::listing, "results", {"host_id", "count", "*"}, {}});
}

} // namespace

verb stat_verb() {
  return {.name = "stat",
          .summary = "Count hosts, check rules, check results",
          .actions = {{.name = "count", .run = count, .lists = true}},
          .options = {{.name = "field",
                       .value = "WHAT",
                       .help = "What to count; check_result: anomalies per host",
                       .choices = {"host", "check_rule", "check_result"},
                       .is_required = true}},
          .positionals = {"action", "field"},
          .examples = "  aops stat count check_result\n"};
}

} // namespace aops::cli
