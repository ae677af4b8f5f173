#include "messages/silence.hpp"

#include "cli/aops/text/language.hpp"
#include "cli/aops/text/time_text.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/verbs.hpp"

#include <fmt/format.h>

namespace aops::cli {

namespace {

constexpr int64_t ms_of_second = 1000;

expected<void>
read_words(session& s, std::string_view option, maybe<std::vector<std::string>>& to) {
  auto list = s.args.list(option);
  if (!list)
    return fail(std::move(list.error()));
  if (!list->empty())
    to.emplace(std::move(*list));
  return {};
}

expected<void> read_moment(session& s, std::string_view option, maybe<moment>& to) {
  if (!s.args.has(option))
    return {};
  auto time = parse_time(s.args.text(option));
  if (!time)
    return fail(ec::bad_request, fmt::format("--{}: {}", option, time.error().detail));
  to = moment{*time * ms_of_second};
  return {};
}

int add_silence(session& s) {
  silence_to_add x;
  x.comment = s.args.text("comment");
  for (auto [option, to] : {std::pair{"host_list", &x.host_list},
                            std::pair{"host_group_list", &x.group_list},
                            std::pair{"matchers", &x.matchers}})
    if (auto read = read_words(s, option, *to); !read)
      return s.complain(read.error());
  for (auto [option, to] : {std::pair{"start", &x.starts_at}, std::pair{"end", &x.ends_at}})
    if (auto read = read_moment(s, option, *to); !read)
      return s.complain(read.error());
  if (s.args.has("lasts")) {
    auto span = parse_span(s.args.text("lasts"));
    if (!span)
      return s.complain({ec::bad_request, "--lasts: " + span.error().detail});
    x.duration_s = *span;
  }
  if (s.args.has("expression"))
    x.expression = s.args.text("expression");
  if (s.args.has("time_zone"))
    x.time_zone = s.args.text("time_zone");
  return s.show(s.post("/check/silence/add", x), {});
}

int list_silences(session& s) {
  silences_query query;
  if (s.args.has("ended"))
    query.ended = s.args.on("ended");
  add_sort(query, s.args);
  add_paging(query, s.args);
  return s.show(
    s.post("/check/silence/get", query),
    {view::kind::whole,
     "silence_infos",
     {"silence_id", "state", "comment", "username", "starts_at", "ends_at", "active_until", "*"},
     {}});
}

int show_silences(session& s) {
  auto ids = at_least_one(s.args, "silence_list", "show");
  if (!ids)
    return s.complain(ids.error());
  silences_query query;
  query.silence_list.emplace(*ids);
  auto reply = s.fetch("/check/silence/get", query);
  if (!reply)
    return s.complain(reply.error());
  s.find_missing("silence", *ids, member(*reply, "silence_infos"), "silence_id");
  s.print_json(*reply);
  return exit_done;
}

int end_silences(session& s) {
  auto ids = at_least_one(s.args, "silence_list", "end");
  if (!ids)
    return s.complain(ids.error());
  silences_query query; // The node passes over unknown ones.
  query.silence_list.emplace(*ids);
  if (auto known = s.fetch("/check/silence/get", query))
    s.find_missing("silence", *ids, member(*known, "silence_infos"), "silence_id");
  return s.show(s.post("/check/silence/end", silences_to_end{*ids}), {});
}

} // namespace

verb silence_verb() {
  return {
    .name = "silence",
    .summary = "Tell nobody of alerts for a while: silences and maintenance windows",
    .actions =
      {{.name = "add", .run = add_silence, .positionals = {"comment"}, .needs = {"comment"}},
       {.name = "list", .run = list_silences, .lists = true},
       {.name = "show",
        .run = show_silences,
        .positionals = {"silence_list"},
        .needs = {"silence_list"}},
       {.name = "end",
        .run = end_silences,
        .positionals = {"silence_list"},
        .needs = {"silence_list"}}},
    .options =
      {{.name = "comment", .value = "TEXT", .help = "add: why"},
       {.name = "host_list",
        .value = "HOSTS",
        .help = "add: alerts of these hosts: ids or names, separated by commas"},
       {.name = "host_group_list",
        .value = "GROUPS",
        .help = "add: alerts of hosts of these groups, separated by commas"},
       {.name = "matchers",
        .value = "MATCHERS",
        .help =
          "add: only alerts with these labels: alertname=disk-full, mountpoint=~/var.*, !=, !~",
        .is_list = true},
       {.name = "start",
        .value = "TIME",
        .help = "add: when it begins, as 2024-03-01T10:15; else now"},
       {.name = "end", .value = "TIME", .help = "add: when it ends, as --start; or --lasts"},
       {.name = "lasts",
        .value = "SPAN",
        .help = "add: how long it lasts, each time: 90s, 15m, 1h30m, 2d, 1w",
        .kind = option_kind::span},
       {.name = "expression",
        .value = "CRON",
        .help = "add: it comes again and again: minute, hour, day of month, month, day of week, or "
                "@weekly"},
       {.name = "time_zone",
        .value = "ZONE",
        .help = "add: where the clock of --expression stands: Europe/Berlin; UTC unless given"},
       {.name = "silence_list", .value = "SILENCES", .help = "show, end: ids, separated by commas"},
       {.name = "ended",
        .value = "True/False",
        .help = "list: only those that have ended, or only others",
        .kind = option_kind::boolean},
       {.name = "sort",
        .value = "FIELD",
        .help = "list: order",
        .choices = {"starts_at", "ends_at", "created_at"}},
       direction_option,
       page_option,
       per_page_option},
    .positionals = {"action"},
    .examples =
      "  aops silence add \"new disk\" --host_list web1 --lasts 2h\n"
      "  aops silence add \"known fault\" --matchers alertname=disk-full --lasts 1d\n"
      "  aops silence add \"weekly updates\" --host_group_list shop --expression \"0 3 * * sun\" "
      "--time_zone Europe/Berlin --lasts 2h\n"
      "  aops silence list --ended false\n"};
}

} // namespace aops::cli
