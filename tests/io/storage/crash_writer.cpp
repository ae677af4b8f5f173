#include "runtime/io/storage/group_writer.hpp"
#include "runtime/io/storage/mariadb.hpp"
#include "runtime/io/storage/sample_repository.hpp"
#include "runtime/io/storage/sqlite.hpp"

#include <cstdio>
#include <cstdlib>
#include <random>
#include <unistd.h>

/// Commits rounds of the hosts `h0`…`h3` as fast as it can and prints `<host> <until_ms>` for each
/// one that was acknowledged, until it is killed.
///
///     storage_crash_writer DATA_DIR|mariadb:SOCKET:DATABASE RULE_DIGEST SEED
namespace {

using namespace aops;
using namespace aops::storage;

constexpr int hosts = 4;

[[noreturn]] void give_up(const error& e) {
  std::fprintf(stderr, "%s\n", to_string(e).c_str());
  std::exit(1);
}

void print_all(std::string_view text) {
  while (!text.empty()) {
    auto written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0)
      std::exit(1);
    text.remove_prefix(static_cast<size_t>(written));
  }
}

round_to_commit round_of(const std::string& host, int64_t until_ms, const std::string& digest) {
  round_to_commit x;
  x.held = fence{1, 1};
  x.owner = "admin";
  x.host_id = host;
  x.since_ms = 1000;
  x.until_ms = until_ms;
  x.sample_blob = "\x01" + std::string(400, static_cast<char>('a' + until_ms / 1000 % 26));
  // An interval that grows for nine rounds, then a new one.
  auto start = until_ms - until_ms % 10'000;
  x.changes.push_back({"cpu", digest, start, until_ms, {{start, until_ms, "Abnormal"}}});
  return x;
}

expected<std::unique_ptr<database_pool>> open(const std::string& where) {
  constexpr std::string_view scheme = "mariadb:";
  if (where.starts_with(scheme)) {
    mariadb_config config;
    auto colon = where.rfind(':');
    config.socket = where.substr(scheme.size(), colon - scheme.size());
    config.database = where.substr(colon + 1);
    config.user = "root";
    return open_mariadb(config);
  }
  sqlite_config config;
  config.data_dir = where;
  config.checkpoint_bytes = 256 << 10; // Checkpoints happen under the kills, too.
  return open_sqlite(config);
}

expected<void> commit(database& db, std::span<const round_to_commit* const> rounds) {
  return sample_repository{db}.commit_rounds(rounds);
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 4)
    return 2;
  auto pool = open(argv[1]);
  if (!pool)
    give_up(pool.error());
  auto& db = (*pool)->writer();
  int64_t until[hosts];
  for (int i = 0; i < hosts; ++i) {
    auto state = sample_repository{db}.state({"admin", "h" + std::to_string(i), INT64_MAX});
    if (!state)
      give_up(state.error());
    until[i] = std::max<int64_t>(state->until_ms, 10'000);
  }
  group_writer writer{db, {"node", 1000, 1000, 3}};
  std::mt19937 random{static_cast<uint32_t>(std::atoi(argv[3]))};
  const std::string digest = argv[2];
  for (;;) {
    std::string acknowledged;
    for (auto left = random() % 48 + 1; left > 0; --left) {
      auto i = random() % hosts;
      auto round = round_of("h" + std::to_string(i), until[i] += 1000, digest);
      auto line = round.host_id + " " + std::to_string(round.until_ms) + "\n";
      writer.append_joint(round.held, round, &commit, [line, &acknowledged](expected<void> how) {
        if (!how)
          give_up(how.error());
        acknowledged += line;
      });
    }
    writer.flush();
    print_all(acknowledged);
  }
}
