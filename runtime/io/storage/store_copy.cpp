#include "runtime/io/storage/store_copy.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/io/storage/steps.hpp"

#include <algorithm>
#include <deque>

namespace aops::storage {

namespace {

constexpr size_t rows_at_once = 500;
constexpr size_t bytes_at_once = 1024 * 1024;
constexpr int64_t rows_between_reports = 10'000;
/// Stands in the target while a copy is under way: it outlives a crash in the middle.
constexpr const char* mark_table = "unfinished_copy";
constexpr const char* make_mark = "create table if not exists unfinished_copy (since_ms bigint)";
constexpr const char* drop_mark = "drop table unfinished_copy";

std::string joined(const std::vector<std::string>& words, std::string_view by) {
  std::string out;
  for (const auto& word : words)
    out.append(out.empty() ? "" : by).append(word);
  return out;
}

/// Names, or for the side that is copied what the copy has in their place.
std::string selected(const table_shape& table, bool is_source) {
  std::vector<std::string> out;
  for (const auto& x : table.columns) {
    if (is_source && x.is_reset)
      out.emplace_back(x.what == column_shape::kind::integer ? "0" : "''");
    else
      out.push_back(x.name);
  }
  return joined(out, ", ");
}

std::string key_order(const table_shape& table) {
  std::vector<std::string> out;
  for (size_t i = 0; i < table.keys; ++i)
    out.push_back(table.columns[i].name);
  return joined(out, ", ");
}

/// `(a > ?) or (a = ? and b > ?)`: after a key of several columns.
std::string after_key(const table_shape& table) {
  std::vector<std::string> ways;
  std::string same;
  for (size_t i = 0; i < table.keys; ++i) {
    ways.push_back("(" + same + table.columns[i].name + " > ?)");
    same += table.columns[i].name + " = ? and ";
  }
  return joined(ways, " or ");
}

std::string insert_of(const table_shape& table) {
  std::vector<std::string> marks(table.columns.size(), "?");
  return "insert into " + table.name + " (" + selected(table, false) + ") values (" +
         joined(marks, ", ") + ")";
}

/// A value that owns its bytes.
struct value {
  column_shape::kind what = column_shape::kind::integer;
  bool is_null = false;
  int64_t number = 0;
  std::string bytes;

  parameter bound() const {
    if (is_null)
      return {};
    switch (what) {
    case column_shape::kind::text:
      return {std::string_view{bytes}};
    case column_shape::kind::blob:
      return {blob{bytes}};
    default:
      return {number};
    }
  }
  std::string shown() const {
    return what == column_shape::kind::integer ? std::to_string(number) : bytes;
  }
};
using values = std::vector<value>;

values read_values(const table_shape& table, const row& r) {
  values out(table.columns.size());
  for (size_t i = 0; i < out.size(); ++i) {
    auto column = static_cast<int>(i);
    out[i].what = table.columns[i].what;
    out[i].is_null = r.is_null(column);
    if (out[i].is_null)
      continue;
    if (out[i].what == column_shape::kind::integer)
      out[i].number = r.integer(column);
    else
      out[i].bytes = r.string(column);
  }
  return out;
}

/// The same bytes for the same values, whatever engine they came from.
std::string canonical(const values& row) {
  std::string out;
  for (const auto& x : row) {
    auto text = x.is_null ? std::string{} : x.shown();
    out += x.is_null ? 'n' : static_cast<char>('0' + static_cast<int>(x.what));
    out += std::to_string(text.size()) + ":" + text;
  }
  return out;
}

std::string key_text(const table_shape& table, const values& row) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < table.keys; ++i)
    parts.push_back(row[i].shown());
  return joined(parts, ", ");
}

/// Reads a table in the order of its key, a part at a time: no engine has to hold all of it.
class table_reader {
public:
  table_reader(database& db, const table_shape& table, bool is_source)
      : db_(db), table_(table),
        select_("select " + selected(table, is_source) + " from " + table.name),
        tail_(" order by " + key_order(table) + " limit " + std::to_string(rows_at_once)) {}

  /// The next row; none at the end.
  expected<std::optional<values>> next() {
    if (rows_.empty() && !is_done_)
      if (auto read = fill(); !read)
        return fail(std::move(read.error()));
    if (rows_.empty())
      return std::optional<values>{};
    std::optional<values> out{std::move(rows_.front())};
    rows_.pop_front();
    return out;
  }

private:
  expected<void> fill() {
    std::vector<parameter> after;
    for (size_t i = 0; last_ && i < table_.keys; ++i)
      for (size_t k = 0; k <= i; ++k)
        after.push_back((*last_)[k].bound());
    auto rows = db_.list_with(select_ + (last_ ? " where " + after_key(table_) : "") + tail_,
                              after,
                              [&](const row& r) { return read_values(table_, r); });
    if (!rows)
      return fail(std::move(rows.error()));
    is_done_ = rows->size() < rows_at_once;
    if (!rows->empty())
      last_ = values(rows->back().begin(),
                     rows->back().begin() + static_cast<std::ptrdiff_t>(table_.keys));
    rows_.assign(std::make_move_iterator(rows->begin()), std::make_move_iterator(rows->end()));
    return {};
  }

