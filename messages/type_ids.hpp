#pragma once

#include <caf/atom.hpp>
#include <caf/type_id.hpp>

#include <vector>

/// What may cross the border of the process, and the words actors share. One line per type; from
/// these lists come the forward declarations, CAF's id block and the round-trip test of each type.
/// Types not listed here fail only at run time: the receiver gets an empty message.
///
/// A new subject adds its list and names it in AOPS_MESSAGE_TYPES, and its header in
/// `messages/all.hpp`.

#define AOPS_TYPES_supervision(X)                                                                  \
  X(get_tree)                                                                                      \
  X(tree_status)                                                                                   \
  X(resolve_child)                                                                                 \
  X(stop_child)

#define AOPS_TYPES_account(X)                                                                      \
  X(caller)                                                                                        \
  X(log_in)                                                                                        \
  X(logged_in)                                                                                     \
  X(change_password)                                                                               \
  X(log_out)                                                                                       \
  X(authenticate)                                                                                  \
  X(nothing)                                                                                       \
  X(done)
#define AOPS_TYPES_host(X)                                                                         \
  X(host_group_to_add)                                                                             \
  X(host_group_added)                                                                              \
  X(host_groups_to_delete)                                                                         \
  X(host_groups_deleted)                                                                           \
  X(host_groups_query)                                                                             \
  X(host_groups_page)                                                                              \
  X(hosts_to_add)                                                                                  \
  X(hosts_added)                                                                                   \
  X(hosts_to_delete)                                                                               \
  X(hosts_deleted)                                                                                 \
  X(hosts_query)                                                                                   \
  X(hosts_page)                                                                                    \
  X(count_hosts)                                                                                   \
  X(hosts_counted)                                                                                 \
  X(host_record)                                                                                   \
  X(find_hosts)                                                                                    \
  X(host_records)                                                                                  \
  X(hosts_changed)
#define AOPS_TYPES_check(X)                                                                        \
  X(rules_to_import)                                                                               \
  X(rules_imported)                                                                                \
  X(rules_query)                                                                                   \
  X(rules_page)                                                                                    \
  X(rules_to_delete)                                                                               \
  X(count_rules)                                                                                   \
  X(rules_counted)                                                                                 \
  X(results_query)                                                                                 \
  X(results_page)                                                                                  \
  X(result_count_query)                                                                            \
  X(result_counts_page)                                                                            \
  X(check_to_execute)                                                                              \
  X(check_started)                                                                                 \
  X(rule_to_test)                                                                                  \
  X(rule_tested)                                                                                   \
  X(series_query)                                                                                  \
  X(series_page)
#define AOPS_TYPES_rounds(X)                                                                       \
  X(rounds_to_commit)                                                                              \
  X(host_state_query)                                                                              \
  X(host_state)                                                                                    \
  X(samples_query)                                                                                 \
  X(sample_rows)                                                                                   \
  X(get_owner_rules)                                                                               \
  X(owner_rules)                                                                                   \
  X(rules_changed)                                                                                 \
  X(host_results_query)                                                                            \
  X(host_results)                                                                                  \
  X(results_to_replace)
#define AOPS_TYPES_diag(X)                                                                         \
  X(trees_to_import)                                                                               \
  X(trees_imported)                                                                                \
  X(trees_query)                                                                                   \
  X(trees_to_delete)                                                                               \
  X(trees_found)                                                                                   \
  X(diag_to_execute)                                                                               \
  X(diag_started)                                                                                  \
  X(progress_query)                                                                                \
  X(progress_found)                                                                                \
  X(tasks_to_cancel)                                                                               \
  X(tasks_cancelled)                                                                               \
  X(tasks_query)                                                                                   \
  X(tasks_page)                                                                                    \
  X(reports_query)                                                                                 \
  X(reports_page)                                                                                  \
  X(report_list_query)                                                                             \
  X(reports_found)                                                                                 \
  X(reports_to_delete)
