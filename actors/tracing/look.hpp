#pragma once

#include "actors/tracing/domain_work.hpp"
#include "messages/host_info.hpp"
#include "messages/remote.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>

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

/// How hosts are looked at.
struct look_manner {
  bool with_contents = false; ///< Whether who asks gets what the files say.
  bool by_digest = false;     ///< Files that are what is known are not read again.
  /// Hosts that did not answer the last time are left alone for a while, a longer one each time.
  bool spares_unreachable = false;
  bool asks_tellers = false; ///< Also hosts that have told of their files themselves lately.
};

/// How often a host that tells of its files itself is to do so, and how long what it told counts.
int64_t told_period_ms(const base::config& config);
int64_t told_good_ms(const base::config& config);

/// When a host is asked again that did not answer at `looked_ms`, and not since `since_ms`.
int64_t asked_again_ms(int64_t since_ms, int64_t looked_ms, const base::config& config);

/// What is asked for of a part, and what is known of it.
struct part_asked {
  files_to_check files;            ///< Of hosts that are asked.
  std::set<std::string> not_asked; ///< The others: what was found of them stands.
  /// Files of which something is known, as they were read last, by host and path.
  std::map<std::pair<std::string, std::string>, collected_config> known;
};

/// Blocks when `manner` needs what is known.
expected<part_asked> ask_part(storage::database& db,
                              const trace_plan& plan,
                              const look_part& part,
                              const look_manner& manner,
                              const base::config& config,
                              int64_t now);

/// The same as a request of files whatever is known of them.
configs_to_collect request_of(const files_to_check& x);

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
  bool is_same = false; ///< It is what it was when it was looked at last.
};

/// By host and path.
using read_files = std::map<std::pair<std::string, std::string>, read_file>;
read_files files_in(const configs_collected& reply);

/// What a file is now.
struct seen_row : storage::trace_real_row {
  bool is_as_before = false; ///< But for when it was looked at.
};

struct seen_part {
  std::vector<seen_row> rows;
  std::vector<storage::trace_edit_row> edits;
};

/// Those of a reply to what was asked.
read_files files_in(const files_checked& reply, const part_asked& asked);

/// Judges what was read of a part, beside what was known. Blocks.
/// @param not_asked Hosts of which nothing is judged anew.
expected<seen_part> judge_part(storage::database& db,
                               const tracing::registry& models,
                               const trace_plan& plan,
                               const look_part& part,
                               const read_files& files,
                               const std::set<std::string>& not_asked,
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
