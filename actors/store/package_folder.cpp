#include "actors/store/package_folder.hpp"

#include "actors/store/package_checking.hpp"

#include <chrono>

namespace aops::actors {

namespace {

/// How long a package stays that nobody asks for.
constexpr int64_t cache_patience_ms = int64_t{30} * 24 * 3600 * 1000;

/// The cache has room for so many of the longest packages, as they are packed.
constexpr int64_t packages_in_cache = 16;

int64_t most_cache_bytes(const base::config& config) {
  auto longest = config.tasks.package_bytes.bytes;
  return longest > INT64_MAX / packages_in_cache ? INT64_MAX : longest * packages_in_cache;
}

/// By the clock of the file system.
int64_t file_time_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
           std::chrono::system_clock::now().time_since_epoch())
    .count();
}

} // namespace

std::string package_cache(const base::config& config) { return config.data_dir + "/packages"; }

expected<archive::unpacked_folder> package_folder(const store_access& store,
                                                  std::string_view digest) {
  const auto& config = *store.config;
  std::unique_ptr<storage::database> db; // Its own: unpacking takes long, and few are lent.
  auto open = [&]() -> expected<archive::byte_source> {
    archive::tidy(
      package_cache(config), file_time_ms(), cache_patience_ms, most_cache_bytes(config));
    auto connected = store.pool->connect_to_read();
    if (!connected)
      return fail(std::move(connected.error()));
    db = std::move(*connected);
    auto archive = storage::package_repository{*db}.archive_of(digest);
    if (!archive)
      return fail(std::move(archive.error()));
    if (!*archive)
      return fail(ec::bad_request, "package " + std::string{digest} + ": is not in the store");
    return source_of(*db, **archive);
  };
  auto most = limits_for(config.tasks.package_bytes.bytes);
  most.unpacked_bytes = INT64_MAX / 2; // It was let in, under whatever limit there was then.
  return archive::unpacked(package_cache(config), digest, most, open);
}

} // namespace aops::actors
