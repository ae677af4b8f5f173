#pragma once

#include "cli/aops/text/environment.hpp"
#include "messages/error.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>

namespace aops::cli {

/// The world around a command: streams, terminal, environment, time. A test hands in its own.
struct console {
  std::ostream& out;
  std::ostream& err;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  bool unicode = false; ///< The locale's characters are UTF-8.
  size_t width = 100;   ///< Columns of the terminal.
  size_t height = 24;   ///< Its lines.
  environment env;
  std::function<int64_t()> now_s;    ///< Seconds since 1970.
  std::function<void(int ms)> pause; ///< Waits.
  std::function<expected<std::string>()>
    read_line; ///< Next line of standard input, without its end.
  /// Asks the person at the terminal; `ec::not_found` when there is none, `ec::cancelled` on
  /// Ctrl-C.
  std::function<expected<std::string>(const std::string& question, bool hidden)> ask;
};

/// The console of this process.
console system_console();

} // namespace aops::cli
