#include "runtime/io/storage/steps.hpp"
#include "runtime/io/storage/store_copy.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace aops::storage {

namespace {

/// How an engine tells what its schema has.
struct catalogue {
  const char* columns;    ///< Table, column, type, place in the primary key from 1 (else 0).
  const char* references; ///< Table, the table it refers to.
};

constexpr catalogue of_sqlite = {
  "select m.name, c.name, c.type, c.pk from sqlite_master m join pragma_table_info(m.name) c "
  "where m.type = 'table'",
  "select m.name, f.\"table\" from sqlite_master m join pragma_foreign_key_list(m.name) f "
  "where m.type = 'table'"};

constexpr catalogue of_mariadb = {
  "select c.table_name, c.column_name, c.data_type, coalesce(k.ordinal_position, 0) "
  "from information_schema.columns c join information_schema.tables t on "
  "t.table_schema = c.table_schema and t.table_name = c.table_name and "
  "t.table_type = 'BASE TABLE' left join information_schema.key_column_usage k on "
  "k.table_schema = c.table_schema and k.table_name = c.table_name and "
  "k.column_name = c.column_name and k.constraint_name = 'PRIMARY' "
  "where c.table_schema = database()",
  "select table_name, referenced_table_name from information_schema.key_column_usage "
  "where table_schema = database() and referenced_table_name is not null"};

const catalogue& catalogue_of(database& db) {
  return db.sql().engine() == "mariadb" ? of_mariadb : of_sqlite;
}

/// What of a table the schema does not tell.
struct remark {
  std::string_view table;
  bool is_copied = true;
  bool is_filled = false;
  std::vector<std::string_view> reset{};
};

const std::vector<remark>& remarks() {
  static const std::vector<remark> it = {
    {"node", false},
    {"meta", true, true},
    {"lease", true, true, {"holder", "until_ms"}},
    {"slot", true, true, {"node", "target"}},
    {"audit_chain", true, true},
  };
  return it;
}

/// Tables about the schema and the copy themselves.
bool is_about_schema(std::string_view table) {
  return table == "schema_version" || table == "schema_progress" || table == "unfinished_copy" ||
         table.starts_with("sqlite_");
}

expected<column_shape::kind> kind_of(std::string_view table, std::string_view type) {
  std::string word;
  for (char c : type.substr(0, type.find('(')))
    word += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  using kind = column_shape::kind;
  static const std::map<std::string_view, kind> kinds = {{"bigint", kind::integer},
                                                         {"integer", kind::integer},
                                                         {"varchar", kind::text},
                                                         {"longtext", kind::text},
                                                         {"longblob", kind::blob}};
  auto known = kinds.find(word);
  if (known == kinds.end())
    return fail(ec::internal,
                "table " + std::string{table} + ": columns of type " + word + " cannot be copied");
  return known->second;
}

struct column_row {
  std::string table, name, type;
  int64_t key_position = 0; ///< From 1; 0: not of the key.
};

expected<std::map<std::string, table_shape>> shapes_of(database& db) {
  auto rows = db.list(catalogue_of(db).columns, [](const row& r) {
    return column_row{r.string(0), r.string(1), r.string(2), r.integer(3)};
  });
  if (!rows)
    return fail(std::move(rows.error()));
  // The key first, in its order; then the others in an order that engines share.
  std::sort(rows->begin(), rows->end(), [](const column_row& a, const column_row& b) {
    auto rank = [](const column_row& x) { return x.key_position > 0 ? x.key_position : INT64_MAX; };
    return std::tuple{std::string_view{a.table}, rank(a), std::string_view{a.name}} <
           std::tuple{std::string_view{b.table}, rank(b), std::string_view{b.name}};
  });
  std::map<std::string, table_shape> out;
  for (auto& x : *rows) {
    if (is_about_schema(x.table))
      continue;
    auto what = kind_of(x.table, x.type);
    if (!what)
      return fail(std::move(what.error()));
    auto& table = out.try_emplace(x.table, table_shape{x.table, 0, true, false, {}}).first->second;
    table.keys += x.key_position > 0;
    table.columns.push_back({std::move(x.name), *what, false});
  }
  for (const auto& x : remarks())
    if (auto found = out.find(std::string{x.table}); found != out.end()) {
      auto& table = found->second;
      table.is_copied = x.is_copied;
      table.is_filled = x.is_filled;
      for (auto& column : table.columns)
        column.is_reset =
          std::find(x.reset.begin(), x.reset.end(), std::string_view{column.name}) != x.reset.end();
    }
  return out;
}

} // namespace

expected<std::vector<table_shape>> store_tables(database& db) {
  auto shapes = shapes_of(db);
  if (!shapes)
    return fail(std::move(shapes.error()));
  auto links = db.list(catalogue_of(db).references, [](const row& r) {
    return std::pair{r.string(0), r.string(1)};
  });
  if (!links)
    return fail(std::move(links.error()));
  std::vector<table_shape> out;
  while (!shapes->empty()) {
    auto is_waiting = [&](const std::string& table) {
      return std::any_of(links->begin(), links->end(), [&](const auto& link) {
        return link.first == table && link.second != table && shapes->contains(link.second);
      });
    };
    auto next = std::find_if(
      shapes->begin(), shapes->end(), [&](const auto& x) { return !is_waiting(x.first); });
    if (next == shapes->end())
      return fail(ec::internal, "tables refer to each other in a circle");
    out.push_back(std::move(next->second));
    shapes->erase(next);
  }
  return out;
}

} // namespace aops::storage
