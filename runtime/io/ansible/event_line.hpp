#pragma once

#include "runtime/base/json_library.hpp"

#include <memory>
#include <string_view>

namespace aops::ansible {

/// Reads lines of ansible-runner, of which a run has up to some ten thousand a second. Only what
/// events are made of is kept: the rest is two thirds of a line.
class event_line_parser {
public:
  /// @param keeps_results Of results everything, else all but how the module was called.
  explicit event_line_parser(bool keeps_results);
  ~event_line_parser();

  /// As `event_in`.
  nlohmann::json parse(std::string_view line);

private:
  struct tools;
  std::unique_ptr<tools> tools_;
  bool keeps_results_;
};

} // namespace aops::ansible
