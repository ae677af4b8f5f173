#pragma once

#include "runtime/io/storage/database.hpp"

#include <cstdint>

namespace aops::storage {

/// What every node reads once a second: each number grows when its subject changed.
struct versions {
  int64_t rules = 0, hosts = 0, sessions = 0, slot_map = 0, cluster = 0;
  friend bool operator==(const versions&, const versions&) = default;
};

/// A slot of the placement.
struct slot_row {
  uint16_t slot = 0;
  std::string node; ///< Empty: nobody's yet.
  uint64_t epoch = 1;
  int64_t seq = 0;
};

/// Keeps version numbers and the slot map.
class meta_repository {
public:
  explicit meta_repository(database& db) : db_(db) {}

  expected<versions> read();

  /// Adds one to `rules`, `hosts`, `sessions`, `slot_map` or `cluster`. Repositories do it
  /// themselves where their header says so.
  expected<void> bump(std::string_view subject);

  expected<std::vector<slot_row>> slots();

  /// A store of one node: all slots become its own, under the epoch they have.
  expected<void> adopt_all_slots(std::string_view node);

private:
  database& db_;
};

} // namespace aops::storage
