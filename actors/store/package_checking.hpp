#pragma once

#include "runtime/io/archive/archive_reader.hpp"
#include "runtime/io/storage/package_repository.hpp"

#include <memory>
#include <string>

namespace aops::actors {

/// Reads an archive to its end; ec::bad_request says what is wrong with it. Blocks.
expected<storage::archive_facts> examine(const archive::byte_source& source,
                                         const archive::limits& most);

/// What may come out of archives of this length.
archive::limits limits_for(int64_t package_bytes);

/// The bytes, which must live as long.
archive::byte_source source_of(const std::string& bytes);

/// The chunks of an archive in the store. The connection must live as long.
archive::byte_source source_of(storage::database& db, int64_t archive);

} // namespace aops::actors
