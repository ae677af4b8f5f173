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
  // ec::conflict when the owner has one of this name.
  asks<template_to_import, done>,
  // A page of the caller's templates.
  asks<templates_query, templates_page>,
  // Deletes templates by name; tasks keep what they froze. Unknown names are ignored.
  asks<templates_to_delete, done>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
