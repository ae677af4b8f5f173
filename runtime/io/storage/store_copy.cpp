#include "runtime/io/storage/store_copy.hpp"

#include "runtime/io/storage/steps.hpp"
#include "runtime/io/storage/store_rows.hpp"

#include <algorithm>

namespace aops::storage {

namespace {

constexpr int64_t rows_between_reports = 10'000;

using table_list = std::vector<table_shape>;

/// Tables of both sides, which must be the same.
expected<table_list> tables_of(database& from, database& to) {
  auto theirs = store_tables(from);
  auto ours = store_tables(to);
  if (!theirs || !ours)
    return fail(std::move(theirs ? ours.error() : theirs.error()));
  auto other = std::mismatch(theirs->begin(), theirs->end(), ours->begin(), ours->end());
  if (other.first == theirs->end() && other.second == ours->end())
    return theirs;
  const auto& table = other.first == theirs->end() ? other.second->name : other.first->name;
  return fail(ec::conflict, "the schemas differ: table " + table);
}

expected<void>
copy_table(database& from, database& to, const table_shape& table, const copy_progress& progress) {
  table_reader source{from, table, true};
  table_writer target{to, table};
  for (int64_t copied = 0;;) {
    auto row = source.next();
    if (!row)
      return fail(std::move(row.error()));
    if (!*row) {
      if (auto last = target.finish(); !last)
        return last;
      progress("copied", table.name, copied);
      return {};
    }
    if (auto added = target.add(std::move(**row)); !added)
      return added;
    if (++copied % rows_between_reports == 0)
      progress("copied", table.name, copied);
  }
}

tl::unexpected<error>
differs(const table_shape& table, const stored_row& row, std::string_view how) {
  return fail(ec::corrupt,
              "table " + table.name + ", key " + key_text(table, row) + ": " + std::string{how});
}

expected<copied_table> compare_table(database& from, database& to, const table_shape& table) {
  table_reader source{from, table, true}, target{to, table, false};
  for (row_digest seen;;) {
    auto a = source.next();
    auto b = target.next();
    if (!a || !b)
      return fail(!a ? std::move(a.error()) : std::move(b.error()));
    if (!*a && !*b)
      return copied_table{table.name, seen.rows(), seen.hex()};
    if (!*b)
      return differs(table, **a, "is missing in the target");
    if (!*a)
      return differs(table, **b, "is only in the target");
    auto text = canonical(**a);
    if (text != canonical(**b))
      return differs(table, **a, "differs, or the next key does");
    seen.add(text);
  }
}

} // namespace

expected<std::vector<copied_table>>
copy_store(database& from, database& to, const copy_progress& progress) {
  auto tables = tables_of(from, to);
  if (!tables)
    return fail(std::move(tables.error()));
  auto unfinished = is_copy_unfinished(to);
  if (!unfinished)
    return fail(std::move(unfinished.error()));
  if (!*unfinished)
    if (auto empty = refuse_rows(to, *tables); !empty)
      return fail(std::move(empty.error()));
  std::vector<copied_table> out;
  auto done =
    in_order([&] { return mark_unfinished(to); },
             [&] { return empty_tables(to, *tables); },
             [&] {
               return for_each(*tables, [&](const table_shape& table) {
                 return table.is_copied ? copy_table(from, to, table, progress) : expected<void>{};
               });
             },
             [&] {
               return for_each(*tables, [&](const table_shape& table) -> expected<void> {
                 if (!table.is_copied)
                   return {};
                 auto compared = compare_table(from, to, table);
                 if (!compared)
                   return fail(std::move(compared.error()));
                 progress("verified", table.name, compared->rows);
                 out.push_back(std::move(*compared));
                 return {};
               });
             },
             [&] { return mark_finished(to); });
  if (!done)
    return fail(std::move(done.error()));
  return out;
}

} // namespace aops::storage
