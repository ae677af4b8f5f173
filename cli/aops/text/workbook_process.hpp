#pragma once

#include "messages/error.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace aops::cli {

using sheet_cells = std::vector<std::vector<std::string>>;

/// What `read` finds, called in a process of its own: a library that damaged bytes bring down, or
/// that does not come to an end, is a workbook that cannot be read. An error of `read` becomes
/// `ec::bad_request` with its detail, and so do cells of more than 80 MiB with the sizes of each.
/// @param most Of the processor's time, whole seconds.
expected<sheet_cells> read_apart(const std::function<expected<sheet_cells>()>& read,
                                 std::chrono::seconds most = std::chrono::seconds{30});

/// What is said of a workbook that cannot be read.
error damaged_workbook();

} // namespace aops::cli
