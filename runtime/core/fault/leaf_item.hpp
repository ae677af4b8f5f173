#pragma once

#include "messages/error.hpp"
#include "messages/sample.hpp"
#include "runtime/base/json_library.hpp"
#include "runtime/core/check/selector.hpp"
#include "runtime/core/fault/slice.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace aops::fault {

/// What leaves ask of a rule: of any or all of its instances, of those whose labels match, on the
/// host itself or on those that it depends on. Leaves that ask the same share one.
struct leaf_item {
  std::string check_item;
  std::shared_ptr<const check::selector> match; ///< Null: whatever their labels.
  bool is_all = false;
  bool is_upstream = false; ///< Of any host that the judged one depends on; never with `is_all`.
  int64_t depth = 0;        ///< Of these: so many links away at most; 0 unless `is_upstream`.
  /// As reports name it: `disk-full`, `disk-full{mountpoint="/var"}`, `all disk-full`, `upstream
  /// disk-full`, `upstream(3) disk-full` where it is not the usual depth.
  std::string text;

  /// Whether it asks of any instance on the host itself, whatever its labels, as every leaf does
  /// that says nothing.
  bool is_plain() const { return !is_all && !match && !is_upstream; }
};

/// Members of a leaf that say which instances it means, on which hosts, and how far away these may
/// be; others are ignored.
inline constexpr const char *match_member = "match", *instances_member = "instances",
                            *scope_member = "scope", *depth_member = "depth";

/// What a leaf's `scope` may be.
inline constexpr const char *own_scope = "own", *upstream_scope = "upstream";

/// Links from host to host that count for leaves that ask of others: unless they say, and at most.
inline constexpr int64_t usual_depth = 2, most_depth = 4;

/// @param node Its `check item` is a text. ec::bad_request with the reason.
expected<leaf_item> read_leaf_item(const nlohmann::ordered_json& node);

/// The same as one text: equal for leaves that ask the same.
std::string key_of(const nlohmann::ordered_json& node);

/// An instance of a rule. Results count them from 1; what a result of 0 says is said of the rule as
/// a whole.
struct item_instance {
  label_set labels;
  std::string text;         ///< `disk-full{mountpoint="/var"}`
  std::string host_id = {}; ///< Where it is, when that is not the judged host.
};

/// When there were samples of an instance, as far as known.
struct presence {
  uint32_t instance = 0;
  int64_t first_ms = 0, last_ms = 0;
};

/// Which instances a leaf means, by number; the first one is for what is said of all.
std::vector<bool> selected_instances(const leaf_item& what, std::span<const item_instance> all);

/// The state of a leaf that is not plain, from its rule's results, those outside the slice ignored.
/// See docs/reference/diagnosis.md#instances.
leaf_state state_of_instances(const leaf_item& what,
                              const std::vector<bool>& selected,
                              std::span<const result> results,
                              std::span<const presence> present,
                              slice when,
                              bool is_covered);

/// Whether a result is said of a rule as a whole, on whichever host.
inline bool is_of_rule(const result& x, std::span<const item_instance> all) {
  return x.instance == 0 || (x.instance <= all.size() && !all[x.instance - 1].host_id.empty() &&
                             all[x.instance - 1].labels.empty());
}

/// The state of a leaf that asks of other hosts, from results on those that count in the slice. A
/// result of instance 0 says what is known of none of them, one of `not_evaluated` that a host was
/// not judged all over the slice. See docs/reference/diagnosis.md#upstream.
/// @param has_rule Whether there is such a rule at all.
leaf_state state_of_upstream(const std::vector<bool>& selected,
                             std::span<const item_instance> all,
                             std::span<const result> results,
                             slice when,
                             bool has_rule);

} // namespace aops::fault
