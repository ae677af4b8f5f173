#pragma once

#include "messages/rounds.hpp"
#include "runtime/io/storage/database.hpp"

namespace aops::storage {

/// Keeps check rules by (owner, check_item). Every change adds to the version `rules`.
class rule_repository {
public:
  explicit rule_repository(database& db) : db_(db) {}

  /// Inserts or replaces. @returns True when the name is new. In a transaction.
  expected<bool> upsert(std::string_view owner, const check_rule& rule, int64_t now_ms);

  /// Sorted by `check_item`.
  expected<rules_page> page(std::string_view owner, const rules_query& q);

  /// Unknown names are ignored. @returns Rules deleted. In a transaction.
  expected<int64_t>
  remove(std::string_view owner, const std::vector<std::string>& check_items, int64_t now_ms);

  expected<int64_t> count(std::string_view owner);

  /// All rules of an owner by name, with their digests. The set's digest is the hex SHA-256 of the
  /// rules' digests, each followed by a line end; an owner without rules has one too.
  expected<owner_rules> of_owner(std::string_view owner);

  /// Names of the owner's host groups: what a rule may name.
  expected<std::vector<std::string>> host_groups(std::string_view owner);

  /// Owners that have rules.
  expected<std::vector<std::string>> owners();

private:
  database& db_;
};

} // namespace aops::storage