#define AOPS_TYPES_job(X)                                                                          \
  X(job_record)                                                                                    \
  X(job_to_create)                                                                                 \
  X(job_created)                                                                                   \
  X(unit_to_commit)                                                                                \
  X(job_progress)                                                                                  \
  X(job_to_move)                                                                                   \
  X(job_state)                                                                                     \
  X(load_job)                                                                                      \
  X(open_jobs)                                                                                     \
  X(job_records)                                                                                   \
  X(find_trees)                                                                                    \
  X(tree_contents)                                                                                 \
  X(unit_to_diagnose)                                                                              \
  X(unit_diagnosed)                                                                                \
  X(unit_to_check)                                                                                 \
  X(unit_checked)                                                                                  \
  X(cancel_job)                                                                                    \
  X(new_reports_query)

#define AOPS_TYPES_cluster(X)                                                                      \
  X(cluster_nodes_query)                                                                           \
  X(cluster_node)                                                                                  \
  X(cluster_nodes)                                                                                 \
  X(cluster_slots_query)                                                                           \
  X(cluster_slot)                                                                                  \
  X(cluster_slots)                                                                                 \
  X(cluster_tree_query)                                                                            \
  X(node_tree)                                                                                     \
  X(cluster_trees)                                                                                 \
  X(node_to_drain)                                                                                 \
  X(node_drained)                                                                                  \
  X(slots_changed)                                                                                 \
  X(slots_to_release)                                                                              \
  X(peer_seen)                                                                                     \
  X(map_changed)                                                                                   \
  X(parcel)                                                                                        \
  X(node_hello)                                                                                    \
  X(pulse)                                                                                         \
  X(pulse_seen)                                                                                    \
  X(watch_job)                                                                                     \
  X(jobs_added)                                                                                    \
  X(jobs_cancelled)

/// Structs of namespace aops.
#define AOPS_MESSAGE_TYPES(X)                                                                      \
  X(error)                                                                                         \
  AOPS_TYPES_supervision(X) AOPS_TYPES_account(X) AOPS_TYPES_host(X) AOPS_TYPES_check(X)           \
    AOPS_TYPES_rounds(X) AOPS_TYPES_diag(X) AOPS_TYPES_job(X) AOPS_TYPES_cluster(X)

/// Structs of namespace aops that are sent as `std::vector` of their own (not inside of another).
#define AOPS_MESSAGE_LISTS(X)

/// Words, at most 10 characters of [A-Za-z0-9_ ]: `aops::atom::tick_v`.
#define AOPS_ATOMS(X)                                                                              \
  X(ping)   /* Answered with nothing once the actor can do its work. */                            \
  X(tick)   /* INTERNAL: a schedule fired. */                                                      \
  X(flush)  /* INTERNAL: work on what has gathered. */                                             \
  X(status) /* Asks how it is. */                                                                  \
  X(stop)   /* Asks to end in order. */                                                            \
  X(done)   /* INTERNAL: work given away has ended. */

#define AOPS_DECLARE_TYPE(type) struct type;
namespace aops {
AOPS_MESSAGE_TYPES(AOPS_DECLARE_TYPE)
} // namespace aops
#undef AOPS_DECLARE_TYPE

#define AOPS_ADD_TYPE(type) CAF_ADD_TYPE_ID(aops, (aops::type))
#define AOPS_ADD_LIST(type) CAF_ADD_TYPE_ID(aops, (std::vector<aops::type>))
#define AOPS_ADD_ATOM(word) CAF_ADD_ATOM(aops, aops::atom, word, #word)
CAF_BEGIN_TYPE_ID_BLOCK(aops, first_custom_type_id)
AOPS_MESSAGE_TYPES(AOPS_ADD_TYPE)
AOPS_MESSAGE_LISTS(AOPS_ADD_LIST)
AOPS_ATOMS(AOPS_ADD_ATOM)
CAF_END_TYPE_ID_BLOCK(aops)
#undef AOPS_ADD_TYPE
#undef AOPS_ADD_LIST
#undef AOPS_ADD_ATOM
