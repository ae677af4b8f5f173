#pragma once

#include "messages/types/block.hpp"

/// Templates of deployment tasks. Described in `messages/template.hpp`.
#define AOPS_TYPES_template(X)                                                                     \
  X(template, template_to_import)                                                                  \
  X(template, templates_query)                                                                     \
  X(template, templates_page)                                                                      \
  X(template, templates_to_delete)

AOPS_TYPE_BLOCK(template, 2400)
