#pragma once

#include "messages/error.hpp"
#include "runtime/base/json_values.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aops::task {

/// Most parameters of a template.
inline constexpr size_t most_parameters = 200;

enum class parameter_type : uint8_t { string, integer, truth, port, path, choice, list, secret };

/// What may be chosen when a template runs. Described in docs/tasks.md#parameters.
struct parameter {
  std::string name; ///< A variable of Ansible.
  parameter_type type = parameter_type::string;
  std::optional<base::json> fallback; ///< Its default.
  std::vector<base::json> choices;    ///< Empty: anything.
  std::optional<int64_t> min, max;    ///< Of numbers; of the length of texts and lists.
  std::string description;
  bool is_required = false; ///< Somebody has to give it before it runs.
};

/// As they are declared: a list of objects. Defaults have to be legal themselves.
/// @param at Name of the list in `detail`.
/// @returns ec::bad_request with `at[i].field: reason`.
expected<std::vector<parameter>> parameters_of(const base::json& list, std::string_view at);

/// Whether a value is legal; ec::bad_request with `at: reason`. Secrets do not appear in it.
expected<void> check_value(const parameter& p, const base::json& value, std::string_view at);

enum class check_for : uint8_t {
  keeping, ///< Secrets are refused; what is missing may come later.
  running, ///< What is required must be there.
};

/// Whether variables fit what templates declare.
/// @param all Of all templates together.
/// @param only Whether other variables than these are refused: every template declares what it
/// takes.
/// @param at Name of the variables in `detail`.
/// @returns ec::bad_request with `at.name: reason`.
expected<void> check_values(const std::vector<parameter>& all,
                            bool only,
                            const base::json& vars,
                            std::string_view at,
                            check_for what);

/// The defaults, by name. They give way to all other variables that are given.
base::json defaults_of(const std::vector<parameter>& all);

/// Names whose values nobody may see.
std::vector<std::string> secret_names(const std::vector<parameter>& all);

} // namespace aops::task
