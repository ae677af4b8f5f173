#include "cli/aops/text/language.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/verbs.hpp"

#include <algorithm>

namespace aops::cli {

namespace {

/// Between two looks at a backup that is being written.
constexpr int file_look_ms = 500;

/// What is worth knowing beside the rows; whether all nodes told.
bool tell_nodes(session& s, const json& nodes) {
  bool all_told = true;
  for (const auto& node : nodes) {
    auto name = text_of(node, "node");
    if (auto why = text_of(node, "error"); !why.empty()) {
      s.complain({ec::unreachable, tr("node {}: {}", name, why)});
      all_told = false;
    }
    if (auto why = text_of(node, "last_failure"); !why.empty())
      s.note(tr("node {}: the last backup could not be written: {}", name, why));
    if (node.value("is_writing", false))
      s.note(tr("node {}: a backup is being written", name));
  }
  bool any_keeps = std::any_of(nodes.begin(), nodes.end(), [](const json& node) {
    return !text_of(node, "directory").empty();
  });
  if (!any_keeps && all_told)
    s.note(tr("no node keeps backups: backup.directory is not set"));
  return all_told;
}

/// A row for each backup, whichever node keeps it.
json rows_of(const json& nodes) {
  json rows = json::array();
  for (const auto& node : nodes)
    for (const auto& backup : member(node, "backups")) {
      json row = {{"node", text_of(node, "node")}};
      row.update(backup);
      rows.push_back(std::move(row));
    }
  return rows;
}

int list_backups(session& s) {
  auto reply = s.get("/manage/backup/list");
  if (!reply || !succeeded(*reply))
    return s.show(reply, {});
  auto nodes = member(*reply, "nodes");
  (*reply)["code"] = 200; // What is missing is told below.
  (*reply)["backups"] = rows_of(nodes);
  auto code =
    s.show(reply, {view::kind::whole, "backups", {"node", "created", "bytes", "file"}, {}, "file"});
  auto all_told = tell_nodes(s, nodes);
  return code == exit_done && !all_told ? exit_failed : code;
}

/// Troubles after which asking again may do: the last is what a node says of another one, too.
bool may_pass(const error& why) {
  return why == ec::unreachable || why == ec::overloaded || why == ec::timed_out;
}

/// What the node keeps once it does not write any more; until then null.
expected<json> written_by(session& s, const std::string& node) {
  auto reply = s.fetch("/manage/backup/list");
  if (!reply)
    return reply;
  for (const auto& row : member(*reply, "nodes"))
    if (text_of(row, "node") == node) {
      if (auto why = text_of(row, "error"); !why.empty())
        return fail(ec::unreachable, tr("node {}: {}", node, why));
      if (!row.value("is_writing", false))
        return row;
    }
  return json{};
}

/// Looks until the file is there, or it was given up. A node that does not tell for a while may
/// well go on writing.
int wait_for(session& s, const std::string& node, const std::string& file) {
  auto deadline = s.args.whole("deadline");
  auto until = s.io.now_s() + deadline; // A look at what is not reached takes its time, too.
  std::string trouble;
  for (auto looks = 1000 * deadline / file_look_ms; looks > 0 && s.io.now_s() < until; --looks) {
    s.io.pause(file_look_ms);
    auto row = written_by(s, node);
    if (!row && !may_pass(row.error()))
      return s.complain(row.error());
    trouble = row ? "" : "; " + row.error().detail;
    if (!row || row->is_null())
      continue;
    const auto& kept = member(*row, "backups");
    bool is_there = std::any_of(
      kept.begin(), kept.end(), [&](const json& x) { return text_of(x, "file") == file; });
    return is_there ? exit_done
                    : s.complain(
                        {ec::task_failed,
                         tr("the backup could not be written: {}", text_of(*row, "last_failure"))});
  }
  return s.complain(
    {ec::timed_out,
     tr("{} is still being written; `aops backup list` tells later", file) + trouble});
}

int start(session& s) {
  auto reply = s.post("/manage/backup/start", json::object());
  if (!reply || !succeeded(*reply) || !s.args.on("wait"))
    return s.show(reply, {});
  auto code = wait_for(s, text_of(*reply, "node"), text_of(*reply, "file"));
  return code == exit_done ? s.show(reply, {}) : code;
}

} // namespace

verb backup_verb() {
  return {
    .name = "backup",
    .summary = "Backups that the nodes keep: list them, have one made now",
    .actions = {{.name = "list", .run = list_backups, .lists = true},
                {.name = "start", .run = start}},
    .options = {{.name = "wait", .help = "start: until it is written", .kind = option_kind::flag},
                {.name = "deadline",
                 .value = "SPAN",
                 .help = "start: how long --wait waits",
                 .fallback = "3600",
                 .kind = option_kind::span}},
    .positionals = {"action"},
    .examples = "  aops backup list\n"
                "  aops backup start --wait\n"};
}

} // namespace aops::cli
