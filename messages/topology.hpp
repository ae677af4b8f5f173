#pragma once

#include "messages/account.hpp"
#include "messages/describe.hpp"
#include "messages/error.hpp"
#include "messages/values.hpp"
#include "messages/wire.hpp"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Which process of which host talks to which: what agents tell, and the picture of it. See
/// docs/topology.md.
namespace aops {

// -- the picture

/// Another entity.
struct topology_ref {
  std::string type, id;
};
#define AOPS_FIELDS_topology_ref(F)                                                                \
  F(type, required(), "As of entities.")                                                           \
  F(id, required(), "Its `entityid`.")
AOPS_MESSAGE(topology_ref)

/// What an entity needs, or who needs it.
struct topology_items {
  std::vector<topology_ref> calls, runOns;
};
#define AOPS_FIELDS_topology_items(F)                                                              \
  F(calls, required(), "Over links.")                                                              \
  F(runOns, required(), "Because it runs there.")
AOPS_MESSAGE(topology_items)

struct topology_attr {
  std::string key;
  json_text value;
  std::string vtype;
};
#define AOPS_FIELDS_topology_attr(F)                                                               \
  F(key, required(), "Name.")                                                                      \
  F(value, required(), "A number or a text, by `vtype`.")                                          \
  F(vtype, required().one_of("int|float|string"), "Of what kind the value is.")
AOPS_MESSAGE(topology_attr)

struct topology_anomaly_item {
  std::string anomaly_attr, anomaly_type;
};
#define AOPS_FIELDS_topology_anomaly_item(F)                                                       \
  F(anomaly_attr, required(), "Of which attribute.")                                               \
  F(anomaly_type, required().one_of("ABOVE THRESHOLD|BELOW THRESHOLD"), "On which side.")
AOPS_MESSAGE(topology_anomaly_item)

struct topology_anomaly {
  std::string status;
  std::vector<topology_anomaly_item> anomalyitem;
};
#define AOPS_FIELDS_topology_anomaly(F)                                                            \
  F(status,                                                                                        \
    required().one_of("ANOMALY_NO|ANOMALY_YES|ANOMALY_LACKING|ANOMALY_STALE"),                     \
    "Nothing; a threshold is passed; a link that was there is not seen any more; the agent of "    \
    "the host does not tell any more.")                                                            \
  F(anomalyitem, required(), "Which thresholds.")
AOPS_MESSAGE(topology_anomaly)

struct topology_entity {
  std::string entityid, type, name;
  std::vector<topology_items> dependingitems, dependeditems;
  std::vector<topology_attr> attrs;
  maybe<topology_anomaly> anomaly;
};
#define AOPS_FIELDS_topology_entity(F)                                                             \
  F(entityid, required(), "Identifier.")                                                           \
  F(type,                                                                                          \
    required().one_of("VM|PROCESS|TCP_LINK|IPVS_LINK|NGINX_LINK|HAPROXY_LINK|EXTERNAL"),           \
    "What it is. `EXTERNAL`: an address that is of no host with an agent that the caller sees.")   \
  F(name, required(), "For people.")                                                               \
  F(dependingitems, required(), "What it needs: one object, or none.")                             \
  F(dependeditems, required(), "Who needs it: one object, or none.")                               \
  F(attrs, required(), "What is known of it, by name.")                                            \
  F(anomaly, optional_field().additive(), "Of links; of hosts and processes when there is any.")
AOPS_MESSAGE(topology_entity)

/// The number that a parameter of a query is; nothing when it is none.
inline std::optional<int64_t> whole_parameter(std::string_view text) {
  int64_t x = 0;
  auto end = text.data() + text.size();
  auto read = std::from_chars(text.data(), end, x);
  if (text.empty() || read.ec != std::errc{} || read.ptr != end || x < 0)
    return std::nullopt;
  return x;
}

/// Milliseconds of a time that is told in seconds or in milliseconds: which, by its size.
constexpr int64_t ms_of_parameter(int64_t x) {
  constexpr int64_t least_ms = 100'000'000'000; // In seconds that is the year 5138.
  return x < least_ms ? x * 1000 : x;
}

/// The parameter as a number from `min` to `max`; absent or empty: `otherwise`.
inline expected<int64_t> read_parameter(std::string_view name,
                                        const maybe<std::string>& text,
                                        int64_t min,
                                        int64_t max,
                                        int64_t otherwise) {
  if (!text || text->empty())
    return otherwise;
  auto x = whole_parameter(*text);
  if (!x || *x < min || *x > max)
    return fail(ec::bad_request,
                std::string{name} + ": must be a whole number from " + std::to_string(min) +
                  " to " + std::to_string(max));
  return *x;
}

/// GET /gala-spider/api/v1/get_entities
struct topology_query {
  maybe<std::string> host_id, depth, timestamp;

