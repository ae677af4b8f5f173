#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace aops::cli {

/// `[#####-----]  42/100  42 %`, exactly as many columns as fit into `width` (at least the
/// numbers).
/// @param blocks Draws with block characters; needs a UTF-8 terminal.
std::string progress_bar(uint64_t done, uint64_t total, size_t width, bool blocks);

} // namespace aops::cli
