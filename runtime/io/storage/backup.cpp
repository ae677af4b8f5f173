#include "runtime/io/storage/backup.hpp"

#include "runtime/io/storage/backup_file.hpp"
#include "runtime/io/storage/steps.hpp"
#include "runtime/io/storage/store_rows.hpp"

#include <algorithm>

namespace aops::storage {

namespace {

using base::json;

constexpr char table_begins = 'T', one_row = 'R', table_ends = 'E', all_ends = 'Z';
constexpr int64_t rows_between_looks = 100, rows_between_reports = 10'000;

json shown(const table_shape& table) {
  json columns = json::array();
  for (const auto& x : table.columns)
    columns.push_back({{"name", x.name}, {"kind", static_cast<int>(x.what)}});
  return {{"name", table.name}, {"columns", columns}};
}

json shown(const row_digest& x) { return {{"rows", x.rows()}, {"sha256", x.hex()}}; }

int64_t newest_schema() { return built_in_migrations().back().version; }

expected<void> expect_today(database& db) {
  auto version = db.count("select max(version) from schema_version");
  if (!version)
    return fail(std::move(version.error()));
  if (*version == newest_schema())
    return {};
  return fail(ec::conflict,
              "the store's schema has version " + std::to_string(*version) + ", this release " +
                std::to_string(newest_schema()) + ": use the release that the nodes run");
}

expected<copied_table> write_table(database& from,
                                   backup_writer& to,
                                   const table_shape& table,
                                   const copy_progress& progress,
                                   const std::function<bool()>& goes_on) {
  if (auto begun = to.add(table_begins, shown(table).dump()); !begun)
    return fail(std::move(begun.error()));
  table_reader source{from, table, true};
  for (row_digest seen;;) {
    auto row = source.next();
    if (!row)
      return fail(std::move(row.error()));
    if (!*row) {
      progress("saved", table.name, seen.rows());
      return to.add(table_ends, shown(seen).dump()).map([&] {
        return copied_table{table.name, seen.rows(), seen.hex()};
      });
    }
    auto text = canonical(**row);
    seen.add(text);
    if (auto added = to.add(one_row, text); !added)
      return fail(std::move(added.error()));
    if (seen.rows() % rows_between_looks == 0 && !goes_on())
      return fail(ec::cancelled, "the backup was ended");
    if (seen.rows() % rows_between_reports == 0)
      progress("saved", table.name, seen.rows());
  }
}

template <class T>
T member(const json& object, const char* name, T otherwise) {
  auto it = object.find(name);
  if (it == object.end())
    return otherwise;
  if constexpr (std::is_integral_v<T>)
    return it->is_number_integer() ? it->template get<T>() : otherwise;
  else
    return it->is_string() ? it->template get<T>() : otherwise;
}

backup_summary summary_of(const json& head) {
  backup_summary out;
  out.created_ms = member<int64_t>(head, "created_ms", 0);
  out.schema = member<int64_t>(head, "schema", 0);
  out.release = member<std::string>(head, "release", {});
  out.engine = member<std::string>(head, "engine", {});
  out.is_encrypted = member<std::string>(head, "cipher", {}) != "none";
  return out;
}

tl::unexpected<error> unreadable(const std::string& what) { return fail(ec::corrupt, what); }

/// Its name and columns; keys and what is reset are not known from the file.
expected<table_shape> shape_of(const std::string& text) {
  auto document = base::parse_json(text);
  if (!document || !document->is_object() || !document->contains("columns"))
    return unreadable("the description of a table is unreadable");
  table_shape out;
  out.name = member<std::string>(*document, "name", {});
  for (const auto& x : (*document)["columns"]) {
    auto kind = x.is_object() ? member<int64_t>(x, "kind", -1) : -1;
    if (kind < 0 || kind > 2)
      return unreadable("the description of table " + out.name + " is unreadable");
    out.columns.push_back(
      {member<std::string>(x, "name", {}), static_cast<column_shape::kind>(kind)});
  }
  return out;
}

/// Reads the tables of a file and hands on their rows.
template <class Begin, class Row, class End>
expected<backup_summary> read_tables(backup_reader& file, Begin begin, Row take, End end) {
  auto out = summary_of(file.head());
  for (;;) {
    auto first = file.next();
    if (!first)
      return fail(std::move(first.error()));
    if (first->tag == all_ends)
      return file.expect_end().map([&] { return out; });
    auto table = first->tag == table_begins ? shape_of(first->bytes)
                                            : unreadable("a table is expected and missing");
    if (!table)
      return fail(std::move(table.error()));
    if (auto begun = begin(*table); !begun)
      return fail(std::move(begun.error()));
    row_digest seen;
    for (;;) {
      auto next = file.next();
      if (!next)
        return fail(std::move(next.error()));
      if (next->tag == table_ends) {
        if (next->bytes != shown(seen).dump())
          return unreadable("table " + table->name + " has other rows than it was written with");
        break;
      }
      if (next->tag != one_row)
        return unreadable("table " + table->name + ": a row is expected");
      auto row = parse_canonical(*table, next->bytes);
      if (!row)
        return fail(std::move(row.error()));
      seen.add(next->bytes);
      if (auto taken = take(std::move(*row), seen.rows()); !taken)
        return fail(std::move(taken.error()));
    }
    out.tables.push_back({table->name, seen.rows(), seen.hex()});
    if (auto ended = end(out.tables.back()); !ended)
      return fail(std::move(ended.error()));
  }
}

bool has_columns(const table_shape& table, const std::vector<column_shape>& columns) {
  return std::equal(
    table.columns.begin(),
    table.columns.end(),
    columns.begin(),
    columns.end(),
    [](const auto& a, const auto& b) { return a.name == b.name && a.what == b.what; });
}

/// Puts tables of a file into a store of the same schema.
class refill {
public:
  refill(database& to, std::vector<table_shape> tables, const copy_progress& progress)
      : to_(to), tables_(std::move(tables)), progress_(progress) {}

