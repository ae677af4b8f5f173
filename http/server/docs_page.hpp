#pragma once

#include "runtime/base/json_library.hpp"

#include <string>
#include <string_view>

namespace aops::http {

/// An HTML page that shows an OpenAPI document to people.
/// @param style Where its style sheet is, seen from the page.
std::string docs_page(const nlohmann::json& openapi, std::string_view style);

/// The style sheet.
std::string_view docs_style();

} // namespace aops::http
