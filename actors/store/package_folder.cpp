#include "actors/store/package_folder.hpp"

#include "actors/store/package_checking.hpp"
#include "runtime/io/archive/unpacked.hpp"

namespace aops::actors {

std::string package_cache(const base::config& config) { return config.data_dir + "/packages"; }

expected<std::string> package_folder(const store_access& store, std::string_view digest) {
  auto db = store.pool->read();
  if (!db)
    return fail(std::move(db.error()));
  auto open = [&]() -> expected<archive::byte_source> {
    auto archive = storage::package_repository{**db}.archive_of(digest);
    if (!archive)
      return fail(std::move(archive.error()));
    if (!*archive)
      return fail(ec::bad_request, "package " + std::string{digest} + ": is not in the store");
    return source_of(**db, **archive);
  };
  auto most = limits_for(store.config->tasks.package_bytes.bytes);
  most.unpacked_bytes = INT64_MAX / 2; // It was let in, under whatever limit there was then.
  return archive::unpacked(package_cache(*store.config), digest, most, open);
}

} // namespace aops::actors
