#include "messages/topology.hpp"

#include "cli/aops/text/language.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/verbs.hpp"

#include <fmt/format.h>

#include <map>

namespace aops::cli {

namespace {

const std::string topology_base = "/gala-spider/api/v1";

/// The id of the host that is asked about; empty: all. Nothing when there is no such host, which is
/// said already.
expected<std::optional<std::string>> host_wanted(session& s, std::string_view what) {
  if (!s.args.has("host_list"))
    return std::optional{std::string{}};
  auto host = exactly_one(s.args, "host_list", what);
  if (!host)
    return fail(host.error());
  auto ids = s.host_ids({*host});
  if (!ids)
    return fail(ids.error());
  if (s.is_missing(*host))
    return std::optional<std::string>{};
  return std::optional{ids->front()};
}

/// Attributes of an entity by name.
std::map<std::string, json> attributes_of(const json& entity) {
  std::map<std::string, json> out;
  for (const auto& x : member(entity, "attrs"))
    out.insert_or_assign(text_of(x, "key"), member(x, "value"));
  return out;
}

/// `normal`, `lacking`, or which figures are abnormal.
std::string state_of_link(const json& entity) {
  const auto& anomaly = member(entity, "anomaly");
  auto status = anomaly.is_object() ? text_of(anomaly, "status") : std::string{};
  if (status == "ANOMALY_LACKING")
    return "lacking";
  if (status != "ANOMALY_YES")
    return "normal";
  std::string out;
  for (const auto& x : member(anomaly, "anomalyitem"))
    out += (out.empty() ? "" : ",") + text_of(x, "anomaly_attr");
  return out;
}

/// Names of entities by id.
using entity_names = std::map<std::string, std::string>;

std::string called_end(const json& entity, std::string_view side, const entity_names& names) {
  for (const auto& items : member(entity, side))
    for (const auto& x : member(items, "calls")) {
      auto it = names.find(text_of(x, "id"));
      return it == names.end() ? text_of(x, "id") : it->second;
    }
  return {};
}

/// The links of a picture, a row each.
json link_rows_of(const json& entities) {
  entity_names names;
  for (const auto& x : entities)
    names.emplace(text_of(x, "entityid"), text_of(x, "name"));
  auto rows = json::array();
  for (const auto& x : entities) {
    auto type = text_of(x, "type");
    if (!type.ends_with("_LINK"))
      continue;
    auto attrs = attributes_of(x);
    json row = {{"entityid", x["entityid"]},
                {"type", type},
                {"client", called_end(x, "dependeditems", names)},
                {"server", called_end(x, "dependingitems", names)},
                {"state", state_of_link(x)}};
    for (const auto* key : {"server_ip",
                            "server_port",
                            "link_count",
                            "rx_bytes_per_s",
                            "tx_bytes_per_s",
                            "retran_packets_per_s",
                            "rtt"})
      if (auto it = attrs.find(key); it != attrs.end())
        row[key] = it->second;
    rows.push_back(std::move(row));
  }
  return rows;
}

void note_rest_of_topology(session& s, const json& reply) {
  size_t stale = 0;
  for (const auto& x : member(reply, "entities"))
    if (text_of(x, "type") == "VM" && member(x, "anomaly").is_object())
      ++stale;
  if (stale > 0)
    s.note(tr("the agents of {} hosts do not tell any more", stale));
  if (reply.value("is_cut", false))
    s.note(tr("there is more than is shown: ask for one host"));
  for (const auto& x : member(reply, "missing"))
    s.note(tr("node {} did not tell: {}", text_of(x, "node"), text_of(x, "reason")));
}

int topology_show(session& s) {
  auto host = host_wanted(s, "show");
  if (!host)
    return s.complain(host.error());
  if (!*host)
    return exit_done; // Said already; the exit code follows from it.
  auto target = topology_base + "/get_entities?depth=" + s.args.text("depth");
  if (!(*host)->empty())
    target += "&host_id=" + **host;
  if (s.args.has("at")) {
    auto at = parse_time(s.args.text("at"));
    if (!at)
      return s.complain(at.error());
    target += fmt::format("&timestamp={}", *at);
  }
  auto reply = s.get(target);
  auto whole = reply;
  if (reply && !s.wants_data() && reply->contains("entities"))
    (*reply)["entities"] = link_rows_of(member(*reply, "entities"));
  auto code = s.show(reply,
                     {view::kind::whole,
                      "entities",
                      {"client", "server", "server_ip", "server_port", "link_count", "state"},
                      {"type",
                       "client",
                       "server",
                       "server_ip",
                       "server_port",
                       "link_count",
                       "rx_bytes_per_s",
                       "tx_bytes_per_s",
                       "retran_packets_per_s",
                       "rtt",
                       "state"},
                      "entityid"});
  if (whole)
    note_rest_of_topology(s, *whole);
  return code;
}

std::string shown_end(const json& end) {
  auto host = text_of(end, "host_name"), process = text_of(end, "process_name");
  auto address = text_of(end, "address");
  if (host.empty())
    return address;
  return process.empty() ? host : host + "." + process;
}

int topology_changes_shown(session& s) {
  auto host = host_wanted(s, "changes");
  if (!host)
    return s.complain(host.error());
  if (!*host)
    return exit_done;
  auto range = range_or_last_hour(s);
  if (!range)
    return s.complain(range.error());
  auto target =
    fmt::format("{}/get_changes?from={}&to={}", topology_base, range->start, range->end + 1);
  if (!(*host)->empty())
    target += "&host_id=" + **host;
  auto reply = s.get(target);
  if (reply && !s.wants_data() && reply->contains("changes"))
    for (auto& x : (*reply)["changes"]) {
      x["server_ip"] = x["server"].value("address", json());
      x["server_port"] = x["server"].value("port", json());
      x["client"] = shown_end(x["client"]);
      x["server"] = shown_end(x["server"]);
    }
  auto code = s.show(reply,
                     {view::kind::whole,
                      "changes",
                      {"time", "change", "client", "server", "server_ip", "server_port"},
                      {"time", "change", "type", "client", "server", "server_ip", "server_port"},
                      "time"});
  if (reply && reply->value("is_cut", false))
    s.note(tr("there is more than is shown: ask for a shorter time or one host"));
  return code;
}

} // namespace

verb topology_verb() {
  return {
    .name = "topology",
    .summary = "Which process of which host talks to which: now, then, what began and ended",
    .actions = {{.name = "show", .run = topology_show, .positionals = {"host_list"}, .lists = true},
                {.name = "changes",
                 .run = topology_changes_shown,
                 .positionals = {"host_list"},
                 .lists = true}},
    .options = {{.name = "host_list",
                 .value = "HOST",
                 .help = "Id or name of one host; all hosts without it"},
                {.name = "depth",
                 .value = "N",
                 .help = "show: so many links from that host, 0 to 8",
                 .fallback = "1",
                 .kind = option_kind::whole},
                {.name = "at", .value = "TIME", .help = "show: the picture of then, as --start"},
                start_option,
                end_option,
                last_option},
    .positionals = {"action"},
    .examples = "  aops topology show\n"
                "  aops topology show web1 --depth 2 -o wide\n"
                "  aops topology show web1 --at 2024-03-01T10:15\n"
                "  aops topology changes web1 --last 15m\n"};
}

} // namespace aops::cli
