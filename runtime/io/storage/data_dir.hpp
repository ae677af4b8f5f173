#pragma once

#include "messages/error.hpp"

#include <memory>
#include <string>

namespace aops::storage {

/// A data directory that this process has to itself, until destroyed.
class data_dir {
public:
  /// Makes the directory (0700) when absent and locks it. ec::conflict when another process holds
  /// it, ec::store_unreachable when it cannot be used.
  static expected<std::unique_ptr<data_dir>> lock(const std::string& path);
  ~data_dir();
  data_dir(const data_dir&) = delete;
  data_dir& operator=(const data_dir&) = delete;

  /// Path of a file in it, which exists afterwards with mode 0600.
  expected<std::string> private_file(const std::string& name) const;

  const std::string& path() const { return path_; }

private:
  data_dir(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_;
};

} // namespace aops::storage
