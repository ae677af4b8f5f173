#pragma once

#include <span>
#include <string_view>

namespace aops::actors {

/// A file of a template that comes with aops: of `etc/templates`, built in.
struct shipped_file {
  std::string_view of; ///< Its template.
  std::string_view name, content;
  bool is_executable = false;
};

std::span<const shipped_file> shipped_files();

} // namespace aops::actors
