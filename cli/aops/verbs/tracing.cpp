#include "messages/tracing.hpp"

#include "cli/aops/text/files.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/verbs.hpp"

#include <fmt/format.h>

namespace aops::cli {

namespace {

/// Seconds; a node answers within 82 minutes.
constexpr std::string_view longer_than_a_sync = "4980";

bool wants(const session& s, std::string_view what) { return s.args.text("what") == what; }

/// `--domain`, which must be given.
expected<std::string> domain_of(session& s) {
  return exactly_one(s.args, "domain", s.args.text("action"));
}

/// Puts the name of each host beside its id.
void name_hosts(session& s, json& rows, const char* id) {
  const auto& names = s.host_names();
  for (auto& row : rows)
    if (auto name = names.find(text_of(row, id)); name != names.end())
      row["host_name"] = name->second;
}

int domain(session& s) {
  if (wants(s, "list") || wants(s, "show"))
    return s.show(s.post("/domain/queryDomain", json::object()),
                  {view::kind::whole, "list", {"domainName", "*"}, {}});
  auto names = at_least_one(s.args, "domain", s.args.text("what"));
  if (!names)
    return s.complain(names.error());
  if (wants(s, "delete")) {
    std::string query;
    for (const auto& name : *names) {
      if (!wrong_domain_name(name).empty())
        return s.complain({ec::bad_request, fmt::format("{}: {}", name, wrong_domain_name(name))});
      query += (query.empty() ? "?domainName=" : "&domainName=") + name;
    }
    return s.show(s.remove("/domain/deleteDomain" + query, json::object()), {});
  }
  auto list = json::array();
  for (const auto& name : *names)
    list.push_back({{"domainName", name}});
  return s.show(s.post("/domain/createDomain", list), {});
}

int host(session& s) {
  auto name = domain_of(s);
  if (!name)
    return s.complain(name.error());
  if (wants(s, "list") || wants(s, "show"))
    return s.show(s.post("/host/getHost", traced_hosts_query{*name}),
                  {view::kind::whole, "list", {"hostName", "ip", "state", "hostId"}, {}});
  auto ids = hosts_of(s);
  if (!ids)
    return s.complain(ids.error());
  auto rows = json::array();
  for (const auto& id : *ids)
    rows.push_back({{"hostId", id}});
  json body{{"domainName", *name}, {"hostInfos", rows}};
  return s.show(
    wants(s, "delete") ? s.remove("/host/deleteHost", body) : s.post("/host/addHost", body), {});
}

/// What the node says of files beside what was done.
void warn_tracing(session& s, const expected<json>& reply) {
  if (reply)
    for (const auto& x : member(*reply, "warnings"))
      s.note(tr("warning: {}", text_of(x, "filePath") + ": " + text_of(x, "text")));
}

int item(session& s) {
  auto name = domain_of(s);
  if (!name)
    return s.complain(name.error());
  trace_texts_query query{*name, {}, {}};
  if (s.args.has("path"))
    query.file_path = s.args.text("path");
  if (s.args.has("change"))
    query.change_id = s.args.text("change");
  if (wants(s, "list"))
    return s.show(s.post("/manage/tracing/item/get", query),
                  {view::kind::whole,
                   "items",
                   {"file_path", "type", "version", "changed_at", "username", "*"},
                   {}});
  if (!query.file_path)
    return s.misuse(tr("{}: --path is missing", s.args.text("what")));
  if (wants(s, "show")) {
    auto reply = s.fetch("/manage/tracing/item/get", query);
    if (!reply)
      return s.complain(reply.error());
    if (s.wants_data())
      s.print_json(*reply);
    else
      for (const auto& x : member(*reply, "items"))
        s.io.out << text_of(x, "text");
    return exit_done;
  }
  json file{{"filePath", *query.file_path}};
  json body{{"domainName", *name}};
  if (s.args.has("reason"))
    body["reason"] = s.args.text("reason");
  if (wants(s, "delete")) {
    body["confFiles"] = json::array({file});
    return s.show(s.remove("/management/deleteManagementConf", body), {});
  }
  if (s.args.has("file")) {
    auto text = read_file(s.args.text("file"));
    if (!text)
      return s.complain(text.error());
    file["contents"] = *text;
  } else if (query.change_id) { // What was expected then is expected again.
    auto reply = s.fetch("/manage/tracing/item/get", query);
    if (!reply)
      return s.complain(reply.error());
    for (const auto& x : member(*reply, "items"))
      file["contents"] = text_of(x, "text");
  } else {
    auto ids = hosts_of(s);
    if (!ids)
      return s.complain(ids.error());
    file["hostId"] = ids->front();
  }
  body["confFiles"] = json::array({file});
  auto reply = s.post("/management/addManagementConf", body);
  warn_tracing(s, reply);
  return s.show(reply, {});
}

int status_tracing(session& s) {
  if (!s.args.has("domain"))
    return s.show(s.post("/manage/tracing/summary/get", json::object()),
                  {view::kind::whole,
                   "domains",
                   {"domain_name",
                    "hosts",
                    "items",
                    "synchronized",
                    "not_synchronized",
                    "not_found",
                    "unknown",
                    "*"},
                   {}});
  json body{{"domainName", s.args.text("domain")}};
  if (s.args.on("known"))
    body["refresh"] = false;
  auto reply = s.post("/confs/getDomainStatus", body);
  if (reply && succeeded(*reply)) {
    auto rows = json::array();
    for (const auto& host : member(*reply, "hostStatus"))
      for (const auto& file : member(host, "syncStatus")) {
        rows.push_back({{"hostId", text_of(host, "hostId")},
                        {"filePath", text_of(file, "filePath")},
                        {"isSynced", text_of(file, "isSynced")},
                        {"reason", text_of(file, "reason")}});
      }
    name_hosts(s, rows, "hostId");
    (*reply)["files"] = std::move(rows);
  }
  return s.show(
    reply, {view::kind::whole, "files", {"host_name", "filePath", "isSynced", "reason", "*"}, {}});
}

int diff_tracing(session& s) {
  trace_diff_query query;
  query.domain_name = s.args.text("domain");
  query.file_path = s.args.text("path");
  if (s.args.has("host_list")) {
    auto ids = hosts_of(s);
    if (!ids)
      return s.complain(ids.error());
    query.host_id = ids->front();
  }
  if (s.args.has("from"))
    query.from = s.args.text("from");
  if (s.args.has("to"))
    query.to = s.args.text("to");
  auto reply = s.fetch("/manage/tracing/diff", query);
  if (!reply)
    return s.complain(reply.error());
  if (s.wants_data())
    s.print_json(*reply);
  else
    s.io.out << text_of(*reply, "unified");
  return exit_done;
}

int history(session& s) {
  if (s.args.on("seen")) {
    trace_edits_query query;
    if (s.args.has("domain"))
      query.domain_name = s.args.text("domain");
    if (s.args.has("path"))
      query.file_path = s.args.text("path");
    auto reply = s.post("/manage/tracing/edit/get", query);
    if (reply && reply->contains("edits"))
      name_hosts(s, (*reply)["edits"], "host_id");
    return s.show(reply,
                  {view::kind::whole,
                   "edits",
                   {"seen", "host_name", "file_path", "summary", "username", "*"},
                   {}});
  }
  json body = json::object();
  if (s.args.has("domain"))
    body["domainName"] = s.args.text("domain");
  if (s.args.has("path")) {
    if (!s.args.has("domain"))
      return s.misuse(tr("{}: --domain is missing", "history"));
    body["confFiles"] = json::array({{{"filePath", s.args.text("path")}}});
  }
  auto reply = s.post(
    s.args.has("path") ? "/management/queryManageConfChange" : "/confs/queryExpectedConfs", body);
  if (reply && succeeded(*reply)) {
    auto rows = json::array();
    auto take = [&](const json& of, const std::string& name) {
      for (const auto& file : member(of, "confBaseInfos"))
        for (const auto& x : member(file, "changeLog"))
          rows.push_back({{"domainName", name},
                          {"filePath", text_of(file, "filePath")},
                          {"date", text_of(x, "date")},
                          {"author", text_of(x, "author")},
                          {"changeReason", text_of(x, "changeReason")},
                          {"changeId", text_of(x, "changeId")}});
    };
    if (reply->contains("list"))
      for (const auto& of : member(*reply, "list"))
        take(of, text_of(of, "domainName"));
    else
      take(*reply, text_of(*reply, "domainName"));
    (*reply)["changes"] = std::move(rows);
  }
  return s.show(reply,
                {view::kind::whole,
                 "changes",
                 {"date", "author", "domainName", "filePath", "changeReason", "changeId"},
                 {}});
}

int sync(session& s) {
  json body{{"domainName", s.args.text("domain")}};
  if (s.args.has("host_list")) {
    auto ids = hosts_of(s);
    if (!ids)
      return s.complain(ids.error());
    body["hostIds"] = json::array();
    for (const auto& id : *ids)
      body["hostIds"].push_back({{"hostId", id}});
  }
  if (s.args.has("path"))
    body["confFiles"] = json::array({{{"filePath", s.args.text("path")}}});
  auto reply = s.put("/confs/syncConf", body);
  if (reply && reply->contains("list")) {
    auto rows = json::array();
    for (const auto& host : member(*reply, "list"))
      for (const auto& file : member(host, "syncResult"))
        rows.push_back({{"hostId", text_of(member(host, "hostId"), "hostId")},
                        {"filePath", text_of(file, "filePath")},
                        {"result", text_of(file, "result")},
                        {"reason", text_of(file, "reason")},
                        {"backup", text_of(file, "backup")}});
    name_hosts(s, rows, "hostId");
    (*reply)["files"] = std::move(rows);
  }
  return s.show(
    reply, {view::kind::whole, "files", {"host_name", "filePath", "result", "reason", "*"}, {}});
}

int models(session& s) {
  return s.show(s.post("/manage/tracing/model/get", json::object()),
                {view::kind::whole, "models", {"name", "type", "paths", "description", "*"}, {}});
}

} // namespace

verb tracing_verb() {
  return {
    .name = "tracing",
    .summary = "Files that hosts should share: say what they should be, compare, sync",
    .actions =
      {{.name = "domain", .run = domain, .positionals = {"what", "domain"}, .lists = true},
       {.name = "host",
        .run = host,
        .positionals = {"what", "domain", "host_list"},
        .needs = {"domain"},
        .lists = true},
       {.name = "item",
        .run = item,
        .positionals = {"what", "domain", "path", "host_list"},
        .needs = {"domain"},
        .lists = true},
       {.name = "status", .run = status_tracing, .positionals = {"domain"}, .lists = true},
       {.name = "diff",
        .run = diff_tracing,
        .positionals = {"domain", "path", "host_list"},
        .needs = {"domain", "path"}},
       {.name = "history", .run = history, .positionals = {"domain", "path"}, .lists = true},
       {.name = "sync",
        .run = sync,
        .positionals = {"domain", "host_list"},
        .needs = {"domain"},
        .lists = true},
       {.name = "models", .run = models, .lists = true}},
    .options =
      {{.name = "what",
        .value = "WHAT",
        .help = "domain, host, item: what to do with it",
        .choices = {"list", "show", "add", "delete"},
        .fallback = "list"},
       {.name = "domain", .value = "NAME", .help = "Of hosts that should share files"},
       {.name = "host_list",
        .value = "HOSTS",
        .help = "Ids or names, separated by commas; item add, diff: one, as the file is there"},
       {.name = "path", .value = "PATH", .help = "Absolute path of a file"},
       {.name = "file", .value = "FILE", .help = "item add: what the file should be"},
       {.name = "change", .value = "ID", .help = "item show, item add: as it was with this change"},
       {.name = "reason", .value = "TEXT", .help = "item add, item delete: why, for the history"},
       {.name = "from", .value = "ID", .help = "diff: a change; the one before unless given"},
       {.name = "to", .value = "ID", .help = "diff: a change; the newest unless given"},
       {.name = "known",
        .help = "status: what was found last, without asking the hosts",
        .kind = option_kind::flag},
       {.name = "seen",
        .help = "history: changes that were seen on hosts",
        .kind = option_kind::flag},
       {.name = "timeout",
        .value = "SPAN",
        .help = "How long to wait for an answer",
        .fallback = longer_than_a_sync,
        .kind = option_kind::span,
        .is_extra = true}},
    .positionals = {"action"},
    .examples = "  aops tracing domain add web\n"
                "  aops tracing host add web web1\n"
                "  aops tracing item add web /etc/motd --file motd --reason \"one greeting\"\n"
                "  aops tracing status\n"
                "  aops tracing history web /etc/motd\n"
                "  aops tracing diff web /etc/motd\n"
                "  aops tracing sync web web1\n"};
}

} // namespace aops::cli
