#pragma once

#include "http/server/dispatcher.hpp"

#include <string_view>

namespace aops::http {

/// What the build made of the pages (`pack.mjs`); empty when it had no npm.
std::string_view built_in_pages();

/// Adds `/`, `/ui/*` and their files to a service. Without pages `/` says how to get them.
/// @param packed As `built_in_pages`.
void add_web_pages(service& s, std::string_view packed = built_in_pages());

} // namespace aops::http
