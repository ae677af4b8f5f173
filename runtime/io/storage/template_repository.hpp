#pragma once

#include "messages/template.hpp"
#include "runtime/io/storage/rows_by_text.hpp"

namespace aops::storage {

/// Keeps templates by (owner, template_name).
class template_repository {
public:
  explicit template_repository(database& db) : db_(db) {}

  /// ec::conflict when the owner has one of this name; ec::bad_request when the content is no JSON.
  /// In a transaction.
  expected<void> add(std::string_view owner, const template_to_import& x, int64_t now_ms);

  expected<templates_page> page(std::string_view owner, const templates_query& q);

  /// Unknown names are ignored. @returns Templates deleted.
  expected<int64_t> remove(std::string_view owner, const std::vector<std::string>& names);

  /// Name to key of the content, of those of `names` that exist: what a task freezes.
  expected<by_text<int64_t>> contents(std::string_view owner,
                                      const std::vector<std::string>& names);

private:
  database& db_;
};

} // namespace aops::storage