  expected<void> begin(const table_shape& described) {
    auto it = std::find_if(
      tables_.begin(), tables_.end(), [&](const auto& x) { return x.name == described.name; });
    if (it == tables_.end() || !it->is_copied || !has_columns(*it, described.columns))
      return fail(ec::conflict,
                  "table " + described.name + " of the backup is not as in this store's schema");
    table_ = &*it;
    writer_.emplace(to_, *it);
    return {};
  }

  expected<void> take(stored_row row, int64_t rows) {
    if (rows % rows_between_reports == 0)
      progress_("restored", table_->name, rows);
    return writer_->add(std::move(row));
  }

  /// Stores what is left, and compares what the store has now.
  expected<void> end(const copied_table& written) {
    if (auto done = writer_->finish(); !done)
      return done;
    table_reader back{to_, *table_, false};
    row_digest seen;
    for (;;) {
      auto row = back.next();
      if (!row)
        return fail(std::move(row.error()));
      if (!*row)
        break;
      seen.add(canonical(**row));
    }
    if (seen.rows() != written.rows || seen.hex() != written.digest)
      return fail(ec::corrupt,
                  "table " + table_->name + ": what was stored is read back as something else");
    progress_("restored", table_->name, seen.rows());
    ++tables_done_;
    return {};
  }

