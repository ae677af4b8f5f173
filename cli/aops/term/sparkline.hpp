#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace aops::cli {

/// Values as one line of little bars, the least the lowest: `▁▃▅█▂`; without UTF-8 `.:|`. More
/// values than columns are drawn by the greatest of each column, so that peaks show. What is no
/// finite number leaves a blank.
/// @param width Columns, at least 1.
std::string sparkline(std::span<const double> values, size_t width, bool unicode);

} // namespace aops::cli
