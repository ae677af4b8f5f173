#pragma once

#include "messages/package.hpp"
#include "messages/roles/role.hpp"
#include "messages/types/package.hpp"

namespace aops {

namespace actors {
inline constexpr std::string_view package_store_name = "store/packages";
}

/// PACKAGE STORE: each owner's packages.
using package_store_actor = caf::typed_actor<
  // Takes a piece of an archive; the last one is answered when the archive was checked. What is
  // refused leaves nothing behind. ec::bad_request names the field or the entry of the archive;
  // ec::conflict when another archive has this name and version.
  asks<package_piece, package_uploaded>,
  // A page of the caller's packages.
  asks<packages_query, packages_page>,
  // Deletes packages; templates and tasks keep what they use. Unknown ones are ignored.
  asks<packages_to_delete, done>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