  static constexpr int64_t most_depth = 8, last_time = 9'000'000'000'000;
  expected<int64_t> depth_wanted() const {
    return read_parameter("depth", depth, 0, most_depth, 1);
  }
  /// In ms; 0: now.
  expected<int64_t> time_wanted() const {
    return read_parameter("timestamp", timestamp, 0, last_time, 0).map(ms_of_parameter);
  }
};
#define AOPS_FIELDS_topology_query(F)                                                              \
  F(host_id, optional_field().text(0, 64), "One host and what it talks to; absent: all hosts.")    \
  F(depth,                                                                                         \
    optional_field().text(0, 16),                                                                  \
    "With `host_id`: so many links away, 0 to 8; 0: the host alone. Default 1.")                   \
  F(timestamp,                                                                                     \
    optional_field().text(0, 16),                                                                  \
    "The picture of then, in seconds or milliseconds since 1970; absent or 0: of now.")
AOPS_MESSAGE(topology_query)

inline expected<void> validate_message(const topology_query& x) {
  if (auto depth = x.depth_wanted(); !depth)
    return fail(depth.error());
  if (auto time = x.time_wanted(); !time)
    return fail(time.error());
  return {};
}

/// A node whose hosts are missing in an answer.
struct missing_topology {
  std::string node, reason;
};
#define AOPS_FIELDS_missing_topology(F)                                                            \
  F(node, required(), "Node.")                                                                     \
  F(reason, required(), "Why it did not tell.")
AOPS_MESSAGE(missing_topology)

struct topology_entities {
  int64_t code = 200; ///< 206 when something is missing.
  int64_t timestamp = 0;
  std::vector<std::string> entityids;
  std::vector<topology_entity> entities;
  bool is_cut = false;
  std::vector<missing_topology> missing;
};
#define AOPS_FIELDS_topology_entities(F)                                                           \
  F(code, internal(), "")                                                                          \
  F(timestamp,                                                                                     \
    required(),                                                                                    \
    "When the newest of it was collected, in milliseconds since 1970; 0: there is nothing.")       \
  F(entityids, required(), "Of all of them, in the same order.")                                   \
  F(entities, required(), "Hosts, processes, links, external addresses; each kind by id.")         \
  F(is_cut, required(), "Whether there is more than an answer may have: ask for one host.")        \
  F(missing, required(), "Nodes that did not tell; then the code is 206.")
AOPS_MESSAGE(topology_entities)

// -- the same, by hosts or groups

/// GET /gala-spider/api/v1/get_summary
struct topology_summary_query {
  maybe<std::string> level, group, timestamp, limit, offset;

