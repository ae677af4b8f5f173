#pragma once

#include "messages/rounds.hpp"
#include "runtime/base/json_values.hpp"
#include "runtime/io/storage/database.hpp"

#include <optional>

/// Hours of samples in dumps.
namespace aops::storage {

/// One packed hour of a host. Its rounds name series by the numbers that they had when it left.
struct dumped_hour {
  std::string owner, host_id, host_name;
  int64_t from_ms = 0, until_ms = 0; ///< Of its first and last round.
  std::vector<series_entry> series;  ///< Of the host.
  std::vector<sample_row> rounds;
};

/// Of a row of a dump. ec::corrupt.
expected<dumped_hour> read_dumped_hour(const base::json& row);

/// The row that says it.
base::json row_of(const dumped_hour& x);

/// The series of a host as its stored samples number them now; nothing when there is no such host.
expected<std::optional<std::vector<series_entry>>>
series_now(database& db, std::string_view owner, std::string_view host_id);

} // namespace aops::storage
