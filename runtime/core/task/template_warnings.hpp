#pragma once

#include "runtime/base/json_values.hpp"
#include "runtime/core/task/parameters.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace aops::task {

/// Most warnings of a template.
inline constexpr size_t most_warnings = 50;

/// A template as it was imported.
struct template_parts {
  base::json playbook;
  std::string playbook_name; ///< In warnings.
  /// YAML files of its package, `roles/r/tasks/main.yml`; one that is broken is left out.
  std::map<std::string, base::json> files;
  std::set<std::string> names; ///< Of all files of its package.
  std::vector<parameter> parameters;
};

/// What looks wrong and may be right: modules that Debian's Ansible does not have, variables that
/// nothing defines. In doubt there is none: nothing is said of variables when roles, tasks or
/// variables come from where they are not known.
std::vector<std::string> warnings_of(const template_parts& x);

} // namespace aops::task