  static constexpr int64_t most_nodes = 1000, usual_nodes = 300, last_node = 1'000'000;
  bool is_by_group() const { return level && *level == "group"; }
  /// In ms; 0: now.
  expected<int64_t> time_wanted() const {
    return read_parameter("timestamp", timestamp, 0, topology_query::last_time, 0)
      .map(ms_of_parameter);
  }
  expected<int64_t> limit_wanted() const {
    return read_parameter("limit", limit, 1, most_nodes, usual_nodes);
  }
  expected<int64_t> offset_wanted() const {
    return read_parameter("offset", offset, 0, last_node, 0);
  }
};
#define AOPS_FIELDS_topology_summary_query(F)                                                      \
  F(level, optional_field().one_of("|host|group"), "What becomes one node; absent: hosts.")        \
  F(group,                                                                                         \
    optional_field().text(0, 50),                                                                  \
    "With hosts: those of one host group; each other group that they talk to is one node.")        \
  F(timestamp,                                                                                     \
    optional_field().text(0, 16),                                                                  \
    "The picture of then, in seconds or milliseconds since 1970; absent or 0: of now.")            \
  F(limit, optional_field().text(0, 16), "So many nodes, 1 to 1000. Default 300.")                 \
  F(offset, optional_field().text(0, 16), "After so many nodes, by the order of the answer.")
AOPS_MESSAGE(topology_summary_query)

inline expected<void> validate_message(const topology_summary_query& x) {
  for (const auto& read : {x.time_wanted(), x.limit_wanted(), x.offset_wanted()})
    if (!read)
      return fail(read.error());
  if (x.is_by_group() && x.group && !x.group->empty())
    return fail(ec::bad_request, "group: is for level host");
  return {};
}

/// A host, a group of hosts, or all addresses that are of no host.
struct topology_node {
  std::string id, name, type, group, state;
  int64_t hosts = 0, stale_hosts = 0, processes = 0, links = 0, unwell_links = 0;
};
#define AOPS_FIELDS_topology_node(F)                                                               \
  F(id, required(), "Of a host its id; `group.` and the name; `external`.")                        \
  F(name, required(), "For people.")                                                               \
  F(type, required().one_of("VM|GROUP|EXTERNAL"), "What it is.")                                   \
  F(group, required(), "Its host group; empty: `EXTERNAL`.")                                       \
  F(state,                                                                                         \
    required().one_of("ANOMALY_NO|ANOMALY_YES|ANOMALY_LACKING|ANOMALY_STALE"),                     \
    "The worst of it: links beyond a threshold, else links that lack, else hosts that are stale.") \
  F(hosts, required(), "Hosts in it; of `EXTERNAL`: addresses.")                                   \
  F(stale_hosts, required(), "Those of them whose agents do not tell any more.")                   \
  F(processes, required(), "Processes on them.")                                                   \
  F(links, required(), "Links that begin or end there, also those within it.")                     \
  F(unwell_links, required(), "Those of them that lack or pass a threshold.")
AOPS_MESSAGE(topology_node)

/// All links from one node to another, or within one.
struct topology_pair {
  std::string from, to, state;
  int64_t links = 0, connections = 0, abnormal_links = 0, lacking_links = 0;
  maybe<double> rx_bytes_per_s, tx_bytes_per_s;
  maybe<int64_t> rtt, rtt_max;
};
#define AOPS_FIELDS_topology_pair(F)                                                               \
  F(from, required(), "Node that calls.")                                                          \
  F(to, required(), "Node that is called; the same: within it.")                                   \
  F(state, required().one_of("ANOMALY_NO|ANOMALY_YES|ANOMALY_LACKING"), "The worst of its links.") \
  F(links, required(), "How many.")                                                                \
  F(connections, required(), "Of all of them.")                                                    \
  F(abnormal_links, required(), "Those that pass a threshold.")                                    \
  F(lacking_links, required(), "Those that are not seen any more.")                                \
  F(rx_bytes_per_s, optional_field(), "What clients receive, of links that tell it.")              \
  F(tx_bytes_per_s, optional_field(), "What clients send.")                                        \
  F(rtt, optional_field(), "Mean round trip of links that tell it, in microseconds.")              \
  F(rtt_max, optional_field(), "Longest round trip, in microseconds.")
AOPS_MESSAGE(topology_pair)

struct topology_summary {
  int64_t code = 200; ///< 206 when something is missing.
  int64_t timestamp = 0;
  std::vector<topology_node> nodes;
  std::vector<topology_pair> pairs;
  int64_t total_nodes = 0, total_pairs = 0, total_links = 0;
  bool is_cut = false;
  std::vector<missing_topology> missing;
};
#define AOPS_FIELDS_topology_summary(F)                                                            \
  F(code, internal(), "")                                                                          \
  F(timestamp,                                                                                     \
    required(),                                                                                    \
    "When the newest of it was collected, in milliseconds since 1970; 0: there is nothing.")       \
  F(nodes, required(), "Those that are not well first, then those with most links.")               \
  F(pairs,                                                                                         \
    required(),                                                                                    \
    "Between nodes of this answer: those that are not well first, then those with most links.")    \
  F(total_nodes, required(), "Nodes there are.")                                                   \
  F(total_pairs, required(), "Pairs there are, between all nodes.")                                \
  F(total_links, required(), "Links there are.")                                                   \
  F(is_cut, required(), "Whether pairs between these nodes are left out: there are too many.")     \
  F(missing, required(), "Nodes of the cluster that did not tell; then the code is 206.")
AOPS_MESSAGE(topology_summary)

// -- how it is

/// GET /gala-spider/api/v1/get_status
struct topology_status_query {};
#define AOPS_FIELDS_topology_status_query(F)
AOPS_MESSAGE(topology_status_query)

struct topology_status {
  int64_t code = 200; ///< 206 when something is missing.
  std::string status;
  int64_t hosts = 0, stale_hosts = 0, silent_hosts = 0, links = 0, lacking_links = 0,
          abnormal_links = 0;
  int64_t timestamp = 0;
  std::vector<missing_topology> missing;
};
#define AOPS_FIELDS_topology_status(F)                                                             \
  F(code, internal(), "")                                                                          \
  F(status,                                                                                        \
    required().one_of("running|idle|partial"),                                                     \
    "Agents tell; none does; some nodes did not tell.")                                            \
  F(hosts, required(), "Hosts of the caller whose agents have told.")                              \
  F(stale_hosts, required(), "Those of them whose agents do not tell any more.")                   \
  F(silent_hosts, required(), "Hosts of the caller that no agent has told of.")                    \
  F(links, required(), "Links as agents tell them: one between two such hosts counts twice.")      \
  F(lacking_links, required(), "Those of them that are not seen any more.")                        \
  F(abnormal_links, required(), "Those of them that pass a threshold.")                            \
  F(timestamp,                                                                                     \
    required(),                                                                                    \
    "When the newest of it was collected, in milliseconds since 1970; 0: there is nothing.")       \
  F(missing, required(), "Nodes that did not tell; then the code is 206.")
AOPS_MESSAGE(topology_status)

// -- what began and ended

/// GET /gala-spider/api/v1/get_changes
struct topology_changes_query {
  maybe<std::string> host_id, from, to;

