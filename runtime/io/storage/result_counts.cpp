#include "runtime/io/storage/result_counts.hpp"

#include "runtime/io/storage/filter.hpp"

namespace aops::storage {

expected<void> result_counts::write() {
  std::vector<parameter> values;
  for (const auto& [key, rows] : changes_) {
    const auto& [owner, host, value] = key;
    if (rows != 0 || is_touched_)
      values.insert(values.end(), {owner, host, value, rows});
  }
  auto done = db_.run_many(
    db_.sql().insert_or_add("result_count", {"owner", "host", "value"}, "total"), 4, values);
  if (!done)
    return fail(std::move(done.error()));
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
