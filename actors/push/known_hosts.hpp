#pragma once

#include "actors/push/series_split.hpp"
#include "actors/store/store_access.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace aops::actors {

/// The hosts of owners, for a moment. Any thread but a scheduler's.
class known_hosts {
public:
  explicit known_hosts(store_ptr store) : store_(std::move(store)) {}

  using index_ptr = std::shared_ptr<const host_index>;
  /// @param most_ms How old the answer may be. May wait for the store.
  expected<index_ptr> of_owner(const std::string& owner, int64_t most_ms = usual_ms);

  /// ec::not_found.
  expected<host_record> find(const std::string& host_id);

  static constexpr int64_t usual_ms = 5000; ///< Of hosts that are known.
  static constexpr int64_t least_ms = 500;  ///< Of one that is not: it may be new.

private:
  struct entry {
    index_ptr hosts;
    int64_t read_ms = 0;
  };
  store_ptr store_;
  std::mutex mutex_;
  std::unordered_map<std::string, entry> owners_;
};

} // namespace aops::actors
