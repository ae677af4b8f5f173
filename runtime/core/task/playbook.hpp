#pragma once

#include "messages/error.hpp"
#include "runtime/base/json_values.hpp"

#include <string_view>

namespace aops::task {

/// How long a template may be, as JSON text.
inline constexpr size_t most_template_bytes = size_t{1} << 20;

/// Whether a template can be what Ansible would run: a list of plays, each with `hosts` or an
/// `import_playbook`, or an object with members. What is known of plays, blocks, tasks and roles
/// has its type; words that are not known here are Ansible's to judge.
/// @param at Name of the document in `detail`.
/// @returns ec::bad_request with `path: reason`, such as `template_content[0].hosts: is missing`.
expected<void> check_playbook(const base::json& content, std::string_view at);

} // namespace aops::task
