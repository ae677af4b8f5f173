#pragma once

#include <string>
#include <string_view>

namespace aops::cli {

/// Colours of a terminal; without them every text comes back as it is.
struct palette {
  bool on = false;
  std::string red(std::string_view x) const { return paint("1;31", x); }
  std::string yellow(std::string_view x) const { return paint("33", x); }
  std::string green(std::string_view x) const { return paint("32", x); }
  std::string blue(std::string_view x) const { return paint("34", x); }
  std::string magenta(std::string_view x) const { return paint("35", x); }
  std::string cyan(std::string_view x) const { return paint("36", x); }
  std::string bold(std::string_view x) const { return paint("1", x); }
  std::string dim(std::string_view x) const { return paint("2", x); }

private:
  std::string paint(std::string_view code, std::string_view text) const {
    if (!on || text.empty())
      return std::string{text};
    std::string painted = "\x1b[";
    return painted.append(code).append("m").append(text).append("\x1b[0m");
  }
};

} // namespace aops::cli
