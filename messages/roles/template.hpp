#pragma once

#include "messages/roles/role.hpp"
#include "messages/template.hpp"
#include "messages/types/template.hpp"

namespace aops {

namespace actors {
inline constexpr std::string_view template_store_name = "store/templates";
}

/// TEMPLATE STORE: each owner's templates.
using template_store_actor = caf::typed_actor<
  // Stores a playbook that looks like one. ec::bad_request with the path of what does not;
  // ec::conflict when the owner has one of this name and does not replace it.
  asks<template_to_import, template_imported>,
  // Stores the playbook of a package, with what the manifest says of it. The same errors;
  // ec::bad_request names file and line.
  asks<template_package_to_import, template_imported>,
  // Gives the caller templates that come with aops, in a new version where he has an older one as
  // it came. ec::bad_request when there is none of a name.
  asks<shipped_templates_to_import, shipped_templates_imported>,
  // A page of the caller's templates.
  asks<templates_query, templates_page>,
  // Versions of one, the newest first. ec::bad_request when there is no such template.
  asks<template_versions_query, template_versions_page>,
  // What differs between two of them. ec::bad_request when one does not exist.
  asks<template_diff_query, template_diff>,
  // Deletes templates by name; tasks keep what they froze. Unknown names are ignored.
  asks<templates_to_delete, done>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
