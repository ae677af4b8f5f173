#include "messages/eval.hpp"

#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/trial.hpp"
#include "cli/aops/verbs/verbs.hpp"

#include <fmt/format.h>

#include <ostream>

namespace aops::cli {

namespace {

int run_eval(session& s) {
  auto when = range_or_last_hour(s);
  if (!when)
    return s.complain(when.error());
  auto ids = s.host_ids({s.args.text("host")});
  if (!ids)
    return s.complain(ids.error());
  if (s.is_missing(s.args.text("host")))
    return exit_done; // Said already; the exit code follows from it.
  condition_to_eval query;
  query.condition = s.args.text("condition");
  query.host_id = ids->front();
  query.time_range = moments_of(*when);
  auto body = body_of(query);
  if (s.args.has("for"))
    body["for"] = s.args.text("for");
  else
    body.erase("for");
  auto reply = s.post("/check/condition/eval", body);
  if (!reply || !succeeded(*reply) || !s.wants_table()) {
    auto code = s.show(reply, {view::kind::whole, {}, {}, {}});
    if (!reply || !succeeded(*reply))
      return code;
  } else {
    print_trial(s, s.args.text("condition"), *reply, *when, evaluated_figures);
  }
  note_warnings(s, "eval", member(*reply, "warnings"));
  return trial_exit_code(s, *reply);
}

} // namespace

verb eval_verb() {
  return {.name = "eval",
          .summary = "Try out a condition on the stored samples of a host",
          .run = run_eval,
          .options = {{.name = "condition",
                       .value = "TEXT",
                       .help = "As in a rule, but series stand in it by name",
                       .is_required = true},
                      {.name = "host",
                       .value = "HOST",
                       .help = "Id or name of the host",
                       .is_required = true},
                      start_option,
                      end_option,
                      last_option,
                      {.name = "for",
                       .value = "SPAN",
                       .help = "As `for` of a rule: found only when it held so long"},
                      exit_code_option},
          .positionals = {"condition", "host"},
          .examples = "  aops eval 'node_load1 > 2 * cpu_count' --host web1\n"
                      "  aops eval --host web1 'node_filesystem_avail_bytes{mountpoint=\"/var\"} / "
                      "node_filesystem_size_bytes < 0.1' --last 1d\n"};
}

} // namespace aops::cli
