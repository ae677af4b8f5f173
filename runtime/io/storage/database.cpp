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

} // namespace aops::storage