  expected<void> expect_all() const {
    auto expected_tables =
      std::count_if(tables_.begin(), tables_.end(), [](const auto& x) { return x.is_copied; });
    if (tables_done_ == expected_tables)
      return {};
    return fail(ec::conflict, "the backup lacks tables of this store's schema");
  }

private:
  database& to_;
  std::vector<table_shape> tables_;
  const copy_progress& progress_;
  const table_shape* table_ = nullptr;
  std::optional<table_writer> writer_;
  std::ptrdiff_t tables_done_ = 0;
};

} // namespace

expected<backup_summary> make_backup(database& from,
                                     const std::string& file,
                                     const base::secret_bytes& key,
                                     int64_t now_ms,
                                     const copy_progress& progress,
                                     const std::function<bool()>& goes_on) {
  snapshot moment{from};
  if (!moment)
    return fail(moment.error());
  if (auto today = expect_today(from); !today)
    return fail(std::move(today.error()));
  auto tables = store_tables(from);
  if (!tables)
    return fail(std::move(tables.error()));
  json head = {{"created_ms", now_ms},
               {"release", AOPS_VERSION},
               {"engine", from.sql().engine()},
               {"schema", newest_schema()}};
  auto out = summary_of(head);
  out.is_encrypted = !key.empty();
  auto to = backup_writer::create(file, std::move(head), key);
  if (!to)
    return fail(std::move(to.error()));
  auto done = in_order(
    [&] {
      return for_each(*tables, [&](const table_shape& table) -> expected<void> {
        if (!table.is_copied)
          return {};
        auto written = write_table(from, **to, table, progress, goes_on);
        if (!written)
          return fail(std::move(written.error()));
        out.tables.push_back(std::move(*written));
        return {};
      });
    },
    [&] { return (*to)->add(all_ends, {}); },
    [&] { return (*to)->finish(); });
  if (!done)
    return fail(std::move(done.error()));
  return out;
}

expected<backup_summary> peek_backup(const std::string& file, const base::secret_bytes& key) {
  return backup_reader::open(file, key).map([](const auto& x) { return summary_of(x->head()); });
}

expected<backup_summary> verify_backup(const std::string& file,
                                       const base::secret_bytes& key,
                                       const copy_progress& progress) {
  auto from = backup_reader::open(file, key);
  if (!from)
    return fail(std::move(from.error()));
  return read_tables(
    **from,
    [](const table_shape&) { return expected<void>{}; },
    [](const stored_row&, int64_t) { return expected<void>{}; },
    [&](const copied_table& x) {
      progress("verified", x.name, x.rows);
      return expected<void>{};
    });
}

expected<std::span<const migration>> schema_of_backup(const backup_summary& x) {
  auto all = built_in_migrations();
  for (size_t i = 0; i < all.size(); ++i)
    if (all[i].version == x.schema)
      return all.first(i + 1);
  return fail(ec::conflict,
              "the backup's schema has version " + std::to_string(x.schema) +
                ", this release knows versions up to " + std::to_string(newest_schema()) +
                ": use the release that made it (" + x.release + ")");
}

expected<backup_summary> restore_backup(const std::string& file,
                                        const base::secret_bytes& key,
                                        database& to,
                                        const copy_progress& progress) {
  auto from = backup_reader::open(file, key);
  auto tables = store_tables(to);
  auto unfinished = is_copy_unfinished(to);
  for (const auto* e : {!from ? &from.error() : nullptr,
                        !tables ? &tables.error() : nullptr,
                        !unfinished ? &unfinished.error() : nullptr})
    if (e)
      return fail(*e);
  refill store{to, *tables, progress};
  expected<backup_summary> out;
  auto done = in_order([&] { return *unfinished ? expected<void>{} : refuse_rows(to, *tables); },
                       [&] { return mark_unfinished(to); },
                       [&] { return empty_tables(to, *tables); },
                       [&] {
                         out = read_tables(
                           **from,
                           [&](const table_shape& x) { return store.begin(x); },
                           [&](stored_row row, int64_t n) { return store.take(std::move(row), n); },
                           [&](const copied_table& x) { return store.end(x); });
                         return out;
                       },
                       [&] { return store.expect_all(); },
                       [&] { return mark_finished(to); });
  if (!done)
    return fail(std::move(done.error()));
  return out;
}

} // namespace aops::storage
