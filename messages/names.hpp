#pragma once

#include <string>
#include <string_view>

/// Under which names the directory knows the actors of a node: each is spelled here and nowhere
/// else. Names are unique on a node; those of entities are unique in the cluster.
namespace aops::actors {

inline constexpr std::string_view node_name = "node"; ///< The root supervisor.

inline constexpr std::string_view store_prefix = "store/"; ///< Of what the store consists of.
inline constexpr std::string_view store_writer_name = "store/writer";
inline constexpr std::string_view account_store_name = "store/accounts";
inline constexpr std::string_view host_store_name = "store/hosts";
inline constexpr std::string_view rule_store_name = "store/rules";
inline constexpr std::string_view tree_store_name = "store/trees";
inline constexpr std::string_view result_store_name = "store/results";
inline constexpr std::string_view round_store_name = "store/rounds";
inline constexpr std::string_view alert_store_name = "store/alerts";
inline constexpr std::string_view job_store_name = "store/jobs";
inline constexpr std::string_view report_store_name = "store/reports";
inline constexpr std::string_view housekeeper_name = "store/housekeeper";

inline constexpr std::string_view scraper_name = "scraper";
inline constexpr std::string_view prometheus_reader_name = "prometheus";
inline constexpr std::string_view notifier_name = "notifier";

inline constexpr std::string_view hosts_name = "hosts";
inline constexpr std::string_view host_children_name = "hosts/children"; ///< Supervises the hosts.
inline constexpr std::string_view host_prefix = "host/";

inline constexpr std::string_view jobs_name = "jobs";
inline constexpr std::string_view job_children_name = "jobs/children"; ///< Supervises the jobs.
inline constexpr std::string_view job_prefix = "job/";
inline constexpr std::string_view progress_name = "progress";

inline constexpr std::string_view membership_name = "cluster/membership";
inline constexpr std::string_view router_name = "cluster/router";
inline constexpr std::string_view gate_name = "cluster/gate";
inline constexpr std::string_view cluster_trees_name = "cluster/trees";
inline constexpr std::string_view links_name = "cluster/links"; ///< Supervises the links.
inline constexpr std::string_view links_keeper_name = "cluster/links/keeper";
inline constexpr std::string_view link_prefix = "link/";

/// The actor of a host: `host/<id>`.
inline std::string host_name_of(std::string_view host_id) {
  return std::string{host_prefix} += host_id;
}

/// The actor of a job at work: `job/<id>`.
inline std::string job_name_of(std::string_view job_id) {
  return std::string{job_prefix} += job_id;
}

/// The link to a node: `link/<node>`.
inline std::string link_name_of(std::string_view node) { return std::string{link_prefix} += node; }

} // namespace aops::actors
