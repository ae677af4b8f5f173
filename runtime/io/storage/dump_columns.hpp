#pragma once

#include "runtime/base/json_values.hpp"
#include "runtime/io/storage/database.hpp"
#include "runtime/io/storage/dump_kinds.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

/// Columns of rows as members of JSON objects, and back.
namespace aops::storage {

struct dump_column {
  enum class kind : uint8_t { integer, text, blob }; ///< A blob is hex.
  std::string_view name, sql;
  kind what = kind::text;
};

/// `sql, sql, …`
template <class Columns>
std::string selected(const Columns& columns) {
  std::string out;
  for (const auto& x : columns)
    out.append(out.empty() ? "" : ", ").append(x.sql);
  return out;
}

base::json read_column(const dump_column& x, const row& r, int at);

/// @param first The column of the row that is the first of these.
template <class Columns>
void read_columns(base::json& into, const Columns& columns, const row& r, int first = 0) {
  for (const auto& x : columns) {
    if (!r.is_null(first))
      into[std::string{x.name}] = read_column(x, r, first);
    ++first;
  }
}

/// Values of a row that own what they are made of.
class dump_values {
public:
  explicit dump_values(const base::json& row) : row_(row) {}

  int64_t integer(std::string_view name);
  std::string_view text(std::string_view name);
  std::string_view blob_of(std::string_view name); ///< From hex.
  /// ec::corrupt when something asked for was not there, or of another type.
  expected<void> judge() const;

private:
  const base::json* find(std::string_view name);
  const base::json& row_;
  std::deque<std::string> kept_;
  std::string missing_;
};

/// Rows up to about `most_dump_bytes`.
void cut_to_size(std::vector<dump_row>& rows);

/// `(?, ?, …)` for keys, and the keys as parameters.
std::string marks_for(const std::vector<int64_t>& keys);
std::vector<parameter> bound(const std::vector<int64_t>& keys);

dump_row as_row(int64_t key, base::json members);

} // namespace aops::storage
