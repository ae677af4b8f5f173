#pragma once

#include "actors/store/store_access.hpp"
#include "actors/tracing/trace_models.hpp"
#include "messages/tracing.hpp"
#include "runtime/io/storage/tracing_repository.hpp"

#include <optional>

/// What needs the store only. Functions run on a connection of the store; those that change
/// something, in a transaction.
namespace aops::actors {

expected<tracing_done>
create_domains(storage::database& db, const caller& who, const domains_to_create& x, int64_t now);
expected<traced_domains> list_domains(storage::database& db, const caller& who);
expected<tracing_done>
delete_domains(storage::database& db, const caller& who, const domains_to_delete& x, int64_t now);

expected<tracing_done>
add_hosts(storage::database& db, const caller& who, const hosts_to_trace& x, int64_t now);
expected<traced_hosts>
list_hosts(storage::database& db, const caller& who, const traced_hosts_query& q);
expected<tracing_done>
remove_hosts(storage::database& db, const caller& who, const hosts_to_untrace& x, int64_t now);

expected<traced_items> list_items(storage::database& db,
                                  const tracing::registry& models,
                                  const caller& who,
                                  const traced_items_query& q);
expected<tracing_done>
end_items(storage::database& db, const caller& who, const items_to_untrace& x, int64_t now);

/// A file as it should be, read and judged.
struct item_to_store {
  std::string path, body;
};

/// Stores files that were read; `reply` says what was not, and gets the rest.
/// @param code_of_none What it is when nothing is stored.
expected<tracing_done> store_items(storage::database& db,
                                   const caller& who,
                                   const items_to_trace& x,
                                   const std::vector<item_to_store>& files,
                                   tracing_done reply,
                                   int64_t code_of_none,
                                   int64_t most_versions,
                                   int64_t now);

expected<item_history> history_of(storage::database& db,
                                  const tracing::registry& models,
                                  const caller& who,
                                  const item_history_query& q);
expected<full_history> history_of_all(storage::database& db,
                                      const tracing::registry& models,
                                      const caller& who,
                                      const full_history_query& q);

expected<trace_texts> texts_of(storage::database& db,
                               const tracing::registry& models,
                               const caller& who,
                               const trace_texts_query& q);
expected<trace_diff> difference_of(storage::database& db,
                                   const tracing::registry& models,
                                   const caller& who,
                                   const trace_diff_query& q);
expected<trace_summary> summary_of(storage::database& db, const caller& who);
expected<trace_edits>
edits_of(storage::database& db, const caller& who, const trace_edits_query& q);
trace_models models_of(const tracing::registry& models);

/// Hosts and files of a domain that are to be read or changed.
struct trace_plan {
  storage::trace_domain_row domain;
  std::vector<storage::trace_host_row> hosts;
  std::vector<storage::trace_item_row> items;
  std::vector<tracing_failure> failures; ///< What was asked for and is not there.
};

/// What of a domain a caller means. @param hosts, files Absent or empty: all. Nothing: there is no
/// such domain.
expected<std::optional<trace_plan>> plan_of(storage::database& db,
                                            const caller& who,
                                            const std::string& domain,
                                            const maybe<std::vector<named_host>>& hosts,
                                            const maybe<std::vector<named_file>>& files);

/// The domain's name as the text of a reply.
std::string no_such_domain(std::string_view name);

/// What was found last, without asking anybody.
expected<domain_status>
stored_status(storage::database& db, const caller& who, const domain_status_query& q);
expected<real_configs> stored_configs(storage::database& db,
                                      const tracing::registry& models,
                                      const caller& who,
                                      const real_configs_query& q);

/// Longest name of a result that the store keeps.
inline constexpr size_t most_drift_name = 250;

/// Longest answer, in bytes of contents.
inline constexpr size_t most_trace_bytes = size_t{16} << 20;

} // namespace aops::actors
