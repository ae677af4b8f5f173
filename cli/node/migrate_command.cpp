#include "cli/node/migrate_command.hpp"

#include "cli/node/node.hpp"
#include "cli/node/table_report.hpp"
#include "runtime/io/storage/mariadb.hpp"
#include "runtime/io/storage/sqlite.hpp"
#include "runtime/io/storage/store_copy.hpp"

#include <cstdio>
#include <filesystem>

namespace aops::node {

namespace {

int give_up(const std::string& what, int code) {
  std::fprintf(stderr, "aops-node: migrate: %s\n", what.c_str());
  return code;
}

} // namespace

int migrate(const std::string& from, const base::config& config) {
  if (config.storage.engine != "mariadb")
    return give_up("storage.engine must be `mariadb`, and storage.* say where to", exit_usage);
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(from + "/aops.db", ignored))
    return give_up("--from " + from + ": there is no aops.db in it", exit_usage);
  storage::sqlite_config embedded;
  embedded.data_dir = from;
  auto source = storage::open_sqlite(embedded); // Locks it: no node runs on it meanwhile.
  if (!source)
    return give_up("--from " + from + ": " + source.error().detail, exit_usage);
  auto to = storage::mariadb_config_of(config);
  if (!to)
    return give_up(to.error().detail, exit_usage);
  to->takes_unfinished_copy = true;
  auto target = storage::open_mariadb(*to);
  if (!target)
    return give_up(target.error().detail, exit_failed);
  auto moved = storage::copy_store((*source)->writer(), (*target)->writer(), report_step);
  if (!moved)
    return give_up(moved.error().detail, moved.error() == ec::conflict ? exit_usage : exit_failed);
  print_tables(*moved);
  return exit_ok;
}

} // namespace aops::node
