#pragma once

#include <string_view>

/// Under which names the directory knows the actors of a node, for those who only ask them.
namespace aops::actors {

inline constexpr std::string_view store_writer_name = "store/writer";
inline constexpr std::string_view account_store_name = "store/accounts";
inline constexpr std::string_view host_store_name = "store/hosts";
inline constexpr std::string_view rule_store_name = "store/rules";
inline constexpr std::string_view tree_store_name = "store/trees";
inline constexpr std::string_view result_store_name = "store/results";
inline constexpr std::string_view round_store_name = "store/rounds";
inline constexpr std::string_view job_store_name = "store/jobs";
inline constexpr std::string_view report_store_name = "store/reports";

inline constexpr std::string_view scraper_name = "scraper";
inline constexpr std::string_view prometheus_reader_name = "prometheus";
inline constexpr std::string_view hosts_name = "hosts";
inline constexpr std::string_view jobs_name = "jobs";
inline constexpr std::string_view progress_name = "progress";

inline constexpr std::string_view membership_name = "cluster/membership";
inline constexpr std::string_view router_name = "cluster/router";
inline constexpr std::string_view gate_name = "cluster/gate";
inline constexpr std::string_view cluster_trees_name = "cluster/trees";
inline constexpr std::string_view node_name = "node"; ///< The root supervisor.

} // namespace aops::actors
