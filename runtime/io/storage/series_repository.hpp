#pragma once

#include "messages/sample.hpp"
#include "runtime/io/storage/database.hpp"

#include <string>
#include <vector>

namespace aops::storage {

/// What some hosts of an owner have, and which are there to be asked.
struct owner_series {
  int64_t hosts = 0;               ///< So many were looked at; 0: none was ever sampled.
  bool is_all = true;              ///< These are all that were ever sampled.
  std::vector<std::string> online; ///< Ids of some of them.
  std::vector<std::string> names;  ///< Of all their series.
  std::vector<series_key> series;  ///< Those of the names asked for.
};

/// Looks through the series of an owner's hosts, as `sample_repository` keeps them.
class series_repository {
public:
  /// Hosts whose series are read, and hosts that are told to be online, at most. Each group has its
  /// share.
  static constexpr size_t most_hosts = 64, most_online = 16;

  explicit series_repository(database& db) : db_(db) {}

  /// @param names Of these the labels are wanted, at most `filter::most_in_list`.
  expected<owner_series> look(std::string_view owner, const std::vector<std::string>& names);

private:
  database& db_;
};

} // namespace aops::storage
