#include "runtime/io/storage/result_counts.hpp"

#include "runtime/io/storage/filter.hpp"

namespace aops::storage {

expected<void> result_counts::write() {
  auto add_rows = db_.sql().insert_or_add("result_count", {"owner", "host", "value"}, "total");
  for (const auto& [key, rows] : changes_) {
    if (rows == 0)
      continue;
    const auto& [owner, host, value] = key;
    auto done = db_.run(add_rows, owner, host, value, rows);
    if (!done)
      return fail(std::move(done.error()));
  }
  changes_.clear();
  return {};
}

expected<int64_t> result_counts::total(std::string_view owner,
                                       const std::vector<int64_t>& hosts,
                                       std::string_view value) {
  filter matching("owner = ?", owner);
  matching.in("host", hosts);
  if (!value.empty())
    matching.also("value = ?", value);
  return db_
    .integer_with("select sum(total) from result_count where " + matching.where(),
                  matching.values())
    .map([](auto sum) { return sum.value_or(0); });
}

expected<std::vector<int64_t>> result_counts::hosts_with(std::string_view owner,
                                                         std::string_view value) {
  return db_.list(
    "select host from result_count where owner = ? and value = ? and total > 0",
    [](const row& r) { return r.integer(0); },
    owner,
    value);
}

} // namespace aops::storage
