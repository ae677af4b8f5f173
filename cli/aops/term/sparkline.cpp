#include "cli/aops/term/sparkline.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

namespace aops::cli {

namespace {

constexpr std::array<std::string_view, 8> blocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 3> plain = {".", ":", "|"};
constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// The greatest of each column.
std::vector<double> columns_of(std::span<const double> values, size_t width) {
  auto count = std::min(width, values.size());
  std::vector<double> out(count, none);
  for (size_t i = 0; i < values.size(); ++i) {
    auto& column = out[i * count / values.size()];
    if (std::isfinite(values[i]) && !(column >= values[i]))
      column = values[i];
  }
  return out;
}

} // namespace

std::string sparkline(std::span<const double> values, size_t width, bool unicode) {
  auto columns = columns_of(values, width);
  double least = std::numeric_limits<double>::max(),
         greatest = std::numeric_limits<double>::lowest();
  for (auto x : columns)
    if (!std::isnan(x)) {
      least = std::min(least, x);
      greatest = std::max(greatest, x);
    }
  auto levels = unicode ? blocks.size() : plain.size();
  std::string out;
  for (auto x : columns) {
    if (std::isnan(x)) {
      out += ' ';
      continue;
    }
    // Halves, so that the distance of two large numbers is finite.
    auto share = greatest > least ? (x / 2 - least / 2) / (greatest / 2 - least / 2) : 0.0;
    auto level = std::min(static_cast<size_t>(share * static_cast<double>(levels)), levels - 1);
    out += unicode ? blocks[level] : plain[level];
  }
  return out;
}

} // namespace aops::cli
