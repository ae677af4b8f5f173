#pragma once

#include "messages/view.hpp"
#include "runtime/io/storage/database.hpp"

namespace aops::storage {

/// Keeps what users arranged for themselves in pages. They go with the account.
class view_repository {
public:
  explicit view_repository(database& db) : db_(db) {}

  static constexpr int64_t most_views = 100;      ///< Of a user, of all kinds together.
  static constexpr size_t most_bytes = 16 * 1024; ///< Of one, as text.

  expected<views_found> of(std::string_view user, std::string_view kind);

  /// Stores one, instead of that of the same name. ec::bad_request naming the field when it is too
  /// large or there are too many. In a transaction.
  expected<void> save(std::string_view user, const view_to_save& x, int64_t now_ms);

  /// By name; unknown ones are ignored. In a transaction.
  expected<void>
  remove(std::string_view user, std::string_view kind, const std::vector<std::string>& names);

private:
  database& db_;
};

} // namespace aops::storage
