#include "tests/io/storage/filled_store.hpp"

#include "tests/io/storage/engines.hpp"

#include <set>

namespace aops::tests {

using namespace storage;

namespace {

/// A value for a column of a test row, different for each row.
parameter made_value(const table_shape& table, size_t column, int64_t row, std::string& text) {
  const auto& x = table.columns[column];
  if (x.what == column_shape::kind::integer) {
    // References of the tables to each other are to rows that exist; nullable ones are null once.
    static const std::set<std::string> nullable{"exporter_port", "long_start_ms"};
    if (nullable.contains(x.name) && row == 2)
      return {};
    return row;
  }
  if (x.name == "idempotency_key" && row == 2)
    return {};
  text = std::to_string(row) + // Fits into the shortest column.
         (x.what == column_shape::kind::blob ? std::string{"\0\xff\x01", 3}
                                             : std::string{" \xc3\xa4 \xf0\x9f\x90\xa7 "});
  if (x.what == column_shape::kind::blob)
    return blob{text};
  return std::string_view{text};
}

} // namespace

void fill(database& db, int64_t rows) {
  ok(transact(db, [&](database& d) -> expected<void> {
    for (const auto& table : ok(store_tables(d))) {
      if (table.is_filled)
        continue;
      std::string names, marks;
      for (const auto& x : table.columns) {
        names += (names.empty() ? "" : ", ") + x.name;
        marks += marks.empty() ? "?" : ", ?";
      }
      for (int64_t row = 1; row <= rows; ++row) {
        std::vector<std::string> texts(table.columns.size());
        std::vector<parameter> values;
        for (size_t i = 0; i < table.columns.size(); ++i)
          values.push_back(made_value(table, i, row, texts[i]));
        auto done = d.run_with(
          "insert into " + table.name + " (" + names + ") values (" + marks + ")", values);
        if (!done)
          return fail(done.error().code, table.name + ": " + done.error().detail);
      }
    }
    ok(d.run("update slot set node = 'n1', epoch = slot + 3, seq = 9, target = 'n2'"));
    ok(d.run("update lease set holder = 'n1', epoch = 7, seq = 5, until_ms = 99"));
    ok(d.run("update meta set version = 40 where name = 'rules'"));
    return {};
  }));
}

} // namespace aops::tests
