#pragma once

#include "cli/aops/text/json.hpp"

#include <string>

/// What a deployment task is made of, as files have it.
namespace aops::cli {

/// Steps as a list of `{step, enable, continue}`, in the order of the file: JSON or YAML (of an
/// object only the file knows the order; a task file has it in `step_list`), or CSV with these
/// columns when the name ends in `.csv`. `ec::bad_request` names file and line.
expected<json> read_steps(const std::string& name, std::string_view text);

/// Variables: JSON or YAML, or CSV with the columns `name` and `value`, whose values are texts.
expected<json> read_variables(const std::string& name, std::string_view text);

} // namespace aops::cli
