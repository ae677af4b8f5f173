#pragma once

#include "runtime/base/json_library.hpp"
#include "runtime/io/storage/database.hpp"

/// Dumped hours of samples, whose rounds are packed, for people and for a store that numbers series
/// otherwise.
namespace aops::node {

/// An hour with the points of each series spelled out. ec::corrupt.
expected<nlohmann::json> shown_hour(const nlohmann::json& row);

/// The row with only the series that its rounds have, by the numbers of the store it goes to; those
/// that are unknown there get new ones. As it is when its host is not there. ec::corrupt.
expected<nlohmann::json> placed_hour(storage::database& db, nlohmann::json row);

} // namespace aops::node
