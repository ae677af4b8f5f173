#include "cli/aops/term/progress_bar.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::cli {

std::string progress_bar(uint64_t done, uint64_t total, size_t width, bool blocks) {
  done = std::min(done, total);
  auto percent =
    total == 0
      ? 0
      : static_cast<unsigned>(static_cast<double>(done) * 100 / static_cast<double>(total));
  auto numbers = fmt::format(" {}/{} {:3} %", done, total, percent);
  if (width < numbers.size() + 6)
    return numbers.substr(1);
  auto cells = std::min<size_t>(width - numbers.size() - 2, 50);
  auto filled = total == 0
                  ? 0
                  : static_cast<size_t>(static_cast<double>(done) / static_cast<double>(total) *
                                        static_cast<double>(cells));
  std::string bar = "[";
  for (size_t i = 0; i < cells; ++i)
    bar += i < filled ? (blocks ? "█" : "#") : (blocks ? "░" : "-");
  return bar + "]" + numbers;
}

} // namespace aops::cli
