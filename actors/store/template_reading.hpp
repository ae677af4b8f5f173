#pragma once

#include "messages/template.hpp"
#include "runtime/io/storage/package_repository.hpp"
#include "runtime/io/storage/template_repository.hpp"

namespace aops::actors {

/// A template that was read and found good.
struct read_template {
  storage::new_template row;
  std::vector<std::string> warnings;
};

/// A playbook as a request has it. ec::bad_request with the path of what is wrong.
/// @param package What its roles and files are in; null: nothing.
expected<read_template> read_playbook(const template_to_import& x,
                                      const storage::package_ref* package);

/// The playbook and manifest of a package; what the request says goes before the manifest.
/// ec::bad_request names file, path, line and column.
expected<read_template> read_package(const template_package_to_import& x,
                                     const storage::package_ref& package);

/// A version of a template as text, so that two can be compared: playbook, settings, files.
std::string comparable(const storage::whole_template& x);

} // namespace aops::actors
