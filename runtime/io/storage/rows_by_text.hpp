#pragma once

#include "runtime/io/storage/filter.hpp"

#include <map>
#include <string>
#include <vector>

namespace aops::storage {

template <class T>
using by_text = std::map<std::string, T, std::less<>>;

/// Reads the rows of these texts, such as public ids with the integer keys beside them, in parts
/// that are short enough for one statement.
/// @param query `select TEXT, … from …`, where TEXT is `column`; `tail` follows its conditions.
/// @param read Makes the value of a row.
template <class Read>
auto rows_of_texts(database& db,
                   const std::string& query,
                   std::string_view column,
                   const std::vector<std::string>& texts,
                   Read read,
                   const std::string& tail = {})
  -> expected<by_text<std::invoke_result_t<Read&, const row&>>> {
  by_text<std::invoke_result_t<Read&, const row&>> out;
  auto done = for_parts(texts, [&](const std::vector<std::string>& part) -> expected<void> {
    filter matching("1 = 1");
    matching.in(column, part);
    auto found =
      db.list_with(query + " where " + matching.where() + tail,
                   matching.values(),
                   [&](const row& r) { return out.emplace(r.string(0), read(r)).second; });
    if (!found)
      return fail(std::move(found.error()));
    return {};
  });
  if (!done)
    return fail(std::move(done.error()));
  return out;
}

/// The first of the texts that has no row; null when all have one.
template <class T>
const std::string* first_without(const by_text<T>& rows, const std::vector<std::string>& texts) {
  for (const auto& text : texts)
    if (!rows.contains(text))
      return &text;
  return nullptr;
}

} // namespace aops::storage
