#pragma once

#include "messages/cluster.hpp"
#include "messages/diag.hpp"
#include "messages/interfaces.hpp"
#include "messages/job.hpp"

/// The roles of the domain. A request that a user makes comes with its `caller`.
namespace aops {

template <class Request, class Reply>
using asks = caf::replies_to<caller, Request>::template with<Reply>;

template <class Request, class Reply>
using answers = typename caf::replies_to<Request>::template with<Reply>;

/// ACCOUNTS: who may come in. Knows passwords and sessions.
using account_actor =
  // With the source address.
  caf::typed_actor<caf::replies_to<log_in, std::string>::with<logged_in>,
                   answers<authenticate, caller>,
                   asks<change_password, done>,
                   asks<log_out, done>,
                   caf::reacts_to<atom::ping>>;

/// HOST STORE: groups and hosts with their sealed credentials.
using host_store_actor = caf::typed_actor<asks<host_group_to_add, host_group_added>,
                                          asks<host_groups_to_delete, host_groups_deleted>,
                                          asks<host_groups_query, host_groups_page>,
                                          asks<hosts_to_add, hosts_added>,
                                          asks<hosts_to_delete, hosts_deleted>,
                                          asks<hosts_query, hosts_page>,
                                          asks<count_hosts, hosts_counted>,
                                          answers<find_hosts, host_records>,
                                          caf::reacts_to<atom::ping>>;

/// RULE STORE.
using rule_store_actor = caf::typed_actor<asks<rules_to_import, rules_imported>,
                                          asks<rules_query, rules_page>,
                                          asks<rules_to_delete, done>,
                                          asks<count_rules, rules_counted>,
                                          answers<get_owner_rules, owner_rules>,
                                          caf::reacts_to<atom::ping>>;

/// TREE STORE.
using tree_store_actor = caf::typed_actor<asks<trees_to_import, trees_imported>,
                                          asks<trees_query, trees_found>,
                                          asks<trees_to_delete, done>,
                                          answers<find_trees, tree_contents>,
                                          caf::reacts_to<atom::ping>>;

/// RESULT STORE: what checks found, as users ask for it.
using result_store_actor = caf::typed_actor<asks<results_query, results_page>,
                                            asks<result_count_query, result_counts_page>,
                                            caf::reacts_to<atom::ping>>;

/// ROUND STORE: what hosts write and read.
using round_store_actor = caf::typed_actor<answers<rounds_to_commit, done>,
                                           answers<results_to_replace, done>,
                                           answers<host_state_query, host_state>,
                                           answers<samples_query, sample_rows>,
                                           answers<host_results_query, host_results>,
                                           caf::reacts_to<atom::ping>>;

/// JOB STORE: the queue of jobs and what they wrote.
using job_store_actor = caf::typed_actor<answers<job_to_create, job_created>,
                                         asks<tasks_to_cancel, tasks_cancelled>,
                                         answers<load_job, job_state>,
                                         answers<open_jobs, job_records>,
                                         answers<unit_to_commit, job_progress>,
                                         answers<job_to_move, job_progress>,
                                         caf::reacts_to<atom::ping>>;

/// REPORT STORE: tasks, progress and reports as users ask for them.
using report_store_actor = caf::typed_actor<asks<progress_query, progress_found>,
                                            asks<tasks_query, tasks_page>,
                                            asks<reports_query, reports_page>,
                                            asks<report_list_query, reports_found>,
                                            asks<reports_to_delete, done>,
                                            answers<new_reports_query, reports_page>,
                                            caf::reacts_to<atom::ping>>;

/// JOBS: takes jobs in and has them run.
using jobs_actor = caf::typed_actor<asks<diag_to_execute, diag_started>,
                                    asks<check_to_execute, check_started>,
                                    asks<tasks_to_cancel, tasks_cancelled>,
                                    // A job got on, or ended.
                                    caf::reacts_to<job_progress>,
                                    // Stored or cancelled through another node.
                                    caf::reacts_to<jobs_added>,
                                    caf::reacts_to<jobs_cancelled>,
                                    caf::reacts_to<slots_changed>,
                                    answers<slots_to_release, done>,
                                    caf::reacts_to<atom::tick>,
                                    caf::reacts_to<atom::ping>>;

/// HOSTS: the hosts this node owns.
using hosts_actor = caf::typed_actor<caf::reacts_to<hosts_changed>,
                                     caf::reacts_to<rules_changed>,
                                     caf::reacts_to<slots_changed>,
                                     answers<slots_to_release, done>,
                                     caf::reacts_to<atom::tick>,
                                     caf::reacts_to<atom::ping>>;

/// What users ask a HOST.
using host_view_actor =
  caf::typed_actor<asks<series_query, series_page>, asks<rule_to_test, rule_tested>>;

/// What jobs ask a HOST.
using host_work_actor =
  caf::typed_actor<answers<unit_to_diagnose, unit_diagnosed>, answers<unit_to_check, unit_checked>>;

/// A JOB at work: a diagnosis, an explicit check.
using job_actor = caf::typed_actor<
  // INTERNAL: a back-off or the deadline has passed.
  caf::reacts_to<atom::tick>,
  caf::reacts_to<atom::ping>>;

/// PROGRESS: hears how jobs get on and tells this node's streams, and the nodes that watch.
using progress_actor =
  caf::typed_actor<caf::reacts_to<job_progress>,
                   caf::reacts_to<watch_job>,
                   // INTERNAL: watch again what streams of this node show and other nodes own.
                   caf::reacts_to<atom::tick>,
                   caf::reacts_to<atom::ping>>;

/// ROUTER: brings a parcel to the actor it names, wherever in the cluster that is, and its answer
/// back. What cannot be brought while a slot moves waits, a bounded number of parcels.
using router_actor = caf::typed_actor<answers<parcel, parcel>,
                                      caf::reacts_to<map_changed>,
                                      caf::reacts_to<atom::tick>,
                                      caf::reacts_to<atom::ping>>;

/// GATE: the only actor that peers reach.
using gate_actor = caf::typed_actor<answers<node_hello, node_hello>,
                                    answers<parcel, parcel>,
                                    answers<pulse, pulse_seen>,
                                    caf::reacts_to<atom::ping>>;

/// MEMBERSHIP: keeps this node's lease, leads when it holds the leader's, knows who owns what.
using membership_actor = caf::typed_actor<asks<cluster_nodes_query, cluster_nodes>,
                                          asks<cluster_slots_query, cluster_slots>,
                                          asks<node_to_drain, node_drained>,
                                          caf::reacts_to<peer_seen>,
                                          caf::reacts_to<map_changed>,
                                          // Hand all slots over; answered when none is left, or so
                                          // many milliseconds have passed.
                                          caf::replies_to<atom::stop, int64_t>::with<done>,
                                          caf::reacts_to<atom::tick>,
                                          caf::reacts_to<atom::ping>>;

/// CLUSTER TREES: the live supervisor trees of all nodes.
using cluster_trees_actor =
  caf::typed_actor<asks<cluster_tree_query, cluster_trees>, caf::reacts_to<atom::ping>>;

} // namespace aops
