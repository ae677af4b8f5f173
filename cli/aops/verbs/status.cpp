#include "cli/aops/report/status_text.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/open_alerts.hpp"
#include "cli/aops/verbs/verbs.hpp"

#include <fmt/format.h>

#include <ostream>

namespace aops::cli {

namespace {

/// How often `--watch` looks.
constexpr int watch_ms = 2000;

struct status_now {
  json counts, alerts;
  bool has_alerts() const {
    return count_of(counts, "critical") + count_of(counts, "warning") + count_of(counts, "info") >
           0;
  }
};

expected<status_now> look(session& s, const alerts_query& query) {
  status_now out;
  status_query hosts;
  hosts.host_list = query.host_list;
  auto counts = s.fetch("/check/status/count", hosts);
  if (!counts)
    return fail(counts.error());
  auto alerts = s.fetch("/check/status/get", query);
  if (!alerts)
    return fail(alerts.error());
  out.counts = std::move(*counts);
  out.alerts = std::move(*alerts);
  return out;
}

/// Without what every reply has.
json content_of(json reply) {
  for (const auto* key : {"code", "msg"})
    reply.erase(key);
  return reply;
}

void show_status(session& s, const status_now& found, bool with_silent) {
  auto& out = s.io.out;
  auto now = s.io.now_s();
  out << status_summary(found.counts, s.colours()) << '\n';
  for (const auto& row : member(found.alerts, "alerts"))
    if (row.value("firing", false))
      out << alert_line(row, now, s.colours()) << '\n';
  if (with_silent) {
    const auto& silent = member(found.counts, "silent_hosts");
    for (const auto& host : silent)
      out << silent_line(host, now, s.colours()) << '\n';
    if (auto all = count_of(found.counts, "silent"); all > silent.size())
      s.note(tr("{} of {} silent hosts are shown", silent.size(), all));
  }
  for (const auto& row : member(found.alerts, "alerts"))
    if (!row.value("firing", false))
      out << alert_line(row, now, s.colours()) << '\n';
  out.flush();
  note_rest(s, found.alerts);
}

int run_status(session& s) {
  auto query = open_selection(s);
  if (!query)
    return s.complain(query.error());
  query->fold = true;
  if (s.args.on("watch") && s.wants_rows())
    return s.misuse(tr("--watch goes without -o name and -o csv"));
  bool with_silent = !s.args.has("filter") && !query->severity && !query->check_items &&
                     !query->firing && (!query->value || *query->value == "No data");
  while (true) {
    auto found = look(s, *query);
    if (!found)
      return s.complain(found.error());
    if (auto done = choose_alerts(s, found->alerts); !done)
      return s.misuse(done.error().detail);
    bool is_watching = s.args.on("watch");
    if (s.wants_rows()) {
      s.print_rows(member(found->alerts, "alerts"), alerts_view());
    } else if (is_for_people(s)) {
      if (is_watching && s.io.out_is_terminal)
        s.io.out << "\x1b[H\x1b[2J";
      show_status(s, *found, with_silent);
    } else {
      s.print_json(json{{"counts", content_of(found->counts)},
                        {"alerts", member(found->alerts, "alerts")},
                        {"total_count", count_of(found->alerts, "total_count")}});
      s.io.out.flush();
    }
    if (!is_watching)
      return s.args.on("exit_code") &&
                 (query->severity || s.args.has("filter") ? !member(found->alerts, "alerts").empty()
                                                          : found->has_alerts())
               ? exit_found
               : exit_done;
    s.io.pause(watch_ms);
  }
}

} // namespace

verb status_verb() {
  return {.name = "status",
          .summary = "Show what is wrong now",
          .run = run_status,
          .options = {{.name = "host_list",
                       .value = "HOSTS",
                       .help = "Only these hosts, ids or names, separated by commas",
                       .is_list = true},
                      {.name = "severity",
                       .value = "LIST",
                       .help = "Only of these: critical, warning, info",
                       .is_list = true},
                      {.name = "check_items",
                       .value = "NAMES",
                       .help = "Only these rules, separated by commas",
                       .is_list = true},
                      {.name = "firing", .help = "Only alerts", .kind = option_kind::flag},
                      {.name = "watch",
                       .help = "Look again every 2 s, until Ctrl-C",
                       .kind = option_kind::flag},
                      {.name = "exit_code",
                       .help = "End with 10 when there are alerts, else with 0",
                       .kind = option_kind::flag}},
          .positionals = {"host_list"},
          .examples = "  aops status\n"
                      "  aops status web2 --severity critical --exit-code\n"
                      "  aops status --watch\n",
          .lists = true};
}

} // namespace aops::cli
