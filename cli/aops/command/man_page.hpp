#pragma once

#include "cli/aops/command/verb.hpp"

#include <string>

/// Manual pages, made of the tables that the help is made of; see man(7).
namespace aops::cli {

/// The page of the program: `aops.1`.
std::string man_overview(const verb_list& verbs);

/// The page of a command: `aops-host.1`.
std::string man_page(const verb& what);

} // namespace aops::cli
