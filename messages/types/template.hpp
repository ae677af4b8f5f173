#pragma once

#include "messages/types/block.hpp"

/// Templates of deployment tasks. Described in `messages/template.hpp`.
#define AOPS_TYPES_template(X)                                                                     \
  X(template, template_to_import)                                                                  \
  X(template, template_package_to_import)                                                          \
  X(template, template_imported)                                                                   \
  X(template, shipped_templates_to_import)                                                         \
  X(template, shipped_templates_imported)                                                          \
  X(template, templates_query)                                                                     \
  X(template, templates_page)                                                                      \
  X(template, template_versions_query)                                                             \
  X(template, template_versions_page)                                                              \
  X(template, template_diff_query)                                                                 \
  X(template, template_diff)                                                                       \
  X(template, templates_to_delete)

AOPS_TYPE_BLOCK(template, 2400)
