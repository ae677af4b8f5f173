#pragma once

#include "cli/aops/command/session.hpp"

#include <string>

namespace aops::cli {

/// What is to be uploaded.
struct upload {
  std::string package_name, version, description;
  std::string content; ///< The archive.
};

/// Uploads an archive in pieces; what the node has of it already is not sent again.
expected<void> upload_package(session& s, const upload& x);

/// What a file or folder is as an archive: a folder is packed, so that the same files give the same
/// bytes.
expected<std::string> archive_at(const std::string& path);

/// Whether a path is a folder, or a file whose name is that of an archive.
bool is_packable(const std::string& path);

/// Hex SHA-256 of the archive, its beginning: for versions of what has none.
std::string short_digest(const std::string& content);

/// The last part of the path, without `.tar.gz` and the like.
std::string package_stem(const std::string& path);

} // namespace aops::cli
