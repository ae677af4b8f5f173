#pragma once

#include "messages/error.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

/// Archives that users upload.
namespace aops::archive {

enum class entry_kind : uint8_t { file, folder, link };

struct entry {
  std::string name; ///< Relative, normal: no `.`, `..`, double or trailing slashes.
  entry_kind kind = entry_kind::file;
  bool is_executable = false;
  std::string target; ///< Of a link.
};

struct limits {
  int64_t unpacked_bytes = int64_t{2} << 30; ///< Of all files together.
  int64_t entries = 20'000;                  ///< With the folders that they lie in.
  /// How many bytes may come of one, once `free_bytes` were unpacked: more is a bomb.
  int64_t ratio = 200;
  int64_t free_bytes = int64_t{16} << 20;
  size_t depth = 32;        ///< Folders within folders.
  size_t name_bytes = 1024; ///< Of a whole name.
};

/// Judges the entries of one archive, in their order.
class entry_rules {
public:
  explicit entry_rules(const limits& most) : most_(most) {}

  /// Makes the name normal and takes the entry in. An error names the entry: one that is absolute,
  /// leaves the archive, stands twice, stands in what is no folder, or is one too many. A link may
  /// climb only at its beginning, and not out of the archive: so it leads inside whatever links are
  /// on its way.
  expected<void> take(entry& x);

private:
  tl::unexpected<error> one_too_many(std::string_view name) const;
  const limits& most_;
  int64_t entries_ = 0; ///< That came; those of them that stand twice, too.
  std::map<std::string, entry_kind, std::less<>> known_;
};

/// ec::bad_request with the entry's name, readable.
tl::unexpected<error> refuse(std::string_view entry, std::string_view why);

} // namespace aops::archive
