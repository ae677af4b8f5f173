#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace aops::http {

/// A self-contained HTML page that shows an OpenAPI document to people.
std::string docs_page(const nlohmann::json& openapi);

} // namespace aops::http
