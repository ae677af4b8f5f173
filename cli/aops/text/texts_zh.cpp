#include "cli/aops/text/language.hpp"

#include <array>

namespace aops::cli {

namespace {

constexpr std::array texts{
  translation{"What to do", "要做什么"},
};

} // namespace

std::span<const translation> chinese_texts() { return texts; }

} // namespace aops::cli
