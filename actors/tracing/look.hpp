#pragma once

#include "actors/tracing/domain_work.hpp"
#include "messages/host_info.hpp"

#include <functional>
#include <memory>

/// What files of hosts are, and what that means.
namespace aops::actors {

inline constexpr std::string_view synchronized_state = "SYNCHRONIZED";
inline constexpr std::string_view not_synchronized_state = "NOT SYNCHRONIZE";
inline constexpr std::string_view not_found_state = "NOT FOUND";
inline constexpr std::string_view unreachable_state = "UNREACHABLE";
inline constexpr std::string_view unreadable_state = "UNREADABLE";
inline constexpr std::string_view unknown_state = "UNKNOWN";

/// Hosts and files that are read by one request.
struct look_part {
  size_t first_host = 0, hosts = 0, first_item = 0, items = 0;
};

/// Cuts a plan into parts whose answers are short enough.
std::vector<look_part> parts_of(const trace_plan& plan);

/// What is asked for of a part.
configs_to_collect request_of(const trace_plan& plan, const look_part& part);

/// Of a file on a host: what it is, or why that is not known.
struct found_file {
  size_t host = 0, item = 0; ///< Places in the plan.
  std::string state;
  std::string reason; ///< What differs; or why nothing is known.
  std::string
    failure; ///< `missing`, `denied`, `too large`, `unreachable: …`, …; empty: it was read.
  int64_t looked_ms = 0, since_ms = 0;
  maybe<real_config> real;
};

/// What a look has found so far.
struct look_result {
  std::vector<found_file> files;
  std::string refused; ///< Why a part was not read at all; empty: all were asked.
  size_t bytes = 0;    ///< Of contents.
};

/// What was read, in one form whatever became of it.
struct read_file {
  maybe<collected_config> content;
  std::string failure;
};

/// By host and path.
using read_files = std::map<std::pair<std::string, std::string>, read_file>;
read_files files_in(const configs_collected& reply);

/// A file that differs from what it was.
struct seen_part {
  std::vector<storage::trace_real_row> rows;
  std::vector<storage::trace_edit_row> edits;
};

/// Judges what was read of a part, beside what was known. Blocks.
/// @param with_contents Whether `to` gets what the files say.
expected<seen_part> judge_part(storage::database& db,
                               const tracing::registry& models,
                               const trace_plan& plan,
                               const look_part& part,
                               const configs_collected& reply,
                               bool with_contents,
                               int64_t now,
                               look_result& to);

/// Keeps what was seen. In a transaction.
expected<void> keep_seen(storage::database& db,
                         const trace_plan& plan,
                         const seen_part& seen,
                         const std::string& owner);

/// The replies of the contract.
domain_status status_of(const trace_plan& plan, const look_result& found);
real_configs configs_of(const trace_plan& plan, look_result found);

/// What a file of a host says, as the contract shows it.
real_config shown(const tracing::registry& models,
                  const std::string& path,
                  const std::string& body,
                  const std::string& mode,
                  const std::string& owner,
                  int64_t read_ms);

} // namespace aops::actors