  expected<int64_t> from_wanted() const {
    return read_parameter("from", from, 0, topology_query::last_time, 0).map(ms_of_parameter);
  }
  /// In ms; 0: now.
  expected<int64_t> to_wanted() const {
    return read_parameter("to", to, 0, topology_query::last_time, 0).map(ms_of_parameter);
  }
};
#define AOPS_FIELDS_topology_changes_query(F)                                                      \
  F(host_id, optional_field().text(0, 64), "Links of one host; absent: of all hosts.")             \
  F(from,                                                                                          \
    optional_field().text(0, 16),                                                                  \
    "Start, included, in seconds or milliseconds since 1970; absent: an hour before `to`.")        \
  F(to, optional_field().text(0, 16), "End, not included; absent or 0: now.")
AOPS_MESSAGE(topology_changes_query)

inline expected<void> validate_message(const topology_changes_query& x) {
  auto from = x.from_wanted();
  if (!from)
    return fail(from.error());
  auto to = x.to_wanted();
  if (!to)
    return fail(to.error());
  if (*to != 0 && *from > *to)
    return fail(ec::bad_request, "from: must not be after `to`");
  return {};
}

/// One end of a link.
struct topology_end {
  std::string host_id, host_name, process_name, address;
  int64_t port = 0;
};
#define AOPS_FIELDS_topology_end(F)                                                                \
  F(host_id, required(), "Empty: no host of the caller.")                                          \
  F(host_name, required(), "Its name now.")                                                        \
  F(process_name, required(), "Empty: not known.")                                                 \
  F(address, required(), "Its address on this link.")                                              \
  F(port, required(), "Of servers; 0 of clients.")
AOPS_MESSAGE(topology_end)

struct topology_change {
  moment time;
  std::string change, type;
  topology_end client, server;
};
#define AOPS_FIELDS_topology_change(F)                                                             \
  F(time, required().as("fractional"), "When it was first, or last, seen.")                        \
  F(change, required().one_of("began|ended"), "Which.")                                            \
  F(type, required().one_of("TCP_LINK|IPVS_LINK|NGINX_LINK|HAPROXY_LINK"), "What kind of link.")   \
  F(client, required(), "Who calls.")                                                              \
  F(server, required(), "Who is called.")
AOPS_MESSAGE(topology_change)

struct topology_changes {
  std::vector<topology_change> changes;
  bool is_cut = false;
};
#define AOPS_FIELDS_topology_changes(F)                                                            \
  F(changes, required(), "Oldest first.")                                                          \
  F(is_cut, required(), "Whether there are more than an answer may have: the newest are left out.")
AOPS_MESSAGE(topology_changes)

// -- between actors

/// A batch of a host, as it came: bytes that nobody has read yet.
struct batch_to_take {
  std::string token_hash; ///< Hex SHA-256 of the host's token.
  std::string body;
};
AOPS_WIRE(batch_to_take, token_hash, body)

/// What became of it.
struct batch_taken {
  int64_t links = 0;
  int64_t period_ms = 0; ///< How often the host should tell.
};
AOPS_WIRE(batch_taken, links, period_ms)

/// What a node that asks another one has of it already.
struct windows_had {
  std::string node;
  std::string life;    ///< Of that node's windows: another one after each start.
  int64_t version = 0; ///< The newest that came.
};
AOPS_WIRE(windows_had, node, life, version)

/// What hosts told this node since then, oldest first.
struct node_windows_query {
  std::vector<windows_had> had; ///< Of several nodes: each finds its own.
};
AOPS_WIRE(node_windows_query, had)

struct windows_told {
  std::string host_id;
  std::string bytes; ///< By `runtime/core/topology/window_codec.hpp`.
};
AOPS_WIRE(windows_told, host_id, bytes)

struct node_windows {
  std::string life;
  int64_t version = 0; ///< Of the last of these.
  std::vector<windows_told> windows;
  bool is_all = true; ///< False: ask again, with this version.
};
AOPS_WIRE(node_windows, life, version, windows, is_all)

/// Which hosts a host needed during a stretch of time, directly or through others.
struct dependencies_query {
  std::string host_id;
  int64_t begin_ms = 0, end_ms = 0; ///< Of wall time; the end is not included.
  int64_t depth = 1;                ///< Links from host to host; 1 to 8.
};
AOPS_WIRE(dependencies_query, host_id, begin_ms, end_ms, depth)

/// A host that another needed. `path`: a text for each link, from the one that needed it:
/// `web1 nginx -> db1 mysqld 10.0.0.2:3306`.
struct dependency {
  std::string host_id;
  std::vector<std::string> path;
};
AOPS_WIRE(dependency, host_id, path)

/// Each host once, by a shortest path, nearest first; never the one that was asked about.
struct dependencies {
  std::vector<dependency> hosts;
  bool is_cut = false; ///< There may be more.
};
AOPS_WIRE(dependencies, hosts, is_cut)

} // namespace aops
