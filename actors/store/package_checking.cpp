#include "actors/store/package_checking.hpp"

#include "runtime/base/json_values.hpp"
#include "runtime/io/archive/inspection.hpp"

#include <utility>

namespace aops::actors {

expected<storage::archive_facts> examine(const archive::byte_source& source,
                                         const archive::limits& most) {
  auto seen = archive::inspect(source, most);
  if (!seen)
    return fail(std::move(seen.error()));
  storage::archive_facts out;
  out.digest = seen->facts.digest;
  out.format = seen->facts.format;
  out.bytes = seen->facts.bytes;
  out.unpacked_bytes = seen->facts.unpacked_bytes;
  out.files = seen->facts.files;
  out.is_template = seen->names.contains("aops.yml");
  out.listing = std::move(seen->listing);
  auto texts = base::json::object();
  for (auto& [name, text] : seen->texts)
    texts[name] = std::move(text);
  out.texts = texts.dump(-1, ' ', false, base::json::error_handler_t::replace);
  return out;
}

archive::limits limits_for(int64_t package_bytes) {
  archive::limits most;
  most.unpacked_bytes = package_bytes > (INT64_MAX >> 2) ? INT64_MAX : package_bytes * 4;
  return most;
}

archive::byte_source source_of(const std::string& bytes) {
  return [&bytes, is_over = false]() mutable -> expected<std::string_view> {
    return std::exchange(is_over, true) ? std::string_view{} : std::string_view{bytes};
  };
}

archive::byte_source source_of(storage::database& db, int64_t archive) {
  return [&db,
          archive,
          position = int64_t{0},
          part = std::make_shared<std::string>()]() mutable -> expected<std::string_view> {
    auto next = storage::package_repository{db}.chunk(archive, position++);
    if (!next)
      return fail(std::move(next.error()));
    *part = std::move(*next);
    return std::string_view{*part};
  };
}

} // namespace aops::actors
