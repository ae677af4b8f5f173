#include "cli/node/dump_command.hpp"

#include "cli/node/dumped_hours.hpp"
#include "cli/node/node.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/time_text.hpp"
#include "runtime/io/storage/dump_repository.hpp"
#include "runtime/io/storage/mariadb.hpp"
#include "runtime/io/storage/sqlite.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <tuple>
#include <unordered_set>

namespace aops::node {

namespace {

namespace fs = std::filesystem;

int give_up(const error& e) {
  auto text = e.detail.empty() ? to_string(e) : e.detail;
  std::fprintf(stderr, "aops-node: dump: %s\n", text.c_str());
  return e == ec::conflict || e == ec::bad_request ? exit_usage : exit_failed;
}

constexpr std::string_view suffix = ".jsonl.zst";

/// The files that are meant, by kind and store, the oldest first.
expected<std::vector<fs::path>> files_of(const dump_options& o, const base::config& config) {
  auto paths = o.paths;
  if (paths.empty() && !config.retention.dump_directory.empty())
    paths.push_back(config.retention.dump_directory);
  if (paths.empty())
    return fail(ec::bad_request, "name a file or directory, or set retention.dump_directory");
  std::vector<fs::path> out;
  for (const auto& path : paths) {
    std::error_code failed;
    if (!fs::is_directory(path, failed)) {
      out.emplace_back(path);
      continue;
    }
    for (fs::directory_iterator it{path, failed}, end; !failed && it != end; it.increment(failed))
      if (it->path().filename().string().ends_with(suffix))
        out.push_back(it->path());
    if (failed)
      return fail(ec::bad_request, path + ": " + failed.message());
  }
  std::sort(out.begin(), out.end(), [](const fs::path& a, const fs::path& b) {
    return std::pair{a.filename(), a} < std::pair{b.filename(), b}; // Numbers have leading zeros.
  });
  return out;
}

/// Calls `work(file, dump)` for each file of the kind that is wanted, until one fails.
template <class Files, class Work>
int each_dump(const Files& files, const std::string& kind, Work work) {
  for (const auto& file : files) {
    auto x = storage::read_dump(file.string());
    if (!x)
      return give_up(x.error());
    if (!kind.empty() && x->kind != kind)
      continue;
    if (auto code = work(file, *x); code != exit_ok)
      return code;
  }
  return exit_ok;
}

int list(const std::vector<fs::path>& files, const std::string& kind) {
  return each_dump(files, kind, [](const fs::path& file, const storage::dump& x) {
    std::printf("%-8s %8zu rows  %s  %s\n",
                x.kind.c_str(),
                x.rows.size(),
                base::utc_text(x.created_ms).c_str(),
                file.c_str());
    return exit_ok;
  });
}

bool is_of_samples(const storage::dump_kind& kind) { return &kind == &storage::dumped_samples(); }

/// What people read of a row. ec::corrupt.
expected<std::string> shown_row(const storage::dump& x, const std::string& row) {
  if (x.kind != storage::dumped_samples().name())
    return row;
  return shown_hour(base::json::parse(row, nullptr, false)).map([](const base::json& hour) {
    return hour.dump(-1, ' ', false, base::json::error_handler_t::replace);
  });
}

/// Each row once: nodes that led one after the other may both have written it.
int show(const std::vector<fs::path>& files, const std::string& kind) {
  std::unordered_set<std::string> shown;
  return each_dump(files, kind, [&](const fs::path& file, const storage::dump& x) {
    for (const auto& row : x.rows) {
      if (!shown.insert(base::sha256_hex(x.kind + "\n" + row)).second)
        continue;
      auto text = shown_row(x, row);
      if (!text)
        return give_up({text.error().code, file.string() + ": " + text.error().detail});
      std::printf("%s\n", text->c_str());
    }
    return exit_ok;
  });
}

expected<std::unique_ptr<storage::database_pool>> open_to_write(const base::config& config) {
  if (config.storage.engine == "sqlite") {
    storage::sqlite_config embedded;
    embedded.data_dir = config.data_dir;
    return storage::open_sqlite(embedded);
  }
  auto server = storage::mariadb_config_of(config);
  if (!server)
    return fail(std::move(server.error()));
  return storage::open_mariadb(*server);
}

/// The newest first: the log goes on at its beginning.
int restore(std::vector<fs::path> files, const std::string& kind, const base::config& config) {
  auto pool = open_to_write(config);
  if (!pool)
    return give_up(pool.error());
  std::reverse(files.begin(), files.end());
  auto place = [](storage::database& db, const storage::dump_kind& of, base::json row) {
    return is_of_samples(of) ? placed_hour(db, std::move(row))
                             : expected<base::json>{std::move(row)};
  };
  storage::restore_summary all;
  auto code = each_dump(files, kind, [&](const fs::path& file, const storage::dump& x) {
    auto done = storage::transact((*pool)->writer(), [&](storage::database& db) {
      return storage::dump_repository{db}.restore(x, place);
    });
    if (!done)
      return give_up({done.error().code, file.string() + ": " + done.error().detail});
    all.added += done->added;
    all.present += done->present;
    all.homeless += done->homeless;
    return exit_ok;
  });
  std::printf("%lld restored, %lld present already, %lld without a place\n",
              static_cast<long long>(all.added),
              static_cast<long long>(all.present),
              static_cast<long long>(all.homeless));
  return code;
}

} // namespace

int read_dumps(const dump_options& o, const base::config& config) {
  auto files = files_of(o, config);
  if (!files)
    return give_up(files.error());
  if (o.what == "list")
    return list(*files, o.kind);
  return o.what == "show" ? show(*files, o.kind) : restore(std::move(*files), o.kind, config);
}

} // namespace aops::node
