#pragma once

#include "runtime/io/storage/database.hpp"

#include <map>

namespace aops::storage {

/// Changes of the counters beside `check_result`, summed up and then written once, in the order of
/// their key so that two writers cannot deadlock.
class result_counts {
public:
  explicit result_counts(database& db) : db_(db) {}

  void add(std::string_view owner, int64_t host, std::string_view value, int64_t rows) {
    changes_[{std::string{owner}, host, std::string{value}}] += rows;
  }

  /// Writes it even when it stays the same: it is there and locked then.
  void touch(std::string_view owner, int64_t host, std::string_view value) {
    add(owner, host, value, 0);
    is_touched_ = true;
  }

  expected<void> write();

  /// Results of an owner, from the counters. @param hosts Empty: all. @param value Empty: all.
  expected<int64_t> total(std::string_view owner,
                          const std::vector<int64_t>& hosts = {},
                          std::string_view value = {});

  /// Hosts that have results of a value.
  expected<std::vector<int64_t>> hosts_with(std::string_view owner, std::string_view value);

private:
  database& db_;
  bool is_touched_ = false;
  std::map<std::tuple<std::string, int64_t, std::string>, int64_t> changes_;
};

} // namespace aops::storage
