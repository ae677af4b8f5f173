#pragma once

#include "runtime/io/archive/archive_reader.hpp"

#include <map>
#include <set>

namespace aops::archive {

/// What an archive has, and the texts of it that templates are made of.
struct inspection {
  summary facts;
  /// A line for each file: its bytes, the beginning of its digest, its name.
  std::string listing;
  std::set<std::string> names; ///< Of all files.
  /// YAML files by name, as long as there is room: `most_text_bytes`.
  std::map<std::string, std::string> texts;
};

/// Longest YAML file that is kept, and all together.
inline constexpr size_t longest_text = size_t{1} << 20, most_text_bytes = size_t{4} << 20;

/// Reads an archive to its end, as `read_archive`. Names have lost the one folder that all lies in,
/// unless `aops.yml`, `roles` or `files` are beside it.
expected<inspection> inspect(const byte_source& source, const limits& most);

} // namespace aops::archive
