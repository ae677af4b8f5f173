#pragma once

#include "messages/error.hpp"
#include "runtime/core/check/kept_series.hpp"

#include <memory>
#include <string>

namespace aops::node {

/// The text of `etc/keep_list.txt` as it was at build time.
extern const char* const built_in_keep_list;

/// Names of series that are kept although no rule refers to them: one a line, `#` begins a comment.
/// @param file Empty: the built-in list. ec::bad_request naming file and line.
expected<std::shared_ptr<const check::keep_list>> load_keep_list(const std::string& file);

} // namespace aops::node
