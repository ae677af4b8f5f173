#pragma once

#include "messages/diag.hpp"
#include "messages/job.hpp"
#include "runtime/io/storage/database.hpp"

namespace aops::storage {

/// Keeps fault trees by (owner, tree_name).
class tree_repository {
public:
  explicit tree_repository(database& db) : db_(db) {}

  /// Inserts or replaces. @returns True when the name is new. ec::bad_request when the content is
  /// no JSON. In a transaction.
  expected<bool> upsert(std::string_view owner, const tree_to_import& tree, int64_t now_ms);

  /// By name. @param names Empty: all.
  expected<std::vector<tree_info>> list(std::string_view owner,
                                        const std::vector<std::string>& names);

  /// Those of `names` that exist, with their digests, in the order asked: what a plan freezes.
  expected<std::vector<tree_content>> contents(std::string_view owner,
                                               const std::vector<std::string>& names);

  /// Those that are called so, or in whose content the name stands somewhere; at most so many.
  expected<std::vector<tree_content>>
  mentioning(std::string_view owner, const std::string& name, int64_t limit);

  /// Unknown names are ignored. @returns Trees deleted.
  expected<int64_t> remove(std::string_view owner, const std::vector<std::string>& names);

private:
  database& db_;
};

} // namespace aops::storage
