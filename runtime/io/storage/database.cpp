#include "runtime/io/storage/database.hpp"

namespace aops::storage {

expected<std::optional<int64_t>> database::integer_with(std::string_view statement,
                                                        parameters values) {
  auto found = first_with(statement, values, [](const row& r) {
    return r.is_null(0) ? std::optional<int64_t>{} : std::optional<int64_t>{r.integer(0)};
  });
  if (!found)
    return fail(std::move(found.error()));
  return found->value_or(std::nullopt);
}

expected<int64_t> database::run_many(std::string_view statement, size_t columns, parameters rows) {
  int64_t matched = 0;
  for (; columns > 0 && rows.size() >= columns; rows = rows.subspan(columns)) {
    auto done = run_with(statement, rows.first(columns));
    if (!done)
      return done;
    matched += *done;
  }
  return matched;
}

} // namespace aops::storage
