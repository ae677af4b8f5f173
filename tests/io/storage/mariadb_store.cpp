#include "tests/io/storage/mariadb_store.hpp"

#include <set>

namespace aops::tests {

using namespace storage;

namespace {

/// Databases of the shared server. Making one takes a second; so those that cases have finished
/// with are put back into the state of `pristine`, which is never used itself.
class databases {
public:
  std::string take() {
    std::string name;
    if (free_.empty()) {
      name = "case_" + std::to_string(++made_);
      make(name);
      return name;
    }
    name = *free_.begin();
    free_.erase(free_.begin());
    clean(name);
    return name;
  }
  void give_back(const std::string& name) { free_.insert(name); }

private:
  std::set<std::string> tables_of(const std::string& database) {
    auto names = ok(db().list(
      "select table_name from information_schema.tables where table_schema = ?",
      [](const row& r) { return r.string(0); },
      database));
    return {names.begin(), names.end()};
  }

  void make(const std::string& name) { ok(open_mariadb(database_on(shared_server(), name))); }

  void clean(const std::string& name) {
    static const std::set<std::string> filled{
      "meta", "lease", "slot", "audit_chain", "schema_version", "schema_progress"};
    static const auto known = tables_of("pristine");
    ok(db().execute("set foreign_key_checks = 0"));
    for (const auto& table : tables_of(name)) {
      auto full = name + "." + table;
      if (!known.contains(table)) {
        ok(db().execute("drop table " + full));
        continue;
      }
      if (filled.contains(table)) {
        ok(db().execute("delete from " + full));
        ok(db().execute("insert into " + full + " select * from pristine." + table));
      } else if (is_used(name, table)) {
        ok(db().execute("truncate table " + full));
      }
    }
    ok(db().execute("set foreign_key_checks = 1"));
  }

  /// It has rows, or had some: the next key tells.
  bool is_used(const std::string& name, const std::string& table) {
    auto next = ok(db().integer("select auto_increment from information_schema.tables where "
                                "table_schema = ? and table_name = ?",
                                name,
                                table));
    return next.value_or(1) > 1 ||
           ok(db().integer("select 1 from " + name + "." + table + " limit 1")).has_value();
  }

  database& db() { return pool_->writer(); }

  std::unique_ptr<database_pool> pool_ = ok(open_mariadb(database_on(shared_server(), "pristine")));
  std::set<std::string> free_;
  int made_ = 0;
};

databases& all_databases() {
  static databases it;
  return it;
}

} // namespace

mariadb_config database_on(const mariadb_server& server, const std::string& database) {
  mariadb_config out;
  out.socket = server.socket();
  out.user = "root";
  out.database = database;
  return out;
}

mariadb_server& shared_server() {
  static mariadb_server it;
  return it;
}

mariadb_store::mariadb_store()
    : config_(database_on(shared_server(), all_databases().take())),
      pool_(ok(open_mariadb(config_))) {}

mariadb_store::~mariadb_store() {
  pool_.reset();
  all_databases().give_back(config_.database);
}

} // namespace aops::tests
