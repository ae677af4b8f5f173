#pragma once

#include "messages/describe.hpp"
#include "messages/supervision.hpp"
#include "messages/values.hpp"
#include "messages/wire.hpp"

#include <caf/message.hpp>

#include <string>
#include <vector>

/// Nodes, slots, what travels between nodes, and what users see of them.
namespace aops {

// -- what users ask

struct cluster_nodes_query {};
#define AOPS_FIELDS_cluster_nodes_query(F)
AOPS_MESSAGE(cluster_nodes_query)

/// One node as the cluster sees it now.
struct cluster_node {
  std::string node;
  int64_t incarnation = 0;
  std::string address, http, version, state;
  bool is_leader = false;
  int64_t slots = 0, hosts = 0, jobs = 0;
  moment lease_until, started;
  double lease_age = 0;
  int64_t mailboxes = 0;
};
#define AOPS_FIELDS_cluster_node(F)                                                                \
  F(node, required(), "Id of the node; lasts as long as its data directory.")                      \
  F(incarnation, required(), "Grows with each start.")                                             \
  F(address, required(), "HOST:PORT of its links; `-` on a store of one node.")                    \
  F(http, required(), "Base URL of its REST interface.")                                           \
  F(version, required(), "Its release.")                                                           \
  F(state, required().one_of("alive|suspect|draining|gone"), "As the cluster sees it.")            \
  F(is_leader, required(), "Whether it assigns slots.")                                            \
  F(slots, required().range(0, 256), "Slots it owns.")                                             \
  F(hosts, required(), "Hosts it owned at its last renewal.")                                      \
  F(jobs, required(), "Jobs at work there at its last renewal.")                                   \
  F(lease_until, required(), "End of its lease by the store's clock.")                             \
  F(started, required(), "When it joined.")                                                        \
  F(lease_age, required(), "Seconds since it last renewed.")                                       \
  F(mailboxes, optional_field().additive(), "Messages waiting in its actors, when it tells.")
AOPS_MESSAGE(cluster_node)

struct cluster_nodes {
  int64_t leader_epoch = 0, map_version = 0;
  std::vector<cluster_node> nodes;
};
#define AOPS_FIELDS_cluster_nodes(F)                                                               \
  F(leader_epoch, required(), "Grows with every change of leader.")                                \
  F(map_version, required(), "Grows with every change of the slot map.")                           \
  F(nodes, required(), "By id.")
AOPS_MESSAGE(cluster_nodes)

struct cluster_slots_query {};
#define AOPS_FIELDS_cluster_slots_query(F)
AOPS_MESSAGE(cluster_slots_query)

struct cluster_slot {
  int64_t slot = 0;
  std::string node;
  int64_t epoch = 0;
  std::string target;
};
#define AOPS_FIELDS_cluster_slot(F)                                                                \
  F(slot, required().range(0, 255), "XXH64 of an entity's id, modulo 256.")                        \
  F(node, required(), "Who owns it; empty: nobody.")                                               \
  F(epoch, required(), "Under which its owner writes.")                                            \
  F(target, optional_field().additive(), "Whom it is being handed to.")
AOPS_MESSAGE(cluster_slot)

struct cluster_slots {
  int64_t map_version = 0;
  std::vector<cluster_slot> slots;
};
#define AOPS_FIELDS_cluster_slots(F)                                                               \
  F(map_version, required(), "Grows with every change.")                                           \
  F(slots, required(), "All 256, ascending.")
AOPS_MESSAGE(cluster_slots)

/// Request: the live supervisor trees of all nodes.
struct cluster_tree_query {
  std::string node;
};
#define AOPS_FIELDS_cluster_tree_query(F)                                                          \
  F(node, optional_field().text(0, 64), "Only this one; all without it.")
AOPS_MESSAGE(cluster_tree_query)

struct node_tree {
  std::string node, error;
  std::vector<tree_status> tree;
};
#define AOPS_FIELDS_node_tree(F)                                                                   \
  F(node, required(), "Id of the node.")                                                           \
  F(error, optional_field().additive(), "Why it did not tell.")                                    \
  F(tree, required(), "Its root supervisor; empty when it did not tell.")
AOPS_MESSAGE(node_tree)

struct cluster_trees {
  std::vector<node_tree> nodes;
};
#define AOPS_FIELDS_cluster_trees(F) F(nodes, required(), "By id.")
AOPS_MESSAGE(cluster_trees)

/// Command: the node hands its slots over and takes no new ones until it is started again, or
/// resumed.
struct node_to_drain {
  std::string node;
  bool resume = false;
};
#define AOPS_FIELDS_node_to_drain(F)                                                               \
  F(node, required().text(1, 64), "Id of the node, or the beginning of one.")                      \
  F(resume, optional_field(), "Takes slots again.")
AOPS_MESSAGE(node_to_drain)

struct node_drained {
  std::string node, state;
  int64_t slots = 0;
};
#define AOPS_FIELDS_node_drained(F)                                                                \
  F(node, required(), "Id of the node.")                                                           \
  F(state, required().one_of("alive|draining"), "Its state now.")                                  \
  F(slots, required().range(0, 256), "Slots it still owns.")
AOPS_MESSAGE(node_drained)

// -- inside a node

/// News for regions: these slots came to this node or went. Entities of lost ones end at once; the
/// store refuses their writes already.
struct slots_changed {
  std::vector<uint16_t> gained, lost;
};
AOPS_WIRE(slots_changed, gained, lost)

/// Request to regions: end what lives in these slots, in order: what is under way is stored or
/// forgotten, nothing new begins. Answered when nothing of it runs any more.
struct slots_to_release {
  std::vector<uint16_t> slots;
  int64_t deadline_ms = 0; ///< By the node's clock; what runs then is ended the hard way.
};
AOPS_WIRE(slots_to_release, slots, deadline_ms)

/// News for the membership: a link to a peer came up or broke, or the peer stopped answering.
struct peer_seen {
  std::string node;
  int64_t incarnation = 0;
  bool is_connected = false;
};
AOPS_WIRE(peer_seen, node, incarnation, is_connected)

/// News for router and links: the map or the members changed; they read the `cluster_map`.
struct map_changed {
  int64_t version = 0;
};
AOPS_WIRE(map_changed, version)

// -- between nodes

/// A request on its way to an actor known by name, or its answer on the way back.
struct parcel {
  std::string to;          ///< Name in the directory, as in `messages/names.hpp`.
  std::string node;        ///< Whose actor of that name; empty: that of the slot's owner.
  uint16_t slot = 0;       ///< When `node` is empty.
  uint64_t epoch = 0;      ///< Under which the sender believes the receiver owns the slot; 0: any.
  int64_t patience_ms = 0; ///< How long the sender waits, from here on.
  bool is_one_way = false; ///< Nobody waits for an answer.
  caf::message body;
};
AOPS_WIRE(parcel, to, node, slot, epoch, patience_ms, is_one_way, body)

/// The first words of a link, in both directions. Refused on any mismatch.
struct node_hello {
  std::string cluster; ///< Id of the cluster, from the store.
  std::string node;
  int64_t incarnation = 0;
  int64_t protocol = 0;
  std::string version;
  std::string nonce;       ///< What the other side must sign; fresh.
  std::string certificate; ///< PEM chain; empty on plain loopback links.
  std::string signature;   ///< Over the other side's nonce; empty in the first message.
};
AOPS_WIRE(node_hello, cluster, node, incarnation, protocol, version, nonce, certificate, signature)

/// Request to a peer's gate, over and over: does it make progress?
struct pulse {
  int64_t number = 0;
};
AOPS_WIRE(pulse, number)

/// Its answer.
struct pulse_seen {
  int64_t number = 0;
  int64_t mailboxes = 0; ///< Messages waiting in the actors that carry the load.
};
AOPS_WIRE(pulse_seen, number, mailboxes)

/// Request to the progress actor of a job's owner: tell `node` how the job gets on, for a while.
/// Repeated as long as streams are open.
struct watch_job {
  std::string job, node;
};
AOPS_WIRE(watch_job, job, node)

/// News for the jobs of the owner: a job was stored, elsewhere.
struct jobs_added {
  std::vector<std::string> jobs;
};
AOPS_WIRE(jobs_added, jobs)

/// News for the jobs of the owner: these were cancelled in the store.
struct jobs_cancelled {
  std::vector<std::string> jobs;
};
AOPS_WIRE(jobs_cancelled, jobs)

} // namespace aops
