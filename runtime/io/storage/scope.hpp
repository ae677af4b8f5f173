#pragma once

#include "runtime/io/storage/filter.hpp"

#include <concepts>
#include <string>
#include <string_view>
#include <utility>

namespace aops::storage {

/// Whose things a query is about, and who looks at them. An administrator sees all that is his; a
/// user of his sees of hosts what belongs to groups granted to him now, and of tasks his own.
class scope {
public:
  /// All that is the owner's.
  template <std::convertible_to<std::string_view> Text>
  scope(const Text& owner) : owner_(std::string_view{owner}) {}
  scope(std::string owner, std::string viewer)
      : owner_(std::move(owner)), viewer_(std::move(viewer)) {}

  const std::string& owner() const { return owner_; }
  bool is_limited() const { return !viewer_.empty(); }

  /// Only hosts that the viewer sees. @param group Column with the key of a host's group.
  void limit_groups(filter& to, std::string_view group) const;

  /// The same by the hosts' ids, where they may have been deleted.
  void limit_ids(filter& to, std::string_view id) const;

  /// Only what the viewer began himself. @param user Column with its user's name.
  void limit_users(filter& to, std::string_view user) const;

private:
  std::string owner_, viewer_; ///< No viewer: the owner looks himself.
};

} // namespace aops::storage
