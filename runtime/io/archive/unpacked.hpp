#pragma once

#include "runtime/io/archive/archive_reader.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace aops::archive {

/// A folder for reading. `tidy` leaves it as long as somebody has `hold`.
struct unpacked_folder {
  std::string path;
  std::shared_ptr<const void> hold;
};

/// The folder of an archive below `cache`: unpacked now, or before. What is in it is what the
/// digest names; it is for reading by this user only. Of two that unpack at once one is used.
/// @param digest Hex SHA-256 of the archive.
/// @param source Opens the archive; asked only when it is not unpacked yet.
/// @returns The path of what has `roles`, `files` or `aops.yml`: the folder itself, or the one
/// folder in it. ec::corrupt when the bytes are not those of the digest; ec::store_unreachable when
/// the disk does not serve.
expected<unpacked_folder> unpacked(const std::string& cache,
                                   std::string_view digest,
                                   const limits& most,
                                   const std::function<expected<byte_source>()>& source);

/// Removes what a process that died left half unpacked, folders that nobody asked for so long, and
/// of the others those that were not asked for longest, until the rest uses no more of the disk
/// than that. Those in use stay, by whichever process.
/// @param now_ms Milliseconds UTC by the system's clock, as the file system knows it.
void tidy(const std::string& cache, int64_t now_ms, int64_t patience_ms, int64_t most_bytes);

} // namespace aops::archive
