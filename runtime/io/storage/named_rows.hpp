#pragma once

#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/steps.hpp"

/// Rows that people mean by an id or a name.
namespace aops::storage {

/// Either column is in the list, as of ids and names; an empty list means all. The list must
/// outlive the filter.
void also_either(filter& to,
                 std::string_view column,
                 std::string_view other,
                 const std::vector<std::string>& list);
void also_either(filter&,
                 std::string_view,
                 std::string_view,
                 const std::vector<std::string>&&) = delete;

/// Removes an owner's rows that have one of the words as `id` or in another column; unknown words
/// are ignored. In a transaction. @param remove `expected<void>(int64_t key)`, for each row, which
/// is locked. @returns How many.
template <class Remove>
expected<int64_t> remove_named(database& db,
                               std::string_view table,
                               std::string_view name_column,
                               std::string_view owner,
                               const std::vector<std::string>& words,
                               Remove remove) {
  std::string query = "select n from ";
  query.append(table).append(" where owner = ? and (id = ? or ").append(name_column);
  query.append(" = ?)").append(db.sql().for_update());
  int64_t removed = 0;
  auto done = for_each(words, [&](const std::string& word) -> expected<void> {
    auto keys = db.list(
      query, [](const row& r) { return r.integer(0); }, owner, word, word);
    if (!keys)
      return fail(std::move(keys.error()));
    removed += static_cast<int64_t>(keys->size());
    return for_each(*keys, remove);
  });
  if (!done)
    return fail(std::move(done.error()));
  return removed;
}

} // namespace aops::storage
