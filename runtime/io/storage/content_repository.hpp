#pragma once

#include "messages/check.hpp"
#include "runtime/io/storage/rows_by_text.hpp"

#include <memory>

namespace aops::storage {

/// A rule as content: the text that is stored once, and its name.
struct rule_content {
  std::string digest; ///< Hex SHA-256 of `text`.
  std::string text;   ///< Canonical JSON of the rule.
};
rule_content content_of(const check_rule& rule);

/// Hex SHA-256 of a tree's canonical JSON. ec::bad_request when the text is no JSON.
expected<std::string> tree_digest(std::string_view tree_content);

/// A rule from stored text; remembers recent ones of the whole process, since a digest names its
/// content for ever. ec::corrupt.
expected<std::shared_ptr<const check_rule>> decode_rule(std::string_view digest,
                                                        std::string_view text);

/// Keeps rules and trees by digest, as they came, so that old results and reports render after a
/// deletion.
class content_repository {
public:
  explicit content_repository(database& db) : db_(db) {}

  /// Stores unless it is there. @returns Its integer key.
  expected<int64_t> intern(std::string_view digest, std::string_view kind, std::string_view text);
  expected<int64_t> key_of(std::string_view digest); ///< ec::not_found.
  /// The same for several; ec::not_found when one is missing.
  expected<by_text<int64_t>> keys_of(const std::vector<std::string>& digests);
  expected<std::string> text_of(std::string_view digest); ///< ec::not_found.

private:
  database& db_;
};

} // namespace aops::storage
