#pragma once

#include "messages/error.hpp"
#include "messages/values.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The lines that a node and a program that judges for check rules exchange. See docs/plugins.md.
namespace aops::plugin {

inline constexpr int64_t protocol_version = 1;

/// Bounds on what a program says; more is refused.
inline constexpr size_t most_name = 64, most_declared = 64, most_reason = 256;

using timed_value = std::pair<int64_t, double>; ///< Milliseconds since 1970 UTC; finite.

/// What a program says of itself.
struct description {
  std::string name, version;
  /// Parameters that it takes; nothing: any.
  std::optional<std::vector<std::string>> parameters;
};

/// A series under a key that stays the same for as long as its rule does.
struct sent_series {
  std::string key;
  std::map<std::string, std::string> labels;
  std::vector<timed_value> points; ///< In time order; not finite ones are left out.
};

/// Samples of a rule on a host.
struct sent_batch {
  std::string host_id, check_item, metric;
  int64_t period_ms = 0;
  std::map<std::string, std::string> parameters;
  std::vector<sent_series> series;
};

enum class judgement_state : uint8_t { well, abnormal, unknown };

/// What it says of one sample.
struct judgement {
  int64_t time_ms = 0;
  judgement_state state = judgement_state::unknown;
  std::optional<double> expected, low, high;
  std::string reason;
};

struct judged_series {
  std::string key;
  std::vector<judgement> points; ///< In time order.
};

struct judged_batch {
  std::vector<judged_series> series;
  std::vector<std::string> unknown; ///< Keys that it knows nothing of: it has to learn them again.
};

/// A request each, without the line's end.
std::string describe_line();
std::string learn_line(const sent_batch& batch);
std::string judge_line(const sent_batch& batch);

/// Answers. ec::bad_request with what is wrong with them, ec::query_failed with what a program
/// says that it cannot do, in at most 256 bytes.
expected<description> read_description(std::string_view line);
expected<void> read_learned(std::string_view line);
/// @param asked What was sent: of series and times that were not asked about nothing is taken.
expected<judged_batch> read_judged(std::string_view line, const sent_batch& asked);

/// Why a program does not take these parameters, `alpha: unknown parameter; …`; empty: it does.
std::string why_not_taken(const description& x, const std::map<std::string, std::string>& given);

} // namespace aops::plugin
