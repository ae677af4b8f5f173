#pragma once

#include "messages/error.hpp"
#include "runtime/core/task/settings.hpp"
#include "runtime/io/storage/database.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace aops::actors {

/// Whether variables that are kept, as JSON text or empty, fit what these templates of an owner
/// declare: ec::bad_request with `vars.name: reason`. Unknown templates are others' to refuse.
expected<void> check_kept_vars(storage::database& db,
                               std::string_view owner,
                               const std::vector<std::string>& templates,
                               const std::string& vars);

/// The same for what a task froze. @param task Its public id.
expected<void> check_kept_vars(storage::database& db,
                               std::string_view owner,
                               std::string_view task,
                               const std::string& vars);

} // namespace aops::actors
