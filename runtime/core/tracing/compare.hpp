#pragma once

#include "messages/error.hpp"
#include "runtime/core/tracing/document.hpp"
#include "runtime/core/tracing/model.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aops::tracing {

/// What a host's file is against what is expected.
enum class sync_state : uint8_t {
  synchronized,     ///< `SYNCHRONIZED`
  not_synchronized, ///< `NOT SYNCHRONIZE`, as the contract spells it.
  not_found,        ///< `NOT FOUND`
};

std::string_view to_string(sync_state x);
bool from_text(std::string_view text, sync_state& to);

enum class change_kind : uint8_t {
  added,   ///< `added`: only in what is compared.
  removed, ///< `removed`: only in what it is compared with.
  changed, ///< `changed`
};

std::string_view to_string(change_kind x);

/// One place where two values are not the same.
struct difference {
  std::vector<std::string> path; ///< Sections, options; `[2]` is an item, from 0; `line 7`.
  change_kind kind = change_kind::changed;
  std::optional<json> before, after; ///< Secrets masked, long ones cut to a text.
};

/// How a path is shown: `mysqld.max_connections`, `PermitRootLogin`, `servers[2].host`.
std::string to_string(const std::vector<std::string>& path);

/// `PermitRootLogin: no → yes`, `+ AllowUsers: git`, `- UsePAM: yes`.
std::string to_string(const difference& x);

inline constexpr size_t most_differences = 200;
inline constexpr size_t most_shown_bytes = 1000; ///< Of each `before` and `after`.

struct comparison {
  std::vector<difference> differences; ///< At most `most_differences`, in the order of `before`.
  size_t total = 0;                    ///< How many there are.
  bool is_same() const { return total == 0; }
};

/// What differs between two documents of a model. Members of objects have no order, items of lists
/// do, except of options that the model calls unordered; one value is the list of it.
comparison compare(const json& before, const json& after, const model& by);

/// A line for people: the first `most` differences, then `and N more`. Empty when there is none.
std::string summary(const comparison& x, size_t most = 3);

/// What a host's file is.
struct item_status {
  sync_state state = sync_state::not_found;
  comparison found;         ///< Expected is before, real is after.
  std::string reason;       ///< Why the real file does not read: `line 3: ...`; else empty.
  std::string text() const; ///< For people: the summary, the reason, or the state.
};

/// @param real What was collected; nothing: the file is not there.
item_status
status_of(const json& expected, const std::optional<std::string_view>& real, const model& by);

} // namespace aops::tracing
