#pragma once

#include "messages/error.hpp"

#include <string>
#include <vector>

namespace aops::base {

/// A file of an archive.
struct packed_file {
  std::string name; ///< Relative, with slashes.
  std::string content;
  bool is_executable = false;
};

/// The files as an archive, tar packed by gzip: the same bytes for the same files, whenever and by
/// whomever. ec::internal when libarchive fails.
expected<std::string> tar_gz(std::vector<packed_file> files);

/// The files of a folder and below, links followed, ordered by name; hidden ones are left out.
/// ec::bad_request when one cannot be read, or they are longer than `most_bytes` together.
expected<std::vector<packed_file>> files_of_folder(const std::string& folder, size_t most_bytes);

} // namespace aops::base
