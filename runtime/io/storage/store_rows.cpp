#include "runtime/io/storage/store_rows.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/io/storage/steps.hpp"

#include <algorithm>
#include <charconv>

namespace aops::storage {

namespace {

constexpr size_t rows_at_once = 500;
constexpr size_t bytes_at_once = 1024 * 1024;
constexpr const char* mark_table = "unfinished_copy";

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

stored_row read_row(const table_shape& table, const row& r) {
  stored_row out(table.columns.size());
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

template <class T>
bool parse_number(std::string_view text, T& into) {
  auto end = text.data() + text.size();
  auto [stop, failed] = std::from_chars(text.data(), end, into);
  return failed == std::errc{} && stop == end;
}

/// Takes one value off the front.
std::optional<stored_value> take_value(std::string_view& text, column_shape::kind what) {
  stored_value out;
  out.what = what;
  auto colon = text.find(':');
  size_t size = 0;
  if (colon == text.npos || colon < 2 || !parse_number(text.substr(1, colon - 1), size) ||
      size > text.size() - colon - 1)
    return {};
  char mark = text.front();
  auto body = text.substr(colon + 1, size);
  text.remove_prefix(colon + 1 + size);
  out.is_null = mark == 'n';
  if (out.is_null)
    return size == 0 ? std::optional{out} : std::nullopt;
  if (mark != static_cast<char>('0' + static_cast<int>(what)))
    return {};
  if (what != column_shape::kind::integer)
    out.bytes = body;
  else if (!parse_number(body, out.number))
    return {};
  return out;
}

} // namespace

parameter stored_value::bound() const {
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

std::string stored_value::shown() const {
  return what == column_shape::kind::integer ? std::to_string(number) : bytes;
}

std::string canonical(const stored_row& row) {
  std::string out;
  for (const auto& x : row) {
    auto text = x.is_null ? std::string{} : x.shown();
    out += x.is_null ? 'n' : static_cast<char>('0' + static_cast<int>(x.what));
    out += std::to_string(text.size()) + ":" + text;
  }
  return out;
}

expected<stored_row> parse_canonical(const table_shape& table, std::string_view text) {
  stored_row out;
  out.reserve(table.columns.size());
  for (const auto& column : table.columns) {
    auto value = take_value(text, column.what);
    if (!value)
      return fail(ec::corrupt,
                  "table " + table.name + ": column " + column.name + " of a row is unreadable");
    out.push_back(std::move(*value));
  }
  if (!text.empty())
    return fail(ec::corrupt, "table " + table.name + ": a row has more than its columns");
  return out;
}

std::string key_text(const table_shape& table, const stored_row& row) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < table.keys; ++i)
    parts.push_back(row[i].shown());
  return joined(parts, ", ");
}

row_digest::row_digest() : hex_(base::sha256_hex("")) {}

void row_digest::add(std::string_view canonical_row) {
  hex_ = base::sha256_hex(hex_.append(canonical_row));
  ++rows_;
}

table_reader::table_reader(database& db, const table_shape& table, bool is_source)
    : db_(db), table_(table),
      select_("select " + selected(table, is_source) + " from " + table.name),
      tail_(" order by " + key_order(table) + " limit " + std::to_string(rows_at_once)) {}

expected<std::optional<stored_row>> table_reader::next() {
  if (rows_.empty() && !is_done_)
    if (auto read = fill(); !read)
      return fail(std::move(read.error()));
  if (rows_.empty())
    return std::optional<stored_row>{};
  std::optional<stored_row> out{std::move(rows_.front())};
  rows_.pop_front();
  return out;
}

expected<void> table_reader::fill() {
  std::vector<parameter> after;
  for (size_t i = 0; last_ && i < table_.keys; ++i)
    for (size_t k = 0; k <= i; ++k)
      after.push_back((*last_)[k].bound());
  auto rows = db_.list_with(select_ + (last_ ? " where " + after_key(table_) : "") + tail_,
                            after,
                            [&](const row& r) { return read_row(table_, r); });
  if (!rows)
    return fail(std::move(rows.error()));
  is_done_ = rows->size() < rows_at_once;
  if (!rows->empty())
    last_ = stored_row(rows->back().begin(),
                       rows->back().begin() + static_cast<std::ptrdiff_t>(table_.keys));
  rows_.assign(std::make_move_iterator(rows->begin()), std::make_move_iterator(rows->end()));
  return {};
}

table_writer::table_writer(database& db, const table_shape& table)
    : db_(db), table_(table), insert_(insert_of(table)) {}

expected<void> table_writer::add(stored_row row) {
  for (const auto& x : row)
    bytes_ += x.bytes.size();
  batch_.push_back(std::move(row));
  return batch_.size() < rows_at_once && bytes_ < bytes_at_once ? expected<void>{} : finish();
}

expected<void> table_writer::finish() {
  std::vector<parameter> bound;
  bound.reserve(batch_.size() * table_.columns.size());
  for (const auto& row : batch_)
    for (const auto& x : row)
      bound.push_back(x.bound());
  auto written = transact(db_, [&](database& db) -> expected<void> {
    return only(db.run_many(insert_, table_.columns.size(), bound));
  });
  batch_.clear();
  bytes_ = 0;
  if (!written)
    return fail(written.error().code, "table " + table_.name + ": " + written.error().detail);
  return {};
}

expected<void> refuse_rows(database& db, const std::vector<table_shape>& all) {
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

expected<void> empty_tables(database& db, std::vector<table_shape> tables) {
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

// The mark is a table: it outlives a crash in the middle.

expected<void> mark_unfinished(database& db) {
  return db.execute("create table if not exists unfinished_copy (since_ms bigint)");
}

expected<void> mark_finished(database& db) { return db.execute("drop table unfinished_copy"); }

expected<bool> is_copy_unfinished(database& db) {
  auto query = db.sql().engine() == "mariadb"
                 ? "select count(*) from information_schema.tables where table_schema = database() "
                   "and table_name = ?"
                 : "select count(*) from sqlite_master where name = ?";
  return db.count(query, mark_table).map([](int64_t tables) { return tables > 0; });
}

} // namespace aops::storage
