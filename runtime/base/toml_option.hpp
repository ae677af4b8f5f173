#pragma once

#include "runtime/base/config_options.hpp"

#include <toml++/toml.h>

#include <string>

namespace aops::base {

/// The value that a file gives an option, as the text that `set_option` reads; items of a list are
/// joined by commas. ec::bad_request with the reason only: a number for a text, or a text for a
/// truth value, is a slip worth naming.
expected<std::string> text_for_option(const option& o, const toml::node& node);

/// A file, or where and why it does not read. ec::bad_request as `FILE:LINE: reason`.
expected<toml::table> read_toml_file(const std::string& file);

} // namespace aops::base
