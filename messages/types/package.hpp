#pragma once

#include "messages/types/block.hpp"

/// Packages of templates. Described in `messages/package.hpp`.
#define AOPS_TYPES_package(X)                                                                      \
  X(package, package_piece)                                                                        \
  X(package, package_uploaded)                                                                     \
  X(package, packages_query)                                                                       \
  X(package, packages_page)                                                                        \
  X(package, packages_to_delete)

AOPS_TYPE_BLOCK(package, 4500)