  database& db_;
  const table_shape& table_;
  std::string select_, tail_;
  std::optional<values> last_;
  std::deque<values> rows_;
  bool is_done_ = false;
};

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

expected<void> refuse_rows(database& db, const table_list& all) {
  return for_each(all, [&](const table_shape& table) -> expected<void> {
    if (table.is_filled)
      return {};
    auto rows = db.count("select count(*) from " + table.name);
    if (!rows)
      return fail(std::move(rows.error()));
    if (*rows == 0)
      return {};
    return fail(ec::conflict,
                "the target is not empty: table " + table.name + " has " + std::to_string(*rows) +
                  " rows; name another database, or drop this one");
  });
}

/// Children first; in parts, so that no transaction gets huge.
expected<void> empty_all(database& db, table_list tables) {
  std::reverse(tables.begin(), tables.end());
  return for_each(tables, [&](const table_shape& table) -> expected<void> {
    auto some = "delete from " + table.name +
                (db.sql().engine() == "mariadb" ? " limit 10000" : std::string{});
    for (;;) {
      auto rows = db.run(some);
      if (!rows)
        return fail(std::move(rows.error()));
      if (*rows == 0)
        return {};
    }
  });
}

expected<void> write_rows(database& to, const table_shape& table, const std::vector<values>& rows) {
  std::vector<parameter> bound;
  bound.reserve(rows.size() * table.columns.size());
  for (const auto& row : rows)
    for (const auto& x : row)
      bound.push_back(x.bound());
  auto insert = insert_of(table);
  return transact(to, [&](database& db) -> expected<void> {
    return only(db.run_many(insert, table.columns.size(), bound));
  });
}

expected<void>
copy_table(database& from, database& to, const table_shape& table, const copy_progress& progress) {
  table_reader source{from, table, true};
  std::vector<values> batch;
  size_t bytes = 0;
  int64_t copied = 0;
  for (;;) {
    auto row = source.next();
    if (!row)
      return fail(std::move(row.error()));
    bool is_full = batch.size() >= rows_at_once || bytes >= bytes_at_once;
    if (!batch.empty() && (is_full || !*row)) {
      if (auto written = write_rows(to, table, batch); !written)
        return fail(written.error().code, "table " + table.name + ": " + written.error().detail);
      auto before = std::exchange(copied, copied + static_cast<int64_t>(batch.size()));
      if (before / rows_between_reports != copied / rows_between_reports)
        progress("copied", table.name, copied);
      batch.clear();
      bytes = 0;
    }
    if (!*row)
      break;
    for (const auto& x : **row)
      bytes += x.bytes.size();
    batch.push_back(std::move(**row));
  }
  progress("copied", table.name, copied);
  return {};
}

tl::unexpected<error> differs(const table_shape& table, const values& row, std::string_view how) {
  return fail(ec::corrupt,
              "table " + table.name + ", key " + key_text(table, row) + ": " + std::string{how});
}

expected<copied_table> compare_table(database& from, database& to, const table_shape& table) {
  table_reader source{from, table, true}, target{to, table, false};
  copied_table out{table.name, 0, base::sha256_hex("")};
  for (;;) {
    auto a = source.next();
    auto b = target.next();
    if (!a || !b)
      return fail(!a ? std::move(a.error()) : std::move(b.error()));
    if (!*a && !*b)
      return out;
    if (!*b)
      return differs(table, **a, "is missing in the target");
    if (!*a)
      return differs(table, **b, "is only in the target");
    auto text = canonical(**a);
    if (text != canonical(**b))
      return differs(table, **a, "differs, or the next key does");
    out.digest = base::sha256_hex(out.digest + text);
    ++out.rows;
  }
}

} // namespace

expected<bool> is_copy_unfinished(database& db) {
  auto query = db.sql().engine() == "mariadb"
                 ? "select count(*) from information_schema.tables where table_schema = database() "
                   "and table_name = ?"
                 : "select count(*) from sqlite_master where name = ?";
  return db.count(query, mark_table).map([](int64_t tables) { return tables > 0; });
}

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
    in_order([&] { return to.execute(make_mark); },
             [&] { return empty_all(to, *tables); },
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
             [&] { return to.execute(drop_mark); });
  if (!done)
    return fail(std::move(done.error()));
  return out;
}

} // namespace aops::storage
