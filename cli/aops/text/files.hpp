#pragma once

#include "messages/error.hpp"

#include <string>
#include <string_view>

namespace aops::cli {

/// The file's bytes, at most 64 MiB; `-` is standard input. `ec::bad_request` names the file and
/// the reason.
expected<std::string> read_file(const std::string& path);

/// Writes beside the file and renames, so that no reader sees half of it.
/// @param mode Permission bits, such as 0600; missing folders are made when `with_folders`, mode
/// 0700.
expected<void> write_file(const std::string& path,
                          std::string_view text,
                          unsigned mode,
                          bool with_folders = false);

/// Everything, however often a signal comes; `errno` tells why not.
bool write_all(int fd, std::string_view text);

/// Where an export goes: an existing folder gets `name` inside it, any other path is a
/// file.
std::string export_path(const std::string& path, std::string_view name);

/// Last part of the path without its extension.
std::string stem_of(const std::string& path);

/// Lower-case extension with its dot, or empty.
std::string extension_of(const std::string& path);

} // namespace aops::cli
