#pragma once

#include "messages/task.hpp"
#include "runtime/base/json_values.hpp"

namespace aops::task {

/// Most steps of a task.
inline constexpr size_t most_steps = 1000;
/// Most bytes of the variables of a step, and of a run.
inline constexpr size_t most_variable_bytes = 65'536;

/// The steps of a task in their order: those given, a list in its own order, an object in the order
/// of the templates and then of its names; else all templates, one after the other, none of which
/// may fail. Each runs the template of its name. ec::bad_request with `steps…: reason`.
expected<std::vector<deploy_step>> steps_of(const maybe<json_text>& given,
                                            const std::vector<std::string>& templates);

/// Variables as JSON text; empty when none are given. ec::bad_request when they are no object.
expected<std::string> variables_of(const maybe<json_text>& given);

/// Of the task that is there from the beginning: what aops and what it works with are installed by.
std::vector<deploy_step> default_steps();

} // namespace aops::task
