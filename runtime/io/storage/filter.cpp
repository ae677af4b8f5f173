#include "runtime/io/storage/filter.hpp"

#include <bit>

namespace aops::storage {

filter& filter::also_all(std::string_view condition, parameters values) {
  if (!where_.empty())
    where_ += " and ";
  where_ += condition;
  values_.insert(values_.end(), values.begin(), values.end());
  return *this;
}

size_t filter::marks_of(size_t items) { return std::bit_ceil(items); }

void filter::open_list(std::string_view column, size_t items) {
  if (!where_.empty())
    where_ += " and ";
  where_ += column;
  where_ += " in (?";
  for (size_t i = 1; i < marks_of(items); ++i)
    where_ += ",?";
  where_ += ')';
}

expected<void> check_length(std::string_view field, size_t items) {
  if (items <= filter::most_in_list)
    return {};
  return fail(ec::bad_request,
              std::string{field} + ": at most " + std::to_string(filter::most_in_list) +
                " entries");
}

std::string order_by(const paging& p,
                     std::span<const sort_choice> choices,
                     std::string_view otherwise,
                     std::string_view tie) {
  std::string_view column = otherwise;
  for (const auto& choice : choices)
    if (choice.name == p.sort)
      column = choice.column;
  std::string_view direction = p.descending ? " desc" : "";
  std::string out = " order by ";
  out.append(column).append(direction);
  if (column != tie)
    out.append(", ").append(tie).append(direction);
  return out;
}

expected<page_window> window_of(const paging& p, int64_t total) {
  auto [first, count] = rows_of(p, total);
  if (count > most_unpaged)
    return fail(ec::bad_request,
                std::to_string(count) + " rows match, more than " + std::to_string(most_unpaged) +
                  " are listed by pages only: use page and per_page");
  return page_window{first, count, total};
}

expected<page_window>
window_of(database& db, const paging& p, std::string_view source, const filter& matching) {
  auto total =
    db.integer_with("select count(*) from " + std::string{source} + " where " + matching.where(),
                    matching.values());
  if (!total)
    return fail(std::move(total.error()));
  return window_of(p, total->value_or(0));
}

} // namespace aops::storage
