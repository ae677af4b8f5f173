#include "cli/aops/text/language.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/log_follow.hpp"
#include "cli/aops/verbs/verbs.hpp"
#include "messages/logs.hpp"

namespace aops::cli {

namespace {

/// What `--start`, `--end`, `--last` say, of which the end is a second that is wanted, too.
expected<std::vector<moment>> whole_seconds(const session& s, bool is_needed) {
  std::optional<time_range> range;
  if (is_needed) {
    auto given = range_or_last_hour(s);
    if (!given)
      return fail(given.error());
    range = *given;
  } else {
    auto given = given_range(s);
    if (!given)
      return fail(given.error());
    range = *given;
  }
  if (!range)
    return std::vector<moment>{};
  ++range->end;
  return moments_of(*range);
}

/// Sets what of a query says which lines: words and hosts.
template <class Query>
expected<void> add_lines_wanted(session& s, Query& q) {
  if (s.args.has("query"))
    q.query.emplace(s.args.text("query"));
  if (!s.args.has("host_list"))
    return {};
  auto words = s.args.list("host_list");
  if (!words)
    return fail(words.error());
  auto ids = s.host_ids(*words);
  if (!ids)
    return fail(ids.error());
  q.host_list.emplace(std::move(*ids));
  return {};
}

view lines_view() {
  return {view::kind::whole,
          "lines",
          {"time", "host_name", "program", "message"},
          {"time", "host_name", "severity", "source", "program", "pid", "message", "line_id"},
          "line_id"};
}

/// Shows a reply, and says when there is more than it tells.
int show_lines(session& s, const expected<json>& reply, const view& how) {
  auto code = s.show(reply, how);
  if (!reply)
    return code;
  auto cut = text_of(*reply, "cut");
  if (cut == "limit" || cut == "size")
    s.note(tr("there may be more: ask for a shorter time, or go on with --after_line"));
  else if (cut == "time")
    s.note(tr("not all was looked at: the time for a search was over"));
  for (const auto& x : member(*reply, "missing"))
    s.note(tr("node {} did not tell: {}", text_of(x, "node"), text_of(x, "reason")));
  return code;
}

int log_search(session& s) {
  line_search q;
  if (auto added = add_lines_wanted(s, q); !added)
    return s.complain(added.error());
  if (s.args.on("follow")) {
    constexpr int64_t lines_at_begin = 10;
    q.limit.emplace(s.args.has("limit") ? s.args.whole("limit") : lines_at_begin);
    return follow_lines(s, std::move(q));
  }
  auto range = whole_seconds(s, false);
  if (!range)
    return s.complain(range.error());
  if (!range->empty())
    q.time_range.emplace(std::move(*range));
  q.limit.emplace(s.args.whole("limit"));
  q.order.emplace(s.args.text("order"));
  if (s.args.has("after_line"))
    q.after_line.emplace(s.args.text("after_line"));
  return show_lines(s, s.post("/logs/search", q), lines_view());
}

int log_histogram(session& s) {
  line_histogram_query q;
  if (auto added = add_lines_wanted(s, q); !added)
    return s.complain(added.error());
  auto range = whole_seconds(s, true);
  if (!range)
    return s.complain(range.error());
  q.time_range = std::move(*range);
  q.buckets.emplace(s.args.whole("buckets"));
  return show_lines(
    s, s.post("/logs/histogram", q), {view::kind::whole, "buckets", {"start", "count"}, {}});
}

int log_context(session& s) {
  line_context_query q;
  q.line_id = s.args.text("line");
  q.before.emplace(s.args.whole("before"));
  q.after.emplace(s.args.whole("after"));
  return show_lines(s, s.post("/logs/context", q), lines_view());
}

int log_token_list(session& s) {
  log_tokens_query q;
  if (s.args.has("host_list")) {
    auto words = s.args.list("host_list");
    if (!words)
      return s.complain(words.error());
    auto ids = s.host_ids(*words);
    if (!ids)
      return s.complain(ids.error());
    q.host_list.emplace(std::move(*ids));
  }
  return s.show(s.post("/logs/token/get", q),
                {view::kind::whole,
                 "token_infos",
                 {"host_name", "name", "created", "token_id"},
                 {"host_name", "host_id", "name", "created", "token_id"},
                 "token_id"});
}

int log_token_create(session& s) {
  auto host = exactly_one(s.args, "host_list", "token create");
  if (!host)
    return s.complain(host.error());
  auto ids = s.host_ids({*host});
  if (!ids)
    return s.complain(ids.error());
  if (s.is_missing(*host))
    return exit_done; // Said already; the exit code follows from it.
  return s.show(
    s.post("/logs/token/create", log_token_to_create{ids->front(), s.args.text("name")}), {});
}

int log_token_delete(session& s) {
  auto ids = at_least_one(s.args, "token_list", "token delete");
  if (!ids)
    return s.complain(ids.error());
  auto reply = s.fetch("/logs/token/get", log_tokens_query{});
  if (reply)
    s.find_missing("token", *ids, member(*reply, "token_infos"), "token_id");
  return s.show(s.remove("/logs/token/delete", log_tokens_to_delete{*ids}), {});
}

int log_token(session& s) {
  const auto& what = s.args.text("what");
  if (what == "create")
    return log_token_create(s);
  return what == "delete" ? log_token_delete(s) : log_token_list(s);
}

} // namespace

verb host_log_verb() {
  return {
    .name = "log",
    .summary = "Lines that hosts logged: search, count over time, show what is around one",
    .actions =
      {{.name = "search", .run = log_search, .positionals = {"query"}, .lists = true},
       {.name = "histogram", .run = log_histogram, .positionals = {"query"}, .lists = true},
       {.name = "context",
        .run = log_context,
        .positionals = {"line"},
        .needs = {"line"},
        .lists = true},
       {.name = "token", .run = log_token, .positionals = {"what", "host_list"}, .lists = true}},
    .options =
      {{.name = "query",
        .value = "QUERY",
        .help = "Words, \"phrases\", FIELD:WORD, AND, OR, NOT; every line without it"},
       {.name = "host_list",
        .value = "HOSTS",
        .help = "Ids or names, separated by commas; token create: one"},
       start_option,
       end_option,
       last_option,
       {.name = "limit",
        .value = "N",
        .help = "search: lines at most, up to 1000",
        .fallback = "100",
        .kind = option_kind::whole},
       {.name = "order",
        .value = "ORDER",
        .help = "search: which lines come first",
        .choices = {"newest", "oldest"},
        .fallback = "newest"},
       {.name = "after_line", .value = "LINE", .help = "search: go on after the line of this id"},
       {.name = "follow",
        .help = "search: show the last lines (--limit, 10), and then what comes, until Ctrl-C",
        .kind = option_kind::flag},
       {.name = "buckets",
        .value = "N",
        .help = "histogram: equal stretches of the time, up to 1000",
        .fallback = "60",
        .kind = option_kind::whole},
       {.name = "line", .value = "LINE", .help = "context: the line_id of a line (-o wide)"},
       {.name = "before",
        .value = "N",
        .help = "context: lines before it",
        .fallback = "10",
        .kind = option_kind::whole},
       {.name = "after",
        .value = "N",
        .help = "context: lines after it",
        .fallback = "10",
        .kind = option_kind::whole},
       {.name = "what",
        .value = "WHAT",
        .help = "token: what to do with tokens of hosts",
        .choices = {"list", "create", "delete"},
        .fallback = "list"},
       {.name = "name",
        .value = "NAME",
        .help = "token create: what it is for",
        .fallback = "collector"},
       {.name = "token_list", .value = "IDS", .help = "token delete: ids, separated by commas"}},
    .positionals = {"action"},
    .examples = "  aops log token create web1\n"
                "  aops log search 'error OR \"out of memory\"' --last 1h\n"
                "  aops log search 'program:sshd severity:warning+' --host_list web1 -o wide\n"
                "  aops log search severity:err+ --follow\n"
                "  aops log histogram error --last 1d --buckets 24\n"};
}

} // namespace aops::cli
