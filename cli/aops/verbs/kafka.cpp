#include "messages/kafka.hpp"

#include "cli/aops/text/language.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/verbs.hpp"

#include <algorithm>

namespace aops::cli {

namespace {

int status_kafka(session& s) {
  return s.show(s.get("/kafka/status"),
                {view::kind::whole,
                 "topics",
                 {"topic", "partitions", "lag", "accepted", "repeated", "rejected"},
                 {"topic", "group", "partitions", "lag", "accepted", "repeated", "rejected"}});
}

int list_dead_letters(session& s) {
  dead_query q;
  if (s.args.has("topic"))
    q.topic.emplace(s.args.text("topic"));
  q.state.emplace(s.args.text("state"));
  add_paging(q, s.args);
  return s.show(
    s.post("/kafka/dlq/get", q),
    {view::kind::whole,
     "messages",
     {"id", "topic", "partition", "offset", "reason", "detail"},
     {"id", "topic", "partition", "offset", "time", "seen", "reason", "detail", "state", "bytes"}});
}

int show_kafka(session& s) {
  auto ids = at_least_one(s.args, "id_list", "dlq show");
  if (!ids)
    return s.complain(ids.error());
  int worst = exit_done;
  for (const auto& id : *ids)
    worst = std::max(
      worst, s.show(s.post("/kafka/dlq/show", dead_to_show{id}), {view::kind::whole, {}, {}, {}}));
  return worst;
}

int replay(session& s) {
  auto ids = at_least_one(s.args, "id_list", "dlq replay");
  if (!ids)
    return s.complain(ids.error());
  return s.show(s.post("/kafka/dlq/replay", dead_to_replay{*ids}), {});
}

int drop(session& s) {
  auto ids = at_least_one(s.args, "id_list", "dlq drop");
  if (!ids)
    return s.complain(ids.error());
  return s.show(s.remove("/kafka/dlq/drop", dead_to_drop{*ids}), {});
}

int dead_letters(session& s) {
  auto step = s.args.text("step");
  if (step != "list" && (s.wants_rows() || s.args.has("filter")))
    return s.misuse(tr("-o name, -o csv and --filter are for lists: dlq list"));
  if (step == "show")
    return show_kafka(s);
  if (step == "replay")
    return replay(s);
  return step == "drop" ? drop(s) : list_dead_letters(s);
}

} // namespace

verb kafka_verb() {
  return {.name = "kafka",
          .summary = "The message queue: how it goes, and messages that could not be used",
          .actions = {{.name = "status", .run = status_kafka, .lists = true},
                      {.name = "dlq",
                       .run = dead_letters,
                       .positionals = {"step", "id_list"},
                       .lists = true}},
          .options = {{.name = "step",
                       .value = "STEP",
                       .help = "dlq: list them, show one, send them again, or drop them",
                       .choices = {"list", "show", "replay", "drop"},
                       .fallback = "list"},
                      {.name = "id_list",
                       .value = "IDS",
                       .help = "dlq show, replay, drop: ids, separated by commas"},
                      {.name = "topic", .value = "TOPIC", .help = "dlq list: of one topic"},
                      {.name = "state",
                       .value = "STATE",
                       .help = "dlq list: what became of them",
                       .choices = {"kept", "replayed", "dropped"},
                       .fallback = "kept"},
                      page_option,
                      per_page_option},
          .positionals = {"action"},
          .examples = "  aops kafka status\n"
                      "  aops kafka dlq list --topic DIAGNOSE_EXECUTE_REQ\n"
                      "  aops kafka dlq show ID\n"
                      "  aops kafka dlq replay ID,ID\n"};
}

} // namespace aops::cli
