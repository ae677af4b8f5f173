#pragma once

#include <span>
#include <string_view>

/// The Chinese for every English text of the program. A test names those that are missing here and
/// those that nobody uses.
namespace aops::cli {

/// Places of values may change their order: `{1}`.
struct translation {
  std::string_view english, chinese;
};

std::span<const translation> chinese_help();     ///< Of the tables of commands.
std::span<const translation> chinese_messages(); ///< Of everything else.

} // namespace aops::cli
