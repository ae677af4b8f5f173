#pragma once

#include "runtime/core/tracing/model.hpp"

#include <memory>
#include <string>

namespace aops::actors {

using trace_models_ptr = std::shared_ptr<const tracing::registry>;

/// The models that come with aops and those of a folder. Blocks. What does not read is logged and
/// left out.
/// @param folder Empty: none.
trace_models_ptr load_trace_models(const std::string& folder);

/// What a file says, as the contract shows it; the text itself when it cannot be read any more.
std::string
values_text(const tracing::registry& models, std::string_view path, const std::string& body);

} // namespace aops::actors
