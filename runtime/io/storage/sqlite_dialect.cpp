#include "runtime/io/storage/sqlite_dialect.hpp"

#include "runtime/io/storage/spelling.hpp"

#include <utility>

namespace aops::storage {

namespace {

/// `insert into t (a, b, c) values (?, ?, ?) on conflict (a)`
std::string insert_on_conflict(std::string_view table,
                               dialect::columns keys,
                               dialect::columns others,
                               std::string_view last = {}) {
  return "insert into " + row_of(table, keys, others, last) + " on conflict (" + joined(keys) + ")";
}

class sqlite_spelling final : public dialect {
public:
  std::string_view engine() const override { return "sqlite"; }

  std::string upsert(std::string_view table, columns keys, columns others) const override {
    auto out = insert_on_conflict(table, keys, others) + " do update set ";
    bool first = true;
    for (auto name : others) {
      if (!std::exchange(first, false))
        out += ", ";
      out.append(name).append(" = excluded.").append(name);
    }
    return out;
  }

  std::string
  insert_or_add(std::string_view table, columns keys, std::string_view sum) const override {
    auto out = insert_on_conflict(table, keys, {sum}) + " do update set ";
    out.append(sum).append(" = ").append(sum).append(" + excluded.").append(sum);
    return out;
  }

  std::string insert_ignore(std::string_view table, columns keys, columns others) const override {
    return insert_on_conflict(table, keys, others) + " do nothing";
  }

  std::string upsert_unless_older(std::string_view table,
                                  columns keys,
                                  columns others,
                                  std::string_view age) const override {
    auto out = insert_on_conflict(table, keys, others, age) + " do update set ";
    for (auto name : others)
      out.append(name).append(" = excluded.").append(name).append(", ");
    const std::string old{age};
    return out + old + " = excluded." + old + " where " + old + " <= excluded." + old;
  }

  std::string use_index(std::string_view index) const override {
    return " indexed by " + std::string{index} + " ";
  }

  std::string define(std::string_view statement) const override {
    if (statement.starts_with("alter table ") && statement.find(" modify ") != statement.npos)
      return {};
    if (statement.starts_with("drop index "))
      return std::string{statement.substr(0, statement.find(" on "))};
    auto out = replaced(std::string{statement}, "${identity}", "integer primary key");
    out = replaced(std::move(out), "${key}", "integer primary key");
    out = replaced(std::move(out), "${clustered}", "without rowid");
    return replaced(std::move(out), "${table}", "");
  }
};

} // namespace

const dialect& sqlite_dialect() {
  static const sqlite_spelling it;
  return it;
}

} // namespace aops::storage
