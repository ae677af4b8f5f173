#pragma once

#include "runtime/io/archive/entry_rules.hpp"

#include <functional>

namespace aops::archive {

/// Gives the bytes of an archive in parts, which are valid until the next call; an empty one is the
/// end.
using byte_source = std::function<expected<std::string_view>()>;

/// What is done with what is in an archive, as it streams by. An error ends the reading and is what
/// comes back.
class visitor {
public:
  virtual ~visitor() = default;
  virtual expected<void> begin(const entry& x) = 0;
  virtual expected<void> bytes(std::string_view part) = 0; ///< Of the file that was begun last.
  virtual expected<void> end() = 0;                        ///< Of that file.
};

struct summary {
  std::string format; ///< `tar.gz`, `zip`.
  std::string digest; ///< Hex SHA-256 of the archive.
  int64_t bytes = 0;  ///< Of the archive.
  int64_t unpacked_bytes = 0, files = 0;
};

/// Reads an archive to its end: tar packed by gzip, or zip. ec::bad_request says what is wrong and
/// names the entry: links that lead outside, hard links, devices, names that leave the archive, one
/// that unpacks to more than the limits allow, broken or encrypted ones.
expected<summary> read_archive(const byte_source& source, const limits& most, visitor& to);

} // namespace aops::archive
