#include "messages/audit.hpp"

#include "cli/aops/text/csv.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/verbs.hpp"

#include <fmt/format.h>

#include <array>
#include <ostream>

namespace aops::cli {

namespace {

constexpr int64_t export_page = 1000;

maybe<std::string> given(const session& s, std::string_view option) {
  maybe<std::string> x;
  if (s.args.has(option))
    x.emplace(s.args.text(option));
  return x;
}

expected<log_query> filters(const session& s) {
  auto range = given_range(s);
  if (!range)
    return fail(range.error());
  log_query q;
  q.kind = given(s, "kind");
  q.username = given(s, "username");
  q.action = given(s, "done");
  q.entity = given(s, "entity");
  q.outcome = given(s, "outcome");
  if (*range)
    q.time_range.emplace(moments_of(**range));
  return q;
}

expected<json> all_records(session& s, const log_query& q);

int list_records(session& s) {
  auto q = filters(s);
  if (!q)
    return s.complain(q.error());
  q->page.emplace(s.args.whole("page"));
  q->per_page.emplace(s.args.whole("per_page"));
  return s.show(
    s.args.has("filter") ? all_records(s, *q) : s.post("/manage/log/get", *q),
    {view::kind::whole,
     "records",
     {"time", "username", "action", "entity", "result"},
     {"number", "time", "kind", "username", "address", "action", "entity", "result", "detail"},
     "number"});
}

constexpr std::array columns = {
  "number", "time", "kind", "username", "address", "action", "entity", "result", "detail"};

/// Page by page, each behind the last record of the one before: what is added meanwhile moves
/// nothing.
template <class Write>
expected<void> each_record(session& s, log_query q, Write write) {
  q.page.emplace(1);
  q.per_page.emplace(export_page);
  while (true) {
    auto reply = s.fetch("/manage/log/get", q);
    if (!reply)
      return fail(reply.error());
    const auto& rows = member(*reply, "records");
    for (const auto& row : rows)
      if (auto done = write(row); !done)
        return done;
    if (static_cast<int64_t>(rows.size()) < export_page)
      return {};
    auto last = static_cast<int64_t>(count_of(rows.back(), "number"));
    if (last <= 1)
      return {};
    q.before.emplace(last);
  }
}

/// All that match, as one reply.
expected<json> all_records(session& s, const log_query& q) {
  json rows = json::array();
  auto done = each_record(s, q, [&](const json& row) -> expected<void> {
    rows.push_back(row);
    return {};
  });
  if (!done)
    return fail(done.error());
  auto total = rows.size();
  return json{
    {"code", 200}, {"total_count", total}, {"total_page", 1}, {"records", std::move(rows)}};
}

std::string csv_line(const json& row) {
  std::string line;
  for (const auto* column : columns) {
    auto it = row.find(column);
    auto text = it == row.end()   ? std::string{}
                : it->is_string() ? it->get<std::string>()
                                  : it->dump();
    line += (column == columns.front() ? "" : ",") + csv_cell(text);
  }
  return line + "\n";
}

int export_log(session& s) {
  auto q = filters(s);
  if (!q)
    return s.complain(q.error());
  bool is_csv = s.args.text("form") == "csv";
  if (is_csv)
    s.io.out << fmt::format("{}\n", fmt::join(columns, ","));
  auto done = each_record(s, *q, [&](const json& row) -> expected<void> {
    s.io.out << (is_csv ? csv_line(row)
                        : row.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
    return {};
  });
  return done ? exit_done : s.complain(done.error());
}

int verify(session& s) {
  int64_t checked = 0;
  log_to_verify next;
  while (true) {
    auto reply = s.fetch("/manage/log/verify", next);
    if (!reply)
      return s.complain(reply.error());
    checked += static_cast<int64_t>(count_of(*reply, "checked"));
    if (reply->contains("broken")) {
      auto number = count_of(*reply, "broken");
      return s.complain({ec::corrupt,
                         tr("record {} {} ({} before it are as they were written)",
                            number,
                            text_of(*reply, "reason"),
                            checked)});
    }
    if (reply->value("complete", true))
      break;
    next.after.emplace(static_cast<int64_t>(count_of(*reply, "last")));
  }
  if (s.wants_data())
    s.print_json({{"checked", checked}});
  else
    s.io.out << tr("{} records, all as they were written\n", checked);
  return exit_done;
}

} // namespace

verb audit_verb() {
  return {.name = "audit",
          .summary = "What was done by whom: list, export, check that nothing was altered",
          .actions = {{.name = "list", .run = list_records, .lists = true},
                      {.name = "export", .run = export_log},
                      {.name = "verify", .run = verify}},
          .options = {{.name = "kind",
                       .value = "KIND",
                       .help = "Security events, or daily work; else both",
                       .choices = {"audit", "operation"}},
                      {.name = "username", .value = "NAME", .help = "Who did it"},
                      {.name = "done",
                       .value = "ACTION",
                       .help = "What was done: host.add, or host.* for all about hosts"},
                      {.name = "entity", .value = "TEXT", .help = "To what"},
                      {.name = "outcome",
                       .value = "HOW",
                       .help = "How it went",
                       .choices = {"succeeded", "failed"}},
                      start_option,
                      end_option,
                      last_option,
                      {.name = "form",
                       .value = "FORM",
                       .help = "export: lines of JSON, or CSV with a head line",
                       .choices = {"jsonl", "csv"},
                       .fallback = "jsonl"},
                      page_option,
                      {.name = "per_page",
                       .value = "N",
                       .help = "Rows a page, at most 1000",
                       .fallback = "20",
                       .kind = option_kind::whole}},
          .positionals = {"action"},
          .examples = "  aops audit list --last 1d --outcome failed\n"
                      "  aops audit list --done 'user.*' --username admin\n"
                      "  aops audit export --form csv --last 1w\n"
                      "  aops audit verify\n"};
}

} // namespace aops::cli
