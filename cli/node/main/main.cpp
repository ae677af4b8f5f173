#include "cli/node/backup_command.hpp"
#include "cli/node/check_config.hpp"
#include "cli/node/doctor_facts.hpp"
#include "cli/node/dump_command.hpp"
#include "cli/node/migrate_command.hpp"
#include "cli/node/node.hpp"
#include "runtime/base/config_faults.hpp"
#include "runtime/base/memory.hpp"
#include "runtime/io/ansible/guard.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>

using namespace aops;

namespace {

struct options {
  std::string config, data_dir, http, tls, join, from, output;
  std::vector<std::string> set;
  node::backup_options backup;
  node::dump_options dump;
};

/// Options that have one of their own are shorthand for `--set`.
std::vector<std::string> overrides(const options& o) {
  auto all = o.set;
  if (!o.data_dir.empty())
    all.push_back("data_dir=" + o.data_dir);
  if (!o.http.empty())
    all.push_back("http.listen=" + o.http);
  if (!o.tls.empty())
    all.push_back(std::string{"tls.enabled="} + (o.tls == "on" ? "true" : "false"));
  return all;
}

int complain(const std::string& what) {
  std::fprintf(stderr, "aops-node: %s\n", what.c_str());
  return node::exit_usage;
}

/// Each fault with its remedy.
int complain(const error& what, bool is_json) {
  auto faults = base::faults_of(what);
  if (is_json)
    std::printf("%s\n", base::faults_json(faults).c_str());
  else
    for (const auto& x : faults)
      complain(base::shown(x));
  return node::exit_usage;
}

/// What is in force.
int show(const base::config& config, bool is_json) {
  std::printf("%s", is_json ? base::to_json(config).c_str() : base::to_toml(config).c_str());
  return node::exit_ok;
}

} // namespace

int main(int argc, char** argv) {
  // Before anything else: a guard has one thread and opens nothing.
  if (argc > 1 && std::string_view{argv[1]} == ansible::guard_mode)
    return ansible::run_guard(argc, argv);
  base::share_arenas();
  base::keep_memory_private();
  options o;
  CLI::App app{"The operations runtime: watches, judges and diagnoses hosts."};
  app.add_option("--config", o.config, "TOML file; etc/aops.toml shows every option")
    ->type_name("FILE");
  app.add_option("--data-dir", o.data_dir, "where the embedded store lives")->type_name("DIR");
  app.add_option("--http", o.http, "where to serve; port 0 picks a free one")
    ->type_name("HOST:PORT");
  app.add_option("--tls", o.tls, "HTTPS or plain HTTP")->check(CLI::IsMember({"on", "off"}));
  app.add_option("--join", o.join, "a node of the cluster to join; needs storage.engine = mariadb")
    ->type_name("HOST:PORT");
  app.add_option("--set", o.set, "override an option of the file, may be repeated")
    ->type_name("SECTION.KEY=VALUE");
  app.set_version_flag("--version", std::string{"aops-node "} + AOPS_VERSION);
  auto* check =
    app.add_subcommand("check-config", "Read the configuration, print what is in force, and end.");
  auto* defaults = app.add_subcommand(
    "default-config", "Print a configuration file with every option and its default.");
  auto* migrate = app.add_subcommand(
    "migrate", "Move an embedded store to the empty MariaDB database of the configuration.");
  migrate->add_option("--from", o.from, "data folder of the embedded store")
    ->type_name("DATA_DIR")
    ->required();
  migrate->fallthrough();
  check->fallthrough(); // `check-config --config FILE` is understood in either order.
  auto* backup = app.add_subcommand(
    "backup", "Write all that the store holds into a file; nodes may run meanwhile.");
  auto* doctor = app.add_subcommand(
    "doctor", "Look at the machine, the store and the configuration; nodes may run meanwhile.");
  for (auto* command : {check, doctor})
    command->add_option("-o", o.output, "text or json")->check(CLI::IsMember({"text", "json"}));
  doctor->fallthrough();
  auto* verify = app.add_subcommand("verify", "Read a backup whole and compare its checksums.");
  auto* restore = app.add_subcommand(
    "restore", "Fill the empty store of the configuration from a backup; no node may run on it.");
  backup->add_option("--to", o.backup.file, "the file; one that exists is not overwritten")
    ->type_name("FILE")
    ->required();
  auto* dump = app.add_subcommand(
    "dump",
    "Read what left the store for files: list the files, show their rows, or restore them.");
  dump->add_option("what", o.dump.what, "list, show or restore")
    ->check(CLI::IsMember({"list", "show", "restore"}))
    ->required();
  dump->add_option("path", o.dump.paths, "files or directories; else retention.dump_directory");
  dump->add_option("--kind", o.dump.kind, "of one kind only")
    ->check(CLI::IsMember({"results", "reports", "audit", "samples"}));
  dump->fallthrough();
  for (auto* command : {verify, restore})
    command->add_option("--from", o.backup.file, "the backup")->type_name("FILE")->required();
  restore->add_flag("--replace",
                    o.backup.replaces,
                    "put an embedded store that is there aside (renamed, not deleted)");
  for (auto* command : {backup, verify, restore}) {
    command
      ->add_option("--key-file", o.backup.key_file, "else backup.key_file of the configuration")
      ->type_name("FILE");
    command->fallthrough();
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0)
      return app.exit(e);
    std::fprintf(stderr, "aops-node: %s\nRun `aops-node --help` for the options.\n", e.what());
    return node::exit_usage;
  }
  if (*defaults) {
    std::fputs(base::default_toml().c_str(), stdout);
    return node::exit_ok;
  }
  auto loaded = base::load_located_config(o.config, overrides(o));
  bool is_json = *check && o.output == "json";
  if (!loaded)
    return complain(loaded.error(), is_json);
  auto* config = &loaded->values;
  if (!o.join.empty() && config->storage.engine == "sqlite")
    return complain("--join: the embedded store serves one node only; set storage.engine = "
                    "\"mariadb\" and its address");
  if (*migrate)
    return node::migrate(o.from, *config);
  if (*backup)
    return node::back_up(o.backup, *config);
  if (*verify)
    return node::verify_backup(o.backup, *config);
  if (*restore)
    return node::restore(o.backup, *config);
  if (*dump)
    return node::read_dumps(o.dump, *config);
  if (*doctor)
    return node::examine(*config, o.output == "json");
  // Here a file that is missing is one line; later it would be the end of whoever opens it.
  if (auto good = node::check_config(*loaded); !good)
    return complain(good.error(), is_json);
  if (*check) {
    if (auto targets = actors::notice_targets_of(*config); !targets)
      return complain(targets.error(), is_json);
    return show(*config, is_json);
  }
  return node::run(std::make_shared<const base::config>(std::move(*config)), o.join);
}
