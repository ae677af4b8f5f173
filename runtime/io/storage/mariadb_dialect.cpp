#include "runtime/io/storage/mariadb_dialect.hpp"

#include "runtime/io/storage/spelling.hpp"

#include <utility>

namespace aops::storage {

namespace {

constexpr std::string_view careful = "insert /*unless ";
constexpr std::string_view table_options =
  "engine=InnoDB row_format=dynamic default character set utf8mb4 collate utf8mb4_nopad_bin";

class mariadb_spelling final : public dialect {
public:
  std::string_view engine() const override { return "mariadb"; }

  std::string upsert(std::string_view table, columns keys, columns others) const override {
    auto out = "insert into " + row_of(table, keys, others) + " on duplicate key update ";
    bool first = true;
    for (auto name : others) {
      if (!std::exchange(first, false))
        out += ", ";
      out.append(name).append(" = values(").append(name).append(")");
    }
    return out;
  }

  std::string
  insert_or_add(std::string_view table, columns keys, std::string_view sum) const override {
    auto out = "insert into " + row_of(table, keys, {sum}) + " on duplicate key update ";
    out.append(sum).append(" = ").append(sum).append(" + values(").append(sum).append(")");
    return out;
  }

  std::string insert_ignore(std::string_view table, columns keys, columns others) const override {
    std::string out{careful};
    out.append(table).append(" where ").append(joined(keys, " = ? and ")).append(" = ?*/ into ");
    return out + row_of(table, keys, others);
  }

  std::string upsert_unless_older(std::string_view table,
                                  columns keys,
                                  columns others,
                                  std::string_view age) const override {
    const std::string old{age}, given = "values(" + old + ")";
    auto out = "insert into " + row_of(table, keys, others, age) + " on duplicate key update ";
    // The age comes last: what is set before must see the old one.
    for (auto name : others)
      out.append(name)
        .append(" = if(")
        .append(given)
        .append(" >= ")
        .append(old)
        .append(", values(")
        .append(name)
        .append("), ")
        .append(name)
        .append("), ");
    return out + old + " = greatest(" + old + ", " + given + ")";
  }

  std::string counted(std::string_view column) const override {
    return "last_insert_id(" + std::string{column} + " + 1)";
  }
  bool tells_counted() const override { return true; }
  bool is_distant() const override { return true; }

  std::string use_index(std::string_view index) const override {
    return " force index (" + std::string{index} + ") ";
  }

  std::string_view for_update() const override { return " for update"; }

  bool commits_definitions() const override { return true; }

  std::string define(std::string_view statement) const override {
    auto out =
      replaced(std::string{statement}, "${identity}", "bigint not null auto_increment primary key");
    out = replaced(std::move(out), "${key}", "bigint not null primary key");
    out = replaced(std::move(out), "${clustered}", table_options);
    return replaced(std::move(out), "${table}", table_options);
  }
};

} // namespace

const dialect& mariadb_dialect() {
  static const mariadb_spelling it;
  return it;
}

std::optional<careful_insert> careful_insert_of(std::string_view statement) {
  if (!statement.starts_with(careful))
    return {};
  auto condition = statement.substr(careful.size());
  condition = condition.substr(0, condition.find("*/"));
  careful_insert out;
  // A locking read: it sees what others committed in the meantime.
  out.exists = "select 1 from " + std::string{condition} + " lock in share mode";
  for (char c : condition)
    out.keys += c == '?';
  return out;
}

} // namespace aops::storage
